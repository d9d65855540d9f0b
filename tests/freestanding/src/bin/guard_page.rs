//! A stack that overflows hits the guard: SIGSEGV, and not its neighbour's memory.
#![no_std]
#![no_main]

use core::hint::black_box;
use core::sync::atomic::{AtomicUsize, Ordering};

use dacapo::thread;
use freestanding::{Ending, check, in_child};

static DEEPEST: AtomicUsize = AtomicUsize::new(usize::MAX);

fn descend(depth: usize) -> usize {
    let frame = black_box([depth as u8; 512]);
    DEEPEST.fetch_min(frame.as_ptr() as usize, Ordering::Relaxed);
    if depth == 0 { 0 } else { descend(depth - 1) + usize::from(black_box(frame)[depth % 512]) }
}

fn overflow(guard: usize) -> Ending {
    in_child(|| {
        let builder = thread::Builder::new().stack_size(256 << 10).guard_size(guard);
        let Ok(handle) = builder.spawn(|| black_box(descend(100_000))) else { return 1 };
        let _ = handle.join();
        0
    })
}

dacapo::main!(|_, _| {
    check!(overflow(4096) == Ending::Signal(11));
    check!(overflow(64 << 10) == Ending::Signal(11));
    // Within the stack nothing happens.
    let fits = thread::Builder::new().stack_size(256 << 10).spawn(|| descend(200));
    check!(fits.and_then(|handle| handle.join()).is_ok());
    // The guard is there and has its size: the byte right below the stack cannot be read, the lowest of the stack can.
    let probe = |offset: usize, inside: bool| {
        in_child(move || {
            let handle = thread::Builder::new().guard_size(64 << 10).spawn(move || {
                let (low, _) = thread::current().stack();
                let place = if inside { low.wrapping_add(offset) } else { low.wrapping_sub(offset) };
                // SAFETY: meant to fault below the stack; the stack itself can be read.
                black_box(unsafe { place.read_volatile() });
            });
            i32::from(handle.and_then(|handle| handle.join()).is_err())
        })
    };
    check!(probe(0, true) == Ending::Code(0));
    check!(probe(1, false) == Ending::Signal(11));
    check!(probe(64 << 10, false) == Ending::Signal(11));
});
