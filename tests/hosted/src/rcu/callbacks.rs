use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::*};

use dacapo::rcu::callbacks::BOUND;
use dacapo::rcu::{Callback, Domain, Pointer};

/// An object whose callback frees it.
#[repr(C)]
struct Object {
    callback: Callback,
    value: usize,
    freed: *const AtomicUsize,
}

unsafe extern "C" fn free(callback: *mut Callback) {
    // SAFETY: the callback is the first field of a boxed Object, and this is its last use; the counter outlives the test.
    unsafe {
        let mut object = Box::from_raw(callback.cast::<Object>());
        object.value = usize::MAX;
        (*object.freed).fetch_add(1, SeqCst);
    }
}

fn object(value: usize, freed: &AtomicUsize) -> *mut Object {
    Box::into_raw(Box::new(Object { callback: Callback::new(), value, freed }))
}

#[test]
fn a_callback_runs_after_the_readers_that_were_there_and_not_before() {
    let (domain, freed) = (Domain::new().expect("memory"), AtomicUsize::new(0));
    let guard = domain.enter();
    // SAFETY: a fresh object that nobody uses.
    unsafe { domain.call(object(1, &freed).cast(), free) };
    assert_eq!((domain.reclaim(), domain.reclaim(), domain.pending()), (0, 0, 1));
    drop(guard);
    assert_eq!((domain.reclaim(), freed.load(SeqCst), domain.pending()), (1, 1, 0));
}

#[test]
fn barrier_waits_for_all_callbacks_of_all_threads() {
    let (domain, freed) = (Domain::new().expect("memory"), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for value in 0..500 {
                    // SAFETY: as above.
                    unsafe { domain.call(object(value, &freed).cast(), free) };
                    if value % 100 == 0 {
                        domain.reclaim();
                    }
                }
            });
        }
    });
    domain.barrier();
    assert_eq!((freed.load(SeqCst), domain.pending()), (2000, 0));
}

#[test]
fn callbacks_run_oldest_first_and_may_call_again() {
    static ORDER: AtomicUsize = AtomicUsize::new(0);
    static DOMAIN: std::sync::OnceLock<Domain> = std::sync::OnceLock::new();
    unsafe extern "C" fn second(_: *mut Callback) {
        ORDER.fetch_add(100, SeqCst);
    }
    unsafe extern "C" fn first(callback: *mut Callback) {
        let object = callback.cast::<Object>();
        // SAFETY: leaked objects: they live for ever; the callback is no longer pending.
        unsafe {
            assert_eq!(ORDER.fetch_add(1, SeqCst), (*object).value, "oldest first");
            DOMAIN.get().expect("made below").call(callback, second);
        }
    }
    let (domain, freed) = (DOMAIN.get_or_init(|| Domain::new().expect("memory")), AtomicUsize::new(0));
    // SAFETY: fresh objects that are never freed.
    (0..10).for_each(|value| unsafe { domain.call(object(value, &freed).cast(), first) });
    domain.barrier();
    assert_eq!((ORDER.load(SeqCst), domain.pending()), (10, 10));
    domain.barrier();
    assert_eq!((ORDER.load(SeqCst), domain.pending()), (1010, 0));
}

#[test]
fn deferred_memory_is_bounded_while_readers_come_and_go() {
    let (domain, freed) = (Domain::new().expect("memory"), AtomicUsize::new(0));
    let (over, bad) = (AtomicBool::new(false), AtomicUsize::new(0));
    let published = Pointer::new(object(0, &freed));
    let replaced = 20 * BOUND;
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !over.load(Relaxed) {
                    let guard = domain.enter();
                    // SAFETY: the updater defers what it took away, by this domain.
                    let object = unsafe { published.load(&guard) }.expect("never null");
                    if object.value == usize::MAX {
                        bad.fetch_add(1, Relaxed);
                    }
                }
            });
        }
        let mut most = 0;
        for value in 1..=replaced {
            let old = published.swap(object(value, &freed));
            // SAFETY: nobody finds it any more.
            unsafe { domain.defer(old.cast(), free) };
            most = most.max(domain.pending());
        }
        over.store(true, Relaxed);
        assert!(most <= BOUND, "{most} objects waited");
    });
    domain.barrier();
    assert_eq!((bad.load(SeqCst), freed.load(SeqCst)), (0, replaced));
    // SAFETY: the last one, which nobody reads any more.
    drop(unsafe { Box::from_raw(published.get()) });
}

/// While one thread waits for a grace period that a sleeping reader makes long, the others must not go on producing.
#[test]
fn deferred_memory_of_many_threads_is_bounded_while_a_reader_sleeps() {
    const THREADS: usize = 4;
    let (domain, freed, over) = (Domain::new().expect("memory"), AtomicUsize::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Relaxed) {
                let _guard = domain.enter();
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
        });
        let producers: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(|| {
                    let mut most = 0;
                    for value in 0..2 * BOUND {
                        // SAFETY: a fresh object that nobody uses.
                        unsafe { domain.defer(object(value, &freed).cast(), free) };
                        most = most.max(domain.pending());
                    }
                    most
                })
            })
            .collect();
        let most = producers.into_iter().map(|producer| producer.join().unwrap()).max();
        over.store(true, Relaxed);
        assert!(most <= Some(BOUND + THREADS), "{most:?} objects waited");
    });
    domain.barrier();
    assert_eq!(freed.load(SeqCst), THREADS * 2 * BOUND);
}

#[test]
fn callbacks_may_defer_beyond_the_bound() {
    static DOMAIN: std::sync::OnceLock<Domain> = std::sync::OnceLock::new();
    unsafe extern "C" fn again(callback: *mut Callback) {
        // SAFETY: the callback is no longer pending; the object stays until `free`.
        unsafe { DOMAIN.get().expect("made below").defer(callback, free) };
    }
    let domain = DOMAIN.get_or_init(|| Domain::new().expect("memory"));
    let freed = AtomicUsize::new(0);
    // SAFETY: fresh objects that nobody uses.
    (0..2 * BOUND).for_each(|value| unsafe { domain.call(object(value, &freed).cast(), again) });
    domain.barrier();
    assert_eq!((freed.load(SeqCst), domain.pending()), (0, 2 * BOUND));
    domain.barrier();
    assert_eq!((freed.load(SeqCst), domain.pending()), (2 * BOUND, 0));
}

#[test]
fn a_domain_that_ends_runs_what_is_pending() {
    let freed = AtomicUsize::new(0);
    let domain = Domain::new().expect("memory");
    // SAFETY: fresh objects that nobody uses.
    (0..10).for_each(|value| unsafe { domain.call(object(value, &freed).cast(), free) });
    drop(domain);
    assert_eq!(freed.load(SeqCst), 10);
}
