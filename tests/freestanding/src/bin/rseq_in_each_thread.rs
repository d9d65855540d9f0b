//! Every thread has its own registered area from its first instruction on.
#![no_std]
#![no_main]

use dacapo::rseq::{State, current_cpu, state};
use dacapo::{per_thread, thread};
use freestanding::{check, skip};

fn registered() -> (i32, usize) {
    let area = &per_thread::current().rseq;
    let cpu = area.cpu_id.load(core::sync::atomic::Ordering::Relaxed) as i32;
    (cpu, &raw const *area as usize)
}

dacapo::main!(|_, _| {
    let (cpu, main_area) = registered();
    let mut areas = [0; 20];
    let mut handles = [const { None }; 20];
    for handle in &mut handles {
        *handle = thread::spawn(registered).ok();
    }
    for (area, handle) in areas.iter_mut().zip(handles) {
        let Some(Ok((cpu, address))) = handle.map(|handle| handle.join()) else {
            freestanding::failed(file!(), line!(), "join")
        };
        check!((cpu >= 0) == (state() == State::Owned));
        check!(address.is_multiple_of(64) && address != main_area);
        *area = address;
    }
    check!(current_cpu() < 4096);
    if let State::Unavailable(errno) = state() {
        check!(cpu == -1);
        dacapo::println!("rseq: {errno}");
        skip("this kernel has no rseq; the fallback was seen in 20 threads");
    }
    check!(state() == State::Owned && cpu >= 0);
    0
});
