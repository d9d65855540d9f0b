/* What the workloads of the malloc benchmark share.  Included once by malloc.c, so that all of it can be static. */
#ifndef BENCH_MALLOC_H
#define BENCH_MALLOC_H
#include "bench.h"

struct workload {
    const char *name;
    int least, most; /* threads */
    void (*work)(struct member *);
    void (*prepare)(void); /* before the threads start; or null */
    void (*finish)(void);  /* when they have ended; or null */
};

#define SIZES 4096
static uint32_t sizes[SIZES]; /* 16 to 1,024 bytes, evenly */

static inline size_t a_size(struct member *self)
{
    return sizes[next_random(&self->random) % SIZES];
}

/* Mostly small, as programs ask: 2^k sizes are each half as frequent as those before; 16 bytes up to 2^most. */
static inline size_t a_skewed_size(uint64_t random, int most)
{
    int level = __builtin_ctzll(random | 1ull << (most - 4));
    size_t base = (size_t)8 << level;
    return base + (random >> 32) % base + 8;
}

static inline void *checked(void *block)
{
    if (!block)
        die("malloc", ENOMEM);
    *(char *)block = 1;
    return block;
}

static inline void *a_block(size_t size)
{
    return checked(malloc(size));
}


/* Threads that have not yet allocated what they begin with: only then the time begins. */
static _Atomic int unfilled;

static void fill_first(void)
{
    atomic_store(&unfilled, team.count);
}

static inline void is_filled(void)
{
    atomic_fetch_sub(&unfilled, 1);
}

#include "malloc_own.h"
#include "malloc_shared.h"

#endif
