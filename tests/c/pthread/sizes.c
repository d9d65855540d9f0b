/* The pthread types are as large and as aligned as the host's, on this CPU. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>

#define SHOW(type) printf("%s %zu %zu\n", #type, sizeof(type), _Alignof(type))
#define BYTES(type, value) do { type object = value; printf("%s:", #value); \
    for (size_t i = 0; i < sizeof object; i++) if (((unsigned char *)&object)[i]) printf(" %zu=%d", i, ((unsigned char *)&object)[i]); \
    printf("\n"); } while (0)

int main(void) {
    SHOW(pthread_t); SHOW(pthread_attr_t); SHOW(pthread_mutex_t); SHOW(pthread_mutexattr_t); SHOW(pthread_cond_t);
    SHOW(pthread_condattr_t); SHOW(pthread_rwlock_t); SHOW(pthread_rwlockattr_t); SHOW(pthread_barrier_t);
    SHOW(pthread_barrierattr_t); SHOW(pthread_spinlock_t); SHOW(pthread_once_t); SHOW(pthread_key_t); SHOW(sem_t); SHOW(cpu_set_t);
    SHOW(struct sched_param);
    BYTES(pthread_mutex_t, PTHREAD_MUTEX_INITIALIZER);
    BYTES(pthread_mutex_t, PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP);
    BYTES(pthread_mutex_t, PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP);
    BYTES(pthread_mutex_t, PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP);
    BYTES(pthread_cond_t, PTHREAD_COND_INITIALIZER);
    BYTES(pthread_rwlock_t, PTHREAD_RWLOCK_INITIALIZER);
    BYTES(pthread_rwlock_t, PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP);
    printf("%d %d %d %d\n", PTHREAD_CREATE_DETACHED, PTHREAD_PROCESS_SHARED, PTHREAD_BARRIER_SERIAL_THREAD, PTHREAD_ONCE_INIT);
    printf("%d %d %d\n", PTHREAD_CANCEL_DISABLE, PTHREAD_CANCEL_ASYNCHRONOUS, PTHREAD_CANCELED == (void *)-1);
    printf("%d %d %d %d\n", PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_DEFAULT);
    printf("%d %d %d\n", PTHREAD_PRIO_INHERIT, PTHREAD_PRIO_PROTECT, PTHREAD_MUTEX_ROBUST);
    return 0;
}
