/* setjmp.h: the buffer's size is glibc's; our words in it are our own. */
#ifndef _DACAPO_SETJMP_H
#define _DACAPO_SETJMP_H

#include <features.h>
#include <bits/setjmp.h>

__BEGIN_DECLS

typedef struct __jmp_buf_tag jmp_buf[1];
typedef struct __jmp_buf_tag sigjmp_buf[1];
int setjmp(jmp_buf buffer) __attribute__((__returns_twice__));
int _setjmp(jmp_buf buffer) __attribute__((__returns_twice__));
int __sigsetjmp(sigjmp_buf buffer, int save_mask) __attribute__((__returns_twice__));
__dc_noreturn void longjmp(jmp_buf buffer, int value);
#define setjmp(buffer) _setjmp(buffer)
#ifdef __USE_POSIX
__dc_noreturn void _longjmp(jmp_buf buffer, int value);
__dc_noreturn void siglongjmp(sigjmp_buf buffer, int value);
# define sigsetjmp(buffer, save_mask) __sigsetjmp(buffer, save_mask)
#endif

__END_DECLS

#endif
