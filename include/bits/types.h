/* The types that POSIX spreads over many headers. */
#ifndef _DACAPO_BITS_TYPES_H
#define _DACAPO_BITS_TYPES_H

#include <features.h>
#define __need_size_t
#define __need_NULL
#include <stddef.h>

typedef unsigned char __u_char;
typedef signed long ssize_t;
typedef long off_t;
typedef long off64_t;
typedef long loff_t;
typedef int pid_t;
typedef unsigned int uid_t;
typedef unsigned int gid_t;
typedef unsigned int id_t;
typedef unsigned int mode_t;
typedef unsigned long dev_t;
typedef unsigned long ino_t;
typedef unsigned long ino64_t;
typedef long blkcnt_t;
typedef long blkcnt64_t;
typedef unsigned long fsblkcnt_t;
typedef unsigned long fsfilcnt_t;
typedef unsigned long fsblkcnt64_t;
typedef unsigned long fsfilcnt64_t;
#ifdef __x86_64__
typedef unsigned long nlink_t;
typedef long blksize_t;
#else
typedef unsigned int nlink_t;
typedef int blksize_t;
#endif
typedef long time_t;
typedef long suseconds_t;
typedef unsigned int useconds_t;
typedef long clock_t;
typedef int clockid_t;
typedef void *timer_t;
typedef unsigned int socklen_t;
typedef long intptr_t;
typedef long register_t;
typedef struct __locale_struct *locale_t;

struct timespec {
    time_t tv_sec;
    long tv_nsec;
};
struct timeval {
    time_t tv_sec;
    suseconds_t tv_usec;
};
typedef struct {
    unsigned long __val[16];
} sigset_t;

#endif
