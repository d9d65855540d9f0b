/* __libc_start_main of AArch64: where the start files of other libcs go.
 *
 *   x0    main         w1    argc         x2    argv: argc lies right before it on the kernel's stack
 *
 * In assembly because a static-pie is not relocated yet: compiled code may look into a table of addresses before it calls.
 */
        .section .text.__libc_start_main, "ax", @progbits
        .globl  __libc_start_main
        .type   __libc_start_main, @function
        .balign 4
__libc_start_main:
        mov     x20, x0                         // main
        sub     x19, x2, #8                     // stack, as the kernel left it
        mov     x0, x19
        bl      dacapo_relocate
        mov     x0, x19
        mov     x1, x20
        bl      dacapo_enter                    // does not return
        brk     #1
        .size   __libc_start_main, . - __libc_start_main

        .section .note.GNU-stack, "", @progbits
