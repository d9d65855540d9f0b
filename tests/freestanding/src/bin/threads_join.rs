//! 10,000 threads (1,000 where the CPU is emulated), one after the other and in waves; every value arrives, and nothing piles up.
#![no_std]
#![no_main]

use dacapo::thread;
use freestanding::{check, mappings};

dacapo::main!(|_, _| {
    let warm = thread::spawn(|| 0).and_then(|thread| thread.join());
    check!(warm == Ok(0));
    let before = mappings();
    let (alone, waves) = if freestanding::rounds_are_dear() { (500, 5) } else { (5_000, 50) };
    for round in 0..alone {
        let handle = thread::spawn(move || round * 3);
        check!(handle.and_then(|thread| thread.join()) == Ok(round * 3));
    }
    for wave in 0..waves {
        let mut handles = [const { None }; 100];
        for (number, handle) in handles.iter_mut().enumerate() {
            *handle = thread::spawn(move || [wave, number]).ok();
        }
        for (number, handle) in handles.into_iter().enumerate() {
            let value = handle.map(|thread| thread.join());
            check!(value == Some(Ok([wave, number])), "wave {wave}, thread {number}: {value:?}");
        }
    }
    // The cache keeps up to 16 mappings of two parts each.
    check!(mappings() <= before.map(|lines| lines + 32), "{before:?} mappings, then {:?}", mappings());
});
