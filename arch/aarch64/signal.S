/* Where a signal handler of AArch64 returns to.  The kernel would use its vDSO's; a program without one needs this. */
        .section .text.dacapo_sigreturn, "ax", %progbits
        .globl  dacapo_sigreturn
        .hidden dacapo_sigreturn
        .type   dacapo_sigreturn, %function
        nop
dacapo_sigreturn:
        mov     x8, #139                        /* __NR_rt_sigreturn; these two instructions are how debuggers know the frame */
        svc     #0
        .size   dacapo_sigreturn, . - dacapo_sigreturn
        .section .note.GNU-stack, "", %progbits
