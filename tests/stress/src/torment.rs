//! What interrupts the threads: a timer each, at random moments, and moves from CPU to CPU, by another thread and by the timer's handler.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use crate::Random;

static SIGNALS: AtomicU64 = AtomicU64::new(0);
static MOVES: AtomicU64 = AtomicU64::new(0);

/// Signals handled since the program began.
pub fn signals() -> u64 {
    SIGNALS.load(Relaxed)
}

/// Threads moved since the program began.
pub fn moves() -> u64 {
    MOVES.load(Relaxed)
}

thread_local! {
    /// What this thread's signal handler runs.
    static IN_HANDLER: Cell<Option<*const dyn Fn()>> = const { Cell::new(None) };
    /// How many signals this thread has handled.
    static HANDLED: Cell<usize> = const { Cell::new(0) };
}

extern "C" fn on_signal(_: i32) {
    SIGNALS.fetch_add(1, Relaxed);
    if let Some(body) = IN_HANDLER.get() {
        // SAFETY: `under_fire` keeps the body alive until it has taken it out.
        unsafe { (*body)() };
    }
    let handled = HANDLED.get();
    HANDLED.set(handled + 1);
    // The thread that moves all seldom meets one that runs. Here the instruction that was interrupted is followed by the next one on another CPU.
    if handled.is_multiple_of(2) {
        let cpus = CPUS.get().expect("a storm");
        support::affinity::pin(cpus[(handled / 2) % cpus.len()]);
        MOVES.fetch_add(1, Relaxed);
    }
}

/// Runs `work` while a timer interrupts the calling thread every few hundred microseconds, at a phase of its own, with `body`.
///
/// `body` must be fit for a signal handler.
pub fn under_fire(random: &mut Random, body: &dyn Fn(), work: impl FnOnce(&mut Random)) {
    // SAFETY: the lifetime is erased until the end of this function.
    let erased =
        unsafe { std::mem::transmute::<*const dyn Fn(), *const (dyn Fn() + 'static)>(std::ptr::from_ref(body)) };
    IN_HANDLER.set(Some(erased));
    // SAFETY: a timer for this thread, deleted below; the handler is installed first.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_signal as *const () as usize;
        action.sa_flags = libc::SA_RESTART;
        assert_eq!(libc::sigaction(libc::SIGUSR1, &raw const action, std::ptr::null_mut()), 0);
        let mut event: libc::sigevent = std::mem::zeroed();
        event.sigev_notify = libc::SIGEV_THREAD_ID;
        event.sigev_signo = libc::SIGUSR1;
        event.sigev_notify_thread_id = libc::gettid();
        let mut timer = std::mem::zeroed();
        assert_eq!(libc::timer_create(libc::CLOCK_MONOTONIC, &raw mut event, &raw mut timer), 0);
        let period = libc::itimerspec {
            it_value: libc::timespec { tv_sec: 0, tv_nsec: 1_000 + random.below(400_000) as i64 },
            it_interval: libc::timespec { tv_sec: 0, tv_nsec: 150_000 + random.below(350_000) as i64 },
        };
        assert_eq!(libc::timer_settime(timer, 0, &raw const period, std::ptr::null_mut()), 0);
        work(random);
        IN_HANDLER.set(None); // a signal that is on its way finds nothing to do
        libc::timer_delete(timer);
    }
}

/// Where threads are moved to. A handler may not ask for it: the answer is allocated.
static CPUS: OnceLock<Vec<usize>> = OnceLock::new();

/// Threads that are moved about.
static MOVABLE: Mutex<Vec<i32>> = Mutex::new(Vec::new());

/// Runs `work(n)` in each of `threads` threads, each of which is moved from CPU to CPU all the while; then checks that there were
/// signals.
pub fn storm(seed: u64, threads: u64, work: impl Fn(u64, &mut Random) + Sync) {
    let before = signals();
    let over = AtomicBool::new(false);
    let cpus = CPUS.get_or_init(support::affinity::allowed);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut random = Random::new(seed, 1 << 40);
            while !over.load(Relaxed) {
                let list = MOVABLE.lock().expect("no panic").clone();
                for thread in list {
                    let cpu = cpus[random.below(cpus.len() as u64) as usize];
                    support::affinity::move_thread(thread as u32, cpu);
                    MOVES.fetch_add(1, Relaxed);
                }
                std::thread::sleep(Duration::from_micros(200 + random.below(800)));
            }
        });
        let workers: Vec<_> = (0..threads)
            .map(|n| {
                let work = &work;
                scope.spawn(move || {
                    // SAFETY: touches nothing.
                    let me = unsafe { libc::gettid() };
                    MOVABLE.lock().expect("no panic").push(me);
                    work(n, &mut Random::new(seed, n));
                    MOVABLE.lock().expect("no panic").retain(|&thread| thread != me);
                })
            })
            .collect();
        let results: Vec<_> = workers.into_iter().map(|worker| worker.join()).collect();
        over.store(true, Relaxed);
        MOVABLE.lock().expect("no panic").clear();
        assert!(results.iter().all(Result::is_ok), "a thread panicked");
    });
    assert!(signals() > before, "a storm without a signal tests nothing");
}

/// Calls `step` until so much time is over.
pub fn for_a_while(time: Duration, mut step: impl FnMut()) {
    let begun = Instant::now();
    while begun.elapsed() < time {
        (0..50).for_each(|_| step());
    }
}
