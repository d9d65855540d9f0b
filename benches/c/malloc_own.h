/* malloc: workloads in which every thread frees its own blocks. */

static void pair_64(struct member *self)
{
    while (!stopped()) {
        for (int i = 0; i < 1000; i++) {
            void *block = a_block(64);
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
            void *block = a_block(sizes[at++ % SIZES]);
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
            blocks[i] = a_block(sizes[at++ % SIZES]);
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

/* A block at random is replaced by one of another size; the slots of the process are shared out among its threads. */
#define SLOTS 5000
static void *slots[SLOTS];

static void replace_between(struct member *self, size_t least, size_t most)
{
    size_t count = SLOTS / (size_t)team.count;
    void **own = slots + count * (size_t)self->index;
    for (size_t i = 0; i < count; i++)
        own[i] = a_block(most ? least + next_random(&self->random) % (most - least) : a_size(self));
    is_filled();
    for (; !stopped(); self->ops += 200)
        for (int i = 0; i < 200; i++) {
            uint64_t random = next_random(&self->random);
            void **slot = &own[random % count];
            free(*slot);
            *slot = a_block(most ? least + (random >> 32) % (most - least) : sizes[(random >> 32) % SIZES]);
        }
}

static void free_slots(void)
{
    for (size_t i = 0; i < SLOTS; i++)
        free(slots[i]);
}

static void replace(struct member *self)
{
    replace_between(self, 0, 0);
}

static void replace_4k_64k(struct member *self)
{
    replace_between(self, 4096, 65536);
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
        void *block = a_block(16);
        for (size_t size = 24; size < 65536; size += size / 2) {
            block = checked(realloc(block, size));
            self->ops++;
        }
        free(block);
    }
}

/* A large buffer that grows by 64 KiB at a time to 8 MiB, its new end written. */
static void realloc_8m(struct member *self)
{
    while (!stopped()) {
        char *block = a_block(65536);
        for (size_t size = 2 * 65536; size <= 8u << 20 && !stopped(); size += 65536) {
            block = checked(realloc(block, size));
            block[size - 1] = 1;
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

/* 16 live blocks of 5 to 25 MiB in all threads together, replaced at random; every page is written. */
static void large(struct member *self)
{
    enum { LIVE = 16 };
    void *blocks[LIVE] = {0};
    size_t count = LIVE / (size_t)team.count;
    for (size_t turn = 0; turn < count || !stopped(); turn++) {
        void **slot = &blocks[turn < count ? turn : next_random(&self->random) % count];
        size_t size = (5u << 20) + next_random(&self->random) % (20u << 20);
        free(*slot);
        char *block = *slot = a_block(size);
        for (size_t at = 4096; at < size; at += 4096)
            block[at] = 1;
        if (turn + 1 == count)
            is_filled();
        self->ops++;
    }
    for (size_t i = 0; i < LIVE; i++)
        free(blocks[i]);
}

/* glibc's own benchmark, simple: some blocks of one size, freed in the order they came. */
static void glibc_simple(struct member *self)
{
    static const size_t counts[] = {25, 100, 400, 1600};
    void *blocks[1600];
    for (size_t round = 0; !stopped(); round++) {
        size_t count = counts[round % LENGTH(counts)], size = 16u << round / LENGTH(counts) % 7;
        for (size_t i = 0; i < count; i++)
            blocks[i] = a_block(size);
        for (size_t i = 0; i < count; i++)
            free(blocks[i]);
        self->ops += count;
    }
}

/* glibc's own benchmark, threads: a working set of 1,024 blocks a thread, mostly small, up to 32 KiB. */
static void glibc_thread(struct member *self)
{
    void *blocks[1024] = {0};
    for (; !stopped(); self->ops += 200)
        for (int i = 0; i < 200; i++) {
            uint64_t random = next_random(&self->random);
            void **slot = &blocks[random >> 20 & 1023];
            free(*slot);
            *slot = a_block(a_skewed_size(random, 15));
        }
    for (size_t i = 0; i < LENGTH(blocks); i++)
        free(blocks[i]);
}

/* After SmartHeap's sh6: batches of mixed sizes live for some time; of each, every other block goes at once and is replaced. */
static void sh6(struct member *self)
{
    enum { BATCHES = 16, BATCH = 250 };
    void *batches[BATCHES][BATCH] = {{0}};
    for (size_t round = 0; !stopped(); round++) {
        void **batch = batches[round % BATCHES];
        for (size_t i = 0; i < BATCH; i++) /* a stride that meets all: neither the order of allocation nor its reverse */
            free(batch[i * 77 % BATCH]);
        for (size_t i = 0; i < BATCH; i++)
            batch[i] = a_block(a_skewed_size(next_random(&self->random), 10));
        for (size_t i = BATCH; i-- > 0;)
            if (i % 2)
                free(batch[i]);
        for (size_t i = 1; i < BATCH; i += 2)
            batch[i] = a_block(a_skewed_size(next_random(&self->random), 10));
        self->ops += BATCH + BATCH / 2;
    }
    for (size_t i = 0; i < BATCHES; i++)
        for (size_t j = 0; j < BATCH; j++)
            free(batches[i][j]);
}

/* Two threads' small blocks on one cache line: each writes its own a hundred times. */
static void write_often(char *block)
{
    for (int i = 0; i < 100; i++) {
        (*(volatile char *)block)++;
        keep(block);
    }
}

static void cache_thrash(struct member *self)
{
    for (; !stopped(); self->ops += 20)
        for (int i = 0; i < 20; i++) {
            char *block = a_block(8);
            write_often(block);
            free(block);
        }
}

/* The same, but each thread begins by freeing a block that the first thread allocated beside the others'. */
static char *scratch[256];

static void prepare_scratch(void)
{
    for (int i = 0; i < team.count; i++)
        scratch[i] = a_block(8);
}

static void cache_scratch(struct member *self)
{
    free(scratch[self->index]);
    cache_thrash(self);
}

static const struct workload own_workloads[] = {
    {"pair-64", 1, 256, pair_64, NULL, NULL},
    {"pair-mixed", 1, 256, pair_mixed, NULL, NULL},
    {"lifo-1000", 1, 256, lifo_1000, NULL, NULL},
    {"fifo-1000", 1, 256, fifo_1000, NULL, NULL},
    {"replace", 1, 256, replace, fill_first, free_slots},
    {"replace-4k-64k", 1, 256, replace_4k_64k, fill_first, free_slots},
    {"sh6", 1, 256, sh6, NULL, NULL},
    {"glibc-simple", 1, 256, glibc_simple, NULL, NULL},
    {"glibc-thread", 1, 256, glibc_thread, NULL, NULL},
    {"large", 1, 16, large, fill_first, NULL},
    {"realloc", 1, 256, realloc_growth, NULL, NULL},
    {"realloc-8m", 1, 256, realloc_8m, NULL, NULL},
    {"calloc", 1, 256, calloc_mixed, NULL, NULL},
    {"aligned", 1, 256, aligned, NULL, NULL},
    {"cache-scratch", 1, 256, cache_scratch, prepare_scratch, NULL},
    {"cache-thrash", 1, 256, cache_thrash, NULL, NULL},
    {NULL, 0, 0, NULL, NULL, NULL},
};
