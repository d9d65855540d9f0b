/* Where a signal handler of x86-64 returns to: the kernel demands a restorer (SA_RESTORER). */
        .intel_syntax noprefix
        .section .text.dacapo_sigreturn, "ax", @progbits
        .globl  dacapo_sigreturn
        .hidden dacapo_sigreturn
        .type   dacapo_sigreturn, @function
        nop                                     /* an unwinder looks up the address before the return address */
dacapo_sigreturn:
        mov     rax, 15                         /* __NR_rt_sigreturn; these two instructions are how debuggers know the frame */
        syscall
        .size   dacapo_sigreturn, . - dacapo_sigreturn
        .section .note.GNU-stack, "", @progbits
