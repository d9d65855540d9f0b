//! Intrusive lists that readers walk while updaters change them.
//!
//! ```text
//!   List    head <-> node <-> node <-> head      circular, two ways: insert at both ends
//!   HList   head --> node --> node --> null      one word a head: for hash buckets
//! ```
//! Updaters exclude each other by a lock of their own. Readers walk forward only, in a read section.
//!
//! # Guarantees
//! A. A reader sees each node that is in the list during its whole walk exactly once, in the list's order; nodes that are inserted or
//!    removed meanwhile perhaps.
//! B. A removed node still leads back into the list: a reader that stands on it goes on. It may be changed, freed or inserted again after a grace
//!    period, not before.
//! C. A replaced node is seen, or its replacement: exactly one of them, by walks that come to that place.
//!
//! Source: the kernel's `include/linux/rculist.h`.

use core::ptr::{self, NonNull};
use core::sync::atomic::AtomicPtr;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::pointer::ReadSection;

/// What lies in an object that is in a [`List`].
#[repr(C)]
#[derive(Debug)]
pub struct Node {
    next: AtomicPtr<Node>,
    /// Updaters only.
    previous: AtomicPtr<Node>,
}

impl Node {
    /// In no list.
    #[must_use]
    pub const fn new() -> Self {
        Self { next: AtomicPtr::new(ptr::null_mut()), previous: AtomicPtr::new(ptr::null_mut()) }
    }
}

impl Default for Node {
    fn default() -> Self {
        Self::new()
    }
}

/// A circular list. It must stay where it is as long as it has nodes.
#[repr(transparent)]
#[derive(Debug, Default)]
pub struct List {
    head: Node,
}

impl List {
    /// Empty.
    #[must_use]
    pub const fn new() -> Self {
        Self { head: Node::new() }
    }

    fn head(&self) -> *mut Node {
        (&raw const self.head).cast_mut()
    }

    /// The head's neighbours; a head that was never used is its own.
    fn end(&self, link: &AtomicPtr<Node>) -> *mut Node {
        let node = link.load(Relaxed); // Relaxed: updaters exclude each other
        if node.is_null() { self.head() } else { node }
    }

    /// Puts `node` first.
    ///
    /// # Safety
    /// The caller excludes other updaters. `node` is in no list, its object is complete, and it stays valid until a grace period after its removal.
    pub unsafe fn push_front(&self, node: *mut Node) {
        // SAFETY: the head and its neighbour are in the list.
        unsafe { link(self.head(), node, self.end(&self.head.next)) }
    }

    /// Puts `node` last.
    ///
    /// # Safety
    /// As [`List::push_front`].
    pub unsafe fn push_back(&self, node: *mut Node) {
        // SAFETY: the head and its neighbour are in the list.
        unsafe { link(self.end(&self.head.previous), node, self.head()) }
    }

    /// Puts `node` behind `place`, which is in a list.
    ///
    /// # Safety
    /// As [`List::push_front`].
    pub unsafe fn insert_after(place: *mut Node, node: *mut Node) {
        // SAFETY: `place` and its neighbour are in the list.
        unsafe { link(place, node, (*place).next.load(Relaxed)) }
    }

    /// Takes `node` out of the list that it is in.
    ///
    /// # Safety
    /// The caller excludes other updaters; `node` is in a list.
    pub unsafe fn remove(node: *mut Node) {
        // SAFETY: the node and its neighbours are in the list. The node's own `next` stays: readers may stand on it.
        unsafe {
            let (previous, next) = ((*node).previous.load(Relaxed), (*node).next.load(Relaxed));
            (*next).previous.store(previous, Relaxed);
            (*previous).next.store(next, Release); // Release: keeps the order for readers that go on from there
            (*node).previous.store(ptr::null_mut(), Relaxed);
        }
    }

    /// Puts `new` where `old` is.
    ///
    /// # Safety
    /// As [`List::push_front`] for `new` and [`List::remove`] for `old`.
    pub unsafe fn replace(old: *mut Node, new: *mut Node) {
        // SAFETY: `old` and its neighbours are in the list; `new` is ours until it is published.
        unsafe {
            let (previous, next) = ((*old).previous.load(Relaxed), (*old).next.load(Relaxed));
            (*new).next.store(next, Relaxed);
            (*new).previous.store(previous, Relaxed);
            (*previous).next.store(new, Release); // Release: pairs with Acquire in `next`: the object is complete
            (*next).previous.store(new, Relaxed);
            (*old).previous.store(ptr::null_mut(), Relaxed);
        }
    }

