//! The programs about thread-local variables are one program with other sizes and alignments: this one.

/// A program whose threads each have an aligned variable with an initial value, and so many bytes of zeros.
#[macro_export]
macro_rules! tls_program {
    (align $align:literal, zeros $zeros:literal) => {
        use dacapo::thread;
        use freestanding::check;

        const ALIGN: usize = $align;
        const ZEROS: usize = $zeros;

        core::arch::global_asm!(
            ".pushsection .tdata.test, \"awT\", %progbits",
            ".balign 4",
            ".globl test_small, test_aligned, test_zeros",
            ".type test_small, %object",
            ".type test_aligned, %object",
            ".type test_zeros, %object",
            "test_small: .long 0x12345678",
            ".balign {align}",
            "test_aligned: .quad 0x1122334455667788, test_aligned_marker",
            ".popsection",
            ".pushsection .tbss.test, \"awT\", %nobits",
            ".balign 16",
            "test_zeros: .zero {zeros}",
            ".popsection",
            ".pushsection .rodata.test, \"a\", %progbits",
            "test_aligned_marker: .byte 7",
            ".popsection",
            align = const ALIGN,
            zeros = const ZEROS,
        );

        /// Checks the calling thread's copy and spoils it; its address.
        fn visit() -> usize {
            let small = dacapo::tls_address!("test_small") as *mut u32;
            let aligned = dacapo::tls_address!("test_aligned") as *mut u64;
            let zeros = dacapo::tls_address!("test_zeros") as *mut u8;
            check!((aligned as usize).is_multiple_of(ALIGN), "{aligned:?}");
            check!((zeros as usize).is_multiple_of(16), "{zeros:?}");
            // SAFETY: the calling thread's own variables; the second word is an address in read-only data, relocated.
            unsafe {
                check!(small.read() == 0x1234_5678);
                check!(aligned.read() == 0x1122_3344_5566_7788);
                check!(*(aligned.add(1).read() as *const u8) == 7);
                for at in 0..ZEROS {
                    check!(zeros.add(at).read() == 0);
                }
                small.write(0);
                aligned.write(0);
                zeros.write_bytes(0xff, ZEROS);
            }
            zeros as usize
        }

        dacapo::main!(|_, _| {
            let mine = visit();
            // Twice: the second round runs on memory that the first one spoilt.
            for _ in 0..2 {
                let handles = [(); 8].map(|()| thread::spawn(visit));
                for handle in handles {
                    check!(handle.and_then(|handle| handle.join()).is_ok_and(|address| address != mine));
                }
            }
            // The errno that C code sees and our own per-thread struct do not overlap the program's variables.
            let own = &raw const *dacapo::per_thread::current() as usize;
            check!(own.abs_diff(mine) >= 256 || own > mine + ZEROS || own + 256 <= mine);
        });
    };
}
