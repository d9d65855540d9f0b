/* syscall.h */
#ifndef _DACAPO_SYSCALL_H
#define _DACAPO_SYSCALL_H

#include <features.h>
#include <sys/syscall.h>



#endif
