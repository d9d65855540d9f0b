//! Where a section's instructions begin, by decoding its text.

use dacapo::rseq::CriticalSection;
use iced_x86::{Decoder, DecoderOptions, Instruction, Mnemonic};

use crate::trap::on_x86;

/// More than the longest section, its arming code and an abort handler have.
const TEXT: usize = 512;

/// Bytes of the longest arming code, and more.
const LONGEST_ARM: usize = 128;

/// The program's text from an address on, decoded.
fn decode(address: usize) -> impl Iterator<Item = Instruction> {
    // SAFETY: the text of this program, which goes on for longer than that after every section.
    let code = unsafe { std::slice::from_raw_parts(address as *const u8, TEXT) };
    Decoder::with_ip(64, code, address as u64, DecoderOptions::NONE).into_iter().collect::<Vec<_>>().into_iter()
}

/// Where the abort handler jumps to: the section's arming code.
fn arm(section: &CriticalSection) -> usize {
    if on_x86() {
        let jump = decode(section.abort).find(|instruction| instruction.mnemonic() == Mnemonic::Jmp);
        return jump.expect("the abort handler starts over").near_branch_target() as usize;
    }
    for at in (section.abort..section.abort + 64).step_by(4) {
        // SAFETY: the abort handler's own text.
        let word = unsafe { (at as *const u32).read() };
        if word >> 26 == 0b000101 {
            let words = ((word << 6) as i32 >> 6) as isize; // a signed distance of 26 bits
            let target = at.wrapping_add_signed(words * 4);
            // A branch elsewhere is the linker's: against erratum 843419 it moves a store that follows an adrp at the end of a page.
            if section.start.wrapping_sub(target) < LONGEST_ARM {
                return target;
            }
        }
    }
    panic!("the abort handler does not start over");
}

/// Every instruction from the arming code to the first one at or after the commit address.
pub fn of(section: &CriticalSection) -> Vec<usize> {
    let (arm, end) = (arm(section), section.start + section.length);
    let mut addresses: Vec<usize> = if on_x86() {
        decode(arm).map(|instruction| instruction.ip() as usize).collect()
    } else {
        (arm..arm + TEXT).step_by(4).collect()
    };
    let inside = addresses.iter().take_while(|&&address| address < end).count();
    addresses.truncate(inside + 1);
    addresses
}
