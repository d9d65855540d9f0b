//! The intrusive table: it keeps pointers to nodes that lie in the program's own objects. For C, for objects that must not move, and for those in several tables.

use core::fmt;
use core::ptr::{self, NonNull};

use super::table::{Core, Kind, Put, Same};
use crate::rcu::{Domain, GracePeriods, ReadSection};
use crate::sys::Errno;

/// Slots of a bucket: with a word and a link, one line of 64 bytes.
const SLOTS: usize = 6;

/// What lies in an object that is in a [`Table`].
#[repr(C)]
#[derive(Debug)]
pub struct Node {
    hash: u64,
}

impl Node {
    /// Of an object whose key has this hash.
    #[must_use]
    pub const fn new(hash: u64) -> Self {
        Self { hash }
    }

    /// The hash.
    #[must_use]
    pub const fn hash(&self) -> u64 {
        self.hash
    }
}

/// A node's address.
#[derive(Clone, Copy)]
struct Entry(*mut Node);

// SAFETY: an address; what may be done with it is the table's contract.
unsafe impl Send for Entry {}
// SAFETY: as above.
unsafe impl Sync for Entry {}

struct Nodes;

impl Kind for Nodes {
    type Entry = Entry;

    #[inline(always)]
    fn hash(&self, entry: &Entry) -> u64 {
        // SAFETY: a node that is in the table is valid.
        unsafe { (*entry.0).hash }
    }
}

/// Nodes by hash. See [the module's page](super); the table compares hashes, and the program compares keys.
///
/// # Safety, of all functions that take a node
/// A node in the table stays valid, with its hash unchanged, until a grace period of the table's domain has passed after its removal; its key does not change as long as
/// readers may look at it. `matches` gets nodes that are in the table, or were when this section began; it must not use the table in functions that change it.
pub struct Table<'d, F: GracePeriods = Domain> {
    core: Core<'d, Nodes, F, SLOTS>,
}

impl<'d, F: GracePeriods> Table<'d, F> {
    /// Empty, with room for `capacity` nodes before it grows; it never becomes smaller than that.
    ///
    /// # Errors
    /// ENOMEM.
    pub fn new(domain: &'d F, capacity: usize) -> Result<Self, Errno> {
        Ok(Self { core: Core::new(domain, Nodes, capacity)? })
    }

    fn is_ours(&self, section: &impl ReadSection) -> bool {
        section.domain().is_null() || ptr::eq(section.domain(), self.core.domain())
    }

    /// The first node with this hash that `matches`, for as long as the read section lasts. Wait-free. `matches` is asked about each node once at most, so
    /// that it can look at all of them, and say of none that it matches.
    ///
    /// # Safety
    /// As the type's page says. `section` is of the table's own domain.
    #[inline]
    pub unsafe fn find(
        &self,
        section: &impl ReadSection,
        hash: u64,
        mut matches: impl FnMut(NonNull<Node>) -> bool,
    ) -> Option<NonNull<Node>> {
        debug_assert!(self.is_ours(section));
        // SAFETY: as our contract says; nodes are not null.
        unsafe {
            self.core
                .find::<true>(hash, |entry| (*entry.0).hash == hash && matches(NonNull::new_unchecked(entry.0)))
                .map(|entry| NonNull::new_unchecked(entry.0))
        }
    }

    /// Calls `look` with each node.
    ///
    /// # Safety
    /// As [`Table::find`].
    pub unsafe fn for_each(&self, section: &impl ReadSection, mut look: impl FnMut(NonNull<Node>)) {
        debug_assert!(self.is_ours(section));
        // SAFETY: as our contract says; nodes are not null.
        unsafe { self.core.for_each(|entry| look(NonNull::new_unchecked(entry.0))) }
    }

    /// Puts a node in; nodes with the same key may be there already.
    ///
    /// # Errors
    /// ENOMEM: nothing has changed.
    ///
    /// # Safety
    /// As the type's page says; the node is in no table, and its object is complete.
    pub unsafe fn add(&self, node: NonNull<Node>) -> Result<(), Errno> {
        // SAFETY: the node is valid.
        let hash = unsafe { node.as_ref() }.hash;
        self.core.put(hash, Entry(node.as_ptr()), Same::Ignore, |_, _| false).map(drop).map_err(|(errno, _)| errno)
    }

    /// Puts a node in unless one that `matches` is there: that one.
    ///
    /// # Errors
    /// ENOMEM: nothing has changed.
    ///
    /// # Safety
    /// As [`Table::add`]; the node that is returned is valid as long as nobody else removes it, or the caller is in a read section that began before the call.
    pub unsafe fn add_unique(
        &self,
        node: NonNull<Node>,
        matches: impl FnMut(NonNull<Node>) -> bool,
    ) -> Result<Option<NonNull<Node>>, Errno> {
        // SAFETY: as our contract says.
        unsafe { self.put(node, Same::Keep, matches) }
    }

    /// Puts a node in, in the place of one that `matches` if it is there: that one, to be freed after a grace period. Readers find one of them at every moment.
    ///
    /// # Errors
    /// ENOMEM: nothing has changed.
    ///
    /// # Safety
    /// As [`Table::add`].
    pub unsafe fn replace(
        &self,
        node: NonNull<Node>,
        matches: impl FnMut(NonNull<Node>) -> bool,
    ) -> Result<Option<NonNull<Node>>, Errno> {
        // SAFETY: as our contract says.
        unsafe { self.put(node, Same::Replace, matches) }
    }

    unsafe fn put(
        &self,
        node: NonNull<Node>,
        same: Same,
        mut matches: impl FnMut(NonNull<Node>) -> bool,
    ) -> Result<Option<NonNull<Node>>, Errno> {
        // SAFETY: the node is valid.
        let hash = unsafe { node.as_ref() }.hash;
        let mut known = None;
        let done = self.core.put(hash, Entry(node.as_ptr()), same, |entry, _| {
            // SAFETY: nodes in the table are valid, and not null.
            let is_it = unsafe { (*entry.0).hash == hash && matches(NonNull::new_unchecked(entry.0)) };
            if is_it {
                known = NonNull::new(entry.0);
            }
            is_it
        });
        match done {
            Ok(Put::Added) => Ok(None),
            Ok(Put::Kept | Put::Replaced) => Ok(known),
            Err((errno, _)) => Err(errno),
        }
    }

    /// Takes a node out; false if it was not there, because somebody else has removed or replaced it. To be freed after a grace period.
    ///
    /// # Safety
    /// The node is valid, by a read section or because only the caller removes it.
    pub unsafe fn remove(&self, node: NonNull<Node>) -> bool {
        // SAFETY: the node is valid.
        self.core.remove(unsafe { node.as_ref() }.hash, |entry| ptr::eq(entry.0, node.as_ptr()))
    }

    /// How many nodes there are: exact while nobody writes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.core.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Nodes that it has room for as it is; it grows at two thirds of that.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.core.buckets() * SLOTS
    }

    /// Frees arrays of before a resize whose readers have left; whether none is left. Never waits for readers.
    pub fn reclaim(&self) -> bool {
        self.core.reclaim()
    }
}

impl<F: GracePeriods> fmt::Debug for Table<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("len", &self.len()).field("capacity", &self.capacity()).finish_non_exhaustive()
    }
}
