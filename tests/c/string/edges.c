// timeout: 60
// The functions of string.h against what a byte-by-byte model says: at every alignment in a line, with lengths around every block's end, with the
// operand's end and its start against an unmapped page, and in each width that the library has for long operands.
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <wchar.h>

/* dacapo's choice between SSE2 and AVX2 (arch/x86_64/string.S); another library, and another CPU, has none. */
extern volatile unsigned dacapo_width __attribute__((weak));
#define NARROW 0x40000000u
#define WIDE 0x80000000u

enum { PAGES = 6, ROOM = PAGES * 4096, LINE = 64 };
#if defined __x86_64__
enum { EVERY = 1 };
#else
enum { EVERY = 7 }; /* emulated: fewer alignments */
#endif

typedef unsigned char byte;
static byte *first, *second, *third; /* ROOM bytes each, between unmapped pages */
static unsigned long calls;
static const char *width = "";

static byte *guarded(void)
{
    byte *p = mmap(0, ROOM + 2 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED || mprotect(p + 4096, ROOM, PROT_READ | PROT_WRITE))
        exit(2);
    return p + 4096;
}

static void wrong(const char *what, size_t n, const void *a, const void *b, long got, long right)
{
    printf("%s%s: n %zu, at %d and %d of a page: %ld, not %ld\n", what, width, n, (int)((uintptr_t)a & 4095), (int)((uintptr_t)b & 4095),
           got, right);
    fflush(stdout);
    _Exit(1);
}
#define CHECK(what, n, a, b, got, right)                                                                                              \
    do {                                                                                                                              \
        long got_ = (long)(got), right_ = (long)(right);                                                                              \
        calls++;                                                                                                                      \
        if (got_ != right_)                                                                                                           \
            wrong(what, n, a, b, got_, right_);                                                                                       \
    } while (0)

/* How far into the operand; -1 for a null pointer. */
static long place_of(const void *pointer, const void *base)
{
    return pointer ? (long)((const byte *)pointer - (const byte *)base) : -1;
}

static int sign(int v)
{
    return (v > 0) - (v < 0);
}

/* Lengths: all up to 100, then those around every multiple of a block that some loop steps by. */
static size_t lengths[400], length_count;
static void make_lengths(void)
{
    static const unsigned short around[] = {112, 128, 144, 160, 192, 208, 224, 256, 272, 320, 384, 512, 640, 1024, 2048, 3072, 4096, 8192, 12288};
    for (size_t n = 0; n <= 100; n++)
        lengths[length_count++] = n;
    for (size_t i = 0; i < sizeof around / sizeof *around; i++)
        for (int by = around[i] < 300 ? -3 : -1; by <= (around[i] < 300 ? 3 : 1); by++)
            lengths[length_count++] = around[i] + (size_t)by;
}

/* ---- one operand ---- */

