//! Blocks that are a mapping each: a hash set with open addressing, and a few that were freed and are kept for the next one.
//!
//! free recognises its own mappings by their address alone, without reading near a foreign pointer. Kept: 16 of them, 128 MiB, for a second.

use super::limits;
use super::lock::{Lock, Quiet};
use super::options;
use super::page_heap;
use crate::sys::memory::{self, MapFlags, Protection};

pub const OS_PAGE: usize = 4096;
/// Mappings kept for reuse, and bytes in them.
const KEPT: usize = 16;
const KEPT_BYTES: usize = 128 << 20;
/// A kept mapping goes when it was idle for this many periods of the decay: a second. Looked at when another one goes and with the page heap's clock.
const IDLE: usize = 4;

#[derive(Clone, Copy)]
pub struct Mapping {
    /// 0: never used; 1: removed.
    pub address: usize,
    pub bytes: usize,
}

pub struct Mappings {
    slots: *mut Mapping,
    /// A power of two, or 0.
    room: usize,
    /// Slots that are not 0, removed ones included.
    used: usize,
    pub kept: [Mapping; KEPT],
    since: [i64; KEPT],
    kept_bytes: usize,
}

const REMOVED: usize = 1;
const VACANT: Mapping = Mapping { address: 0, bytes: 0 };

pub static MAPPINGS: Lock<Mappings> = Lock::new(Mappings {
    slots: core::ptr::null_mut(),
    room: 0,
    used: 0,
    kept: [VACANT; KEPT],
    since: [0; KEPT],
    kept_bytes: 0,
});

const fn hash(address: usize) -> usize {
    (address >> 12).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20
}

impl Mappings {
    fn slot(&self, index: usize) -> *mut Mapping {
        self.slots.wrapping_add(index & (self.room - 1))
    }

    pub fn find(&self, address: usize) -> Option<*mut Mapping> {
        if self.room == 0 || address <= REMOVED {
            return None;
        }
        let mut index = hash(address);
        loop {
            let slot = self.slot(index);
            // SAFETY: inside the table.
            match unsafe { (*slot).address } {
                0 => return None,
                found if found == address => return Some(slot),
                _ => index += 1,
            }
        }
    }

    #[inline(never)]
    pub fn insert(&mut self, mapping: Mapping) -> bool {
        if self.used * 2 >= self.room && !self.rehash() {
            return false;
        }
        let mut index = hash(mapping.address);
        loop {
            let slot = self.slot(index);
            // SAFETY: inside the table, which has vacant slots.
            unsafe {
                if (*slot).address <= REMOVED {
                    self.used += usize::from((*slot).address == 0);
                    *slot = mapping;
                    return true;
                }
            }
            index += 1;
        }
    }

    pub fn remove(&mut self, slot: *mut Mapping) -> Mapping {
        // SAFETY: `find` gave it, under this lock.
        unsafe {
            let mapping = *slot;
            (*slot).address = REMOVED;
            mapping
        }
    }

    #[cold]
    fn rehash(&mut self) -> bool {
        let (old, old_room) = (self.slots, self.room);
        // SAFETY: inside the table.
        let live = (0..old_room).filter(|&index| unsafe { (*old.add(index)).address > REMOVED }).count();
        let room = (live * 4).next_power_of_two().max(OS_PAGE / size_of::<Mapping>());
        let Ok(slots) = memory::map(room * size_of::<Mapping>(), Protection::READ_WRITE, MapFlags::EMPTY) else {
            return self.used + 1 < self.room; // slower, but one vacant slot must stay
        };
        (self.slots, self.room, self.used) = (slots.cast(), room, 0);
        for index in 0..old_room {
            // SAFETY: inside the old table.
            let mapping = unsafe { *old.add(index) };
            if mapping.address > REMOVED {
                self.insert(mapping);
            }
        }
        if old_room > 0 {
            // SAFETY: the old table is empty and nobody's.
            let _ = unsafe { memory::unmap(old.cast(), old_room * size_of::<Mapping>()) };
        }
        true
    }

