//! Where the thread is, and whose memory it uses: migrations in the middle of everything, children that share our memory, and all of it at once.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use dacapo::malloc;

use super::model::{PerCpu, run};

fn tid() -> u32 {
    // SAFETY: asks for a number.
    unsafe { libc::syscall(libc::SYS_gettid) as u32 }
}

/// Fewer moves test nothing.
const MOVES: u32 = 4;

/// Runs `body` in three threads while this one moves them between CPUs: once each, or until there were enough moves, for where much else runs they may be done
/// before the first. How often it did.
fn moved_about(body: impl Fn(u64) + Sync) -> u32 {
    let cpus = support::affinity::allowed();
    let tids = [const { AtomicU32::new(0) }; 3];
    let left = AtomicU32::new(tids.len() as u32);
    let moves = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for (number, slot) in tids.iter().enumerate() {
            let (left, body, moves) = (&left, &body, &moves);
            scope.spawn(move || {
                slot.store(tid(), Ordering::Relaxed);
                let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                    loop {
                        body(number as u64 + 1);
                        if moves.load(Ordering::Relaxed) >= MOVES {
                            break;
                        }
                    }
                }));
                slot.store(0, Ordering::Relaxed);
                left.fetch_sub(1, Ordering::Relaxed);
                done.unwrap();
            });
        }
        while left.load(Ordering::Relaxed) > 0 {
            for (number, slot) in tids.iter().enumerate() {
                let tid = slot.load(Ordering::Relaxed);
                if tid != 0 {
                    let cpu = cpus[(moves.load(Ordering::Relaxed) as usize + number) % cpus.len()];
                    support::affinity::move_thread(tid, cpu); // it may be gone by now: then nothing is moved
                    moves.fetch_add(1, Ordering::Relaxed);
                }
            }
            std::thread::sleep(Duration::from_micros(300));
        }
    });
    moves.into_inner()
}

#[test]
fn threads_that_are_moved_between_cpus_agree_with_their_models() {
    if support::affinity::allowed().len() < 2 {
        println!("skipped: one CPU");
        return;
    }
    let moves = moved_about(|seed| run(&mut PerCpu, seed, support::rounds(15_000) as usize).unwrap());
    assert!(moves >= MOVES, "without moves this tests nothing");
}

#[test]
fn migrations_forks_and_signals_at_once_agree_with_the_models() {
    let stop = AtomicBool::new(false);
    let storm = support::signals::storm();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let code =
                    support::process::child(|| i32::from(run(&mut PerCpu, 77, support::rounds(300) as usize).is_err()));
                assert_eq!(code, 0, "a child of the storm");
            }
        });
        let outcome = std::panic::catch_unwind(|| {
            moved_about(|seed| run(&mut PerCpu, seed ^ 0x5707, 8_000).unwrap());
        });
        stop.store(true, Ordering::Relaxed); // also after a failure: the scope waits for the other thread
        outcome.unwrap();
    });
    assert!(storm.delivered() > 0, "without signals this tests nothing");
}

/// What std uses to start programs shares our memory until they run: vfork's way.
#[test]
fn programs_started_while_all_threads_allocate_corrupt_nothing() {
    support::furnish();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for seed in 1..3 {
            let stop = &stop;
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    run(&mut PerCpu, seed, support::rounds(2000) as usize).unwrap();
                }
            });
        }
        let start = Instant::now();
        let mut started = 0;
        while started < support::rounds(60).max(3) && start.elapsed() < Duration::from_secs(20) {
            let exe = std::env::current_exe().expect("our own path");
            let output = std::process::Command::new(exe).arg("--list").output().expect("our own program");
            assert!(output.status.success());
            started += 1;
        }
        stop.store(true, Ordering::Relaxed);
    });
}

/// What a child does that shares our memory while we wait: it takes blocks and gives them back, and leaves one for us.
extern "C" fn borrow(kept: *mut libc::c_void) -> i32 {
    let kept = kept.cast::<[*mut u8; 64]>();
    // SAFETY: the parent's array, and blocks of our own.
    unsafe {
        for round in 0..200_usize {
            for (at, block) in (*kept).iter_mut().enumerate() {
                malloc::deallocate(*block);
                let size = 1 + (round * 131 + at * 977) % 5000;
                *block = malloc::allocate(size);
                if (*block).is_null() {
                    return 1;
                }
                block.write_bytes(at as u8, size.min(100));
            }
        }
    }
    0
}

/// In a process of its own with this one thread: a child that shares memory has no registration, and borrows its parent's place while that waits.
#[test]
fn a_child_that_shares_our_memory_may_allocate_while_we_wait() {
    let code = support::process::child(|| {
        let mut kept = [std::ptr::null_mut::<u8>(); 64];
        let mut stack = vec![0_u8; 256 << 10];
        // SAFETY: the stack's end, and an array that outlives the child: with CLONE_VFORK we wait for it.
        unsafe {
            let top = stack.as_mut_ptr().add(stack.len() - 64);
            let top = top.sub(top as usize % 16);
            let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
            let child = libc::clone(borrow, top.cast(), flags, (&raw mut kept).cast());
            assert!(child > 0);
            let mut status = 0;
            assert_eq!(libc::waitpid(child, &raw mut status, 0), child);
            if status != 0 {
                return 2;
            }
            // What the child left is ours now.
            for (at, block) in kept.iter().enumerate() {
                if block.read() != at as u8 {
                    return 3;
                }
                malloc::deallocate(*block);
            }
        }
        i32::from(run(&mut PerCpu, 5, support::rounds(5000) as usize).is_err())
    });
    assert_eq!(code, 0);
}
