/* The suite's own control: a malloc as wrong as one can be without crashing at once.  calloc does not clear, and realloc forgets the
 * last byte.  Programs that run on it must fail or say something else. */
#include <stdlib.h>
#include <string.h>

void *__libc_malloc(size_t size);
void __libc_free(void *block);
size_t malloc_usable_size(void *block);

void *calloc(size_t count, size_t size)
{
    char *block = __libc_malloc(count * size);
    if (block)
        memset(block, 0xa5, count * size);
    return block;
}

void *realloc(void *old, size_t size)
{
    char *block = __libc_malloc(size);
    size_t before = old ? malloc_usable_size(old) : 0;
    if (block && old)
        memcpy(block, old, before < size ? before : size ? size - 1 : 0);
    __libc_free(old);
    return block;
}
