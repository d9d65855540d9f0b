/* _start of AArch64: the first instruction of a program.
 *
 *   sp    argc, argv[0..argc], 0, environment, 0, auxiliary vector (System V ABI for AArch64)
 *   x0    a function for atexit, from a dynamic linker; there is none here
 *
 * Compiled three times: into the rlib (position-independent or not: it relocates if there is anything to relocate), as crt1.o
 * (-DCRT1: static, at its link address, nothing to relocate) and as rcrt1.o (-DCRT1 -DRCRT1: static-pie).
 */
#if !defined(CRT1) || defined(RCRT1)
#define RELOCATE
#endif

        .section .text._start, "ax", @progbits
        .globl  _start
        .type   _start, @function
        .balign 4
_start:
        .cfi_startproc
        .cfi_undefined x30                      // nobody called us: unwinding ends here
        mov     x29, #0                         // the outermost frame
        mov     x30, #0
        mov     x0, sp                          // stack; the kernel aligned it to 16
#ifdef RELOCATE
        mov     x19, x0
        bl      dacapo_relocate                 // before anything that holds an absolute address is looked at
        mov     x0, x19
#endif
        bl      dacapo_start                    // does not return
        brk     #1
        .cfi_endproc
        .size   _start, . - _start

        .section .note.GNU-stack, "", @progbits
