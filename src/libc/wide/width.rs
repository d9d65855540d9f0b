//! How many columns of a terminal a wide character takes.

use core::ffi::c_int;

use super::Wide;
use super::class::iswprint;

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
