/* C's variadic functions on x86-64: each stub saves the argument registers, builds a va_list and calls the function that takes one.
 *
 *   frame, from rsp up:   va_list (24 bytes) | pad 8 | rdi rsi rdx rcx r8 r9 | xmm0 .. xmm7 | pad 8 | return address | overflow arguments
 *                         0                  24      32                      80             208     216              224
 *
 * gp_offset skips the named arguments; al says whether any vector register was used.  long double results come back on the x87 stack.
 */
        .intel_syntax noprefix

#define FUNCTION_ALIGN 16
#include "function.h"

/* name(named arguments, ...) -> target(named arguments, va_list); `list` is the register after the named ones */
.macro variadic name, target, named, list
function \name
        .cfi_startproc
        sub     rsp, 216
        .cfi_def_cfa_offset 224
.if \named < 2
        mov     [rsp + 40], rsi
.endif
.if \named < 3
        mov     [rsp + 48], rdx
.endif
.if \named < 4
        mov     [rsp + 56], rcx
.endif
.if \named < 5
        mov     [rsp + 64], r8
.endif
        mov     [rsp + 72], r9
        test    al, al
        jz      1f                              # no vector register holds an argument
        movaps  [rsp + 80], xmm0
        movaps  [rsp + 96], xmm1
        movaps  [rsp + 112], xmm2
        movaps  [rsp + 128], xmm3
        movaps  [rsp + 144], xmm4
        movaps  [rsp + 160], xmm5
        movaps  [rsp + 176], xmm6
        movaps  [rsp + 192], xmm7
1:      mov     dword ptr [rsp], 8 * \named     # gp_offset
        mov     dword ptr [rsp + 4], 48         # fp_offset
        lea     rax, [rsp + 224]
        mov     [rsp + 8], rax                  # overflow
        lea     rax, [rsp + 32]
        mov     [rsp + 16], rax                 # saved
        mov     \list, rsp
        call    \target
        add     rsp, 216
        .cfi_def_cfa_offset 8
        ret
        .cfi_endproc
        .size   \name, . - \name
.endm

#include "variadic.h"

/* name(string, end) -> long double in st(0), through target(string, end, result) */
.macro returns_long_double name, target
function \name
        .cfi_startproc
        sub     rsp, 24
        .cfi_def_cfa_offset 32
        mov     rdx, rsp
        call    \target
        fld     tbyte ptr [rsp]
        add     rsp, 24
        .cfi_def_cfa_offset 8
        ret
        .cfi_endproc
        .size   \name, . - \name
.endm

        returns_long_double strtold, dacapo_strtold

        .section .note.GNU-stack, "", @progbits
