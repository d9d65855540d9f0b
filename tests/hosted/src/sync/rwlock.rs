use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use dacapo::sync::RwLock;
use dacapo::sync::raw::{Deadline, Preference, RawRwLock, Scope};

#[test]
fn writers_exclude_everyone_and_readers_see_whole_values() {
    let lock = RwLock::new((0_u64, 0_u64));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..support::rounds(30_000) {
                    let mut pair = lock.write();
                    pair.0 += 1;
                    std::hint::spin_loop();
                    pair.1 += 1;
                }
            });
            scope.spawn(|| {
                for _ in 0..support::rounds(30_000) {
                    let pair = lock.read();
                    assert_eq!(pair.0, pair.1);
                }
            });
        }
    });
    let all = 3 * u64::from(support::rounds(30_000));
    assert_eq!(*lock.read(), (all, all));
}

#[test]
fn readers_share_and_a_try_tells_who_may() {
    let lock = RwLock::new(1);
    let first = lock.read();
    let second = lock.try_read().expect("shared");
    assert!(lock.try_write().is_none());
    drop((first, second));
    let writer = lock.try_write().expect("free");
    assert!(lock.try_read().is_none() && lock.try_write().is_none());
    drop(writer);
    assert!(lock.try_read().is_some());
}

/// With limited waits on both sides nobody is forgotten: every thread gets its turns, and the lock ends free.
#[test]
fn waits_with_time_limits_lose_no_wake() {
    for preference in [Preference::Readers, Preference::Writers] {
        let lock = RawRwLock::new();
        let timeouts = AtomicU32::new(0);
        let soon = || Deadline::after(Duration::from_micros(30));
        std::thread::scope(|scope| {
            for thread in 0..6 {
                let (lock, timeouts) = (&lock, &timeouts);
                scope.spawn(move || {
                    for turn in 0..support::rounds(3_000) {
                        let limit = (turn % 2 == 0).then(|| soon().expect("soon"));
                        if thread % 2 == 0 {
                            match lock.write(limit.as_ref(), Scope::Private) {
                                // SAFETY: held for writing.
                                Ok(()) => unsafe { lock.unlock_write(Scope::Private) },
                                Err(_) => drop(timeouts.fetch_add(1, SeqCst)),
                            }
                        } else {
                            match lock.read(preference, limit.as_ref(), Scope::Private) {
                                Ok(()) => {
                                    if turn % 64 == 0 {
                                        std::thread::sleep(Duration::from_micros(50));
                                    }
                                    // SAFETY: held for reading.
                                    unsafe { lock.unlock_read(Scope::Private) }
                                }
                                Err(_) => drop(timeouts.fetch_add(1, SeqCst)),
                            }
                        }
                    }
                });
            }
        });
        assert!(lock.try_write(), "{preference:?}: free at the end, after {timeouts:?} timeouts");
    }
}

#[test]
fn a_preferred_reader_may_read_twice_while_a_writer_waits() {
    let lock = RawRwLock::new();
    std::thread::scope(|scope| {
        assert!(lock.try_read(Preference::Readers));
        let writer = scope.spawn(|| {
            lock.write(None, Scope::Private).expect("no limit");
            // SAFETY: held for writing.
            unsafe { lock.unlock_write(Scope::Private) };
        });
        while lock.try_read(Preference::Writers) {
            // SAFETY: held for reading.
            unsafe { lock.unlock_read(Scope::Private) }; // no writer waits yet
            std::thread::yield_now();
        }
        assert!(lock.try_read(Preference::Readers));
        // SAFETY: held for reading, twice.
        unsafe {
            lock.unlock_read(Scope::Private);
            lock.unlock_read(Scope::Private);
        }
        writer.join().expect("ran");
    });
}
