// strtol's edges, qsort on patterns, random sequences, the environment, getopt.
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_int(const void *a, const void *b) { return (*(int *)a > *(int *)b) - (*(int *)a < *(int *)b); }
static int by_first(const void *a, const void *b) { return *(unsigned char *)a - *(unsigned char *)b; }
static long calls;
static int counted(const void *a, const void *b, void *argument) { ++*(long *)argument; return by_int(a, b); }
static int liar(const void *a, const void *b) { (void)a; (void)b; static unsigned x = 1; x = x * 1103515245 + 12345; return (int)(x >> 16) % 3 - 1; }

int main(int argc, char **argv) {
    (void)argc; (void)argv;
    const char *texts[] = {"0", "42", "  -17x", "+5", "0x1F", "0x", "0xg", "077", "08", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
        "-9223372036854775809", "18446744073709551615", "18446744073709551616", "-1", "", "   ", "-", "zz", "\t\n 12", "1z"};
    int bases[] = {0, 10, 16, 36, 2, 8, 1, 37};
    for (unsigned b = 0; b < sizeof bases / sizeof *bases; b++)
        for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
            char *end = (char *)texts[i];
            errno = 0;
            long l = strtol(texts[i], &end, bases[b]);
            int e1 = errno, o1 = (int)(end - texts[i]);
            errno = 0;
            unsigned long u = strtoul(texts[i], &end, bases[b]);
            printf("%d '%s' %ld %d %d %lu %d %d\n", bases[b], texts[i], l, o1, e1, u, (int)(end - texts[i]), errno);
        }
    printf("%g %g\n", atof(" -1.5e3x"), atof("x"));
    printf("%d %ld %lld %jd\n", atoi("-12ab"), atol("7"), atoll("99999999999"), strtoimax("-5", 0, 10));
    ldiv_t q = ldiv(-17, 5);
    printf("%ld %ld %d %ld\n", q.quot, q.rem, abs(-3), labs(-4L));

    enum { N = 5000 };
    static int a[N];
    for (int pattern = 0; pattern < 8; pattern++) {
        for (int i = 0; i < N; i++)
            a[i] = pattern == 0 ? i : pattern == 1 ? N - i : pattern == 2 ? 7 : pattern == 3 ? i % 16 : pattern == 4 ? rand() : pattern == 5 ? (i < N / 2 ? i : N - i)
                 : pattern == 6 ? (i * 7919) % N : i ^ 0x55;
        unsigned long before = 0, after = 0;
        for (int i = 0; i < N; i++) before += (unsigned)a[i] * 2654435761u;
        calls = 0;
        qsort_r(a, N, sizeof *a, counted, &calls);
        int sorted = 1;
        for (int i = 0; i < N; i++) after += (unsigned)a[i] * 2654435761u, sorted &= i == 0 || a[i - 1] <= a[i];
        printf("pattern %d sorted %d same %d few calls %d\n", pattern, sorted, before == after, calls < N * 20);
    }
    for (int size = 1; size < 40; size += 3) {
        unsigned char *block = malloc((size_t)size * 300);
        for (int i = 0; i < 300 * size; i++) block[i] = (unsigned char)(i % size ? (i / size * 37) & 255 : (i / size * 37) & 255);
        qsort(block, 300, (size_t)size, by_first);
        int good = 1;
        for (int i = 0; i < 300; i++)
            for (int j = 0; j < size; j++) good &= block[i * size + j] == block[i * size] && (i == 0 || block[i * size] >= block[(i - 1) * size]);
        printf("size %d %d\n", size, good);
        free(block);
    }
    for (int i = 0; i < N; i++) a[i] = i;
    qsort(a, N, sizeof *a, liar);
    qsort(a, N, sizeof *a, by_int);
    int whole = 1;
    for (int i = 0; i < N; i++) whole &= a[i] == i;
    printf("a comparison that lies loses nothing: %d\n", whole);
    int key = 1234;
    printf("bsearch %td", (int *)bsearch(&key, a, N, sizeof *a, by_int) - a);
    key = N;
    printf(" %d\n", bsearch(&key, a, N, sizeof *a, by_int) == 0);

    srand(1);
    for (int i = 0; i < 5; i++) printf("%d ", rand());
    srand(12345);
    for (int i = 0; i < 5; i++) printf("%d ", rand());
    srandom(0);
    printf("%ld\n", random());
    unsigned seed = 9;
    printf("%d %d ", rand_r(&seed), rand_r(&seed));
    srand48(42);
    printf("%.17g %ld %ld\n", drand48(), lrand48(), mrand48());

    printf("%s %d\n", getenv("DACAPO_NONE") ? "?" : "unset", setenv("DACAPO_A", "1", 0));
    setenv("DACAPO_A", "2", 0);
    printf("%s ", getenv("DACAPO_A"));
    setenv("DACAPO_A", "3", 1);
    printf("%s %d %d ", getenv("DACAPO_A"), setenv("a=b", "x", 1), errno == EINVAL);
    static char put[] = "DACAPO_B=put";
    putenv(put);
    printf("%s ", getenv("DACAPO_B"));
    put[9] = 'P';
    printf("%s %d %s\n", getenv("DACAPO_B"), unsetenv("DACAPO_A"), getenv("DACAPO_A") ? "?" : "gone");
    for (int i = 0; i < 200; i++) { char n[20]; snprintf(n, sizeof n, "V%d", i); setenv(n, n, 1); }
    printf("%s %s\n", getenv("V0"), getenv("V199"));
    clearenv();
    printf("%s %d %s\n", getenv("V0") ? "?" : "clear", setenv("Z", "z", 1), getenv("Z"));

    struct option longs[] = {{"verbose", no_argument, 0, 'v'}, {"value", required_argument, 0, 'V'}, {"opt", optional_argument, 0, 'o'}, {0, 0, 0, 0}};
    char *lines[][12] = {{"p", "-a", "x", "-b", "arg", "y", "--value=3", "--verb", "-cfoo", "--", "-z", 0}, {"p", "-ab", "--opt", "--opt=7", "--value", "q", "one", "-q", "two", "--nope", "-b", 0}};
    opterr = 0;
    for (int l = 0; l < 2; l++) {
        int n = 0;
        while (lines[l][n]) n++;
        optind = 0;
        for (int c; (c = getopt_long(n, lines[l], "ab:c::", longs, 0)) != -1;) printf("%c(%s) ", c, optarg ? optarg : "-");
        printf("| ");
        for (int i = optind; i < n; i++) printf("%s ", lines[l][i]);
        printf("\n");
    }
    char options[] = "ro,size=10,bad=1", *rest = options, *value;
    char *tokens[] = {"ro", "size", 0};
    for (int t; *rest;) t = getsubopt(&rest, tokens, &value), printf("%d=%s ", t, value ? value : "-");
    printf("\n");
    return 0;
}
