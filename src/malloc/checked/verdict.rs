//! What the checked heap says before it ends the process: the address, the rule, and the block that it belongs to.

use super::super::writer::Writer;
use super::Block;
use crate::sys::process::abort;

#[inline(never)]
fn about(line: &mut Writer, block: &Block) {
    line.text("a block of ").number(block.size).text(" bytes at ").hex(block.start);
    line.text(" (allocation ").number(block.serial as usize).text(")");
}

#[inline(never)]
fn end(mut line: Writer) -> ! {
    line.text("\n");
    drop(line);
    super::release(); // the caller's guard: a handler of SIGABRT may want to allocate before the end
    abort()
}

#[cold]
#[inline(never)]
pub fn no_block(address: usize) -> ! {
    let mut line = Writer::complaint();
    line.text("free(): ").hex(address).text(" is not the start of a live block");
    end(line)
}

#[cold]
#[inline(never)]
pub fn not_the_start(address: usize, block: &Block) -> ! {
    let mut line = Writer::complaint();
    line.text("free(): ").hex(address).text(" is not the start of a live block: it is ");
    if address < block.start {
        line.number(block.start - address).text(" bytes before ");
    } else if address - block.start < block.size.max(1) {
        line.number(address - block.start).text(" bytes inside ");
    } else {
        line.number(address - block.start - block.size).text(" bytes behind the end of ");
    }
    about(&mut line, block);
    end(line)
}

#[cold]
#[inline(never)]
pub fn twice(block: &Block) -> ! {
    let mut line = Writer::complaint();
    line.text("free(): ").hex(block.start).text(" was freed before: double free of ");
    about(&mut line, block);
    end(line)
}

#[cold]
#[inline(never)]
pub fn wrong_size(size: usize, block: &Block) -> ! {
    let mut line = Writer::complaint();
    line.text("free(): ").hex(block.start).text(" was given back as ").number(size).text(" bytes, but is ");
    about(&mut line, block);
    end(line)
}

#[cold]
#[inline(never)]
pub fn overrun(at: usize, block: &Block) -> ! {
    let mut line = Writer::complaint();
    line.text("overrun: ").hex(at).text(" was overwritten, ");
    if at < block.start {
        line.number(block.start - at).text(" bytes before ");
    } else {
        line.number(at - block.start - block.size).text(" bytes behind the end of ");
    }
    about(&mut line, block);
    end(line)
}

#[cold]
#[inline(never)]
pub fn after_free(at: usize, block: &Block) -> ! {
    let mut line = Writer::complaint();
    line.text("use after free: ").hex(at).text(" was overwritten, ");
    line.number(at.abs_diff(block.start)).text(if at < block.start {
        " bytes before "
    } else {
        " bytes from the start of "
    });
    about(&mut line, block);
    end(line)
}
