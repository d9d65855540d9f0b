//! Multibyte strings, which are UTF-8, to wide characters and back.
//!
//! An `mbstate_t` holds the bytes of an unfinished character: `count` of the bytes still to come and the bits so far; all zero between
//! characters.

use core::ffi::{c_int, c_uint};
use core::ptr::{null, null_mut};

use super::{Text, Wide};
use crate::libc::errno;
use crate::sys::Errno;

/// `mbstate_t`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct State {
    /// Bytes that the character still needs; 0 between characters.
    missing: c_int,
    /// The bits read so far; the number of bytes read in the top byte.
    bits: c_uint,
}

const _: () = assert!(size_of::<State>() == 8);

const INVALID: usize = usize::MAX;
const INCOMPLETE: usize = usize::MAX - 1;

static mut OWN: State = State { missing: 0, bits: 0 };

/// The smallest character that needs as many bytes as the index says.
const SMALLEST: [u32; 5] = [0, 0, 0x80, 0x800, 0x1_0000];

/// Reads one character; the bytes it took from `s` (0 for the zero character), or INVALID with errno, or INCOMPLETE.
unsafe fn decode(to: *mut Wide, s: Text, n: usize, state: *mut State) -> usize {
    let state = &mut *state;
    let mut read = 0;
    let mut missing = state.missing;
    let mut bits = state.bits & 0x00ff_ffff;
    let mut length = state.bits >> 24;
    if missing == 0 {
        if n == 0 {
            return INCOMPLETE;
        }
        let byte = *s;
        read = 1;
        if byte < 0x80 {
            if !to.is_null() {
                *to = Wide::from(byte);
            }
            return usize::from(byte != 0);
        }
        (missing, bits) = match byte {
            0xc2..=0xdf => (1, u32::from(byte & 0x1f)),
            0xe0..=0xef => (2, u32::from(byte & 0x0f)),
            0xf0..=0xf4 => (3, u32::from(byte & 0x07)),
            _ => return illegal(state),
        };
        length = missing as u32 + 1;
    }
    while missing > 0 {
        if read == n {
            *state = State { missing, bits: bits | length << 24 };
            return INCOMPLETE;
        }
        let byte = *s.add(read);
        if byte & 0xc0 != 0x80 {
            return illegal(state);
        }
        bits = bits << 6 | u32::from(byte & 0x3f);
        read += 1;
        missing -= 1;
        // Too small for its length, a surrogate, or beyond Unicode: said as soon as the bits say it.
        let least = SMALLEST.get(length as usize).copied().unwrap_or(0) >> (6 * missing);
        let most = 0x10_ffff_u32 >> (6 * missing);
        if bits < least || bits > most || (missing == 0 && (0xd800..0xe000).contains(&bits)) {
            return illegal(state);
        }
    }
    *state = State { missing: 0, bits: 0 };
    if !to.is_null() {
        *to = bits as Wide;
    }
    read
}

fn illegal(state: &mut State) -> usize {
    *state = State { missing: 0, bits: 0 };
    errno::set(Errno::EILSEQ);
    INVALID
}

