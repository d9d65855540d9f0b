/* What is no block ends the program with SIGABRT. The words differ from glibc's.
 * exit: SIGABRT
 * compare: code
 * flags: -Wno-free-nonheap-object
 */
#include <stdlib.h>

static _Alignas(64) char not_heap[256];

int main(void) {
    char *volatile pointer = not_heap + 64;
    free(pointer);
    return 0;
}
