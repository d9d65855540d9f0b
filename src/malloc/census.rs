//! Where every byte of the heap is, at one look: blocks by class, in the users' hands or at which station, and what is resident.
//!
//! No snapshot: one station after the other is looked at while threads go on, so sums may be off by what moved in between. Price: mincore(2)
//! over all units; no block is touched and no CPU stopped.

use core::ptr::NonNull;
use core::sync::atomic::Ordering;

use super::lock::Quiet;
use super::size_class::{COUNT, UNIT, UNIT_SHIFT};
use super::span::Kind;
use super::{central, cpu_block, mappings, page_heap, region, shard};
use crate::sys::memory::{self, MapFlags, Protection};

/// What is known about a class; blocks, if nothing else is said.
#[derive(Clone, Copy, Debug, Default)]
pub struct Class {
    /// Runs of units.
    pub runs: usize,
    /// Bytes of those runs.
    pub bytes: usize,
    /// Bytes of them that are in memory.
    pub resident: usize,
    /// Blocks cut off so far.
    pub carved: usize,
    /// In the runs' own lists.
    pub free: usize,
    /// In chains in the middle.
    pub middle: usize,
    /// In the CPUs' lists.
    pub cached: usize,
    /// In the lists of threads without rseq.
    pub sharded: usize,
}

impl Class {
    /// In users' hands.
    #[must_use]
    pub fn live(&self) -> usize {
        self.carved.saturating_sub(self.free + self.middle + self.cached + self.sharded)
    }
}

/// Everything; all zero is an empty heap.
#[derive(Debug)]
pub struct Census {
    /// By class.
    pub classes: [Class; COUNT],
    /// Whether the CPUs could be looked at: not where the kernel has no membarrier for it.
    pub has_cpus: bool,
    /// Indices that the table below has rows for.
    pub indices: usize,
    /// Large blocks in runs: how many, their bytes, and what is resident of them.
    pub large: [usize; 3],
    /// Blocks that are mappings: how many, bytes.
    pub mapped: [usize; 2],
    /// Mappings kept for reuse: how many, bytes.
    pub kept: [usize; 2],
    /// Free units in bytes: clean ones, dirty ones and parked ones.
    pub free: [usize; 2],
    /// Resident bytes of all units.
    pub resident: usize,
    /// Behind it: the blocks in each CPU's lists, a row of COUNT for each index.
    rows: [[u32; COUNT]; 0],
}

/// A census in a mapping of its own: the heap is not to change by it.
#[derive(Debug)]
pub struct Taken(NonNull<Census>, usize);

impl core::ops::Deref for Taken {
    type Target = Census;
    fn deref(&self) -> &Census {
        // SAFETY: made by `take`, and ours until it is dropped.
        unsafe { self.0.as_ref() }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        // SAFETY: a mapping of our own.
        let _ = unsafe { memory::unmap(self.0.as_ptr().cast(), self.1) };
    }
}

impl Census {
    /// Blocks in the lists of the CPU with this index.
    #[must_use]
    pub fn cached(&self, index: usize, class: usize) -> usize {
        if index >= self.indices || class >= COUNT {
            return 0;
        }
        // SAFETY: the mapping has a row for each index.
        unsafe { (*self.rows.as_ptr().add(index)).as_ptr().add(class).read() as usize }
    }

    fn note(&mut self, index: usize, class: usize, blocks: usize) {
        self.class(class).cached += blocks;
        if index < self.indices && class < COUNT {
            // SAFETY: as above.
            unsafe { *(*self.rows.as_mut_ptr().add(index)).as_mut_ptr().add(class) += blocks as u32 };
        }
    }

    fn class(&mut self, class: usize) -> &mut Class {
        // SAFETY: a remainder is below COUNT; classes come from lists and spans, which have no others.
        unsafe { self.classes.get_unchecked_mut(class % COUNT) }
    }

    fn units(&mut self) {
        let mut pages = [0_u8; UNIT / 4096];
        let mut large = false;
        let mut class = 0;
        for (unit, address) in region::used_units() {
            // SAFETY: the span of a used unit, under the locks of all classes and of the page heap.
            let span = unsafe { &*region::span(unit) };
            let known = memory::residence(address, &mut pages);
            let resident = if known { pages.iter().filter(|&page| page & 1 != 0).count() * 4096 } else { 0 };
            self.resident += resident;
            match span.kind {
                Kind::Class => {
                    (large, class) = (false, span.class as usize);
                    let this = self.class(class);
                    this.runs += 1;
                    this.bytes += (span.units as usize) << UNIT_SHIFT;
                    this.carved += span.carved as usize;
                    this.free += span.free as usize;
                }
                Kind::Run if span.bytes.load(Ordering::Relaxed) == 0 => {
                    (large, class) = (false, 0); // parked
                    self.free[1] += (span.units as usize) << UNIT_SHIFT;
                }
                Kind::Run => {
                    (large, class) = (true, 0);
                    self.large[0] += 1;
                    self.large[1] += (span.units as usize) << UNIT_SHIFT;
                }
                Kind::Free | Kind::FreeEnd => (large, class) = (false, 0),
                Kind::Inside => {}
            }
            if large {
                self.large[2] += resident;
            } else if class != 0 {
                self.class(class).resident += resident;
            }
        }
    }
}

/// Looks at everything; None if there is no memory for the result. The per-CPU heap is up.
#[must_use]
pub fn take() -> Option<Taken> {
    let quiet = Quiet::enter();
    let indices = crate::percpu::topology::slots();
    let bytes = size_of::<Census>() + indices * COUNT * size_of::<u32>();
    let census = memory::map(bytes, Protection::READ_WRITE, MapFlags::NORESERVE).ok()?;
    let mut taken = Taken(NonNull::new(census.cast())?, bytes);
    // SAFETY: fresh and zero, which is a valid census.
    let census = unsafe { taken.0.as_mut() };
    census.indices = indices;
    central::visit(|class, blocks| census.class(class).middle += blocks);
    shard::visit(&quiet, |class, blocks| census.class(class).sharded += blocks);
    census.has_cpus = true;
    cpu_block::visit(|index, class, blocks| census.note(index, class, blocks));
    mappings::visit(&quiet, &mut |bytes, kept| {
        let sums = if kept { &mut census.kept } else { &mut census.mapped };
        sums[0] += 1;
        sums[1] += bytes;
    });
    central::acquire_all();
    page_heap::with(&quiet, |heap| {
        census.free = heap.free_units().map(|units| units << UNIT_SHIFT);
        census.units();
    });
    central::release_all();
    Some(taken)
}
