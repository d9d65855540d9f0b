use std::cell::UnsafeCell;
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use dacapo::sync::Mutex;
use dacapo::sync::raw::{Deadline, RawMutex, Scope};

/// A counter that only a lock makes exact.
struct Racy(UnsafeCell<u64>);
// SAFETY: the tests take a lock around each use, or want to see what happens without.
unsafe impl Sync for Racy {}

impl Racy {
    /// Now and then somebody else gets the CPU in the middle: a missing lock shows on any machine, however its threads are scheduled.
    fn add(&self) {
        // SAFETY: volatile, so that a missing lock loses updates instead of being optimised away.
        unsafe {
            let old = self.0.get().read_volatile();
            if old.is_multiple_of(1 << 12) {
                std::thread::yield_now();
            }
            self.0.get().write_volatile(old + 1);
        }
    }
}

fn count(threads: u64, each: u64, lock: impl Fn() + Sync, unlock: impl Fn() + Sync) -> u64 {
    let (racy, start) = (Racy(UnsafeCell::new(0)), Barrier::new(threads as usize));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                start.wait();
                for _ in 0..each {
                    lock();
                    racy.add();
                    unlock();
                }
            });
        }
    });
    racy.0.into_inner()
}

#[test]
fn eight_threads_lose_no_update() {
    let mutex = RawMutex::new();
    // SAFETY: held by this thread.
    let sum = count(8, 100_000, || mutex.lock(Scope::Private), || unsafe { mutex.unlock(Scope::Private) });
    assert_eq!(sum, 800_000);
    assert!(!mutex.is_locked());
}

/// The negative control: without the lock the same counter loses updates.
#[test]
fn without_the_lock_updates_are_lost() {
    assert!((0..20).any(|_| count(4, 500_000, || {}, || {}) != 2_000_000));
}

#[test]
fn a_shared_mutex_excludes_as_a_private_one_does() {
    let mutex = RawMutex::new();
    // SAFETY: held by this thread.
    let sum = count(4, 50_000, || mutex.lock(Scope::Shared), || unsafe { mutex.unlock(Scope::Shared) });
    assert_eq!(sum, 200_000);
}

#[test]
fn try_lock_refuses_a_held_mutex_and_the_guard_frees_it() {
    let mutex = Mutex::new(5);
    let mut guard = mutex.lock();
    *guard += 1;
    assert!(mutex.try_lock().is_none());
    assert!(mutex.try_lock().is_none(), "a refused try must not release it");
    drop(guard);
    assert_eq!(*mutex.try_lock().expect("free"), 6);
    assert_eq!(mutex.into_inner(), 6);
}

#[test]
fn a_time_limit_ends_the_wait_and_the_mutex_still_works() {
    let mutex = RawMutex::new();
    mutex.lock(Scope::Private);
    let begin = Instant::now();
    let deadline = Deadline::after(Duration::from_millis(20)).expect("soon");
    assert!(
        std::thread::scope(|s| s.spawn(|| mutex.lock_until(&deadline, Scope::Private)).join()).expect("ran").is_err()
    );
    assert!(begin.elapsed() >= Duration::from_millis(20));
    // SAFETY: held by this thread.
    unsafe { mutex.unlock(Scope::Private) };
    assert!(mutex.lock_until(&deadline, Scope::Private).is_ok(), "a free mutex is taken even after the deadline");
    // SAFETY: held by this thread.
    unsafe { mutex.unlock(Scope::Private) };
}

#[test]
fn without_contention_no_system_call_is_made() {
    let verdict = super::without_futex(|| {
        let mutex = Mutex::new(0);
        *mutex.lock() += 1;
        *mutex.lock() += 1;
    });
    assert_eq!(verdict, 0);
}

/// Whoever takes the mutex last frees its memory while the one before may still be returning from unlock.
#[test]
fn the_memory_may_go_as_soon_as_the_next_one_has_the_mutex() {
    for _ in 0..support::rounds(2_000) {
        let mutex = Box::leak(Box::new(Mutex::new(0)));
        let place = &raw mut *mutex as usize;
        let mutex: &'static Mutex<i32> = mutex;
        let take = move || {
            let mut guard = mutex.lock();
            *guard += 1;
            *guard == 2
        };
        let other = std::thread::spawn(take);
        let mine = take();
        let last = mine || other.join().expect("ran");
        assert!(last);
        // SAFETY: both have had it; nobody looks at it any more.
        unsafe { drop(Box::from_raw(place as *mut Mutex<i32>)) };
    }
}

#[test]
fn it_stands_a_signal_storm() {
    let storm = support::signals::storm();
    let mutex = Arc::new(Mutex::new(0_u64));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let mutex = mutex.clone();
            std::thread::spawn(move || (0..support::rounds(100_000)).for_each(|_| *mutex.lock() += 1))
        })
        .collect();
    threads.into_iter().for_each(|t| t.join().expect("ran"));
    assert_eq!(*mutex.lock(), 4 * u64::from(support::rounds(100_000)));
    while storm.delivered() == 0 {
        std::thread::yield_now();
    }
}

#[test]
fn a_short_hold_excludes_and_returns_what_it_found() {
    let mutex = Mutex::new(0_u64);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..support::rounds(20_000)).for_each(|_| mutex.with(|n| *n += 1)));
        }
    });
    assert_eq!(mutex.with(|n| *n), 4 * u64::from(support::rounds(20_000)));
}

/// What the kernel says about slice extensions, and that asking harms nobody where it has none.
#[test]
fn asking_for_a_longer_slice_is_harmless() {
    use dacapo::rseq::slice;
    println!("slice extensions: {}", if slice::is_available() { "granted here" } else { "not in this kernel" });
    for _ in 0..support::rounds(100_000) {
        let _asked = slice::extend();
    }
}
