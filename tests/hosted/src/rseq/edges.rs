//! Where registrations end, are refused, or are shared: fork, vfork, exec, thread churn, another library, sandboxes.
//!
//! Every test counts with per-CPU counters meanwhile: whatever happens to the registration, no addition may be lost or doubled.

use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use dacapo::percpu::Counter;
use dacapo::rseq::{self, State};
use dacapo::sys::Errno;

/// Counts in three threads while `body` runs; the sum must be exact.
fn while_counting(body: impl FnOnce(&Counter)) {
    let counter = Counter::new().unwrap();
    let (stop, total) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let _ = rseq::register_current_thread();
                let mut mine = 0;
                while !stop.load(Ordering::Relaxed) {
                    for _ in 0..1000 {
                        counter.add(0, 1);
                    }
                    mine += 1000;
                }
                total.fetch_add(mine, Ordering::Relaxed);
            });
        }
        body(&counter);
        stop.store(true, Ordering::Relaxed);
    });
    assert_eq!(counter.sum(0), total.load(Ordering::Relaxed));
}

/// Whether programs can be started here; says so if not.
fn can_execute(program: &std::ffi::OsStr) -> bool {
    support::furnish();
    let can = Command::new(program).arg("--list").stdout(std::process::Stdio::null()).status().is_ok();
    if !can {
        eprintln!("skipped: cannot execute {} here", program.display());
    }
    can
}

/// This very program, by the name that it was started with.
fn our_name() -> std::ffi::OsString {
    std::env::args_os().next().expect("a program has a name")
}

/// This very program, running only the tests whose names contain `filter`.
fn ourselves(filter: &str) -> Command {
    let mut command = Command::new(our_name());
    command.args([filter, "--test-threads=2"]).stdout(std::process::Stdio::null());
    command
}

#[test]
fn a_vforked_child_leaves_its_parents_registration_alone() {
    rseq::init();
    let _ = rseq::register_current_thread();
    let registered = rseq::fields().index() >= 0;
    let program = our_name();
    if !can_execute(&program) {
        return;
    }
    while_counting(|counter| {
        let before = counter.sum(0);
        for _ in 0..30 {
            // std starts programs by posix_spawn: a child that shares our memory until it executes.
            let mut child = Command::new(&program);
            assert!(child.arg("--list").stdout(std::process::Stdio::null()).status().unwrap().success());
        }
        assert!(counter.sum(0) > before);
        assert_eq!(rseq::fields().index() >= 0, registered);
    });
}

#[test]
fn a_child_forked_among_threads_goes_on_counting() {
    rseq::init();
    let _ = rseq::register_current_thread();
    while_counting(|counter| {
        for _ in 0..20 {
            let verdict = support::process::child(|| {
                let before = counter.sum(0); // the other threads are not in the child: nobody else counts here
                for _ in 0..10_000 {
                    counter.add(0, 1);
                }
                i32::from(counter.sum(0) != before + 10_000)
            });
            assert_eq!(verdict, 0);
        }
    });
}

#[test]
fn an_executed_program_registers_anew() {
    rseq::init();
    if !can_execute(&our_name()) {
        return;
    }
    let status = ourselves("rseq::registration::a_thread_registers_itself_once_and_may_repeat_it").status().unwrap();
    assert!(status.success(), "{status}");
}

#[test]
fn threads_that_come_and_go_lose_nothing() {
    let threads = support::rounds(3000).div_ceil(10) * 10;
    rseq::init();
    let counter = Counter::new().unwrap();
    let storm = support::signals::storm();
    while_counting(|_| {
        for _ in 0..threads / 10 {
            std::thread::scope(|scope| {
                for _ in 0..10 {
                    scope.spawn(|| {
                        let _ = rseq::register_current_thread();
                        for _ in 0..100 {
                            counter.add(0, 1);
                        }
                        let _ = rseq::unregister_current_thread();
                        for _ in 0..100 {
                            counter.add(0, 1); // without a registration, or registered again
                        }
                    });
                }
            });
        }
    });
    drop(storm);
    assert_eq!(counter.sum(0), threads as usize * 200);
}

/// An area that another library registers: never freed, since the thread may outlive this test's interest in it.
fn register_somebody_elses_area() -> i64 {
    #[repr(align(64))]
    struct Area([u32; 16]);
    let area = Box::leak(Box::new(Area([0; 16])));
    // SAFETY: 32 bytes, aligned, for ever.
    unsafe { libc::syscall(libc::SYS_rseq, area.0.as_mut_ptr(), 32, 0, dacapo::arch::rseq::SIGNATURE) }
}

#[test]
fn a_thread_whose_registration_another_library_took_counts_without_rseq() {
    if rseq::init() != State::Owned {
        return; // there is only one registration a thread: the host libc has it, or nobody can
    }
    while_counting(|_| {
        let counter = Counter::new().unwrap();
        std::thread::scope(|scope| {
            let other = scope.spawn(|| {
                assert_eq!(register_somebody_elses_area(), 0);
                assert_eq!(rseq::register_current_thread(), Err(Errno::EINVAL));
                assert!(rseq::fields().index() < 0);
                for _ in 0..support::rounds(100_000) {
                    counter.add(0, 1);
                }
                assert!(rseq::fields().index() < 0, "still somebody else's");
                assert!((rseq::current_cpu() as usize) < dacapo::percpu::topology::slots());
            });
            other.join().unwrap();
        });
        assert_eq!(counter.sum(0), support::rounds(100_000) as usize);
    });
}

/// Runs the per-CPU tests in a process that may not make some calls.
fn in_a_sandbox_without(calls: &'static [libc::c_long], row: &str) {
    if !can_execute(&our_name()) {
        return;
    }
    let mut command = ourselves("percpu::cell::additions");
    command.env("DACAPO_EXPECT_RSEQ", row);
    // SAFETY: the child makes two system calls before it executes.
    unsafe {
        command.pre_exec(move || {
            support::seccomp::refuse(calls);
            Ok(())
        });
    }
    let status = command.status().unwrap();
    assert!(status.success(), "{status}");
}

#[test]
fn without_rseq_and_membarrier_the_counters_count() {
    in_a_sandbox_without(&[libc::SYS_rseq, libc::SYS_membarrier], "unavailable");
}

#[test]
fn where_prctl_is_refused_the_counters_count() {
    let row = std::env::var("DACAPO_EXPECT_RSEQ").unwrap_or_default();
    in_a_sandbox_without(&[libc::SYS_prctl], &row);
}
