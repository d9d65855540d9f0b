//! What readers hold and updaters take away.

use loom::cell::UnsafeCell;

/// Loom sees who reads it, who made it and who takes it apart, and whether one is ordered before the other.
#[derive(Debug)]
pub struct Version(UnsafeCell<u32>);

// SAFETY: loom checks each access.
unsafe impl Sync for Version {}
// SAFETY: as above.
unsafe impl Send for Version {}

impl Version {
    pub fn new(number: u32) -> Self {
        let this = Self(UnsafeCell::new(0));
        // A write that loom sees.
        // SAFETY: nobody else has it.
        this.0.with_mut(|place| unsafe { *place = number });
        this
    }

    pub fn boxed(number: u32) -> *mut Self {
        Box::into_raw(Box::new(Self::new(number)))
    }

    pub fn number(&self) -> u32 {
        crate::fence::interrupt();
        // SAFETY: loom checks it.
        self.0.with(|number| unsafe { *number })
    }
}

impl Drop for Version {
    fn drop(&mut self) {
        // SAFETY: loom checks it.
        self.0.with_mut(|number| unsafe { *number = u32::MAX });
    }
}

/// Takes apart what was taken away.
pub fn free(old: *mut Version) {
    // SAFETY: from `Version::boxed`; loom says if somebody still reads it.
    drop(unsafe { Box::from_raw(old) });
}
