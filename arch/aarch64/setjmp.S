/* setjmp and longjmp of AArch64.  The buffer, in glibc's order:
 *
 *   0 x19 .. 80 x29   88 x30   104 sp   112 d8 .. 168 d15   | 176 mask saved?   184 mask
 *
 * x30 and sp are mangled (xor with the process's guard), so that a buffer that was overwritten does not jump where the attacker likes.
 */

/* int __sigsetjmp(buffer, save_mask); setjmp and _setjmp save no mask */
        .section .text.setjmp, "ax", %progbits
        .globl  setjmp, _setjmp, __sigsetjmp, sigsetjmp
        .type   setjmp, %function
        .type   _setjmp, %function
        .type   sigsetjmp, %function
        .type   __sigsetjmp, %function
        .balign 16
setjmp:
_setjmp:
        mov     w1, #0
sigsetjmp:
__sigsetjmp:
        stp     x19, x20, [x0]
        stp     x21, x22, [x0, #16]
        stp     x23, x24, [x0, #32]
        stp     x25, x26, [x0, #48]
        stp     x27, x28, [x0, #64]
        str     x29, [x0, #80]
        stp     d8, d9, [x0, #112]
        stp     d10, d11, [x0, #128]
        stp     d12, d13, [x0, #144]
        stp     d14, d15, [x0, #160]
        str     w1, [x0, #176]
        mov     x19, x0                         /* x19..x21 are saved: ours until the return */
        mov     w20, w1
        mov     x21, x30
        bl      dacapo_pointer_guard
        eor     x2, x21, x0
        mov     x3, sp
        eor     x3, x3, x0
        str     x2, [x19, #88]
        str     x3, [x19, #104]
        mov     x30, x21
        mov     x0, x19
        ldp     x19, x20, [x0]
        ldr     x21, [x0, #16]
        ldr     w1, [x0, #176]
        cbnz    w1, 1f
        mov     w0, #0
        ret
1:      add     x0, x0, #184
        b       dacapo_save_mask                /* returns 0 */
        .size   setjmp, . - setjmp

/* _Noreturn void longjmp(buffer, value): value 0 arrives as 1 */
        .section .text.longjmp, "ax", %progbits
        .globl  longjmp, _longjmp, siglongjmp, __longjmp_chk
        .type   longjmp, %function
        .type   _longjmp, %function
        .type   siglongjmp, %function
        .type   __longjmp_chk, %function
        .balign 16
longjmp:
_longjmp:
siglongjmp:
__longjmp_chk:
        mov     x19, x0                         /* every saved register is about to be loaded anyway */
        mov     w20, w1
        ldr     w2, [x0, #176]
        cbz     w2, 1f
        add     x0, x0, #184
        bl      dacapo_restore_mask
1:      bl      dacapo_pointer_guard
        ldr     x30, [x19, #88]
        ldr     x2, [x19, #104]
        eor     x30, x30, x0
        eor     x2, x2, x0
        mov     x0, x19
        cmp     w20, #0
        csinc   w1, w20, wzr, ne                /* 0 becomes 1 */
        ldp     d8, d9, [x0, #112]
        ldp     d10, d11, [x0, #128]
        ldp     d12, d13, [x0, #144]
        ldp     d14, d15, [x0, #160]
        ldp     x21, x22, [x0, #16]
        ldp     x23, x24, [x0, #32]
        ldp     x25, x26, [x0, #48]
        ldp     x27, x28, [x0, #64]
        ldr     x29, [x0, #80]
        ldp     x19, x20, [x0]
        mov     sp, x2
        mov     w0, w1
        ret
        .size   longjmp, . - longjmp

        .section .note.GNU-stack, "", %progbits
