//! What the sections work on: one block for every CPU, real and as a model that any reader can check.
//!
//! ```text
//!   block:  0 seat    16 counter    24 cell    32 compared cell    64 list head    128 array header and slots
//! ```

use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use dacapo::arch::{ArrayHeader, ListNode};
use dacapo::fence;

pub const SEAT: usize = 0;
pub const COUNTER: usize = 16;
pub const CELL: usize = 24;
pub const COMPARED: usize = 32;
pub const LIST: usize = 64;
pub const ARRAY: usize = 128;

/// Nodes in a full list and objects in a full array.
pub const CAPACITY: usize = 4;
/// What `COMPARED` holds in a fresh block.
pub const FRESH: usize = 5;
/// What `SEAT` holds in a block whose list begins full; it is free in others.
pub const TAKEN: usize = 11;
/// What a model's seat holds when a section took it: the real one holds its own address.
pub const SAT: usize = 1;

/// The stopped block's place among the models, and what a fresh one has room for.
pub const STOPPED: usize = usize::MAX;

const WORDS: usize = 64;
/// log2 of the bytes from block to block.
pub const SHIFT: u32 = (WORDS * size_of::<usize>()).ilog2();
const BLOCKS: usize = 1024;

/// One block, as its specification sees it: lists and arrays from bottom to top.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    pub seat: usize,
    pub counter: usize,
    pub cell: usize,
    pub compared: usize,
    pub list: Vec<usize>,
    pub array: Vec<usize>,
    /// Nodes and objects that fit: none in the stopped block.
    pub capacity: usize,
}

impl Model {
    /// What another CPU does to a block that it has stopped.
    pub fn drain(&mut self) {
        self.list.clear();
        self.array.clear();
    }
}

/// The table, the blocks, and the nodes that begin in the blocks' lists.
pub struct World {
    /// Entries from -2 on; the first two are the stopped block's.
    pointers: Vec<AtomicPtr<u8>>,
    /// Where `claim` begins to count: CPU 0's block, or as many blocks before the stopped one as lead a stopped CPU to it.
    first: AtomicUsize,
    blocks: Vec<*mut usize>,
    nodes: Vec<ListNode>,
    /// The bottom of every list, and of the stopped block's: never written.
    end: Box<ListNode>,
    stopped_end: Box<ListNode>,
    /// How full the blocks were made last.
    fill: usize,
}

impl World {
    pub fn new() -> World {
        let words = vec![0_usize; (BLOCKS + 1) * WORDS].leak();
        let blocks: Vec<*mut usize> = words.chunks_exact_mut(WORDS).map(|block| block.as_mut_ptr()).collect();
        let entries = [BLOCKS, BLOCKS].into_iter().chain(0..BLOCKS);
        let mut world = World {
            pointers: entries.map(|n| AtomicPtr::new(blocks[n].cast())).collect(),
            first: AtomicUsize::new(0),
            blocks,
            nodes: (0..BLOCKS * CAPACITY).map(|_| ListNode { next: null_mut(), room: 0 }).collect(),
            end: Box::new(ListNode { next: null_mut(), room: CAPACITY }),
            stopped_end: Box::new(ListNode { next: null_mut(), room: 0 }),
            fill: 0,
        };
        for cpu in (0..BLOCKS).chain([STOPPED]) {
            world.reset(cpu, 0);
        }
        world
    }

    pub fn table(&self) -> *const *mut u8 {
        // SAFETY: two entries precede it.
        unsafe { self.pointers.as_ptr().add(2).cast() }
    }

    pub fn fill(&self) -> usize {
        self.fill
    }

    pub fn first(&self) -> *const usize {
        self.first.as_ptr()
    }

    pub fn end(&self) -> *mut ListNode {
        &raw const *self.end as *mut ListNode
    }

    fn bottom(&self, cpu: usize) -> *mut ListNode {
        if cpu == STOPPED { &raw const *self.stopped_end as *mut ListNode } else { self.end() }
    }

    fn block(&self, cpu: usize) -> *mut usize {
        self.blocks[cpu.min(BLOCKS)]
    }

