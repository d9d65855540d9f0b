//! What `src/queue/mesh/memory.rs` is to the library, in vectors.

use std::cell::Cell;
use std::task::Waker;

use super::core::Core;
use super::counts::CoreCounts;
use super::item::Item;
use crate::queue::bell::Bell;
use crate::queue::fences::Picked;

#[derive(Default)]
pub struct Seat {
    pub bell: Bell,
    pub counts: CoreCounts,
}

#[derive(Default)]
pub struct Outgoing {
    pub sent: Cell<usize>,
    pub woken: Cell<usize>,
    pub unrung: Cell<usize>,
}

#[derive(Default)]
pub struct Incoming {
    pub next: Cell<usize>,
    pub unrung: Cell<usize>,
}

#[derive(Default)]
pub struct Slip {
    pub held: Cell<bool>,
    waker: Cell<Option<Waker>>,
}

impl Slip {
    pub fn set_waker(&self, waker: Waker) {
        self.waker.set(Some(waker));
    }

    pub fn take_waker(&self) -> Option<Waker> {
        self.waker.take()
    }
}

struct Ring {
    outgoing: Outgoing,
    incoming: Incoming,
    slips: Vec<Slip>,
    items: Vec<Item>,
}

#[derive(Clone, Copy)]
pub struct Link<'m> {
    pub outgoing: &'m Outgoing,
    pub incoming: &'m Incoming,
    ring: &'m Ring,
}

impl<'m> Link<'m> {
    pub fn item(&self, index: usize) -> &'m Item {
        &self.ring.items[index % self.capacity()]
    }

    pub fn slip(&self, index: usize) -> &'m Slip {
        &self.ring.slips[index % self.capacity()]
    }

    pub fn capacity(&self) -> usize {
        self.ring.items.len()
    }
}

pub struct Mesh<L> {
    seats: Vec<Seat>,
    rings: Vec<Ring>,
    fences: Picked,
    local: std::marker::PhantomData<fn(&L)>,
}

// SAFETY: as in the library; loom checks the items.
unsafe impl<L> Sync for Mesh<L> {}

impl<L> std::fmt::Debug for Mesh<L> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mesh")
    }
}

impl<L> Mesh<L> {
    pub fn new(cores: usize, capacity: usize) -> Self {
        let ring = |_| Ring {
            outgoing: Outgoing::default(),
            incoming: Incoming::default(),
            slips: (0..capacity).map(|_| Slip::default()).collect(),
            items: (0..capacity).map(|_| Item::new()).collect(),
        };
        Self {
            seats: (0..cores).map(|_| Seat::default()).collect(),
            rings: (0..cores * cores).map(ring).collect(),
            fences: Picked::new(),
            local: std::marker::PhantomData,
        }
    }

    pub fn join(&self, index: usize, local: L) -> Core<'_, L> {
        Core::new(self, index, local)
    }

    pub fn cores(&self) -> usize {
        self.seats.len()
    }

    pub fn fences(&self) -> &Picked {
        &self.fences
    }

    pub fn seat(&self, core: usize) -> &Seat {
        &self.seats[core]
    }

    pub fn link(&self, from: usize, to: usize) -> Link<'_> {
        let ring = &self.rings[from * self.cores() + to];
        Link { outgoing: &ring.outgoing, incoming: &ring.incoming, ring }
    }
}

impl<L> Drop for Mesh<L> {
    fn drop(&mut self) {
        for item in self.rings.iter().flat_map(|ring| &ring.items) {
            // SAFETY: all cores have left.
            unsafe { item.clear() };
        }
    }
}
