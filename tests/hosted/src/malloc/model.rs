//! A heap is checked against a map of its live blocks: none overlaps another, all are aligned and large enough, contents stay.
//!
//! Every call of the heap takes part: allocate, zeroed, aligned; reallocate, also to exactly a size's class; deallocate, also with the size;
//! usable_size; trim. Each byte of a block depends on its place, so that contents which moved are noticed too.

use std::collections::BTreeMap;

use dacapo::malloc::verify::Level;

/// xorshift64*: the seed is printed by the test that uses it.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    /// Mostly small, sometimes large, and now and then just around a size class's end.
    pub fn size(&mut self) -> usize {
        let bits = match self.below(100) {
            0..60 => self.below(8),
            60..90 => self.below(13),
            90..99 => self.below(18),
            _ => self.below(23),
        };
        let size = self.below((1 << (bits + 1)) + 1);
        if self.below(8) == 0 { size.next_power_of_two() + self.below(3) - 1 } else { size }
    }
}

/// The heap under test, or a broken one.
pub trait Heap {
    fn allocate(&mut self, align: usize, size: usize, zeroed: bool) -> *mut u8;
    fn reallocate(&mut self, block: *mut u8, size: usize) -> *mut u8;
    fn deallocate(&mut self, block: *mut u8);
    /// As `reallocate`, so that `deallocate_sized` may follow.
    fn reallocate_exact(&mut self, block: *mut u8, size: usize) -> *mut u8 {
        // SAFETY: the model passes live blocks.
        unsafe { dacapo::malloc::reallocate_exact(block, size) }
    }
    fn deallocate_sized(&mut self, block: *mut u8, size: usize) {
        // SAFETY: as above, with the size that they were asked for with.
        unsafe { dacapo::malloc::deallocate_sized(block, size) }
    }
    fn usable_size(&mut self, block: *mut u8) -> usize;
}

pub struct PerCpu;

impl Heap for PerCpu {
    fn allocate(&mut self, align: usize, size: usize, zeroed: bool) -> *mut u8 {
        match (align > 16, zeroed) {
            (true, _) => dacapo::malloc::allocate_aligned(align, size),
            (_, true) => dacapo::malloc::allocate_zeroed(size),
            _ => dacapo::malloc::allocate(size),
        }
    }
    fn reallocate(&mut self, block: *mut u8, size: usize) -> *mut u8 {
        // SAFETY: the model passes live blocks.
        unsafe { dacapo::malloc::reallocate(block, size) }
    }
    fn deallocate(&mut self, block: *mut u8) {
        // SAFETY: as above.
        unsafe { dacapo::malloc::deallocate(block) }
    }
    fn usable_size(&mut self, block: *mut u8) -> usize {
        // SAFETY: as above.
        unsafe { dacapo::malloc::usable_size(block) }
    }
}

struct Live {
    size: usize,
    pattern: u8,
    /// Its class is its size's: `deallocate_sized` may be used.
    exact: bool,
}

/// Live blocks by address.
#[derive(Default)]
pub struct Model {
    live: BTreeMap<usize, Live>,
    operations: u64,
}

/// Contents repeat after so many bytes: a prime, so that what moved by a power of two is noticed.
const PERIOD: usize = 61;

/// What the byte at a place holds; pattern 0 is all zero.
fn value(pattern: u8, at: usize) -> u8 {
    if pattern == 0 { 0 } else { pattern.wrapping_mul(29).wrapping_add(at as u8) }
}

fn fill(block: *mut u8, size: usize, pattern: u8) {
    // SAFETY: a live block of that size.
    let bytes = unsafe { std::slice::from_raw_parts_mut(block, size) };
    let mut done = size.min(PERIOD);
    bytes[..done].iter_mut().enumerate().for_each(|(at, byte)| *byte = value(pattern, at));
    while done < size {
        let more = (done / PERIOD * PERIOD).min(size - done);
        bytes.copy_within(..more, done);
        done += more;
    }
}

fn holds(block: usize, size: usize, pattern: u8) -> bool {
    // SAFETY: a live block of at least that size.
    let bytes = unsafe { std::slice::from_raw_parts(block as *const u8, size) };
    // Each byte equals the one PERIOD before it: one comparison of memory, where a loop would be slow in a test build.
    let first = size.min(PERIOD);
    bytes[..first].iter().enumerate().all(|(at, &byte)| byte == value(pattern, at))
        && bytes[first..] == bytes[..size - first]
}

