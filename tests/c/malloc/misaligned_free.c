/* A pointer into a small block is not handed out: at the latest the next malloc of that size ends the program. The words differ from glibc's.
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
    char *volatile one = malloc(100);
    return one == block + 8 ? 1 : 0;
}
