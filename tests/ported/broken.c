/* A libc that is wrong in three places: the control of the suite `ported`. */
#include <stddef.h>

/* Always forwards, so that a move to a higher place overwrites what it has yet to read. */
void *memmove(void *to, const void *from, size_t size) {
    volatile char *target = to;
    const volatile char *source = from;
    for (size_t i = 0; i < size; i++)
        target[i] = source[i];
    return to;
}

/* Never looks at the last byte. */
int memcmp(const void *one, const void *other, size_t size) {
    const volatile unsigned char *a = one, *b = other;
    for (size_t i = 0; i + 1 < size; i++)
        if (a[i] != b[i])
            return a[i] - b[i];
    return 0;
}

/* Leaves everything as it is. */
void qsort(void *base, size_t count, size_t size, int (*order)(const void *, const void *)) {
    (void)base, (void)count, (void)size, (void)order;
}
