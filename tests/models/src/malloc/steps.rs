//! The sections of `arch/<cpu>/heap.rs` as steps: what `pop` and `push` load and store there, in that order.

use crate::sections::Preemptible;

const WORD: usize = size_of::<usize>();

/// The negative control exchanges source and sink by two stores (`dacapo_broken`): the model finds a block that is had twice.
const ONE_STORE: bool = cfg!(not(dacapo_broken = "heap_exchange_in_two"));

/// `slot` is 2 * class.
pub fn pop(table: *const *mut u8, slot: usize) -> *mut u8 {
    let found = Preemptible::section(|run, index| {
        let pair = run.load_block(table, index)? + slot * WORD;
        let source = run.load(pair)?;
        let block = run.load(source - WORD)?;
        if block & 15 != 0 {
            return Ok(0); // the end
        }
        run.store(&[(pair, source - WORD)])?;
        Ok(block)
    });
    let found = if found != 0 { found } else { Preemptible::section(|run, index| exchange(run, table, index, slot)) };
    std::ptr::without_provenance_mut(found)
}

/// What was freed last, and with it the sink becomes the source; 0 if both are empty.
fn exchange(
    run: &Preemptible,
    table: *const *mut u8,
    index: i32,
    slot: usize,
) -> Result<usize, crate::fence::Restarted> {
    let pair = run.load_block(table, index)? + slot * WORD;
    let sink = run.load(pair + WORD)?;
    let source = run.load(pair)?;
    let block = run.load(sink - WORD)?;
    if block & 15 != 0 || run.load(source - WORD)? & 1 == 0 {
        return Ok(0);
    }
    let both = [(pair, sink - WORD), (pair + WORD, source)];
    if ONE_STORE {
        run.store(&both)?;
    } else {
        run.store(&both[..1])?;
        run.store(&both[1..])?;
    }
    Ok(block)
}

pub fn push(table: *const *mut u8, slot: usize, block: *mut u8) -> bool {
    Preemptible::section(|run, index| {
        let place = run.load_block(table, index)? + slot * WORD + WORD;
        let sink = run.load(place)?;
        if run.load(sink - WORD)? == block.addr() || run.load(sink)? & 1 != 0 {
            return Ok(false);
        }
        run.store(&[(sink, block.addr())])?; // above the cursor: nobody's
        run.store(&[(place, sink + WORD)])?;
        Ok(true)
    })
}
