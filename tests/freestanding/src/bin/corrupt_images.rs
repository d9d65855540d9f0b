//! Corrupt ELF images: whatever a vDSO's bytes are, a symbol is found inside the image or not at all, and the search ends; whatever a
//! program's PT_TLS says, it has a layout whose parts lie apart, or none.
//!
//! `DACAPO_SEED` chooses what is corrupt; `DACAPO_ROUNDS` how often.
#![no_std]
#![no_main]

use dacapo::start::auxv::auxv;
use dacapo::start::vdso::Image;
use dacapo::sys::memory::{self, MapFlags, Protection};
use dacapo::tls;
use dacapo::tls::layout::{Layout, Rules, layout};
use freestanding::{Random, check, number, skip};

/// No image is larger, and nothing beyond may be read: there lies a page without access.
const LARGEST: usize = 1 << 20;
const PAGE: usize = 4096;

/// What is known to be in every vDSO of these CPUs, with its version.
const WANTED: [(&[u8], &[u8]); 4] = [
    (b"__vdso_clock_gettime", b"LINUX_2.6"),
    (b"__kernel_clock_gettime", b"LINUX_2.6.39"),
    (b"__vdso_getcpu", b"LINUX_2.6"),
    (b"nothing", b"LINUX_2.6"),
];

/// Values that arithmetic likes least, and small and large ones.
fn nasty(random: &mut Random) -> usize {
    const EDGES: [usize; 10] =
        [0, 1, 7, 0x1000, 0xffff, 0x7fff_ffff, 0xffff_ffff, 1 << 40, usize::MAX >> 1, usize::MAX];
    match random.below(4) {
        0 => EDGES[random.below(EDGES.len() as u64) as usize],
        1 => EDGES[random.below(EDGES.len() as u64) as usize].wrapping_sub(random.below(64) as usize),
        2 => random.below(1 << 13) as usize,
        _ => random.next() as usize,
    }
}

/// Where a change hurts: the headers, the dynamic section and the tables behind it are in the first pages.
fn spoil(image: &mut [u8], len: usize, random: &mut Random) {
    for _ in 0..1 + random.below(6) {
        let within = match random.below(4) {
            0 => 64,
            1 => 64 + 8 * 56,
            2 => 2048,
            _ => len as u64,
        };
        let at = random.below(within.min(len as u64 - 8)) as usize;
        match random.below(3) {
            0 => image[at] = random.next() as u8,
            1 => image[at] ^= 1 << random.below(8),
            _ => {
                let at = at & !7;
                let width = 1 << random.below(4);
                image[at..at + width].copy_from_slice(&nasty(random).to_ne_bytes()[..width]);
            }
        }
    }
}

/// How many of the wanted functions an image has.
fn find_all(base: usize) -> u64 {
    let mut found = 0;
    // SAFETY: a MiB can be read there.
    if let Some(image) = unsafe { Image::at(base) } {
        for (name, version) in WANTED {
            // SAFETY: as above.
            if let Some(address) = unsafe { image.find(name, version) } {
                check!((base..base + LARGEST).contains(&address), "{address:x} is not in the image at {base:x}");
                found += 1;
            }
        }
    }
    found
}

fn corrupt_vdsos(random: &mut Random, rounds: u64) -> (u64, u64) {
    let original = auxv().sysinfo_ehdr();
    if original == 0 {
        skip("no vDSO here");
    }
    let Ok(copy) = memory::map(LARGEST + PAGE, Protection::READ_WRITE, MapFlags::EMPTY) else {
        freestanding::failed(file!(), line!(), "memory")
    };
    // SAFETY: the last page of our own mapping.
    check!(unsafe { memory::protect(copy.add(LARGEST), PAGE, Protection::NONE) }.is_ok());
    // The kernel's image is one or two pages; the second need not be there.
    let len = if memory::residence((original + PAGE) as *mut u8, &mut [0]) { 2 * PAGE } else { PAGE };
    // SAFETY: the kernel mapped so much; ours is larger.
    let (pristine, image) = unsafe {
        (core::slice::from_raw_parts(original as *const u8, len), core::slice::from_raw_parts_mut(copy, LARGEST))
    };
    image[..len].copy_from_slice(pristine);
    let whole = find_all(copy as usize);
    check!(whole > 0 && whole < WANTED.len() as u64, "{whole} functions in the whole image");
    let mut still = 0;
    for _ in 0..rounds {
        image[..len].copy_from_slice(pristine);
        spoil(image, len, random);
        still += u64::from(find_all(copy as usize) == whole);
    }
    (still, rounds)
}

/// A layout's parts lie inside it, apart and aligned, and the image keeps its remainder.
fn is_sound(rules: Rules, image: tls::layout::Image, made: &Layout) -> bool {
    let (tp, end) = (made.thread_pointer, made.image + image.size);
    let header = tp..tp + rules.header;
    let inside = made.per_thread + rules.per_thread <= made.size && end <= made.size && header.end <= made.size;
    let apart = |a: usize, a_end: usize, b: usize, b_end: usize| a_end <= b || b_end <= a || a == a_end || b == b_end;
    let per_thread_end = made.per_thread + rules.per_thread;
    inside
        && apart(made.image, end, made.per_thread, per_thread_end)
        && apart(made.image, end, header.start, header.end)
        && apart(made.per_thread, per_thread_end, header.start, header.end)
        && made.align.is_power_of_two()
        && made.align >= image.align
        && tp % made.align == 0
        && made.per_thread.is_multiple_of(64)
        && (image.size == 0 || made.image.wrapping_sub(image.address).is_multiple_of(image.align))
}

fn corrupt_tls(random: &mut Random, rounds: u64) -> u64 {
    let other = if tls::block::RULES.variant == 1 {
        Rules { variant: 2, gap: 0, header: 64, per_thread: 256 }
    } else {
        Rules { variant: 1, gap: 16, header: 16, per_thread: 256 }
    };
    let mut sense = 0;
    for round in 0..rounds {
        let rules = if round % 2 == 0 { tls::block::RULES } else { other };
        let image = tls::layout::Image {
            address: nasty(random),
            file_size: if random.below(2) == 0 { 0 } else { nasty(random) },
            size: nasty(random),
            align: if random.below(2) == 0 { 1 << random.below(64) } else { nasty(random) },
        };
        if let Some(made) = layout(rules, image) {
            check!(is_sound(rules, image, &made), "{image:x?} was laid out as {made:x?}");
            sense += 1;
        } else {
            check!(
                !image.align.is_power_of_two()
                    || image.align > 1 << 40
                    || image.size > 1 << 40
                    || image.file_size > image.size,
                "{image:x?} was refused"
            );
        }
    }
    sense
}

dacapo::main!(|_, _| {
    let (seed, rounds) = (number(b"DACAPO_SEED", 1), number(b"DACAPO_ROUNDS", 20_000));
    let mut random = Random::of(seed, 0);
    let (still, vdsos) = corrupt_vdsos(&mut random, rounds);
    let sense = corrupt_tls(&mut random, 8 * rounds);
    dacapo::println!(
        "{vdsos} corrupt vDSOs, {still} of them still with every function; {} TLS images, {sense} of them sensible",
        8 * rounds
    );
});
