/* sys/syscall.h: system call numbers, the kernel's own where its headers are installed with the compiler. */
#ifndef _DACAPO_SYS_SYSCALL_H
#define _DACAPO_SYS_SYSCALL_H

#include <features.h>
#include <bits/syscall.h>



#endif
