/* The open flags that differ between CPUs: AArch64's. */
#ifndef _DACAPO_BITS_FCNTL_H
#define _DACAPO_BITS_FCNTL_H

#include <features.h>

#define O_DIRECT 0200000
#define O_LARGEFILE 0
#define O_DIRECTORY 040000
#define O_NOFOLLOW 0100000
#define O_TMPFILE 020040000

#endif
