//! Layer 3: work and messages from one core to another, without locks and, on the fast path, without locked instructions.
//!
//! ```text
//!   mesh    N x N rings between pinned threads: submit_to(core, job), and its answer
//!   spsc    a bounded ring from one thread to one other
//!   bell    how the receiver sleeps            fences  who pays so that it does not sleep on a message
//! ```
//! A data structure belongs to one core; another core that wants something done with it sends the work there and gets the answer back. So the structure
//! needs no lock, and all traffic between cores is in one place, where it can be made cheap.
//!
//! Source: Seastar; Kivity, "Adventures with memory barriers and Seastar on Linux" (2023).

pub mod bell;
pub mod counts;
pub mod fences;
mod line;
pub mod mesh;
pub mod older_fences;
pub mod spsc;

pub use counts::{EndStatistics, Statistics};
pub use fences::{Fences, FullFences, Membarrier, Picked, Polled, Side, Way};
pub use older_fences::{Mprotect, MprotectTry, Pages, SignalFence, SignalThreads};
