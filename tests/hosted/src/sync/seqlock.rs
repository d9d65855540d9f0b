use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use dacapo::sync::SeqLock;

/// Writers keep all words equal; a reader that sees two different ones has seen half a write.
#[test]
fn a_reader_never_sees_half_a_write() {
    let words = SeqLock::new([0_usize; 16]);
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut last = 0;
                while !over.load(SeqCst) {
                    let seen = words.read();
                    assert!(seen.iter().all(|&word| word == seen[0]), "torn: {seen:?}");
                    assert!(seen[0] >= last, "went back from {last} to {}", seen[0]);
                    last = seen[0];
                }
            });
        }
        for _ in 0..support::rounds(100_000) {
            words.update(|words| words.iter_mut().for_each(|word| *word += 1));
        }
        over.store(true, SeqCst);
    });
    assert_eq!(words.read()[3], support::rounds(100_000) as usize);
}

#[test]
fn writers_exclude_each_other() {
    let words = SeqLock::new([0; 2]);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..support::rounds(20_000)).for_each(|_| words.update(|words| words[1] += 1)));
        }
    });
    assert_eq!(words.read(), [0, 4 * support::rounds(20_000) as usize]);
}

#[test]
fn a_read_in_the_middle_of_a_write_is_refused_and_not_waited_for() {
    let words = SeqLock::new([1, 2]);
    // The writer's closure runs before anything is stored, so a read there still sees the old words.
    words.update(|new| {
        assert_eq!(words.try_read(), Some([1, 2]));
        *new = [3, 4];
    });
    assert_eq!(words.try_read(), Some([3, 4]));
}

#[test]
fn no_system_call_is_made() {
    let verdict = super::without_futex(|| {
        let words = SeqLock::new([1, 2]);
        words.write([3, 4]);
        assert_eq!(words.read(), [3, 4]);
    });
    assert_eq!(verdict, 0);
}
