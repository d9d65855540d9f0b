/* ucontext.h: the layout of a signal's context; getcontext and its family are not offered. */
#ifndef _DACAPO_UCONTEXT_H
#define _DACAPO_UCONTEXT_H

#include <features.h>
#include <sys/ucontext.h>



#endif
