//! What the sections work on: one block for every CPU, real and as a model that any reader can check.
//!
//! ```text
//!   block:  0 counter    8 cell    16 compared cell    64 list head    128 array header and slots
//! ```

use std::ptr::null_mut;

use dacapo::arch::{ArrayHeader, ListNode};

pub const COUNTER: usize = 0;
pub const CELL: usize = 8;
pub const COMPARED: usize = 16;
pub const LIST: usize = 64;
pub const ARRAY: usize = 128;

/// Nodes in a full list and objects in a full array.
pub const CAPACITY: usize = 4;
/// What `COMPARED` holds in a fresh block.
pub const FRESH: usize = 5;

const WORDS: usize = 64;
const BLOCKS: usize = 1024;

/// One block, as its specification sees it: lists and arrays from bottom to top.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    pub counter: usize,
    pub cell: usize,
    pub compared: usize,
    pub list: Vec<usize>,
    pub array: Vec<usize>,
}

/// The table, the blocks, and the nodes that begin in the blocks' lists.
pub struct World {
    pointers: Vec<*mut u8>,
    nodes: Vec<ListNode>,
    /// The bottom of every list: never written.
    end: Box<ListNode>,
}

impl World {
    pub fn new() -> World {
        let words = vec![0_usize; (BLOCKS + 2) * WORDS].leak();
        let mut end = Box::new(ListNode { next: null_mut(), room: CAPACITY });
        for block in words.chunks_exact_mut(WORDS) {
            block[LIST / 8] = &raw mut *end as usize;
        }
        World {
            pointers: words.chunks_exact_mut(WORDS).map(|block| block.as_mut_ptr().cast()).collect(),
            nodes: (0..BLOCKS * CAPACITY).map(|_| ListNode { next: null_mut(), room: 0 }).collect(),
            end,
        }
    }

    pub fn table(&self) -> *const *mut u8 {
        // SAFETY: two entries precede it.
        unsafe { self.pointers.as_ptr().add(2) }
    }

    pub fn end(&self) -> *mut ListNode {
        &raw const *self.end as *mut ListNode
    }

    fn block(&self, cpu: usize) -> *mut usize {
        self.pointers[cpu + 2].cast()
    }

    /// Makes a CPU's block fresh, with `fill` nodes in its list and `fill` objects in its array; its model.
    pub fn reset(&mut self, cpu: usize, fill: usize) -> Model {
        let block = self.block(cpu);
        let end = self.end();
        let mut model = Model { counter: 7, cell: 3, compared: FRESH, list: Vec::new(), array: Vec::new() };
        // SAFETY: the block is ours while no section runs, and long enough for all of this.
        unsafe {
            *block.add(COUNTER / 8) = model.counter;
            *block.add(CELL / 8) = model.cell;
            *block.add(COMPARED / 8) = model.compared;
            let mut head = end;
            for node in &mut self.nodes[cpu * CAPACITY..][..fill] {
                *node = ListNode { next: head, room: (*head).room - 1 };
                head = node;
                model.list.push(head as usize);
            }
            *block.add(LIST / 8) = head as usize;
            let array = block.add(ARRAY / 8);
            array.cast::<ArrayHeader>().write(ArrayHeader { len: fill, capacity: CAPACITY });
            for n in 0..CAPACITY {
                *array.add(2 + n) = 0xdead;
            }
            for n in 0..fill {
                *array.add(2 + n) = 1000 * (cpu + 1) + n;
                model.array.push(1000 * (cpu + 1) + n);
            }
        }
        model
    }

    /// What a CPU's block holds, or how it is broken.
    pub fn read(&self, cpu: usize) -> Result<Model, String> {
        let block = self.block(cpu);
        // SAFETY: no section runs; every pointer is compared with the nodes before it is followed.
        unsafe {
            let array = block.add(ARRAY / 8);
            let len = *array;
            if len > CAPACITY {
                return Err(format!("array: {len} of {CAPACITY} objects"));
            }
            Ok(Model {
                counter: *block.add(COUNTER / 8),
                cell: *block.add(CELL / 8),
                compared: *block.add(COMPARED / 8),
                list: self.chain(*block.add(LIST / 8) as *mut ListNode)?,
                array: (0..len).map(|n| *array.add(2 + n)).collect(),
            })
        }
    }

    /// The nodes of a list from bottom to top, each with the room that its height says.
    pub fn chain(&self, mut node: *mut ListNode) -> Result<Vec<usize>, String> {
        let mut list = Vec::new();
        let mut rooms = Vec::new();
        while node != self.end() {
            if node.is_null() || list.len() > CAPACITY {
                return Err(format!("list: {node:?} after {} nodes", list.len()));
            }
            list.push(node as usize);
            // SAFETY: only live nodes are ever linked; a broken link was caught above or is caught by the length.
            unsafe {
                rooms.push((*node).room);
                node = (*node).next;
            }
        }
        list.reverse();
        rooms.reverse();
        match rooms.iter().enumerate().find(|&(height, &room)| room != CAPACITY - 1 - height) {
            Some((height, room)) => Err(format!("list: room {room} at height {height}")),
            None => Ok(list),
        }
    }
}
