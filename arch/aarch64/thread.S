/* The birth and the end of a thread on AArch64: where C and Rust cannot go, since the stack changes under them. */

/* isize dacapo_clone(flags, stack, parent_tid, child_tid, tls, control)
 *
 *   ours     x0 flags   x1 stack   x2 parent_tid   x3 child_tid   x4 tls         x5 control
 *   clone    x0 flags   x1 stack   x2 parent_tid   x3 tls         x4 child_tid
 *
 * The parent returns with the thread's id, or with -errno. The child has copies of all registers but x0 and sp.
 */
        .section .text.dacapo_clone, "ax", @progbits
        .globl  dacapo_clone
        .hidden dacapo_clone
        .type   dacapo_clone, @function
        .balign 16
dacapo_clone:
        .cfi_startproc
        mov     x6, x3
        mov     x3, x4
        mov     x4, x6
        mov     x8, #220                        // clone
        svc     #0
        cbz     x0, 1f
        ret
        .cfi_endproc
1:      .cfi_startproc
        .cfi_undefined x30                      // the outermost frame of the new thread
        mov     x29, #0
        mov     x30, #0
        mov     x0, x5                          // control
        bl      dacapo_thread_main              // does not return
        brk     #1
        .cfi_endproc
        .size   dacapo_clone, . - dacapo_clone

/* ! dacapo_unmap_and_exit(address, size): the memory is this thread's own stack, so nothing may be pushed in between. */
        .section .text.dacapo_unmap_and_exit, "ax", @progbits
        .globl  dacapo_unmap_and_exit
        .hidden dacapo_unmap_and_exit
        .type   dacapo_unmap_and_exit, @function
        .balign 16
dacapo_unmap_and_exit:
        mov     x8, #215                        // munmap
        svc     #0
        mov     x0, #0
        mov     x8, #93                         // exit
        svc     #0
        brk     #1
        .size   dacapo_unmap_and_exit, . - dacapo_unmap_and_exit

        .section .note.GNU-stack, "", @progbits
