/* C's variadic functions on AArch64: each stub saves the argument registers, builds a va_list and calls the function that takes one.
 *
 *   frame, from sp up:   x29 x30 | va_list (32 bytes) | x0 .. x7 | q0 .. q7 | stack arguments
 *                        0         16                   48         112        240
 *
 * gr_offs skips the named arguments.  long double results come back in q0.
 */
#define FUNCTION_ALIGN 16
#include "function.h"

/* name(named arguments, ...) -> target(named arguments, va_list); `list` is the register after the named ones */
.macro variadic name, target, named, list
function \name
        .cfi_startproc
        stp     x29, x30, [sp, #-240]!
        .cfi_def_cfa_offset 240
        .cfi_offset 29, -240
        .cfi_offset 30, -232
        mov     x29, sp
        stp     x0, x1, [sp, #48]
        stp     x2, x3, [sp, #64]
        stp     x4, x5, [sp, #80]
        stp     x6, x7, [sp, #96]
        stp     q0, q1, [sp, #112]
        stp     q2, q3, [sp, #144]
        stp     q4, q5, [sp, #176]
        stp     q6, q7, [sp, #208]
        add     x16, sp, #240
        add     x17, sp, #112
        stp     x16, x17, [sp, #16]             // stack, gr_top
        mov     w17, #-(8 * (8 - \named))
        str     x16, [sp, #32]                  // vr_top
        mov     w16, #-128
        stp     w17, w16, [sp, #40]             // gr_offs, vr_offs
        add     \list, sp, #16
        bl      \target
        ldp     x29, x30, [sp], #240
        .cfi_restore 29
        .cfi_restore 30
        .cfi_def_cfa_offset 0
        ret
        .cfi_endproc
        .size   \name, . - \name
.endm

#include "variadic.h"

/* name(string, end) -> long double in q0, through target(string, end, result) */
.macro returns_long_double name, target
function \name
        .cfi_startproc
        stp     x29, x30, [sp, #-32]!
        .cfi_def_cfa_offset 32
        .cfi_offset 29, -32
        .cfi_offset 30, -24
        mov     x29, sp
        add     x2, sp, #16
        bl      \target
        ldr     q0, [sp, #16]
        ldp     x29, x30, [sp], #32
        .cfi_restore 29
        .cfi_restore 30
        .cfi_def_cfa_offset 0
        ret
        .cfi_endproc
        .size   \name, . - \name
.endm

        returns_long_double strtold, dacapo_strtold

        .section .note.GNU-stack, "", @progbits
