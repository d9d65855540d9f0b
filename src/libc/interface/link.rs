//! net/if.h: names and numbers of interfaces.

use core::ffi::c_uint;
use core::ptr::null_mut;

use super::netlink::{self, GET_LINK, Payload};
use crate::libc::errno;
use crate::libc::string::bytes;
use crate::sys::Errno;
use crate::sys::interface::{self, NAME_SIZE};

/// Bytes of `struct ifinfomsg`, and where its fields are.
pub const LINK: usize = 16;
/// The kind of hardware.
pub const HARDWARE: usize = 2;
/// The number.
pub const INDEX: usize = 4;
/// IFF_ flags.
pub const FLAGS: usize = 8;

unsafe extern "C" {
    fn malloc(size: usize) -> *mut u8;
    fn realloc(block: *mut u8, size: usize) -> *mut u8;
    fn free(block: *mut u8);
}

/// An interface's name in what the kernel tells of it, without its zero.
pub fn name(payload: Payload<'_>) -> &[u8] {
    const NAME: u16 = 3;
    let name = payload.attribute(LINK, NAME).unwrap_or_default();
    name.split(|&byte| byte == 0).next().unwrap_or_default()
}

/// The number of the interface of this name.
///
/// # Errors
/// ENODEV: there is none. EMFILE, ENFILE.
pub fn index(text: &[u8]) -> Result<u32, Errno> {
    let mut name = [0; NAME_SIZE];
    name[..NAME_SIZE - 1].get_mut(..text.len()).ok_or(Errno::ENODEV)?.copy_from_slice(text);
    interface::index(name)
}

/// 0 and errno if there is none.
#[unsafe(no_mangle)]
unsafe extern "C" fn if_nametoindex(text: *const u8) -> c_uint {
    index(bytes(text)).unwrap_or_else(|e| {
        errno::set(e);
        0
    })
}

/// ENXIO if there is none.
#[unsafe(no_mangle)]
unsafe extern "C" fn if_indextoname(index: c_uint, to: *mut u8) -> *mut u8 {
    match interface::name(index) {
        Ok(name) => {
            to.copy_from_nonoverlapping(name.as_ptr(), NAME_SIZE);
            to
        }
        Err(Errno::ENODEV) => errno::fail_null(Errno::ENXIO),
        Err(e) => errno::fail_null(e),
    }
}

/// `struct if_nameindex`: the name is a block of its own; the list ends with a zero and a null.
#[repr(C)]
struct NameIndex {
    index: c_uint,
    name: *mut u8,
}

#[unsafe(no_mangle)]
unsafe extern "C" fn if_nameindex() -> *mut NameIndex {
    const END: NameIndex = NameIndex { index: 0, name: null_mut() };
    let (mut list, mut n) = (null_mut::<NameIndex>(), 0_usize);
    let mut add = |index: u32, text: &[u8]| -> Result<(), Errno> {
        let grown = realloc(list.cast(), (n + 2) * size_of::<NameIndex>()).cast::<NameIndex>();
        if grown.is_null() {
            return Err(Errno::ENOMEM);
        }
        list = grown;
        list.add(n).write(END);
        let name = malloc(text.len() + 1);
        if name.is_null() {
            return Err(Errno::ENOMEM);
        }
        name.copy_from_nonoverlapping(text.as_ptr(), text.len());
        *name.add(text.len()) = 0;
        list.add(n).write(NameIndex { index, name });
        n += 1;
        list.add(n).write(END);
        Ok(())
    };
    let done = netlink::dump(GET_LINK, &mut |payload| add(payload.word(INDEX), name(payload)));
    if let Err(e) = done {
        if_freenameindex(list);
        return errno::fail_null(e);
    }
    if list.is_null() {
        list = malloc(size_of::<NameIndex>()).cast();
        if list.is_null() {
            return errno::fail_null(Errno::ENOMEM);
        }
        list.write(END);
    }
    list
}

#[unsafe(no_mangle)]
unsafe extern "C" fn if_freenameindex(list: *mut NameIndex) {
    let mut at = list;
    while !at.is_null() && !(*at).name.is_null() {
        free((*at).name);
        at = at.add(1);
    }
    free(list.cast());
}
