/* Sizes of signal stacks on x86-64. */
#ifndef _DACAPO_BITS_SIGNAL_H
#define _DACAPO_BITS_SIGNAL_H

#include <features.h>

#define MINSIGSTKSZ 2048
#define SIGSTKSZ 8192
#define SA_RESTORER 0x04000000

#endif
