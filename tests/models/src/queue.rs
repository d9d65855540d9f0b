#[path = "../../../src/queue/bell.rs"]
pub mod bell;
#[path = "../../../src/queue/counts.rs"]
pub mod counts;
#[path = "../../../src/queue/fences.rs"]
pub mod fences;
#[path = "../../../src/queue/line.rs"]
mod line;

pub mod mesh;
pub mod spsc;
