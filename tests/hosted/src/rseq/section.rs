//! Every section alone: what it does, what it returns, and that it is exact under aborts.
//!
//! The table here is the smallest that the contract allows: one block for every CPU, one stopped block at -1 and -2.

use core::ptr::null_mut;
use std::sync::atomic::{AtomicBool, Ordering};

use dacapo::arch::{ArrayHeader, ListNode, rseq as section};
use dacapo::rseq;

const WORDS: usize = 64;
const CAPACITY: usize = 8;

/// A table with its blocks; leaked, so that every thread may use it.
struct Blocks {
    pointers: Vec<*mut u8>,
}

// SAFETY: the blocks are only touched by sections and, when nobody runs one, by the test.
unsafe impl Sync for Blocks {}

impl Blocks {
    /// Every word of every block is `word`.
    fn filled(word: usize) -> &'static Blocks {
        let count = 2 + 1024;
        let words = vec![word; count * WORDS].leak();
        let pointers = words.chunks_exact_mut(WORDS).map(|block| block.as_mut_ptr().cast()).collect();
        Box::leak(Box::new(Blocks { pointers }))
    }

    fn table(&self) -> *const *mut u8 {
        // SAFETY: two entries precede it.
        unsafe { self.pointers.as_ptr().add(2) }
    }

    /// Word `at` of every real block and of the stopped one.
    fn words(&self, at: usize) -> impl Iterator<Item = usize> {
        // SAFETY: each block is WORDS long.
        self.pointers.iter().map(move |block| unsafe { block.cast::<usize>().add(at).read() })
    }

    fn here(&self) -> *mut usize {
        let index = rseq::fields().index() as isize;
        // SAFETY: the table covers -2..1024.
        unsafe { *self.table().offset(index) }.cast()
    }
}

fn fields() -> section::Fields {
    rseq::init();
    let _ = rseq::register_current_thread();
    rseq::fields()
}

/// Runs each section once, so that the linker keeps them all.
pub fn touch_every_section() {
    let fields = fields();
    let blocks = Blocks::filled(0);
    let (table, here) = (blocks.table(), blocks.here());
    // SAFETY: the words are zero: arrays without capacity; the list has a sentinel.
    unsafe {
        let mut end = ListNode { next: null_mut(), room: 0 };
        for block in &blocks.pointers {
            *block.cast::<*mut ListNode>().add(8) = &raw mut end;
        }
        section::add(fields, table, 0, 1);
        section::store(fields, table, 8, 1);
        section::compare_store(fields, table, 16, 1, 2);
        assert!(!section::list_push(fields, table, 64, &raw mut end));
        assert!(section::list_pop(fields, table, 64).is_null());
        assert!(section::list_take(fields, table, 64, &raw mut end).is_null());
        assert!(!section::array_push(fields, table, 128, here.cast()));
        assert!(section::array_pop(fields, table, 128).is_null());
        let mut object = null_mut();
        assert_eq!(section::array_push_batch(fields, table, 128, &raw const object, 1), 0);
        assert_eq!(section::array_pop_batch(fields, table, 128, &raw mut object, 1), 0);
    }
}

/// Pins the thread, so that one block is "the current one" for a whole test.
fn pinned() -> section::Fields {
    support::affinity::pin(support::affinity::allowed()[0]);
    fields()
}

#[test]
fn add_store_and_compare_store_change_the_current_block_only() {
    let fields = pinned();
    let blocks = Blocks::filled(5);
    // SAFETY: words 0 to 2 of each block are ours.
    unsafe {
        let index = section::add(fields, blocks.table(), 0, 3);
        assert_eq!(index, fields.index());
        assert_eq!(section::store(fields, blocks.table(), 8, 7), index);
        assert_eq!(section::compare_store(fields, blocks.table(), 16, 4, 9), (index, 5));
        assert_eq!(section::compare_store(fields, blocks.table(), 16, 5, 9), (index, 5));
        assert_eq!(section::compare_store(fields, blocks.table(), 16, 5, 1), (index, 9));
        assert_eq!([*blocks.here(), *blocks.here().add(1), *blocks.here().add(2)], [8, 7, 9]);
    }
    assert_eq!(blocks.words(0).filter(|&word| word == 8).count(), 1);
    assert_eq!(blocks.words(0).filter(|&word| word == 5).count(), blocks.pointers.len() - 1);
}

