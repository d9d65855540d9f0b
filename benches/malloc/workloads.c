/* Allocator workloads: `workloads NAME THREADS [SECONDS]` prints "NAME THREADS ns-per-operation peak-MiB".
 *
 * An operation is one malloc and its free, unless the workload's line says otherwise. Only the standard malloc interface is used, so
 * that any allocator can be put under it with LD_PRELOAD or by linking. ns per operation is wall time over the operations of all threads. */
#define _GNU_SOURCE
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static atomic_int stop;
static int threads = 1;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static inline uint32_t random32(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

static inline void *get(size_t size) {
    char *block = malloc(size);
    if (!block) abort();
    block[0] = (char)size;
    return block;
}

/* Each body does one round and returns its operations. */
typedef long body(int thread, uint64_t *seed, void **state);

static long pair64(int thread, uint64_t *seed, void **state) {
    (void)thread, (void)seed, (void)state;
    for (int i = 0; i < 10000; i++) free(get(64));
    return 10000;
}

static long pairmix(int thread, uint64_t *seed, void **state) {
    (void)thread, (void)state;
    for (int i = 0; i < 10000; i++) free(get(16 + random32(seed) % 1009));
    return 10000;
}

static long lifo(int thread, uint64_t *seed, void **state) {
    void *blocks[1000];
    (void)thread, (void)seed, (void)state;
    for (int i = 0; i < 1000; i++) blocks[i] = get(64);
    for (int i = 999; i >= 0; i--) free(blocks[i]);
    return 1000;
}

static long fifo(int thread, uint64_t *seed, void **state) {
    void *blocks[1000];
    (void)thread, (void)seed, (void)state;
    for (int i = 0; i < 1000; i++) blocks[i] = get(64);
    for (int i = 0; i < 1000; i++) free(blocks[i]);
    return 1000;
}

#define SLOTS 5000
static long replace_sizes(uint64_t *seed, void **state, size_t low, size_t high, int slots) {
    void **blocks = *state ? *state : (*state = calloc(SLOTS, sizeof *blocks));
    for (int i = 0; i < 10000; i++) {
        int slot = random32(seed) % slots;
        free(blocks[slot]);
        blocks[slot] = get(low + random32(seed) % (high - low));
    }
    return 10000;
}

static long replace(int thread, uint64_t *seed, void **state) {
    (void)thread;
    return replace_sizes(seed, state, 16, 1024, SLOTS);
}

static long replace4k(int thread, uint64_t *seed, void **state) {
    (void)thread;
    return replace_sizes(seed, state, 4096, 65536, 500);
}

static long large(int thread, uint64_t *seed, void **state) {
    (void)thread;
    void **blocks = *state ? *state : (*state = calloc(20, sizeof *blocks));
    for (int i = 0; i < 100; i++) {
        int slot = random32(seed) % 20;
        free(blocks[slot]);
        blocks[slot] = get((5u << 20) + random32(seed) % (20u << 20));
    }
    return 100;
}

/* Odd threads free what even ones allocate; a bounded ring between them. */
#define RING 1024
struct ring {
    _Alignas(128) atomic_ulong head;
    _Alignas(128) atomic_ulong tail;
    _Alignas(128) void *slots[RING];
};
static struct ring rings[64];

static long prodcons(int thread, uint64_t *seed, void **state) {
    struct ring *ring = &rings[thread / 2];
    (void)state;
    long done = 0;
    for (int i = 0; i < 10000; i++) {
        unsigned long head = atomic_load(&ring->head), tail = atomic_load(&ring->tail);
        if (thread % 2 == 0) {
            if (tail - head == RING) { sched_yield(); if (stop) break; continue; }
            ring->slots[tail % RING] = get(16 + random32(seed) % 240);
            atomic_store(&ring->tail, tail + 1);
        } else {
            if (tail == head) { sched_yield(); if (stop) break; continue; }
            free(ring->slots[head % RING]);
            atomic_store(&ring->head, head + 1);
            done++;
        }
    }
    return done;
}

/* Batches of 120 change hands through a shared pool: most blocks are freed by another thread. */
#define POOL 512
static void *_Atomic pool[POOL];

static long xmalloc(int thread, uint64_t *seed, void **state) {
    (void)thread, (void)state;
    for (int i = 0; i < 20; i++) {
        void **batch = get(121 * sizeof *batch);
        for (int j = 0; j < 120; j++) batch[j] = get(16 + random32(seed) % 496);
        batch = atomic_exchange(&pool[random32(seed) % POOL], batch);
        if (batch) {
            for (int j = 0; j < 120; j++) free(batch[j]);
            free(batch);
        }
    }
    return 20 * 121;
}

/* A thread replaces random blocks, then hands its blocks to a new thread and ends. */
struct crew { void *blocks[1000]; uint64_t seed; long rounds; };

static void *larson_generation(void *argument) {
    struct crew *crew = argument;
    for (int i = 0; i < 50000; i++) {
        int slot = random32(&crew->seed) % 1000;
        free(crew->blocks[slot]);
        crew->blocks[slot] = get(10 + random32(&crew->seed) % 490);
    }
    return NULL;
}

static long larson(int thread, uint64_t *seed, void **state) {
    struct crew *crew = *state ? *state : (*state = calloc(1, sizeof *crew));
    crew->seed = *seed += thread;
    pthread_t child;
    if (pthread_create(&child, NULL, larson_generation, crew)) abort();
    pthread_join(child, NULL);
    return 50000;
}

static void *churn_thread(void *argument) {
    void *blocks[100];
    (void)argument;
    for (int i = 0; i < 100; i++) blocks[i] = get(16 + i * 8);
    for (int i = 0; i < 100; i++) free(blocks[i]);
    return NULL;
}

static long churn(int thread, uint64_t *seed, void **state) {
    (void)thread, (void)seed, (void)state;
    pthread_t child;
    if (pthread_create(&child, NULL, churn_thread, NULL)) abort();
    pthread_join(child, NULL);
    return 100;
}

static long reallocs(int thread, uint64_t *seed, void **state) {
    (void)thread, (void)seed, (void)state;
    for (int i = 0; i < 100; i++) {
        char *block = NULL;
        for (size_t size = 16; size <= 1024; size += 16) block = realloc(block, size);
        block[0] = 1;
        free(block);
    }
    return 100 * 64;
}

static long growth(int thread, uint64_t *seed, void **state) {
    (void)thread, (void)seed, (void)state;
    char *block = NULL;
    for (size_t size = 4096; size <= 8 << 20; size += 4096) {
        block = realloc(block, size);
        block[size - 1] = 1;
    }
    free(block);
    return 2048;
}

static long callocs(int thread, uint64_t *seed, void **state) {
    (void)thread, (void)state;
    for (int i = 0; i < 10000; i++) {
        char *volatile block = calloc(1, 16 + random32(seed) % 1009);
        free(block);
    }
    return 10000;
}

static long aligned(int thread, uint64_t *seed, void **state) {
    (void)thread, (void)state;
    void *blocks[100];
    for (int i = 0; i < 100; i++) blocks[i] = memalign(32u << random32(seed) % 7, 16 + random32(seed) % 1009);
    for (int i = 0; i < 100; i++) free(blocks[i]);
    return 100;
}

static const struct workload { const char *name; body *body; } workloads[] = {
    {"pair64", pair64}, {"pairmix", pairmix}, {"lifo", lifo}, {"fifo", fifo}, {"replace", replace}, {"replace4k", replace4k},
    {"large", large}, {"prodcons", prodcons}, {"xmalloc", xmalloc}, {"larson", larson}, {"churn", churn}, {"reallocs", reallocs},
    {"growth", growth}, {"callocs", callocs}, {"aligned", aligned},
};

/* KiB. Not getrusage: its peak includes what the process was before exec. */
static long peak(void) {
    char line[128];
    long kib = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        if (sscanf(line, "VmHWM: %ld", &kib) == 1) break;
    return kib;
}

static body *chosen;
static atomic_long operations;

static void *worker(void *argument) {
    int thread = (int)(intptr_t)argument;
    uint64_t seed = 12345 + thread * 7919;
    void *state = NULL;
    long done = 0;
    while (!stop) done += chosen(thread, &seed, &state);
    operations += done;
    return NULL;
}

int main(int argc, char **argv) {
    double seconds = argc > 3 ? atof(argv[3]) : 0.3;
    threads = argc > 2 ? atoi(argv[2]) : 1;
    for (size_t i = 0; argc > 1 && i < sizeof workloads / sizeof *workloads; i++)
        if (!strcmp(argv[1], workloads[i].name)) chosen = workloads[i].body;
    if (!chosen || threads < 1 || threads > 128) {
        fprintf(stderr, "usage: workloads NAME THREADS [SECONDS]; names:");
        for (size_t i = 0; i < sizeof workloads / sizeof *workloads; i++) fprintf(stderr, " %s", workloads[i].name);
        fprintf(stderr, "\n");
        return 2;
    }
    pthread_t team[128];
    double start = now();
    for (int i = 0; i < threads; i++)
        if (pthread_create(&team[i], NULL, worker, (void *)(intptr_t)i)) return 1;
    while (now() - start < seconds) usleep(1000);
    stop = 1;
    for (int i = 0; i < threads; i++) pthread_join(team[i], NULL);
    double end = now();
    printf("%s %d %.2f %.1f\n", argv[1], threads, (end - start) * 1e9 / operations, peak() / 1024.0);
    return 0;
}
