//! A bounded ring from one thread to one other, with batches, sleeping, and an end.
//!
//! ```text
//!              head                tail
//!     ..free..  |####messages####|  ..free..        indices count for ever; slot = index mod capacity, a power of two
//!
//!   producer keeps: tail, limit (the head it last saw + capacity)    looks at the head only when tail == limit
//!   consumer keeps: head, known (the tail it last saw)               looks at the tail only when head == known
//! ```
//! # Guarantees
//! A. Every message that was pushed is popped once and in order, or dropped with the last end.
//! B. `try_` functions and batches never wait. `push` waits while the ring is full, `pop` while it is empty: they poll for a few microseconds
//!    ([`crate::sync::raw::Spin`]), then sleep.
//! C. Nobody sleeps on a message or on room ([`super::bell`]). What that costs the other side is the choice of [`super::fences`]; with [`super::Picked`]
//!    one load a batch, where the kernel has membarrier(2).
//! D. Dropping an end closes the ring. The consumer still gets what was sent; the producer is told at the next push at the latest.
//! E. No allocation but [`channel`]'s one mapping; [`Storage`] is memory of the user's.
//!
//! Source: Lamport, "Specifying concurrent program modules" (1983); cached indices: Lee and others, "MCRingBuffer" (2010); sleeping: Kivity (2023).

mod consumer;
mod mapped;
mod producer;
mod shared;
mod storage;

pub use consumer::{Consumer, Nothing};
pub use mapped::{channel, channel_with};
pub use producer::{Producer, Refused};
pub use storage::Storage;
