/* What the benchmark programs share: a clock, a team of threads that start together and stop on a flag, a value that the
 * compiler must produce.  Only ISO C, POSIX threads and clock_gettime, so that every toolchain can build them.
 */
#ifndef BENCH_H
#define BENCH_H
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CACHE_LINE 128
#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* The compiler has to believe that somebody reads the pointer and what is behind it. */
static inline void keep(const void *pointer)
{
    __asm__ volatile("" : : "r"(pointer) : "memory");
}

static inline uint64_t clock_ns(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static inline uint64_t now_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

__attribute__((noreturn, unused)) static void die(const char *what, int error)
{
    fprintf(stderr, "bench: %s: %s\n", what, strerror(error));
    exit(1);
}

static inline uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* ---- a team ---- */

struct member {
    pthread_t thread;
    int index;
    void (*work)(struct member *);
    uint64_t ops;    /* done by this member */
    uint64_t begin, end;
    uint64_t random; /* its own generator */
} __attribute__((aligned(CACHE_LINE)));

static struct {
    struct member *members;
    int count;
    pthread_barrier_t ready;
    _Atomic int stop __attribute__((aligned(CACHE_LINE)));
} team;

static inline int stopped(void)
{
    return atomic_load_explicit(&team.stop, memory_order_relaxed);
}

static void *member_main(void *argument)
{
    struct member *self = argument;
    pthread_barrier_wait(&team.ready);
    self->begin = now_ns();
    self->work(self);
    self->end = now_ns();
    return NULL;
}

/* Runs `work` in `count` threads for `ms` milliseconds; returns operations a second over all of them.
 * The time is the members' own, first begin to last end: with more threads than CPUs, this thread may come by late. */
__attribute__((unused)) static double run_team(int count, int ms, void (*work)(struct member *))
{
    /* Not from the heap under test. */
    static struct member members[256];
    if (count < 1 || count > (int)LENGTH(members))
        die("number of threads", EINVAL);
    team.members = members;
    team.count = count;
    atomic_store(&team.stop, 0);
    pthread_barrier_init(&team.ready, NULL, (unsigned)count + 1);
    for (int i = 0; i < count; i++) {
        members[i] = (struct member){.index = i, .work = work, .random = 0x9e3779b97f4a7c15u * (uint64_t)(i + 1)};
        int error = pthread_create(&members[i].thread, NULL, member_main, &members[i]);
        if (error)
            die("pthread_create", error);
    }
    uint64_t ops = 0, begin = UINT64_MAX, end = 0;
    struct timespec pause = {ms / 1000, ms % 1000 * 1000000L};
    pthread_barrier_wait(&team.ready);
    while (nanosleep(&pause, &pause) != 0)
        ;
    atomic_store(&team.stop, 1);
    for (int i = 0; i < count; i++) {
        pthread_join(members[i].thread, NULL);
        ops += members[i].ops;
        begin = members[i].begin < begin ? members[i].begin : begin;
        end = members[i].end > end ? members[i].end : end;
    }
    pthread_barrier_destroy(&team.ready);
    return (double)ops * 1e9 / (double)(end - begin);
}

/* ---- one figure ---- */

/* Runs `body(count)` with a count that takes about `ms` milliseconds, a few times; prints "NAME<TAB>NS" with the least. */
__attribute__((unused)) static void report_by(clockid_t clock, const char *name, int ms, void (*body)(long))
{
    long count = 1;
    uint64_t took;
    for (;;) {
        uint64_t begin = clock_ns(clock);
        body(count);
        took = clock_ns(clock) - begin;
        if (took > (uint64_t)ms * 250000u || count > 1L << 40)
            break;
        count *= took < 1000 ? 16 : 2;
    }
    double least = (double)took / (double)count;
    for (int round = 0; round < 3; round++) {
        uint64_t begin = clock_ns(clock);
        body(count);
        double ns = (double)(clock_ns(clock) - begin) / (double)count;
        if (ns < least)
            least = ns;
    }
    printf("%s\t%.4f\n", name, least);
    fflush(stdout);
}

/* By processor time: what else runs on the machine does not count. */
#define report(name, ms, body) report_by(CLOCK_PROCESS_CPUTIME_ID, name, ms, body)

/* Whether `name` was asked for, by a part of it: no names on the command line mean all. */
__attribute__((unused)) static int wanted(int argc, char **argv, const char *name)
{
    for (int i = 2; i < argc; i++)
        if (strstr(name, argv[i]))
            return 1;
    return argc <= 2;
}

#endif
