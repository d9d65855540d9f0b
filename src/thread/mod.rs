//! Threads: one mapping each, made and ended without the heap.
//!
//! ```text
//!   mapping:  guard page(s) | stack ... grows down | packet | thread-local area with PerThread | Control
//!   spawn     a mapping from the cache or the kernel -> fill -> signals blocked { clone } -> the child registers rseq, unblocks, runs
//!   exit      cleanup, thread-locals, keys -> signals blocked { leave the registry -> EXITED -> exit(2): the kernel writes tid = 0 }
//!   join      sleep until tid = 0, read the result, mapping to the cache or the kernel
//! ```
//! 1. [`Control`] describes a thread; its address is the thread's handle (C's `pthread_t`). It dies when the thread was joined, or, detached,
//!    has ended.
//! 2. The kernel clears `tid` when it will not touch the thread's memory again: only then is the mapping used for anything else.
//! 3. A detached thread puts its own mapping into the cache, where it lies until the kernel has cleared `tid`; if the cache is full, it
//!    takes its rseq area back from the kernel, and unmaps its own stack and exits in assembly.
//! 4. The main thread's Control is static, and so is its area.
//!
//! 5. How a thread is cancelled is [`cancel`]'s business.
//!
//! Guarantees: a failed [`spawn_raw`] leaves nothing behind. No signal handler runs in a thread that is only half a thread.

pub mod cancel;
mod control;
mod exit;
mod handle;
pub mod keys;
mod locals;
mod name;
pub mod registry;
pub mod robust;
mod spawn;
mod stack;

pub use control::{Cleanup, Control, Sleep, current};
pub use exit::{Start, exit};
pub use handle::{Builder, JoinHandle, spawn};
pub use locals::register_destructor;
pub use name::{name, set_name};
pub use registry::{after_fork_in_child, after_fork_in_parent, before_fork, is_multi_threaded};
pub use spawn::{Options, spawn_raw};
pub use stack::DEFAULT_STACK;
