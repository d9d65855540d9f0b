/* execl, execlp, execle and vfork of AArch64.
 *
 * execl(path, arg0, ...): arguments 1 to 7 are in x1..x7, the others already lie on the stack; stored right below them, the seven make
 * one list.  x0 path, x1 list.
 */
.macro listed name
        .section .text.\name, "ax", %progbits
        .globl  \name
        .type   \name, %function
        .balign 16
\name:
        stp     x29, x30, [sp, #-80]!
        mov     x29, sp
        str     x1, [sp, #24]                   /* 24 .. 80: the list's first seven words */
        stp     x2, x3, [sp, #32]
        stp     x4, x5, [sp, #48]
        stp     x6, x7, [sp, #64]
        add     x1, sp, #24
        bl      dacapo_\name
        ldp     x29, x30, [sp], #80
        ret
        .size   \name, . - \name
.endm

listed execl
listed execlp
listed execle

/* pid_t vfork(void): clone(CLONE_VM | CLONE_VFORK | SIGCHLD); the return address is in a register, so sharing the stack is harmless */
        .section .text.vfork, "ax", %progbits
        .globl  vfork
        .type   vfork, %function
vfork:
        mov     x0, #0x4111
        mov     x1, #0
        mov     x2, #0
        mov     x3, #0
        mov     x4, #0
        mov     x8, #220                        /* __NR_clone */
        svc     #0
        b       dacapo_vfork_result
        .size   vfork, . - vfork

        .section .note.GNU-stack, "", %progbits