static void find_in(byte *s, size_t n, byte *limit_low, byte *limit_high)
{
    /* What surrounds the operand would be an answer: bytes before and after that match. */
    byte *low = s - limit_low > 80 ? s - 80 : limit_low, *high = limit_high - (s + n) > 80 ? s + n + 80 : limit_high;
    memset(low, 'z', (size_t)(s - low));
    memset(s, 'x', n);
    memset(s + n, 'z', (size_t)(high - (s + n)));
    CHECK("memchr", n, s, s, place_of(memchr(s, 'z', n), s), -1);
    CHECK("memrchr", n, s, s, place_of(memrchr(s, 'z', n), s), -1);
    if (s + n < limit_high)
        CHECK("rawmemchr", n, s, s, place_of(rawmemchr(s, 'z'), s), n);
    CHECK("strnlen", n, s, s, strnlen((char *)s, n), n);
    size_t at[] = {n - 1, 0, n / 2, n - 17, n - 65};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        if (at[i] >= n)
            continue;
        s[at[i]] = 'z';
        CHECK("memchr", n, s, s, place_of(memchr(s, 'z', n), s), at[i]);
        CHECK("memchr, short by one", n, s, s, place_of(memchr(s, 'z', at[i]), s), -1);
        CHECK("memchr, no end", n, s, s, place_of(memchr(s, 'z', (size_t)-1), s), at[i]);
        CHECK("memrchr", n, s, s, place_of(memrchr(s, 'z', n), s), at[i]);
        CHECK("memrchr, short by one", n, s, s, place_of(memrchr(s + at[i] + 1, 'z', n - at[i] - 1), s), -1);
        CHECK("rawmemchr", n, s, s, place_of(rawmemchr(s, 'z'), s), at[i]);
        s[at[i]] = 'x';
    }
    if (!n)
        return;
    /* As a string of n - 1 bytes. */
    s[--n] = 0;
    char *string = (char *)s;
    CHECK("strlen", n, s, s, strlen(string), n);
    CHECK("strnlen", n, s, s, strnlen(string, n + 1), n);
    CHECK("strnlen, no end", n, s, s, strnlen(string, (size_t)-1), n);
    CHECK("strchr", n, s, s, place_of(strchr(string, 'z'), s), -1);
    CHECK("strchr, zero", n, s, s, place_of(strchr(string, 0), s), n);
    CHECK("strchrnul", n, s, s, place_of(strchrnul(string, 'z'), s), n);
    CHECK("strrchr", n, s, s, place_of(strrchr(string, 'z'), s), -1);
    CHECK("strcspn", n, s, s, strcspn(string, "zy"), n);
    CHECK("strspn", n, s, s, strspn(string, "xy"), n);
    CHECK("strcspn, many", n, s, s, strcspn(string, "zy0123456789ab"), n);
    CHECK("strspn, many", n, s, s, strspn(string, "xy0123456789ab"), n);
    CHECK("strpbrk", n, s, s, place_of(strpbrk(string, "zyw"), s), -1);
    CHECK("strstr", n, s, s, place_of(strstr(string, "xz"), s), -1);
    CHECK("strcasestr", n, s, s, place_of(strcasestr(string, "xZ"), s), -1);
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        size_t place = at[i] - 1;
        if (place >= n)
            continue;
        s[place] = 'z';
        CHECK("strchr", n, s, s, place_of(strchr(string, 'z'), s), place);
        CHECK("strchrnul", n, s, s, place_of(strchrnul(string, 'z'), s), place);
        CHECK("strrchr", n, s, s, place_of(strrchr(string, 'z'), s), place);
        CHECK("strcspn", n, s, s, strcspn(string, "yz"), place);
        CHECK("strspn", n, s, s, strspn(string, "yx"), place);
        CHECK("strcspn, many", n, s, s, strcspn(string, "zy0123456789ab"), place);
        CHECK("strspn, many", n, s, s, strspn(string, "xy0123456789ab"), place);
        CHECK("strlen", n, s, s, strlen(string), n);
        if (place > 1) {
            CHECK("strstr", n, s, s, place_of(strstr(string, "xz"), s), place - 1);
            CHECK("strcasestr", n, s, s, place_of(strcasestr(string, "xXZ"), s), place - 2);
            CHECK("memmem", n, s, s, place_of(memmem(s, place + 1, "xxz", 3), s), place - 2);
            CHECK("memmem, short by one", n, s, s, place_of(memmem(s, place, "xxz", 3), s), -1);
        }
        s[place] = 'x';
    }
}

/* ---- two operands ---- */

