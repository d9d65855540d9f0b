//! Which CPUs a thread may run on.

fn current() -> libc::cpu_set_t {
    // SAFETY: the call fills the set.
    unsafe {
        let mut set = std::mem::zeroed();
        assert_eq!(libc::sched_getaffinity(0, size_of_val(&set), &raw mut set), 0);
        set
    }
}

/// The CPUs that the process started with.
pub fn allowed() -> Vec<usize> {
    static ALLOWED: std::sync::OnceLock<Vec<usize>> = std::sync::OnceLock::new();
    ALLOWED
        .get_or_init(|| {
            // A test thread may be pinned already; the main thread never is.
            let status = std::fs::read_to_string(format!("/proc/{}/status", std::process::id())).unwrap_or_default();
            let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).map(str::trim);
            let parsed = list.map(|list| list.split(',').flat_map(range).collect::<Vec<_>>());
            parsed.filter(|cpus| !cpus.is_empty()).unwrap_or_else(|| {
                let set = current();
                // SAFETY: reads the set's bits.
                (0..libc::CPU_SETSIZE as usize).filter(|&cpu| unsafe { libc::CPU_ISSET(cpu, &set) }).collect()
            })
        })
        .clone()
}

fn range(part: &str) -> std::ops::RangeInclusive<usize> {
    let (first, last) = part.split_once('-').unwrap_or((part, part));
    first.parse().expect("a CPU number")..=last.parse().expect("a CPU number")
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
