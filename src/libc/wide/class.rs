//! Classes and mappings of wide characters: wctype.h. Beyond ASCII they follow Unicode as far as Rust's core knows it.

use core::ffi::{c_int, c_uint, c_ulong};

use super::Text;

fn character(c: c_uint) -> Option<char> {
    char::from_u32(c)
}

macro_rules! wide_classes {
    ($($name:ident $with_locale:ident |$c:ident| $test:expr;)*) => {$(
        #[unsafe(no_mangle)]
        pub(super) extern "C" fn $name(c: c_uint) -> c_int {
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
pub(super) extern "C" fn towlower(c: c_uint) -> c_uint {
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
