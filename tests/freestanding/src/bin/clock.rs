//! The vDSO's clock: found, right, never going back; and images that are not what they say are refused, not followed.
#![no_std]
#![no_main]

use dacapo::start::vdso::{self, Image};
use dacapo::sys::{Errno, time};
use freestanding::check;

const MONOTONIC: i32 = 1;
const REALTIME: i32 = 0;

#[repr(align(4096))]
struct Page([u8; 16384]);

dacapo::main!(|_, _| {
    for clock in [MONOTONIC, REALTIME] {
        let mut last = time::clock_gettime(clock).unwrap_or_default();
        check!(last.seconds > 0 || last.nanos > 0);
        for _ in 0..1000 {
            let now = vdso::clock_gettime(clock).unwrap_or_default();
            check!(now >= last, "{now:?} after {last:?}");
            last = now;
        }
        check!(time::clock_gettime(clock).unwrap_or_default() >= last);
    }
    check!(vdso::clock_gettime(12345) == Err(Errno::EINVAL));
    check!(vdso::clock_getres(MONOTONIC) == time::clock_getres(MONOTONIC));
    check!(vdso::getcpu().0 < 4096);

    let header = dacapo::start::auxv::auxv().sysinfo_ehdr();
    if header == 0 {
        check!(!vdso::has_clock());
        freestanding::skip("no vDSO here; the system call was tested in its place");
    }
    check!(vdso::has_clock());
    // A copy of the real image with one byte changed: every change gives an answer or none, never a fault.
    let mut copy = Page([0; 16384]);
    let mut read = |len: usize| {
        // SAFETY: the kernel's image: its first page has its headers, which say how long it is.
        unsafe { copy.0.as_mut_ptr().copy_from_nonoverlapping(header as *const u8, len) };
        size_of_loaded(&copy)
    };
    let whole = read(4096).next_multiple_of(4096);
    check!(whole <= size_of::<Page>(), "an image of {whole} bytes");
    read(whole);
    let names = (dacapo::arch::vdso::CLOCK_GETTIME, dacapo::arch::vdso::VERSION);
    // SAFETY: the page is larger than what the image says of itself, or `at` refuses it: 16384 bytes behind its start are ours.
    let find =
        |page: &Page| unsafe { Image::at(page.0.as_ptr() as usize).and_then(|image| image.find(names.0, names.1)) };
    check!(find(&copy).is_some());
    let mut refused = 0;
    for at in 0..1024 {
        for change in [0xff, 0x01, 0x80] {
            copy.0[at] ^= change;
            let size_field_grew = size_of_loaded(&copy) > copy.0.len();
            if !size_field_grew && find(&copy).is_none() {
                refused += 1;
            }
            copy.0[at] ^= change;
        }
    }
    check!(refused > 50, "{refused} changes were refused");
    0
});

/// The largest p_offset + p_memsz of the image's PT_LOADs: beyond our copy, reads could leave it.
fn size_of_loaded(page: &Page) -> usize {
    let word =
        |at: usize| page.0.get(at..at + 8).and_then(|bytes| bytes.try_into().ok()).map_or(0, usize::from_le_bytes);
    let headers = word(32);
    (0..usize::from(page.0[56]).min(32))
        .map(|number| headers.saturating_add(number * 56))
        .filter(|&header| word(header) as u32 == 1)
        .map(|header| word(header + 8).saturating_add(word(header + 40)))
        .max()
        .unwrap_or(0)
}
