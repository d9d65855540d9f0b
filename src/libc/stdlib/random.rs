//! Pseudo-random numbers: rand rand_r random (BSD's additive feedback), drand48 and its family, arc4random, getentropy's users.
//!
//! The sequences are those that Linux programs know: the same seed gives the same numbers as elsewhere. Words of state are relaxed
//! atomics, so that threads that share them get numbers, if not independent ones.

use core::ffi::{c_int, c_long, c_uint};
use core::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering::Relaxed};

use crate::sys::random::getrandom;

/// `r[i] = r[i-31] + r[i-3]`: 31 words, as they are after `srandom(1)` has thrown away its first 310 numbers.
struct Feedback {
    words: [AtomicU32; DEGREE],
    /// Where r[i-31], the oldest word, lies; it becomes r[i].
    at: AtomicUsize,
    seeded: AtomicU32,
}

const DEGREE: usize = 31;
const SEPARATION: usize = 3;

static STATE: Feedback =
    Feedback { words: [const { AtomicU32::new(0) }; DEGREE], at: AtomicUsize::new(0), seeded: AtomicU32::new(0) };

impl Feedback {
    fn seed(&self, seed: u32) {
        let mut word = if seed == 0 { 1 } else { seed as i32 };
        for (i, slot) in self.words.iter().enumerate() {
            if i > 0 {
                // 16807 * word mod 2^31 - 1 without overflow (Schrage).
                word = 16807 * (word % 127_773) - 2836 * (word / 127_773);
                if word < 0 {
                    word += i32::MAX;
                }
            }
            slot.store(word as u32, Relaxed);
        }
        // The recurrence begins with r[3] + r[0]: the first three words count as their own successors.
        self.at.store(SEPARATION, Relaxed);
        self.seeded.store(1, Relaxed);
        for _ in 0..310 {
            self.next();
        }
    }

    fn next(&self) -> u32 {
        let at = self.at.load(Relaxed) % DEGREE;
        let front = (at + DEGREE - SEPARATION) % DEGREE;
        let (Some(old), Some(other)) = (self.words.get(at), self.words.get(front)) else { return 0 };
        let sum = old.load(Relaxed).wrapping_add(other.load(Relaxed));
        old.store(sum, Relaxed);
        self.at.store(if at + 1 == DEGREE { 0 } else { at + 1 }, Relaxed);
        sum >> 1
    }
}

#[unsafe(no_mangle)]
extern "C" fn srandom(seed: c_uint) {
    STATE.seed(seed);
}

#[unsafe(no_mangle)]
extern "C" fn random() -> c_long {
    if STATE.seeded.load(Relaxed) == 0 {
        STATE.seed(1);
    }
    c_long::from(STATE.next())
}

#[unsafe(no_mangle)]
extern "C" fn srand(seed: c_uint) {
    srandom(seed);
}

#[unsafe(no_mangle)]
extern "C" fn rand() -> c_int {
    random() as c_int
}

/// Three steps of the C standard's example generator, as glibc mixes them.
#[unsafe(no_mangle)]
unsafe extern "C" fn rand_r(seed: *mut c_uint) -> c_int {
    let mut next = *seed;
    let mut result = 0;
    for (modulus, shift) in [(2048, 0), (1024, 10), (1024, 10)] {
        next = next.wrapping_mul(1_103_515_245).wrapping_add(12345);
        result = (result << shift) ^ (next / 65536 % modulus);
    }
    *seed = next;
    result as c_int
}

/// x[i+1] = a x[i] + c mod 2^48.
const MULTIPLIER: u64 = 0x5_deec_e66d;
const INCREMENT: u64 = 11;
const MASK48: u64 = (1 << 48) - 1;

static X48: AtomicU64 = AtomicU64::new(0);
static A48: AtomicU64 = AtomicU64::new(MULTIPLIER);
static C48: AtomicU64 = AtomicU64::new(INCREMENT);

