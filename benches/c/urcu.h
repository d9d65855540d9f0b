/* What urcu.c and lfht.c share: liburcu's flavour by -DMEMB, -DBP or -DQSBR, and threads that begin together, pinned. */
#define _GNU_SOURCE
#define _LGPL_SOURCE
#define URCU_INLINE_SMALL_FUNCTIONS
#if defined MEMB
#define RCU_MEMBARRIER
#include <urcu.h>
#define NAME "liburcu memb"
#elif defined BP
#include <urcu-bp.h>
#define NAME "liburcu bp"
#else
#include <urcu-qsbr.h>
#define NAME "liburcu qsbr"
#endif
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#if defined QSBR
#define QUIESCENT() rcu_quiescent_state()
#else
#define QUIESCENT() (void)0
#endif

static pthread_barrier_t barrier;
static void (*work)(int thread);
static double begins[8], ends[8];

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void *start(void *number)
{
    int n = (int)(intptr_t)number;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(n, &set);
    sched_setaffinity(0, sizeof set, &set);
    pthread_barrier_wait(&barrier);
    rcu_register_thread();
    begins[n] = now();
    work(n);
    ends[n] = now();
    rcu_unregister_thread();
    return 0;
}

/* Wall ns of so many threads, from the first one's begin to the last one's end. */
static double together(int threads)
{
    pthread_t ids[8];
    pthread_barrier_init(&barrier, 0, (unsigned)threads);
    for (int i = 0; i < threads; i++) pthread_create(&ids[i], 0, start, (void *)(intptr_t)i);
    for (int i = 0; i < threads; i++) pthread_join(ids[i], 0);
    pthread_barrier_destroy(&barrier);
    double begin = begins[0], end = ends[0];
    for (int i = 1; i < threads; i++) {
        if (begins[i] < begin) begin = begins[i];
        if (ends[i] > end) end = ends[i];
    }
    return end - begin;
}
