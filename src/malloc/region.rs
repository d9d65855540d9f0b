//! Address space: regions that are reserved whole and committed as they fill. The only file that maps memory for the page heap.
//!
//! ```text
//!   region   | Span of each unit ...  | unit | unit | unit | ...            |
//!              ^ base                   ^ units     ^ used   ^ committed     ^ end
//! ```
//! The first region is as large as the process may have (256 GiB, or a quarter of a limit); later ones are made when it is full.
//! Units are numbered through all regions. Reserved space is PROT_NONE, which no overcommit mode counts; committing it is mprotect.

use core::sync::atomic::{AtomicUsize, Ordering};

use super::limits;
use super::options;
use super::page_map;
use super::size_class::{UNIT, UNIT_SHIFT};
use super::span::Span;
use crate::sys::memory::{self, Advice, MapFlags, Protection};

/// Sizes of the first region, in bytes: the first that fits is taken.
const FIRST_REGION: [usize; 9] = [1 << 38, 1 << 36, 1 << 34, 1 << 32, 1 << 30, 1 << 28, 1 << 26, 1 << 24, 1 << 22];
/// Sizes of the later ones: a gigabyte where the first one was large, else just what a run needs and some more.
const LATER_REGION: [usize; 3] = [1 << 30, 1 << 24, 1 << 22];
const REGIONS: usize = 64;
/// Memory is committed in steps of 4 MiB.
const STEP: usize = 4 << 20;

/// One reservation. `base`, `first`, `units` and `spans` never change once it is published.
#[derive(Clone, Copy, Debug)]
pub struct Region {
    /// Address of unit number `first`.
    base: usize,
    first: usize,
    units: usize,
    spans: *mut Span,
    /// Units handed out so far, by bump.
    used: usize,
    /// Address that memory is committed up to, and the same for the spans.
    committed: usize,
    spans_committed: usize,
}

const NONE: Region =
    Region { base: 0, first: 0, units: 0, spans: core::ptr::null_mut(), used: 0, committed: 0, spans_committed: 0 };

struct Table(core::cell::UnsafeCell<[Region; REGIONS]>);
// SAFETY: entries below COUNT are constant but for the fields that the page heap's lock guards.
unsafe impl Sync for Table {}
static TABLE: Table = Table(core::cell::UnsafeCell::new([NONE; REGIONS]));
static COUNT: AtomicUsize = AtomicUsize::new(0);

fn get(index: usize) -> *mut Region {
    // SAFETY: stays inside the table; `index` is below REGIONS.
    unsafe { TABLE.0.get().cast::<Region>().add(index) }
}

fn regions() -> impl Iterator<Item = &'static Region> {
    // SAFETY: entries below COUNT are initialised. Acquire: pairs with the Release in `add`.
    (0..COUNT.load(Ordering::Acquire)).map(|index| unsafe { &*get(index) })
}

/// Bytes of the first region: 256 GiB, or a quarter of what the process may have; 0 before it is there.
pub fn first_bytes() -> usize {
    regions().next().map_or(0, |region| region.units << UNIT_SHIFT)
}

/// The unit that an address lies in; None if it is in no region.
#[inline]
pub fn unit_of(address: usize) -> Option<usize> {
    // Acquire: pairs with the Release in `add`.
    if COUNT.load(Ordering::Acquire) == 0 {
        return None;
    }
    let region = first();
    let offset = address.wrapping_sub(region.base) >> UNIT_SHIFT;
    if offset < region.units { Some(offset) } else { unit_beyond(address) }
}

/// The unit in another region than the first.
#[inline(never)]
fn unit_beyond(address: usize) -> Option<usize> {
    regions().find_map(|region| {
        let offset = address.wrapping_sub(region.base) >> UNIT_SHIFT;
        (offset < region.units).then_some(region.first + offset)
    })
}

