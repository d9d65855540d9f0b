//! malloc over several dlmalloc heaps ("mspaces"), each under a mutex: the two baselines that per-CPU caches are usually held against.
//!
//! * `threads`: a heap belongs to one thread at a time and goes to another when that thread ends;
//! * `sharded`: heap `sched_getcpu() % 32`.
//!
//! A block goes back to the heap that it came from, whoever frees it: 16 bytes before it say which heap that is and how large the
//! block was asked for, where dlmalloc's own footers would stand.

use core::cell::UnsafeCell;
use core::ffi::{c_int, c_void};
use core::ptr;
use dlmalloc::Dlmalloc;
use std::sync::{Mutex, MutexGuard};

const SPACES: usize = if cfg!(feature = "sharded") { 32 } else { 512 };
/// What stands before a block.
const HEADER: usize = 16;

struct Space(Mutex<UnsafeCell<Dlmalloc>>);

// SAFETY: the heap is only reached through its mutex, and its system allocator (mmap) may be called by any thread.
unsafe impl Sync for Space {}

static ALL: [Space; SPACES] = [const { Space(Mutex::new(UnsafeCell::new(Dlmalloc::new()))) }; SPACES];

#[repr(C)]
struct Header {
    size: usize,
    /// Bits 0 to 47: the place in `ALL`; above: how many times 16 bytes the block lies behind what dlmalloc gave.
    origin: u64,
}

fn lock(index: usize) -> MutexGuard<'static, UnsafeCell<Dlmalloc>> {
    // Nothing panics under the lock (panics abort).
    ALL[index].0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

#[cfg(feature = "sharded")]
fn own_index() -> usize {
    // SAFETY: it has no precondition.
    let cpu = unsafe { libc::sched_getcpu() };
    cpu as usize % SPACES
}

#[cfg(not(feature = "sharded"))]
use threads::own_index;

#[cfg(not(feature = "sharded"))]
mod threads {
    use super::{SPACES, c_void};
    use core::cell::Cell;
    use std::sync::{Mutex, Once};

    /// Heaps that nobody owns: those below `fresh` that were given back, and all from `fresh` on.
    struct Idle {
        given_back: [u16; SPACES],
        count: usize,
        fresh: usize,
    }

    static IDLE: Mutex<Idle> = Mutex::new(Idle { given_back: [0; SPACES], count: 0, fresh: 0 });
    static KEY: Mutex<libc::pthread_key_t> = Mutex::new(0);
    static ONCE: Once = Once::new();

    thread_local! {
        /// The thread's heap plus one; 0 before its first allocation and after its end.
        static OWN: Cell<usize> = const { Cell::new(0) };
    }

    unsafe extern "C" fn thread_ends(index: *mut c_void) {
        OWN.set(0);
        let mut idle = IDLE.lock().unwrap();
        let count = idle.count;
        idle.given_back[count] = (index as usize - 1) as u16;
        idle.count += 1;
    }

    pub fn own_index() -> usize {
        match OWN.get() {
            0 => adopt(),
            own => own - 1,
        }
    }

    #[cold]
    fn adopt() -> usize {
        ONCE.call_once(|| {
            // SAFETY: the key outlives every thread, and the destructor has the right type.
            unsafe { libc::pthread_key_create(&mut *KEY.lock().unwrap(), Some(thread_ends)) };
        });
        let index = {
            let mut idle = IDLE.lock().unwrap();
            if idle.count > 0 {
                idle.count -= 1;
                usize::from(idle.given_back[idle.count])
            } else if idle.fresh < SPACES {
                idle.fresh += 1;
                idle.fresh - 1
            } else {
                return 0; // more threads than heaps: the first one is shared
            }
        };
        OWN.set(index + 1);
        // SAFETY: the key exists; its number is small, so nothing is allocated for it.
        unsafe { libc::pthread_setspecific(*KEY.lock().unwrap(), (index + 1) as *const c_void) };
        index
    }
}