impl Model {
    fn admit(
        &mut self,
        heap: &mut impl Heap,
        block: *mut u8,
        align: usize,
        size: usize,
        exact: bool,
    ) -> Result<(), String> {
        let address = block as usize;
        if !address.is_multiple_of(align.max(16)) {
            return Err(format!("{block:?} is not aligned to {align}"));
        }
        let usable = heap.usable_size(block);
        if usable < size {
            return Err(format!("{block:?} has {usable} usable bytes for {size}"));
        }
        if let Some((&below, live)) = self.live.range(..=address).next_back()
            && below + live.size.max(1) > address
        {
            return Err(format!("{block:?} lies in {below:#x}+{}", live.size));
        }
        if let Some((&above, _)) = self.live.range(address + 1..).next()
            && address + size > above
        {
            return Err(format!("{block:?}+{size} reaches into {above:#x}"));
        }
        let pattern = (self.operations as u8) | 1;
        fill(block, size, pattern);
        self.live.insert(address, Live { size, pattern, exact });
        Ok(())
    }

    /// One random operation.
    pub fn step(&mut self, heap: &mut impl Heap, random: &mut Random) -> Result<(), String> {
        self.operations += 1;
        let pick =
            self.live.range(random.below(usize::MAX >> 17)..).next().or(self.live.iter().next()).map(|(&at, _)| at);
        match (random.below(10), pick) {
            (0..=4, _) | (_, None) if self.live.len() < 3000 => {
                let size = random.size();
                let align = if random.below(10) == 0 { 1 << random.below(18) } else { 1 };
                let zeroed = align == 1 && random.below(4) == 0;
                let block = heap.allocate(align, size, zeroed);
                if block.is_null() {
                    return Err(format!("no memory for {size}"));
                }
                if zeroed && !holds(block as usize, size, 0) {
                    return Err(format!("{block:?}+{size} is not zero"));
                }
                self.admit(heap, block, align, size, align <= 16)
            }
            (5, Some(at)) => {
                let old = self.live.remove(&at).expect("picked");
                let size = random.size().max(1);
                let exact = random.below(2) == 0;
                let block = if exact {
                    heap.reallocate_exact(at as *mut u8, size)
                } else {
                    heap.reallocate(at as *mut u8, size)
                };
                if block.is_null() || !holds(block as usize, size.min(old.size), old.pattern) {
                    return Err(format!("reallocate({at:#x}, {size}) lost the contents"));
                }
                self.admit(heap, block, 1, size, exact)
            }
            (_, Some(at)) => {
                let old = self.live.remove(&at).expect("picked");
                if !holds(at, old.size, old.pattern) {
                    return Err(format!("{at:#x}+{} was overwritten", old.size));
                }
                if old.exact && random.below(2) == 0 {
                    heap.deallocate_sized(at as *mut u8, old.size);
                } else {
                    heap.deallocate(at as *mut u8);
                }
                if random.below(4000) == 0 {
                    dacapo::malloc::trim(random.below(1 << 20));
                }
                Ok(())
            }
            (_, None) => Ok(()),
        }
    }

    /// Frees what is live.
    pub fn finish(mut self, heap: &mut impl Heap) -> Result<(), String> {
        while let Some((at, old)) = self.live.pop_first() {
            if !holds(at, old.size, old.pattern) {
                return Err(format!("{at:#x}+{} was overwritten", old.size));
            }
            heap.deallocate(at as *mut u8);
        }
        Ok(())
    }
}

fn is_valid(level: Level) -> Result<(), String> {
    dacapo::malloc::verify::is_valid(level).map_err(|broken| format!("{broken:?}"))
}

/// `steps` random operations from a seed. Meanwhile and afterwards the heap's own structures must hold.
pub fn run(heap: &mut impl Heap, seed: u64, steps: usize) -> Result<(), String> {
    let mut random = Random(seed);
    let mut model = Model::default();
    for step in 0..steps {
        let mut done = model.step(heap, &mut random);
        if step % 1024 == 1023 {
            done = done.and_then(|()| is_valid(Level::Cursors));
        }
        if step % 8192 == 8191 {
            done = done.and_then(|()| is_valid(Level::Runs));
        }
        done.map_err(|message| format!("seed {seed:#x}, step {step}: {message}"))?;
    }
    model.finish(heap)?;
    is_valid(Level::Blocks)
}
