//! The arguments of a format: in order, or by number.

use super::specification::{Kind, Specification};
use crate::arch::variadic::VaList;

/// An argument's bits: words and doubles in the first element.
pub type Value = [u64; 2];

/// `NL_ARGMAX`: the highest argument number.
pub const MOST: usize = 4096;

/// The arguments of one call.
pub struct Arguments<'a> {
    /// What comes next; with `kinds` it stays at the first argument.
    pub list: &'a mut VaList,
    /// With numbered arguments: how each is passed, number 1 first.
    pub kinds: Option<&'a [u8; MOST]>,
}

impl Arguments<'_> {
    /// The next integer or pointer, or number `at`.
    #[inline(always)]
    pub unsafe fn word(&mut self, at: u16) -> u64 {
        match self.kinds {
            None => self.list.word(),
            Some(kinds) => numbered(self.list, kinds, at, Kind::Word)[0],
        }
    }

    /// The next `double` or `long double`, or number `at`.
    #[inline]
    pub unsafe fn float(&mut self, at: u16, kind: Kind) -> Value {
        match self.kinds {
            None => next(self.list, kind),
            Some(kinds) => numbered(self.list, kinds, at, kind),
        }
    }
}

#[inline(always)]
unsafe fn next(list: &mut VaList, kind: Kind) -> Value {
    match kind {
        Kind::Word => [list.word(), 0],
        Kind::Double => [list.double(), 0],
        Kind::LongDouble => list.long_double(),
        Kind::Nothing => [0; 2],
    }
}

/// Walks to argument `at` from the first one: numbered formats are short and rare.
#[cold]
#[inline(never)]
unsafe fn numbered(list: &VaList, kinds: &[u8; MOST], at: u16, kind: Kind) -> Value {
    let mut list = list.clone();
    for passed in kinds.iter().take((at as usize).saturating_sub(1)) {
        match *passed {
            1 => _ = list.double(),
            2 => _ = list.long_double(),
            _ => _ = list.word(),
        }
    }
    next(&mut list, kind)
}

/// How each numbered argument of a format is passed.
#[cold]
pub unsafe fn kinds(format: *const u8, kinds: &mut [u8; MOST]) {
    let mut at = format;
    let mut set = |number: u16, kind: Kind| {
        if let Some(slot) = kinds.get_mut((number as usize).wrapping_sub(1))
            && kind != Kind::Nothing
        {
            *slot = kind as u8;
        }
    };
    loop {
        match *at {
            0 => return,
            b'%' => {
                at = at.wrapping_add(1);
                let mut found = Specification::plain(0);
                if found.parse_rest(&mut at).is_err() {
                    return;
                }
                set(found.value_at, found.kind());
                set(found.width_at, Kind::Word);
                set(found.precision_at, Kind::Word);
            }
            _ => at = at.wrapping_add(1),
        }
    }
}
