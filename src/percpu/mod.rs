//! Per-CPU data: each CPU changes its own block, in restartable sections, without locks and without atomics.
//!
//! ```text
//!   memory        PerCpu<T>: a table of blocks, one for each index; the table decides who may touch a block
//!   stop          one CPU takes another's block away, edits it, puts it back
//!   cell          counters                        free_list    intrusive lists, bounded
//!   array_cache   bounded arrays of pointers      fallback     what a thread without rseq does instead
//!   stack         bounded stacks that steal       ring         what happened, in order, for a collector
//!   ids           small numbers, each once        limiter      so many a second
//!   reference     a reference count that becomes exact when it must
//!   topology      how many indices there can be
//! ```
//! # Protocol
//! 1. A section loads its index and `table[index]`, works on that block, and ends in one store. The kernel restarts it if anything came
//!    between. The index is the concurrency id (dense, Linux 6.3) or the CPU number; never two threads at the same time on one.
//! 2. To take block `i` away: `table[i] = stopped`, then [`crate::fence::heavy_rseq`]. Whoever was in a section on `i` starts over and finds the
//!    stopped block, which is both empty and full. Now block `i` is ours, until a store puts it back.
//! 3. Blocks of lists and arrays begin as stopped: the first who is refused makes the block. So a block costs memory only where it was used.
//! 4. A thread without rseq has index -1 or -2, where the table holds the stopped block: it is refused too, and uses the side block,
//!    with atomics or under a lock. This is the whole fallback.
//!
//! # Promises
//! A. Every operation takes effect exactly once or, if it says so, not at all: whatever preempts, migrates or signals the thread.
//! B. Without system calls and without waiting, once a block exists: the operations may be used in signal handlers. A thread without rseq takes a
//!    lock for lists and arrays (not for counters), and there they may not.
//! C. An operation may be refused (as empty or full) while the block is stopped by somebody else; it never waits for them.
//! D. What reads several blocks while others write is no snapshot: it counts every operation that happened before it began, none that happens
//!    after it ended, and perhaps those between.
//!
//! Source: librseq; "Restartable sequences on multi-processors" (Turner, Hunter 2013); TCMalloc's design notes.

pub mod array_cache;
pub mod cell;
pub(crate) mod fallback;
pub mod free_list;
pub mod ids;
pub mod limiter;
pub mod memory;
pub mod reference;
pub mod ring;
pub mod stack;
pub mod stop;
pub mod topology;

pub use array_cache::ArrayCache;
pub use cell::{Counter, Counters};
pub use free_list::{Chain, FreeList};
pub use ids::Ids;
pub use limiter::Limiter;
pub use memory::{Birth, Block, PerCpu};
pub use reference::Reference;
pub use ring::Ring;
pub use stack::Stack;
pub use stop::Stopped;
