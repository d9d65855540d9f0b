//! dacapo/hash.h: [`crate::hash::Table`] for C.

use core::ffi::{c_int, c_void};
use core::ptr::{NonNull, null_mut};

use super::{boxed, unbox};
use crate::hash::{Node, Table};
use crate::libc::errno::fail;
use crate::rcu::{Domain, Unchecked};

type CTable = Table<'static, Domain>;
type Matches = unsafe extern "C" fn(*const Node, *const c_void) -> c_int;

const _: () = assert!(size_of::<Node>() == 8); // struct dacapo_hash_node

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_hash_new(domain: *const Domain, capacity: usize) -> *mut CTable {
    boxed(Table::new(&*domain, capacity))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_hash_delete(table: *mut CTable) {
    unbox(table);
}

fn pointer(node: Option<NonNull<Node>>) -> *mut Node {
    node.map_or(null_mut(), NonNull::as_ptr)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_hash_find(
    table: *const CTable,
    hash: u64,
    matches: Matches,
    key: *const c_void,
) -> *mut Node {
    // The caller is in a read section, which C does not show.
    pointer((*table).find(&Unchecked::new(), hash, |node| matches(node.as_ptr(), key) != 0))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_hash_for_each(
    table: *const CTable,
    look: unsafe extern "C" fn(*mut Node, *mut c_void),
    argument: *mut c_void,
) {
    (*table).for_each(&Unchecked::new(), |node| look(node.as_ptr(), argument));
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_hash_add(table: *const CTable, hash: u64, node: NonNull<Node>) -> c_int {
    node.write(Node::new(hash));
    (*table).add(node).map_or_else(fail, |()| 0)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_hash_add_unique(
    table: *const CTable,
    hash: u64,
    node: NonNull<Node>,
    matches: Matches,
    key: *const c_void,
    there: *mut *mut Node,
) -> c_int {
    node.write(Node::new(hash));
    told((*table).add_unique(node, |other| matches(other.as_ptr(), key) != 0), there)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_hash_replace(
    table: *const CTable,
    hash: u64,
    node: NonNull<Node>,
    matches: Matches,
    key: *const c_void,
    there: *mut *mut Node,
) -> c_int {
    node.write(Node::new(hash));
    told((*table).replace(node, |other| matches(other.as_ptr(), key) != 0), there)
}

unsafe fn told(done: Result<Option<NonNull<Node>>, crate::sys::Errno>, there: *mut *mut Node) -> c_int {
    match done {
        Ok(node) => {
            there.write(pointer(node));
            0
        }
        Err(errno) => fail(errno),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_hash_remove(table: *const CTable, node: NonNull<Node>) -> c_int {
    c_int::from((*table).remove(node))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_hash_count(table: *const CTable) -> usize {
    (*table).len()
}
