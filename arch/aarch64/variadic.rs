//! C's variable arguments on AArch64: `va_list` as AAPCS64 (appendix "Variable argument lists") lays it out.
//!
//! ```text
//!   x0 .. x7 | gr_top         integers: gr_top + gr_offs, eight bytes each, while gr_offs < 0
//!   q0 .. q7 | vr_top         doubles and long doubles: vr_top + vr_offs, sixteen bytes each, while vr_offs < 0
//!   stack                     what did not fit into registers, eight bytes each; `long double` aligned to 16
//! ```

/// `va_list`; C passes a pointer to a copy of it.
#[repr(C)]
#[derive(Clone, Debug)]
pub struct VaList {
    stack: *mut u8,
    gr_top: *mut u8,
    vr_top: *mut u8,
    gr_offs: i32,
    vr_offs: i32,
}

impl VaList {
    /// The next integer or pointer; the bits above a narrower type are undefined.
    ///
    /// # Safety
    /// The caller of the variadic function passed one here.
    #[inline(always)]
    pub unsafe fn word(&mut self) -> u64 {
        let slot = if self.gr_offs < 0 {
            let slot = self.gr_top.wrapping_offset(self.gr_offs as isize);
            self.gr_offs += 8;
            slot
        } else {
            let slot = self.stack;
            self.stack = slot.wrapping_add(8);
            slot
        };
        // SAFETY: AAPCS64 puts the argument there.
        unsafe { slot.cast::<u64>().read() }
    }

    /// The bits of the next `double`.
    ///
    /// # Safety
    /// The caller of the variadic function passed one here.
    #[inline]
    pub unsafe fn double(&mut self) -> u64 {
        let slot = if self.vr_offs < 0 {
            let slot = self.vr_top.wrapping_offset(self.vr_offs as isize);
            self.vr_offs += 16;
            slot
        } else {
            let slot = self.stack;
            self.stack = slot.wrapping_add(8);
            slot
        };
        // SAFETY: AAPCS64 puts the argument there.
        unsafe { slot.cast::<u64>().read() }
    }

    /// The sixteen bytes of the next `long double`, low half first.
    ///
    /// # Safety
    /// The caller of the variadic function passed one here.
    #[inline]
    pub unsafe fn long_double(&mut self) -> [u64; 2] {
        let slot = if self.vr_offs < 0 {
            let slot = self.vr_top.wrapping_offset(self.vr_offs as isize);
            self.vr_offs += 16;
            slot
        } else {
            let slot = ((self.stack as usize + 15) & !15) as *mut u8;
            self.stack = slot.wrapping_add(16);
            slot
        };
        // SAFETY: AAPCS64 puts the argument there, aligned to 16 bytes.
        unsafe { slot.cast::<[u64; 2]>().read() }
    }
}
