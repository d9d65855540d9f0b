//! The contract between dacapo and a CPU.
//!
//! A CPU folder holds facts and instructions, never policy: the same file names and the same public items in each.
//! `x.py tidy` checks that the folders mirror each other. Everything above this folder is written once for all CPUs.
//!
//! | module | item | contract |
//! | --- | --- | --- |
//! | [`syscall`] | `syscall0..6` | one kernel entry; returns the raw register, `-4095..=-1` is `-errno` |
//! | [`tls`] | `thread_pointer` | the register that TLS offsets are relative to |
//! | | `VARIANT`, `GAP`, `PER_THREAD_OFFSET` | where the TLS block and [`crate::per_thread::PerThread`] lie from there |
//! | | `set_thread_pointer` | changes that register; face `start` only |
//! | `start.S` | `_start` | calls `dacapo_relocate(stack)` unless nothing can need it, then `dacapo_start(stack)` |
//! | `foreign_start.S` | `__libc_start_main` | the same for programs linked with another libc's start files; face `libc` |
//! | `relocate` | `RELATIVE`, `IRELATIVE`, `resolve` | the two relocations of a static program; calls a resolver |
//! | `thread.S` | `dacapo_clone`, `dacapo_unmap_and_exit` | a new thread on its own stack; its end after its stack |
//! | `cancel` | `call3`, `call6` | as `syscall3`, `syscall6`, but gives `-REFUSED` and makes no call if the thread's `cancel` word is ASKED |
//! | | `Interrupted` | a handler's look at what it interrupted: `refuse_call` has a call refused whose instruction the thread has not passed, `divert` makes it call a function |
//! | `vdso` | `VERSION`, names | what the vDSO calls its functions |
//! | [`barrier`] | `full` | a full fence, of the instruction and of the compiler |
//! | | `prefetch` | asks for a line; never faults |
//! | | `revoking_interrupts` | whether an mprotect(2) that takes access away interrupts the process's other CPUs, and so fences them |
//! | [`vector`] | `Block`, `load..mask` | sixteen bytes at a time, for the string functions |
//! | | `move_down` | moves bytes without a call |
//! | `memory.S`, `string.S` | memcpy, strlen, strcmp and their like | C's; the width of the loops is chosen when enough of long operands, or of blocks, have come |
//! | `variadic` | `VaList` | C's `va_list`; `word`, `double`, `long_double` take the next argument |
//! | `long_double` | `PRECISION`, `split`, `join` | the format of C's `long double` |
//! | | `after_locked` | nothing, for as long as it takes a lock's cache line to settle |
//! | [`rseq`] | `SIGNATURE` | the word before every abort handler |
//! | | `Fields` | where the current thread's rseq fields are |
//! | | `kept_offsets`, `kept_area_offset`, `settle` | the same, as the compiler may keep it in registers from section to section; `None` where there is no good answer before `init` |
//! | | `__rseq_asm!` | the frame of a section around its body: arming, descriptor, signature, abort handler, commit |
//! | | `claim`, `probe` | sections whose steps would be longer than what a person writes, or go round |
//! | `steps` | `__rseq_step!` | the instructions of each step that [`section!`] knows |
//! | `rseq_batch.S` | sections with loops | below |
//!
//! # Becoming another function
//!
//! [`forward`] defines a function that tries one function and, if that gives null, jumps to another with the arguments as they came.
//!
//! # The heap's fast paths
//!
//! [`heap`] has macros that define whole functions around a section. Each leaves for its slow path, with its arguments as they came, when it cannot
//! go on; `HOT` is `malloc::cpu_cache::Hot`, all zero until the heap is up, so that they need no look at whether it is.
//!
//! | function | pseudo-code | leaves when |
//! | --- | --- | --- |
//! | `allocate(size)` | `list = &HOT.table[index].lists[slots[size]].source; p = (*list)[-1]; *list -= 1; return p`; empty: `{source, sink} = {sink - 1, source}` in one store, and what was on top of the sink; beyond `HOT.limit` `medium[size / 128]`, rounded up, without that | beyond both limits; p is not a multiple of 16: both empty |
//! | `free(p)` | `list = &HOT.table[index].lists[map[p >> 16]].sink; (*list)[0] = p; *list += 1` | `p >= HOT.extent`, `(*list)[0]` is odd: full; `(*list)[-1] == p`: freed twice in a row |
//! | `free_sized(p, size)` | the same for `lists[slots[size]].sink` | `size >= HOT.limit`, full, freed twice in a row |
//! | `pop(slot)` | as `allocate` for the lists of a class that is known | both empty: null |
//! | `push(slot, p)` | as `free` | full, pushed twice in a row: false |
//!
//! A list is a cursor into an array of words, a magazine: blocks below it, an odd word below the first slot and another above the last.
//!
//! # The critical sections
//!
//! The short ones are written in steps, once for all CPUs, in `arch/rseq.rs`. Every section takes a `table` of block pointers and an `offset` into the block, both in bytes, and begins with
//!
//! ```text
//! arm:    rseq_cs = &descriptor          the kernel now watches us
//! start:  index   = thread.index         mm_cid or cpu_id; -1 or -2 for a thread without rseq
//!         block   = table[index]         entries -1 and -2 exist: the table's stopped block
//! ```
//!
//! and ends at `commit`, the address after its one visible store. A thread that is preempted, migrated or interrupted by a
//! signal between `start` and `commit` continues at the abort handler, which jumps back to `arm`: da capo.
//!
//! | section | pseudo-code after `block = table[index]` | returns |
//! | --- | --- | --- |
//! | `add` | `*(block+offset) += value` | index |
//! | `increment_at` | `offset = *source; *(block+offset) += 1` | (index, offset) |
//! | `claim` | instead: `seat = *first + (index << SHIFT); found = *seat; if found != 0 leave; *seat = seat` | (seat, found) |
//! | `probe` | instead: looks a key up in a hash table's buckets | (bucket or 0, index, value) |
//! | `store` | `*(block+offset) = value` | index |
//! | `compare_store` | `found = *(block+offset); if found == expected { *(block+offset) = new }` | (index, found) |
//! | `list_push` | `head = *(block+offset); room = head.room - 1; if room < 0 leave; node = {head, room}; *(block+offset) = node` | pushed? |
//! | `list_pop` | `head = *(block+offset); next = head.next; if next == null leave; *(block+offset) = next` | head or null |
//! | `list_take` | `head = *(block+offset); if head.next == null leave; *(block+offset) = end` | head or null |
//! | `array_push` | `len = a.len; if len >= a.capacity leave; a.objects[len] = object; a.len = len + 1` | pushed? |
//! | `array_pop` | `len = a.len; if len == 0 leave; object = a.objects[len-1]; a.len = len - 1` | object or null |
//! | `array_push_batch` | `n = min(n, a.capacity - a.len); copy n objects to a.objects[a.len..]; a.len += n` | n |
//! | `array_pop_batch` | `n = min(n, a.len); copy a.objects[a.len-n..a.len] out; a.len -= n` | n |
//!
//! `add`, `increment_at`, `store` and `compare_store` have no way to refuse: with a negative index they ran on the stopped block, where
//! nobody looks, and the caller sees the index and takes its path without rseq. The others find the stopped block empty and full at once, and the
//! seats of negative indices taken, and refuse by themselves.
//!
//! A list ends in a sentinel whose `next` is null and whose `room` is the list's capacity; each node's `room` says how many nodes
//! may still be pushed on top of it. So neither pop nor push needs a separate count, and a whole list changes hands in one store.

