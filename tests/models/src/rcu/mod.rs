//! Read-copy-update: readers that hold what is being taken away, and those who wait for them.

pub mod callbacks {
    include!(concat!(env!("OUT_DIR"), "/rcu_callbacks.rs"));
}
pub mod cell {
    include!(concat!(env!("OUT_DIR"), "/rcu_cell.rs"));
}
pub mod domain {
    include!(concat!(env!("OUT_DIR"), "/rcu_domain.rs"));
}
mod grace {
    include!(concat!(env!("OUT_DIR"), "/rcu_grace.rs"));
}
pub mod pointer {
    include!(concat!(env!("OUT_DIR"), "/rcu_pointer.rs"));
}
pub mod qsbr {
    include!(concat!(env!("OUT_DIR"), "/rcu_qsbr.rs"));
}
mod readers {
    include!(concat!(env!("OUT_DIR"), "/rcu_readers.rs"));
}

pub mod shim;

pub use domain::{Domain, Guard};
pub use grace::GracePeriods;
pub use pointer::Pointer;
pub use qsbr::Qsbr;

mod general;
mod others;
mod version;
