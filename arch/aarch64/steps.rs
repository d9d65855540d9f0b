//! What each step of `section!` is on AArch64: instructions with named operands, each a string that `asm!` takes.
//!
//! The word after the macro's name is the step; `arch/section.rs` lists what a person writes for it. Label 3 is the commit: where exits go.
//! x17 is free inside a section: it holds an address that is no addressing mode, or a word that a step needs only for itself. x16 says at the end of
//! a section that commits a pair whether it did (0).

/// A step's instructions; also an operand's and an address's spelling.
#[doc(hidden)]
#[macro_export]
macro_rules! __rseq_step {
    (operand $x:ident) => { concat!("{", stringify!($x), "}") };
    (operand $x:literal) => { stringify!($x) };

    // What must come before the instruction so that `address` is an addressing mode.
    (before [$a:ident]) => { "" };
    (before [$a:ident + 8 * $b:ident]) => { "" };
    (before [$a:ident + 8 * $b:ident + $x:tt]) => { concat!("add x17, {", stringify!($a), "}, {", stringify!($b), "}, lsl #3\n") };
    (before [$a:ident + $x:tt]) => { "" };
    (address [$a:ident]) => { concat!("[{", stringify!($a), "}]") };
    (address [$a:ident + 8 * $b:ident]) => { concat!("[{", stringify!($a), "}, {", stringify!($b), "}, lsl #3]") };
    (address [$a:ident + 8 * $b:ident + $x:tt]) => { concat!("[x17, ", $crate::__rseq_step!(operand $x), "]") };
    (address [$a:ident + $x:tt]) => { concat!("[{", stringify!($a), "}, ", $crate::__rseq_step!(operand $x), "]") };
    // The same for instructions that take a base alone.
    (before_two [$a:ident]) => { "" };
    (before_two [$a:ident + $x:tt]) => { concat!("add x17, {", stringify!($a), "}, ", $crate::__rseq_step!(operand $x), "\n") };
    (address_two [$a:ident]) => { concat!("[{", stringify!($a), "}]") };
    (address_two [$a:ident + $x:tt]) => { "[x17]" };

    (load $a:ident [$($at:tt)+]) => {
        concat!($crate::__rseq_step!(before [$($at)+]), "ldr {", stringify!($a), "}, ", $crate::__rseq_step!(address [$($at)+]))
    };
    (load u32 $a:ident [$($at:tt)+]) => {
        concat!($crate::__rseq_step!(before [$($at)+]), "ldr {", stringify!($a), ":w}, ", $crate::__rseq_step!(address [$($at)+]))
    };
    (load u8 $a:ident [$($at:tt)+]) => {
        concat!($crate::__rseq_step!(before [$($at)+]), "ldrb {", stringify!($a), ":w}, ", $crate::__rseq_step!(address [$($at)+]))
    };
    (set $a:ident 0) => { concat!("mov {", stringify!($a), "}, xzr") };
    (set $a:ident $x:tt) => { concat!("mov {", stringify!($a), "}, ", $crate::__rseq_step!(operand $x)) };
    (sum $a:ident $b:ident $x:tt) => {
        concat!("add {", stringify!($a), "}, {", stringify!($b), "}, ", $crate::__rseq_step!(operand $x))
    };
    (change $a:ident $op:tt $x:tt) => {
        concat!($crate::__rseq_step!(verb $op), " {", stringify!($a), "}, {", stringify!($a), "}, ", $crate::__rseq_step!(operand $x))
    };
    (verb +=) => { "add" };
    (verb -=) => { "sub" };
    (verb &=) => { "and" };
    (verb |=) => { "orr" };
    (verb ^=) => { "eor" };
    (verb <<=) => { "lsl" };
    (verb >>=) => { "lsr" };

    (leave $a:ident < 0) => { concat!("tbnz {", stringify!($a), "}, #63, 3f") };
    (leave $a:ident == 0) => { concat!("cbz {", stringify!($a), "}, 3f") };
    (leave $a:ident != 0) => { concat!("cbnz {", stringify!($a), "}, 3f") };
    (leave $a:ident $op:tt [$($at:tt)+]) => {
        concat!($crate::__rseq_step!(before [$($at)+]), "ldr x17, ", $crate::__rseq_step!(address [$($at)+]), "\n",
            "cmp {", stringify!($a), "}, x17\n ", $crate::__rseq_step!(jump $op), " 3f")
    };
    (leave $a:ident $op:tt $x:tt) => {
        concat!("cmp {", stringify!($a), "}, ", $crate::__rseq_step!(operand $x), "\n ", $crate::__rseq_step!(jump $op), " 3f")
    };
    (jump ==) => { "b.eq" };
    (jump !=) => { "b.ne" };
    (jump <) => { "b.lo" };
    (jump <=) => { "b.ls" };
    (jump >) => { "b.hi" };
    (jump >=) => { "b.hs" };
    (lower $a:ident $x:tt) => {
        concat!("subs {", stringify!($a), "}, {", stringify!($a), "}, ", $crate::__rseq_step!(operand $x), "\n b.lo 3f")
    };
    (bounded $a:ident [$($at:tt)+]) => {
        concat!($crate::__rseq_step!(before_two [$($at)+]),
            "ldp {", stringify!($a), "}, x17, ", $crate::__rseq_step!(address_two [$($at)+]), "\n",
            "cmp {", stringify!($a), "}, x17\n b.hs 3f")
    };

    (store [$($at:tt)+] $a:ident) => {
        concat!($crate::__rseq_step!(before [$($at)+]), "str {", stringify!($a), "}, ", $crate::__rseq_step!(address [$($at)+]))
    };
    (store u32 [$($at:tt)+] $a:ident) => {
        concat!($crate::__rseq_step!(before [$($at)+]), "str {", stringify!($a), ":w}, ", $crate::__rseq_step!(address [$($at)+]))
    };
    (store_two [$($at:tt)+] $a:ident $b:ident) => {
        concat!($crate::__rseq_step!(before_two [$($at)+]),
            "stp {", stringify!($a), "}, {", stringify!($b), "}, ", $crate::__rseq_step!(address_two [$($at)+]))
    };
    (add_to [$a:ident + $x:tt] $v:tt) => {
        concat!("ldr x17, [{", stringify!($a), "}, ", $crate::__rseq_step!(operand $x), "]\n",
            "add x17, x17, ", $crate::__rseq_step!(operand $v), "\n",
            "str x17, [{", stringify!($a), "}, ", $crate::__rseq_step!(operand $x), "]")
    };
    (add_to [$a:ident] $v:tt) => { $crate::__rseq_step!(add_to [$a + 0] $v) };
    // One store of 16 bytes whatever the CPU: stp may be interrupted between its halves where there is no LSE2.
    (commit_pair [$($at:tt)+] $a:ident $b:ident) => {
        concat!($crate::__rseq_step!(before_two [$($at)+]),
            "ldxp x16, {rseq_pair}, ", $crate::__rseq_step!(address_two [$($at)+]), "\n",
            "stxp w16, {", stringify!($a), "}, {", stringify!($b), "}, ", $crate::__rseq_step!(address_two [$($at)+]))
    };
}
