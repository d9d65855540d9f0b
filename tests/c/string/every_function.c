// string.h against a byte-by-byte model, beside unmapped pages, by a checksum of what every call returned.
#define _GNU_SOURCE
#include <libgen.h>
#undef basename
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>

static unsigned long sum = 5381;
static void mix(long v) { sum = sum * 33 ^ (unsigned long)v; }
static int sign(int v) { return (v > 0) - (v < 0); }
static char *guarded(size_t n) {
    char *p = mmap(0, n + 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(p, 4096, PROT_NONE);
    mprotect(p + 4096 + n, 4096, PROT_NONE);
    return p + 4096;
}
static unsigned seed = 1;
static unsigned next(void) { return (seed = seed * 1103515245 + 12345) >> 16; }
static long off(const void *p, const void *base) { return p ? (const char *)p - (const char *)base : -1; }

int main(void) {
    enum { N = 8192 };
    char *a = guarded(N), *b = guarded(N), x[512], y[512];
    static const char alphabet[] = "abAB019.\xe9z/:";
    for (int round = 0; round < 60000; round++) {
        size_t n = next() % (round % 10 ? 40 : 300), m = next() % (round % 3 ? 4 : 40), k = next() % (n + 2);
        char *p = next() & 1 ? a + N - n - 1 : a + next() % 64, *q = next() & 1 ? b + N - m - 1 : b + next() % 64;
        unsigned letters = 1 + next() % 12;
        for (size_t i = 0; i < n; i++) p[i] = alphabet[next() % letters];
        for (size_t i = 0; i < m; i++) q[i] = alphabet[next() % letters];
        p[n] = q[m] = 0;
        int c = (unsigned char)alphabet[next() % 13];
        mix(off(memchr(p, c, n), p)); mix(off(memrchr(p, c, n), p)); mix(off(rawmemchr(p, 0), p)); mix(off(strchr(p, c), p)); mix(off(strrchr(p, c), p));
        mix(off(strchrnul(p, c), p)); mix((long)strlen(p)); mix((long)strnlen(p, k)); mix((long)strspn(p, q)); mix((long)strcspn(p, q)); mix(off(strpbrk(p, q), p));
        mix(off(strstr(p, q), p)); mix(off(strcasestr(p, q), p)); mix(off(memmem(p, n, q, m), p)); mix(sign(strcmp(p, q))); mix(sign(strncmp(p, q, k)));
        mix(sign(strcasecmp(p, q))); mix(sign(strncasecmp(p, q, k))); mix(sign(strverscmp(p, q))); mix(sign(memcmp(p, q, n < m ? n : m))); mix(sign(strcoll(p, q)));
        memset(x, 1, sizeof x); memset(y, 1, sizeof y);
        strcpy(x, p); mix(off(stpcpy(y, q), y)); strcat(x, q); strncat(x, q, 3); strncpy(y, p, k); mix(off(stpncpy(y + 310, q, 50), y)); mix(off(mempcpy(y + 400, q, m), y));
        mix(off(memccpy(x + 450, q, c, m), x)); memmove(x + 5, x, n);
        for (size_t i = 0; i < sizeof x; i++) mix(x[i]), mix(y[i]);
        strcpy(x, p);
        char *rest, *token = strtok_r(x, q, &rest);
        for (; token; token = strtok_r(0, q, &rest)) mix(off(token, x)), mix((long)strlen(token));
        strcpy(x, p); rest = x;
        while ((token = strsep(&rest, q))) mix(off(token, x));
        strcpy(x, p); mix((long)strlen(dirname(x))); strcpy(x, p); mix((long)strlen(__xpg_basename(x))); mix((long)strlen(basename(p)));
        mix(ffs((int)next()) + ffsl((long)next() << 20) + ffsll(0));
    }
    printf("%lx\n", sum);
    for (int i = -1; i < 136; i++) printf("%d %s\n", i, strerror(i));
    for (int i = 0; i < 66; i++) printf("%d %s\n", i, strsignal(i));
    char *copy = strdup("copy"), *part = strndup("partial", 4);
    printf("%s %s %s\n", copy, part, strerror_r(9999, x, 20));
    printf("%s %s\n", sigabbrev_np(2), strerrordesc_np(2));
    free(copy); free(part);
    explicit_bzero(x, 10);
    printf("%d\n", x[0]);
    return 0;
}
