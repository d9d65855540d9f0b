use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicUsize, Ordering::*};
use std::time::{Duration, Instant};

use dacapo::rcu::{Domain, GracePeriods};

use super::Pool;
use crate::percpu::{Over, have_rseq, tormented};

const READERS: usize = 4;
const UPDATERS: usize = 2;

/// Readers and updaters under signals and migrations; how often a reader saw an object whose grace period was over.
fn torment(domain: &Domain, updates: u32, grace_period: impl Fn(&Domain) + Sync) -> usize {
    let (pool, bad, over) = (Pool::new(), AtomicUsize::new(0), AtomicBool::new(false));
    let updating = AtomicUsize::new(UPDATERS);
    tormented(READERS + UPDATERS, |n| {
        let ends = Over(&over);
        if n < UPDATERS {
            for _ in 0..updates {
                pool.replace(|| grace_period(domain));
                if bad.load(Relaxed) > 0 {
                    break;
                }
            }
            if updating.fetch_sub(1, SeqCst) > 1 {
                std::mem::forget(ends); // the last one ends it
            }
            return;
        }
        while !over.load(Relaxed) {
            for turn in 0..1000 {
                let guard = domain.enter();
                let seen = pool.look(1 + turn % 8);
                drop(guard);
                if seen > 0 {
                    bad.fetch_add(seen, Relaxed);
                }
            }
        }
    });
    bad.into_inner()
}

#[test]
fn no_reader_sees_what_a_grace_period_has_passed_over() {
    let domain = Domain::new().expect("memory");
    assert_eq!(torment(&domain, support::rounds(500), Domain::synchronize), 0);
}

#[test]
fn expedited_grace_periods_are_grace_periods() {
    let domain = Domain::new().expect("memory");
    assert_eq!(torment(&domain, support::rounds(200), Domain::synchronize_expedited), 0);
}

#[test]
fn polled_grace_periods_are_grace_periods() {
    let domain = Domain::new().expect("memory");
    let poll = |domain: &Domain| {
        let state = domain.poll_state();
        while !domain.poll(state) {
            std::thread::yield_now();
        }
    };
    assert_eq!(torment(&domain, support::rounds(200), poll), 0);
}

/// A word on a cache line of its own.
#[derive(Default)]
#[repr(align(128))]
struct Line(AtomicUsize);

/// One reader and one updater, each on a CPU of its own, as fast as they can: the litmus test of the fence. Without it, a reader's count waits in its
/// CPU's store buffer, behind stores to lines that the other CPU has, while it loads what the updater is about to poison. It is no negative control:
/// on a busy machine, builds without the fence (`no_grace_fence`) passed it ten times of ten.
#[test]
fn a_reader_and_an_updater_on_two_cpus_never_miss_each_other() {
    let cpus = support::affinity::allowed();
    let &[here, there, ..] = &cpus[..] else {
        println!("skipped: needs two CPUs");
        return;
    };
    let (domain, pool, over) = (&Domain::new().expect("memory"), &Pool::new(), &AtomicBool::new(false));
    let begin = Instant::now();
    let mut updates = 0;
    let lines = &<[Line; 16]>::default();
    let store_to_all = |value| lines.iter().for_each(|line| line.0.store(value, Relaxed));
    std::thread::scope(|scope| {
        let reader = scope.spawn(move || {
            support::affinity::pin(there);
            let mut bad = 0;
            while !over.load(Relaxed) && bad == 0 {
                store_to_all(1);
                let _guard = domain.enter();
                bad += pool.look(2);
            }
            bad
        });
        support::affinity::pin(here);
        while begin.elapsed() < Duration::from_millis(support::rounds(400).into()) && !reader.is_finished() {
            for _ in 0..20 {
                store_to_all(2);
                pool.replace(|| domain.synchronize());
            }
            updates += 20;
        }
        over.store(true, Relaxed);
        assert_eq!(reader.join().unwrap(), 0, "after {updates} updates");
    });
    println!("{updates} updates");
}

/// The negative control of this file: the same without grace periods.
#[test]
fn without_grace_periods_readers_see_poison() {
    let domain = Domain::new().expect("memory");
    assert!((0..5).any(|_| torment(&domain, 2_000_000, |_| ()) > 0), "this test could not see a missing grace period");
}

#[test]
fn readers_in_signal_handlers_are_readers() {
    static DOMAIN: AtomicPtr<Domain> = AtomicPtr::new(std::ptr::null_mut());
    static POOL: AtomicPtr<Pool> = AtomicPtr::new(std::ptr::null_mut());
    static BAD: AtomicUsize = AtomicUsize::new(0);
    static READS: AtomicUsize = AtomicUsize::new(0);
    extern "C" fn read(_: i32) {
        // SAFETY: both live for ever.
        let (domain, pool) = unsafe { (&*DOMAIN.load(Acquire), &*POOL.load(Acquire)) };
        let _guard = domain.enter();
        BAD.fetch_add(pool.look(20), Relaxed);
        READS.fetch_add(1, Relaxed);
    }
    let domain: &Domain = Box::leak(Box::new(Domain::new().expect("memory")));
    let pool: &Pool = Box::leak(Box::new(Pool::new()));
    DOMAIN.store(std::ptr::from_ref(domain).cast_mut(), Release);
    POOL.store(std::ptr::from_ref(pool).cast_mut(), Release);
    // SAFETY: the handler enters and leaves a domain and touches atomics.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = read as *const () as usize;
        action.sa_flags = libc::SA_RESTART;
        assert_eq!(libc::sigaction(libc::SIGUSR1, &raw const action, std::ptr::null_mut()), 0);
    }
    let (over, ids) = (AtomicBool::new(false), [const { AtomicU32::new(0) }; 3]);
    std::thread::scope(|scope| {
        let members = ids.each_ref().map(|id| {
            scope.spawn(|| {
                id.store(dacapo::sys::thread::gettid(), SeqCst);
                let mut bad = 0;
                while !over.load(Relaxed) {
                    let _guard = domain.enter();
                    bad += pool.look(4);
                }
                bad
            })
        });
        let _over = Over(&over);
        for turn in 0.. {
            if turn >= support::rounds(500) as usize && READS.load(Relaxed) >= 20 {
                break;
            }
            let id = ids[turn % 3].load(SeqCst);
            // SAFETY: sends a signal that has a handler to a thread of ours, which runs until `over`; to none while it has no id.
            let _ = unsafe { id != 0 && libc::syscall(libc::SYS_tgkill, std::process::id(), id, libc::SIGUSR1) == 0 };
            pool.replace(|| domain.synchronize());
        }
        over.store(true, Relaxed);
        assert_eq!(members.map(|member| member.join().unwrap()), [0; 3]);
    });
    assert_eq!(BAD.load(Relaxed), 0);
}