#[macro_use]
mod section;
mod frame;
pub mod rseq;

#[cfg_attr(target_arch = "x86_64", path = "x86_64/mod.rs")]
#[cfg_attr(target_arch = "aarch64", path = "aarch64/mod.rs")]
mod cpu;

pub(crate) use cpu::after_locked;
#[cfg(dacapo_count_aborts)]
pub use cpu::by_hand;
#[cfg(feature = "preload")]
pub(crate) use cpu::forward;
pub(crate) use cpu::heap;
pub use cpu::{barrier, float, syscall, tls, vector};
#[cfg(feature = "start")]
pub use cpu::{cancel, relocate, vdso};
#[cfg(feature = "libc")]
pub use cpu::{long_double, variadic};

#[doc(inline)]
pub use rseq_section as section;

/// Bytes that two CPUs' data must be apart so that neither disturbs the other: a cache line and its prefetched neighbour.
pub const CACHE_LINE: usize = cpu::CACHE_LINE;

/// Whether this CPU makes a load take effect before every store that follows it: then who sees the store knows that the load is done.
pub const LOADS_PRECEDE_LATER_STORES: bool = cpu::LOADS_PRECEDE_LATER_STORES;

/// Whether this CPU makes plain loads take effect one after the other, and plain stores visible so: then who sees a store sees what was stored before it.
pub const LOADS_IN_ORDER: bool = cpu::LOADS_IN_ORDER;

/// Bits of the addresses that the kernel gives to programs which do not ask for more.
pub const ADDRESS_BITS: u32 = cpu::ADDRESS_BITS;

/// The smallest stack that C programs may ask for on this CPU, in bytes.
pub const STACK_MIN: usize = cpu::STACK_MIN;

/// C's ilogb of zero and of not-a-number, which each CPU's ABI chose for itself.
pub use cpu::{ILOGB0, ILOGBNAN};

/// The word that ends a list and the word that links it: what the list sections read and write in a node.
///
/// Two words at the start of every object that is in a list; the owner may use them as soon as the object is popped.
#[repr(C)]
#[derive(Debug)]
pub struct ListNode {
    /// The node below; null in the sentinel only.
    pub next: *mut ListNode,
    /// How many nodes may still be pushed on top of this one.
    pub room: usize,
}

/// Header of a bounded array of object pointers, followed by its `capacity` slots.
#[repr(C)]
#[derive(Debug)]
pub struct ArrayHeader {
    /// Objects in the array: `0 <= len <= capacity`.
    pub len: usize,
    /// Slots behind this header; 0 in the stopped block.
    pub capacity: usize,
}
