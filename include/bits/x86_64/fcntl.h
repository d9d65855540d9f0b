/* The open flags that differ between CPUs: x86-64's. */
#ifndef _DACAPO_BITS_FCNTL_H
#define _DACAPO_BITS_FCNTL_H

#include <features.h>

#define O_DIRECT 040000
#define O_LARGEFILE 0
#define O_DIRECTORY 0200000
#define O_NOFOLLOW 0400000
#define O_TMPFILE 020200000

#endif
