//! Heaps in a fixed buffer: one for programs without mmap, and a small one for before the per-CPU heap is up.
//!
//! First fit in a list of holes (`linked_list_allocator`), under a spin lock. Not async-signal-safe.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ptr::NonNull;

use linked_list_allocator::Heap;

use super::lock::Lock;

#[repr(align(64))]
struct Buffer<const BYTES: usize>(UnsafeCell<[u8; BYTES]>);

struct State {
    heap: Heap,
    made: bool,
}

/// A heap in `BYTES` bytes of its own; as `#[global_allocator]`, or by its functions.
///
/// ```no_run
/// static HEAP: dacapo::malloc::FixedHeap<65536> = dacapo::malloc::FixedHeap::new();
/// let block = HEAP.allocate(100);
/// ```
pub struct FixedHeap<const BYTES: usize> {
    state: Lock<State>,
    buffer: Buffer<BYTES>,
}

// SAFETY: the buffer belongs to the heap, which its lock guards.
unsafe impl<const BYTES: usize> Sync for FixedHeap<BYTES> {}

/// Bytes before each block of [`FixedHeap::allocate`] that hold its size.
const HEADER: usize = 16;

impl<const BYTES: usize> Default for FixedHeap<BYTES> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const BYTES: usize> FixedHeap<BYTES> {
    /// An empty heap.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            state: Lock::new(State { heap: Heap::empty(), made: false }),
            buffer: Buffer(UnsafeCell::new([0; BYTES])),
        }
    }

    fn with<R>(&self, action: impl FnOnce(&mut Heap) -> R) -> R {
        let mut state = loop {
            if let Some(state) = self.state.try_lock() {
                break state;
            }
            core::hint::spin_loop();
        };
        if !state.made {
            state.made = true;
            // SAFETY: the buffer lives as long as the heap, and nothing else uses it.
            unsafe { state.heap.init(self.buffer.0.get().cast(), BYTES) };
        }
        action(&mut state.heap)
    }

    /// Whether an address lies in this heap's buffer.
    #[must_use]
    pub fn contains(&self, address: *const u8) -> bool {
        (address as usize).wrapping_sub(self.buffer.0.get() as usize) < BYTES
    }

    /// A block of `size` bytes, 16-aligned; null if there is none.
    #[must_use]
    pub fn allocate(&self, size: usize) -> *mut u8 {
        let Some(all) = size.checked_add(HEADER) else { return core::ptr::null_mut() };
        let Ok(layout) = Layout::from_size_align(all, HEADER) else { return core::ptr::null_mut() };
        match self.with(|heap| heap.allocate_first_fit(layout)) {
            // SAFETY: the block has room for the header.
            Ok(start) => unsafe {
                start.as_ptr().cast::<usize>().write(all);
                start.as_ptr().add(HEADER)
            },
            Err(()) => core::ptr::null_mut(),
        }
    }

    /// Bytes that the user of a block may use.
    ///
    /// # Safety
    /// [`FixedHeap::allocate`] gave the block, and it is live.
    #[must_use]
    pub unsafe fn usable_size(&self, block: *mut u8) -> usize {
        // SAFETY: its header.
        unsafe { block.sub(HEADER).cast::<usize>().read() - HEADER }
    }

    /// Takes a block back.
    ///
    /// # Safety
    /// [`FixedHeap::allocate`] gave the block, and nobody uses it any more.
    pub unsafe fn deallocate(&self, block: *mut u8) {
        // SAFETY: its header, which says what was asked for.
        unsafe {
            let start = block.sub(HEADER);
            let layout = Layout::from_size_align_unchecked(start.cast::<usize>().read(), HEADER);
            self.with(|heap| heap.deallocate(NonNull::new_unchecked(start), layout));
        }
    }
}

// SAFETY: blocks come from the heap's own buffer, are as large and aligned as the layout says, and do not overlap.
unsafe impl<const BYTES: usize> GlobalAlloc for FixedHeap<BYTES> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.with(|heap| heap.allocate_first_fit(layout)).map_or(core::ptr::null_mut(), NonNull::as_ptr)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's block and its layout.
        unsafe { self.with(|heap| heap.deallocate(NonNull::new_unchecked(block), layout)) };
    }
}

/// Serves the allocations that making the per-CPU heap causes, and a little more when it cannot be made.
pub static EARLY: FixedHeap<16384> = FixedHeap::new();
