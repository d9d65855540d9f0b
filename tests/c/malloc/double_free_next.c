/* A small block freed twice in a row is not handed out twice: the next malloc of its size ends the program. The words differ from glibc's.
 * exit: SIGABRT
 * compare: code
 * flags: -Wno-use-after-free
 */
#include <stdlib.h>

int main(void) {
    void *volatile other = malloc(100);
    void *volatile block = malloc(100);
    void *again = block;
    free(other);
    free(block);
    free(again);
    void *volatile one = malloc(100);
    void *volatile two = malloc(100);
    return one == two ? 1 : 0;
}
