//! Fills a thread's area, and makes the main thread's.
//!
//! The main thread's area lies in .bss if the program's image is small, else in pages of its own.

use core::cell::UnsafeCell;
use core::mem::offset_of;

use super::layout::{Image, Layout, Rules, layout};
use crate::arch;
use crate::per_thread::{self, PerThread};
use crate::start::Born;
use crate::sys::Errno;
use crate::sys::memory::{self, MapFlags, Protection};

/// This CPU's rules.
pub const RULES: Rules =
    Rules { variant: arch::tls::VARIANT, gap: arch::tls::GAP, header: arch::tls::HEADER, per_thread: per_thread::SIZE };

/// What every new thread needs to know: written once, by [`install_main`].
struct Recipe {
    image: Image,
    layout: Layout,
    canary: usize,
    pointer_guard: usize,
}

const NOTHING: Layout = Layout { size: 0, align: 64, thread_pointer: 0, image: 0, per_thread: 0 };

static RECIPE: Born<Recipe> = Born::new(Recipe { image: Image::EMPTY, layout: NOTHING, canary: 0, pointer_guard: 0 });

/// Bytes in .bss for the main thread's area; with the header and PerThread about 700 remain for variables.
const SMALL: usize = 1024;
const SMALL_ALIGN: usize = 64;

#[repr(C, align(64))]
struct Small(UnsafeCell<[u8; SMALL]>);

// SAFETY: handed out once, to the main thread, as raw memory.
unsafe impl Sync for Small {}

static SMALL_AREA: Small = Small(UnsafeCell::new([0; SMALL]));

/// How every thread's area of this process is laid out.
#[must_use]
pub fn current_layout() -> &'static Layout {
    &RECIPE.get().layout
}

/// The program's image.
#[must_use]
pub fn image() -> &'static Image {
    &RECIPE.get().image
}

/// The secret that function pointers at rest are mixed with.
#[inline(always)]
#[must_use]
pub fn pointer_guard() -> usize {
    RECIPE.get().pointer_guard
}

/// A function's address as it may lie in writable memory: who can overwrite it cannot aim it without knowing the guard.
#[inline]
#[must_use]
pub fn mix(function: usize) -> usize {
    (function ^ pointer_guard()).rotate_left(17)
}

/// The address that [`mix`] was given.
#[inline]
#[must_use]
pub fn unmix(mixed: usize) -> usize {
    mixed.rotate_right(17) ^ pointer_guard()
}

/// The value that `-fstack-protector` puts before return addresses; its lowest byte in memory is zero, so that a string that runs over
/// ends there.
#[must_use]
pub fn canary() -> usize {
    RECIPE.get().canary
}

/// Makes the main thread's area and points the thread pointer there.
///
/// # Errors
/// ENOMEM: no pages for a large image. EINVAL: the image makes no sense. What `set_thread_pointer` says.
///
/// # Safety
/// Start-up only: one thread, no reference into the recipe; `image` is this program's PT_TLS.
#[inline(always)]
pub unsafe fn install_main(image: Image, random: [usize; 2], hwcap2: usize) -> Result<(), Errno> {
    let Some(layout) = layout(RULES, image) else { return Err(Errno::EINVAL) };
    let area = if layout.size <= SMALL && layout.align <= SMALL_ALIGN {
        SMALL_AREA.0.get() as usize
    } else {
        let pages = memory::map(layout.size + layout.align, Protection::READ_WRITE, MapFlags::EMPTY)? as usize;
        (pages + layout.align - 1) & !(layout.align - 1)
    };
    let canary = random[0] & !0xff;
    // SAFETY: one thread, says the caller; the area is fresh, zeroed, aligned and of the layout's size.
    unsafe {
        RECIPE.as_mut_ptr().write(Recipe { image, layout, canary, pointer_guard: random[1] });
        let pointer = fill(area as *mut u8, true);
        arch::tls::set_thread_pointer(pointer, hwcap2)
    }
}

/// Makes an area ready for a thread that is not running yet; the thread's pointer. `zeroed`: the area is fresh from the kernel.
///
/// # Safety
/// `area` is aligned and as large as [`current_layout`] says, and nobody else uses it.
pub unsafe fn fill(area: *mut u8, zeroed: bool) -> usize {
    let recipe = RECIPE.get();
    let layout = &recipe.layout;
    // SAFETY: every offset is inside the area by the layout's construction.
    unsafe {
        if !zeroed {
            area.write_bytes(0, layout.size);
        }
        if recipe.image.file_size != 0 {
            arch::vector::move_down(area.add(layout.image), recipe.image.address as *const u8, recipe.image.file_size);
        }
        let pointer = area.add(layout.thread_pointer);
        arch::tls::write_header(pointer.cast(), recipe.canary, recipe.pointer_guard);
        let thread = area.add(layout.per_thread).cast::<PerThread>();
        // The rest of PerThread::NEW is zeros, which are there already.
        let cpu_id = thread.byte_add(offset_of!(PerThread, rseq) + offset_of!(crate::rseq::Area, cpu_id));
        let mm_cid = thread.byte_add(offset_of!(PerThread, rseq) + offset_of!(crate::rseq::Area, mm_cid));
        cpu_id.cast::<u32>().write(u32::MAX);
        mm_cid.cast::<u32>().write(u32::MAX);
        (&raw mut (*thread).no_index).write(-1);
        pointer as usize
    }
}
