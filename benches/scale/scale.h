/* A team of threads, each on a virtual CPU of its own, whose operations the plugin counts.
 *
 *     each thread:   warm   more than the work: caches, heaps and tables fill   meet   count   the work   warm   meet   leave
 *
 * Threads meet by spinning: a sleeping one would begin late.  Spinning is not counted, nor is whatever comes before and after.
 * CPU 0 is left to the first thread, which only waits, and to the kernel.
 */
#ifndef SCALE_H
#define SCALE_H
#define _GNU_SOURCE
#include "bell.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MOST = 256, FEW = 8 /* with more threads than this, each is counted for less */ };

struct member {
    pthread_t thread;
    int index;
    uint64_t random;
    void *own; /* what the work keeps from one time to the next */
} __attribute__((aligned(256)));

static struct member members[MOST];
static int team_size, team_ops, team_warm_up;
static void (*team_work)(struct member *, int ops);
static _Atomic int met __attribute__((aligned(128)));

__attribute__((noreturn, unused)) static void die(const char *what, int error)
{
    fprintf(stderr, "scale: %s: %s\n", what, strerror(error));
    exit(1);
}

static inline void ring(uint64_t offset)
{
    atomic_signal_fence(memory_order_seq_cst);
    *(volatile uint64_t *)(uintptr_t)(BELL + offset) = 1;
    atomic_signal_fence(memory_order_seq_cst);
}

static inline uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* The n-th time that all meet. */
static void meet(int time)
{
    atomic_fetch_add(&met, 1);
    while (atomic_load_explicit(&met, memory_order_acquire) < time * team_size)
        ;
}

static void *member_main(void *argument)
{
    struct member *self = argument;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(self->index + 1, &set);
    if (sched_setaffinity(0, sizeof set, &set))
        die("sched_setaffinity", errno);
    ring(BELL_WARM);
    meet(1);
    team_work(self, team_warm_up);
    meet(2);
    ring(BELL_COUNT);
    team_work(self, team_ops);
    ring(BELL_WARM);
    meet(3);
    ring(BELL_LEAVE);
    return NULL;
}

/* Whether the kernel has an rseq area of this thread: it then refuses a second one. */
static int has_rseq(void)
{
#ifdef __x86_64__
    enum { CALL = 334, SIGNATURE = 0x53053053 };
#else
    enum { CALL = 293, SIGNATURE = (int)0xd428bc00 };
#endif
    static _Thread_local char area[64] __attribute__((aligned(64)));
    if (syscall(CALL, area, 32, 0, SIGNATURE) == 0) {
        syscall(CALL, area, 32, 1, SIGNATURE);
        return 0;
    }
    return errno != ENOSYS;
}

/* Runs the work in so many threads, `ops` times each; the plugin reports it under `number`. */
static void run_team(unsigned number, const char *name, int count, int ops, int members_an_op, void (*work)(struct member *, int))
{
    team_warm_up = 2 * ops;
    ops = ops * FEW / (count > FEW ? count : FEW);
    if (ops < 20)
        ops = 20;
    team_size = count;
    team_ops = ops;
    team_work = work;
    atomic_store(&met, 0);
    for (int i = 0; i < count; i++) {
        members[i] = (struct member){.index = i, .random = 0x9e3779b97f4a7c15u * (uint64_t)(i + 1)};
        int error = pthread_create(&members[i].thread, NULL, member_main, &members[i]);
        if (error)
            die("pthread_create", error);
    }
    for (int i = 0; i < count; i++)
        pthread_join(members[i].thread, NULL);
    ring(BELL_REPORT + 8 * number);
    printf("@row %u %s %d %d\n", number, name, count, ops * count / members_an_op);
    fflush(stdout);
}

static void map_bell(void)
{
    void *at = (void *)(uintptr_t)BELL;
    if (mmap(at, BELL_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != at)
        die("mmap", errno);
    ring(BELL_RESET);
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("@rseq %s\n", has_rseq() ? "registered" : "not registered");
}
#endif