    /// Whether it has no node just now.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        ptr::eq(self.end(&self.head.next), self.head())
    }

    /// The nodes from first to last, for as long as the read section lasts.
    ///
    /// # Safety
    /// Removed nodes stay valid until a grace period of the section's domain has passed.
    pub unsafe fn iter<'g>(&'g self, _section: &'g impl ReadSection) -> impl Iterator<Item = NonNull<Node>> + 'g {
        let head = self.head();
        let step = move |node: *const Node| {
            // SAFETY: a node that was reached in this section is valid until it ends. Acquire: pairs with Release of who put the next one there.
            let next = unsafe { (*node).next.load(Acquire) };
            if ptr::eq(next, head) { None } else { NonNull::new(next) }
        };
        core::iter::successors(step(head), move |node| step(node.as_ptr()))
    }
}

/// Puts `node` between two neighbours.
///
/// # Safety
/// As [`List::push_front`]; `previous` and `next` are neighbours in a list.
unsafe fn link(previous: *mut Node, node: *mut Node, next: *mut Node) {
    // SAFETY: the node is ours until it is published, and updaters exclude each other.
    unsafe {
        (*node).next.store(next, Relaxed);
        (*node).previous.store(previous, Relaxed);
        (*next).previous.store(node, Relaxed);
        (*previous).next.store(node, Release); // Release: pairs with Acquire in `iter`: the object is complete
    }
}

/// What lies in an object that is in an [`HList`].
#[repr(C)]
#[derive(Debug)]
pub struct HNode {
    next: AtomicPtr<HNode>,
    /// The link that points here: the head's or another node's. Updaters only.
    link: AtomicPtr<AtomicPtr<HNode>>,
}

impl HNode {
    /// In no list.
    #[must_use]
    pub const fn new() -> Self {
        Self { next: AtomicPtr::new(ptr::null_mut()), link: AtomicPtr::new(ptr::null_mut()) }
    }
}

impl Default for HNode {
    fn default() -> Self {
        Self::new()
    }
}

/// A list whose head is one word. It must stay where it is as long as it has nodes.
#[repr(transparent)]
#[derive(Debug, Default)]
pub struct HList {
    first: AtomicPtr<HNode>,
}

impl HList {
    /// Empty.
    #[must_use]
    pub const fn new() -> Self {
        Self { first: AtomicPtr::new(ptr::null_mut()) }
    }

    /// Puts `node` first.
    ///
    /// # Safety
    /// As [`List::push_front`].
    pub unsafe fn push(&self, node: *mut HNode) {
        // SAFETY: the node is ours until it is published; its successor is in the list.
        unsafe { hook(&raw const self.first, node) }
    }

    /// Puts `node` behind `place`, which is in a list.
    ///
    /// # Safety
    /// As [`List::push_front`].
    pub unsafe fn insert_after(place: *mut HNode, node: *mut HNode) {
        // SAFETY: as above.
        unsafe { hook(&raw const (*place).next, node) }
    }

    /// Takes `node` out of the list that it is in.
    ///
    /// # Safety
    /// As [`List::remove`].
    pub unsafe fn remove(node: *mut HNode) {
        // SAFETY: the node, its link and its successor are in the list. The node's own `next` stays: readers may stand on it.
        unsafe {
            let (link, next) = ((*node).link.load(Relaxed), (*node).next.load(Relaxed));
            (*link).store(next, Release); // Release: keeps the order for readers that go on from there
            if !next.is_null() {
                (*next).link.store(link, Relaxed);
            }
            (*node).link.store(ptr::null_mut(), Relaxed);
        }
    }

    /// Whether it has no node just now.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.first.load(Relaxed).is_null()
    }

    /// The nodes from first to last, for as long as the read section lasts.
    ///
    /// # Safety
    /// As [`List::iter`].
    pub unsafe fn iter<'g>(&'g self, _section: &'g impl ReadSection) -> impl Iterator<Item = NonNull<HNode>> + 'g {
        // Acquire: pairs with Release of who put the node there.
        core::iter::successors(NonNull::new(self.first.load(Acquire)), |node| {
            // SAFETY: a node that was reached in this section is valid until it ends.
            NonNull::new(unsafe { node.as_ref() }.next.load(Acquire))
        })
    }
}

/// Puts `node` where `link` points now.
///
/// # Safety
/// As [`List::push_front`]; `link` is a list's head or the `next` of a node in it.
unsafe fn hook(link: *const AtomicPtr<HNode>, node: *mut HNode) {
    // SAFETY: the node is ours until it is published, and updaters exclude each other.
    unsafe {
        let next = (*link).load(Relaxed);
        (*node).next.store(next, Relaxed);
        (*node).link.store(link.cast_mut(), Relaxed);
        if !next.is_null() {
            (*next).link.store(&raw mut (*node).next, Relaxed);
        }
        (*link).store(node, Release); // Release: pairs with Acquire in `iter`: the object is complete
    }
}
