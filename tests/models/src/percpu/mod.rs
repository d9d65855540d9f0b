//! Blocks for each CPU, and who takes one away.

pub mod memory {
    include!(concat!(env!("OUT_DIR"), "/percpu_memory.rs"));
}
pub mod fallback {
    include!(concat!(env!("OUT_DIR"), "/percpu_fallback.rs"));
}
pub mod stop {
    include!(concat!(env!("OUT_DIR"), "/percpu_stop.rs"));
}
pub mod array_cache {
    include!(concat!(env!("OUT_DIR"), "/percpu_array_cache.rs"));
}

pub mod reference {
    include!(concat!(env!("OUT_DIR"), "/percpu_reference.rs"));
}
pub mod limiter {
    include!(concat!(env!("OUT_DIR"), "/percpu_limiter.rs"));
}
pub mod ids {
    include!(concat!(env!("OUT_DIR"), "/percpu_ids.rs"));
}

/// As many indices as there are CPUs.
pub mod topology {
    pub const MOST: usize = 64;

    pub fn slots() -> usize {
        crate::sections::cpus()
    }
}

pub use memory::{Birth, Block, PerCpu};

mod counted;
mod drain;
mod numbers;
