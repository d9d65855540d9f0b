//! qsort, qsort_r, bsearch, lfind.
//!
//! Introsort: quicksort, heapsort when the pivots are bad too often, insertion sort for short ranges; in place, no memory, O(n log n).
//! The partition has no branch on the comparison's result (each element is moved whatever it says), so that random data do not
//! cost a misprediction a comparison; elements of 4 and 8 bytes are moved as words. Equal keys: a range whose pivot equals the element
//! before it is split off in one pass. Sorted and reversed input is seen by one pass before.
//! A comparison function that contradicts itself leaves the elements in some order; nothing outside the array is touched.

use core::ffi::{c_int, c_void};
use core::mem::MaybeUninit;

type Compare = unsafe extern "C" fn(*const u8, *const u8, *mut c_void) -> c_int;

/// Elements of one size, moved in the best way for it.
trait Elements: Copy {
    /// Bytes of an element.
    fn size(self) -> usize;
    unsafe fn swap(self, a: *mut u8, b: *mut u8);
    /// `*gap = *from; *from = *to` and so on: rotates three places: `to <- from`, `from <- to`'s old value.
    #[inline(always)]
    unsafe fn at(self, base: *mut u8, index: usize) -> *mut u8 {
        base.wrapping_add(index * self.size())
    }
}

/// Elements that are a machine word, at the word's alignment.
#[derive(Clone, Copy)]
struct Words<T>(core::marker::PhantomData<T>);

impl<T: Copy> Elements for Words<T> {
    #[inline(always)]
    fn size(self) -> usize {
        size_of::<T>()
    }

    #[inline(always)]
    unsafe fn swap(self, a: *mut u8, b: *mut u8) {
        let (a, b) = (a.cast::<T>(), b.cast::<T>());
        let (x, y) = (a.read(), b.read());
        a.write(y);
        b.write(x);
    }
}

/// Elements of any size.
#[derive(Clone, Copy)]
struct Blocks(usize);

impl Elements for Blocks {
    #[inline(always)]
    fn size(self) -> usize {
        self.0
    }

    #[inline(always)]
    unsafe fn swap(self, a: *mut u8, b: *mut u8) {
        let mut done = 0;
        while done + 16 <= self.0 {
            let (a, b) = (a.add(done).cast::<[u64; 2]>(), b.add(done).cast::<[u64; 2]>());
            let (x, y) = (a.read_unaligned(), b.read_unaligned());
            a.write_unaligned(y);
            b.write_unaligned(x);
            done += 16;
        }
        if done + 8 <= self.0 {
            let (a, b) = (a.add(done).cast::<u64>(), b.add(done).cast::<u64>());
            let (x, y) = (a.read_unaligned(), b.read_unaligned());
            a.write_unaligned(y);
            b.write_unaligned(x);
            done += 8;
        }
        while done < self.0 {
            let (a, b) = (a.add(done), b.add(done));
            let (x, y) = (*a, *b);
            *a = y;
            *b = x;
            done += 1;
        }
    }
}

#[derive(Clone, Copy)]
struct Sort<E> {
    elements: E,
    compare: Compare,
    argument: *mut c_void,
}

/// Ranges up to this many elements are sorted by insertion.
const SHORT: usize = 10;

impl<E: Elements> Sort<E> {
    #[inline(always)]
    unsafe fn less(self, a: *const u8, b: *const u8) -> bool {
        (self.compare)(a, b, self.argument) < 0
    }

    #[inline(always)]
    unsafe fn at(self, base: *mut u8, index: usize) -> *mut u8 {
        self.elements.at(base, index)
    }

    unsafe fn insertion(self, base: *mut u8, n: usize) {
        let size = self.elements.size();
        for i in 1..n {
            let mut at = self.at(base, i);
            while at != base && self.less(at, at.wrapping_sub(size)) {
                self.elements.swap(at, at.wrapping_sub(size));
                at = at.wrapping_sub(size);
            }
        }
    }

    unsafe fn sift(self, base: *mut u8, mut root: usize, n: usize) {
        loop {
            let mut child = 2 * root + 1;
            if child >= n {
                return;
            }
            if child + 1 < n && self.less(self.at(base, child), self.at(base, child + 1)) {
                child += 1;
            }
            if !self.less(self.at(base, root), self.at(base, child)) {
                return;
            }
            self.elements.swap(self.at(base, root), self.at(base, child));
            root = child;
        }
    }

    #[cold]
    unsafe fn heap(self, base: *mut u8, n: usize) {
        for root in (0..n / 2).rev() {
            self.sift(base, root, n);
        }
        for end in (1..n).rev() {
            self.elements.swap(base, self.at(base, end));
            self.sift(base, 0, end);
        }
    }

    /// Puts the median of three elements into the middle one.
    #[inline(always)]
    unsafe fn median(self, a: *mut u8, b: *mut u8, c: *mut u8) {
        if self.less(b, a) {
            self.elements.swap(a, b);
        }
        if self.less(c, b) {
            self.elements.swap(b, c);
            if self.less(b, a) {
                self.elements.swap(a, b);
            }
        }
    }