#[test]
fn a_grace_period_waits_for_a_guard_that_went_to_another_thread() {
    let domain = &Domain::new().expect("memory");
    let (guard, left) = (domain.enter(), &AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(move || {
            std::thread::sleep(Duration::from_millis(30));
            left.store(true, SeqCst);
            drop(guard);
        });
        domain.synchronize();
        assert!(left.load(SeqCst), "the reader was still there");
    });
    domain.synchronize(); // and the counts are even again
}

#[test]
fn a_sleeping_reader_blocks_no_other_reader_and_no_other_domain() {
    let (domain, other) = (Domain::new().expect("memory"), Domain::new().expect("memory"));
    let sleeping = domain.enter();
    let state = domain.poll_state();
    std::thread::scope(|scope| {
        let updater = scope.spawn(|| domain.synchronize());
        std::thread::sleep(Duration::from_millis(5));
        for _ in 0..10_000 {
            drop(domain.enter());
        }
        other.synchronize();
        assert!(!updater.is_finished() && !domain.poll(state));
        drop(sleeping);
        updater.join().unwrap();
        assert!(domain.poll(state));
    });
}

#[test]
fn readers_that_come_later_do_not_delay_a_grace_period() {
    let domain = Domain::new().expect("memory");
    let first = domain.enter();
    let state = domain.poll_state();
    assert!(!domain.poll(state)); // begins it
    let later = domain.enter();
    drop(first);
    assert!(domain.poll(state), "only the first reader counts");
    assert!(!domain.poll(domain.poll_state()), "for the next one the second does");
    drop(later);
    domain.synchronize();
}

#[test]
fn read_sections_nest_and_interleave() {
    let domain = Domain::new().expect("memory");
    let state = domain.poll_state();
    let a = domain.enter();
    let b = domain.enter();
    drop(a);
    assert!(!domain.poll(state));
    let c = domain.enter();
    drop(b);
    domain.wait_for(state); // c came after it began
    assert!(domain.has_passed(state) && !domain.has_passed(domain.poll_state()));
    drop(c);
}

#[test]
fn one_grace_period_serves_all_who_wait() {
    const THREADS: usize = 16;
    let (domain, asked) = (Domain::new().expect("memory"), AtomicUsize::new(0));
    let reader = domain.enter();
    let before = domain.periods();
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let now = domain.poll_state();
                asked.fetch_add(1, SeqCst);
                domain.wait_for(now);
            });
        }
        while asked.load(SeqCst) < THREADS {
            std::thread::yield_now();
        }
        drop(reader);
    });
    // The first may have begun one; all who asked during it share the second.
    let periods = domain.periods() - before;
    assert!((1..=2).contains(&periods), "{periods} grace periods for {THREADS} threads");
}

#[test]
fn a_forked_child_forgets_the_readers_that_it_does_not_have() {
    let domain = Domain::new().expect("memory");
    let (entered, over) = (AtomicBool::new(false), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let _guard = domain.enter();
            entered.store(true, SeqCst);
            while !over.load(SeqCst) {
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        let _over = Over(&over);
        while !entered.load(SeqCst) {
            std::hint::spin_loop();
        }
        let stuck = domain.poll_state();
        assert!(!domain.poll(stuck)); // one is running while we fork
        let verdict = support::process::child(|| {
            // SAFETY: one thread, which is not reading.
            unsafe { domain.after_fork_in_child() };
            domain.synchronize();
            let guard = domain.enter();
            let state = domain.poll_state();
            let waits = !domain.poll(state);
            drop(guard);
            i32::from(!(waits && domain.poll(state)))
        });
        assert_eq!(verdict, 0);
        assert!(!domain.poll(stuck), "the parent's reader is still there");
    });
    domain.synchronize();
}

#[test]
fn a_grace_period_without_readers_is_short() {
    let domain = Domain::new().expect("memory");
    let begin = Instant::now();
    for _ in 0..100 {
        domain.synchronize();
    }
    // A wrong answer would sleep: 20 us at least each. With `walk` as the fence it takes longer.
    println!("{:?} each{}", begin.elapsed() / 100, if have_rseq() { "" } else { ", without rseq" });
}

#[test]
fn a_thousand_domains_fit() {
    let domains: Vec<_> = (0..support::rounds(1000)).map(|_| Domain::new().expect("memory")).collect();
    for domain in &domains {
        drop(domain.enter());
        assert!(domain.poll(domain.poll_state()));
    }
}
