//! Threads that own their data and send each other work: N x N rings, one for each ordered pair of cores.
//!
//! ```text
//!     core A                                            core B
//!       submit_to(B, job)                                 serve()
//!         ring A -> B:  [item][item][item] ...              item REQUEST: run the job here, answer in place
//!       answer.wait()  <------------------------------      item ANSWER
//! ```
//! An item is two cache lines: its state, the job (a closure of at most [`item::ROOM`] bytes), and in the same place its answer. So a call is one transfer of
//! the item to B and one back; there are no other shared indices: B knows which item of the ring comes next, and looks at its state.
//!
//! ```text
//!     FREE --A--> REQUEST --B--> RUNNING --B--> ANSWER --A--> FREE         each state says whose the item is: A, B, B, A
//! ```
//! # Guarantees
//! A. A job runs once, on the thread that joined as that core, with that core's local data; or not at all, and then its answer says [`Gone`].
//!    Jobs from one core to one other begin in the order in which they were submitted.
//! B. Who waits (for room, for an answer) serves others meanwhile: two cores that wait for each other both get their answers. A job may wait too.
//! C. Back-pressure: a ring has room for `capacity` items; one whose answer was neither taken nor given up counts. A full ring refuses
//!    ([`Core::try_submit_to`]) or makes the sender wait and serve ([`Core::submit_to`]).
//! D. An idle core sleeps, and is woken by the first who has something for it ([`super::bell`]); the others pay one load a batch. It sleeps in futex(2), or in
//!    the user's own poll(2) or epoll_wait(2) on an eventfd.
//! E. A core that leaves has answered what it took. What it did not take is [`Gone`].
//! F. No allocation but one mapping, whose memory is touched as the rings are used.
//!
//! Price of a call: about 60 instructions on both sides together and two transfers of two cache lines, no locked instruction; the bell is looked at once in
//! [`BATCH`] jobs or at the next [`Core::serve`], [`Core::flush`] or wait.
//!
//! Source: Seastar's smp message queues; slots that carry their own state: Giacomoni and others, "FastForward" (2008).

mod answer;
mod core;
mod counts;
pub mod item;
mod memory;

pub use self::answer::{Answer, Gone};
pub use self::core::{BATCH, Core, Refused};
pub use self::counts::CoreStatistics;
pub use self::memory::{JoinError, Mesh};
