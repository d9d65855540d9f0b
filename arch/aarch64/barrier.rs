//! A full fence, prefetching, and whether taking a page away interrupts the other CPUs.

use core::arch::asm;

/// A full fence: every access before it takes effect before every access after it.
#[inline(always)]
pub fn full() {
    // SAFETY: a barrier touches no memory; without `nomem` the compiler moves none across either.
    unsafe { asm!("dmb ish", options(nostack, preserves_flags)) };
}

/// Asks for the line of `address`, for reading; any address will do.
#[inline(always)]
pub fn prefetch<T>(address: *const T) {
    // SAFETY: a prefetch never faults.
    unsafe { asm!("prfm pldl1keep, [{0}]", in(reg) address, options(nostack, preserves_flags, readonly)) };
}

/// Whether an mprotect(2) that takes access away interrupts the CPUs where the process runs. Never: this CPU broadcasts the invalidation by itself.
#[must_use]
pub fn revoking_interrupts() -> bool {
    false
}
