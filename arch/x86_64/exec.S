/* execl, execlp, execle and vfork of x86-64.
 *
 * execl(path, arg0, ...): arguments 1 to 5 are in rsi rdx rcx r8 r9, the others already lie on the stack; pushed below them, the five
 * make one list.  rdi path, rsi list.
 */
        .intel_syntax noprefix

.macro listed name
        .section .text.\name, "ax", @progbits
        .globl  \name
        .type   \name, @function
        .balign 16
\name:
        pop     rax                             /* return address: out of the list's way */
        push    r9
        push    r8
        push    rcx
        push    rdx
        push    rsi
        mov     rsi, rsp
        push    rax
        call    dacapo_\name
        pop     rcx                             /* it failed, or we were not here */
        add     rsp, 40
        jmp     rcx
        .size   \name, . - \name
.endm

listed execl
listed execlp
listed execle

/* pid_t vfork(void): parent and child share the stack, so the return address waits in a register that the kernel keeps */
        .section .text.vfork, "ax", @progbits
        .globl  vfork
        .type   vfork, @function
vfork:
        pop     rdx
        mov     eax, 58                         /* __NR_vfork */
        syscall
        push    rdx
        mov     rdi, rax
        jmp     dacapo_vfork_result
        .size   vfork, . - vfork

        .section .note.GNU-stack, "", @progbits
