/* jmp_buf of x86-64: eight registers, then the signal mask. */
#ifndef _DACAPO_BITS_SETJMP_H
#define _DACAPO_BITS_SETJMP_H

#include <features.h>
#include <bits/types.h>

typedef long __jmp_buf[8];
struct __jmp_buf_tag {
    __jmp_buf __jmpbuf;
    int __mask_was_saved;
    sigset_t __saved_mask;
};

#endif
