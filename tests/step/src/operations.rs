//! Every section once as a call that can be interrupted, and once as plain code on the model. A section without a line here fails the test.

use std::hint::black_box;
use std::ptr::null_mut;

use dacapo::arch::ListNode;
use dacapo::arch::rseq::{self as section, Fields};
use dacapo::rseq::{self, Area};

use crate::buckets;
use crate::world::{ARRAY, CELL, COMPARED, COUNTER, FRESH, LIST, Model, SAT, SHIFT};

/// The index field of the worlds here: CPUs by number, as in `fields`. The library takes `mm_cid` where it can.
const CPU_ID: u32 = std::mem::offset_of!(Area, cpu_id) as u32;

/// Objects in a batch: more than half an array, less than a full one.
pub const BATCH: usize = 3;

/// What an operation answers: a few words, made without memory, since a signal handler makes them too.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    pub len: usize,
    pub words: [usize; 8],
}

impl Answer {
    pub fn of(words: &[usize]) -> Answer {
        let mut answer = Answer { len: words.len(), words: [0; 8] };
        answer.words[..words.len()].copy_from_slice(words);
        answer
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:x?}", &self.words[..self.len])
    }
}

/// What an operation is given. The nested operation gets other objects than the interrupted one.
#[derive(Clone, Copy)]
pub struct Inputs {
    pub fields: Fields,
    pub table: *const *mut u8,
    pub first: *const usize,
    pub end: *mut ListNode,
    pub node: *mut ListNode,
    pub value: usize,
    pub objects: [usize; BATCH],
    /// How full the blocks began.
    pub fill: usize,
}

dacapo::rseq::section! {
    /// Adds to two neighbours at once: the steps that no section of the library has.
    ///
    /// # Safety
    /// As for `section::add`; `offset` is a multiple of 16 and the blocks are 16-aligned: one aligned store is seen whole or not at all on its own CPU.
    unsafe fn raise_pair(offset: usize, by: usize) {
        |_index, block|
        block += offset;
        let a = [block];
        let b = [block + 8];
        a += by;
        b += by;
        commit [block] = (a, b);
    }
}

/// One section.
pub struct Operation {
    pub name: &'static str,
    pub run: unsafe fn(&Inputs) -> Answer,
    /// The same on one CPU's block; `cpu` is the index it runs on.
    pub model: fn(&mut Model, &Inputs, cpu: usize) -> Answer,
}

/// Runs a section while more values are alive than the CPU has registers: one that changes a register without the compiler's knowledge changes one
/// of them. The answer says so.
macro_rules! pressed {
    ($body:expr; $($value:ident)*) => {{
        $(let $value = black_box(0x5150_usize);)*
        let answer = $body;
        let mut different = 0;
        $(different |= black_box($value) ^ 0x5150;)*
        if different == 0 { answer } else { Answer::of(&[usize::MAX, different]) }
    }};
}

/// # Safety
/// For each: the table's blocks have the layout of `world`, the node is free.
macro_rules! run {
    ($inputs:ident => $body:expr) => {{
        #[inline(never)]
        unsafe fn run($inputs: &Inputs) -> Answer {
            // SAFETY: every index of the table has a block of `world`'s layout; node and objects belong to this call.
            unsafe {
                pressed!($body; a b c d e f g h j k l m n o p q r s t u v w x y z aa bb cc dd ee ff)
            }
        }
        run
    }};
}

