//! The heap in a fixed buffer.

use dacapo::malloc::FixedHeap;

#[test]
fn a_fixed_heap_gives_out_its_buffer_and_takes_it_back() {
    static HEAP: FixedHeap<65536> = FixedHeap::new();
    for _ in 0..3 {
        let mut blocks = Vec::new();
        loop {
            let block = HEAP.allocate(1000);
            if block.is_null() {
                break;
            }
            assert!(HEAP.contains(block) && (block as usize).is_multiple_of(16));
            // SAFETY: a live block.
            unsafe {
                assert!(HEAP.usable_size(block) >= 1000);
                block.write_bytes(blocks.len() as u8, 1000);
            }
            blocks.push(block);
        }
        assert!(blocks.len() > 60, "{} blocks of 1000 bytes in 65536", blocks.len());
        for (n, &block) in blocks.iter().enumerate() {
            // SAFETY: live blocks.
            unsafe {
                assert!(std::slice::from_raw_parts(block, 1000).iter().all(|&byte| byte == n as u8));
                HEAP.deallocate(block);
            }
        }
    }
    assert!(HEAP.allocate(usize::MAX).is_null() && HEAP.allocate(65536).is_null());
    let whole = HEAP.allocate(60_000);
    assert!(!whole.is_null(), "freed blocks merge again");
    // SAFETY: a live block.
    unsafe { HEAP.deallocate(whole) };
}

#[test]
fn a_fixed_heap_knows_its_own() {
    static HEAP: FixedHeap<4096> = FixedHeap::new();
    let foreign = 0_u8;
    assert!(!HEAP.contains(&raw const foreign));
}
