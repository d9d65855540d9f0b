/* semaphore.h: unnamed counting semaphores. */
#ifndef _SEMAPHORE_H
#define _SEMAPHORE_H

#include <features.h>
#include <bits/types.h>

#define SEM_FAILED ((sem_t *)0)
#define SEM_VALUE_MAX 2147483647

typedef union {
    char __size[32];
    long __align;
} sem_t;

__BEGIN_DECLS
int sem_init(sem_t *semaphore, int shared, unsigned int value);
int sem_destroy(sem_t *semaphore);
int sem_wait(sem_t *semaphore);
int sem_trywait(sem_t *semaphore);
int sem_timedwait(sem_t *__restrict semaphore, const struct timespec *__restrict deadline);
#ifdef __USE_GNU
int sem_clockwait(sem_t *__restrict semaphore, clockid_t clock, const struct timespec *__restrict deadline);
#endif
int sem_post(sem_t *semaphore);
int sem_getvalue(sem_t *__restrict semaphore, int *__restrict value);
__END_DECLS

#endif
