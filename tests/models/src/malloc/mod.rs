//! Malloc's front, its CPU blocks and its drain, with neighbours that are no more than they must be: one class, magazines of
//! two slots, a middle behind one lock.

pub mod cpu_block {
    include!(concat!(env!("OUT_DIR"), "/malloc_cpu_block.rs"));
}
pub mod cpu_cache {
    include!(concat!(env!("OUT_DIR"), "/malloc_cpu_cache.rs"));
}
pub mod drain {
    include!(concat!(env!("OUT_DIR"), "/malloc_drain.rs"));
}
pub mod lock {
    include!(concat!(env!("OUT_DIR"), "/malloc_lock.rs"));
}

pub mod shim;
pub mod steps;
pub use shim::{central, check, counts, growth, hot, page_heap, page_map, shard, size_class, starts};
pub mod magazine;

mod front;
