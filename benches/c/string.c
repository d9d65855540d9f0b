/* string: nanoseconds a call for string.h by size and alignment, and for qsort and strtod.
 *
 *     string MILLISECONDS [NAME]...
 */
#include "bench.h"
#include <wchar.h>
#include <strings.h>

static char *left, *right; /* LARGEST bytes and some each, where the row's alignment wants them */
static size_t size;

#define LARGEST ((size_t)1 << 20)
#define SPARE 4096
#define MIXED 64 /* sizes 1 to 64 in an order that no predictor learns */

static unsigned char mixed[4096];

/* The functions are called through pointers: what is measured is the library's, not what the compiler makes of it. */
#define FUNCTION(result, name, ...) static result (*volatile call_##name)(__VA_ARGS__) = name
FUNCTION(void *, memcpy, void *, const void *, size_t);
FUNCTION(void *, memmove, void *, const void *, size_t);
FUNCTION(void *, memset, void *, int, size_t);
FUNCTION(int, memcmp, const void *, const void *, size_t);
FUNCTION(void *, memchr, const void *, int, size_t);
FUNCTION(void *, memrchr, const void *, int, size_t);
FUNCTION(size_t, strlen, const char *);
FUNCTION(size_t, strnlen, const char *, size_t);
FUNCTION(char *, strchr, const char *, int);
FUNCTION(char *, strrchr, const char *, int);
FUNCTION(char *, strchrnul, const char *, int);
FUNCTION(int, strcmp, const char *, const char *);
FUNCTION(int, strncmp, const char *, const char *, size_t);
FUNCTION(int, strcasecmp, const char *, const char *);
FUNCTION(char *, strcpy, char *, const char *);
FUNCTION(char *, strncpy, char *, const char *, size_t);
FUNCTION(char *, strcat, char *, const char *);
FUNCTION(size_t, strspn, const char *, const char *);
FUNCTION(size_t, strcspn, const char *, const char *);
FUNCTION(char *, strstr, const char *, const char *);
FUNCTION(char *, strcasestr, const char *, const char *);
FUNCTION(void *, memmem, const void *, size_t, const void *, size_t);
FUNCTION(size_t, wcslen, const wchar_t *);
FUNCTION(wchar_t *, wcschr, const wchar_t *, wchar_t);
FUNCTION(int, wcscmp, const wchar_t *, const wchar_t *);
FUNCTION(wchar_t *, wmemchr, const wchar_t *, wchar_t, size_t);
FUNCTION(int, wmemcmp, const wchar_t *, const wchar_t *, size_t);
FUNCTION(wchar_t *, wmemset, wchar_t *, wchar_t, size_t);

/* BODY(name, before, call): `call` is false if the answer is wrong; it uses `f`, and `n` for the size; `before` makes what it finds.
 * Of mixed sizes a string begins `n` bytes before its end. */
