//! Blocks that one thread allocates and another frees; threads that come and go; memory that stays bounded.

use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering::SeqCst};
use std::sync::mpsc::sync_channel;

use super::resident;

struct Sent(*mut u8, usize, u8);
// SAFETY: a block belongs to whoever holds it.
unsafe impl Send for Sent {}

impl Sent {
    fn new(size: usize, pattern: u8) -> Sent {
        let block = dacapo::malloc::allocate(size);
        assert!(!block.is_null());
        // SAFETY: a block of that size.
        unsafe { block.write_bytes(pattern, size) };
        Sent(block, size, pattern)
    }

    fn check_and_free(self) {
        // SAFETY: a live block of that size.
        unsafe {
            let bytes = std::slice::from_raw_parts(self.0, self.1);
            assert!(bytes.iter().all(|&byte| byte == self.2), "{:?}+{} was overwritten", self.0, self.1);
            dacapo::malloc::deallocate(self.0);
        }
    }
}

#[test]
fn blocks_freed_by_other_threads_keep_their_contents_until_then() {
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..4).map(|_| sync_channel::<Sent>(500)).unzip();
    std::thread::scope(|scope| {
        for (thread, receiver) in receivers.into_iter().enumerate() {
            let sender = senders[(thread + 1) % 4].clone();
            scope.spawn(move || {
                for round in 0..support::rounds(20_000) as usize {
                    let block = Sent::new(1 + (round * 37 + thread) % 900, round as u8);
                    if let Err(full) = sender.try_send(block) {
                        let (std::sync::mpsc::TrySendError::Full(block)
                        | std::sync::mpsc::TrySendError::Disconnected(block)) = full;
                        block.check_and_free();
                    }
                    if let Ok(block) = receiver.try_recv() {
                        block.check_and_free();
                    }
                }
                drop(sender);
                receiver.try_iter().for_each(Sent::check_and_free);
            });
        }
        drop(senders);
    });
}

/// In a process of its own, where no other test's memory counts.
#[test]
fn a_producer_and_a_consumer_use_bounded_memory() {
    support::process::alone("malloc::threads::a_producer_and_a_consumer_use_bounded_memory", produce_and_consume);
}

fn produce_and_consume() {
    let before = resident();
    let (sender, receiver) = sync_channel::<Sent>(1000);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            (0..support::rounds(1_000_000) as usize)
                .for_each(|round| sender.send(Sent::new(64 + round % 64, 1)).unwrap());
        });
        scope.spawn(move || receiver.iter().for_each(Sent::check_and_free));
    });
    let grown = resident().saturating_sub(before);
    // 1,000,000 blocks of 96 bytes passed through: 92 MiB, if nothing came back.
    assert!(grown < 24 << 20, "{} KiB more than before", grown >> 10);
}

/// In a process of its own, where nobody else has blocks of that size.
#[test]
fn a_cpu_that_begins_with_another_cpus_block_does_not_go_on_in_its_line() {
    dacapo::rseq::init();
    let rseq = !matches!(dacapo::rseq::state(), dacapo::rseq::State::Unavailable(_));
    if support::affinity::allowed().len() < 2 || !rseq {
        return; // no CPU has blocks of its own
    }
    support::process::alone(
        "malloc::threads::a_cpu_that_begins_with_another_cpus_block_does_not_go_on_in_its_line",
        begin_with_a_foreign_block,
    );
}

fn begin_with_a_foreign_block() {
    let cpus = support::affinity::allowed();
    let (foreign, over) = (AtomicPtr::new(null_mut::<u8>()), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            support::affinity::pin(cpus[0]);
            foreign.store(dacapo::malloc::allocate(16), SeqCst);
            while !over.load(SeqCst) {
                std::hint::spin_loop(); // both run, so that each has an index of its own
            }
        });
        support::affinity::pin(cpus[1]);
        let foreign = loop {
            match foreign.load(SeqCst) {
                block if block.is_null() => std::hint::spin_loop(),
                block => break block,
            }
        };
        let mut again = 0;
        // SAFETY: each block is live, and freed once.
        unsafe {
            dacapo::malloc::deallocate(foreign);
            for _ in 0..64 {
                let block = dacapo::malloc::allocate(16);
                again += usize::from(block == foreign);
                dacapo::malloc::deallocate(block);
            }
        }
        over.store(true, SeqCst);
        assert!(again < 8, "the other CPU's block came back in {again} of 64 turns");
    });
}

/// In a process of its own, where no other test's memory counts.
#[test]
fn threads_that_come_and_go_leave_nothing_behind() {
    support::process::alone("malloc::threads::threads_that_come_and_go_leave_nothing_behind", come_and_go);
}

fn come_and_go() {
    let run = |threads: usize| {
        for _ in 0..threads {
            let thread = std::thread::spawn(|| {
                let blocks: Vec<Sent> = (0..200).map(|n| Sent::new(16 + n * 8, n as u8)).collect();
                blocks.into_iter().for_each(Sent::check_and_free);
            });
            thread.join().unwrap();
        }
    };
    run(50);
    let before = resident();
    run(if support::emulated() { 200 } else { 500 });
    let grown = resident().saturating_sub(before);
    // A thread's blocks are 170 KB: 80 MiB (32 where emulated) if each thread kept its own.
    assert!(grown < 16 << 20, "{} KiB more than before", grown >> 10);
}
