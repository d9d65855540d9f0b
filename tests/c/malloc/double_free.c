/* A block freed twice in a row ends the program with SIGABRT at the second free. The words differ from glibc's.
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
    return 0;
}
