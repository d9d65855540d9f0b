use std::num::NonZeroUsize;
use std::sync::Mutex;

use dacapo::percpu::Stack;

fn word(n: usize) -> NonZeroUsize {
    NonZeroUsize::new(n).expect("not 0")
}

/// Every thread pushes what it alone has, and pops anything: at the end each word has come out exactly once.
#[test]
fn each_word_comes_out_once_whoever_pushed_it() {
    let each = support::rounds(20_000) as usize;
    let stack = Stack::new(64).expect("memory");
    let popped = Mutex::new(Vec::new());
    super::tormented(6, |n| {
        let mut mine = Vec::new();
        for i in 0..each {
            if let Err(full) = stack.push(word(1 + n * each + i)) {
                mine.push(full.get()); // the stack is full: this one goes around it
            }
            if i % 2 == 1 {
                mine.extend(stack.pop_here().map(NonZeroUsize::get));
            }
        }
        popped.lock().expect("no panic").append(&mut mine);
    });
    let mut all = popped.into_inner().expect("no panic");
    while let Some(word) = stack.pop() {
        all.push(word.get());
    }
    all.sort_unstable();
    assert_eq!(all, (1..=6 * each).collect::<Vec<_>>());
}

#[test]
fn a_thread_finds_what_another_cpu_pushed() {
    let stack = Stack::new(8).expect("memory");
    let cpus = support::affinity::allowed();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            support::affinity::pin(cpus[0]);
            stack.push(word(7)).expect("room");
        });
    });
    let found = std::thread::scope(|scope| {
        let thief = scope.spawn(|| {
            support::affinity::pin(cpus[cpus.len() - 1]);
            (stack.pop(), stack.pop())
        });
        thief.join().expect("ran")
    });
    assert_eq!(found, (Some(word(7)), None));
}

#[test]
fn a_full_stack_gives_the_word_back() {
    let stack = Stack::new(1).expect("memory");
    let cpu = support::affinity::allowed()[0];
    std::thread::scope(|scope| {
        scope.spawn(|| {
            support::affinity::pin(cpu);
            assert_eq!((stack.push(word(1)), stack.push(word(2))), (Ok(()), Err(word(2))));
        });
    });
}
