/* A block freed twice ends the program with SIGABRT. The words differ from glibc's.
 * exit: SIGABRT
 * compare: code
 * flags: -Wno-use-after-free
 */
#include <stdlib.h>

static void *volatile others[2000];

int main(void) {
    for (int i = 0; i < 2000; i++) others[i] = malloc(100);
    void *volatile block = malloc(100);
    void *again = block;
    free(block);
    free(again);
    /* Noticed at the latest when the CPU's free blocks change hands. */
    for (int i = 0; i < 2000; i++) free(others[i]);
    return 0;
}
