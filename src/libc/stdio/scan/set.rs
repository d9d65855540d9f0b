//! The set of `%[...]`.

/// 256 bits.
pub struct Set {
    bits: [u64; 4],
    /// Behind `[^`: characters beyond 255 belong to it.
    negated: bool,
}

/// Behind the bracket that closes the set that begins at `at`.
pub unsafe fn end(at: *const u8) -> *const u8 {
    let mut at = if *at == b'^' { at.wrapping_add(1) } else { at };
    if *at == b']' {
        at = at.wrapping_add(1);
    }
    while *at != 0 && *at != b']' {
        at = at.wrapping_add(1);
    }
    if *at == 0 { at } else { at.wrapping_add(1) }
}

impl Set {
    /// Reads the set that begins at `at`, behind its bracket.
    pub unsafe fn parse(at: *const u8) -> Set {
        let negated = *at == b'^';
        let mut at = if negated { at.wrapping_add(1) } else { at };
        let start = at;
        let mut set = Set { bits: [0; 4], negated };
        while *at != 0 && (*at != b']' || at == start) {
            let low = *at;
            // z-a is no range, but three characters.
            let range = *at.wrapping_add(1) == b'-' && *at.wrapping_add(2) != b']' && low <= *at.wrapping_add(2);
            let high = if range { *at.wrapping_add(2) } else { low };
            for byte in low..=high {
                set.bits[usize::from(byte >> 6)] |= 1 << (byte & 63);
            }
            at = at.wrapping_add(if range { 3 } else { 1 });
        }
        if negated {
            set.bits = set.bits.map(|word| !word);
        }
        set
    }

    pub fn has(&self, character: u32) -> bool {
        match u8::try_from(character) {
            Ok(byte) => self.bits[usize::from(byte >> 6)] >> (byte & 63) & 1 != 0,
            Err(_) => self.negated,
        }
    }
}
