//! The stack of magazines: who takes one has it alone, with what was put into it.

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::sync::atomic::AtomicU32;

use crate::{Found, explore};

mod library {
    include!(concat!(env!("OUT_DIR"), "/stack.rs"));
}
use library::Stack;

/// Three things with their links; loom sees who touches the contents, and whether one is ordered before the other.
struct Things {
    stack: Stack,
    links: [AtomicU32; 3],
    contents: [UnsafeCell<u32>; 3],
}

impl Things {
    /// 1 on top of 2 in the stack; 3 is somebody's.
    fn new() -> Self {
        let things = Self {
            stack: Stack::new(),
            links: std::array::from_fn(|_| AtomicU32::new(0)),
            contents: std::array::from_fn(|_| UnsafeCell::new(0)),
        };
        things.push(2);
        things.push(1);
        things
    }

    fn link(&self, number: u32) -> &AtomicU32 {
        &self.links[number as usize - 1]
    }

    fn push(&self, number: u32) {
        self.stack.push(number, |number| self.link(number));
    }

    fn pop(&self) -> u32 {
        self.stack.pop(|number| self.link(number))
    }

    /// What the one who has it does.
    fn touch(&self, number: u32) {
        if number != 0 {
            // SAFETY: loom says if anybody else does that at the same time.
            self.contents[number as usize - 1].with_mut(|contents| unsafe { *contents += 1 });
        }
    }
}

#[test]
fn nobody_has_what_another_has() {
    let found = explore(3, || {
        let things = Arc::new(Things::new());
        let other = things.clone();
        let thread = loom::thread::spawn(move || {
            for _ in 0..2 {
                let mine = other.pop();
                other.touch(mine);
            }
        });
        // 1 goes away and comes back, on top of another one than before.
        let (first, second) = (things.pop(), things.pop());
        things.touch(3);
        things.push(3);
        if first != 0 {
            things.touch(first);
            things.push(first);
        }
        things.touch(second);
        thread.join().expect("no panic");
    });
    assert_eq!(found, Found::Nothing);
}

#[test]
fn what_was_put_into_it_is_there() {
    let found = explore(3, || {
        let things = Arc::new(Things::new());
        let other = things.clone();
        let thread = loom::thread::spawn(move || {
            let mine = other.pop();
            other.touch(mine);
            if mine != 0 {
                other.push(mine);
            }
        });
        for _ in 0..2 {
            let mine = things.pop();
            things.touch(mine);
            if mine != 0 {
                things.push(mine);
            }
        }
        thread.join().expect("no panic");
        assert_eq!(things.stack.count(), 2);
    });
    assert_eq!(found, Found::Nothing);
}
