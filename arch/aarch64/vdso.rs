//! The names of the vDSO's functions on AArch64. Source: vdso(7).

/// The version that all of them carry.
pub const VERSION: &[u8] = b"LINUX_2.6.39";
/// `int clock_gettime(clockid_t, struct timespec *)`.
pub const CLOCK_GETTIME: &[u8] = b"__kernel_clock_gettime";
/// `int clock_getres(clockid_t, struct timespec *)`.
pub const CLOCK_GETRES: &[u8] = b"__kernel_clock_getres";
/// `int getcpu(unsigned *cpu, unsigned *node, void *)`; empty where there is none.
pub const GETCPU: &[u8] = b"";
/// `time_t time(time_t *)`; empty where there is none.
pub const TIME: &[u8] = b"";
