//! `struct rseq` and `struct rseq_cs`, as the kernel and we share them.

use core::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicUsize};

/// The area that a thread shares with the kernel.
///
/// | field | kernel | we |
/// | --- | --- | --- |
/// | `cpu_id_start`, `cpu_id`, `node_id`, `mm_cid` | writes before returning to user space | read; writing one kills the program since Linux 7.0 |
/// | `rseq_cs` | reads on preemption, migration and signals; clears it | write: the section we are about to enter |
/// | `flags` | reads; sets bits 4 and 5 where it has slice extensions | read |
/// | `slice_request`, `slice_granted` | clears; sets and clears | write the first, read the second: [`super::slice`] |
#[repr(C, align(64))]
#[derive(Debug)]
pub struct Area {
    /// The CPU number, or 0 before registration: always a valid array index.
    pub cpu_id_start: AtomicU32,
    /// The CPU number; -1 before registration, -2 after a failed one.
    pub cpu_id: AtomicU32,
    /// Address of the section's descriptor, or 0.
    pub rseq_cs: AtomicUsize,
    /// What the kernel says about this thread's slice extension; else 0.
    pub flags: AtomicU32,
    /// NUMA node (Linux 6.3).
    pub node_id: AtomicU32,
    /// Concurrency id: dense, smaller than min(threads, CPUs) of the process (Linux 6.3).
    pub mm_cid: AtomicU32,
    /// 1: please do not preempt me just now (Linux 7.0). See [`super::slice`].
    pub slice_request: AtomicU8,
    /// The kernel did as asked: give the CPU back soon.
    pub slice_granted: AtomicU8,
    slice_reserved: AtomicU16,
    /// Room for features to come: the kernel may write what it announces in AT_RSEQ_FEATURE_SIZE, up to here.
    reserved: [AtomicU32; 8],
}

const _: () = {
    use core::mem::offset_of;
    assert!(size_of::<Area>() == 64);
    assert!(offset_of!(Area, cpu_id_start) == 0 && offset_of!(Area, cpu_id) == 4);
    assert!(offset_of!(Area, rseq_cs) == 8 && offset_of!(Area, flags) == 16);
    assert!(offset_of!(Area, node_id) == 20 && offset_of!(Area, mm_cid) == 24);
    assert!(offset_of!(Area, slice_request) == 28 && offset_of!(Area, slice_granted) == 29);
};

impl Area {
    /// Not known to the kernel: every index in it is negative.
    #[allow(clippy::declare_interior_mutable_const, reason = "a birth image: every use is a fresh copy")]
    pub const UNREGISTERED: Area = Area {
        cpu_id_start: AtomicU32::new(0),
        cpu_id: AtomicU32::new(u32::MAX),
        rseq_cs: AtomicUsize::new(0),
        flags: AtomicU32::new(0),
        node_id: AtomicU32::new(0),
        mm_cid: AtomicU32::new(u32::MAX),
        slice_request: AtomicU8::new(0),
        slice_granted: AtomicU8::new(0),
        slice_reserved: AtomicU16::new(0),
        reserved: [const { AtomicU32::new(0) }; 8],
    };
}

/// A section's descriptor: `struct rseq_cs`.
#[repr(C, align(32))]
#[derive(Clone, Copy, Debug)]
pub struct CriticalSection {
    /// 0.
    pub version: u32,
    /// 0.
    pub flags: u32,
    /// First address inside the section.
    pub start: usize,
    /// Bytes from there to the commit address, the first one outside.
    pub length: usize,
    /// Where the kernel sends an interrupted thread; the signature stands in the four bytes before it.
    pub abort: usize,
}

const _: () = assert!(size_of::<CriticalSection>() == 32);
