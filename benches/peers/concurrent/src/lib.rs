//! What both programs share: threads that begin together, pinned.

use std::sync::Barrier;
use std::time::Instant;

fn pin(cpu: usize) {
    // SAFETY: the set is a valid one. Where there is one CPU only, all threads share it.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(cpu, &mut set);
        libc::sched_setaffinity(0, size_of_val(&set), &raw const set);
    }
}

/// Wall ns of `threads` threads that do `work` at the same time, each on a CPU of its own: from the first one's begin to the last one's end.
pub fn together(threads: usize, work: impl Fn(usize) + Sync) -> f64 {
    let barrier = Barrier::new(threads);
    let times: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads)
            .map(|n| {
                let (work, barrier) = (&work, &barrier);
                scope.spawn(move || {
                    pin(n);
                    barrier.wait();
                    let begin = Instant::now();
                    work(n);
                    (begin, Instant::now())
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    let begin = times.iter().map(|time| time.0).min().expect("a thread");
    let end = times.iter().map(|time| time.1).max().expect("a thread");
    (end - begin).as_nanos() as f64
}

/// Numbers that come again in the same order: a few instructions, and none depends on memory.
pub struct Random(pub u64);

impl Random {
    #[inline(always)]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        self.0 >> 33
    }
}
