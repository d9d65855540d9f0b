/* setjmp and longjmp of x86-64.  The buffer, in glibc's order:
 *
 *   0 rbx   8 rbp   16 r12   24 r13   32 r14   40 r15   48 rsp   56 rip   | 64 mask saved?   72 mask
 *
 * rbp, rsp and rip are mangled (xor with the process's guard at fs:0x30, rotate by 17), so that a buffer that was overwritten does not
 * jump where the attacker likes.
 */
        .intel_syntax noprefix


.macro mangle register
        xor     \register, fs:[0x30]
        rol     \register, 17
.endm
.macro demangle register
        ror     \register, 17
        xor     \register, fs:[0x30]
.endm

/* int __sigsetjmp(buffer, save_mask); setjmp and _setjmp save no mask */
        .section .text.setjmp, "ax", @progbits
        .globl  setjmp, _setjmp, __sigsetjmp, sigsetjmp
        .type   setjmp, @function
        .type   _setjmp, @function
        .type   sigsetjmp, @function
        .type   __sigsetjmp, @function
        .balign 16
setjmp:
_setjmp:
        xor     esi, esi
sigsetjmp:
__sigsetjmp:
        mov     [rdi], rbx
        mov     rax, rbp
        mangle  rax
        mov     [rdi + 8], rax
        mov     [rdi + 16], r12
        mov     [rdi + 24], r13
        mov     [rdi + 32], r14
        mov     [rdi + 40], r15
        lea     rdx, [rsp + 8]                  /* the caller's stack after the return */
        mangle  rdx
        mov     [rdi + 48], rdx
        mov     rax, [rsp]
        mangle  rax
        mov     [rdi + 56], rax
        mov     [rdi + 64], esi
        xor     eax, eax
        test    esi, esi
        jnz     1f
        ret
1:      lea     rdi, [rdi + 72]
        jmp     dacapo_save_mask                /* returns 0 */
        .size   setjmp, . - setjmp

/* _Noreturn void longjmp(buffer, value): value 0 arrives as 1 */
        .section .text.longjmp, "ax", @progbits
        .globl  longjmp, _longjmp, siglongjmp, __longjmp_chk
        .type   longjmp, @function
        .type   _longjmp, @function
        .type   siglongjmp, @function
        .type   __longjmp_chk, @function
        .balign 16
longjmp:
_longjmp:
siglongjmp:
__longjmp_chk:
        cmp     dword ptr [rdi + 64], 0
        je      1f
        push    rdi
        push    rsi
        sub     rsp, 8
        add     rdi, 72
        call    dacapo_restore_mask
        add     rsp, 8
        pop     rsi
        pop     rdi
1:      mov     eax, esi
        test    eax, eax
        jnz     2f
        inc     eax
2:      mov     rbx, [rdi]
        mov     rbp, [rdi + 8]
        demangle rbp
        mov     r12, [rdi + 16]
        mov     r13, [rdi + 24]
        mov     r14, [rdi + 32]
        mov     r15, [rdi + 40]
        mov     rdx, [rdi + 48]
        demangle rdx
        mov     rcx, [rdi + 56]
        demangle rcx
        mov     rsp, rdx
        jmp     rcx
        .size   longjmp, . - longjmp

        .section .note.GNU-stack, "", @progbits
