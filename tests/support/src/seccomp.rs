//! System calls that answer ENOSYS, as on kernels and sandboxes that do not have them, or that must not be made.

/// From now on each of `calls` fails with ENOSYS in this thread and those that it starts. There is no way back: use a forked child.
pub fn refuse(calls: &[libc::c_long]) {
    filter(calls, libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32);
}

/// From now on each of `calls` ends the process by SIGSYS: proves that code does not make them. Use a forked child.
pub fn kill_on(calls: &[libc::c_long]) {
    filter(calls, libc::SECCOMP_RET_KILL_PROCESS);
}

fn filter(calls: &[libc::c_long], verdict: u32) {
    const LOAD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
    const EQUAL: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
    const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;
    let step = |code, jt, jf, k| libc::sock_filter { code, jt, jf, k };
    let mut program = vec![step(LOAD, 0, 0, 0)]; // the call's number
    for &call in calls {
        program.push(step(EQUAL, 0, 1, call as u32));
        program.push(step(RETURN, 0, 0, verdict));
    }
    program.push(step(RETURN, 0, 0, libc::SECCOMP_RET_ALLOW));
    let program = libc::sock_fprog { len: program.len() as u16, filter: program.as_mut_ptr() };
    // SAFETY: the program is valid for the call.
    unsafe {
        assert_eq!(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
        assert_eq!(libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program), 0);
    }
}
