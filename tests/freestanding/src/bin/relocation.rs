//! Words that hold addresses are right wherever the program was loaded, and what the linker made read-only is.
#![no_std]
#![no_main]

use core::hint::black_box;

use dacapo::start::auxv::auxv;
use dacapo::start::program_header::RELRO;
use freestanding::{Ending, check, in_child};

fn one() -> usize {
    1
}

fn two() -> usize {
    2
}

static VALUE: usize = 42;

struct Row {
    function: fn() -> usize,
    value: &'static usize,
    text: &'static str,
}

/// Three relocations a row; enough rows that DT_RELR needs more than one bitmap word.
static ROWS: [Row; 100] = [const { Row { function: one, value: &VALUE, text: "one" } }; 100];
static LAST: [Row; 1] = [Row { function: two, value: &VALUE, text: "two" }];

dacapo::main!(|_, _| {
    let rows: &[Row] = black_box(&ROWS);
    for row in rows {
        check!((row.function)() == 1 && *row.value == 42 && row.text == "one");
        check!(core::ptr::eq(row.value, &VALUE));
    }
    let last: &[Row] = black_box(&LAST);
    check!((last[0].function)() == 2 && last[0].text == "two");

    let auxv = auxv();
    check!(auxv.entry() != 0 && auxv.page_size() >= 4096 && auxv.clock_ticks() > 0);
    check!(
        auxv.get(3) == Some(auxv.program_headers().as_ptr() as usize)
            && auxv.get(63).is_none()
            && auxv.get(9999).is_none()
    );
    let bias = (&raw const VALUE as usize).wrapping_sub(linked_at());
    for header in auxv.program_headers().iter().filter(|header| header.kind == RELRO) {
        let first = bias.wrapping_add(header.address);
        let page = auxv.page_size();
        if header.size < page {
            continue; // shares its page with what must stay writable
        }
        let place = (first.next_multiple_of(page)) as *mut u8;
        // SAFETY: meant to fault; a child's copy of memory.
        let write = in_child(|| unsafe {
            place.write_volatile(place.read_volatile());
            0
        });
        check!(write == Ending::Signal(11), "{write:?}");
    }
});

/// Where the linker put VALUE before the load address was added: the headers' bias, from the outside.
fn linked_at() -> usize {
    let headers = auxv().program_headers();
    let mut bias = 0;
    for header in headers {
        if header.kind == 1 && header.offset == 0 {
            bias = (headers.as_ptr() as usize - 64).wrapping_sub(header.address);
        }
    }
    (&raw const VALUE as usize).wrapping_sub(bias)
}