static void compare(byte *a, byte *b, size_t n)
{
    memset(a, 'x', n);
    memset(b, 'x', n);
    CHECK("memcmp", n, a, b, sign(memcmp(a, b, n)), 0);
    CHECK("strncmp", n, a, b, sign(strncmp((char *)a, (char *)b, n)), 0);
    CHECK("strncasecmp", n, a, b, sign(strncasecmp((char *)a, (char *)b, n)), 0);
    if (!n)
        return;
    size_t at[] = {n - 1, 0, n / 2, n - 33};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        if (at[i] >= n)
            continue;
        a[at[i]] = 0xe9;
        if (at[i] + 1 < n)
            b[at[i] + 1] = 0xff; /* and another one behind it, the other way round */
        CHECK("memcmp", n, a, b, sign(memcmp(a, b, n)), 1);
        CHECK("memcmp", n, a, b, sign(memcmp(b, a, n)), -1);
        CHECK("memcmp, short by one", n, a, b, sign(memcmp(b, a, at[i])), 0);
        CHECK("strncmp", n, a, b, sign(strncmp((char *)a, (char *)b, n)), 1);
        CHECK("strncmp, short by one", n, a, b, sign(strncmp((char *)a, (char *)b, at[i])), 0);
        CHECK("strncasecmp", n, a, b, sign(strncasecmp((char *)b, (char *)a, n)), -1);
        if (at[i] + 1 < n) { /* these two want strings that end: glibc's for AArch64 reads on behind a difference */
            a[n - 1] = b[n - 1] = 0;
            CHECK("strncmp", n, a, b, sign(strncmp((char *)b, (char *)a, (size_t)-1)), -1);
            CHECK("strcmp", n, a, b, sign(strcmp((char *)a, (char *)b)), 1);
            CHECK("strcmp", n, a, b, sign(strcmp((char *)b, (char *)a)), -1);
            a[n - 1] = b[n - 1] = b[at[i] + 1] = 'x';
        }
        a[at[i]] = 'x';
    }
    a[n - 1] = b[n - 1] = 0;
    CHECK("strcmp", n, a, b, strcmp((char *)a, (char *)b), 0);
    CHECK("strncmp", n, a, b, strncmp((char *)a, (char *)b, n + 5), 0);
    CHECK("strcasecmp", n, a, b, strcasecmp((char *)a, (char *)b), 0);
    if (n > 1) {
        a[n / 2 - (n == 2)] = 'X';
        CHECK("strcasecmp", n, a, b, strcasecmp((char *)a, (char *)b), 0);
        a[n / 2 - (n == 2)] = 'x';
        b[n - 2] = 0;
        CHECK("strcmp", n, a, b, sign(strcmp((char *)a, (char *)b)), 1);
        CHECK("strcmp", n, a, b, sign(strcmp((char *)b, (char *)a)), -1);
        CHECK("strcasecmp", n, a, b, sign(strcasecmp((char *)b, (char *)a)), -1);
    }
}

/* Destinations are filled with 0xaa before; 80 bytes around them must stay so. */
static void fill(byte *to, size_t n, byte **low, byte **high)
{
    *low = to - first > 80 ? to - 80 : first;
    *high = first + ROOM - (to + n) > 80 ? to + n + 80 : first + ROOM;
    memset(*low, 0xaa, (size_t)(*high - *low));
}

static void untouched(const char *what, byte *to, byte *from, size_t n, byte *low, byte *high)
{
    for (byte *p = low; p < high; p++)
        if (!(p >= to && p < to + n) && *p != 0xaa)
            wrong(what, n, to, from, *p, 0xaa);
}

static void same(const char *what, const byte *to, const byte *from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (to[i] != from[i])
            wrong(what, n, to, from, to[i], from[i]);
}

static void copy(byte *to, byte *from, size_t n)
{
    byte *low, *high;
    for (size_t i = 0; i < n; i++)
        from[i] = (byte)(i % 251 + 1);
#define COPIED(what, call, result, touched)                                                                                           \
    fill(to, touched, &low, &high);                                                                                                   \
    CHECK(what, n, to, from, place_of(call, to), result);                                                                                \
    same(what, to, from, n);                                                                                                          \
    untouched(what, to, from, touched, low, high)
    COPIED("memcpy", memcpy(to, from, n), 0, n);
    COPIED("memmove", memmove(to, from, n), 0, n);
    COPIED("mempcpy", mempcpy(to, from, n), (long)n, n);
    fill(to, n, &low, &high);
    CHECK("memset", n, to, to, place_of(memset(to, 0x155, n), to), 0);
    for (size_t i = 0; i < n; i++)
        if (to[i] != 0x55)
            wrong("memset", n, to, to, to[i], 0x55);
    untouched("memset", to, to, n, low, high);
    if (!n)
        return;
    COPIED("strncpy, cut", strncpy((char *)to, (char *)from, n), 0, n);
    from[n - 1] = 0;
    COPIED("strcpy", strcpy((char *)to, (char *)from), 0, n);
    COPIED("stpcpy", stpcpy((char *)to, (char *)from), (long)n - 1, n);
    COPIED("strncpy", strncpy((char *)to, (char *)from, n), 0, n);
}

