//! What lies behind blocks that grow: how long a run they get, how much of that there may be in all, and runs that are parked for the next one.
//!
//! A run whose block had grown is parked when it is freed: the next block that grows finds room and warm pages, and neither it nor free takes the page heap's lock,
//! around which signals have to be blocked.
//!
//! ```text
//!   place     parked     0 nothing | unit + 1 of a run that is nobody's but the place's: its span says Kind::Run, bytes == 0
//!             reserved   bytes that became a reserve here, without those that ceased to be one here: a part of a sum
//! ```
//! A run comes and goes by an exchange of the whole word. There are a few places, each for every eighth CPU, so that growing blocks do not wait for each other: what is
//! parked is bounded by those that are in use, 32 MiB each at most, and the page heap takes it at each period of the decay, for a trim, and when memory is short.

use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use super::options;
use super::region;
use crate::rseq;

/// The most bytes of all runs together that lie beyond what their users may use.
const MOST: usize = 1 << 30;
/// A growing block's run is so many times as long as the block, or has so much to spare, at least.
const ROOM: usize = 4;
const SPARE: usize = 4 << 20;

/// Places. A power of two.
const PLACES: usize = 8;

/// A line of its own: other CPUs write to the others at the same time.
#[repr(align(64))]
struct Place {
    parked: AtomicU32,
    reserved: AtomicUsize,
}

static ALL: [Place; PLACES] = [const { Place { parked: AtomicU32::new(0), reserved: AtomicUsize::new(0) } }; PLACES];

/// The current CPU's place; threads without an index, -1 or -2, use one of the last two.
fn here() -> &'static Place {
    // SAFETY: the mask keeps it inside.
    unsafe { ALL.get_unchecked(rseq::fields().index() as usize & (PLACES - 1)) }
}

/// Bytes held for growing blocks beyond what they use.
#[inline(never)]
pub fn reserved() -> usize {
    let sum = ALL.iter().fold(0_usize, |sum, place| sum.wrapping_add(place.reserved.load(Ordering::Relaxed)));
    (sum as isize).max(0) as usize // less than none while a block changes its CPU
}

/// So many bytes became a reserve.
pub fn add(bytes: usize) {
    here().reserved.fetch_add(bytes, Ordering::Relaxed);
}

/// So many are no longer one.
pub fn subtract(bytes: usize) {
    here().reserved.fetch_sub(bytes, Ordering::Relaxed);
}

/// Bytes of the run for a block that grows to `size` bytes, given how long others became.
fn generous(size: usize, growth: usize) -> usize {
    let largest = options::LARGEST_RUN.get();
    size.saturating_mul(ROOM).min(size.saturating_add(SPARE)).max(growth).min(largest).max(size)
}

/// The same; no more than `size` if there must be no reserve.
#[inline(never)]
pub fn room(size: usize, growth: usize) -> usize {
    let most = MOST.min(region::first_bytes() / 16);
    let room = generous(size, growth);
    let all = reserved().saturating_add(room - size);
    if all > most || options::LIMIT.get() != usize::MAX { size } else { room }
}

/// Whether a parked run of so many bytes serves a block that grows to `size` bytes.
pub fn serves(held: usize, size: usize) -> bool {
    held >= generous(size, 0)
}

/// What was parked there before, and is the caller's now; `content` is in its stead.
fn exchange(place: &Place, content: u32) -> Option<usize> {
    // AcqRel: whoever takes a run sees what its last user wrote to its span.
    (place.parked.swap(content, Ordering::AcqRel) as usize).checked_sub(1)
}

/// The run that was parked here.
pub fn take() -> Option<usize> {
    let here = here();
    if here.parked.load(Ordering::Relaxed) == 0 { None } else { exchange(here, 0) }
}

/// Parks a run of the caller's; the one that made room for it.
pub fn park(unit: usize) -> Option<usize> {
    exchange(here(), unit as u32 + 1)
}

/// Every run that is parked.
pub fn take_all() -> impl Iterator<Item = usize> {
    ALL.iter().filter_map(|place| exchange(place, 0))
}
