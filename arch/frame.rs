//! The parts of a restartable section's frame that are the same on every CPU: its descriptor, and its end. The CPU's `rseq.rs` has the rest.
//!
//! Labels: 2 start, 3 commit (first address after the section), 4 abort, 5 descriptor, 6 arm; bodies may use 7 to 9.
//!
//! Builds that are wrong on purpose (`DACAPO_BROKEN=NAME` in the environment of the build sets `--cfg dacapo_broken="NAME"`): `x.py test --suite
//! controls` shows that the tests catch each.
//!
//! | name | what is wrong |
//! | --- | --- |
//! | `late_commit` | the commit label stands one instruction late: a section that has stored is aborted and stores again |
//! | `early_commit` | it stands one instruction early: the last instruction is not protected |
//! | `index_before_start` | the index is read before the section begins: after a migration there it is another CPU's |
//! | `wrong_signature` | the word before the abort handler is not the one that was registered: the kernel kills the program |
//!
//! `arch/<cpu>/broken.rs` has three more, each of which is wrong in one section.

#[cfg(not(dacapo_broken = "early_commit"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __rseq_length {
    () => {
        "3f - 2f"
    };
}
#[cfg(dacapo_broken = "early_commit")]
#[doc(hidden)]
#[macro_export]
macro_rules! __rseq_length {
    () => {
        concat!("3f - 2f - ", $crate::__rseq_last_store!())
    };
}
#[cfg(not(dacapo_broken = "late_commit"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __rseq_commit_label {
    () => {
        "3:\n"
    };
}
#[cfg(dacapo_broken = "late_commit")]
#[doc(hidden)]
#[macro_export]
macro_rules! __rseq_commit_label {
    () => {
        "nop\n 3:\n"
    };
}

/// What the library plants before its abort handlers.
#[doc(hidden)]
pub const PLANTED: u32 = super::cpu::rseq::SIGNATURE + if cfg!(dacapo_broken = "wrong_signature") { 1 } else { 0 };

/// Numbers this section: what it emits lies in input sections of its own, which the linker keeps or drops with the code that uses it.
#[doc(hidden)]
#[macro_export]
macro_rules! __rseq_number {
    () => {
        ".ifndef .Lrseq_number\n .set .Lrseq_number, 0\n .endif\n .set .Lrseq_number, .Lrseq_number + 1\n"
    };
}

/// The descriptor, and its address in the table of all sections, which a relocation that changes nothing ties to it: whoever arms the section
/// keeps its descriptor, and with it the entry.
#[doc(hidden)]
#[macro_export]
macro_rules! __rseq_descriptor {
    () => {
        concat!(
            $crate::__rseq_number!(),
            ".pushsection __rseq_cs_ptr_array, \"aw\", %progbits, unique, .Lrseq_number\n .balign 8\n 57: .quad 5f\n .popsection\n",
            ".pushsection __rseq_cs, \"aw\", %progbits, unique, .Lrseq_number\n .balign 32\n",
            "5: .long 0, 0\n", // version, flags
            "   .quad 2f, ",
            $crate::__rseq_length!(),
            ", 4f\n", // start, length, abort
            "   .reloc 5b, BFD_RELOC_NONE, 57b\n .popsection\n",
        )
    };
}

/// Opens the input section of this section's abort handler.
#[doc(hidden)]
#[macro_export]
macro_rules! __rseq_abort_section {
    () => {
        ".pushsection .text.rseq_abort, \"ax\", %progbits, unique, .Lrseq_number\n .balign 4\n"
    };
}

/// Ends the section. With exits, the commit is listed among the places that code in the section may leave to, for debuggers.
#[doc(hidden)]
#[macro_export]
macro_rules! __rseq_commit {
    () => {
        $crate::__rseq_commit_label!()
    };
    ($($exit:ident)+) => {
        concat!(
            $crate::__rseq_commit_label!(),
            ".pushsection __rseq_exit_point_array, \"aw\", %progbits, unique, .Lrseq_number\n .balign 8\n 58: .quad 2b, 3b\n .popsection\n",
            ".reloc 2b, BFD_RELOC_NONE, 58b"
        )
    };
}

/// A section that in builds with `--cfg dacapo_compare_twice` reads the index once more right before its commit, and traps if it is not the one that it
/// began with; else as `__rseq_asm`. Takes the commit apart from the steps before it.
#[cfg(not(dacapo_compare_twice))]
#[doc(hidden)]
#[macro_export]
macro_rules! __rseq_checked {
    ($f:ident $table:ident $t:ident $b:ident $exits:tt $kind:tt [$($template:expr,)*] ($commit:expr) $operands:tt) => {
        $crate::__rseq_asm!($f $table $t $b $exits $kind [$($template,)* $commit] $operands)
    };
}
#[cfg(dacapo_compare_twice)]
#[doc(hidden)]
#[macro_export]
macro_rules! __rseq_checked {
    ($f:ident $table:ident $t:ident $b:ident $exits:tt [field $field:ident] $templates:tt $commit:tt $operands:tt) => {
        $crate::__rseq_checked!(@ field $f $table $t $b $exits [field $field] $templates $commit $operands)
    };
    ($f:ident $table:ident $t:ident $b:ident $exits:tt $kind:tt $templates:tt $commit:tt $operands:tt) => {
        $crate::__rseq_checked!(@ index $f $table $t $b $exits $kind $templates $commit $operands)
    };
    (@ $which:ident $f:ident $table:ident $t:ident $b:ident $exits:tt $kind:tt [$($template:expr,)*] ($commit:expr) [$($operand:tt)*]) => {
        $crate::__rseq_asm!($f $table $t $b $exits $kind
            [$crate::__rseq_twice!(keep $t), $($template,)* $crate::__rseq_twice!($which), $commit]
            [rseq_first = out(reg) _, $($operand)*])
    };
}
