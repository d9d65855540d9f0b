/* __libc_start_main of x86-64: where the start files of other libcs go.
 *
 *   rdi   main         esi   argc         rdx   argv: argc lies right before it on the kernel's stack
 *
 * In assembly because a static-pie is not relocated yet: compiled code may look into a table of addresses before it calls.
 */
        .intel_syntax noprefix
        .section .text.__libc_start_main, "ax", @progbits
        .globl  __libc_start_main
        .type   __libc_start_main, @function
__libc_start_main:
        mov     r12, rdi                        # main
        lea     rbx, [rdx - 8]                  # stack, as the kernel left it
        and     rsp, -16
        mov     rdi, rbx
        call    dacapo_relocate
        mov     rdi, rbx
        mov     rsi, r12
        call    dacapo_enter                    # does not return
        ud2
        .size   __libc_start_main, . - __libc_start_main

        .section .note.GNU-stack, "", @progbits
