//! The library's ring.

#[path = "../../../../src/queue/spsc/consumer.rs"]
mod consumer;
#[path = "../../../../src/queue/spsc/producer.rs"]
mod producer;
#[path = "../../../../src/queue/spsc/shared.rs"]
mod shared;
#[path = "../../../../src/queue/spsc/storage.rs"]
mod storage;

pub use consumer::{Consumer, Nothing};
pub use producer::Producer;
pub use storage::Storage;
