//! dacapo/percpu.h: which CPU this is, stacks, number pools, limits, references.

use core::ffi::{c_int, c_long, c_uint};
use core::num::NonZeroUsize;
use core::time::Duration;

use super::{boxed, unbox};
use crate::libc::errno::fail;
use crate::percpu::{Ids, Limiter, Reference, Stack, topology};
use crate::rseq;
use crate::sys::Errno;

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_current_cpu() -> c_uint {
    rseq::current_cpu()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_cpu_slots() -> usize {
    topology::slots()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_stack_new(capacity: usize) -> *mut Stack {
    boxed(Stack::new(capacity))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_stack_delete(stack: *mut Stack) {
    unbox(stack);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_stack_push(stack: *const Stack, word: *mut u8) -> c_int {
    match NonZeroUsize::new(word.expose_provenance()) {
        None => fail(Errno::EINVAL),
        Some(word) => (*stack).push(word).map_or_else(|_| fail(Errno::EAGAIN), |()| 0),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_stack_pop(stack: *const Stack) -> *mut u8 {
    core::ptr::with_exposed_provenance_mut((*stack).pop().map_or(0, NonZeroUsize::get))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_ids_new(limit: usize) -> *mut Ids {
    boxed(Ids::new(limit))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_ids_delete(ids: *mut Ids) {
    unbox(ids);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_ids_allocate(ids: *const Ids) -> c_long {
    (*ids).allocate().map_or_else(|| c_long::from(fail(Errno::EAGAIN)), |id| id as c_long)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_ids_free(ids: *const Ids, id: c_long) {
    (*ids).free(id as usize);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_limiter_new(interval_ns: u64, burst: c_uint, batch: c_uint) -> *mut Limiter {
    boxed(Limiter::new(Duration::from_nanos(interval_ns), burst, batch))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_limiter_delete(limiter: *mut Limiter) {
    unbox(limiter);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_limiter_admit(limiter: *const Limiter) -> c_int {
    c_int::from((*limiter).admit())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_reference_new() -> *mut Reference {
    boxed(Reference::new())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_reference_delete(reference: *mut Reference) {
    unbox(reference);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_reference_get(reference: *const Reference) {
    (*reference).get();
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_reference_try_get(reference: *const Reference) -> c_int {
    c_int::from((*reference).try_get())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_reference_put(reference: *const Reference) -> c_int {
    c_int::from((*reference).put())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_reference_kill(reference: *const Reference) -> c_int {
    c_int::from((*reference).kill())
}
