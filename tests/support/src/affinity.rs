//! Which CPUs a thread may run on.

/// The CPUs that the process started with and that are there: not those of its mask that are turned off.
pub fn allowed() -> Vec<usize> {
    static ALLOWED: std::sync::OnceLock<Vec<usize>> = std::sync::OnceLock::new();
    ALLOWED
        .get_or_init(|| {
            // SAFETY: the call fills the set; the macro reads its bits.
            unsafe {
                let mut set: libc::cpu_set_t = std::mem::zeroed();
                // The main thread's: a test thread may be pinned already, the main thread never is.
                assert_eq!(libc::sched_getaffinity(libc::getpid(), size_of_val(&set), &raw mut set), 0);
                (0..libc::CPU_SETSIZE as usize).filter(|&cpu| libc::CPU_ISSET(cpu, &set)).collect()
            }
        })
        .clone()
}

/// Moves the calling thread to one CPU and keeps it there.
pub fn pin(cpu: usize) {
    // SAFETY: the set is a valid one.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(cpu, &mut set);
        assert_eq!(libc::sched_setaffinity(0, size_of_val(&set), &raw const set), 0);
    }
}

/// Moves another thread to one CPU, if both still exist.
pub fn move_thread(tid: u32, cpu: usize) {
    // SAFETY: the set is a valid one.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(cpu, &mut set);
        if tid != 0 {
            libc::sched_setaffinity(tid as libc::pid_t, size_of_val(&set), &raw const set);
        }
    }
}
