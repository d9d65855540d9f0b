pub mod atomic;

pub mod raw {
    pub use crate::locks::mutex::RawMutex;
    pub use crate::locks::shim::futex::Scope;
    use crate::sys::futex::Clock;

    /// No clock here: what waits, waits for ever.
    #[derive(Clone, Copy, Debug)]
    pub struct Deadline {
        pub at: (),
        pub clock: Clock,
    }

    impl Deadline {
        pub fn after(_: std::time::Duration) -> Option<Self> {
            None
        }
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct TimedOut;

    /// No polling before sleeping, so that sleeping is what is explored; the others run first.
    pub struct Spin;

    impl Spin {
        pub fn new() -> Self {
            loom::thread::yield_now();
            Self
        }

        pub fn again(&mut self) -> bool {
            false
        }
    }
}

#[path = "../../../src/sync/event_count.rs"]
pub mod event_count;