/// The first region, which is the only one of nearly every process. To be asked about by its units' numbers, which nobody has before it is there.
#[inline(always)]
fn first() -> &'static Region {
    // SAFETY: published before any of its units; all zero until then.
    unsafe { &*get(0) }
}

#[inline]
fn of_unit(unit: usize) -> &'static Region {
    let region = first();
    if unit < region.units { region } else { of_unit_beyond(unit) }
}

#[inline(never)]
fn of_unit_beyond(unit: usize) -> &'static Region {
    match regions().find(|region| unit.wrapping_sub(region.first) < region.units) {
        Some(region) => region,
        None => crate::sys::process::abort_with("malloc: unit ", unit, " is in no region"),
    }
}

/// A unit's first byte.
#[inline]
pub fn address_of(unit: usize) -> *mut u8 {
    let region = of_unit(unit);
    (region.base + ((unit - region.first) << UNIT_SHIFT)) as *mut u8
}

/// A unit's description.
#[inline]
pub fn span(unit: usize) -> *mut Span {
    let region = of_unit(unit);
    // SAFETY: the region has a span for each of its units.
    unsafe { region.spans.add(unit - region.first) }
}

/// The description of a unit of the caller's region that may be its neighbour; None beyond the units in use.
#[inline]
pub fn neighbour(unit: usize, of: usize) -> Option<*mut Span> {
    let region = of_unit(of);
    let offset = unit.wrapping_sub(region.first);
    // SAFETY: as in `span`; spans of used units are committed.
    (offset < region.used).then(|| unsafe { region.spans.add(offset) })
}

/// Whether a unit was ever handed out; the spans of others are not committed. Under the page heap's lock.
pub fn is_used(unit: usize) -> bool {
    let region = of_unit(unit);
    unit - region.first < region.used
}

/// Reserves a region with room for `units`. Under the page heap's lock.
fn add(units: usize) -> Option<()> {
    let index = COUNT.load(Ordering::Relaxed);
    if index == REGIONS {
        return None;
    }
    let limit = memory::address_space_limit() / 4;
    let first = regions().last().map_or(0, |last| last.first + last.units);
    let sizes: &[usize] = if index == 0 { &FIRST_REGION } else { &LATER_REGION };
    for &size in sizes {
        let spans_bytes = ((size >> UNIT_SHIFT) * size_of::<Span>()).next_multiple_of(UNIT);
        let all = size + spans_bytes + UNIT;
        if (size > limit && size > 1 << 22) || units << UNIT_SHIFT > size {
            continue;
        }
        let Ok(reserved) = memory::map(all, Protection::NONE, MapFlags::NORESERVE) else { continue };
        let start = (reserved as usize).next_multiple_of(UNIT);
        let base = start + spans_bytes;
        if !page_map::cover(base, size) {
            // SAFETY: the reservation is in no table.
            let _ = unsafe { memory::unmap(reserved, all) };
            continue;
        }
        let region = Region {
            base,
            first,
            units: size >> UNIT_SHIFT,
            spans: start as *mut Span,
            used: 0,
            committed: base,
            spans_committed: start,
        };
        // SAFETY: nobody looks at the entry at COUNT yet.
        unsafe { get(index).write(region) };
        COUNT.store(index + 1, Ordering::Release); // Release: pairs with `regions`
        return Some(());
    }
    None
}

/// Makes the first region. Under the initialisation lock.
pub fn init() -> bool {
    COUNT.load(Ordering::Relaxed) > 0 || add(1).is_some()
}

fn commit(from: usize, to: usize, most: usize) -> Option<usize> {
    // A generous step first; when memory is short, exactly what is needed.
    let ends = [to.next_multiple_of(STEP).min(most), to];
    let end = ends.into_iter().find(|end| {
        // SAFETY: pages of the reservation that nobody uses yet.
        unsafe { memory::protect(from as *mut u8, end - from, Protection::READ_WRITE) }.is_ok()
    })?;
    options::advise_huge(from as *mut u8, end - from);
    Some(end)
}

