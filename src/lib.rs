//! **dacapo**: restartable sequences, per-CPU data, malloc, threads, TLS and a libc subset for Linux, without a libc below.
//!
//! The contents, from the kernel up. An arrow only ever points down this list; `docs/architecture.md` has the picture.
#![no_std]

// CPU: facts and instructions.
#[path = "../arch/mod.rs"]
pub mod arch;

// Layer 0: the kernel as typed functions.
#[doc(hidden)]
pub mod inject;
pub mod sys;

// Layer 1: critical sections, asymmetric fences, futex locks.
pub mod fence;
pub mod per_thread;
pub mod rseq;
pub mod sync;

// Layer 2: per-CPU data.
pub mod percpu;

// Layer 3: counters, by what they cost; work that is sent between threads; read-copy-update.
pub mod counter;
pub mod queue;
pub mod rcu;

// Layer 4: per-CPU heap; hash tables, which live in it and are read under RCU.
pub mod hash;
pub mod malloc;

// Layer 5: the process is ours.
#[cfg(feature = "start")]
pub mod start;
#[cfg(feature = "start")]
pub mod thread;
pub mod tls;

// Layer 6: a libc with a C ABI.
#[cfg(feature = "libc")]
pub mod libc;

// The malloc family for LD_PRELOAD.
#[cfg(feature = "preload")]
pub mod preload;
#[cfg(all(feature = "preload", feature = "start"))]
compile_error!("the preload face lives in a process that a host libc started: it cannot own it");
