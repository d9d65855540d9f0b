//! Random operations against the model, in one thread and in many; and that the model notices what it is there for.

use std::time::{SystemTime, UNIX_EPOCH};

use dacapo::malloc::size_class;

use super::model::{Heap, PerCpu, run};

fn fresh_seed() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |time| time.as_nanos() as u64 | 1)
}

#[test]
fn random_operations_agree_with_the_model() {
    for seed in [1, 0x5eed, fresh_seed()] {
        run(&mut PerCpu, seed, support::rounds(40_000) as usize).unwrap();
    }
}

#[test]
fn random_operations_of_four_threads_agree_with_their_models() {
    let seed = fresh_seed();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || run(&mut PerCpu, seed ^ (thread << 32), support::rounds(15_000) as usize).unwrap());
        }
    });
}

/// The model again, in a process of its own, with an option.
fn agrees_with(options: &str) {
    let test = "malloc::consistency::random_operations_of_four_threads_agree_with_their_models";
    let output = support::process::again(test, "DACAPO_MALLOC", options, || Ok(()));
    assert!(output.status.success(), "{options}: {output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(said.contains("live blocks"), options.contains("check"), "the option was not heard: {said}");
    assert_eq!(said.contains("had from the kernel"), options.contains("stats"), "the option was not heard: {said}");
}

#[test]
fn the_checked_heap_agrees_with_the_model() {
    agrees_with("check,leaks=0,quarantine=1m");
}

#[test]
fn a_counted_and_filled_heap_agrees_with_the_model() {
    agrees_with("count,poison,stats,decay=0,keep=0,mmap=256k");
}

/// Breaks one promise, every thousandth time.
struct Broken {
    promise: &'static str,
    count: u32,
    last: *mut u8,
}

impl Broken {
    fn now(&mut self, promise: &str) -> bool {
        self.count += u32::from(self.promise == promise);
        self.promise == promise && self.count % 1000 == 999
    }

    /// What is given out twice must be live: the model refuses it before it writes, and other tests share the real heap.
    fn forget(&mut self, block: *mut u8) {
        if self.last == block {
            self.last = std::ptr::null_mut();
        }
    }
}

impl Heap for Broken {
    fn allocate(&mut self, align: usize, size: usize, zeroed: bool) -> *mut u8 {
        if !zeroed && align <= 16 && self.now("overlap") && size > 0 && !self.last.is_null() {
            return self.last;
        }
        if self.now("align") && size > 16 {
            return PerCpu.allocate(align, size + 16, zeroed).wrapping_add(8);
        }
        let block = PerCpu.allocate(align, size, zeroed);
        if zeroed && size > 0 && self.promise == "zero" {
            // SAFETY: a block of ours.
            unsafe { block.write(1) };
        }
        if size > 0 {
            self.last = block;
        }
        block
    }
    fn reallocate_exact(&mut self, block: *mut u8, size: usize) -> *mut u8 {
        self.reallocate(block, size)
    }
    fn deallocate_sized(&mut self, block: *mut u8, _size: usize) {
        self.deallocate(block);
    }
    fn reallocate(&mut self, block: *mut u8, size: usize) -> *mut u8 {
        self.forget(block);
        let new = PerCpu.reallocate(block, size);
        if self.promise == "contents" {
            // SAFETY: a block of ours.
            unsafe { new.write(!new.read()) };
        }
        new
    }
    fn deallocate(&mut self, block: *mut u8) {
        self.forget(block);
        PerCpu.deallocate(block);
    }
    fn usable_size(&mut self, block: *mut u8) -> usize {
        if matches!(self.promise, "align" | "overlap") { usize::MAX } else { PerCpu.usable_size(block) }
    }
}

#[test]
fn the_model_notices_each_kind_of_broken_heap() {
    for (promise, message) in
        [("overlap", "lies in"), ("align", "not aligned"), ("zero", "not zero"), ("contents", "lost the contents")]
    {
        let mut broken = Broken { promise, count: 0, last: std::ptr::null_mut() };
        let found = run(&mut broken, 7, 200_000).unwrap_err();
        assert!(found.contains(message), "{promise}: {found}");
    }
}

#[test]
fn every_size_up_to_the_largest_class_has_the_smallest_class_that_holds_it() {
    for size in 0..=size_class::LARGEST {
        let class = size_class::of(size);
        assert!(size_class::bytes(class) >= size);
        assert!(class == 1 || size_class::bytes(class - 1) < size, "size {size} would fit in class {}", class - 1);
    }
}

#[test]
fn absurd_sizes_are_refused() {
    for size in [usize::MAX, usize::MAX - 15, usize::MAX / 2, isize::MAX as usize, 1 << 47] {
        assert!(dacapo::malloc::allocate(size).is_null(), "{size:#x}");
        assert!(dacapo::malloc::allocate_zeroed(size).is_null(), "{size:#x}");
        assert!(dacapo::malloc::allocate_aligned(64, size).is_null(), "{size:#x}");
        let block = dacapo::malloc::allocate(10);
        // SAFETY: a live block; a refused reallocation leaves it so.
        unsafe {
            assert!(dacapo::malloc::reallocate(block, size).is_null(), "{size:#x}");
            dacapo::malloc::deallocate(block);
        }
    }
    assert!(dacapo::malloc::allocate_aligned(1 << 46, 1).is_null());
}

#[test]
fn blocks_of_every_alignment_up_to_a_gigabyte_are_aligned() {
    // A guest has half a gigabyte, and its kernel maps no more than that at once.
    let largest = if support::rounds(20) == 20 { 30 } else { 26 };
    for shift in 0..=largest {
        for size in [0, 1, 100, 5000, 70_000, 3 << 20] {
            let block = dacapo::malloc::allocate_aligned(1 << shift, size);
            assert!(
                !block.is_null() && (block as usize).is_multiple_of(1 << shift),
                "align 2^{shift}, size {size}: {block:?}"
            );
            // SAFETY: a live block.
            unsafe {
                assert!(dacapo::malloc::usable_size(block) >= size);
                block.write_bytes(1, size);
                dacapo::malloc::deallocate(block);
            }
        }
    }
}

#[test]
fn the_global_allocator_keeps_its_layouts() {
    use std::alloc::{GlobalAlloc, Layout};
    let heap = dacapo::malloc::Global;
    let mut random = super::model::Random(11);
    let mut live = Vec::new();
    for _ in 0..support::rounds(200_000) {
        if random.below(2) == 0 || live.is_empty() {
            let layout = Layout::from_size_align(random.below(1100) + 1, 1 << random.below(7)).unwrap();
            // SAFETY: the size is not 0.
            let block = unsafe { heap.alloc(layout) };
            assert!((block as usize).is_multiple_of(layout.align()));
            live.push((block, layout));
        } else {
            let (block, layout) = live.swap_remove(random.below(live.len()));
            // SAFETY: a live block and its layout.
            unsafe {
                block.write_bytes(7, layout.size());
                if random.below(3) == 0 {
                    let size = random.below(1100) + 1;
                    let block = heap.realloc(block, layout, size);
                    let least = size_class::bytes(size_class::of(size));
                    assert!(layout.align() > 16 || dacapo::malloc::usable_size(block) == least);
                    live.push((block, Layout::from_size_align(size, layout.align()).unwrap()));
                } else {
                    heap.dealloc(block, layout);
                }
            }
        }
    }
    for (block, layout) in live {
        // SAFETY: a live block and its layout.
        unsafe { heap.dealloc(block, layout) };
    }
    dacapo::malloc::trim(0); // puts every block back into its run, which aborts on one of a wrong class
}
