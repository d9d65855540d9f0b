//! Internet addresses as text, both ways. Source: RFC 4291, 2.2 (the three forms), RFC 5952, 4 (which of them is written).

/// Four decimal numbers up to 255, without leading zeros.
#[must_use]
pub fn parse_v4(text: &[u8]) -> Option<[u8; 4]> {
    let mut address = [0; 4];
    let mut parts = text.split(|&byte| byte == b'.');
    for byte in &mut address {
        *byte = decimal(parts.next()?)?;
    }
    if parts.next().is_none() { Some(address) } else { None }
}

fn decimal(part: &[u8]) -> Option<u8> {
    if part.is_empty() || part.len() > 3 || (part.len() > 1 && part[0] == b'0') {
        return None;
    }
    part.iter().try_fold(0_u8, |value, digit| {
        let digit = digit.is_ascii_digit().then_some(digit.wrapping_sub(b'0'))?;
        value.checked_mul(10)?.checked_add(digit)
    })
}

/// Eight groups of up to four hexadecimal digits; `::` once for zero groups, at least one of them; the last two groups may be an IPv4 address.
#[must_use]
pub fn parse_v6(text: &[u8]) -> Option<[u8; 16]> {
    let mut groups = [0_u16; 8];
    let (mut n, mut gap) = (0, None);
    let mut rest = text;
    if let Some(after) = rest.strip_prefix(b"::") {
        (gap, rest) = (Some(0), after);
    }
    while !rest.is_empty() {
        let len = rest.iter().position(|&byte| byte == b':').unwrap_or(rest.len());
        let (group, after) = rest.split_at(len);
        if group.contains(&b'.') {
            let [a, b, c, d] = parse_v4(group)?;
            *groups.get_mut(n)? = u16::from_be_bytes([a, b]);
            *groups.get_mut(n + 1)? = u16::from_be_bytes([c, d]);
            n += 2;
            if after.is_empty() {
                break;
            }
            return None; // nothing may follow
        }
        *groups.get_mut(n)? = hexadecimal(group)?;
        n += 1;
        rest = match after {
            [] => break,
            [b':', b':', after @ ..] if gap.is_none() => {
                gap = Some(n);
                after
            }
            [b':', after @ ..] if !after.is_empty() => after,
            _ => return None, // it ends in a colon
        };
    }
    match gap {
        None if n == 8 => {}
        Some(gap) if n < 8 => {
            groups.copy_within(gap..n, 8 - (n - gap));
            groups.get_mut(gap..8 - (n - gap))?.fill(0);
        }
        _ => return None,
    }
    let mut address = [0; 16];
    for (bytes, group) in address.chunks_exact_mut(2).zip(groups) {
        bytes.copy_from_slice(&group.to_be_bytes());
    }
    Some(address)
}

fn hexadecimal(group: &[u8]) -> Option<u16> {
    if group.is_empty() || group.len() > 4 {
        return None;
    }
    group.iter().try_fold(0_u16, |value, &digit| Some(value << 4 | char::from(digit).to_digit(16)? as u16))
}

/// A short text of its own: addresses, and decimal numbers.
#[derive(Clone, Copy)]
pub struct Text {
    bytes: [u8; Text::MAX],
    len: usize,
}

impl Text {
    /// The longest address of version 6, `%`, the longest name of an interface, and a zero.
    pub const MAX: usize = 64;

    /// An empty text.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: [0; Self::MAX], len: 0 }
    }

    /// Four decimal numbers.
    #[must_use]
    pub fn v4(address: [u8; 4]) -> Self {
        let mut text = Self::new();
        text.put_v4(address);
        text
    }

    /// Lower-case groups without leading zeros; the first of the longest runs of two and more zero groups is `::`; what is an IPv4 address by its
    /// prefix (`::a.b.c.d` and `::ffff:a.b.c.d`) ends in one.
    #[must_use]
    pub fn v6(address: [u8; 16]) -> Self {
        let mut groups = [0_u16; 8];
        for (group, bytes) in groups.iter_mut().zip(address.chunks_exact(2)) {
            *group = u16::from_be_bytes([bytes[0], bytes[1]]);
        }
        let (start, len) = longest_run(&groups);
        let v4 = start == 0 && (len == 6 || (len == 5 && groups[5] == 0xffff));
        let mut text = Self::new();
        let mut at = 0;
        while at < 8 {
            if at == start && len > 0 {
                text.put(b"::");
                at += len;
                continue;
            }
            if at > 0 && at != start + len {
                text.put(b":");
            }
            if v4 && at == 6 {
                text.put_v4([address[12], address[13], address[14], address[15]]);
                break;
            }
            text.put_hexadecimal(groups[at]);
            at += 1;
        }
        text
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// Its bytes and a zero.
    #[must_use]
    pub fn with_zero(&self) -> &[u8] {
        &self.bytes[..=self.len]
    }

    /// Appends bytes; what does not fit is cut off.
    pub fn put(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if self.len < Self::MAX - 1 {
                self.bytes[self.len] = byte;
                self.len += 1;
            }
        }
    }

    /// Appends a decimal number.
    pub fn put_decimal(&mut self, number: u32) {
        if number >= 10 {
            self.put_decimal(number / 10);
        }
        self.put(&[b'0' + (number % 10) as u8]);
    }

    fn put_v4(&mut self, address: [u8; 4]) {
        for (at, byte) in address.into_iter().enumerate() {
            self.put(if at == 0 { b"" } else { b"." });
            self.put_decimal(byte.into());
        }
    }

    fn put_hexadecimal(&mut self, group: u16) {
        let digits = (4 - group.leading_zeros() / 4).max(1);
        for place in (0..digits).rev() {
            self.put(&[b"0123456789abcdef"[usize::from(group >> (4 * place) & 15)]]);
        }
    }
}

/// Where the first of the longest runs of zero groups begins and how long it is; a single zero is no run.
fn longest_run(groups: &[u16; 8]) -> (usize, usize) {
    let (mut best, mut at) = ((8, 0), 0);
    while at < 8 {
        let len = groups[at..].iter().take_while(|&&group| group == 0).count();
        if len >= 2 && len > best.1 {
            best = (at, len);
        }
        at += len.max(1);
    }
    best
}
