//! Values by key: one for each thread, null at first and after a key was made anew, destructors in rounds, near and far keys.
#![no_std]
#![no_main]

use core::ptr::null_mut;
use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use dacapo::sys::Errno;
use dacapo::thread::{
    self,
    keys::{KEYS, Key},
};
use freestanding::check;

static SUM: AtomicUsize = AtomicUsize::new(0);
static STUBBORN: AtomicU32 = AtomicU32::new(0);
static ROUNDS: AtomicUsize = AtomicUsize::new(0);

unsafe extern "C" fn add(value: *mut ()) {
    SUM.fetch_add(value as usize, Ordering::Relaxed);
}

/// Sets its own value again: called in every round there is.
unsafe extern "C" fn stubborn(value: *mut ()) {
    ROUNDS.fetch_add(1, Ordering::Relaxed);
    check!(Key::from_raw(STUBBORN.load(Ordering::Relaxed)).set(value).is_ok());
}

fn value(number: usize) -> *mut () {
    number as *mut ()
}

dacapo::main!(|_, _| {
    let mut keys = [Key::from_raw(0); KEYS];
    for key in &mut keys {
        match Key::create(Some(add)) {
            Ok(made) => *key = made,
            Err(_) => freestanding::failed(file!(), line!(), "create"),
        }
    }
    check!(Key::create(None) == Err(Errno::EAGAIN));
    let (first, last) = (keys[0], keys[KEYS - 1]);
    check!(first.get().is_null() && last.get().is_null());
    check!(first.set(value(1)).is_ok() && last.set(value(2)).is_ok());
    let other = thread::spawn(move || {
        check!(first.get().is_null() && last.get().is_null());
        check!(first.set(value(10)).is_ok() && last.set(value(100)).is_ok());
        first.get() as usize + last.get() as usize
    });
    check!(other.and_then(|thread| thread.join()) == Ok(110));
    check!(SUM.load(Ordering::Relaxed) == 110);
    check!(first.get() == value(1) && last.get() == value(2));

    // Deleted: no destructor any more, and refused; made anew: null, although the old value still lies there.
    check!(last.delete().is_ok() && last.delete() == Err(Errno::EINVAL) && last.set(value(3)) == Err(Errno::EINVAL));
    let again = Key::create(Some(stubborn));
    check!(again == Ok(last));
    check!(last.get().is_null());

    STUBBORN.store(last.raw(), Ordering::Relaxed);
    let rounds = thread::spawn(move || last.set(value(7)).is_ok());
    check!(rounds.and_then(|thread| thread.join()) == Ok(true));
    check!(ROUNDS.load(Ordering::Relaxed) == 4);
    check!(Key::from_raw(u32::MAX).get().is_null() && Key::from_raw(u32::MAX).set(null_mut()) == Err(Errno::EINVAL));
});
