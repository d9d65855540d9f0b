//! `section!`: restartable sections without assembly, from a list of steps that is the same on every CPU.
//!
//! The macro reads the steps one by one, has the CPU's `steps.rs` say which instructions each of them is, and hands all of it to the CPU's
//! `rseq.rs`, which adds the arming code, the descriptor, the signature and the abort handler. Nothing is left to run: what is wrong with a
//! list of steps is an error of the compilation.

/// Defines a function that is one restartable section on the current CPU's block.
///
/// ```text
/// section! {
///     /// Takes the newest node of this CPU's list; null if it is empty.
///     pub unsafe fn pop(offset: usize) -> *mut Node {
///         |index, block|                          registers that hold the CPU's index and the address of its block
///         let head = [block + offset];            load
///         leave if head == 0;                     compare and leave
///         let next = [head];
///         commit [block + offset] = next;         the one visible store
///         return head as *mut Node;               an expression, evaluated after the section
///     }
/// }
/// ```
///
/// The function gets two arguments before its own: `fields` ([`rseq::fields`](crate::rseq::fields), the current thread's) and `table`
/// ([`PerCpu::table`](crate::percpu::PerCpu::table), the blocks' addresses by index, with entries at -1 and -2 for threads without rseq).
///
/// # Inputs
///
/// | written | is |
/// | --- | --- |
/// | `name: T` | a word (`usize`, a pointer, any `T` of eight bytes) in a register that the section never changes |
/// | `scratch name: *mut T` | the same; and what it points to is the caller's alone, so that the section may write there before its commit |
///
/// # Steps
///
/// `a`, `b`: names of registers; `x`: a name or a number. An address is `[a]`, `[a + x]`, `[a + 8 * b]` or `[a + 8 * b + x]`.
///
/// | step | effect |
/// | --- | --- |
/// | `const X: usize = expression;` | names a constant, such as a field's offset, for the steps that follow |
/// | `let a = [address];` | loads a word; `u32 [address]` and `u8 [address]` load less and clear the rest |
/// | `let a = x;` `let a = b + x;` | a copy, a sum |
/// | `a = ...;` | the same into a register that is there already, `index` and `block` included, but no input |
/// | `a += x;` and `-=` `&=` <code>\|=</code> `^=` | arithmetic; `<<=` and `>>=` by a number |
/// | `leave if a == x;` and `!=` `<` `<=` `>` `>=` | ends the section without a store; unsigned. `x` may be an address. `a < 0` asks for a negative number |
/// | `a -= x or leave;` | subtracts; leaves if it went below zero |
/// | `let a = [address] below next or leave;` | loads a word, and leaves unless it is below the word that follows it in memory |
/// | `scratch [address] = a;` `= (a, b);` | stores a word, or two, through a `scratch` input: nobody sees it, and a retry writes it anew |
/// | `hidden [address] = a;` | stores a word into shared memory where nobody looks before the commit, such as a slot beyond an array's length |
/// | `commit [address] = a;` `= (a, b);` `+= a;` | the one visible store, last: one word, two neighbours (16-aligned), or an addition |
/// | `return expression;` | after the section: what the function returns. After an early exit the registers of later steps hold anything |
///
/// # Guarantees
/// A. The compiler refuses a section with no commit or two, one that goes on after its commit, stores to shared memory before it, or writes
///    an input: an abort starts over, and would find none of that as it was.
/// B. Each step is the instructions that a person would write: tests hold the library's own sections against handwritten ones.
/// C. The function is always inlined, uses no stack, and calls nothing.
///
/// # Safety
/// The function is `unsafe`: its caller vouches for the table, for the addresses, and for what `hidden` says.
#[macro_export]
macro_rules! rseq_section {
    (
        $(#[$meta:meta])* $vis:vis unsafe fn $name:ident($($inputs:tt)*) $(-> $result:ty)?
        { |$index:ident, $block:ident| $($steps:tt)* }
    ) => {
        $crate::rseq_section! {
            @inputs { $(#[$meta])* $vis $name ($($result)?) $index $block } [] [] ($($inputs)*) $($steps)*
        }
    };

    // The inputs: [all of them with their types] [those that point to scratch memory]
    (@inputs $head:tt $all:tt $own:tt () $($steps:tt)*) => {
        $crate::rseq_section! { @open $head ($all $own) {[] [] [] [] [] []} $($steps)* }
    };
    (@inputs $head:tt [$($all:tt)*] [$($own:ident)*] (scratch $input:ident: $type:ty $(, $($rest:tt)*)?) $($steps:tt)*) => {
        $crate::rseq_section! { @inputs $head [$($all)* ($input: $type)] [$($own)* $input] ($($($rest)*)?) $($steps)* }
    };
    (@inputs $head:tt [$($all:tt)*] $own:tt ($input:ident: $type:ty $(, $($rest:tt)*)?) $($steps:tt)*) => {
        $crate::rseq_section! { @inputs $head [$($all)* ($input: $type)] $own ($($($rest)*)?) $($steps)* }
    };

    // The steps. Each adds to six lists: templates, new registers, registers written, bases of scratch stores, constants, exits.
    (@open $h:tt $i:tt $l:tt const $name:ident: usize = $value:expr; $($rest:tt)*) => {
        $crate::rseq_section! { @add $h $i $l {[] [] [] [] [($name $value)] []} $($rest)* }
    };
    (@open $h:tt $i:tt $l:tt let $a:ident = [$($from:tt)+] below next or leave; $($rest:tt)*) => {
        $crate::rseq_section! { @add $h $i $l {[(bounded $a [$($from)+])] [$a] [$a] [] [] [exit]} $($rest)* }
    };
    (@open $h:tt $i:tt $l:tt let $a:ident = [$($from:tt)+]; $($rest:tt)*) => {
        $crate::rseq_section! { @add $h $i $l {[(load $a [$($from)+])] [$a] [$a] [] [] []} $($rest)* }
    };
    (@open $h:tt $i:tt $l:tt let $a:ident = $size:ident [$($from:tt)+]; $($rest:tt)*) => {
        $crate::rseq_section! { @add $h $i $l {[(load $size $a [$($from)+])] [$a] [$a] [] [] []} $($rest)* }
    };
    (@open $h:tt $i:tt $l:tt let $a:ident = $b:ident + $x:tt; $($rest:tt)*) => {
        $crate::rseq_section! { @add $h $i $l {[(sum $a $b $x)] [$a] [$a] [] [] []} $($rest)* }
    };
    (@open $h:tt $i:tt $l:tt let $a:ident = $x:tt; $($rest:tt)*) => {
        $crate::rseq_section! { @add $h $i $l {[(set $a $x)] [$a] [$a] [] [] []} $($rest)* }
    };
    (@open $h:tt $i:tt $l:tt leave if $a:ident $op:tt $x:tt; $($rest:tt)*) => {
        $crate::rseq_section! { @add $h $i $l {[(leave $a $op $x)] [] [] [] [] [exit]} $($rest)* }
    };
    (@open $h:tt $i:tt $l:tt hidden [$($at:tt)+] = $a:ident; $($rest:tt)*) => {
        $crate::rseq_section! { @add $h $i $l {[(store [$($at)+] $a)] [] [] [] [] []} $($rest)* }
    };
    (@open $h:tt $i:tt $l:tt scratch [$base:ident $($at:tt)*] = ($a:ident, $b:ident); $($rest:tt)*) => {
        $crate::rseq_section! { @add $h $i $l {[(store_two [$base $($at)*] $a $b)] [] [] [$base] [] []} $($rest)* }
    };
    (@open $h:tt $i:tt $l:tt scratch [$base:ident $($at:tt)*] = $a:ident; $($rest:tt)*) => {
        $crate::rseq_section! { @add $h $i $l {[(store [$base $($at)*] $a)] [] [] [$base] [] []} $($rest)* }
    };
    (@open $h:tt $i:tt $l:tt commit [$($at:tt)+] = ($a:ident, $b:ident); $($rest:tt)*) => {
        $crate::rseq_section! { @closed $h $i $l [pair] (commit_pair [$($at)+] $a $b) $($rest)* }
    };
    (@open $h:tt $i:tt $l:tt commit [$($at:tt)+] = $a:ident; $($rest:tt)*) => {
        $crate::rseq_section! { @closed $h $i $l [] (store [$($at)+] $a) $($rest)* }
    };
    (@open $h:tt $i:tt $l:tt commit [$($at:tt)+] += $a:tt; $($rest:tt)*) => {
        $crate::rseq_section! { @closed $h $i $l [] (add_to [$($at)+] $a) $($rest)* }
    };
    (@open $h:tt $i:tt $l:tt commit $size:ident [$($at:tt)+] = $a:ident; $($rest:tt)*) => {
        $crate::rseq_section! { @closed $h $i $l [] (store $size [$($at)+] $a) $($rest)* }
    };
    (@open $h:tt $i:tt $l:tt $a:ident -= $x:tt or leave; $($rest:tt)*) => {
        $crate::rseq_section! { @add $h $i $l {[(lower $a $x)] [] [$a] [] [] [exit]} $($rest)* }
    };
    (@open $h:tt $i:tt $l:tt $a:ident = [$($from:tt)+]; $($rest:tt)*) => {
        $crate::rseq_section! { @add $h $i $l {[(load $a [$($from)+])] [] [$a] [] [] []} $($rest)* }
    };
    (@open $h:tt $i:tt $l:tt $a:ident = $size:ident [$($from:tt)+]; $($rest:tt)*) => {
        $crate::rseq_section! { @add $h $i $l {[(load $size $a [$($from)+])] [] [$a] [] [] []} $($rest)* }
    };
    (@open $h:tt $i:tt $l:tt $a:ident = $b:ident + $x:tt; $($rest:tt)*) => {
        $crate::rseq_section! { @add $h $i $l {[(sum $a $b $x)] [] [$a] [] [] []} $($rest)* }
    };
    (@open $h:tt $i:tt $l:tt $a:ident = $x:tt; $($rest:tt)*) => {
        $crate::rseq_section! { @add $h $i $l {[(set $a $x)] [] [$a] [] [] []} $($rest)* }
    };
    (@open $h:tt $i:tt $l:tt $a:ident += $x:tt; $($rest:tt)*) => {
        $crate::rseq_section! { @add $h $i $l {[(change $a += $x)] [] [$a] [] [] []} $($rest)* }
    };
    (@open $h:tt $i:tt $l:tt $a:ident -= $x:tt; $($rest:tt)*) => {
        $crate::rseq_section! { @add $h $i $l {[(change $a -= $x)] [] [$a] [] [] []} $($rest)* }
    };
    (@open $h:tt $i:tt $l:tt $a:ident &= $x:tt; $($rest:tt)*) => {
        $crate::rseq_section! { @add $h $i $l {[(change $a &= $x)] [] [$a] [] [] []} $($rest)* }
    };
    (@open $h:tt $i:tt $l:tt $a:ident |= $x:tt; $($rest:tt)*) => {
        $crate::rseq_section! { @add $h $i $l {[(change $a |= $x)] [] [$a] [] [] []} $($rest)* }
    };
    (@open $h:tt $i:tt $l:tt $a:ident ^= $x:tt; $($rest:tt)*) => {
        $crate::rseq_section! { @add $h $i $l {[(change $a ^= $x)] [] [$a] [] [] []} $($rest)* }
    };
    (@open $h:tt $i:tt $l:tt $a:ident <<= $x:tt; $($rest:tt)*) => {
        $crate::rseq_section! { @add $h $i $l {[(change $a <<= $x)] [] [$a] [] [] []} $($rest)* }
    };
    (@open $h:tt $i:tt $l:tt $a:ident >>= $x:tt; $($rest:tt)*) => {
        $crate::rseq_section! { @add $h $i $l {[(change $a >>= $x)] [] [$a] [] [] []} $($rest)* }
    };
    // What is wrong while the section is open.
    (@open $h:tt $i:tt $l:tt $(return $($rest:tt)*)?) => {
        compile_error!("this section has no commit: its last step must be its one visible store, `commit [...] = ...;`");
    };
    (@open $h:tt $i:tt $l:tt [$($at:tt)*] $op:tt $($rest:tt)*) => {
        compile_error!(concat!("a store before the commit to shared memory, at `[", stringify!($($at)*), "]`: say `commit` if it is the one ",
            "visible store, `scratch` if it goes through a scratch input, `hidden` if nobody looks there before the commit"));
    };
    (@open $h:tt $i:tt $l:tt $a:tt $($b:tt $($c:tt $($rest:tt)*)?)?) => {
        compile_error!(concat!("this is no step of a section: `", stringify!($a $($b $($c)?)?),
            " ...`; the documentation of `section!` lists the steps"));
    };

    (@add $h:tt $i:tt {[$($t:tt)*] [$($n:tt)*] [$($w:tt)*] [$($s:tt)*] [$($c:tt)*] [$($e:tt)*]}
        {[$($t2:tt)*] [$($n2:tt)*] [$($w2:tt)*] [$($s2:tt)*] [$($c2:tt)*] [$($e2:tt)*]} $($rest:tt)*) => {
        $crate::rseq_section! { @open $h $i
            {[$($t)* $($t2)*] [$($n)* $($n2)*] [$($w)* $($w2)*] [$($s)* $($s2)*] [$($c)* $($c2)*] [$($e)* $($e2)*]} $($rest)* }
    };

    // After the commit.
    (@closed $h:tt $i:tt $l:tt $pair:tt $commit:tt) => {
        $crate::rseq_section! { @closed $h $i $l $pair $commit return (); }
    };
    (@closed $h:tt $i:tt $l:tt $pair:tt $commit:tt return $value:expr;) => {
        $crate::rseq_section! { @function ($) $h $i $l $pair $commit $value }
    };
    (@closed $h:tt $i:tt $l:tt $pair:tt $commit:tt commit $($rest:tt)*) => {
        compile_error!("two commits: a section has one visible store, and it is the last step");
    };
    (@closed $h:tt $i:tt $l:tt $pair:tt $commit:tt $a:tt $($b:tt $($rest:tt)*)?) => {
        compile_error!(concat!("a step after the commit: `", stringify!($a $($b)?), " ...`; only `return` may follow"));
    };

    (@function ($d:tt) { $(#[$meta:meta])* $vis:vis $name:ident ($($result:ty)?) $index:ident $block:ident }
        ([$(($input:ident: $type:ty))*] [$($own:ident)*])
        {[$($template:tt)*] [$($new:ident)*] [$($written:ident)*] [$($base:ident)*] [$(($constant:ident $value_of:expr))*] [$($exit:tt)*]}
        $pair:tt $commit:tt $value:expr
    ) => {
        $(#[$meta])*
        #[inline(always)]
        $vis unsafe fn $name(fields: $crate::arch::rseq::Fields, table: *const *mut u8, $($input: $type),*) $(-> $result)? {
            // A register by name: is it an input?
            #[allow(unused_macros)]
            macro_rules! rseq_written {
                $(($input) => {
                    compile_error!(concat!("this section writes its input `", stringify!($input), "`: an abort starts over with the inputs as they were"));
                };)*
                ($d other:ident) => {};
            }
            #[allow(unused_macros)]
            macro_rules! rseq_scratch {
                $(($own) => {};)*
                ($d other:ident) => {
                    compile_error!(concat!("a store before the commit to shared memory, through `", stringify!($d other),
                        "`: only what an input declared `scratch` points to may be written before the commit"));
                };
            }
            $(rseq_written!($written);)*
            $(rseq_scratch!($base);)*
            $(const { assert!(size_of::<$type>() == 8, concat!("the input `", stringify!($input), "` of this section is no word")) };)*
            let $index: usize;
            let $block: usize;
            $(let $new: usize;)*
            // SAFETY: the section touches the current CPU's block and nothing else that is visible before its last instruction; it never writes
            // an input, so the abort handler may start over: the checks above. The caller vouches for table and addresses.
            unsafe {
                $crate::__rseq_checked!(fields table $index $block [$($exit)*] $pair
                    [$($crate::__rseq_step! $template,)*] ($crate::__rseq_step! $commit)
                    [$($input = in(reg) $input,)* $($new = out(reg) $new,)* $($constant = const $value_of,)*])
            };
            let _ = ($index, $block, $($new,)*);
            $value
        }
    };
}
