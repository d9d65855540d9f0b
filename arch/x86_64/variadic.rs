//! C's variable arguments on x86-64: `va_list` as the psABI (section 3.5.7) lays it out.
//!
//! ```text
//!   saved     rdi rsi rdx rcx r8 r9 | xmm0 .. xmm7       6 * 8 + 8 * 16 bytes, written by the variadic function's prologue
//!             ^ integers: gp_offset < 48    ^ doubles: fp_offset < 176
//!   overflow  what did not fit into registers, eight bytes each; `long double` always, aligned to 16
//! ```

/// `va_list`; C passes a pointer to it.
#[repr(C)]
#[derive(Clone, Debug)]
pub struct VaList {
    gp_offset: u32,
    fp_offset: u32,
    overflow: *mut u8,
    saved: *mut u8,
}

impl VaList {
    /// The next integer or pointer; the bits above a narrower type are undefined.
    ///
    /// # Safety
    /// The caller of the variadic function passed one here.
    #[inline(always)]
    pub unsafe fn word(&mut self) -> u64 {
        let slot = if self.gp_offset < 48 {
            let slot = self.saved.wrapping_add(self.gp_offset as usize);
            self.gp_offset += 8;
            slot
        } else {
            let slot = self.overflow;
            self.overflow = slot.wrapping_add(8);
            slot
        };
        // SAFETY: the psABI puts the argument there.
        unsafe { slot.cast::<u64>().read() }
    }

    /// The bits of the next `double`.
    ///
    /// # Safety
    /// The caller of the variadic function passed one here.
    #[inline]
    pub unsafe fn double(&mut self) -> u64 {
        let slot = if self.fp_offset < 176 {
            let slot = self.saved.wrapping_add(self.fp_offset as usize);
            self.fp_offset += 16;
            slot
        } else {
            let slot = self.overflow;
            self.overflow = slot.wrapping_add(8);
            slot
        };
        // SAFETY: the psABI puts the argument there.
        unsafe { slot.cast::<u64>().read() }
    }

    /// The sixteen bytes of the next `long double`, low half first.
    ///
    /// # Safety
    /// The caller of the variadic function passed one here.
    #[inline]
    pub unsafe fn long_double(&mut self) -> [u64; 2] {
        let slot = ((self.overflow as usize + 15) & !15) as *mut [u64; 2];
        self.overflow = slot.wrapping_add(1).cast();
        // SAFETY: the psABI puts the argument there, aligned to 16 bytes.
        unsafe { slot.read() }
    }
}
