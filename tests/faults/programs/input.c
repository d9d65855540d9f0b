/* What the bad-input suite feeds: its first argument chooses what to do. Exit code 0: as promised; 1: an error, said on standard error;
   120 and more: a broken promise, said on standard output.

   bad input: see tests/faults/src/bad_input.rs */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { WRONG = 120 };

extern char **environ;

static int wrong(const char *what)
{
    printf("%s\n", what);
    fflush(stdout);
    return WRONG;
}

/* Prints a hundred kilobytes; every failure is noticed. */
static int out(void)
{
    for (int line = 0; line < 5000; line++)
        if (printf("line %013d\n", line) < 0)
            goto failed;
    if (fflush(stdout) == 0)
        return 0;
failed:
    fprintf(stderr, "cannot write: %s\n", strerror(errno));
    return 1;
}

/* Counts the bytes of arguments and environment. */
static int count(int argc, char **argv)
{
    size_t arguments = 0, variables = 0, bytes = 0;
    for (; argv[arguments]; arguments++)
        bytes += strlen(argv[arguments]);
    if ((size_t)argc != arguments)
        return wrong("argc is not the number of arguments");
    for (char **at = environ; *at; at++, variables++)
        bytes += strlen(*at);
    const char *last = getenv("LAST");
    printf("%zu arguments, %zu variables, %zu bytes, last %s\n", arguments, variables, bytes, last ? last : "none");
    return 0;
}

#define REFUSED(call) do { errno = 0; void *p_ = (call); if (p_ || errno != ENOMEM) return wrong(#call); } while (0)

/* Sizes that nobody has. */
static int absurd(void)
{
    volatile size_t all = SIZE_MAX, half = (size_t)PTRDIFF_MAX, above = half + 1, root = (size_t)1 << 33;
    char *block = malloc(100);
    void *got = block;
    if (!block)
        return wrong("malloc(100)");
    memset(block, 'x', 100);
    for (size_t less = 0; less < 70000; less += 4095)
        REFUSED(malloc(all - less));
    REFUSED(malloc(half));
    REFUSED(malloc(above));
    REFUSED(calloc(all, 1));
    REFUSED(calloc(root, root));
    REFUSED(calloc(all / 2, 3));
    REFUSED(realloc(block, all));
    REFUSED(realloc(block, half));
    REFUSED(aligned_alloc(64, all - 63));
    REFUSED(aligned_alloc((size_t)1 << 62, 64));
    errno = 0;
    if (posix_memalign(&got, 64, all) != ENOMEM || got != block)
        return wrong("posix_memalign(SIZE_MAX)");
    if (posix_memalign(&got, 24, 100) != EINVAL || posix_memalign(&got, 0, 100) != EINVAL || got != block)
        return wrong("posix_memalign: EINVAL");
    if (errno)
        return wrong("posix_memalign touches errno");
    for (int n = 0; n < 100; n++)
        if (block[n] != 'x')
            return wrong("a refused realloc changed its block");
    free(block);
    void *none = malloc(0), *another = malloc(0);
    if (!none || none == another)
        return wrong("malloc(0)");
    free(none);
    free(another);
    free(NULL);
    return 0;
}

static char in_data[64] __attribute__((aligned(64)));

/* Frees what must not be freed; the process has to end here. */
static int bad_free(const char *which)
{
    char on_stack[64] __attribute__((aligned(64)));
    char *volatile small = malloc(100);
    char *volatile large = malloc(3 << 20);
    char *volatile mapped = mmap(0, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *volatile bad = NULL;
    if (!strcmp(which, "stack"))
        bad = on_stack;
    if (!strcmp(which, "data"))
        bad = in_data;
    if (!strcmp(which, "misaligned"))
        bad = small + 8;
    if (!strcmp(which, "odd"))
        bad = small + 1;
    if (!strcmp(which, "large-inside"))
        bad = large + 4096;
    if (!strcmp(which, "foreign"))
        bad = mapped;
    if (!strcmp(which, "null-page"))
        bad = (char *)16;
    if (!strcmp(which, "kernel"))
        bad = (char *)0xffff800000000000;
    if (!strcmp(which, "double")) {
        free(small);
        bad = small;
    }
    if (!strcmp(which, "double-large")) {
        free(large);
        bad = large;
    }
    fprintf(stderr, "freeing %p\n", (void *)bad);
    fflush(stderr);
    free(bad);
    char *volatile next = malloc(100); /* a small block is looked at when it would be handed out, at the latest */
    (void)next;
    return wrong("still alive");
}

/* realloc of what is no block. */
static int bad_realloc(void)
{
    char *volatile bad = in_data;
    fprintf(stderr, "freeing %p\n", (void *)bad);
    fflush(stderr);
    return realloc(bad, 1000) ? wrong("a block") : wrong("still alive");
}

/* Takes memory until there is none, gives it back, and does so again. */
static int exhaust(void)
{
    static char *block[100000];
    size_t first = 0;
    for (int round = 0; round < 4; round++) {
        size_t count = 0, total = 0;
        static const size_t sizes[] = {40, 1000, 5000, 100000, 1 << 20};
        for (; count < 100000; count++) {
            size_t size = sizes[(count + count / 7) % 5];
            errno = 0;
            if (!(block[count] = malloc(size))) {
                if (errno != ENOMEM)
                    return wrong("errno is not ENOMEM");
                break;
            }
            memset(block[count], (int)count, size);
            total += size;
        }
        if (count == 100000)
            return wrong("no limit");
        for (size_t n = 0; n < count; n++) {
            if (block[n][0] != (char)n)
                return wrong("a block changed");
            free(block[n]);
        }
        if (round == 0)
            first = total;
        if (total < first / 4 * 3)
            return wrong("what was freed does not come back");
    }
    return 0;
}

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "count";
    if (!strcmp(mode, "out"))
        return out();
    if (!strcmp(mode, "absurd"))
        return absurd();
    if (!strcmp(mode, "free"))
        return bad_free(argv[2]);
    if (!strcmp(mode, "realloc"))
        return bad_realloc();
    if (!strcmp(mode, "exhaust"))
        return exhaust();
    return count(argc, argv);
}
