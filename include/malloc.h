/* malloc.h: the heap beyond stdlib.h. */
#ifndef _MALLOC_H
#define _MALLOC_H

#define __need_size_t
#define __need_NULL
#include <stddef.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

void *malloc(size_t) __attribute__((__malloc__, __alloc_size__(1)));
void *calloc(size_t, size_t) __attribute__((__malloc__, __alloc_size__(1, 2)));
void *realloc(void *, size_t) __attribute__((__alloc_size__(2)));
void *reallocarray(void *, size_t, size_t) __attribute__((__alloc_size__(2, 3)));
void free(void *);
void free_sized(void *, size_t);
void free_aligned_sized(void *, size_t, size_t);
void *aligned_alloc(size_t, size_t) __attribute__((__malloc__, __alloc_align__(1), __alloc_size__(2)));
void *memalign(size_t, size_t) __attribute__((__malloc__, __alloc_align__(1), __alloc_size__(2)));
void *valloc(size_t) __attribute__((__malloc__, __alloc_size__(1)));
void *pvalloc(size_t) __attribute__((__malloc__));
int posix_memalign(void **, size_t, size_t);
size_t malloc_usable_size(void *);
int malloc_trim(size_t);

/* What mallopt can set: M_TRIM_THRESHOLD, M_MMAP_THRESHOLD and M_PERTURB do something, the others are accepted. */
#define M_MXFAST 1
#define M_NLBLKS 2
#define M_GRAIN 3
#define M_KEEP 4
#define M_TRIM_THRESHOLD (-1)
#define M_TOP_PAD (-2)
#define M_MMAP_THRESHOLD (-3)
#define M_MMAP_MAX (-4)
#define M_CHECK_ACTION (-5)
#define M_PERTURB (-6)
#define M_ARENA_TEST (-7)
#define M_ARENA_MAX (-8)
int mallopt(int, int);

struct mallinfo {
    int arena;
    int ordblks;
    int smblks;
    int hblks;
    int hblkhd;
    int usmblks;
    int fsmblks;
    int uordblks;
    int fordblks;
    int keepcost;
};
struct mallinfo2 {
    size_t arena;
    size_t ordblks;
    size_t smblks;
    size_t hblks;
    size_t hblkhd;
    size_t usmblks;
    size_t fsmblks;
    size_t uordblks;
    size_t fordblks;
    size_t keepcost;
};
struct mallinfo mallinfo(void);
struct mallinfo2 mallinfo2(void);

void malloc_stats(void);
/* Writes JSON, where glibc writes XML. */
int malloc_info(int, FILE *);

#ifdef __cplusplus
}
#endif

#endif