/// Writes one character; its bytes, at most 4, or INVALID with errno.
unsafe fn encode(to: *mut u8, c: Wide) -> usize {
    let Some(c) = u32::try_from(c).ok().and_then(char::from_u32) else {
        errno::set(Errno::EILSEQ);
        return INVALID;
    };
    let mut buffer = [0; 4];
    let text = c.encode_utf8(&mut buffer);
    to.copy_from_nonoverlapping(text.as_ptr(), text.len());
    text.len()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn mbrtowc(to: *mut Wide, s: Text, n: usize, state: *mut State) -> usize {
    let state = if state.is_null() { &raw mut OWN } else { state };
    if s.is_null() {
        return decode(null_mut(), c"".as_ptr().cast(), 1, state);
    }
    decode(to, s, n, state)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn mbrlen(s: Text, n: usize, state: *mut State) -> usize {
    mbrtowc(null_mut(), s, n, state)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn mbsinit(state: *const State) -> c_int {
    c_int::from(state.is_null() || (*state).missing == 0)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcrtomb(to: *mut u8, c: Wide, _state: *mut State) -> usize {
    if to.is_null() { 1 } else { encode(to, c) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn mbtowc(to: *mut Wide, s: Text, n: usize) -> c_int {
    if s.is_null() {
        return 0; // UTF-8 has no shift states
    }
    let mut state = State { missing: 0, bits: 0 };
    match decode(to, s, n, &raw mut state) {
        INVALID | INCOMPLETE => errno::fail(Errno::EILSEQ),
        read => read as c_int,
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn mblen(s: Text, n: usize) -> c_int {
    mbtowc(null_mut(), s, n)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wctomb(to: *mut u8, c: Wide) -> c_int {
    if to.is_null() { 0 } else { encode(to, c) as c_int }
}

#[unsafe(no_mangle)]
extern "C" fn btowc(c: c_int) -> c_uint {
    if (0..128).contains(&c) { c as c_uint } else { c_uint::MAX }
}

#[unsafe(no_mangle)]
extern "C" fn wctob(c: c_uint) -> c_int {
    if c < 128 { c as c_int } else { -1 }
}

/// Up to `n` characters of at most `bytes` bytes; without a destination only counts. `*from` becomes null at the zero.
#[unsafe(no_mangle)]
unsafe extern "C" fn mbsnrtowcs(to: *mut Wide, from: *mut Text, bytes: usize, n: usize, state: *mut State) -> usize {
    let state = if state.is_null() { &raw mut OWN } else { state };
    let mut copy = *state;
    let state = if to.is_null() { &raw mut copy } else { state };
    let (mut at, mut left, mut done) = (*from, bytes, 0);
    while to.is_null() || done < n {
        let mut c = 0;
        let read = decode(&raw mut c, at, left, state);
        match read {
            INVALID => {
                if !to.is_null() {
                    *from = at;
                }
                return INVALID;
            }
            INCOMPLETE => {
                at = at.wrapping_add(left);
                break;
            }
            _ => {}
        }
        if !to.is_null() {
            *to.add(done) = c;
        }
        if c == 0 {
            at = null();
            break;
        }
        at = at.add(read);
        left -= read;
        done += 1;
    }
    if !to.is_null() {
        *from = at;
    }
    done
}

#[unsafe(no_mangle)]
unsafe extern "C" fn mbsrtowcs(to: *mut Wide, from: *mut Text, n: usize, state: *mut State) -> usize {
    mbsnrtowcs(to, from, usize::MAX, n, state)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn mbstowcs(to: *mut Wide, from: Text, n: usize) -> usize {
    let (mut state, mut from) = (State { missing: 0, bits: 0 }, from);
    mbsnrtowcs(to, &raw mut from, usize::MAX, n, &raw mut state)
}

/// Up to `room` bytes of at most `chars` characters; without a destination only counts.
#[unsafe(no_mangle)]
unsafe extern "C" fn wcsnrtombs(
    to: *mut u8,
    from: *mut *const Wide,
    chars: usize,
    room: usize,
    _state: *mut State,
) -> usize {
    let (mut at, mut done) = (*from, 0);
    for _ in 0..chars {
        let mut buffer = [0; 4];
        let len = encode(buffer.as_mut_ptr(), *at);
        if len == INVALID {
            if !to.is_null() {
                *from = at;
            }
            return INVALID;
        }
        if !to.is_null() {
            if done + len > room {
                break;
            }
            to.add(done).copy_from_nonoverlapping(buffer.as_ptr(), len);
        }
        if *at == 0 {
            at = null();
            break;
        }
        done += len;
        at = at.add(1);
    }
    if !to.is_null() {
        *from = at;
    }
    done
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcsrtombs(to: *mut u8, from: *mut *const Wide, room: usize, state: *mut State) -> usize {
    wcsnrtombs(to, from, usize::MAX, room, state)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcstombs(to: *mut u8, from: *const Wide, room: usize) -> usize {
    let mut from = from;
    wcsnrtombs(to, &raw mut from, usize::MAX, room, null_mut())
}
