/* malloc: one workload in one process, so that its peak memory is its own.
 *
 *     malloc WORKLOAD THREADS MILLISECONDS      prints operations a second; an operation is a malloc with its free
 *     malloc --list                             the workloads, with the least number of threads
 *
 * Every block's first byte is written, as a user would.
 */
#include "bench.h"

#define SIZES 4096
static uint32_t sizes[SIZES]; /* 16 to 1,024 bytes, evenly */

static size_t a_size(struct member *self)
{
    return sizes[next_random(&self->random) % SIZES];
}

static void *checked(void *block)
{
    if (!block)
        die("malloc", ENOMEM);
    *(char *)block = 1;
    return block;
}

static void *get(size_t size)
{
    return checked(malloc(size));
}

/* ---- one thread's own blocks ---- */

static void pair_64(struct member *self)
{
    while (!stopped()) {
        for (int i = 0; i < 1000; i++) {
            void *block = get(64);
            keep(block);
            free(block);
        }
        self->ops += 1000;
    }
}

static void pair_mixed(struct member *self)
{
    for (uint32_t at = 0; !stopped(); self->ops += 1000)
        for (int i = 0; i < 1000; i++) {
            void *block = get(sizes[at++ % SIZES]);
            keep(block);
            free(block);
        }
}

/* 1,000 blocks, then all freed: newest first or oldest first. */
static void batch_of_1000(struct member *self, int newest_first)
{
    void *blocks[1000];
    for (uint32_t at = 0; !stopped(); self->ops += LENGTH(blocks)) {
        for (size_t i = 0; i < LENGTH(blocks); i++)
            blocks[i] = get(sizes[at++ % SIZES]);
        for (size_t i = 0; i < LENGTH(blocks); i++)
            free(blocks[newest_first ? LENGTH(blocks) - 1 - i : i]);
    }
}

static void lifo_1000(struct member *self)
{
    batch_of_1000(self, 1);
}

static void fifo_1000(struct member *self)
{
    batch_of_1000(self, 0);
}

/* A block at random is replaced by one of another size. */
static void replace_between(struct member *self, size_t slots, size_t least, size_t most)
{
    void **blocks = calloc(slots, sizeof *blocks);
    if (!blocks)
        die("calloc", errno);
    for (; !stopped(); self->ops += 200)
        for (int i = 0; i < 200; i++) {
            uint64_t random = next_random(&self->random);
            void **slot = &blocks[random % slots];
            free(*slot);
            *slot = get(most ? least + (random >> 32) % (most - least) : sizes[(random >> 32) % SIZES]);
        }
    for (size_t i = 0; i < slots; i++)
        free(blocks[i]);
    free(blocks);
}

static void replace(struct member *self)
{
    replace_between(self, 1000, 0, 0);
}

static void replace_4k_64k(struct member *self)
{
    replace_between(self, 100, 4096, 65536);
}

static void calloc_mixed(struct member *self)
{
    for (; !stopped(); self->ops += 500)
        for (int i = 0; i < 500; i++) {
            void *block = checked(calloc(1, a_size(self)));
            keep(block);
            free(block);
        }
}

/* A buffer that grows by half from 16 bytes to 64 KiB, as strings and vectors do. */
static void realloc_growth(struct member *self)
{
    while (!stopped()) {
        void *block = get(16);
        for (size_t size = 24; size < 65536; size += size / 2) {
            block = checked(realloc(block, size));
            self->ops++;
        }
        free(block);
    }
}

static void aligned(struct member *self)
{
    static const size_t aligns[] = {32, 64, 256, 1024};
    for (; !stopped(); self->ops += 500)
        for (size_t i = 0; i < 500; i++) {
            size_t align = aligns[i % LENGTH(aligns)];
            void *block = checked(aligned_alloc(align, (a_size(self) + align - 1) & ~(align - 1)));
            keep(block);
            free(block);
        }
}

/* ---- blocks that another thread frees ---- */

#define RING 1024
static struct ring {
    _Atomic uint64_t head __attribute__((aligned(CACHE_LINE))); /* next to be put, written by the producer */
    _Atomic uint64_t tail __attribute__((aligned(CACHE_LINE))); /* next to be taken, written by the consumer */
    void *blocks[RING];
} rings[256];

static int put(struct ring *ring, void *block)
{
    uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    if (head - atomic_load_explicit(&ring->tail, memory_order_acquire) == RING)
        return 0;
    ring->blocks[head % RING] = block;
    atomic_store_explicit(&ring->head, head + 1, memory_order_release);
    return 1;
}

static void *take(struct ring *ring)
{
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    if (tail == atomic_load_explicit(&ring->head, memory_order_acquire))
        return NULL;
    void *block = ring->blocks[tail % RING];
    atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
    return block;
}

/* Even members allocate, odd members free what the one before allocated. */
static void producer_consumer(struct member *self)
{
    struct ring *ring = &rings[self->index / 2];
    if (self->index % 2 == 0) {
        if (self->index == team.count - 1)
            return; /* nobody to free for it */
        while (!stopped()) {
            void *block = get(a_size(self));
            while (!put(ring, block)) {
                if (stopped()) {
                    free(block);
                    return;
                }
                sched_yield();
            }
        }
    } else
        for (;;) {
            void *block = take(ring);
            if (block) {
                free(block);
                self->ops++;
            } else if (stopped())
                return;
            else
                sched_yield();
        }
}

