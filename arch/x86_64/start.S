/* _start of x86-64: the first instruction of a program.
 *
 *   rsp   argc, argv[0..argc], 0, environment, 0, auxiliary vector (System V psABI, 3.4.1)
 *   rdx   a function for atexit, from a dynamic linker; there is none here
 *
 * Compiled three times: into the rlib (position-independent or not: it relocates if there is anything to relocate), as crt1.o
 * (-DCRT1: static, at its link address, nothing to relocate) and as rcrt1.o (-DCRT1 -DRCRT1: static-pie).
 */
        .intel_syntax noprefix
#if !defined(CRT1) || defined(RCRT1)
#define RELOCATE
#endif

        .section .text._start, "ax", @progbits
        .globl  _start
        .type   _start, @function
_start:
        .cfi_startproc
        .cfi_undefined rip                      # nobody called us: unwinding ends here
        xor     ebp, ebp                        # the psABI's mark of the outermost frame
        mov     rdi, rsp                        # stack
        and     rsp, -16                        # aligned already, says the psABI; emulators forget it
#ifdef RELOCATE
        mov     rbx, rdi
        call    dacapo_relocate                 # before anything that holds an absolute address is looked at
        mov     rdi, rbx
#endif
        call    dacapo_start                    # does not return
        ud2
        .cfi_endproc
        .size   _start, . - _start

        .section .note.GNU-stack, "", @progbits
