//! What DACAPO_MALLOC and mallopt can set: `DACAPO_MALLOC=option,option=value,...`, read once, when the heap comes up.
//!
//! ```text
//!   check  quarantine=SIZE  redzone=SIZE  leaks=COUNT  trap=NUMBER      the checked heap (module `checked`)
//!   poison[=BYTE]  count                                                the fast paths stay closed (module `mod`, slow paths)
//!   stats  json=FILE                                                    what is said at exit (module `report`)
//!   decay=MS  keep=SIZE  limit=SIZE  mmap=SIZE  huge=yes|no             the page heap and the mappings
//! ```
//! SIZE is bytes, or a number with k, m or g; `decay=never` keeps memory for ever. A word that means nothing here is named on standard error and
//! ignored. A process with AT_SECURE ignores the variable without a word. docs/malloc.md has each option's meaning and price.

use core::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};

use super::environment;
use super::writer::Writer;
use crate::sys::memory::{self, Advice};

/// A number that is read where it matters and set at start-up or by mallopt.
pub struct Setting(AtomicUsize);

impl Setting {
    const fn new(value: usize) -> Self {
        Self(AtomicUsize::new(value))
    }

    /// Its value now.
    #[inline(always)]
    pub fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed) // Relaxed: nothing else depends on it
    }

    /// Changes it.
    pub fn set(&self, value: usize) {
        self.0.store(value, Ordering::Relaxed);
    }
}

/// Milliseconds that free memory is kept for, `usize::MAX` for ever.
pub static DECAY: Setting = Setting::new(250);
/// Bytes of free memory that decay leaves alone: 1 MiB.
pub static KEEP: Setting = Setting::new(1 << 20);
/// Bytes that the heap may have from the kernel.
pub static LIMIT: Setting = Setting::new(usize::MAX);
/// Blocks of more bytes than this are mappings of their own: 32 MiB, or less if the user says so.
pub static LARGEST_RUN: Setting = Setting::new(MOST_RUN);
const MOST_RUN: usize = 32 << 20;
/// Bytes of freed blocks that the checked heap holds back: 16 MiB.
pub static QUARANTINE: Setting = Setting::new(16 << 20);
/// Bytes on each side of a checked block, a multiple of 16.
pub static REDZONE: Setting = Setting::new(16);
/// Blocks that the leak list names.
pub static LEAKS: Setting = Setting::new(100);
/// Number of the allocation that raises SIGTRAP; 0: none.
pub static TRAP: Setting = Setting::new(0);
/// 256 + the byte that freed blocks are filled with, new ones with its complement; 0: neither.
pub static POISON: Setting = Setting::new(0);

/// Freed blocks of the checked heap are filled with this, unless `poison` says otherwise.
pub const DEFAULT_POISON: u8 = 0xdd;

static CHECK: AtomicBool = AtomicBool::new(false);
static COUNT: AtomicBool = AtomicBool::new(false);
static STATS: AtomicBool = AtomicBool::new(false);
static HUGE: AtomicU8 = AtomicU8::new(0);

/// Whether the checked heap serves this process. Constant once the heap is up.
#[inline(always)]
pub fn check() -> bool {
    CHECK.load(Ordering::Relaxed)
}

/// Whether every operation is counted.
#[inline(always)]
pub fn count() -> bool {
    COUNT.load(Ordering::Relaxed)
}

/// Whether statistics are written at exit.
pub fn stats() -> bool {
    STATS.load(Ordering::Relaxed)
}

/// Whether the fast paths have to stay closed.
pub fn closed() -> bool {
    count() || POISON.get() != 0
}

/// What the kernel is to be told about huge pages: Some(true) to use them, Some(false) not to, None nothing.
pub fn huge() -> Option<bool> {
    match HUGE.load(Ordering::Relaxed) {
        0 => None,
        value => Some(value == 1),
    }
}

/// Tells the kernel what the user wants about huge pages in fresh memory of ours.
#[inline(never)]
pub fn advise_huge(start: *mut u8, bytes: usize) {
    if let Some(wanted) = huge() {
        let advice = if wanted { Advice::HugePage } else { Advice::NoHugePage };
        // SAFETY: changes how the pages are backed, not what they hold. A kernel without huge pages refuses: so be it.
        let _ = unsafe { memory::advise(start, bytes, advice) };
    }
}

/// Path of the file that the statistics go to as JSON at exit, with its final zero; empty: none.
pub fn json_path() -> &'static [u8] {
    let len = JSON_LEN.load(Ordering::Acquire); // Acquire: pairs with `keep_path`
    // SAFETY: written once before the length was published, and not afterwards.
    unsafe { core::slice::from_raw_parts(JSON_PATH.0.get().cast::<u8>(), len) }
}

struct Path(core::cell::UnsafeCell<[u8; environment::LONGEST + 1]>);
// SAFETY: written under the initialisation lock, before JSON_LEN says that there is something to read.
unsafe impl Sync for Path {}
static JSON_PATH: Path = Path(core::cell::UnsafeCell::new([0; environment::LONGEST + 1]));
static JSON_LEN: AtomicUsize = AtomicUsize::new(0);

