/* malloc.h: the heap beyond stdlib.h. */
#ifndef _MALLOC_H
#define _MALLOC_H

#define __need_size_t
#define __need_NULL
#include <stddef.h>

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

#ifdef __cplusplus
}
#endif

#endif
