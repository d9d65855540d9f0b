pub const CACHE_LINE: usize = 128;

pub mod barrier {
    pub fn prefetch<T>(_: *const T) {}

    pub fn full() {
        loom::sync::atomic::fence(loom::sync::atomic::Ordering::SeqCst);
    }
}
