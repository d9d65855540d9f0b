//! The arithmetic of thread-local areas, for both CPUs, whichever this is.

use dacapo::tls::layout::{Image, Layout, Rules, layout};

const X86_64: Rules = Rules { variant: 2, gap: 0, header: 64, per_thread: 256 };
const AARCH64: Rules = Rules { variant: 1, gap: 16, header: 16, per_thread: 256 };

fn image(address: usize, size: usize, align: usize) -> Image {
    Image { address, file_size: size.min(8), size, align }
}

/// What the linker computes: a variable's address minus the thread pointer.
fn linked_offset(rules: Rules, image: Image, variable: usize) -> isize {
    let mask = image.align as isize - 1;
    let (address, size, gap) = (image.address as isize, image.size as isize, rules.gap as isize);
    if rules.variant == 1 {
        variable as isize + gap + ((address - gap) & mask)
    } else {
        variable as isize - size - (-(address + size) & mask)
    }
}

fn every_image() -> impl Iterator<Item = Image> {
    let aligns = (0..=16).map(|shift| 1_usize << shift);
    aligns.flat_map(|align| {
        [0, 1, 7, 8, 63, 64, 65, 100, 4095, 4096, 20_001].into_iter().flat_map(move |size| {
            [0x40_0000, 0x40_0010, 0x40_0fe8, 0x7f00_0000_1234]
                .into_iter()
                .map(move |address| image(address, size, align))
        })
    })
}

#[test]
fn parts_do_not_overlap_and_are_aligned() {
    for rules in [X86_64, AARCH64] {
        for image in every_image() {
            let Layout { size, align, thread_pointer, image: place, per_thread } = layout(rules, image).unwrap();
            assert!(align.is_power_of_two() && align >= 64 && align >= image.align);
            assert_eq!(thread_pointer % align, 0, "{image:?}");
            assert_eq!(per_thread % 64, 0);
            let mut parts = [
                (place, place + image.size),
                (thread_pointer, thread_pointer + rules.header),
                (per_thread, per_thread + rules.per_thread),
            ];
            parts.sort_unstable();
            assert!(
                parts[0].1 <= parts[1].0 && parts[1].1 <= parts[2].0 && parts[2].1 <= size,
                "{rules:?} {image:?} {parts:?}"
            );
        }
    }
}

#[test]
fn variables_lie_where_the_linker_thinks() {
    for rules in [X86_64, AARCH64] {
        for image in every_image().filter(|image| image.size > 0) {
            let layout = layout(rules, image).unwrap();
            for variable in [0, image.size - 1] {
                let ours = (layout.image + variable) as isize - layout.thread_pointer as isize;
                assert_eq!(ours, linked_offset(rules, image, variable), "{rules:?} {image:?}");
            }
            // So a variable whose address was a multiple of its alignment still is one.
            assert_eq!((layout.image.wrapping_sub(image.address)) & (image.align - 1), 0);
        }
    }
}

#[test]
fn per_thread_is_at_its_constant_distance() {
    for image in every_image() {
        let x86_64 = layout(X86_64, image).unwrap();
        assert_eq!(x86_64.per_thread, x86_64.thread_pointer + 64);
        let aarch64 = layout(AARCH64, image).unwrap();
        assert_eq!(aarch64.per_thread + 256, aarch64.thread_pointer);
    }
}

#[test]
fn absurd_images_are_refused() {
    for rules in [X86_64, AARCH64] {
        assert_eq!(layout(rules, image(0, 8, 0)), None);
        assert_eq!(layout(rules, image(0, 8, 3)), None);
        assert_eq!(layout(rules, image(0, 8, 1 << 63)), None);
        assert_eq!(layout(rules, image(0, usize::MAX, 1)), None);
        assert_eq!(layout(rules, Image { address: 0, file_size: 9, size: 8, align: 8 }), None);
    }
}
