//! Protocols of the library under a model checker.
//!
//! ```text
//!     src/queue, src/sync/event_count.rs     the library's own files, by #[path]
//!       use crate::sync::atomic              here: loom's atomics and cells
//!       use crate::fence                     here: a membarrier is a fence in every running thread, at any point of its program
//!       use crate::sys::futex                here: a lock and a condition variable of loom's
//! ```
//! loom runs each test under every interleaving (up to a number of preemptions) and every value that the memory model lets a load return. A message that
//! is read before it was written is a data race, a sleeper that nobody wakes a deadlock; loom names both.
//!
//! The drain and the grace period are modelled in Promela too, in a machine with store buffers whose every state is visited: `tests/promela`.
//!
//! Each property has its negative control: here with fences that order nothing, and in `x.py test --suite controls` with the library built wrong on purpose.
#![cfg(test)]
#![allow(dead_code, missing_docs, reason = "not every part of the library's files is used here")]

mod arch;
mod fence;
mod hash;
mod locks;
mod malloc;
mod mutex;
mod percpu;
mod queue;
mod rcu;
mod rseq;
mod sections;
mod sync;
mod sys;
mod words;

mod event_count;
mod mesh_call;
mod spsc_sleep;
mod stack;

/// The thread's own area, which only an owner of registrations would write.
mod per_thread {
    pub struct PerThread {
        pub rseq: crate::rseq::Area,
    }
    pub fn current() -> &'static PerThread {
        unreachable!("not the owner of registrations")
    }
}

/// No delays here: loom takes every order there is.
mod inject {
    pub enum Point {
        BucketCopied,
        ColourTurned,
        CursorRead,
        HeapLocked,
        HeapStopped,
        MutexMarked,
        PeriodOver,
        StackPop,
        StackPush,
        Stopped,
        TakenAway,
    }
    pub fn delay(_: Point) {}
}

/// What has happened in this execution; the one that finds something is printed.
static EVENTS: std::sync::Mutex<Vec<String>> = std::sync::Mutex::new(Vec::new());

/// Notes what a thread does.
fn note(what: impl FnOnce() -> String) {
    let thread = fence::number().map_or_else(|| "-".to_owned(), |number| number.to_string());
    EVENTS.lock().expect("no panic").push(format!("thread {thread}: {}", what()));
}

/// What the model checker found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    /// Everybody who is left sleeps.
    Deadlock,
    /// A value was read before it was written, or written while it was read.
    Race,
    /// A failed assertion, or a model that is too large.
    Other,
}

/// Runs `body` under every interleaving with up to so many preemptions.
///
/// What stores should go first, and what only loads after it: loom remembers one last access of each atomic, so that a thread that loads before it stores hides
/// that another one has loaded there too, and the order in which that load comes later is never tried.
///
/// In a process of its own that ends with the first thing found: what is dropped after that would fail a second time, inside the model.
fn explore(preemptions: usize, body: impl Fn() + Send + Sync + 'static) -> Found {
    const FOUND: [Found; 4] = [Found::Nothing, Found::Deadlock, Found::Race, Found::Other];
    let verdict = support::process::child(move || {
        let show = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            show(panic);
            if let Ok(events) = EVENTS.try_lock() {
                eprintln!("{}", events.join("\n"));
            }
            let message = panic.payload_as_str().unwrap_or_default();
            let found = if message.starts_with("deadlock") {
                Found::Deadlock
            } else if message.starts_with("Causality violation") {
                Found::Race
            } else {
                Found::Other
            };
            // SAFETY: ends the process without running anything.
            unsafe { libc::_exit(found as i32) };
        }));
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(preemptions);
        builder.max_branches = 20_000;
        let executions = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let counted = executions.clone();
        builder.check(move || {
            counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            EVENTS.lock().expect("no panic").clear();
            body();
        });
        println!("{} executions", executions.load(std::sync::atomic::Ordering::Relaxed));
        0
    });
    FOUND.get(verdict as usize).copied().unwrap_or(Found::Other)
}
