//! What each step of `section!` is on x86-64: instructions with named operands, each a string that `asm!` takes.
//!
//! The word after the macro's name is the step; `arch/section.rs` lists what a person writes for it. Label 3 is the commit: where exits go.

/// A step's instructions; also an operand's and an address's spelling.
#[doc(hidden)]
#[macro_export]
macro_rules! __rseq_step {
    (operand $x:ident) => { concat!("{", stringify!($x), "}") };
    (operand $x:literal) => { stringify!($x) };
    (operand [$($at:tt)+]) => { $crate::__rseq_step!(word [$($at)+] "") };

    // A word in memory; the last part is added to its address.
    (word [$($at:tt)+] $more:literal) => { concat!("qword ptr ", $crate::__rseq_step!(address [$($at)+] $more)) };
    (address [$a:ident] $more:literal) => { concat!("[{", stringify!($a), "}", $more, "]") };
    (address [$a:ident + 8 * $b:ident] $more:literal) => { concat!("[{", stringify!($a), "} + 8*{", stringify!($b), "}", $more, "]") };
    (address [$a:ident + 8 * $b:ident + $x:tt] $more:literal) => {
        concat!("[{", stringify!($a), "} + 8*{", stringify!($b), "} + ", $crate::__rseq_step!(operand $x), $more, "]")
    };
    (address [$a:ident + $x:tt] $more:literal) => {
        concat!("[{", stringify!($a), "} + ", $crate::__rseq_step!(operand $x), $more, "]")
    };

    (load $a:ident [$($at:tt)+]) => { concat!("mov {", stringify!($a), "}, ", $crate::__rseq_step!(word [$($at)+] "")) };
    (load u32 $a:ident [$($at:tt)+]) => { concat!("mov {", stringify!($a), ":e}, dword ptr ", $crate::__rseq_step!(address [$($at)+] "")) };
    (load u8 $a:ident [$($at:tt)+]) => { concat!("movzx {", stringify!($a), ":e}, byte ptr ", $crate::__rseq_step!(address [$($at)+] "")) };
    (set $a:ident 0) => { concat!("xor {", stringify!($a), ":e}, {", stringify!($a), ":e}") };
    (set $a:ident $x:tt) => { concat!("mov {", stringify!($a), "}, ", $crate::__rseq_step!(operand $x)) };
    (sum $a:ident $b:ident $x:tt) => {
        concat!("lea {", stringify!($a), "}, [{", stringify!($b), "} + ", $crate::__rseq_step!(operand $x), "]")
    };
    (change $a:ident $op:tt $x:tt) => {
        concat!($crate::__rseq_step!(verb $op), " {", stringify!($a), "}, ", $crate::__rseq_step!(operand $x))
    };
    (verb +=) => { "add" };
    (verb -=) => { "sub" };
    (verb &=) => { "and" };
    (verb |=) => { "or" };
    (verb ^=) => { "xor" };
    (verb <<=) => { "shl" };
    (verb >>=) => { "shr" };

    (leave $a:ident < 0) => { concat!("test {", stringify!($a), "}, {", stringify!($a), "}\n js 3f") };
    (leave $a:ident == 0) => { concat!("test {", stringify!($a), "}, {", stringify!($a), "}\n jz 3f") };
    (leave $a:ident != 0) => { concat!("test {", stringify!($a), "}, {", stringify!($a), "}\n jnz 3f") };
    (leave $a:ident $op:tt $x:tt) => {
        concat!("cmp {", stringify!($a), "}, ", $crate::__rseq_step!(operand $x), "\n ", $crate::__rseq_step!(jump $op), " 3f")
    };
    (jump ==) => { "je" };
    (jump !=) => { "jne" };
    (jump <) => { "jb" };
    (jump <=) => { "jbe" };
    (jump >) => { "ja" };
    (jump >=) => { "jae" };
    (lower $a:ident $x:tt) => { concat!("sub {", stringify!($a), "}, ", $crate::__rseq_step!(operand $x), "\n jb 3f") };
    (bounded $a:ident [$($at:tt)+]) => {
        concat!("mov {", stringify!($a), "}, ", $crate::__rseq_step!(word [$($at)+] ""), "\n",
            "cmp {", stringify!($a), "}, ", $crate::__rseq_step!(word [$($at)+] " + 8"), "\n jae 3f")
    };

    (store [$($at:tt)+] $a:ident) => { concat!("mov ", $crate::__rseq_step!(word [$($at)+] ""), ", {", stringify!($a), "}") };
    (store u32 [$($at:tt)+] $a:ident) => {
        concat!("mov dword ptr ", $crate::__rseq_step!(address [$($at)+] ""), ", {", stringify!($a), ":e}")
    };
    (store_two [$($at:tt)+] $a:ident $b:ident) => {
        concat!("mov ", $crate::__rseq_step!(word [$($at)+] ""), ", {", stringify!($a), "}\n",
            "mov ", $crate::__rseq_step!(word [$($at)+] " + 8"), ", {", stringify!($b), "}")
    };
    (add_to [$($at:tt)+] $x:tt) => { concat!("add ", $crate::__rseq_step!(word [$($at)+] ""), ", ", $crate::__rseq_step!(operand $x)) };
    (commit_pair [$($at:tt)+] $a:ident $b:ident) => {
        concat!("movq {rseq_pair}, {", stringify!($a), "}\n movq {rseq_second}, {", stringify!($b), "}\n",
            "punpcklqdq {rseq_pair}, {rseq_second}\n",
            "movdqa xmmword ptr ", $crate::__rseq_step!(address [$($at)+] ""), ", {rseq_pair}")
    };
}
