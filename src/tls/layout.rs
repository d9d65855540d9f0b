//! Where everything lies in a thread's area. Pure: every CPU's rules are tested on any host.
//!
//! ```text
//!   variant I    | PerThread | tp: header | pad | image |
//!   variant II   | pad | image | tp: header | PerThread |
//! ```
//! The image's address keeps its remainder modulo its alignment, since the linker computed offsets with it:
//!
//! ```text
//!   I    image = tp + gap + ((image.address - gap) mod align)
//!   II   image = tp - image.size - ((-image.address - image.size) mod align)
//! ```

/// What a CPU prescribes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// 1 or 2.
    pub variant: u32,
    /// Bytes between the thread pointer and the image, before padding (variant I).
    pub gap: usize,
    /// Bytes behind the thread pointer that belong to the header.
    pub header: usize,
    /// Bytes of `PerThread`; it is 64-aligned and lies right before the thread pointer (I) or right behind the header (II).
    pub per_thread: usize,
}

/// The program's thread-local image: its PT_TLS segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Image {
    /// Where its initial bytes lie.
    pub address: usize,
    /// Initial bytes; zeros follow.
    pub file_size: usize,
    /// Bytes in each thread: `file_size <= size`.
    pub size: usize,
    /// A power of two.
    pub align: usize,
}

impl Image {
    /// Of a program without thread-local variables.
    pub const EMPTY: Image = Image { address: 0, file_size: 0, size: 0, align: 1 };
}

/// An area: offsets are from its first byte, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Bytes of the whole area.
    pub size: usize,
    /// What its address must be a multiple of; so is the thread pointer.
    pub align: usize,
    /// Where the thread pointer points.
    pub thread_pointer: usize,
    /// Where the image goes.
    pub image: usize,
    /// Where `PerThread` goes.
    pub per_thread: usize,
}

/// The alignment of `PerThread`.
const MINIMAL_ALIGN: usize = 64;

/// No area is larger: what is beyond is a corrupt header, and the arithmetic below cannot overflow.
const MAXIMAL: usize = 1 << 40;

const fn round_up(size: usize, align: usize) -> usize {
    (size + align - 1) & !(align - 1)
}

/// The layout for an image; None if the image makes no sense (sizes beyond 1 TiB, an alignment that is no power of two).
#[must_use]
pub const fn layout(rules: Rules, image: Image) -> Option<Layout> {
    if !image.align.is_power_of_two() || image.align > MAXIMAL || image.size > MAXIMAL || image.file_size > image.size {
        return None;
    }
    let align = if image.align > MINIMAL_ALIGN { image.align } else { MINIMAL_ALIGN };
    let mask = image.align - 1;
    Some(if rules.variant == 1 {
        let thread_pointer = round_up(rules.per_thread, align);
        let place =
            if image.size == 0 { rules.header } else { rules.gap + (image.address.wrapping_sub(rules.gap) & mask) };
        Layout {
            size: round_up(thread_pointer + place + image.size, MINIMAL_ALIGN),
            align,
            thread_pointer,
            image: thread_pointer + place,
            per_thread: thread_pointer - rules.per_thread,
        }
    } else {
        let below = image.size + (image.address.wrapping_add(image.size).wrapping_neg() & mask);
        let below = if image.size == 0 { 0 } else { below };
        let thread_pointer = round_up(below, align);
        let per_thread = thread_pointer + round_up(rules.header, MINIMAL_ALIGN);
        Layout { size: per_thread + rules.per_thread, align, thread_pointer, image: thread_pointer - below, per_thread }
    })
}
