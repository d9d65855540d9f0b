//! The kernel's part.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errno(u16);

impl Errno {
    pub const EAGAIN: Self = Self(11);
    pub const ENOMEM: Self = Self(12);
    pub const EINVAL: Self = Self(22);
    pub const ETIMEDOUT: Self = Self(110);
}

pub mod file {
    pub fn write(_: i32, bytes: &[u8]) -> Result<usize, super::Errno> {
        Ok(bytes.len())
    }
}

/// Zeroed memory of the process's.
pub mod memory {
    use std::alloc::{Layout, alloc_zeroed, dealloc};

    pub struct Protection;
    impl Protection {
        pub const READ: Self = Self;
        pub const READ_WRITE: Self = Self;
    }
    pub struct MapFlags;
    impl MapFlags {
        pub const EMPTY: Self = Self;
        pub const NORESERVE: Self = Self;
    }

    fn layout(size: usize) -> Layout {
        Layout::from_size_align(size, 4096).expect("a small size")
    }

    pub fn map(size: usize, _: Protection, _: MapFlags) -> Result<*mut u8, super::Errno> {
        // SAFETY: never of size 0.
        let start = unsafe { alloc_zeroed(layout(size)) };
        start.expose_provenance();
        Ok(start)
    }

    /// Memory of [`map`]'s may be written to anyway.
    ///
    /// # Safety
    /// From [`map`].
    pub unsafe fn protect(_: *mut u8, _: usize, _: Protection) -> Result<(), super::Errno> {
        Ok(())
    }

    /// None to spare.
    pub fn address_space_limit() -> usize {
        0
    }

    /// # Safety
    /// From [`map`], with that size.
    pub unsafe fn unmap(start: *mut u8, size: usize) -> Result<(), super::Errno> {
        // SAFETY: as our contract says.
        unsafe { dealloc(start, layout(size)) };
        Ok(())
    }
}

pub mod sched {
    pub fn set_affinity(_: i32, _: &[usize]) -> Result<(), super::Errno> {
        Ok(())
    }
}

pub mod futex {
    use loom::sync::{Condvar, Mutex};

    use super::Errno;
    use crate::fence;
    use crate::sync::atomic::AtomicU32;

    #[derive(Clone, Copy, Debug)]
    pub enum Scope {
        Private,
    }

    #[derive(Clone, Copy, Debug)]
    pub enum Clock {
        Monotonic,
    }

    loom::lazy_static! {
        /// The kernel's queue of sleepers, one for all words: whoever is woken by another word's wake looks at its own and sleeps again.
        static ref SLEEPERS: (Mutex<()>, Condvar) = (Mutex::new(()), Condvar::new());
    }

    pub fn wait(word: &AtomicU32, expected: u32, _: Option<()>, _: Scope) -> Result<(), Errno> {
        let guard = SLEEPERS.0.lock().expect("no panic");
        if word.kernel_load() != expected {
            return Err(Errno::EAGAIN);
        }
        fence::stop();
        drop(SLEEPERS.1.wait(guard).expect("no panic"));
        fence::run();
        Ok(())
    }

    pub fn wait_until(word: &AtomicU32, expected: u32, _: Option<&()>, _: Clock, scope: Scope) -> Result<(), Errno> {
        wait(word, expected, None, scope)
    }

    pub fn wake(_: *const AtomicU32, _: u32, _: Scope) -> usize {
        let _guard = SLEEPERS.0.lock().expect("no panic");
        crate::note(|| "wake".to_owned());
        SLEEPERS.1.notify_all();
        1
    }
}
