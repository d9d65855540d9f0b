/* string: nanoseconds a call for string.h, and for qsort and strtod.
 *
 *     string MILLISECONDS [NAME]...
 */
#include "bench.h"

static char *left, *right; /* 8 KiB each, `right` one byte off a line */
static size_t size;

/* The functions are called through pointers: what is measured is the library's, not what the compiler makes of it. */
static void *(*volatile call_memcpy)(void *, const void *, size_t) = memcpy;
static void *(*volatile call_memset)(void *, int, size_t) = memset;
static size_t (*volatile call_strlen)(const char *) = strlen;
static void *(*volatile call_memchr)(const void *, int, size_t) = memchr;
static int (*volatile call_memcmp)(const void *, const void *, size_t) = memcmp;
static int (*volatile call_strcmp)(const char *, const char *) = strcmp;

static void copy(long count)
{
    void *(*function)(void *, const void *, size_t) = call_memcpy;
    for (long i = 0; i < count; i++)
        function(left, right, size);
    keep(left);
}

static void set(long count)
{
    void *(*function)(void *, int, size_t) = call_memset;
    for (long i = 0; i < count; i++)
        function(left, 'y', size);
    keep(left);
}

static void length(long count)
{
    size_t (*function)(const char *) = call_strlen;
    left[size] = 0;
    for (long i = 0; i < count; i++)
        if (function(left) != size)
            die("strlen", EINVAL);
}

static void find(long count)
{
    void *(*function)(const void *, int, size_t) = call_memchr;
    left[size - 1] = 'z';
    for (long i = 0; i < count; i++)
        if (function(left, 'z', size) != left + size - 1)
            die("memchr", EINVAL);
}

static void compare(long count)
{
    int (*function)(const void *, const void *, size_t) = call_memcmp;
    for (long i = 0; i < count; i++)
        if (function(left, right, size) != 0)
            die("memcmp", EINVAL);
}

static void compare_text(long count)
{
    int (*function)(const char *, const char *) = call_strcmp;
    left[size] = right[size] = 0;
    for (long i = 0; i < count; i++)
        if (function(left, right) != 0)
            die("strcmp", EINVAL);
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
    size_t sizes[6];
} all[] = {
    {"memcpy", copy, {16, 64, 256, 4096}}, {"memset", set, {16, 64, 256, 4096}}, {"strlen", length, {16, 64, 256, 4096}},
    {"memchr", find, {16, 64, 256, 4096}}, {"memcmp", compare, {16, 256, 4096}}, {"strcmp", compare_text, {16, 256, 4096}},
    {"strtod", strtod_, {0}}, {"strtol", strtol_, {0}}, {"qsort 1M ints", sort_million, {0}},
};

int main(int argc, char **argv)
{
    static char room[2][8192 + 256];
    int ms = argc > 1 ? atoi(argv[1]) : 20;
    left = room[0] + 128 - ((uintptr_t)room[0] & 63);
    right = room[1] + 129 - ((uintptr_t)room[1] & 63);
    for (size_t i = 0; i < LENGTH(all); i++) {
        if (!wanted(argc, argv, all[i].name))
            continue;
        for (size_t at = 0; at == 0 || all[i].sizes[at]; at++) {
            char name[64];
            size = all[i].sizes[at];
            memset(left, 'x', 8192);
            memset(right, 'x', 8192);
            if (size)
                snprintf(name, sizeof name, "%s %d", all[i].name, (int)size);
            report(size ? name : all[i].name, ms, all[i].body);
            if (!size)
                break;
        }
    }
    return 0;
}
