//! DNS messages: a question out, an answer in. Nothing here touches memory or the kernel, and no answer, however it is made, is trusted.
//!
//! ```text
//!   | id | flags | questions | answers | authorities | additional |   12 bytes, then one question, then the answers' records
//!   name: labels of 1 to 63 bytes, each after its length, then a zero; or, in the place of any length, two bytes that point to the rest
//! ```
//! 1. A pointer must lead before the place where the part that holds it began, so that each name ends.
//! 2. A record counts only if its owner is the name that was asked for or what that is an alias of, by the answer's own CNAME records.
//!
//! Source: RFC 1035, 4.1 and 2.3.4; RFC 3596 (AAAA).

/// An address of version 4.
pub const A: u16 = 1;
/// The name that a name is an alias of.
pub const CNAME: u16 = 5;
/// The name that belongs to an address.
pub const PTR: u16 = 12;
/// An address of version 6.
pub const AAAA: u16 = 28;

const IN: u16 = 1;
const HEADER: usize = 12;
/// Bytes of the longest question: header, name, type and class.
pub const QUESTION_MAX: usize = HEADER + Name::MAX + 4;
/// Aliases of aliases that are followed.
const ALIASES: usize = 16;

/// A name as it is in messages, not compressed: labels after their lengths, and a zero.
#[derive(Clone, Copy)]
pub struct Name {
    bytes: [u8; Name::MAX],
    len: usize,
}

impl Name {
    /// Bytes of the longest name.
    pub const MAX: usize = 255;

    /// The name that a text with dots means, with or without one at its end. None: a label is empty or too long, or the whole is.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let text = text.strip_suffix(b".").unwrap_or(text);
        let mut name = Self { bytes: [0; Self::MAX], len: 0 };
        for label in text.split(|&byte| byte == b'.') {
            name.push(label)?;
        }
        name.len += 1; // the root's zero
        Some(name)
    }

    /// Appends a label; leaves room for the zero.
    fn push(&mut self, label: &[u8]) -> Option<()> {
        if label.is_empty() || label.len() > 63 || self.len + 1 + label.len() >= Self::MAX {
            return None;
        }
        self.bytes[self.len] = label.len() as u8;
        self.bytes[self.len + 1..][..label.len()].copy_from_slice(label);
        self.len += 1 + label.len();
        Some(())
    }

    /// Reads a name at `at` of a message: the name, and where the message goes on behind it.
    #[must_use]
    pub fn read(message: &[u8], mut at: usize) -> Option<(Self, usize)> {
        let mut name = Self { bytes: [0; Self::MAX], len: 0 };
        let mut behind = None;
        let mut part = at; // where the part that is being read began
        loop {
            let length = usize::from(*message.get(at)?);
            match length {
                0 => {
                    name.len += 1;
                    return Some((name, behind.unwrap_or(at + 1)));
                }
                1..=63 => {
                    name.push(message.get(at + 1..at + 1 + length)?)?;
                    at += 1 + length;
                }
                0xc0..=0xff => {
                    let to = (length & 0x3f) << 8 | usize::from(*message.get(at + 1)?);
                    behind = behind.or(Some(at + 2));
                    if to >= part {
                        return None; // not before itself: it could lead round
                    }
                    (part, at) = (to, to);
                }
                _ => return None,
            }
        }
    }

    /// Whether both are the same name: ASCII letters are equal in both cases.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        // Lengths are below 64 and so no letters: they compare as they are.
        self.bytes[..self.len].eq_ignore_ascii_case(&other.bytes[..other.len])
    }

    /// Writes the name as a text, if it is one that a host may have: letters, digits, `-` and `_`, no label that begins with `-`. How many bytes.
    #[must_use]
    pub fn host_name(&self, to: &mut [u8; Name::MAX]) -> Option<usize> {
        let (mut at, mut n) = (0, 0);
        while self.bytes[at] != 0 {
            let label = &self.bytes[at + 1..][..usize::from(self.bytes[at])];
            if label[0] == b'-'
                || !label.iter().all(|&byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            {
                return None;
            }
            if n > 0 {
                to[n] = b'.';
                n += 1;
            }
            to[n..][..label.len()].copy_from_slice(label);
            (n, at) = (n + label.len(), at + 1 + label.len());
        }
        if n == 0 { None } else { Some(n) }
    }
}

