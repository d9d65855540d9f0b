/* Random calls of the whole family in three threads, blocks handed from one to the other, against a model that knows what each holds.
 * With an argument one byte is spoilt on purpose: the model must say so.
 * timeout: 90
 */
#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 600, CALLS = 12000, THREADS = 3 };

struct slot {
    unsigned char *block;
    size_t size;
    uint32_t seed;
};

static struct slot mailbox[16];
static pthread_mutex_t mailbox_lock = PTHREAD_MUTEX_INITIALIZER;
static int spoil;

struct worker {
    uint64_t random;
    int number;
    long failures;
    struct slot slots[SLOTS];
};

static uint32_t next(struct worker *w) {
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return (uint32_t)(w->random >> 16);
}

static size_t random_size(struct worker *w) {
    uint32_t kind = next(w) % 100;
    unsigned bits = kind < 70 ? 9 : kind < 92 ? 13 : kind < 99 ? 17 : 21;
    size_t size = next(w) % (1u << bits);
    return next(w) % 4 ? size : size & ~(size_t)15;
}

/* Of large blocks the ends are enough, and a byte of each page between them. */
static size_t after(size_t at, size_t size) { return at < 512 || at + 512 >= size ? at + 1 : at + 509 < size - 512 ? at + 509 : size - 512; }

static unsigned char value(uint32_t seed, size_t at) { return (unsigned char)((seed + at * 2654435761u) >> 11); }

static void fill(struct slot *s) {
    for (size_t i = 0; i < s->size; i = after(i, s->size)) s->block[i] = value(s->seed, i);
}

static size_t wrong(const struct slot *s, size_t size) {
    size_t bad = 0;
    for (size_t i = 0; i < size; i = after(i, s->size)) bad += s->block[i] != value(s->seed, i);
    return bad;
}

static void expect(struct worker *w, int holds, const char *what) {
    if (!holds && w->failures++ < 3) printf("thread %d: %s\n", w->number, what);
}

static void admit(struct worker *w, struct slot *s, void *block, size_t size, size_t align) {
    s->block = block;
    s->size = size;
    s->seed = next(w);
    expect(w, block != NULL, "no memory");
    if (!block) {
        s->size = 0;
        return;
    }
    expect(w, (uintptr_t)block % align == 0, "not aligned");
    expect(w, malloc_usable_size(block) >= size, "too small");
    fill(s);
}

static void allocate(struct worker *w, struct slot *s) {
    size_t size = random_size(w), align = (size_t)8 << next(w) % 10;
    void *block = NULL;
    switch (next(w) % 10) {
    case 0:
        block = calloc(size / 8 + 1, 8);
        size = (size / 8 + 1) * 8;
        for (size_t i = 0; block && i < size; i = after(i, size)) expect(w, ((unsigned char *)block)[i] == 0, "calloc is not zero");
        admit(w, s, block, size, 16);
        break;
    case 1:
        expect(w, posix_memalign(&block, align, size) == 0, "posix_memalign failed");
        admit(w, s, block, size, align);
        break;
    case 2: admit(w, s, aligned_alloc(align, size), size, align); break;
    case 3: admit(w, s, memalign(align, size), size, align); break;
    case 4: admit(w, s, reallocarray(NULL, size / 4 + 1, 4), (size / 4 + 1) * 4, 16); break;
    case 5: admit(w, s, valloc(size), size, 4096); break;
    case 6: admit(w, s, realloc(NULL, size), size, 16); break;
    default: admit(w, s, malloc(size), size, 16);
    }
}

static void release(struct worker *w, struct slot *s) {
    expect(w, wrong(s, s->size) == 0, "contents changed");
    int before = errno = (int)(next(w) % 30);
    free(s->block);
    expect(w, errno == before, "free changed errno");
    s->block = NULL;
}

static void resize(struct worker *w, struct slot *s) {
    struct slot old = *s;
    size_t size = random_size(w) + 1;
    unsigned char *block = next(w) % 2 ? realloc(s->block, size) : reallocarray(s->block, size, 1);
    expect(w, block != NULL, "realloc failed");
    if (!block) return;
    old.block = block;
    size_t kept = size < old.size ? size : old.size;
    size_t bad = 0;
    for (size_t i = 0; i < kept; i = after(i, old.size)) bad += block[i] != value(old.seed, i);
    expect(w, bad == 0, "realloc lost the contents");
    admit(w, s, block, size, 16);
}

static void fail(struct worker *w, struct slot *s) {
    volatile size_t huge = SIZE_MAX - next(w) % 4096;
    void *block = NULL;
    errno = 0;
    expect(w, malloc(huge) == NULL && errno == ENOMEM, "malloc of too much");
    errno = 0;
    expect(w, calloc(huge / 2, 4) == NULL && errno == ENOMEM, "calloc of too much");
    errno = 0;
    expect(w, realloc(s->block, huge) == NULL && errno == ENOMEM, "realloc to too much");
    errno = 0;
    expect(w, reallocarray(s->block, huge, 8) == NULL && errno == ENOMEM, "reallocarray to too much");
    expect(w, posix_memalign(&block, 24, 100) == EINVAL && posix_memalign(&block, 64, huge) == ENOMEM, "posix_memalign of nonsense");
    expect(w, wrong(s, s->size) == 0, "a failed realloc changed the contents");
}

static void exchange(struct worker *w, struct slot *s) {
    pthread_mutex_lock(&mailbox_lock);
    struct slot *box = &mailbox[next(w) % 16], other = *box;
    *box = *s;
    *s = other;
    pthread_mutex_unlock(&mailbox_lock);
}

static void *work(void *argument) {
    struct worker *w = argument;
    for (int call = 0; call < CALLS; call++) {
        struct slot *s = &w->slots[next(w) % SLOTS];
        if (spoil && call == CALLS / 2 && w->number == 0) {
            if (!s->block) allocate(w, s);
            if (s->size == 0) resize(w, s);
            s->block[0] ^= 1;
        }
        uint32_t what = next(w) % 100;
        if (!s->block) allocate(w, s);
        else if (what < 60) release(w, s);
        else if (what < 80) resize(w, s);
        else if (what < 82) fail(w, s);
        else if (what < 99) exchange(w, s);
        else if (next(w) % 16 == 0) malloc_trim(0);
    }
    for (int i = 0; i < SLOTS; i++)
        if (w->slots[i].block) release(w, &w->slots[i]);
    return NULL;
}

int main(int argc, char **argv) {
    (void)argv;
    static struct worker workers[THREADS];
    pthread_t threads[THREADS];
    long failures = 0;
    spoil = argc > 1;
    for (int i = 0; i < THREADS; i++) {
        workers[i].random = 0x9e3779b97f4a7c15u * (uint64_t)(i + 1);
        workers[i].number = i;
        pthread_create(&threads[i], NULL, work, &workers[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        failures += workers[i].failures;
    }
    for (int i = 0; i < 16; i++)
        if (mailbox[i].block) release(&workers[0], &mailbox[i]);
    failures += workers[0].failures;
    puts(failures ? "the model was contradicted" : "the model agrees");
    return failures != 0;
}