#define BODY(name, before, call)                                                                                                     \
    static void name##_(long count)                                                                                                  \
    {                                                                                                                                \
        __typeof__(call_##name) volatile *pointer = &call_##name;                                                                    \
        __auto_type f = *pointer;                                                                                                    \
        size_t most = size ? size : MIXED;                                                                                           \
        before;                                                                                                                      \
        for (long i = 0; i < count; i++) {                                                                                           \
            size_t n = size ? size : mixed[i % (long)sizeof mixed];                                                                  \
            char *a = left + (most - n), *b = right + (most - n);                                                                    \
            (void)a, (void)b;                                                                                                        \
            if (!(call))                                                                                                             \
                die(#name, EINVAL);                                                                                                  \
        }                                                                                                                            \
        keep(left);                                                                                                                  \
    }
#define END (left[most] = right[most] = 0)
#define WIDE ((wchar_t *)(void *)left)
#define WIDE_TOO ((wchar_t *)(void *)right)
BODY(memcpy, , f(left, right, n))
BODY(memmove, , f(left + 64, left, n)) /* overlapping: backward */
BODY(memset, , f(left, 'y', n))
BODY(memcmp, , f(a, b, n) == 0)
BODY(memchr, left[most - 1] = 'z', f(a, 'z', n) == left + most - 1)
BODY(memrchr, , f(a, 'z', n) == NULL)
BODY(strlen, END, f(a) == n)
BODY(strnlen, END, f(a, n + 9) == n)
BODY(strchr, END, f(a, 'z') == NULL)
BODY(strrchr, END, f(a, 'z') == NULL)
BODY(strchrnul, END, f(a, 'z') == left + most)
BODY(strcmp, END, f(a, b) == 0)
BODY(strncmp, END, f(a, b, n + 9) == 0)
BODY(strcasecmp, (END, left[0] = 'X'), f(a, b) == 0)
BODY(strcpy, END, f(left + LARGEST + 64, b))
BODY(strncpy, END, f(left + LARGEST + 64, b, n))
BODY(strcat, (END, left[LARGEST + 64] = 0), (left[LARGEST + 64] = 0, f(left + LARGEST + 64, b)))
BODY(strspn, END, f(a, "axy") == n)
BODY(strcspn, END, f(a, " \t\n") == n)
BODY(strstr, END, f(a, "xxyx") == NULL)
BODY(strcasestr, END, f(a, "yxxy") == NULL)
BODY(memmem, , f(a, n, "yxxxxy", 6) == NULL)
BODY(wcslen, WIDE[size / 4 - 1] = 0, f(WIDE) == n / 4 - 1)
BODY(wcschr, WIDE[size / 4 - 1] = 0, f(WIDE, 'z') == NULL)
BODY(wcscmp, WIDE[size / 4 - 1] = WIDE_TOO[size / 4 - 1] = 0, f(WIDE, WIDE_TOO) == 0)
BODY(wmemchr, , f(WIDE, 'z', n / 4) == NULL)
BODY(wmemcmp, , f(WIDE, WIDE_TOO, n / 4) == 0)
BODY(wmemset, , f(WIDE, 'y', n / 4))

/* What linear time is for: a needle of half `a`s in a hay of `a`s. */
static void strstr_hard_(long count)
{
    char *(*function)(const char *, const char *) = call_strstr;
    memset(left, 'a', 4096);
    memset(right, 'a', 256);
    left[4096] = right[256] = 0;
    right[128] = 'b';
    for (long i = 0; i < count; i++)
        if (function(left, right))
            die("strstr", EINVAL);
}

static void strtod_(long count)
{
    static const char *const numbers[] = {"3.14159265358979", "1e-5", "299792458", "6.02214076e23", "0.1", "-273.15"};
    double sum = 0;
    for (long i = 0; i < count; i++)
        sum += strtod(numbers[(size_t)i % LENGTH(numbers)], NULL);
    keep(&sum);
}

static void strtol_(long count)
{
    long sum = 0;
    for (long i = 0; i < count; i++)
        sum += strtol("1234567", NULL, 10);
    keep(&sum);
}

static int by_value(const void *a, const void *b)
{
    return (*(const int *)a > *(const int *)b) - (*(const int *)a < *(const int *)b);
}

/* One sort of a million numbers a count; the filling is a small part of it. */
static void sort_million(long count)
{
    static int numbers[1000000];
    for (long i = 0; i < count; i++) {
        uint64_t random = 88172645463325252u;
        for (size_t at = 0; at < LENGTH(numbers); at++)
            numbers[at] = (int)next_random(&random);
        qsort(numbers, LENGTH(numbers), sizeof *numbers, by_value);
        for (size_t at = 1; at < LENGTH(numbers); at++)
            if (numbers[at - 1] > numbers[at])
                die("qsort", EINVAL);
    }
}

static const struct {
    const char *name;
    void (*body)(long);
    size_t sizes[10]; /* MIXED: sizes up to that in random order; ends with 0 */
    int shifts;       /* how many alignments beside the row's first */
} all[] = {
#define BYTES {MIXED, 1, 8, 16, 64, 256, 1024, 4096, 65536, LARGEST}
#define FEW {MIXED, 16, 256, 4096, 65536}
    {"memcpy", memcpy_, BYTES, 1}, {"memmove", memmove_, BYTES, 1}, {"memset", memset_, BYTES, 1}, {"memcmp", memcmp_, BYTES, 1},
    {"memchr", memchr_, BYTES, 1}, {"strlen", strlen_, BYTES, 1}, {"strchr", strchr_, BYTES, 0}, {"strcmp", strcmp_, BYTES, 1},
    {"memrchr", memrchr_, FEW, 0}, {"strnlen", strnlen_, FEW, 0}, {"strrchr", strrchr_, FEW, 0}, {"strchrnul", strchrnul_, FEW, 0},
    {"strncmp", strncmp_, FEW, 0}, {"strcasecmp", strcasecmp_, FEW, 0}, {"strcpy", strcpy_, FEW, 0}, {"strncpy", strncpy_, FEW, 0},
    {"strcat", strcat_, FEW, 0}, {"strspn", strspn_, FEW, 0}, {"strcspn", strcspn_, FEW, 0},
    {"strstr", strstr_, FEW, 0}, {"strcasestr", strcasestr_, FEW, 0}, {"memmem", memmem_, FEW, 0},
#define WORDS {16, 256, 4096, 65536}
    {"wcslen", wcslen_, WORDS, 0}, {"wcschr", wcschr_, WORDS, 0}, {"wcscmp", wcscmp_, WORDS, 0}, {"wmemchr", wmemchr_, WORDS, 0},
    {"wmemcmp", wmemcmp_, WORDS, 0}, {"wmemset", wmemset_, WORDS, 0},
    {"strstr hard", strstr_hard_, {0}, 0}, {"strtod", strtod_, {0}, 0}, {"strtol", strtol_, {0}, 0}, {"qsort 1M ints", sort_million, {0}, 0},
};

static char room[2][2 * LARGEST + SPARE];

int main(int argc, char **argv)
{
    int ms = argc > 1 ? atoi(argv[1]) : 20;
    uint64_t random = 88172645463325252u;
    for (size_t i = 0; i < sizeof mixed; i++)
        mixed[i] = (unsigned char)(1 + next_random(&random) % MIXED);
    for (size_t i = 0; i < LENGTH(all); i++) {
        for (size_t at = 0; at == 0 || (at < LENGTH(all[i].sizes) && all[i].sizes[at]); at++) {
            for (int shift = 0; shift <= all[i].shifts; shift++) {
                char name[64] = "";
                int mix = at == 0 && all[i].sizes[0] == MIXED;
                if (shift && (mix || all[i].sizes[at] < 256))
                    continue;
                size = mix ? 0 : all[i].sizes[at];
                if (!all[i].sizes[0])
                    snprintf(name, sizeof name, "%s", all[i].name);
                else if (mix)
                    snprintf(name, sizeof name, "%s 1-64", all[i].name);
                else
                    snprintf(name, sizeof name, "%s %d%s", all[i].name, (int)size, shift ? " unaligned" : "");
                if (!wanted(argc, argv, name))
                    continue;
                left = room[0] + 128 - ((uintptr_t)room[0] & 63) + 5 * shift;
                right = room[1] + 128 - ((uintptr_t)room[1] & 63) + 33 * shift;
                memset(room[0], 'x', size + SPARE);
                memset(room[1], 'x', size + SPARE);
                report(name, ms, all[i].body);
            }
        }
    }
    return 0;
}