    /// The pivot is at `base`; moves what `goes_left` says of the others before the rest and the pivot between; its index.
    #[inline(always)]
    unsafe fn partition(self, base: *mut u8, n: usize, goes_left: impl Fn(*const u8) -> bool) -> usize {
        let size = self.elements.size();
        let mut border = base; // the last element that went left, or the pivot
        let mut at = base.wrapping_add(size);
        let end = self.at(base, n);
        while at != end {
            let left = goes_left(at);
            // Moves in any case: if it stays, border + 1 and at are swapped twice in effect, since the border does not move.
            self.elements.swap(border.wrapping_add(size), at);
            border = border.wrapping_add(usize::from(left) * size);
            at = at.wrapping_add(size);
        }
        self.elements.swap(base, border);
        (border as usize - base as usize) / size
    }

    /// Sorts `n` elements at `base`; `before` says that the element in front of them is there and not greater than any.
    unsafe fn quick(self, mut base: *mut u8, mut n: usize, mut before: bool, mut bad: u32) {
        while n > SHORT {
            if bad == 0 {
                self.heap(base, n);
                return;
            }
            let (middle, last) = (self.at(base, n / 2), self.at(base, n - 1));
            if n > 128 {
                let step = n / 8;
                self.median(base, self.at(base, step), self.at(base, 2 * step));
                self.median(self.at(base, n / 2 - step), middle, self.at(base, n / 2 + step));
                self.median(self.at(base, n - 1 - 2 * step), self.at(base, n - 1 - step), last);
                self.median(self.at(base, step), middle, self.at(base, n - 1 - step));
            } else {
                self.median(base, middle, last);
            }
            self.elements.swap(base, middle);
            if before && !self.less(base.wrapping_sub(self.elements.size()), base) {
                // The pivot is no greater than what lies before the range, so it is the least: take its equals out.
                let equal = self.partition(base, n, |element| !self.less(base, element));
                base = self.at(base, equal + 1);
                n -= equal + 1;
                continue;
            }
            let pivot = self.partition(base, n, |element| self.less(element, base));
            let (left, right) = (pivot, n - pivot - 1);
            if left.min(right) < n / 8 {
                bad -= 1;
            }
            // The shorter side by recursion: at most log2(n) frames.
            if left < right {
                self.quick(base, left, before, bad);
                base = self.at(base, pivot + 1);
                n = right;
                before = true;
            } else {
                self.quick(self.at(base, pivot + 1), right, true, bad);
                n = left;
            }
        }
        self.insertion(base, n);
    }

    unsafe fn sort(self, base: *mut u8, n: usize) {
        let size = self.elements.size();
        // How far the input is in order, or in reverse order, already.
        let mut run = 1;
        while run < n && !self.less(self.at(base, run), self.at(base, run).wrapping_sub(size)) {
            run += 1;
        }
        if run == n {
            return;
        }
        if run == 1 {
            while run < n && self.less(self.at(base, run), self.at(base, run).wrapping_sub(size)) {
                run += 1;
            }
            if run == n {
                for i in 0..n / 2 {
                    self.elements.swap(self.at(base, i), self.at(base, n - 1 - i));
                }
                return;
            }
        }
        self.quick(base, n, false, n.ilog2());
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn qsort_r(base: *mut u8, n: usize, size: usize, compare: Compare, argument: *mut c_void) {
    if n < 2 || size == 0 {
        return;
    }
    let aligned = |to: usize| (base as usize).is_multiple_of(to);
    if size == 8 && aligned(8) {
        Sort { elements: Words::<MaybeUninit<u64>>(core::marker::PhantomData), compare, argument }.sort(base, n);
    } else if size == 4 && aligned(4) {
        Sort { elements: Words::<MaybeUninit<u32>>(core::marker::PhantomData), compare, argument }.sort(base, n);
    } else {
        Sort { elements: Blocks(size), compare, argument }.sort(base, n);
    }
}

/// A comparison function of two arguments is called with three: on both CPUs the third is in a register that it does not look at.
#[unsafe(no_mangle)]
unsafe extern "C" fn qsort(base: *mut u8, n: usize, size: usize, compare: *const c_void) {
    let compare = core::mem::transmute::<*const c_void, Compare>(compare);
    qsort_r(base, n, size, compare, core::ptr::null_mut());
}

#[unsafe(no_mangle)]
unsafe extern "C" fn bsearch(
    key: *const u8,
    base: *const u8,
    n: usize,
    size: usize,
    compare: unsafe extern "C" fn(*const u8, *const u8) -> c_int,
) -> *const u8 {
    let (mut base, mut n) = (base, n);
    while n > 0 {
        let middle = base.wrapping_add(n / 2 * size);
        let order = compare(key, middle);
        if order == 0 {
            return middle;
        }
        if order > 0 {
            base = middle.wrapping_add(size);
            n -= 1;
        }
        n /= 2;
    }
    core::ptr::null()
}
