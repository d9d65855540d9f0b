//! Asymmetric fences: the frequent side pays nothing, the rare side pays for both.
//!
//! ```text
//!     frequent side                      rare side
//!       store A                            store B
//!       light()   compiler only            heavy()   every running thread of the process passes a full fence
//!       load B                             load A
//! ```
//! Not both loads can miss the other side's store, as if both had executed a full fence. [`light`] pairs with [`heavy`] and
//! [`heavy_rseq`] only:
//!
//! | | light | heavy | full fence |
//! | --- | --- | --- | --- |
//! | **light** | no order | ordered | no order |
//! | **heavy** | ordered | ordered | ordered |
//! | **full fence** | no order | ordered | ordered |
//!
//! # Guarantees
//! 1. When [`heavy`] returns, every other thread of this process has executed a full fence between the call and the return, or was
//!    not running at some moment between them, which is as good.
//! 2. When [`heavy_rseq`] returns, moreover every restartable section that was in flight on the CPU (or on all CPUs) has either
//!    committed, visibly to the caller, or will start over and see what the caller stored before the call.
//! 3. Both hold whether or not the kernel has membarrier(2); if neither way is left, the process is aborted, never misled.
//!
//! # Where the fence comes from, and its price
//!
//! | way | works | price here (2 CPUs, a virtual machine) |
//! | --- | --- | --- |
//! | membarrier `PRIVATE_EXPEDITED` (Linux 4.14) | x86-64, AArch64 | 0.35 us alone, about 9 us with a thread running elsewhere, which loses about 5 us |
//! | membarrier `PRIVATE_EXPEDITED_RSEQ` (5.10) | the same | the same; one CPU, the caller's own: 0.6 us |
//! | [`walk`]: move the caller onto each CPU in turn | everywhere | a context switch a CPU: 10 us each if idle, up to a time slice (milliseconds) each if busy |
//!
//! The walk is the fallback: where the caller runs, the thread that was running there was switched out, which is a full fence for it
//! and sends it to its section's abort handler. Ways that were considered and rejected: an mprotect(2) that revokes access interrupts
//! the other CPUs on some x86-64 only (AArch64 broadcasts TLB invalidations without an interrupt, and newer x86-64 kernels and CPUs
//! do so too); membarrier `GLOBAL` waits 7 to 14 ms for an RCU grace period and does not restart sections; turning every `light` into
//! a real fence costs a branch at each use for ever, and readers that passed it before the flag was set are not covered.
//!
//! Source: membarrier(2); "Asymmetric Dekker synchronization" (Dice, Huang, Yang 2001); Kivity, "Adventures with memory barriers
//! and Seastar on Linux" (2023).

use core::sync::atomic::{AtomicU32, Ordering, compiler_fence};

use crate::sys::membarrier::{Command, membarrier, membarrier_on};
use crate::sys::{Errno, process, sched};

/// The frequent side: keeps the compiler from moving memory accesses across. No instruction. Async-signal-safe.
#[inline(always)]
pub fn light() {
    compiler_fence(Ordering::SeqCst);
}

// WAY: one bit for each registration that the kernel accepted or refused. 0: nobody asked yet.
static WAY: AtomicU32 = AtomicU32::new(0);
/// The kernel accepted PRIVATE_EXPEDITED.
const FENCE: u32 = 1;
/// The kernel accepted PRIVATE_EXPEDITED_RSEQ.
const FENCE_RSEQ: u32 = 2;
/// Set with the other two: the answers are in.
const ASKED: u32 = 4;

/// How [`heavy`] and [`heavy_rseq`] do their work in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ways {
    /// [`heavy`] is membarrier, not the walk.
    pub membarrier: bool,
    /// [`heavy_rseq`] is membarrier, not the walk.
    pub membarrier_rseq: bool,
}