#[test]
fn a_list_is_last_in_first_out_and_bounded_by_its_sentinel() {
    let fields = pinned();
    let blocks = Blocks::filled(0);
    let mut end = ListNode { next: null_mut(), room: 3 };
    let mut nodes = [const { ListNode { next: null_mut(), room: 0 } }; 4];
    let node = nodes.each_mut().map(|node| &raw mut *node);
    // SAFETY: the list's word holds a list; the nodes are ours and free.
    unsafe {
        *blocks.here() = &raw mut end as usize;
        let (table, offset) = (blocks.table(), 0);
        assert!(section::list_pop(fields, table, offset).is_null());
        assert!(section::list_push(fields, table, offset, node[0]));
        assert!(section::list_push(fields, table, offset, node[1]));
        assert!(section::list_push(fields, table, offset, node[2]));
        assert!(!section::list_push(fields, table, offset, node[3]), "three is the sentinel's room");
        assert_eq!(section::list_pop(fields, table, offset), node[2]);
        assert!(section::list_push(fields, table, offset, node[3]));
        assert_eq!(section::list_take(fields, table, offset, &raw mut end), node[3]);
        assert_eq!([(*node[3]).next, (*node[1]).next, (*node[0]).next], [node[1], node[0], &raw mut end]);
        assert!(section::list_take(fields, table, offset, &raw mut end).is_null());
    }
}

#[test]
fn an_array_is_last_in_first_out_and_bounded_by_its_capacity() {
    let fields = pinned();
    let blocks = Blocks::filled(0);
    let object = |n: usize| (16 * n) as *mut u8;
    // SAFETY: a header and its slots lie at the start of the block; objects are only numbers here.
    unsafe {
        blocks.here().cast::<ArrayHeader>().write(ArrayHeader { len: 0, capacity: CAPACITY });
        let (table, offset) = (blocks.table(), 0);
        assert!(section::array_pop(fields, table, offset).is_null());
        for n in 1..=CAPACITY {
            assert!(section::array_push(fields, table, offset, object(n)));
        }
        assert!(!section::array_push(fields, table, offset, object(9)));
        assert_eq!(section::array_pop(fields, table, offset), object(CAPACITY));
        let mut out = [null_mut(); 16];
        assert_eq!(section::array_pop_batch(fields, table, offset, out.as_mut_ptr(), 3), 3);
        assert_eq!(out[..4], [object(5), object(6), object(7), null_mut()]);
        let from = [21, 22, 23, 24, 25, 26].map(object);
        assert_eq!(section::array_push_batch(fields, table, offset, from.as_ptr(), 6), 4, "four slots were free");
        assert_eq!(section::array_push_batch(fields, table, offset, from.as_ptr(), 6), 0);
        assert_eq!(section::array_pop_batch(fields, table, offset, out.as_mut_ptr(), 16), CAPACITY);
        assert_eq!(out[..CAPACITY], [1, 2, 3, 4, 21, 22, 23, 24].map(object));
        assert_eq!(section::array_pop_batch(fields, table, offset, out.as_mut_ptr(), 16), 0);
        assert_eq!(section::array_push_batch(fields, table, offset, from.as_ptr(), 0), 0);
    }
}