    /// Lets sections use a CPU's block.
    pub fn put(&self, cpu: usize) {
        self.pointers[cpu + 2].store(self.block(cpu).cast(), Ordering::Release); // Release: the block before its address
        self.first.store(self.blocks[0] as usize, Ordering::Release); // as above
    }

    /// What another CPU does, and what it does to seats when readers' colours turn: takes the block away, waits until no section works on it, and empties it.
    pub fn stop_and_drain(&self, cpu: usize) {
        self.pointers[cpu + 2].store(self.block(STOPPED).cast(), Ordering::Relaxed); // Relaxed: the fence follows
        self.first.store((self.block(STOPPED) as usize).wrapping_sub(cpu << SHIFT), Ordering::Relaxed); // as above
        fence::heavy_rseq(Some(cpu as u32));
        // SAFETY: no section works on it, by the fence.
        unsafe {
            *self.block(cpu).add(LIST / 8) = self.end() as usize;
            (*self.block(cpu).add(ARRAY / 8).cast::<ArrayHeader>()).len = 0;
        }
    }

    /// Makes a CPU's block fresh, with `fill` nodes in its list and `fill` objects in its array; its model.
    pub fn reset(&mut self, cpu: usize, fill: usize) -> Model {
        self.fill = fill;
        let block = self.block(cpu);
        let (mut head, capacity) = (self.bottom(cpu), if cpu == STOPPED { 0 } else { CAPACITY });
        let fill = fill.min(capacity);
        // Where the list is full, the seat is taken.
        let seat = if fill == CAPACITY { TAKEN } else { 0 };
        let mut model =
            Model { seat, counter: 7, cell: 3, compared: FRESH, list: Vec::new(), array: Vec::new(), capacity };
        // SAFETY: the block is ours while no section runs, and long enough for all of this.
        unsafe {
            *block.add(SEAT / 8) = model.seat;
            *block.add(COUNTER / 8) = model.counter;
            *block.add(CELL / 8) = model.cell;
            *block.add(COMPARED / 8) = model.compared;
            for n in 0..fill {
                let node = &mut self.nodes[cpu * CAPACITY + n];
                *node = ListNode { next: head, room: (*head).room - 1 };
                head = node;
                model.list.push(head as usize);
            }
            *block.add(LIST / 8) = head as usize;
            let array = block.add(ARRAY / 8);
            array.cast::<ArrayHeader>().write(ArrayHeader { len: fill, capacity });
            for n in 0..CAPACITY {
                *array.add(2 + n) = 0xdead;
            }
            for n in 0..fill {
                *array.add(2 + n) = 1000 * (cpu + 1) + n;
                model.array.push(1000 * (cpu + 1) + n);
            }
        }
        if cpu != STOPPED {
            self.put(cpu);
        }
        model
    }

    /// What a CPU's block holds, or how it is broken.
    pub fn read(&self, cpu: usize) -> Result<Model, String> {
        let block = self.block(cpu);
        // SAFETY: no section runs; every pointer is compared with the nodes before it is followed.
        unsafe {
            let array = block.add(ARRAY / 8);
            let (len, capacity) = (*array, *array.add(1));
            if len > capacity {
                return Err(format!("array: {len} of {capacity} objects"));
            }
            Ok(Model {
                seat: if *block.add(SEAT / 8) == block.add(SEAT / 8) as usize { SAT } else { *block.add(SEAT / 8) },
                counter: *block.add(COUNTER / 8),
                cell: *block.add(CELL / 8),
                compared: *block.add(COMPARED / 8),
                list: self.chain(*block.add(LIST / 8) as *mut ListNode, self.bottom(cpu))?,
                array: (0..len).map(|n| *array.add(2 + n)).collect(),
                capacity,
            })
        }
    }

    /// The nodes of a list from bottom to top, each with the room that its height says.
    fn chain(&self, mut node: *mut ListNode, end: *mut ListNode) -> Result<Vec<usize>, String> {
        let mut list = Vec::new();
        let mut rooms = Vec::new();
        while node != end {
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
