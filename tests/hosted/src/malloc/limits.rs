//! Little address space, and no more memory at all.

use dacapo::malloc;

use support::process::again;

const VARIABLE: &str = "DACAPO_LIMIT";

fn limit(resource: libc::__rlimit_resource_t, bytes: u64) -> std::io::Result<()> {
    let limit = libc::rlimit { rlim_cur: bytes, rlim_max: bytes };
    // SAFETY: reads one struct.
    if unsafe { libc::setrlimit(resource, &raw const limit) } == 0 {
        Ok(())
    } else {
        Err(std::io::Error::last_os_error())
    }
}

/// The inner program: allocates until there is nothing left, frees all, and does it again; with blocks of each size that the variable has.
#[test]
fn victim() {
    let Ok(sizes) = std::env::var(VARIABLE) else { return };
    let sizes: Vec<usize> = sizes.split(' ').map(|size| size.parse().expect("a size")).collect();
    let enough = if support::emulated() { 5 << 28 } else { 4 << 30 };
    let mut counts = Vec::with_capacity(3);
    for round in 0..3 {
        let size = sizes[round % sizes.len()];
        let mut last: *mut *mut u8 = std::ptr::null_mut();
        let mut count = 0_usize;
        loop {
            let block = malloc::allocate(size).cast::<*mut u8>();
            if block.is_null() || count * size > enough {
                break;
            }
            // SAFETY: a live block, long enough for a link.
            unsafe {
                block.cast::<u8>().write_bytes(1, size.min(4096));
                block.write(last.cast());
            }
            last = block;
            count += 1;
        }
        while !last.is_null() {
            // SAFETY: a live block and its link.
            unsafe {
                let next = last.read();
                // The last blocks are of the last resort, in whatever way they are given back.
                match round % 2 {
                    0 => malloc::deallocate_sized(last.cast(), size),
                    _ => malloc::deallocate(last.cast()),
                }
                last = next.cast();
            }
        }
        malloc::trim(0);
        counts.push(count * size);
    }
    println!("bytes: {} {} {}", counts[0], counts[1], counts[2]);
}

fn bytes_under(sizes: &str, resource: libc::__rlimit_resource_t, bytes: u64) -> [usize; 3] {
    let output = again("malloc::limits::victim", VARIABLE, sizes, move || limit(resource, bytes));
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find_map(|line| line.split_once("bytes: ")).map(|(_, line)| line);
    let line = line.unwrap_or_else(|| panic!("size {sizes}, limit {bytes}: {output:?}"));
    let words: Vec<usize> = line.split(' ').map(|word| word.parse().expect("a number")).collect();
    [words[0], words[1], words[2]]
}

/// Small blocks, cached ones, runs of pages, mappings of their own; two of them where a page is dear.
fn sizes() -> &'static [usize] {
    if dacapo::malloc::size_class::TINY {
        &[200_000, 3 << 20] // a run of small blocks is a page, and the rest of its 64 KiB is waste
    } else if support::emulated() {
        &[1000, 200_000]
    } else {
        &[64, 20_000, 200_000, 3 << 20]
    }
}

#[test]
fn most_of_64_mib_of_address_space_can_be_used_and_used_again() {
    for &size in sizes() {
        let got = bytes_under(&size.to_string(), libc::RLIMIT_AS, 64 << 20);
        // The test program itself, its libraries and stacks take some 12 MiB.
        assert!(got.iter().all(|&bytes| bytes > 20 << 20 && bytes < 64 << 20), "size {size}: {got:?}");
        assert!(got[2] >= got[0] / 4 * 3, "size {size}: less each time: {got:?}");
    }
}

#[test]
fn a_limit_on_data_is_met_with_null_and_survived() {
    for &size in sizes() {
        let got = bytes_under(&size.to_string(), libc::RLIMIT_DATA, 32 << 20);
        assert!(got.iter().all(|&bytes| bytes > 8 << 20 && bytes < 32 << 20), "size {size}: {got:?}");
    }
}

/// What counts against this limit is what could be written to, not what was: the same as under `vm.overcommit_memory=2`.
#[test]
fn memory_that_small_blocks_had_can_be_had_by_mappings_and_the_other_way_round() {
    for sizes in ["64 3145728 64", "200000 3145728 20000", "3145728 1000 3145728"] {
        let got = bytes_under(sizes, libc::RLIMIT_DATA, 48 << 20);
        assert!(got.iter().all(|&bytes| bytes > 20 << 20 && bytes < 48 << 20), "sizes {sizes}: {got:?}");
    }
}

#[test]
fn without_a_limit_more_than_64_mib_can_be_had() {
    let got = bytes_under("1048576", libc::RLIMIT_AS, libc::RLIM_INFINITY);
    assert!(got[0] > 1 << 30, "{got:?}");
}
