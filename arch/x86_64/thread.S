/* The birth and the end of a thread on x86-64: where C and Rust cannot go, since the stack changes under them. */
        .intel_syntax noprefix

/* isize dacapo_clone(flags, stack, parent_tid, child_tid, tls, control)
 *
 *   ours     rdi flags   rsi stack   rdx parent_tid   rcx child_tid   r8 tls   r9 control
 *   clone    rdi flags   rsi stack   rdx parent_tid   r10 child_tid   r8 tls
 *
 * The parent returns with the thread's id, or with -errno. The child has copies of all registers but rax and rsp.
 */
        .section .text.dacapo_clone, "ax", @progbits
        .globl  dacapo_clone
        .hidden dacapo_clone
        .type   dacapo_clone, @function
        .balign 16
dacapo_clone:
        .cfi_startproc
        mov     r10, rcx
        mov     eax, 56                         # clone
        syscall                                 # destroys rcx and r11
        test    rax, rax
        jz      1f
        ret
        .cfi_endproc
1:      .cfi_startproc
        .cfi_undefined rip                      # the outermost frame of the new thread
        xor     ebp, ebp
        mov     rdi, r9                         # control
        call    dacapo_thread_main              # does not return; rsp was a multiple of 16
        ud2
        .cfi_endproc
        .size   dacapo_clone, . - dacapo_clone

/* ! dacapo_unmap_and_exit(address, size): the memory is this thread's own stack, so nothing may be pushed in between. */
        .section .text.dacapo_unmap_and_exit, "ax", @progbits
        .globl  dacapo_unmap_and_exit
        .hidden dacapo_unmap_and_exit
        .type   dacapo_unmap_and_exit, @function
        .balign 16
dacapo_unmap_and_exit:
        mov     eax, 11                         # munmap
        syscall
        xor     edi, edi
        mov     eax, 60                         # exit
        syscall
        ud2
        .size   dacapo_unmap_and_exit, . - dacapo_unmap_and_exit

        .section .note.GNU-stack, "", @progbits