/* A circle: every member allocates for the next and frees what the one before sent. */
static void circle(struct member *self)
{
    struct ring *in = &rings[self->index], *next = &rings[(self->index + 1) % team.count];
    void *block;
    while (!stopped()) {
        for (int i = 0; i < 100; i++) {
            block = get(a_size(self));
            if (!put(next, block)) {
                free(block);
                sched_yield();
                break;
            }
        }
        for (int i = 0; i < 100 && (block = take(in)); i++) {
            free(block);
            self->ops++;
        }
    }
    while ((block = take(in)))
        free(block);
}

/* Batches of 100 blocks pass through one stack under a lock: even members fill it, odd members free. */
static struct batch {
    struct batch *next;
    void *blocks[100];
} *stack;
static int stacked;
static pthread_mutex_t stack_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t stack_changed = PTHREAD_COND_INITIALIZER;

static void batches(struct member *self)
{
    int filler = self->index % 2 == 0;
    while (!stopped()) {
        struct batch *batch = NULL;
        if (filler) {
            batch = get(sizeof *batch);
            for (size_t i = 0; i < LENGTH(batch->blocks); i++)
                batch->blocks[i] = get(a_size(self));
        }
        pthread_mutex_lock(&stack_lock);
        while (!stopped() && (filler ? stacked >= 64 : !stack)) {
            /* Bounded, so that nobody sleeps for ever when the time is up. */
            struct timespec until;
            clock_gettime(CLOCK_REALTIME, &until);
            until.tv_nsec += 20000000;
            until.tv_sec += until.tv_nsec / 1000000000;
            until.tv_nsec %= 1000000000;
            pthread_cond_timedwait(&stack_changed, &stack_lock, &until);
        }
        if (filler) {
            batch->next = stack;
            stack = batch;
            stacked++;
        } else if ((batch = stack)) {
            stack = batch->next;
            stacked--;
        }
        pthread_mutex_unlock(&stack_lock);
        pthread_cond_broadcast(&stack_changed);
        if (!filler && batch) {
            for (size_t i = 0; i < LENGTH(batch->blocks); i++)
                free(batch->blocks[i]);
            free(batch);
            self->ops += LENGTH(batch->blocks);
        }
    }
}

/* A server: each thread replaces blocks in its table for a while, then hands the table to a new thread and ends. */
#define TABLE 1000
static void *tables[256][TABLE];
static pthread_mutex_t server_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t server_done = PTHREAD_COND_INITIALIZER;
static int serving;

static void *serve(void *argument)
{
    struct member *self = argument;
    void **table = tables[self->index];
    for (int round = 0; round < 50 && !stopped(); round++, self->ops += 200)
        for (int i = 0; i < 200; i++) {
            uint64_t random = next_random(&self->random);
            void **slot = &table[random % TABLE];
            free(*slot);
            *slot = get(sizes[(random >> 32) % SIZES]);
        }
    if (!stopped()) {
        pthread_t successor;
        int error = pthread_create(&successor, NULL, serve, self);
        if (error)
            die("pthread_create", error);
        pthread_detach(successor);
        return NULL;
    }
    pthread_mutex_lock(&server_lock);
    serving--;
    pthread_cond_broadcast(&server_done);
    pthread_mutex_unlock(&server_lock);
    return NULL;
}

static void server(struct member *self)
{
    pthread_mutex_lock(&server_lock);
    serving++;
    pthread_mutex_unlock(&server_lock);
    serve(self);
    pthread_mutex_lock(&server_lock);
    while (serving)
        pthread_cond_wait(&server_done, &server_lock);
    pthread_mutex_unlock(&server_lock);
}

/* ---- which ---- */

static const struct workload {
    const char *name;
    int least_threads;
    void (*work)(struct member *);
} workloads[] = {
    {"pair-64", 1, pair_64},
    {"pair-mixed", 1, pair_mixed},
    {"lifo-1000", 1, lifo_1000},
    {"fifo-1000", 1, fifo_1000},
    {"replace", 1, replace},
    {"replace-4k-64k", 1, replace_4k_64k},
    {"calloc", 1, calloc_mixed},
    {"realloc", 1, realloc_growth},
    {"aligned", 1, aligned},
    {"producer-consumer", 2, producer_consumer},
    {"circle", 2, circle},
    {"batches", 2, batches},
    {"server", 1, server},
};

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        for (size_t i = 0; i < LENGTH(workloads); i++)
            printf("%s\t%d\n", workloads[i].name, workloads[i].least_threads);
        return 0;
    }
    if (argc != 4) {
        fprintf(stderr, "usage: malloc WORKLOAD THREADS MILLISECONDS | malloc --list\n");
        return 2;
    }
    uint64_t random = 88172645463325252u;
    for (size_t i = 0; i < SIZES; i++)
        sizes[i] = 16 + (uint32_t)(next_random(&random) % 1009);
    for (size_t i = 0; i < LENGTH(workloads); i++)
        if (strcmp(argv[1], workloads[i].name) == 0) {
            printf("%.0f\n", run_team(atoi(argv[2]), atoi(argv[3]), workloads[i].work));
            return 0;
        }
    fprintf(stderr, "malloc: no such workload: %s\n", argv[1]);
    return 2;
}
