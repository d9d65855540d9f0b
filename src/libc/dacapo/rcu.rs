//! dacapo/rcu.h: [`crate::rcu`] for C.

use core::ffi::{c_int, c_ulong, c_void};

use super::{boxed, unbox};
use crate::rcu::qsbr::Reader;
use crate::rcu::{Callback, Domain, GracePeriods, PollState, Qsbr};

type Function = unsafe extern "C" fn(*mut Callback);

const _: () = assert!(size_of::<Callback>() == 2 * size_of::<*mut c_void>()); // struct dacapo_rcu_callback

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_rcu_new() -> *mut Domain {
    boxed(Domain::new())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_rcu_delete(domain: *mut Domain) {
    unbox(domain);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_rcu_enter(domain: *const Domain) -> c_ulong {
    (*domain).enter_raw() as c_ulong
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_rcu_leave(domain: *const Domain, token: c_ulong) {
    (*domain).leave_raw(token as usize);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_rcu_synchronize(domain: *const Domain) {
    (*domain).synchronize();
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_rcu_synchronize_expedited(domain: *const Domain) {
    (*domain).synchronize_expedited();
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_rcu_state(domain: *const Domain) -> c_ulong {
    (*domain).poll_state().raw() as c_ulong
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_rcu_poll(domain: *const Domain, state: c_ulong) -> c_int {
    c_int::from((*domain).poll(PollState::from_raw(state as usize)))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_rcu_call(domain: *const Domain, callback: *mut Callback, function: Function) {
    (*domain).call(callback, function);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_rcu_defer(domain: *const Domain, callback: *mut Callback, function: Function) {
    (*domain).defer(callback, function);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_rcu_reclaim(domain: *const Domain) -> usize {
    (*domain).reclaim()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_rcu_barrier(domain: *const Domain) {
    (*domain).barrier();
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_rcu_after_fork_in_child(domain: *const Domain) {
    (*domain).after_fork_in_child();
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_qsbr_new() -> *mut Qsbr {
    boxed(Ok(Qsbr::new()))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_qsbr_delete(domain: *mut Qsbr) {
    unbox(domain);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_qsbr_register(domain: *const Qsbr) -> *mut Reader<'static> {
    boxed((*domain).register())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_qsbr_unregister(reader: *mut Reader<'static>) {
    unbox(reader);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_qsbr_quiescent(reader: *mut Reader<'static>) {
    (*reader).quiescent();
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_qsbr_synchronize(domain: *const Qsbr, reader: *mut Reader<'static>) {
    match reader.as_mut() {
        Some(reader) => reader.synchronize(),
        None => (*domain).synchronize(),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_qsbr_offline(
    reader: *mut Reader<'static>,
    body: unsafe extern "C" fn(*mut c_void) -> *mut c_void,
    argument: *mut c_void,
) -> *mut c_void {
    (*reader).offline(|| body(argument))
}