/// Many threads on few CPUs, interrupted by timers: the kernel aborts sections in the middle, and no update may be lost.
#[test]
fn sums_are_exact_when_threads_outnumber_cpus_and_signals_interrupt_them() {
    const THREADS: usize = 8;
    const ROUNDS: usize = 400_000;
    let blocks = Blocks::filled(0);
    let storm = support::signals::storm();
    let missed: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(|| {
                    let fields = fields();
                    // SAFETY: word 0 of each block is a counter.
                    (0..ROUNDS).filter(|_| unsafe { section::add(fields, blocks.table(), 0, 1) } < 0).count()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    drop(storm);
    let counted: usize = blocks.words(0).skip(2).sum();
    assert_eq!(counted + missed, THREADS * ROUNDS);
    assert!(missed == 0 || missed == THREADS * ROUNDS, "all threads of a process are alike");
}

/// Objects wander between threads through per-CPU lists and arrays; at the end each exists exactly once.
#[test]
fn no_object_is_lost_or_doubled_under_a_storm() {
    const OBJECTS: usize = 64;
    let blocks = Blocks::filled(0);
    let end: &'static mut ListNode = Box::leak(Box::new(ListNode { next: null_mut(), room: OBJECTS }));
    let end = &raw mut *end as usize;
    for &block in &blocks.pointers[2..] {
        // SAFETY: nobody runs a section yet. Word 0 is a list, word 1 an array of 40 slots.
        unsafe {
            *block.cast::<usize>() = end;
            block.cast::<usize>().add(1).cast::<ArrayHeader>().write(ArrayHeader { len: 0, capacity: 40 });
        }
    }
    let empty: &'static mut ListNode = Box::leak(Box::new(ListNode { next: null_mut(), room: 0 }));
    // SAFETY: the stopped block: empty and full.
    unsafe {
        *blocks.pointers[0].cast::<*mut ListNode>() = empty;
        *blocks.pointers[1].cast::<*mut ListNode>() = empty;
    }
    let stop = AtomicBool::new(false);
    let storm = support::signals::storm();
    let mut found: Vec<usize> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..6)
            .map(|id: usize| {
                let (stop, blocks) = (&stop, &blocks);
                scope.spawn(move || {
                    let (fields, table) = (fields(), blocks.table());
                    let mut mine: Vec<*mut ListNode> = (0..OBJECTS)
                        .map(|_| &raw mut *Box::leak(Box::new(ListNode { next: null_mut(), room: id })))
                        .collect();
                    let mut buffer = [null_mut(); 16];
                    while !stop.load(Ordering::Relaxed) {
                        // SAFETY: each object is in exactly one place: `mine`, a list, or an array.
                        unsafe {
                            for _ in 0..8 {
                                if let Some(node) = mine.pop()
                                    && !section::list_push(fields, table, 0, node)
                                {
                                    mine.push(node);
                                }
                                if let Some(node) = mine.pop()
                                    && !section::array_push(fields, table, 8, node.cast())
                                {
                                    mine.push(node);
                                }
                            }
                            mine.extend(Some(section::list_pop(fields, table, 0)).filter(|node| !node.is_null()));
                            let object = section::array_pop(fields, table, 8);
                            mine.extend(Some(object.cast()).filter(|node: &*mut ListNode| !node.is_null()));
                            let got = section::array_pop_batch(fields, table, 8, buffer.as_mut_ptr(), 16);
                            let back = section::array_push_batch(fields, table, 8, buffer.as_ptr(), got / 2);
                            mine.extend(buffer[back..got].iter().map(|object| object.cast::<ListNode>()));
                            let mut chain = section::list_take(fields, table, 0, end as *mut ListNode);
                            while !chain.is_null() && chain as usize != end {
                                mine.push(chain);
                                chain = (*chain).next;
                            }
                        }
                    }
                    mine.into_iter().map(|node| node as usize).collect::<Vec<_>>()
                })
            })
            .collect();
        std::thread::sleep(std::time::Duration::from_millis(1500));
        stop.store(true, Ordering::Relaxed);
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    drop(storm);
    for block in &blocks.pointers[2..] {
        // SAFETY: all threads are gone.
        unsafe {
            let mut node = *block.cast::<*mut ListNode>();
            while node as usize != end {
                found.push(node as usize);
                node = (*node).next;
            }
            let array = block.cast::<usize>().add(1);
            found.extend((0..*array).map(|i| *array.add(2 + i)));
        }
    }
    let all = found.len();
    found.sort_unstable();
    found.dedup();
    assert_eq!((found.len(), all), (6 * OBJECTS, 6 * OBJECTS));
}

/// Long sections on one CPU, so that the scheduler must interrupt some of them in the middle.
#[test]
fn batches_are_exact_although_the_scheduler_aborts_some() {
    const OBJECTS: usize = 2000;
    const SECONDS: f64 = 1.0;
    let cpu = support::affinity::allowed()[0];
    let words = vec![0_usize; 2 + OBJECTS].leak();
    let blocks: &'static Blocks = Box::leak(Box::new(Blocks { pointers: vec![words.as_mut_ptr().cast(); 1026] }));
    // SAFETY: one array of OBJECTS slots for every index; both threads stay on one CPU, and a thread without rseq leaves at once.
    unsafe { blocks.pointers[0].cast::<ArrayHeader>().write(ArrayHeader { len: 0, capacity: OBJECTS }) };
    // Without rseq there is nothing to interrupt: the threads leave before the first signal.
    let storm = (fields().index() >= 0).then(support::signals::storm);
    let mut found: Vec<usize> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2)
            .map(|id| {
                scope.spawn(move || {
                    support::affinity::pin(cpu);
                    let fields = fields();
                    if fields.index() < 0 {
                        return (0..OBJECTS / 2).map(|n| 16 + n * 2 + id).collect();
                    }
                    let start = std::time::Instant::now();
                    let mut mine: Vec<*mut u8> = (0..OBJECTS / 2).map(|n| (16 + n * 2 + id) as *mut u8).collect();
                    mine.resize(2 * OBJECTS, null_mut());
                    let mut held = OBJECTS / 2;
                    while start.elapsed().as_secs_f64() < SECONDS {
                        let at = mine.as_mut_ptr();
                        // SAFETY: `mine` has room for every object there is.
                        unsafe {
                            held -= section::array_push_batch(fields, blocks.table(), 0, at, held);
                            held += section::array_pop_batch(fields, blocks.table(), 0, at.add(held), OBJECTS);
                        }
                    }
                    mine.truncate(held);
                    mine.into_iter().map(|object| object as usize).collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    drop(storm);
    // The threads are gone; the header is two words, then come the objects.
    found.extend(&words[2..2 + words[0]]);
    found.sort_unstable();
    assert_eq!(found, (16..16 + OBJECTS).collect::<Vec<_>>());
    #[cfg(dacapo_count_aborts)]
    if fields().index() >= 0 {
        println!("{} aborts", rseq::aborts());
        assert!(rseq::aborts() > 0, "without an abort this run shows nothing");
    }
}
