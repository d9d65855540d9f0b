//! Who the process is: process, group and session ids, users and groups.
//!
//! The kernel keeps users and groups per thread; these calls change the calling thread, which is the whole process while it has one.

use core::ffi::{c_int, c_uint, c_void};

use super::super::kernel_calls::kernel_calls;

/// "Leave it": -1 as an id.
const KEEP: c_uint = c_uint::MAX;

kernel_calls! {
    c_int: getpid() = __NR_getpid();
    c_int: getppid() = __NR_getppid();
    c_int: gettid() = __NR_gettid();
    c_int: getpgrp() = __NR_getpgid(0);
    c_int: getpgid(pid: c_int) = __NR_getpgid(pid);
    c_int: setpgid(pid: c_int, group: c_int) = __NR_setpgid(pid, group);
    c_int: setpgrp() = __NR_setpgid(0, 0);
    c_int: getsid(pid: c_int) = __NR_getsid(pid);
    c_int: setsid() = __NR_setsid();
    c_int: getuid() = __NR_getuid();
    c_int: geteuid() = __NR_geteuid();
    c_int: getgid() = __NR_getgid();
    c_int: getegid() = __NR_getegid();
    c_int: setuid(id: c_uint) = __NR_setuid(id);
    c_int: setgid(id: c_uint) = __NR_setgid(id);
    c_int: seteuid(id: c_uint) = __NR_setresuid(KEEP, id, KEEP);
    c_int: setegid(id: c_uint) = __NR_setresgid(KEEP, id, KEEP);
    c_int: setreuid(real: c_uint, effective: c_uint) = __NR_setreuid(real, effective);
    c_int: setregid(real: c_uint, effective: c_uint) = __NR_setregid(real, effective);
    c_int: setresuid(real: c_uint, effective: c_uint, saved: c_uint) = __NR_setresuid(real, effective, saved);
    c_int: setresgid(real: c_uint, effective: c_uint, saved: c_uint) = __NR_setresgid(real, effective, saved);
    c_int: getresuid(real: *mut c_uint, effective: *mut c_uint, saved: *mut c_uint) = __NR_getresuid(real, effective, saved);
    c_int: getresgid(real: *mut c_uint, effective: *mut c_uint, saved: *mut c_uint) = __NR_getresgid(real, effective, saved);
    c_int: getgroups(n: c_int, list: *mut c_uint) = __NR_getgroups(n, list);
    c_int: setgroups(n: usize, list: *const c_uint) = __NR_setgroups(n, list);
    c_int: vhangup() = __NR_vhangup();
    c_int: prctl(option: c_int, a: usize, b: usize, c: usize, d: usize) = __NR_prctl(option, a, b, c, d);
    c_int: personality(persona: usize) = __NR_personality(persona);
    c_int: capget(header: *mut c_void, data: *mut c_void) = __NR_capget(header, data);
    c_int: capset(header: *mut c_void, data: *const c_void) = __NR_capset(header, data);
}