/// Commits the next `units` of a region and their spans, and hands them out; None if memory is short. Under the page heap's lock.
fn extend(region: &mut Region, units: usize) -> Option<usize> {
    if !limits::charge(units << UNIT_SHIFT) {
        return None;
    }
    let unit = extend_within_limit(region, units);
    if unit.is_none() {
        limits::refund(units << UNIT_SHIFT);
    }
    unit
}

fn extend_within_limit(region: &mut Region, units: usize) -> Option<usize> {
    let end = region.base + ((region.used + units) << UNIT_SHIFT);
    if end > region.committed {
        region.committed = commit(region.committed, end, region.base + (region.units << UNIT_SHIFT))?;
    }
    let spans_end = region.spans.wrapping_add(region.used + units + 1) as usize;
    if spans_end > region.spans_committed {
        region.spans_committed = commit(region.spans_committed, spans_end.next_multiple_of(UNIT), region.base)?;
    }
    let unit = region.first + region.used;
    region.used += units;
    Some(unit)
}

/// Hands out `units` fresh zeroed units; None if memory is short. Under the page heap's lock.
pub fn bump(units: usize) -> Option<usize> {
    for attempt in 0..2 {
        for index in (0..COUNT.load(Ordering::Relaxed)).rev() {
            // SAFETY: below COUNT, and the lock guards the fields that change.
            let region = unsafe { &mut *get(index) };
            if region.units - region.used >= units {
                return extend(region, units);
            }
        }
        if attempt == 0 {
            add(units)?;
        }
    }
    None
}

/// Hands out the `units` fresh units at `unit`, if they are the next ones of the region of `of`; whether it did. Under the page heap's lock.
pub fn bump_after(unit: usize, of: usize, units: usize) -> bool {
    for index in 0..COUNT.load(Ordering::Relaxed) {
        // SAFETY: below COUNT, and the lock guards the fields that change.
        let region = unsafe { &mut *get(index) };
        if of.wrapping_sub(region.first) < region.units {
            let next = unit == region.first + region.used && region.units - region.used >= units;
            return next && extend(region, units).is_some();
        }
    }
    false
}

/// Every unit that was ever handed out: its number and its first byte. Under the page heap's lock.
pub fn used_units() -> impl Iterator<Item = (usize, *mut u8)> {
    regions().flat_map(|region| {
        (0..region.used).map(|unit| (region.first + unit, (region.base + (unit << UNIT_SHIFT)) as *mut u8))
    })
}

/// Gives the contents of a run back to the kernel; it reads as zero afterwards.
pub fn discard(unit: usize, units: usize) -> bool {
    // SAFETY: the caller owns the run, and nobody needs its contents.
    unsafe { memory::advise(address_of(unit), units << UNIT_SHIFT, Advice::DontNeed) }.is_ok()
}

/// Gives a free run back to the kernel, contents and commitment; it is address space afterwards. Under the page heap's lock.
///
/// mprotect would leave what was written to charged.
pub fn uncommit(unit: usize, units: usize) -> bool {
    let bytes = units << UNIT_SHIFT;
    // SAFETY: pages of the reservation whose run is the caller's, and free.
    let gone = unsafe { memory::reserve_over(address_of(unit), bytes) }.is_ok();
    if gone {
        limits::refund(bytes);
    }
    gone
}

/// Commits what [`uncommit`] gave back; it reads as zero. False if memory is short. Under the page heap's lock.
pub fn recommit(unit: usize, units: usize) -> bool {
    let (start, bytes) = (address_of(unit), units << UNIT_SHIFT);
    if !limits::charge(bytes) {
        return false;
    }
    // SAFETY: pages of the reservation that nobody uses.
    if unsafe { memory::protect(start, bytes, Protection::READ_WRITE) }.is_err() {
        limits::refund(bytes);
        return false;
    }
    options::advise_huge(start, bytes);
    true
}
