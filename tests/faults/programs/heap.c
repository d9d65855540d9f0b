/* Memory of every size class, grown, shrunk and given back, while the kernel refuses memory once.
   A refused allocation must return NULL with ENOMEM, leave every other block as it was, and work when it is tried again.

   sweep: mmap ENOMEM -> handled
   sweep: munmap ENOMEM -> handled | absent
   sweep: mremap ENOMEM -> handled | absent
   sweep: madvise ENOMEM | EINVAL | EAGAIN -> handled | absent
   sweep: mprotect ENOMEM -> handled | absent
   sweep: brk ENOMEM -> handled | absent
   sweep: membarrier ENOSYS | EPERM -> handled | absent
   sweep: prctl EPERM | EINVAL -> handled | absent
   sweep: rseq ENOSYS | EINVAL | EPERM -> handled */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCKS = 1200, WRONG = 120 };
static unsigned char *block[BLOCKS];
static size_t size[BLOCKS];

static unsigned char mark(int n) { return (unsigned char)(n * 37 + 11); }

/* Every block still holds what was written into it, at both ends and in the middle. */
static void check_all(void)
{
    for (int n = 0; n < BLOCKS; n++)
        if (block[n])
            for (size_t at = 0; at < size[n]; at += size[n] / 7 + 1)
                if (block[n][at] != mark(n)) {
                    printf("block %d of %zu bytes changed at %zu\n", n, size[n], at);
                    exit(WRONG);
                }
}

static void *again(void *got, size_t want, void *(*once_more)(size_t, void *), void *old)
{
    for (int tries = 0; !got; tries++) {
        if (errno != ENOMEM || tries > 3) {
            printf("%zu bytes: errno %d after %d tries\n", want, errno, tries);
            exit(WRONG);
        }
        fprintf(stderr, "refused %zu bytes\n", want);
        check_all();
        errno = 0;
        got = once_more(want, old);
    }
    return got;
}

static void *by_malloc(size_t n, void *old) { (void)old; return malloc(n); }
static void *by_calloc(size_t n, void *old) { (void)old; return calloc(1, n); }
static void *by_realloc(size_t n, void *old) { return realloc(old, n); }
static void *by_aligned(size_t n, void *old) { (void)old; return aligned_alloc(4096, n); }

static void fill(int n, void *p, size_t bytes)
{
    block[n] = p;
    size[n] = bytes;
    memset(p, mark(n), bytes);
}

static size_t size_of(int n)
{
    static const size_t sizes[] = {1, 16, 24, 100, 256, 700, 1024, 3000, 4096, 9000, 20000, 40000, 70000, 200000, 600000};
    return sizes[n % 15] + (size_t)(n % 7) * 3;
}

int main(void)
{
    for (int round = 0; round < 3; round++) {
        for (int n = 0; n < BLOCKS; n++) {
            size_t want = size_of(n + round);
            if (want > 100000 && n > 150)
                want /= 100;
            errno = 0;
            if (n % 11 == 3) {
                unsigned char *p = again(calloc(1, want), want, by_calloc, 0);
                for (size_t at = 0; at < want; at++)
                    if (p[at]) {
                        printf("calloc: byte %zu of %zu is %d\n", at, want, p[at]);
                        exit(WRONG);
                    }
                fill(n, p, want);
            } else if (n % 97 == 5) {
                want = (want + 4095) / 4096 * 4096;
                void *p = again(aligned_alloc(4096, want), want, by_aligned, 0);
                if ((uintptr_t)p % 4096) {
                    printf("aligned_alloc: %p\n", p);
                    exit(WRONG);
                }
                fill(n, p, want);
            } else {
                fill(n, again(malloc(want), want, by_malloc, 0), want);
            }
        }
        check_all();
        for (int n = 0; n < BLOCKS; n += 13) { /* grow and shrink; the old bytes stay */
            size_t want = n % 2 ? size[n] * 3 : size[n] / 2 + 1, kept = want < size[n] ? want : size[n];
            unsigned char *p = realloc(block[n], want);
            if (!p) /* the old block is still there */
                p = again(0, want, by_realloc, block[n]);
            if (p[0] != mark(n) || p[kept - 1] != mark(n)) {
                printf("realloc lost block %d\n", n);
                exit(WRONG);
            }
            fill(n, p, want);
        }
        check_all();
        for (int n = round; n < BLOCKS; n += round == 2 ? 1 : 2) {
            free(block[n]);
            block[n] = 0;
        }
        check_all();
        for (int n = 0; n < BLOCKS; n++) {
            free(block[n]);
            block[n] = 0;
        }
    }
    puts("every block was as it had to be");
    if (fflush(stdout) != 0) {
        perror("write");
        return 1;
    }
    return 0;
}
