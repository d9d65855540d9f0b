/* Sizes of signal stacks on AArch64. */
#ifndef _DACAPO_BITS_SIGNAL_H
#define _DACAPO_BITS_SIGNAL_H

#include <features.h>

#define MINSIGSTKSZ 5120
#define SIGSTKSZ 16384

#endif
