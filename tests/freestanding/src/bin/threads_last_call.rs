//! A detached thread, held in its very last system call: its memory is nobody else's until the kernel is done with it, and the kernel
//! writes to no memory that the thread has given up.
//!
//! seccomp hands each exit(2) to this program's first thread, which looks at the memory before it lets the thread end.
#![no_std]
#![no_main]

use core::ptr;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use dacapo::arch::syscall::{syscall3, syscall5, syscall6};
use dacapo::sys::Errno;
use dacapo::thread::{Builder, Control, JoinHandle};
use freestanding::{Ending, check, in_child, needs_a_kernel, skip};
use linux_raw_sys::general as raw;

/// What the kernel says about a call that waits for an answer: `struct seccomp_notif`.
#[repr(C)]
#[derive(Default)]
struct Notice {
    id: u64,
    thread: u32,
    flags: u32,
    call: [u64; 8],
}

/// `struct seccomp_notif_resp`.
#[repr(C)]
struct Answer {
    id: u64,
    value: i64,
    error: i32,
    flags: u32,
}

const ALLOW: u32 = 0x7fff_0000;
const ASK: u32 = 0x7fc0_0000;
const NEW_LISTENER: usize = 8;
const RECEIVE: usize = 0xc050_2100;
const SEND: usize = 0xc018_2101;
const LET_IT_HAPPEN: u32 = 1;
const PR_SET_NO_NEW_PRIVS: usize = 38;
const KERNEL_CANNOT: i32 = 77;

/// The descriptor on which exit(2) of every thread is announced.
fn listen() -> Result<usize, Errno> {
    // LOAD the call's number; unless it is exit, skip one; ASK; ALLOW. In each: code, jump if true, jump if false, operand.
    let step = |code: u64, jt: u64, jf: u64, k: u32| code | jt << 16 | jf << 24 | u64::from(k) << 32;
    let program =
        [step(0x20, 0, 0, 0), step(0x15, 0, 1, raw::__NR_exit), step(0x06, 0, 0, ASK), step(0x06, 0, 0, ALLOW)];
    let header = [program.len(), program.as_ptr() as usize];
    // SAFETY: the filter changes what happens to exit only.
    unsafe {
        Errno::check(syscall5(raw::__NR_prctl as usize, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))?;
        Errno::check(syscall3(raw::__NR_seccomp as usize, 1, NEW_LISTENER, header.as_ptr() as usize))
    }
}

/// Waits until a thread is in its last call.
fn receive(listener: usize) -> Notice {
    let mut notice = Notice::default();
    // SAFETY: the kernel fills the struct.
    let got = unsafe { syscall3(raw::__NR_ioctl as usize, listener, RECEIVE, &raw mut notice as usize) };
    check!(got == 0, "receive: {got}");
    notice
}

/// Lets it end.
fn send(listener: usize, notice: &Notice) {
    let answer = Answer { id: notice.id, value: 0, error: 0, flags: LET_IT_HAPPEN };
    // SAFETY: the kernel reads the struct.
    let sent = unsafe { syscall3(raw::__NR_ioctl as usize, listener, SEND, &raw const answer as usize) };
    check!(sent == 0, "send: {sent}");
}

/// Whether threads may end. One that ended before it was detached would be waited for by whoever detaches it: us, who hold its last call.
static MAY_END: AtomicBool = AtomicBool::new(false);

/// A detached thread, seen in its last call: the address of its Control, whose first word is its id.
fn last_call(listener: usize, stack: usize) -> (usize, Notice) {
    let (control, handle) = spawn(stack);
    drop(handle); // detached
    MAY_END.store(true, Ordering::Relaxed);
    (control, receive(listener))
}

fn wait_to_end() {
    while !MAY_END.load(Ordering::Relaxed) {
        dacapo::sys::sched::yield_now();
    }
}

fn spawn(stack: usize) -> (usize, JoinHandle<()>) {
    match Builder::new().stack_size(stack).spawn(wait_to_end) {
        Ok(handle) => (ptr::from_ref::<Control>(handle.thread()) as usize, handle),
        Err(_) => freestanding::failed(file!(), line!(), "spawn"),
    }
}

/// A mapping that the cache takes: it is another thread's only when the first one has ended.
fn cached() -> i32 {
    const STACK: usize = 64 << 10;
    let Ok(listener) = listen() else { return KERNEL_CANNOT };
    let (first, notice) = last_call(listener, STACK);
    let (second, handle) = spawn(STACK);
    check!(second != first, "a thread was given the memory of one that is still in its last call");
    send(listener, &notice);
    send(listener, &receive(listener));
    check!(handle.join().is_ok());
    0
}

/// A mapping that it does not take, and that is gone before the thread is: the kernel must not write the id word there any more.
fn unmapped() -> i32 {
    const STACK: usize = 17 << 20;
    const PAGE: usize = 4096;
    const PATTERN: u32 = 0x5a5a_5a5a;
    let Ok(listener) = listen() else { return KERNEL_CANNOT };
    let (control, notice) = last_call(listener, STACK);
    let (protection, flags) = (raw::PROT_READ | raw::PROT_WRITE, raw::MAP_PRIVATE | raw::MAP_ANONYMOUS);
    let page = control & !(PAGE - 1);
    // SAFETY: fresh memory where the thread's was; the call refuses if anything is there.
    let place = unsafe {
        let flags = (flags | raw::MAP_FIXED_NOREPLACE) as usize;
        syscall6(raw::__NR_mmap as usize, page, PAGE, protection as usize, flags, usize::MAX, 0)
    };
    check!(place == page, "the thread's memory is still there: {place}");
    // SAFETY: the page just mapped.
    let word = unsafe { &*(control as *const AtomicU32) };
    word.store(PATTERN, Ordering::Relaxed);
    send(listener, &notice);
    // It has ended when its last call is known no more and another thread has come and gone.
    let (_, handle) = spawn(64 << 10);
    send(listener, &receive(listener));
    check!(handle.join().is_ok());
    for _ in 0..1_000 {
        check!(word.load(Ordering::Relaxed) == PATTERN, "the kernel wrote to memory that the thread had given up");
        dacapo::sys::sched::yield_now();
    }
    0
}

dacapo::main!(|_, _| {
    needs_a_kernel("qemu-user has no seccomp to hold a system call with");
    let mut good = true;
    for (name, test) in [("cached", cached as fn() -> i32), ("unmapped", unmapped)] {
        let ending = in_child(test);
        if ending == Ending::Code(KERNEL_CANNOT) {
            skip("this kernel does not let a program answer for a system call (Linux 5.5)");
        }
        dacapo::println!(
            "test threads_last_call::{name} ... {}",
            if ending == Ending::Code(0) { "ok" } else { "FAILED" }
        );
        good &= ending == Ending::Code(0);
    }
    check!(good);
});