    /// The smallest kept mapping of at least `bytes` and at most `most`.
    pub fn reuse(&mut self, bytes: usize, most: usize) -> Option<Mapping> {
        let mut best: Option<usize> = None;
        for (index, kept) in self.kept.iter().enumerate() {
            let smaller = best.is_none_or(|best| kept.bytes < self.kept[best & (KEPT - 1)].bytes);
            if kept.address != 0 && kept.bytes >= bytes && kept.bytes <= most && smaller {
                best = Some(index);
            }
        }
        let index = best? & (KEPT - 1);
        let mapping = core::mem::replace(&mut self.kept[index], VACANT);
        self.kept_bytes -= mapping.bytes;
        Some(mapping)
    }

    /// Takes out what was kept for too long; to be unmapped.
    #[inline(never)]
    fn expired(&mut self, now: i64) -> [Mapping; KEPT + 1] {
        let mut gone = [VACANT; KEPT + 1];
        for ((kept, since), gone) in self.kept.iter_mut().zip(&self.since).zip(&mut gone) {
            if kept.address != 0 && (now - since) as usize > options::DECAY.get().saturating_mul(IDLE) {
                *gone = core::mem::replace(kept, VACANT);
                self.kept_bytes -= gone.bytes;
            }
        }
        gone
    }

    /// Keeps a mapping if it may be; what has to be unmapped now.
    pub fn keep(&mut self, mapping: Mapping) -> [Mapping; KEPT + 1] {
        let now = page_heap::now();
        let mut gone = self.expired(now);
        match self.kept.iter().position(|kept| kept.address == 0) {
            Some(index) if self.kept_bytes + mapping.bytes <= KEPT_BYTES => {
                let index = index & (KEPT - 1);
                self.kept[index] = mapping;
                self.since[index] = now;
                self.kept_bytes += mapping.bytes;
            }
            _ => gone[KEPT] = mapping,
        }
        gone
    }
}

/// Unmaps all that is kept for reuse, unless the lock is taken; bytes. Signals are blocked.
pub fn give_up() -> usize {
    let Some(mut mappings) = MAPPINGS.try_lock() else { return 0 };
    let gone = core::mem::replace(&mut mappings.kept, [VACANT; KEPT]);
    mappings.kept_bytes = 0;
    unmap_all(&gone)
}

/// Unmaps what was kept for too long, unless the lock is taken. Signals are blocked.
pub fn expire(now: i64) {
    if let Some(mut mappings) = MAPPINGS.try_lock() {
        unmap_all(&mappings.expired(now));
    }
}

#[inline(never)]
pub fn unmap_all(gone: &[Mapping]) -> usize {
    let mut bytes = 0;
    for mapping in gone {
        if mapping.address != 0 {
            // SAFETY: the mapping is in no table any more, and its user has given it up.
            let _ = unsafe { memory::unmap(mapping.address as *mut u8, mapping.bytes) };
            limits::refund(mapping.bytes);
            bytes += mapping.bytes;
        }
    }
    bytes
}

/// Unmaps what is kept for reuse; bytes.
pub fn release(quiet: &Quiet) -> usize {
    let mut mappings = MAPPINGS.lock(quiet);
    let gone = core::mem::replace(&mut mappings.kept, [VACANT; KEPT]);
    mappings.kept_bytes = 0;
    drop(mappings);
    unmap_all(&gone)
}

/// Shows the bytes of every mapping to `look`, and whether it is one that is kept for reuse.
pub fn visit(quiet: &Quiet, look: &mut dyn FnMut(usize, bool)) {
    let mappings = MAPPINGS.lock(quiet);
    for index in 0..mappings.room {
        // SAFETY: inside the table.
        let mapping = unsafe { *mappings.slot(index) };
        if mapping.address > REMOVED {
            look(mapping.bytes, false);
        }
    }
    for kept in &mappings.kept {
        if kept.address != 0 {
            look(kept.bytes, true);
        }
    }
}

/// Keeps mappings from coming and going, across fork.
pub fn acquire() {
    MAPPINGS.acquire();
}

/// The other half of [`acquire`].
pub fn unlock() {
    MAPPINGS.release();
}