fn allocate(size: usize, align: usize, zeroed: bool) -> *mut c_void {
    let align = align.max(16);
    let Some(whole) = size.checked_add(HEADER + align - 16).filter(|whole| *whole <= isize::MAX as usize) else {
        return out_of_memory();
    };
    let index = own_index();
    let mut space = lock(index);
    // SAFETY: 16 is dlmalloc's own alignment, and the size was checked.
    let raw = unsafe { if zeroed { space.get_mut().calloc(whole, 16) } else { space.get_mut().malloc(whole, 16) } };
    drop(space);
    if raw.is_null() {
        return out_of_memory();
    }
    let block = (raw as usize + HEADER).next_multiple_of(align) as *mut u8;
    let distance = (block as usize - raw as usize) / 16;
    // SAFETY: the header lies between `raw` and the block, both multiples of 16 inside what dlmalloc gave.
    unsafe {
        block.sub(HEADER).cast::<Header>().write(Header { size, origin: index as u64 | (distance as u64) << 48 })
    };
    block.cast()
}

#[cold]
fn out_of_memory() -> *mut c_void {
    // SAFETY: the calling thread's own errno.
    unsafe { *libc::__errno_location() = libc::ENOMEM };
    ptr::null_mut()
}

/// # Safety
/// `block` came from this allocator and is live.
unsafe fn header(block: *mut c_void) -> *mut Header {
    block.cast::<u8>().wrapping_sub(HEADER).cast()
}

#[unsafe(no_mangle)]
pub extern "C" fn malloc(size: usize) -> *mut c_void {
    allocate(size, 16, false)
}

#[unsafe(no_mangle)]
pub extern "C" fn calloc(count: usize, size: usize) -> *mut c_void {
    count.checked_mul(size).map_or_else(out_of_memory, |size| allocate(size, 16, true))
}

/// # Safety
/// As C's: `block` is null or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn free(block: *mut c_void) {
    if block.is_null() {
        return;
    }
    // SAFETY: the block is live, so its header is as `allocate` wrote it, and names the heap and what that heap gave.
    unsafe {
        let origin = (*header(block)).origin;
        let raw = block.cast::<u8>().sub((origin >> 48) as usize * 16);
        lock((origin & 0xffff_ffff) as usize).get_mut().c_free(raw);
    }
}

/// # Safety
/// As C's: `block` is null or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn realloc(block: *mut c_void, size: usize) -> *mut c_void {
    if block.is_null() {
        return malloc(size);
    }
    // SAFETY: the block is live; one that lies right behind its header was not aligned further and may be moved by dlmalloc.
    unsafe {
        let Header { size: old, origin } = header(block).read();
        if origin >> 48 == 1 && size <= isize::MAX as usize {
            let raw = block.cast::<u8>().sub(HEADER);
            let moved = lock((origin & 0xffff_ffff) as usize).get_mut().c_realloc(raw, size + HEADER);
            if moved.is_null() {
                return out_of_memory();
            }
            moved.cast::<Header>().write(Header { size, origin });
            return moved.add(HEADER).cast();
        }
        let fresh = malloc(size);
        if !fresh.is_null() {
            ptr::copy_nonoverlapping(block.cast::<u8>(), fresh.cast::<u8>(), old.min(size));
            free(block);
        }
        fresh
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn memalign(align: usize, size: usize) -> *mut c_void {
    if align.is_power_of_two() && align <= 1 << 19 { allocate(size, align, false) } else { out_of_memory() }
}

#[unsafe(no_mangle)]
pub extern "C" fn aligned_alloc(align: usize, size: usize) -> *mut c_void {
    memalign(align, size)
}

/// # Safety
/// As POSIX says: `place` can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn posix_memalign(place: *mut *mut c_void, align: usize, size: usize) -> c_int {
    let block = memalign(align, size);
    if block.is_null() {
        return libc::ENOMEM;
    }
    // SAFETY: POSIX has the caller pass a place that can be written.
    unsafe { *place = block };
    0
}

#[unsafe(no_mangle)]
pub extern "C" fn valloc(size: usize) -> *mut c_void {
    memalign(4096, size)
}

#[unsafe(no_mangle)]
pub extern "C" fn pvalloc(size: usize) -> *mut c_void {
    memalign(4096, size.next_multiple_of(4096))
}

/// # Safety
/// `block` is null or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn malloc_usable_size(block: *mut c_void) -> usize {
    // SAFETY: as above.
    if block.is_null() { 0 } else { unsafe { (*header(block)).size } }
}
