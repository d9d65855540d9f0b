//! fnmatch.h: whether a text has a shell's pattern.
//!
//! The pattern is walked once beside the text. Where both part, the last `*` takes one character more: stars before it need not change, because what lies between them
//! was found as early as it can be. So the time is at worst the product of both lengths. With FNM_PATHNAME no star takes a slash, and so each part has its own stars.
//!
//! A character is a byte; in a UTF-8 locale it is a code point, where the bytes are one. Not here: FNM_EXTMATCH.

use core::ffi::{c_int, c_uint, c_ulong};

use super::string::{bytes, lower};

/// A backslash is a character like any other.
pub const NOESCAPE: c_int = 1 << 1;
/// Only a slash is a slash.
pub const PATHNAME: c_int = 1 << 0;
/// Only a period is a leading period.
pub const PERIOD: c_int = 1 << 2;
/// The text may go on with a slash and anything.
const LEADING_DIR: c_int = 1 << 3;
/// Upper and lower case are one.
const CASEFOLD: c_int = 1 << 4;
const FNM_NOMATCH: c_int = 1;

unsafe extern "C" {
    safe fn __ctype_get_mb_cur_max() -> usize;
    safe fn towlower(c: c_uint) -> c_uint;
    fn wctype(name: *const u8) -> c_ulong;
    safe fn iswctype(c: c_uint, class: c_ulong) -> c_int;
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fnmatch(pattern: *const u8, text: *const u8, flags: c_int) -> c_int {
    if matches(bytes(pattern), bytes(text), flags) { 0 } else { FNM_NOMATCH }
}

/// Whether `text` has the pattern. Async-signal-safe.
#[must_use]
pub fn matches(pattern: &[u8], text: &[u8], flags: c_int) -> bool {
    let rules = Rules { flags, utf8: __ctype_get_mb_cur_max() > 1 };
    let (mut p, mut t) = (0, 0);
    // What follows the last star, and the text's place up to which that star reaches.
    let mut star = None;
    loop {
        let rest = &pattern[p..];
        let here = &text[t..];
        let hidden = rules.hidden(text, t);
        let step = match rest.first() {
            None if here.is_empty() || (rules.has(LEADING_DIR) && here[0] == b'/') => return true,
            None => None,
            Some(b'*') if hidden => None,
            Some(b'*') => {
                star = Some((p + 1, t));
                Some((1, 0))
            }
            Some(_) => rules.one(rest, here, hidden),
        };
        if let Some((pattern_step, text_step)) = step {
            (p, t) = (p + pattern_step, t + text_step);
            continue;
        }
        let Some((after, reach)) = star else { return false };
        match text.get(reach) {
            None => return false,
            Some(b'/') if rules.has(PATHNAME) => return false,
            Some(_) => {
                t = reach + rules.character(&text[reach..]).1;
                p = after;
                star = Some((after, t));
            }
        }
    }
}

#[derive(Clone, Copy)]
struct Rules {
    flags: c_int,
    utf8: bool,
}

impl Rules {
    const fn has(self, flag: c_int) -> bool {
        self.flags & flag != 0
    }

    /// Whether there is a leading period at `at`.
    fn hidden(self, text: &[u8], at: usize) -> bool {
        let begins = at == 0 || (self.has(PATHNAME) && text[at - 1] == b'/');
        self.has(PERIOD) && begins && text.get(at) == Some(&b'.')
    }

    /// The first character, and how many bytes it has. Bytes that are no code point are above all of them, but for the locale of bytes.
    fn character(self, text: &[u8]) -> (u32, usize) {
        let first = text[0];
        if !self.utf8 || first < 0x80 {
            return (first.into(), 1);
        }
        let valid = |n: usize| core::str::from_utf8(text.get(..n)?).ok()?.chars().next();
        (2..=4).find_map(|n| Some((valid(n)?.into(), n))).unwrap_or((0x8000_0000 | u32::from(first), 1))
    }

    fn fold(self, c: u32) -> u32 {
        match u8::try_from(c) {
            _ if !self.has(CASEFOLD) => c,
            Ok(byte) if byte < 0x80 => lower(byte).into(),
            _ if self.utf8 => towlower(c),
            _ => c,
        }
    }

    /// The character that a pattern begins with when it stands for itself, without its backslash, and the bytes of both; none for a backslash at the end.
    fn literal(self, pattern: &[u8]) -> Option<(u32, usize)> {
        if pattern[0] != b'\\' || self.has(NOESCAPE) {
            return Some(self.character(pattern));
        }
        let rest = pattern.get(1..).filter(|rest| !rest.is_empty())?;
        let (c, n) = self.character(rest);
        Some((c, n + 1))
    }

    /// Matches anything but a star with the next character: bytes of the pattern and of the text that are done.
    fn one(self, pattern: &[u8], text: &[u8], hidden: bool) -> Option<(usize, usize)> {
        if text.is_empty() {
            return None;
        }
        let (c, n) = self.character(text);
        let special = hidden || (c == u32::from(b'/') && self.has(PATHNAME));
        if pattern[0] == b'?' {
            return (!special).then_some((1, n));
        }
        if pattern[0] == b'['
            && let Some((len, is_in)) = self.set(pattern, c)
        {
            return (is_in && !special).then_some((len, n));
        }
        let (wanted, len) = self.literal(pattern)?;
        (self.fold(wanted) == self.fold(c)).then_some((len, n))
    }

    /// The bytes of a set in brackets and whether a character is in it; none if no bracket ends it.
    fn set(self, pattern: &[u8], c: u32) -> Option<(usize, bool)> {
        let folded = self.fold(c);
        let negated = matches!(pattern.get(1), Some(b'!' | b'^'));
        let first = 1 + usize::from(negated);
        let mut at = first;
        let mut is_in = false;
        while at == first || *pattern.get(at)? != b']' {
            if let Some((name, len)) = class(pattern.get(at..)?) {
                is_in |= self.is_of(name, c);
                at += len;
                continue;
            }
            let (low, len) = self.member(pattern.get(at..)?)?;
            at += len;
            let mut high = low;
            if pattern.get(at) == Some(&b'-') && *pattern.get(at + 1)? != b']' {
                let (end, len) = self.member(&pattern[at + 1..])?;
                high = end;
                at += 1 + len;
            }
            is_in |= (self.fold(low)..=self.fold(high)).contains(&folded);
        }
        Some((at + 1, is_in != negated))
    }

    /// A set's next character, which may stand as `[.c.]` or `[=c=]`, and its bytes.
    fn member(self, pattern: &[u8]) -> Option<(u32, usize)> {
        if let [b'[', kind @ (b'.' | b'='), rest @ ..] = pattern
            && !rest.is_empty()
        {
            let (c, n) = self.character(rest);
            if rest.get(n..n + 2) == Some(&[*kind, b']']) {
                return Some((c, n + 4));
            }
        }
        if pattern.is_empty() { None } else { self.literal(pattern) }
    }

    /// Whether a character is of a class, whatever FNM_CASEFOLD says; none is of a class that does not exist.
    fn is_of(self, class: &[u8], c: u32) -> bool {
        let mut name = [0; 16];
        let Some(to) = name.get_mut(..class.len()).filter(|to| to.len() < 16) else { return false };
        to.copy_from_slice(class);
        // SAFETY: a zero is behind the name.
        let class = unsafe { wctype(name.as_ptr()) };
        (self.utf8 || c < 0x80) && iswctype(c, class) != 0
    }
}

/// The name in `[:name:]`, and the bytes of all.
fn class(pattern: &[u8]) -> Option<(&[u8], usize)> {
    let rest = pattern.strip_prefix(b"[:")?;
    let n = rest.iter().position(|byte| !byte.is_ascii_lowercase())?;
    rest[n..].starts_with(b":]").then_some((&rest[..n], n + 4))
}
