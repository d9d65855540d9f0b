/* The pthread types: opaque, as large and as aligned as glibc's, and zero is each one's default. */
#ifndef _DACAPO_BITS_PTHREADTYPES_H
#define _DACAPO_BITS_PTHREADTYPES_H

#include <bits/pthreadsizes.h>

typedef unsigned long pthread_t;
typedef unsigned int pthread_key_t;
typedef int pthread_once_t;
typedef volatile int pthread_spinlock_t;

typedef union {
    char __size[__DACAPO_SIZEOF_PTHREAD_MUTEXATTR];
    int __align;
} pthread_mutexattr_t;
typedef union {
    char __size[__DACAPO_SIZEOF_PTHREAD_CONDATTR];
    int __align;
} pthread_condattr_t;
typedef union {
    char __size[8];
    long __align;
} pthread_rwlockattr_t;
typedef union {
    char __size[__DACAPO_SIZEOF_PTHREAD_BARRIERATTR];
    int __align;
} pthread_barrierattr_t;

union pthread_attr_t {
    char __size[__DACAPO_SIZEOF_PTHREAD_ATTR];
    long __align;
};
#define __have_pthread_attr_t 1
typedef union pthread_attr_t pthread_attr_t;

/* The words before __kind are the lock's, its count, its owner; the rest is unused. */
struct __dacapo_mutex {
    int __lock;
    unsigned int __count;
    int __owner;
    unsigned int __nusers;
    int __kind;
};
typedef union {
    struct __dacapo_mutex __data;
    char __size[__DACAPO_SIZEOF_PTHREAD_MUTEX];
    long __align;
} pthread_mutex_t;

typedef union {
    char __size[48];
    long long __align;
} pthread_cond_t;

struct __dacapo_rwlock {
    unsigned int __words[12];
    unsigned int __flags;
};
typedef union {
    struct __dacapo_rwlock __data;
    char __size[56];
    long __align;
} pthread_rwlock_t;

typedef union {
    char __size[32];
    long __align;
} pthread_barrier_t;

#endif