static void overlap(size_t n, long by)
{
    /* `first` holds the block, `third` what it was. */
    for (size_t i = 0; i < n; i++)
        third[i] = (byte)(i % 251 + 1);
    for (int backward = 0; backward < 2; backward++) {
        byte *from = backward ? first + ROOM - n - (size_t)by : first + by, *to = backward ? from + by : from - by;
        byte *low, *high;
        fill(to < from ? to : from, n + (size_t)by, &low, &high);
        for (size_t i = 0; i < n; i++)
            from[i] = third[i];
        CHECK("memmove, overlapping", n, to, from, place_of(memmove(to, from, n), to), 0);
        same("memmove, overlapping", to, third, n);
        for (byte *p = low; p < high; p++) {
            byte right = p >= from && p < from + n ? third[p - from] : 0xaa;
            if (!(p >= to && p < to + n) && *p != right)
                wrong("memmove, overlapping: beside it", n, to, from, *p, right);
        }
    }
}

/* ---- wide characters ---- */

static void wide(wchar_t *s, wchar_t *t, size_t n)
{
    for (size_t i = 0; i < n; i++)
        s[i] = t[i] = 0x10078 + (wchar_t)(i % 3);
    CHECK("wmemchr", n, s, s, wmemchr(s, 0x78, n), 0);
    CHECK("wmemcmp", n, s, t, wmemcmp(s, t, n), 0);
    CHECK("wcsnlen", n, s, t, wcsnlen(s, n), n);
    CHECK("wcsncmp", n, s, t, wcsncmp(s, t, n), 0);
    if (!n)
        return;
    for (size_t at = n - 1;; at /= 2) {
        wchar_t was = s[at];
        s[at] = -5; /* less than any letter where the type is signed */
        int less = s[at] < t[at] ? -1 : 1;
        CHECK("wmemchr", n, s, s, place_of(wmemchr(s, -5, n), s), at * 4);
        CHECK("wmemchr, short by one", n, s, s, place_of(wmemchr(s, -5, at), s), -1);
        CHECK("wmemcmp", n, s, t, sign(wmemcmp(s, t, n)), less);
        CHECK("wmemcmp", n, s, t, sign(wmemcmp(t, s, n)), -less);
        CHECK("wmemcmp, short by one", n, s, t, sign(wmemcmp(t, s, at)), 0);
        CHECK("wcsncmp", n, s, t, sign(wcsncmp(s, t, n)), less);
        CHECK("wcscmp", n, s, t, sign(wcscmp(t, s)), -less);
        s[at] = was;
        if (!at)
            break;
    }
    s[n - 1] = t[n - 1] = 0;
    CHECK("wcslen", n, s, s, wcslen(s), n - 1);
    CHECK("wcscmp", n, s, t, wcscmp(s, t), 0);
    CHECK("wcschr", n, s, s, place_of(wcschr(s, 0x78), s), -1);
    CHECK("wcschr, zero", n, s, s, place_of(wcschr(s, 0), s), (n - 1) * 4);
    if (n > 1) {
        s[n - 2] = 0x78;
        CHECK("wcschr", n, s, s, place_of(wcschr(s, 0x78), s), (n - 2) * 4);
        CHECK("wcsrchr", n, s, s, place_of(wcsrchr(s, 0x78), s), (n - 2) * 4);
    }
    wmemset(t, -7, n);
    for (size_t i = 0; i < n; i++)
        if (t[i] != -7)
            wrong("wmemset", n, t, t, t[i], -7);
}

