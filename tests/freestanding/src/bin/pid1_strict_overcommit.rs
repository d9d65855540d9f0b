//! On a machine that promises no more memory than it has (vm.overcommit_memory=2), the heap reserves its 256 GiB all the same, gives what there is,
//! says so when it is all gone, and gives it again. As PID 1, because the policy is the whole machine's.
#![no_std]
#![no_main]

use dacapo::malloc;
use dacapo::sys::{dir, file, process};
use freestanding::{check, mount_procfs, skip};

const POLICY: &core::ffi::CStr = c"/proc/sys/vm/overcommit_memory";

/// Writes a word to a file of procfs; whether it was taken.
fn write(path: &core::ffi::CStr, word: &[u8]) -> bool {
    // SAFETY: a C string.
    let Ok(fd) = (unsafe { file::openat(file::AT_FDCWD, path.as_ptr().cast(), 1, 0) }) else { return false };
    let written = file::write(fd, word);
    let _ = file::close(fd);
    written == Ok(word.len())
}

/// Allocates blocks of `size` until there are no more, or they are a gigabyte; frees them; how many bytes it got. Touches a page of each.
fn fill(size: usize) -> usize {
    let mut last: *mut *mut u8 = core::ptr::null_mut();
    let mut bytes = 0;
    while bytes < 1 << 30 {
        let block = malloc::allocate(size).cast::<*mut u8>();
        if block.is_null() {
            break;
        }
        // SAFETY: a block of ours that has room for a link.
        unsafe { block.write(last.cast()) };
        last = block;
        bytes += size;
    }
    while !last.is_null() {
        // SAFETY: a live block and its link.
        unsafe {
            let next = last.read();
            malloc::deallocate(last.cast());
            last = next.cast();
        }
    }
    malloc::trim(0);
    bytes
}

dacapo::main!(|_, _| {
    if process::getpid() != 1 {
        skip("the policy is the whole machine's, and this one is not ours");
    }
    // SAFETY: a C string.
    let _ = unsafe { dir::mkdirat(file::AT_FDCWD, c"/proc".as_ptr().cast(), 0o755) };
    check!(mount_procfs());
    // A limit of a quarter of the machine's memory, so that it is met before the memory is.
    check!(write(c"/proc/sys/vm/overcommit_ratio", b"25"));
    check!(write(POLICY, b"2"));
    for size in [64, 20_000, 200_000, 3 << 20] {
        let (first, second) = (fill(size), fill(size));
        dacapo::println!("blocks of {size}: {} MiB, then {} MiB", first >> 20, second >> 20);
        check!(first > 16 << 20 && first < 1 << 30, "{first} bytes in blocks of {size}");
        check!(second >= first / 4 * 3, "less the second time: {second} after {first}");
    }
    // The control: without the policy there is no such limit.
    check!(write(POLICY, b"1"));
    check!(fill(3 << 20) >= 1 << 30);
    0
});
