/* The heads of functions in assembly, for the linker to keep or drop each by itself. The file that includes this defines FUNCTION_ALIGN. */
.macro function name
        .section .text.\name, "ax", %progbits
        .globl  \name
        .type   \name, %function
        .balign FUNCTION_ALIGN
\name:
.endm

/* Another name of the function that follows. */
.macro also name
        .globl  \name
        .type   \name, %function
\name:
.endm
