/* sys/ucontext.h */
#ifndef _DACAPO_SYS_UCONTEXT_H
#define _DACAPO_SYS_UCONTEXT_H

#include <features.h>
#include <signal.h>
#ifdef __USE_POSIX
# include <bits/ucontext.h>
#endif



#endif