/// Writes the question for a record, recursion wanted: how many bytes.
#[must_use]
pub fn question(id: u16, name: &Name, kind: u16, to: &mut [u8; QUESTION_MAX]) -> usize {
    const RECURSION_DESIRED: [u8; 2] = [1, 0];
    to[..HEADER].fill(0);
    to[..2].copy_from_slice(&id.to_be_bytes());
    to[2..4].copy_from_slice(&RECURSION_DESIRED);
    to[5] = 1; // one question
    to[HEADER..][..name.len].copy_from_slice(&name.bytes[..name.len]);
    let end = HEADER + name.len;
    to[end..end + 2].copy_from_slice(&kind.to_be_bytes());
    to[end + 2..end + 4].copy_from_slice(&IN.to_be_bytes());
    end + 4
}

/// What a message that came is.
#[allow(
    clippy::large_enum_variant,
    reason = "there is one at a time, on the stack: without a heap there is no other place"
)]
pub enum Verdict<'a> {
    /// No answer to this question: another id, another name or type, no answer at all.
    NotOurs,
    /// The answer, but cut off: ask over TCP.
    CutOff,
    /// There is no such name.
    NoName,
    /// The server cannot or does not want to say, or its answer makes no sense.
    Failed,
    /// The records, maybe none.
    Here(Answer<'a>),
}

/// A message's answer section, known to be whole.
pub struct Answer<'a> {
    message: &'a [u8],
    start: usize,
    count: u16,
    /// What was asked for, or what that is an alias of.
    pub name: Name,
}

fn word(message: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*message.get(at)?, *message.get(at + 1)?]))
}

/// Judges a message as the answer to a question.
#[must_use]
pub fn judge<'a>(message: &'a [u8], id: u16, name: &Name, kind: u16) -> Verdict<'a> {
    const IS_ANSWER: u16 = 0x8000;
    const OPERATION: u16 = 0x7800;
    const CUT_OFF: u16 = 0x200;
    let header =
        || Some((word(message, 0)?, word(message, 2)?, word(message, 4)?, word(message, 6)?, word(message, 10)?));
    let Some((its_id, flags, questions, answers, _)) = header() else { return Verdict::NotOurs };
    if its_id != id || flags & (IS_ANSWER | OPERATION) != IS_ANSWER {
        return Verdict::NotOurs;
    }
    let result = flags & 15;
    if questions == 0 && result != 0 && result != 3 {
        return Verdict::Failed; // a server that does not even repeat what it does not want
    }
    let asked = || {
        let (asked, at) = Name::read(message, HEADER)?;
        let same = questions == 1 && asked.is(name) && word(message, at)? == kind && word(message, at + 2)? == IN;
        same.then_some(at + 4)
    };
    let Some(start) = asked() else { return Verdict::NotOurs };
    match result {
        _ if flags & CUT_OFF != 0 => Verdict::CutOff,
        0 => {
            let mut answer = Answer { message, start, count: answers, name: *name };
            if answer.records().count() != usize::from(answers) {
                return Verdict::Failed;
            }
            answer.follow_aliases();
            Verdict::Here(answer)
        }
        3 => Verdict::NoName,
        _ => Verdict::Failed,
    }
}

/// A record of the answer section.
struct Record<'a> {
    owner: Name,
    kind: u16,
    class: u16,
    /// Where its data begins in the message: names in it may be compressed.
    at: usize,
    data: &'a [u8],
}

impl<'a> Answer<'a> {
    /// The data of the records of a type that belong to [`Answer::name`].
    pub fn data(&self, kind: u16) -> impl Iterator<Item = &'a [u8]> {
        self.of(kind).map(|record| record.data)
    }

    /// The first name among the records of a type.
    #[must_use]
    pub fn first_name(&self, kind: u16) -> Option<Name> {
        self.of(kind).find_map(|record| self.name_in(&record))
    }

    fn of(&self, kind: u16) -> impl Iterator<Item = Record<'a>> {
        self.records().filter(move |record| record.kind == kind && record.class == IN && record.owner.is(&self.name))
    }

    /// The name that a record's data is, and nothing else.
    fn name_in(&self, record: &Record<'_>) -> Option<Name> {
        let (name, end) = Name::read(self.message, record.at)?;
        (end == record.at + record.data.len()).then_some(name)
    }

    fn follow_aliases(&mut self) {
        for _ in 0..ALIASES {
            match self.first_name(CNAME) {
                Some(name) => self.name = name,
                None => return,
            }
        }
    }

    /// All records up to the first that is broken.
    fn records(&self) -> impl Iterator<Item = Record<'a>> + use<'a> {
        let (message, mut at) = (self.message, self.start);
        (0..self.count).map_while(move |_| {
            let (owner, head) = Name::read(message, at)?;
            let (kind, class, size) = (word(message, head)?, word(message, head + 2)?, word(message, head + 8)?);
            let data = message.get(head + 10..head + 10 + usize::from(size))?;
            at = head + 10 + data.len();
            Some(Record { owner, kind, class, at: head + 10, data })
        })
    }
}
