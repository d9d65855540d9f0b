/* A block freed twice ends the program with SIGABRT. The words differ from glibc's.
 * exit: SIGABRT
 * compare: code
 * flags: -Wno-use-after-free
 */
#include <stdlib.h>

int main(void) {
    void *volatile block = malloc(100);
    void *again = block;
    free(block);
    free(again);
    return 0;
}
