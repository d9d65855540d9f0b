//! getopt, getopt_long, getopt_long_only: options from a command line, with GNU's permutation.
//!
//! `argv[first_operand..optind]` are the operands that were skipped; when the options end they are rotated behind them. A leading `+`
//! in the option string (or POSIXLY_CORRECT) stops at the first operand, a leading `-` hands operands out as options of code 1.

use core::ffi::{c_int, c_uint};
use core::ptr::{null, null_mut};

use crate::libc::string::{bytes, memcmp, strlen};
use crate::sys::file::write_all_vectored;

/// `struct option`.
#[repr(C)]
pub struct LongOption {
    name: *const u8,
    has_argument: c_int,
    flag: *mut c_int,
    value: c_int,
}

const REQUIRED: c_int = 1;

#[unsafe(no_mangle)]
static mut optarg: *mut u8 = null_mut();
#[unsafe(no_mangle)]
static mut optind: c_int = 1;
#[unsafe(no_mangle)]
static mut opterr: c_int = 1;
#[unsafe(no_mangle)]
static mut optopt: c_int = b'?' as c_int;
/// BSD's way to start over; `optind = 0` does it too.
#[unsafe(no_mangle)]
static mut optreset: c_int = 0;

/// Where the next short option of a cluster lies; null between arguments.
static mut NEXT: *mut u8 = null_mut();
/// The operands skipped so far: `argv[FIRST..LAST]`.
static mut FIRST: c_int = 1;
static mut LAST: c_int = 1;

#[derive(Clone, Copy, PartialEq)]
enum Order {
    Permute,
    StopAtOperand,
    OperandsAreOptions,
}

unsafe extern "C" {
    fn getenv(name: *const u8) -> *mut u8;
}

/// One line on standard error, as getopt's users know it.
unsafe fn complain(argv: *const *mut u8, pieces: [&[u8]; 4]) {
    if opterr != 0 {
        let [a, b, c, d] = pieces;
        let _ = write_all_vectored(2, [bytes(*argv), b": ", a, b, c, d, b"\n"]); // nowhere to complain about it
    }
}

/// Brings the skipped operands `argv[FIRST..LAST]` behind the options `argv[LAST..optind]`.
unsafe fn rotate(argv: *mut *mut u8) {
    let (first, last, end) = (FIRST as usize, LAST as usize, optind as usize);
    if first < last && last < end {
        core::slice::from_raw_parts_mut(argv.add(first), end - first).rotate_left(last - first);
    }
    FIRST += optind - LAST;
    LAST = optind;
}

unsafe fn is_operand(argument: *const u8) -> bool {
    *argument != b'-' || *argument.add(1) == 0
}

unsafe fn next(
    argc: c_int,
    argv: *mut *mut u8,
    options: *const u8,
    long: *const LongOption,
    index: *mut c_int,
    only: bool,
) -> c_int {
    if argc < 1 {
        return -1;
    }
    optarg = null_mut();
    if optind == 0 || optreset != 0 {
        if optind == 0 {
            optind = 1;
        }
        optreset = 0;
        FIRST = optind;
        LAST = optind;
        NEXT = null_mut();
    }
    let mut options = options;
    let order = match *options {
        b'-' => Order::OperandsAreOptions,
        b'+' => Order::StopAtOperand,
        _ if !getenv(c"POSIXLY_CORRECT".as_ptr().cast()).is_null() => Order::StopAtOperand,
        _ => Order::Permute,
    };
    if *options == b'-' || *options == b'+' {
        options = options.add(1);
    }
    let quiet = *options == b':';

    if NEXT.is_null() || *NEXT == 0 {
        if LAST > optind {
            LAST = optind;
        }
        if FIRST > optind {
            FIRST = optind;
        }
        if order == Order::Permute {
            if FIRST != LAST && LAST != optind {
                rotate(argv);
            } else if LAST != optind {
                FIRST = optind;
            }
            while optind < argc && is_operand(*argv.add(optind as usize)) {
                optind += 1;
            }
            LAST = optind;
        }
        // `--` ends the options; what follows is operands.
        if optind != argc && bytes(*argv.add(optind as usize)) == b"--" {
            optind += 1;
            if FIRST != LAST && LAST != optind {
                rotate(argv);
            } else if FIRST == LAST {
                FIRST = optind;
            }
            LAST = argc;
            optind = argc;
        }
        if optind == argc {
            if FIRST != LAST {
                optind = FIRST;
            }
            return -1;
        }
        let argument = *argv.add(optind as usize);
        if is_operand(argument) {
            if order == Order::StopAtOperand {
                return -1;
            }
            optarg = argument;
            optind += 1;
            return 1;
        }
        if !long.is_null() {
            if *argument.add(1) == b'-' {
                return long_option(argc, argv, options, long, index, argument.add(2), b"--", quiet);
            }
            let short = *argument.add(1);
            if only && (*argument.add(2) != 0 || find_short(options, short).is_null()) {
                let found = long_option_or_short(argc, argv, options, long, index, argument, quiet);
                if let Some(code) = found {
                    return code;
                }
            }
        }
        NEXT = argument.add(1);
    }
    short_option(argc, argv, options, long, index, quiet)
}

/// The option letter in the string; null if it is not there.
unsafe fn find_short(options: *const u8, letter: u8) -> *const u8 {
    if letter == b':' || letter == b';' {
        return null();
    }
    let mut at = options;
    while *at != 0 {
        if *at == letter {
            return at;
        }
        at = at.add(1);
    }
    null()
}

