//! What the checked heap says at exit: damage that nobody met yet, and the blocks that are still live.

use super::super::lock::Quiet;
use super::super::options;
use super::super::writer::Writer;
use super::{HEAP, State, verdict};
use crate::sys::process;

/// Looks at every block: an overrun or a write to a freed one ends the process; live ones are listed on standard error.
pub fn at_exit() {
    let quiet = Quiet::enter();
    let heap = HEAP.lock(&quiet);
    let (mut blocks, mut bytes) = (0, 0);
    heap.space.each(&mut |id| {
        let block = heap.block(id);
        match block.state {
            State::Free => {}
            State::Quarantined => heap.still_poisoned(&block),
            State::Live => {
                if let Some(at) = heap.damage(&block) {
                    verdict::overrun(at, &block);
                }
                blocks += 1;
                bytes += block.size;
            }
        }
    });
    let mut out = Writer::complaint();
    out.text("process ").number(process::getpid() as usize).text(" ends with ");
    out.number(blocks).text(" live blocks, ").number(bytes).text(" bytes\n");
    let mut left = options::LEAKS.get();
    heap.space.each(&mut |id| {
        let block = heap.block(id);
        if block.state == State::Live && left > 0 {
            left -= 1;
            out.text("  leak: ").hex(block.start).text(", ").number(block.size).text(" bytes, allocation ");
            out.number(block.serial as usize).text(", begins with");
            for at in 0..block.size.min(16) {
                // SAFETY: a live block's byte.
                let byte = unsafe { *((block.start + at) as *const u8) };
                out.text(if byte < 16 { " 0" } else { " " }).digits(byte as u64, 16);
            }
            out.text("\n");
        }
    });
}
