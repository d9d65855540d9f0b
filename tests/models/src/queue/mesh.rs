//! The library's mesh: its cores, items and answers. Where they lie is the model's own (`memory`): loom's atomics are not made of zeroed bytes.

#[path = "../../../../src/queue/mesh/answer.rs"]
mod answer;
#[path = "../../../../src/queue/mesh/core.rs"]
mod core;
#[path = "../../../../src/queue/mesh/counts.rs"]
mod counts;
pub mod item {
    include!(concat!(env!("OUT_DIR"), "/item.rs"));

    impl Item {
        /// Free.
        pub fn new() -> Self {
            Self {
                state: AtomicU32::new(FREE),
                run: Cell::new(None),
                discard: Cell::new(None),
                place: UnsafeCell::new(Place(MaybeUninit::uninit())),
            }
        }
    }
}
mod memory;
pub mod watched;

pub use self::answer::Gone;
pub use self::core::{Core, Refused};
pub use self::memory::Mesh;