static void everything(void)
{
    static const byte beside[] = {0, 1, 7, 15, 16, 31, 33, 48, 63};
    byte *end = first + ROOM, *other_end = second + ROOM;
    for (size_t i = 0; i < length_count; i++) {
        size_t n = lengths[i];
        int step = n > 3000 ? 13 * EVERY : n > 500 ? 5 * EVERY : EVERY;
        for (int shift = 0; shift < LINE; shift += step) {
            find_in(first + shift, n, first, end);
            find_in(end - n - shift, n, first, end);
            find_in(first + 4096 - 2 * LINE + shift, n, first, end); /* across a page */
        }
        for (int shift = 0; shift < LINE; shift += n > 500 ? 3 * step : step) {
            byte by = beside[(n + (size_t)shift) % sizeof beside];
            compare(first + shift, second + by, n);
            compare(end - n - shift, other_end - n, n);
            compare(end - n, other_end - n - by - shift, n);
            copy(first + shift, second + by, n);
            copy(end - n - shift, other_end - n, n);
            copy(end - n, other_end - n - by, n);
        }
        static const short distances[] = {1, 2, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257, 1000};
        for (size_t d = 0; d < sizeof distances / sizeof *distances; d += n > 500 && EVERY > 1 ? 3 : 1)
            overlap(n, distances[d]);
        if (n <= 4096)
            for (int shift = 0; shift < LINE / 4; shift += n > 500 ? 3 : 1) {
                wide((wchar_t *)(void *)first + shift, (wchar_t *)(void *)second + 3, n);
                wide((wchar_t *)(void *)end - n, (wchar_t *)(void *)other_end - n - shift, n);
            }
    }
}

int main(void)
{
    first = guarded();
    second = guarded();
    third = guarded();
    make_lengths();
    width = &dacapo_width ? " (SSE2)" : "";
    if (&dacapo_width)
        dacapo_width = NARROW;
    everything();
#if defined __x86_64__
    if (&dacapo_width && __builtin_cpu_supports("avx2")) {
        width = " (AVX2)";
        dacapo_width = WIDE;
        everything();
    }
    /* The choice is the library's own when it has seen enough of long operands. */
    if (&dacapo_width) {
        dacapo_width = 0;
        memset(first, 'x', ROOM);
        first[ROOM - 1] = 0;
        for (int i = 0; i < 100 && dacapo_width < NARROW; i++)
            CHECK("strlen, choosing", (size_t)ROOM, first, first, strlen((char *)first), ROOM - 1);
        if (dacapo_width != (__builtin_cpu_supports("avx2") ? WIDE : NARROW))
            wrong("the choice", 0, 0, 0, dacapo_width, WIDE);
        /* Short strings, however many, do not bring it about. */
        dacapo_width = 0;
        for (int i = 0; i < 100000; i++)
            CHECK("strlen, short", 999, first, first, strlen((char *)first + ROOM - 1000), 999);
        if (dacapo_width)
            wrong("the choice by short strings", 0, 0, 0, dacapo_width, 0);
        /* Nor do short blocks; those of some hundred bytes do, all of both kinds, and then it stays. */
        for (int i = 0; i < 100000; i++) {
            memcpy(first, second, 128 - (size_t)(i & 1));
            memset(second, i, 128 - (size_t)(i & 1));
        }
        if (dacapo_width)
            wrong("the choice by short blocks", 0, 0, 0, dacapo_width, 0);
        for (int i = 0; i < 511; i++) {
            memcpy(first, second, 500 + (size_t)(i & 1));
            memset(second, i, 500 + (size_t)(i & 1));
        }
        if (dacapo_width != 1022)
            wrong("the count of blocks", 0, 0, 0, dacapo_width, 1022);
        memcpy(first, second, 129 + (size_t)(dacapo_width & 1));
        memset(second, 1, 129 + (size_t)(dacapo_width & 1));
        if (dacapo_width != (__builtin_cpu_supports("avx2") ? WIDE : NARROW))
            wrong("the choice by blocks", 0, 0, 0, dacapo_width, WIDE);
        dacapo_width = NARROW;
        memcpy(first, second, 500 + (size_t)(dacapo_width & 1));
        if (dacapo_width != NARROW)
            wrong("a choice that was made", 0, 0, 0, dacapo_width, NARROW);
    }
#endif
    fprintf(stderr, "%lu calls\n", calls);
    puts("every answer is right");
    return 0;
}
