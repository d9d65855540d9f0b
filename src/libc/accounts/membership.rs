//! The groups that a user belongs to: getgrouplist, initgroups.

use core::ffi::c_int;
use core::ptr::null_mut;

use super::file::Records;
use super::group::{PATH, parse};
use crate::libc::errno;
use crate::libc::string::bytes;
use crate::sys::{Errno, call};

unsafe extern "C" {
    fn realloc(block: *mut u8, size: usize) -> *mut u8;
    fn free(block: *mut u8);
}

/// Numbers of groups in a block of the heap, each once.
struct List {
    block: *mut u32,
    n: usize,
    room: usize,
}

impl List {
    fn as_slice(&self) -> &[u32] {
        if self.block.is_null() {
            return &[];
        }
        // SAFETY: the first `n` were written.
        unsafe { core::slice::from_raw_parts(self.block, self.n) }
    }

    fn add(&mut self, gid: u32) -> Result<(), Errno> {
        if self.as_slice().contains(&gid) {
            return Ok(());
        }
        if self.n == self.room {
            let room = (2 * self.room).max(16);
            // SAFETY: null or the block that was had before.
            let block = unsafe { realloc(self.block.cast(), room * size_of::<u32>()) }.cast::<u32>();
            if block.is_null() {
                return Err(Errno::ENOMEM);
            }
            (self.block, self.room) = (block, room);
        }
        // SAFETY: there is room for one more.
        unsafe { self.block.add(self.n).write(gid) };
        self.n += 1;
        Ok(())
    }

    /// `first`, and the groups that name the user as a member, in the file's order.
    fn of(user: &[u8], first: u32) -> Result<Self, Errno> {
        let mut list = Self { block: null_mut(), n: 0, room: 0 };
        list.add(first)?;
        let mut records = Records::open(PATH)?;
        while let Some(line) = records.next_line()? {
            if let Some(group) = parse(line).filter(|group| group.members().any(|member| member == user)) {
                list.add(group.gid)?;
            }
        }
        Ok(list)
    }
}

impl Drop for List {
    fn drop(&mut self) {
        // SAFETY: null or the block, which nothing borrows any more.
        unsafe { free(self.block.cast()) };
    }
}

/// As many groups as `*n` says; `*n` is how many there are. -1 if those are more.
#[unsafe(no_mangle)]
unsafe extern "C" fn getgrouplist(user: *const u8, first: u32, list: *mut u32, n: *mut c_int) -> c_int {
    let found = match List::of(bytes(user), first) {
        Ok(found) => found,
        Err(e) => return errno::fail(e),
    };
    let groups = found.as_slice();
    let room = usize::try_from(*n).unwrap_or(0);
    list.copy_from_nonoverlapping(groups.as_ptr(), groups.len().min(room));
    *n = groups.len() as c_int;
    if groups.len() > room { -1 } else { *n }
}

/// Gives the calling thread the user's groups. More than the kernel takes are EINVAL, none is left out.
#[unsafe(no_mangle)]
unsafe extern "C" fn initgroups(user: *const u8, first: u32) -> c_int {
    let set = |found: List| call!(__NR_setgroups, found.n, found.block as usize).map(drop);
    errno::result(List::of(bytes(user), first).and_then(set))
}