fn step48(x: u64) -> u64 {
    x.wrapping_mul(A48.load(Relaxed)).wrapping_add(C48.load(Relaxed)) & MASK48
}

fn next48() -> u64 {
    let x = step48(X48.load(Relaxed));
    X48.store(x, Relaxed);
    x
}

unsafe fn next48_of(state: *mut [u16; 3]) -> u64 {
    let x = step48(join(state));
    split(x, state);
    x
}

unsafe fn join(state: *const [u16; 3]) -> u64 {
    let [low, middle, high] = *state;
    u64::from(low) | u64::from(middle) << 16 | u64::from(high) << 32
}

unsafe fn split(x: u64, state: *mut [u16; 3]) {
    *state = [x as u16, (x >> 16) as u16, (x >> 32) as u16];
}

fn unit(x: u64) -> f64 {
    f64::from_bits(0x3ff << 52 | x << 4) - 1.0
}

#[unsafe(no_mangle)]
extern "C" fn drand48() -> f64 {
    unit(next48())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn erand48(state: *mut [u16; 3]) -> f64 {
    unit(next48_of(state))
}

#[unsafe(no_mangle)]
extern "C" fn lrand48() -> c_long {
    (next48() >> 17) as c_long
}

#[unsafe(no_mangle)]
unsafe extern "C" fn nrand48(state: *mut [u16; 3]) -> c_long {
    (next48_of(state) >> 17) as c_long
}

#[unsafe(no_mangle)]
extern "C" fn mrand48() -> c_long {
    c_long::from((next48() >> 16) as i32)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn jrand48(state: *mut [u16; 3]) -> c_long {
    c_long::from((next48_of(state) >> 16) as i32)
}

fn reset48(x: u64) {
    X48.store(x, Relaxed);
    A48.store(MULTIPLIER, Relaxed);
    C48.store(INCREMENT, Relaxed);
}

#[unsafe(no_mangle)]
extern "C" fn srand48(seed: c_long) {
    reset48(u64::from(seed as u32) << 16 | 0x330e);
}

static mut OLD48: [u16; 3] = [0; 3];

#[unsafe(no_mangle)]
unsafe extern "C" fn seed48(state: *const [u16; 3]) -> *mut [u16; 3] {
    let x = join(state);
    split(X48.load(Relaxed), &raw mut OLD48);
    reset48(x);
    &raw mut OLD48
}

#[unsafe(no_mangle)]
unsafe extern "C" fn lcong48(parameters: *const [u16; 7]) {
    X48.store(join(parameters.cast()), Relaxed);
    A48.store(join(parameters.cast::<u16>().add(3).cast()), Relaxed);
    C48.store(u64::from((*parameters)[6]), Relaxed);
}

/// Fills the buffer with the kernel's random bytes; false if it gave an error other than a signal's.
pub(crate) fn fill(mut buffer: &mut [u8]) -> bool {
    while !buffer.is_empty() {
        match getrandom(buffer, 0) {
            Ok(done) => buffer = buffer.get_mut(done..).unwrap_or_default(),
            Err(crate::sys::Errno::EINTR) => {}
            Err(_) => return false,
        }
    }
    true
}

#[unsafe(no_mangle)]
unsafe extern "C" fn arc4random_buf(to: *mut u8, n: usize) {
    if !fill(core::slice::from_raw_parts_mut(to, n)) {
        crate::sys::process::abort_with("arc4random_buf: no randomness for ", n, " bytes");
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn arc4random() -> u32 {
    let mut bytes = [0; 4];
    arc4random_buf(bytes.as_mut_ptr(), 4);
    u32::from_ne_bytes(bytes)
}

/// Uniform below `bound`: draws again where the last, partial round of `bound` would favour low numbers.
#[unsafe(no_mangle)]
unsafe extern "C" fn arc4random_uniform(bound: u32) -> u32 {
    if bound < 2 {
        return 0;
    }
    let unfair = bound.wrapping_neg() % bound;
    loop {
        let value = arc4random();
        if value >= unfair {
            return value % bound;
        }
    }
}