unsafe fn short_option(
    argc: c_int,
    argv: *mut *mut u8,
    options: *const u8,
    long: *const LongOption,
    index: *mut c_int,
    quiet: bool,
) -> c_int {
    let letter = *NEXT;
    NEXT = NEXT.add(1);
    let found = find_short(options, letter);
    if *NEXT == 0 {
        optind += 1;
    }
    if found.is_null() {
        if !quiet {
            complain(argv, [b"invalid option -- '", core::slice::from_ref(&letter), b"'", b""]);
        }
        optopt = c_int::from(letter);
        return c_int::from(b'?');
    }
    // `W;`: -W foo means --foo.
    let is_w = *found == b'W' && *found.add(1) == b';' && !long.is_null();
    if *found.add(1) != b':' && !is_w {
        return c_int::from(letter);
    }
    let optional = *found.add(1) == b':' && *found.add(2) == b':';
    if *NEXT != 0 {
        optarg = NEXT;
        optind += 1;
    } else if optional {
        optarg = null_mut();
    } else if optind == argc {
        if !quiet {
            complain(argv, [b"option requires an argument -- '", core::slice::from_ref(&letter), b"'", b""]);
        }
        optopt = c_int::from(letter);
        NEXT = null_mut();
        return c_int::from(if quiet { b':' } else { b'?' });
    } else {
        optarg = *argv.add(optind as usize);
        optind += 1;
    }
    NEXT = null_mut();
    if is_w {
        let name = optarg;
        optind -= 1;
        return long_option(argc, argv, options, long, index, name, b"-W ", quiet);
    }
    c_int::from(letter)
}

/// getopt_long_only: `-foo` is `--foo` if there is one, else a cluster of short options.
unsafe fn long_option_or_short(
    argc: c_int,
    argv: *mut *mut u8,
    options: *const u8,
    long: *const LongOption,
    index: *mut c_int,
    argument: *mut u8,
    quiet: bool,
) -> Option<c_int> {
    let name = argument.add(1);
    if matches!(find_long(long, name), Found::None) && !find_short(options, *name).is_null() {
        return None;
    }
    Some(long_option(argc, argv, options, long, index, name, b"-", quiet))
}

enum Found {
    None,
    Ambiguous,
    One(usize),
}

/// Bytes of a long option's name, up to its `=`.
unsafe fn long_len(name: *const u8) -> usize {
    let mut len = 0;
    while *name.add(len) != 0 && *name.add(len) != b'=' {
        len += 1;
    }
    len
}

/// The option of that name, or the only one (in effect) that begins so.
unsafe fn find_long(long: *const LongOption, name: *const u8) -> Found {
    let len = long_len(name);
    let mut found = Found::None;
    let mut i = 0;
    while !(*long.add(i)).name.is_null() {
        let option = &*long.add(i);
        let full = strlen(option.name);
        if full >= len && memcmp(option.name, name, len) == 0 {
            if full == len {
                return Found::One(i);
            }
            found = match found {
                Found::None => Found::One(i),
                Found::One(other) => {
                    let other_option = &*long.add(other);
                    let same = other_option.has_argument == option.has_argument
                        && other_option.flag == option.flag
                        && other_option.value == option.value;
                    if same { Found::One(other) } else { Found::Ambiguous }
                }
                Found::Ambiguous => Found::Ambiguous,
            };
        }
        i += 1;
    }
    found
}

#[allow(clippy::too_many_arguments, reason = "the state of one call")]
unsafe fn long_option(
    argc: c_int,
    argv: *mut *mut u8,
    _options: *const u8,
    long: *const LongOption,
    index: *mut c_int,
    name: *mut u8,
    prefix: &[u8],
    quiet: bool,
) -> c_int {
    NEXT = null_mut();
    optind += 1;
    let len = long_len(name);
    let i = match find_long(long, name) {
        Found::One(i) => i,
        found => {
            if !quiet {
                match found {
                    Found::None => {
                        complain(argv, [b"unrecognized option '", prefix, core::slice::from_raw_parts(name, len), b"'"])
                    }
                    _ => complain(argv, [b"option '", prefix, bytes(name), b"' is ambiguous"]),
                }
            }
            optopt = 0;
            return c_int::from(b'?');
        }
    };
    let option = &*long.add(i);
    if *name.add(len) == b'=' {
        if option.has_argument == 0 {
            if !quiet {
                complain(argv, [b"option '", prefix, bytes(option.name), b"' doesn't allow an argument"]);
            }
            optopt = option.value;
            return c_int::from(b'?');
        }
        optarg = name.add(len + 1);
    } else if option.has_argument == REQUIRED {
        if optind >= argc {
            if !quiet {
                complain(argv, [b"option '", prefix, bytes(option.name), b"' requires an argument"]);
            }
            optopt = option.value;
            return c_int::from(if quiet { b':' } else { b'?' });
        }
        optarg = *argv.add(optind as usize);
        optind += 1;
    }
    if !index.is_null() {
        *index = i as c_int;
    }
    if option.flag.is_null() {
        return option.value;
    }
    *option.flag = option.value;
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn getopt(argc: c_int, argv: *mut *mut u8, options: *const u8) -> c_int {
    next(argc, argv, options, null(), null_mut(), false)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn getopt_long(
    argc: c_int,
    argv: *mut *mut u8,
    options: *const u8,
    long: *const LongOption,
    index: *mut c_int,
) -> c_int {
    next(argc, argv, options, long, index, false)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn getopt_long_only(
    argc: c_int,
    argv: *mut *mut u8,
    options: *const u8,
    long: *const LongOption,
    index: *mut c_int,
) -> c_int {
    next(argc, argv, options, long, index, true)
}

const _: () = assert!(size_of::<LongOption>() == 32 && size_of::<c_uint>() == 4);
