/* A pointer into a small block is not handed out: at the latest the malloc that would come to it ends the program. The words differ from glibc's.
 * exit: SIGABRT
 * compare: code
 * flags: -Wno-free-nonheap-object
 */
#include <stdlib.h>

int main(void) {
    char *volatile other = malloc(100);
    char *volatile block = malloc(100);
    free(other);
    free(block + 8);
    for (int i = 0; i < 300; i++) {
        char *volatile next = malloc(100);
        if (next == block + 8)
            return 1;
    }
    return 0;
}
