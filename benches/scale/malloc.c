/* malloc under the plugin: an operation is an allocation with its free.
 *
 *     malloc FIRST_NUMBER OPS THREADS...
 */
#include "scale.h"

enum { SLOTS = 64, SIZES = 1024, RING = 256 };

static uint16_t sizes[SIZES]; /* 16 to 1,024 bytes, evenly */

static void *a_block(struct member *self)
{
    char *block = malloc(sizes[next_random(&self->random) % SIZES]);
    if (!block)
        die("malloc", ENOMEM);
    *block = 1;
    return block;
}

/* Allocate, free. */
static void pair(struct member *self, int ops)
{
    for (int i = 0; i < ops; i++)
        free(a_block(self));
}

/* A block at random among one's own is replaced. */
static void replace(struct member *self, int ops)
{
    void **blocks = self->own;
    if (!blocks) {
        blocks = self->own = malloc(SLOTS * sizeof *blocks);
        for (int i = 0; i < SLOTS; i++)
            blocks[i] = a_block(self);
    }
    for (int i = 0; i < ops; i++) {
        void **slot = &blocks[next_random(&self->random) % SLOTS];
        free(*slot);
        *slot = a_block(self);
    }
}

/* Even members allocate, odd members free what the one before allocated. */
static struct ring {
    _Atomic unsigned head __attribute__((aligned(128))); /* next to be put, written by the producer */
    unsigned known_tail;                                 /* what the producer saw last */
    _Atomic unsigned tail __attribute__((aligned(128))); /* next to be taken, written by the consumer */
    unsigned known_head;
    void *blocks[RING] __attribute__((aligned(128)));
} rings[MOST / 2];

static void pass_on(struct member *self, int ops, void *(*get)(struct member *), void (*give_back)(void *))
{
    struct ring *ring = &rings[self->index / 2];
    for (int i = 0; i < ops; i++)
        if (self->index % 2 == 0) {
            void *block = get(self);
            unsigned head = atomic_load_explicit(&ring->head, memory_order_relaxed);
            while (head - ring->known_tail == RING)
                ring->known_tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
            ring->blocks[head % RING] = block;
            atomic_store_explicit(&ring->head, head + 1, memory_order_release);
        } else {
            unsigned tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
            while (tail == ring->known_head)
                ring->known_head = atomic_load_explicit(&ring->head, memory_order_acquire);
            void *block = ring->blocks[tail % RING];
            atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
            give_back(block);
        }
}

static void producer_consumer(struct member *self, int ops)
{
    pass_on(self, ops, a_block, free);
}

/* The ring alone, with a byte of the block written and read: what of the row before is not malloc's. */
static void *a_fixed_block(struct member *self)
{
    static char blocks[MOST / 2][RING * 4][64] __attribute__((aligned(64)));
    char *block = blocks[self->index / 2][self->random++ % (RING * 4)];
    *block = 1;
    return block;
}

static void look_at(void *block)
{
    (void)*(volatile char *)block;
}

static void ring_alone(struct member *self, int ops)
{
    pass_on(self, ops, a_fixed_block, look_at);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int least; /* threads, and members that one operation takes */
        void (*work)(struct member *, int);
    } all[] = {{"pair", 1, pair}, {"replace", 1, replace}, {"producer-consumer", 2, producer_consumer}, {"ring-alone", 2, ring_alone}};
    if (argc < 4)
        return 2;
    uint64_t random = 1;
    for (int i = 0; i < SIZES; i++)
        sizes[i] = (uint16_t)(16 + next_random(&random) % 1009);
    map_bell();
    unsigned number = (unsigned)atoi(argv[1]);
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++)
        for (int at = 3; at < argc; at++)
            if (atoi(argv[at]) >= all[i].least)
                run_team(number++, all[i].name, atoi(argv[at]), atoi(argv[2]), all[i].least, all[i].work);
    return 0;
}
