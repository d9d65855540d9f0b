//! `without CALL[,CALL...] PROGRAM ARGS...`: runs a program under a seccomp filter in which these system calls answer ENOSYS.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;

const USAGE: &str = "usage: without CALL[,CALL...] PROGRAM ARGS...   (calls: rseq membarrier getrandom clone3 prctl)";

fn number(call: &str) -> u32 {
    let number = match call {
        "rseq" => libc::SYS_rseq,
        "membarrier" => libc::SYS_membarrier,
        "getrandom" => libc::SYS_getrandom,
        "clone3" => libc::SYS_clone3,
        "prctl" => libc::SYS_prctl,
        other => panic!("{USAGE}: {other} is not one of them"),
    };
    number as u32
}

fn main() {
    let mut args = std::env::args_os().skip(1);
    let calls = args.next().expect(USAGE);
    let command: Vec<CString> = args.map(|arg| CString::new(arg.as_bytes()).expect("no zero byte")).collect();
    assert!(!command.is_empty(), "{USAGE}");

    const LOAD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
    const JUMP_EQUAL: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
    const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;
    let step = |code, jt, jf, k| libc::sock_filter { code, jt, jf, k };
    let mut filter = vec![step(LOAD, 0, 0, 0)]; // the call's number
    for call in calls.to_str().expect(USAGE).split(',') {
        filter.push(step(JUMP_EQUAL, 0, 1, number(call)));
        filter.push(step(RETURN, 0, 0, libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32));
    }
    filter.push(step(RETURN, 0, 0, libc::SECCOMP_RET_ALLOW));
    let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };

    let mut argv: Vec<*const libc::c_char> = command.iter().map(|arg| arg.as_ptr()).collect();
    argv.push(std::ptr::null());
    // SAFETY: the filter and the strings outlive the calls.
    unsafe {
        assert_eq!(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
        let installed = libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program);
        assert_eq!(installed, 0, "seccomp: {}", std::io::Error::last_os_error());
        libc::execvp(argv[0], argv.as_ptr());
    }
    panic!("{}: {}", command[0].to_string_lossy(), std::io::Error::last_os_error());
}
