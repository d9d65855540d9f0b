/* Patterns whose counts are known beforehand: what the plugin says of them must be that.
 *
 *     known FIRST_NUMBER OPS       2 threads
 */
#include "scale.h"

static struct {
    _Alignas(256) volatile uint64_t word[32];
} own[2], shared;

/* A line each: nobody else's.  No transfer, nothing locked. */
static void private_lines(struct member *self, int ops)
{
    for (int i = 0; i < ops; i++)
        own[self->index].word[0]++;
}

/* One line that goes there and back: whoever's turn it is has to fetch it, and takes it by writing. */
static void ping_pong(struct member *self, int ops)
{
    uint64_t other = (uint64_t)!self->index;
    for (int i = 0; i < ops; i++) {
        while (shared.word[0] != (uint64_t)self->index)
            ;
        shared.word[0] = other;
    }
}

/* Two words of one line, each written by one thread only: it is the line that counts. */
static void false_sharing(struct member *self, int ops)
{
    for (int i = 0; i < ops; i++) {
        while (shared.word[1 + !self->index] + 1 < shared.word[1 + self->index])
            ; /* never two ahead, so that the two really alternate */
        shared.word[1 + self->index]++;
    }
}

/* Read by both, written by nobody. */
static void read_only(struct member *self, int ops)
{
    uint64_t sum = 0;
    for (int i = 0; i < ops; i++)
        sum += shared.word[i % 32];
    self->random += sum;
}

/* Two locked instructions an operation, on a line of one's own. */
static void locked(struct member *self, int ops)
{
    for (int i = 0; i < ops; i++) {
        __atomic_fetch_add(&own[self->index].word[1], 1, __ATOMIC_RELAXED);
        __atomic_exchange_n(&own[self->index].word[1], 7, __ATOMIC_RELAXED);
    }
}

static void system_calls(struct member *self, int ops)
{
    (void)self;
    for (int i = 0; i < ops; i++)
        syscall(SYS_getppid);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*work)(struct member *, int);
    } all[] = {{"private", private_lines}, {"ping-pong", ping_pong}, {"false-sharing", false_sharing},
               {"read-only", read_only}, {"locked", locked}, {"system-calls", system_calls}};
    if (argc != 3)
        return 2;
    map_bell();
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++)
        run_team((unsigned)atoi(argv[1]) + i, all[i].name, 2, atoi(argv[2]), 1, all[i].work);
    return 0;
}
