/* Every function of the malloc family: results, alignment, errno, and what the standards leave no choice about.
 * flags: -Wno-alloc-size-larger-than -Wno-use-after-free
 */
#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures;

static void check(const char *what, int holds) {
    if (!holds) failures++;
    printf("%s: %s\n", what, holds ? "yes" : "NO");
}

static int aligned(const void *block, size_t align) { return block && (uintptr_t)block % align == 0; }

int main(void) {
    volatile size_t huge = SIZE_MAX, half = SIZE_MAX / 2 + 1, zero = 0;

    check("malloc(0) is a block", malloc(zero) != NULL);
    check("free(NULL) does nothing", (free(NULL), 1));
    int all = 1;
    for (size_t size = 1; size < 300000; size += 1 + size / 7) {
        char *block = malloc(size);
        all = all && aligned(block, 16) && malloc_usable_size(block) >= size;
        memset(block, 0xa5, size);
        free(block);
    }
    check("blocks of many sizes are 16-aligned and large enough", all);

    errno = 0;
    check("malloc(SIZE_MAX) fails with ENOMEM", malloc(huge) == NULL && errno == ENOMEM);
    errno = 0;
    check("calloc overflow fails with ENOMEM", calloc(half, 2) == NULL && errno == ENOMEM);
    errno = 0;
    void *old = malloc(10);
    check("reallocarray overflow fails with ENOMEM", reallocarray(old, half, 2) == NULL && errno == ENOMEM);
    free(old);
    errno = 7;
    free(malloc(100));
    free(malloc(1 << 20));
    free(malloc(10 << 20));
    check("free leaves errno alone", errno == 7);

    all = 1;
    for (size_t size = 1; size < 5000000; size = size * 3 + 1) {
        for (int round = 0; round < 3; round++) {
            unsigned char *block = calloc(1, size);
            for (size_t i = 0; i < size; i++) all = all && block[i] == 0;
            memset(block, 0xff, size);
            free(block);
        }
    }
    check("calloc is zero, also in memory used before", all);

    all = 1;
    unsigned char *grown = NULL;
    size_t had = 0;
    for (size_t size = 1; size < 9000000; size = size * 2 + 3) {
        grown = realloc(grown, size);
        for (size_t i = 0; i < had; i++) all = all && grown[i] == (unsigned char)(i * 7);
        for (size_t i = had; i < size; i++) grown[i] = (unsigned char)(i * 7);
        had = size;
    }
    while (had > 10) {
        had /= 3;
        grown = realloc(grown, had);
        for (size_t i = 0; i < had; i++) all = all && grown[i] == (unsigned char)(i * 7);
    }
    check("realloc keeps the contents, growing and shrinking", all);
    check("realloc(block, 0) frees", realloc(grown, zero) == NULL);
    check("realloc(NULL, n) allocates", (grown = realloc(NULL, 10)) != NULL);
    free(grown);

    all = 1;
    for (size_t align = 8; align <= 1 << 21; align *= 2) {
        for (size_t size = 1; size < 1000000; size = size * 9 + 5) {
            void *block = NULL;
            all = all && posix_memalign(&block, align, size) == 0 && aligned(block, align);
            memset(block, 1, size);
            free(block);
            all = all && aligned(block = aligned_alloc(align, size), align);
            free(block);
            all = all && aligned(block = memalign(align, size), align);
            free(block);
        }
    }
    check("posix_memalign, aligned_alloc and memalign align", all);
    void *block = &failures;
    check("posix_memalign(3) is EINVAL and leaves the pointer", posix_memalign(&block, 3, 8) == EINVAL && block == &failures);
    check("posix_memalign(4) is EINVAL", posix_memalign(&block, 4, 8) == EINVAL);
    check("posix_memalign of too much is ENOMEM", posix_memalign(&block, 64, huge - 100) == ENOMEM);
    check("valloc is page-aligned", aligned(block = valloc(100), 4096));
    free(block);
    check("pvalloc is a whole page", aligned(block = pvalloc(100), 4096) && malloc_usable_size(block) >= 4096);
    free(block);
    check("malloc_usable_size(NULL) is 0", malloc_usable_size(NULL) == 0);
    return failures;
}
