//! wchar.h and wctype.h: wide characters are UTF-32, multibyte strings UTF-8.
//!
//! An `mbstate_t` holds the bytes of an unfinished character: `count` of the bytes still to come and the bits so far; all zero between
//! characters. Classes of wide characters beyond ASCII follow Unicode as far as Rust's core knows it.

use core::ffi::{c_int, c_long, c_uint, c_ulong};
use core::ptr::{null, null_mut};

use crate::libc::errno;
use crate::sys::Errno;

type Wide = i32;
type Text = *const u8;

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

/// The barrier keeps the compiler from making a call of wcslen out of this loop.
#[unsafe(no_mangle)]
unsafe extern "C" fn wcslen(string: *const Wide) -> usize {
    let mut n = 0;
    while *string.add(core::hint::black_box(n)) != 0 {
        n += 1;
    }
    n
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcsnlen(string: *const Wide, most: usize) -> usize {
    let mut n = 0;
    while n < most && *string.add(n) != 0 {
        n += 1;
    }
    n
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcscpy(to: *mut Wide, from: *const Wide) -> *mut Wide {
    to.copy_from_nonoverlapping(from, wcslen(from) + 1);
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcpcpy(to: *mut Wide, from: *const Wide) -> *mut Wide {
    let len = wcslen(from);
    to.copy_from_nonoverlapping(from, len + 1);
    to.add(len)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcpncpy(to: *mut Wide, from: *const Wide, n: usize) -> *mut Wide {
    let len = wcsnlen(from, n);
    to.copy_from_nonoverlapping(from, len);
    to.add(len).write_bytes(0, n - len);
    to.add(len)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcsncpy(to: *mut Wide, from: *const Wide, n: usize) -> *mut Wide {
    wcpncpy(to, from, n);
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcscat(to: *mut Wide, from: *const Wide) -> *mut Wide {
    wcscpy(to.add(wcslen(to)), from);
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcsncat(to: *mut Wide, from: *const Wide, n: usize) -> *mut Wide {
    let end = to.add(wcslen(to));
    let len = wcsnlen(from, n);
    end.copy_from_nonoverlapping(from, len);
    *end.add(len) = 0;
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcsdup(string: *const Wide) -> *mut Wide {
    unsafe extern "C" {
        fn malloc(size: usize) -> *mut u8;
    }
    let len = wcslen(string) + 1;
    let copy = malloc(len * size_of::<Wide>()).cast::<Wide>();
    if copy.is_null() {
        return errno::fail_null(Errno::ENOMEM);
    }
    copy.copy_from_nonoverlapping(string, len);
    copy
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcsncmp(a: *const Wide, b: *const Wide, n: usize) -> c_int {
    for i in 0..n {
        let (x, y) = (*a.add(i), *b.add(i));
        if x != y {
            return if x < y { -1 } else { 1 };
        }
        if x == 0 {
            break;
        }
    }
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcscmp(a: *const Wide, b: *const Wide) -> c_int {
    wcsncmp(a, b, usize::MAX)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcscoll(a: *const Wide, b: *const Wide) -> c_int {
    wcscmp(a, b)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcsxfrm(to: *mut Wide, from: *const Wide, n: usize) -> usize {
    let len = wcslen(from);
    if n > 0 {
        let fits = len.min(n - 1);
        to.copy_from_nonoverlapping(from, fits);
        *to.add(fits) = 0;
    }
    len
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcsncasecmp(a: *const Wide, b: *const Wide, n: usize) -> c_int {
    for i in 0..n {
        let (x, y) = (towlower(*a.add(i) as c_uint), towlower(*b.add(i) as c_uint));
        if x != y {
            return if x < y { -1 } else { 1 };
        }
        if x == 0 {
            break;
        }
    }
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcscasecmp(a: *const Wide, b: *const Wide) -> c_int {
    wcsncasecmp(a, b, usize::MAX)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcschr(string: *const Wide, c: Wide) -> *mut Wide {
    let mut at = string;
    loop {
        if *at == c {
            return at.cast_mut();
        }
        if *at == 0 {
            return null_mut();
        }
        at = at.add(1);
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcsrchr(string: *const Wide, c: Wide) -> *mut Wide {
    let mut n = wcslen(string) + 1;
    while n > 0 {
        n -= 1;
        if *string.add(n) == c {
            return string.add(n).cast_mut();
        }
    }
    null_mut()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcsspn(string: *const Wide, accept: *const Wide) -> usize {
    let mut n = 0;
    while *string.add(n) != 0 && !wcschr(accept, *string.add(n)).is_null() {
        n += 1;
    }
    n
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcscspn(string: *const Wide, reject: *const Wide) -> usize {
    let mut n = 0;
    while *string.add(n) != 0 && wcschr(reject, *string.add(n)).is_null() {
        n += 1;
    }
    n
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcspbrk(string: *const Wide, accept: *const Wide) -> *mut Wide {
    let found = string.add(wcscspn(string, accept));
    if *found == 0 { null_mut() } else { found.cast_mut() }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcsstr(hay: *const Wide, needle: *const Wide) -> *mut Wide {
    let len = wcslen(needle);
    let mut at = hay;
    loop {
        if wcsncmp(at, needle, len) == 0 {
            return at.cast_mut();
        }
        if *at == 0 {
            return null_mut();
        }
        at = at.add(1);
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcstok(string: *mut Wide, separators: *const Wide, rest: *mut *mut Wide) -> *mut Wide {
    let string = if string.is_null() { *rest } else { string };
    if string.is_null() {
        return null_mut();
    }
    let token = string.add(wcsspn(string, separators));
    if *token == 0 {
        *rest = null_mut();
        return null_mut();
    }
    let end = token.add(wcscspn(token, separators));
    *rest = null_mut();
    if *end != 0 {
        *end = 0;
        *rest = end.add(1);
    }
    token
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wmemcpy(to: *mut Wide, from: *const Wide, n: usize) -> *mut Wide {
    to.copy_from_nonoverlapping(from, n);
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wmemmove(to: *mut Wide, from: *const Wide, n: usize) -> *mut Wide {
    to.copy_from(from, n);
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wmempcpy(to: *mut Wide, from: *const Wide, n: usize) -> *mut Wide {
    to.copy_from_nonoverlapping(from, n);
    to.add(n)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wmemset(to: *mut Wide, c: Wide, n: usize) -> *mut Wide {
    for i in 0..n {
        *to.add(i) = c;
    }
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wmemcmp(a: *const Wide, b: *const Wide, n: usize) -> c_int {
    for i in 0..n {
        if *a.add(i) != *b.add(i) {
            return if *a.add(i) < *b.add(i) { -1 } else { 1 };
        }
    }
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wmemchr(from: *const Wide, c: Wide, n: usize) -> *mut Wide {
    for i in 0..n {
        if *from.add(i) == c {
            return from.add(i).cast_mut();
        }
    }
    null_mut()
}

/// A number's text as bytes (at most 100 of them; anything that is not ASCII ends it) for the functions that read bytes; then the end
/// back in wide characters.
unsafe fn through_bytes<T>(text: *const Wide, end: *mut *const Wide, read: impl FnOnce(Text, *mut Text) -> T) -> T {
    let mut spaces = 0;
    while iswspace(*text.add(spaces) as c_uint) != 0 {
        spaces += 1;
    }
    let mut buffer = [0_u8; 101];
    for (i, slot) in buffer.iter_mut().take(100).enumerate() {
        match u8::try_from(*text.add(spaces + i)) {
            Ok(byte @ 1..=127) => *slot = byte,
            _ => break,
        }
    }
    let mut stop = buffer.as_ptr();
    let value = read(buffer.as_ptr(), &raw mut stop);
    if !end.is_null() {
        let used = stop as usize - buffer.as_ptr() as usize;
        *end = if used == 0 { text } else { text.add(spaces + used) };
    }
    value
}

unsafe extern "C" {
    fn strtol(text: Text, end: *mut Text, base: c_int) -> c_long;
    fn strtoul(text: Text, end: *mut Text, base: c_int) -> c_ulong;
}

macro_rules! wide_numbers {
    ($($parse:ident $type:ty: $($name:ident)*;)*) => {$($(
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name(text: *const Wide, end: *mut *const Wide, base: c_int) -> $type {
            through_bytes(text, end, |text, end| $parse(text, end, base))
        }
    )*)*};
}
wide_numbers! {
    strtol c_long: wcstol wcstoll wcstoimax __isoc23_wcstol __isoc23_wcstoll;
    strtoul c_ulong: wcstoul wcstoull wcstoumax __isoc23_wcstoul __isoc23_wcstoull;
}

fn character(c: c_uint) -> Option<char> {
    char::from_u32(c)
}

macro_rules! wide_classes {
    ($($name:ident $with_locale:ident |$c:ident| $test:expr;)*) => {$(
        #[unsafe(no_mangle)]
        extern "C" fn $name(c: c_uint) -> c_int {
            c_int::from(character(c).is_some_and(|$c| $test))
        }
        #[unsafe(no_mangle)]
        extern "C" fn $with_locale(c: c_uint, _locale: *mut core::ffi::c_void) -> c_int {
            $name(c)
        }
    )*};
}
wide_classes! {
    iswalnum iswalnum_l |c| c.is_alphanumeric();
    iswalpha iswalpha_l |c| c.is_alphabetic() || (c.is_numeric() && !c.is_ascii());
    iswblank iswblank_l |c| c == ' ' || c == '\t' || (c.is_whitespace() && !c.is_control() && c != '\u{a0}' && c as u32 > 127);
    iswcntrl iswcntrl_l |c| c.is_control() || c == '\u{2028}' || c == '\u{2029}';
    iswdigit iswdigit_l |c| c.is_ascii_digit();
    iswgraph iswgraph_l |c| !c.is_control() && !c.is_whitespace();
    iswlower iswlower_l |c| c.is_lowercase();
    iswprint iswprint_l |c| !c.is_control() && c != '\u{2028}' && c != '\u{2029}';
    iswpunct iswpunct_l |c| !c.is_control() && !c.is_whitespace() && !c.is_alphanumeric();
    iswspace iswspace_l |c| c == ' ' || ('\t'..='\r').contains(&c) || (c as u32 > 0xa0 && c.is_whitespace() && c != '\u{2007}' && c != '\u{202f}');
    iswupper iswupper_l |c| c.is_uppercase();
    iswxdigit iswxdigit_l |c| c.is_ascii_hexdigit();
}

/// The one character that a mapping gives; the character itself where it gives several.
fn single(mut mapped: impl Iterator<Item = char>, c: char) -> c_uint {
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one as c_uint,
        _ => c as c_uint,
    }
}

#[unsafe(no_mangle)]
extern "C" fn towlower(c: c_uint) -> c_uint {
    character(c).map_or(c, |c| single(c.to_lowercase(), c))
}

#[unsafe(no_mangle)]
extern "C" fn towupper(c: c_uint) -> c_uint {
    character(c).map_or(c, |c| single(c.to_uppercase(), c))
}

type Class = extern "C" fn(c_uint) -> c_int;
const CLASSES: [(&[u8], Class); 12] = [
    (b"alnum", iswalnum),
    (b"alpha", iswalpha),
    (b"blank", iswblank),
    (b"cntrl", iswcntrl),
    (b"digit", iswdigit),
    (b"graph", iswgraph),
    (b"lower", iswlower),
    (b"print", iswprint),
    (b"punct", iswpunct),
    (b"space", iswspace),
    (b"upper", iswupper),
    (b"xdigit", iswxdigit),
];

/// A class by name: its place in the list, from 1; 0 for a name that is none.
#[unsafe(no_mangle)]
unsafe extern "C" fn wctype(name: Text) -> c_ulong {
    let name = crate::libc::string::bytes(name);
    CLASSES.iter().position(|(known, _)| *known == name).map_or(0, |index| index as c_ulong + 1)
}

#[unsafe(no_mangle)]
extern "C" fn iswctype(c: c_uint, class: c_ulong) -> c_int {
    (class as usize).checked_sub(1).and_then(|index| CLASSES.get(index)).map_or(0, |(_, test)| test(c))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wctrans(name: Text) -> usize {
    match crate::libc::string::bytes(name) {
        b"tolower" => 1,
        b"toupper" => 2,
        _ => 0,
    }
}

#[unsafe(no_mangle)]
extern "C" fn towctrans(c: c_uint, mapping: usize) -> c_uint {
    match mapping {
        1 => towlower(c),
        2 => towupper(c),
        _ => c,
    }
}

/// Ranges of characters that take two columns (East Asian wide and emoji) and none (combining).
const DOUBLE: [(u32, u32); 14] = [
    (0x1100, 0x115f),
    (0x2e80, 0x303e),
    (0x3041, 0x33ff),
    (0x3400, 0x4dbf),
    (0x4e00, 0x9fff),
    (0xa000, 0xa4cf),
    (0xa960, 0xa97f),
    (0xac00, 0xd7a3),
    (0xf900, 0xfaff),
    (0xfe30, 0xfe6f),
    (0xff00, 0xff60),
    (0xffe0, 0xffe6),
    (0x1_f300, 0x1_faff),
    (0x2_0000, 0x3_fffd),
];
const ZERO: [(u32, u32); 8] = [
    (0x0300, 0x036f),
    (0x0483, 0x0489),
    (0x0591, 0x05bd),
    (0x200b, 0x200f),
    (0x20d0, 0x20ff),
    (0xfe00, 0xfe0f),
    (0xfe20, 0xfe2f),
    (0xe_0100, 0xe_01ef),
];

#[unsafe(no_mangle)]
extern "C" fn wcwidth(c: Wide) -> c_int {
    let c = c as u32;
    let within = |ranges: &[(u32, u32)]| ranges.iter().any(|(first, last)| (*first..=*last).contains(&c));
    match c {
        0 => 0,
        0x20..=0x7e => 1,
        _ if iswprint(c) == 0 => -1,
        _ if within(&ZERO) => 0,
        _ if within(&DOUBLE) => 2,
        _ => 1,
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcswidth(string: *const Wide, n: usize) -> c_int {
    let mut total = 0;
    for i in 0..n {
        let c = *string.add(i);
        if c == 0 {
            break;
        }
        match wcwidth(c) {
            -1 => return -1,
            width => total += width,
        }
    }
    total
}