pub const OPERATIONS: &[Operation] = &[
    Operation {
        name: "add",
        run: run!(i => Answer::of(&[section::add(i.fields, i.table, COUNTER, i.value) as usize])),
        model: |block, inputs, cpu| {
            block.counter += inputs.value;
            Answer::of(&[cpu])
        },
    },
    Operation {
        name: "increment_at",
        run: run!(i => {
            // Which word the offset chooses is another thread's to change: here the nested operation's differs from the outer one's.
            let source = if i.value & 1 == 0 { COUNTER } else { CELL };
            let (index, offset) = section::increment_at(i.fields, i.table, black_box(&raw const source));
            Answer::of(&[index as usize, offset])
        }),
        model: |block, inputs, cpu| {
            let (word, offset) =
                if inputs.value & 1 == 0 { (&mut block.counter, COUNTER) } else { (&mut block.cell, CELL) };
            *word += 1;
            Answer::of(&[cpu, offset])
        },
    },
    Operation {
        name: "claim",
        run: run!(i => {
            let (seat, found) = section::claim::<SHIFT, CPU_ID>(rseq::area_offset(), i.first);
            Answer::of(&[usize::from(found != 0), usize::from(*(seat as *const usize) == seat)])
        }),
        model: |block, _, _| {
            let found = block.seat;
            if found == 0 {
                block.seat = SAT;
            }
            Answer::of(&[usize::from(found != 0), usize::from(block.seat == SAT)])
        },
    },
    Operation {
        name: "store",
        run: run!(i => Answer::of(&[section::store(i.fields, i.table, CELL, i.value) as usize])),
        model: |block, inputs, cpu| {
            block.cell = inputs.value;
            Answer::of(&[cpu])
        },
    },
    Operation {
        name: "compare_store",
        run: run!(i => {
            let (index, found) = section::compare_store(i.fields, i.table, COMPARED, FRESH, i.value);
            Answer::of(&[index as usize, found])
        }),
        model: |block, inputs, cpu| {
            let found = block.compared;
            if found == FRESH {
                block.compared = inputs.value;
            }
            Answer::of(&[cpu, found])
        },
    },
    Operation {
        name: "list_push",
        run: run!(i => Answer::of(&[usize::from(section::list_push(i.fields, i.table, LIST, i.node))])),
        model: |block, inputs, _| {
            let room = block.list.len() < block.capacity;
            if room {
                block.list.push(inputs.node as usize);
            }
            Answer::of(&[usize::from(room)])
        },
    },
    Operation {
        name: "list_pop",
        run: run!(i => Answer::of(&[section::list_pop(i.fields, i.table, LIST) as usize])),
        model: |block, _, _| Answer::of(&[block.list.pop().unwrap_or(0)]),
    },
    Operation {
        name: "list_take",
        run: run!(i => {
            let mut answer = Answer::of(&[]);
            let mut node = section::list_take(i.fields, i.table, LIST, i.end);
            while !node.is_null() && node != i.end && answer.len < answer.words.len() {
                answer.words[answer.len] = node as usize;
                answer.len += 1;
                node = (*node).next;
            }
            answer
        }),
        model: |block, _, _| {
            let chain: Vec<usize> = std::mem::take(&mut block.list).into_iter().rev().collect();
            Answer::of(&chain)
        },
    },
    Operation {
        name: "array_push",
        run: run!(i => Answer::of(&[usize::from(section::array_push(i.fields, i.table, ARRAY, i.value as *mut u8))])),
        model: |block, inputs, _| {
            let room = block.array.len() < block.capacity;
            if room {
                block.array.push(inputs.value);
            }
            Answer::of(&[usize::from(room)])
        },
    },
    Operation {
        name: "array_pop",
        run: run!(i => Answer::of(&[section::array_pop(i.fields, i.table, ARRAY) as usize])),
        model: |block, _, _| Answer::of(&[block.array.pop().unwrap_or(0)]),
    },
    Operation {
        name: "array_push_batch",
        run: run!(i => {
            let objects = i.objects.map(|object| object as *mut u8);
            Answer::of(&[section::array_push_batch(i.fields, i.table, ARRAY, black_box(&objects).as_ptr(), BATCH)])
        }),
        model: |block, inputs, _| {
            let count = BATCH.min(block.capacity - block.array.len());
            block.array.extend(&inputs.objects[..count]);
            Answer::of(&[count])
        },
    },
    Operation {
        name: "array_pop_batch",
        run: run!(i => {
            let mut objects = [null_mut(); BATCH];
            let count = section::array_pop_batch(i.fields, i.table, ARRAY, objects.as_mut_ptr(), BATCH);
            let mut answer = Answer::of(black_box(&objects).map(|object| object as usize).as_slice());
            answer.len = count;
            answer.words[count..].fill(0); // an aborted attempt may have copied more than the last one
            answer
        }),
        model: |block, _, _| {
            let count = BATCH.min(block.array.len());
            let rest = block.array.len() - count;
            Answer::of(&block.array.split_off(rest))
        },
    },
    Operation {
        name: "raise_pair",
        run: run!(i => {
            raise_pair(i.fields, i.table, COUNTER, i.value);
            Answer::of(&[])
        }),
        model: |block, inputs, _| {
            block.counter += inputs.value;
            block.cell += inputs.value;
            Answer::of(&[])
        },
    },
    Operation {
        name: "probe",
        run: run!(i => {
            let (slot, index, value) = buckets::probe(i.value, black_box(buckets::key(i.fill)));
            if slot == 0 { Answer::of(&[0, index as usize]) } else { Answer::of(&[1, index as usize, value as usize]) }
        }),
        model: |_, inputs, cpu| match buckets::key(inputs.fill) {
            buckets::NONE => Answer::of(&[0, cpu]),
            key => Answer::of(&[1, cpu, buckets::value(inputs.value, key)]),
        },
    },
];