/// Declares to the kernel that this process will use heavy fences, and says which of them it has. Called when the second thread is made, while
/// or a domain of readers, while it is cheap: once there are threads the kernel takes 10 to 40 ms. The heavy fences call it themselves otherwise. Idempotent; takes no lock. Async-signal-safe.
pub fn register() -> Ways {
    let mut way = WAY.load(Ordering::Relaxed); // Relaxed: the bits say what the kernel accepted; no memory hangs on them
    if way & ASKED == 0 {
        way = ASKED;
        if membarrier(Command::RegisterPrivateExpedited).is_ok() {
            way |= FENCE;
        }
        if membarrier(Command::RegisterPrivateExpeditedRseq).is_ok() {
            way |= FENCE_RSEQ;
        }
        WAY.store(way, Ordering::Relaxed);
    }
    Ways { membarrier: way & FENCE != 0, membarrier_rseq: way & FENCE_RSEQ != 0 }
}

/// The rare side: every running thread of this process passes a full fence before this returns; so does the caller. Price: the table above.
/// Async-signal-safe.
///
/// Aborts the process where the kernel has no way left to do it: going on would be wrong in silence.
pub fn heavy() {
    light();
    if !(register().membarrier && membarrier(Command::PrivateExpedited).is_ok()) {
        must_walk(None);
    }
    light();
}

/// As [`heavy`], and restarts every restartable section in flight: on `cpu`, or on all CPUs.
///
/// `Some(cpu)` is right only where sections pick their block by CPU number; concurrency ids do not tell which CPU they are used on.
/// With `Some`, threads on other CPUs are not fenced.
pub fn heavy_rseq(cpu: Option<u32>) {
    light();
    let done = register().membarrier_rseq
        && match cpu {
            None => membarrier(Command::PrivateExpeditedRseq).is_ok(),
            Some(cpu) => membarrier_on(Command::PrivateExpeditedRseq, cpu).is_ok(),
        };
    if !done {
        must_walk(cpu);
    }
    light();
}

#[cold]
fn must_walk(cpu: Option<u32>) {
    if let Err(errno) = walk(cpu) {
        process::abort_with(
            "dacapo: fence::heavy: neither membarrier nor sched_setaffinity works here: errno ",
            errno.raw() as usize,
            "",
        );
    }
}

/// CPUs that one mask can name: more than any kernel's NR_CPUS (8192).
const MASK_WORDS: usize = 8192 / usize::BITS as usize;

/// The fence without membarrier: runs the calling thread on `cpu`, or on every CPU in turn, and puts its affinity back.
///
/// CPUs that the caller may not use are skipped: threads of this process run there only if somebody gave them another cpuset than
/// the caller's. While it runs, another thread must not change the caller's affinity. Waits behind real-time threads.
///
/// # Errors
/// ENOSYS, EPERM: a filter forbids sched_getaffinity or sched_setaffinity. EINVAL: none of the CPUs asked for can be used.
pub fn walk(cpu: Option<u32>) -> Result<(), Errno> {
    let mut before = [0_usize; MASK_WORDS];
    let bytes = sched::get_affinity(0, &mut before)?;
    let words = bytes.div_ceil(size_of::<usize>()).min(MASK_WORDS);
    let (first, last) = match cpu {
        Some(cpu) => (cpu as usize, cpu as usize + 1),
        None => (0, words * usize::BITS as usize),
    };
    let mut result = Err(Errno::EINVAL);
    for cpu in first..last.min(MASK_WORDS * usize::BITS as usize) {
        let mut only = [0_usize; MASK_WORDS];
        only[cpu / usize::BITS as usize] = 1 << (cpu % usize::BITS as usize);
        // Returns once the caller runs there: what ran there before has been switched out.
        match sched::set_affinity(0, &only[..words]) {
            Ok(()) => result = Ok(()),
            Err(Errno::EINVAL) => {} // offline, absent or outside our cpuset: nobody of ours runs there
            Err(errno) => {
                result = Err(errno);
                break;
            }
        }
    }
    if result.is_ok() || cpu.is_none() {
        // Fails only if every CPU of the old mask went offline meanwhile: the kernel then has its own idea of where we may run.
        let _ = sched::set_affinity(0, &before[..words]);
    }
    if cpu.is_some() && result == Err(Errno::EINVAL) {
        return Ok(()); // no thread of ours can be there
    }
    result
}