fn keep_path(path: &[u8]) {
    let len = path.len().min(environment::LONGEST);
    // SAFETY: the array has room for that many and a zero, which is there already; nobody reads before the length is stored.
    unsafe { JSON_PATH.0.get().cast::<u8>().copy_from_nonoverlapping(path.as_ptr(), len) };
    JSON_LEN.store(len + 1, Ordering::Release);
}

/// Reads the variable. Under the initialisation lock, before the heap comes up.
pub fn load() {
    let Some(value) = environment::find() else { return };
    for word in value.as_bytes().split(|&byte| byte == b',') {
        if !word.is_empty() && !apply(word) {
            Writer::complaint()
                .text("DACAPO_MALLOC: '")
                .bytes(word)
                .text("' is not an option or has a wrong value: ignored\n");
        }
    }
}

/// What an option's value is, and where it goes.
#[derive(Clone, Copy)]
enum Kind {
    /// A word without a value.
    Switch(&'static AtomicBool),
    /// A number.
    Number(&'static Setting),
    /// A number of bytes.
    Size(&'static Setting),
    /// None, or a byte.
    Poison,
    /// Bytes, which are rounded.
    Redzone,
    /// Milliseconds, or `never`.
    Decay,
    /// Bytes, within bounds.
    Mmap,
    /// `yes` or `no`.
    Huge,
    /// A path.
    Json,
}

/// One option; whether it was understood. A table, and one loop over it: comparing with each name is three times the code.
fn apply(word: &[u8]) -> bool {
    static OPTIONS: [(&[u8], Kind); 14] = [
        (b"check", Kind::Switch(&CHECK)),
        (b"count", Kind::Switch(&COUNT)),
        (b"stats", Kind::Switch(&STATS)),
        (b"leaks", Kind::Number(&LEAKS)),
        (b"trap", Kind::Number(&TRAP)),
        (b"quarantine", Kind::Size(&QUARANTINE)),
        (b"keep", Kind::Size(&KEEP)),
        (b"limit", Kind::Size(&LIMIT)),
        (b"poison", Kind::Poison),
        (b"redzone", Kind::Redzone),
        (b"decay", Kind::Decay),
        (b"mmap", Kind::Mmap),
        (b"huge", Kind::Huge),
        (b"json", Kind::Json),
    ];
    let at = word.iter().position(|&byte| byte == b'=');
    let (name, value) = match at {
        Some(at) => (word.get(..at).unwrap_or_default(), word.get(at + 1..)),
        None => (word, None),
    };
    let kind = OPTIONS.iter().find(|row| row.0 == name).map(|row| row.1);
    match (kind, value) {
        (Some(Kind::Switch(switch)), None) => switch.store(true, Ordering::Relaxed),
        (Some(Kind::Number(setting)), Some(value)) => return set(setting, number(value)),
        (Some(Kind::Size(setting)), Some(value)) => return set(setting, size(value)),
        (Some(Kind::Poison), None) => POISON.set(256 + DEFAULT_POISON as usize),
        (Some(Kind::Poison), Some(value)) => {
            return set(&POISON, number(value).filter(|&byte| byte < 256).map(|byte| 256 + byte));
        }
        (Some(Kind::Redzone), Some(value)) => {
            let zone = size(value).filter(|&zone| (16..=4096).contains(&zone));
            return set(&REDZONE, zone.map(|zone| zone.next_multiple_of(16)));
        }
        (Some(Kind::Decay), Some(b"never")) => DECAY.set(usize::MAX),
        (Some(Kind::Decay), Some(value)) => return set(&DECAY, number(value).filter(|&ms| ms <= 1 << 40)),
        (Some(Kind::Mmap), Some(value)) => return size(value).is_some_and(mmap_threshold),
        (Some(Kind::Huge), Some(b"yes")) => HUGE.store(1, Ordering::Relaxed),
        (Some(Kind::Huge), Some(b"no")) => HUGE.store(2, Ordering::Relaxed),
        (Some(Kind::Json), Some(path)) if !path.is_empty() => keep_path(path),
        _ => return false,
    }
    true
}

fn to(setting: &Setting, value: usize) -> bool {
    setting.set(value);
    true
}

#[inline(never)]
fn set(setting: &Setting, value: Option<usize>) -> bool {
    value.is_some_and(|value| to(setting, value))
}

/// Sets the size from which blocks are mappings of their own: between the largest class, 256 KiB, and 32 MiB.
pub fn mmap_threshold(bytes: usize) -> bool {
    to(&LARGEST_RUN, bytes.clamp(super::size_class::LARGEST, MOST_RUN))
}

/// A number: decimal, or hexadecimal with 0x.
#[inline(never)]
fn number(text: &[u8]) -> Option<usize> {
    let (digits, base) = match text.strip_prefix(b"0x") {
        Some(digits) => (digits, 16),
        None => (text, 10),
    };
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_usize, |value, &byte| {
        let digit = (byte as char).to_digit(base)?;
        value.checked_mul(base as usize)?.checked_add(digit as usize)
    })
}

/// A number of bytes, with k, m or g for the powers of 1024.
#[inline(never)]
fn size(text: &[u8]) -> Option<usize> {
    let (digits, shift) = match text.split_last()? {
        (b'k' | b'K', digits) => (digits, 10),
        (b'm' | b'M', digits) => (digits, 20),
        (b'g' | b'G', digits) => (digits, 30),
        _ => (text, 0),
    };
    number(digits)?.checked_mul(1 << shift)
}
