/* malloc: workloads in which threads free each other's blocks, or end and leave theirs to others. */

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
            void *block = a_block(a_size(self));
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

/* After xmalloc: batches of 100 blocks pass through one stack under a lock: even members fill it, odd members free. */
static struct batch {
    struct batch *next;
    void *blocks[100];
} *stack;
static int stacked;
static pthread_mutex_t stack_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t stack_has_room = PTHREAD_COND_INITIALIZER, stack_has_work = PTHREAD_COND_INITIALIZER;

static void xmalloc(struct member *self)
{
    int filler = self->index % 2 == 0;
    while (!stopped()) {
        struct batch *batch = NULL;
        if (filler) {
            batch = a_block(sizeof *batch);
            for (size_t i = 0; i < LENGTH(batch->blocks); i++)
                batch->blocks[i] = a_block(a_size(self));
        }
        pthread_mutex_lock(&stack_lock);
        while (!stopped() && (filler ? stacked >= 64 : !stack)) {
            /* Bounded, so that nobody sleeps for ever when the time is up. */
            struct timespec until;
            clock_gettime(CLOCK_REALTIME, &until);
            until.tv_nsec += 20000000;
            until.tv_sec += until.tv_nsec / 1000000000;
            until.tv_nsec %= 1000000000;
            pthread_cond_timedwait(filler ? &stack_has_room : &stack_has_work, &stack_lock, &until);
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
        pthread_cond_signal(filler ? &stack_has_work : &stack_has_room);
        if (!filler && batch) {
            for (size_t i = 0; i < LENGTH(batch->blocks); i++)
                free(batch->blocks[i]);
            free(batch);
            self->ops += LENGTH(batch->blocks);
        }
    }
}

static void free_stack(void)
{
    while (stack) {
        struct batch *batch = stack;
        stack = batch->next;
        for (size_t i = 0; i < LENGTH(batch->blocks); i++)
            free(batch->blocks[i]);
        free(batch);
    }
}

/* Work that goes on in a new thread every so often: `part` does some and the thread ends; its index and its blocks go on. */
static pthread_mutex_t relay_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t relay_done = PTHREAD_COND_INITIALIZER;
static int running;
static void (*relay_part)(struct member *);

static void *relay_runner(void *argument)
{
    struct member *self = argument;
    relay_part(self);
    if (!stopped()) {
        pthread_t successor;
        int error = pthread_create(&successor, NULL, relay_runner, self);
        if (error)
            die("pthread_create", error);
        pthread_detach(successor);
        return NULL;
    }
    pthread_mutex_lock(&relay_lock);
    running--;
    pthread_cond_broadcast(&relay_done);
    pthread_mutex_unlock(&relay_lock);
    return NULL;
}

static void relay(struct member *self, void (*part)(struct member *))
{
    pthread_mutex_lock(&relay_lock);
    relay_part = part;
    running++;
    pthread_mutex_unlock(&relay_lock);
    relay_runner(self);
    pthread_mutex_lock(&relay_lock);
    while (running)
        pthread_cond_wait(&relay_done, &relay_lock);
    pthread_mutex_unlock(&relay_lock);
}

/* After Larson's server: each thread replaces blocks in its table for a while, then a new thread inherits the table. */
#define TABLE 1000
static void *tables[256][TABLE];

static void larson_part(struct member *self)
{
    void **table = tables[self->index];
    for (int round = 0; round < 50 && !stopped(); round++, self->ops += 200)
        for (int i = 0; i < 200; i++) {
            uint64_t random = next_random(&self->random);
            void **slot = &table[random % TABLE];
            free(*slot);
            *slot = a_block(sizes[(random >> 32) % SIZES]);
        }
}

static void larson(struct member *self)
{
    relay(self, larson_part);
}

static void free_tables(void)
{
    for (size_t i = 0; i < LENGTH(tables); i++)
        for (size_t j = 0; j < TABLE; j++)
            free(tables[i][j]);
}

/* Places where threads leave blocks for others: an exchange takes what was there. */
#define EXCHANGE 1024
static _Atomic(void *) exchange[EXCHANGE];

static void *swap_at(uint64_t random, void *block)
{
    return atomic_exchange_explicit(&exchange[random % EXCHANGE], block, memory_order_acq_rel);
}

static void free_exchange(void)
{
    for (size_t i = 0; i < EXCHANGE; i++)
        free(exchange[i]);
    free_tables();
}

/* After mimalloc's stress test: sizes from 16 bytes to 64 KiB, most of them small; some blocks stay in the thread's table, some go at
 * once, one in ten is exchanged with whoever comes by; threads end and begin. */
static void mstress_part(struct member *self)
{
    void **table = tables[self->index];
    for (int round = 0; round < 50 && !stopped(); round++, self->ops += 200)
        for (int i = 0; i < 200; i++) {
            uint64_t random = next_random(&self->random), kind = (random >> 24) % 10;
            void *block = a_block(a_skewed_size(random, 16));
            if (kind == 0)
                block = swap_at(random >> 40, block);
            else if (kind < 6) {
                void **slot = &table[(random >> 40) % TABLE];
                void *old = *slot;
                *slot = block;
                block = old;
            }
            free(block);
        }
}

static void mstress(struct member *self)
{
    relay(self, mstress_part);
}

/* After SmartHeap's sh8: sh6's batches, but a batch that has lived its time is freed by the thread that finds it. */
#define SH8_BATCH 250
static _Atomic(void **) finished[64];

static void sh8_free(void **batch)
{
    if (!batch)
        return;
    for (size_t i = 0; i < SH8_BATCH; i++)
        free(batch[i * 77 % SH8_BATCH]);
    free(batch);
}

static void sh8(struct member *self)
{
    while (!stopped()) {
        void **batch = a_block(SH8_BATCH * sizeof *batch);
        for (size_t i = 0; i < SH8_BATCH; i++)
            batch[i] = a_block(a_skewed_size(next_random(&self->random), 10));
        for (size_t i = SH8_BATCH; i-- > 0;)
            if (i % 2)
                free(batch[i]);
        for (size_t i = 1; i < SH8_BATCH; i += 2)
            batch[i] = a_block(a_skewed_size(next_random(&self->random), 10));
        sh8_free(atomic_exchange_explicit(&finished[next_random(&self->random) % LENGTH(finished)], batch, memory_order_acq_rel));
        self->ops += SH8_BATCH + SH8_BATCH / 2;
    }
}

static void free_finished(void)
{
    for (size_t i = 0; i < LENGTH(finished); i++)
        sh8_free(finished[i]);
}

static const struct workload shared_workloads[] = {
    {"producer-consumer", 2, 256, producer_consumer, NULL, NULL},
    {"xmalloc", 2, 256, xmalloc, NULL, free_stack},
    {"larson", 1, 256, larson, NULL, free_tables},
    {"mstress", 1, 256, mstress, NULL, free_exchange},
    {"sh8", 1, 256, sh8, NULL, free_finished},
    {NULL, 0, 0, NULL, NULL, NULL},
};
