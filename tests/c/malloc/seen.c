/* mallopt, mallinfo, malloc_info, malloc_stats: what does not depend on whose malloc it is.
 * flags: -Wno-deprecated-declarations
 */
#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(const char *what, int holds) { printf("%s: %s\n", what, holds ? "yes" : "NO"); }

int main(void) {
    char *blocks[1000];
    struct mallinfo2 before = mallinfo2();
    for (int i = 0; i < 1000; i++) memset(blocks[i] = malloc(1000), 1, 1000);
    struct mallinfo2 full = mallinfo2();
    check("a million bytes more are live", full.uordblks >= before.uordblks + 1000000 && full.uordblks < before.uordblks + 1400000);
    check("what is live was had from the kernel", full.arena >= full.uordblks);
    void *volatile mapping = malloc(64 << 20);
    struct mallinfo2 mapped = mallinfo2();
    check("64 MiB are a mapping", mapped.hblks == full.hblks + 1 && mapped.hblkhd >= full.hblkhd + (64 << 20));
    check("mallinfo says the same in ints", mallinfo().hblks == (int)mapped.hblks);
    free(mapping);
    for (int i = 0; i < 1000; i++) free(blocks[i]);
    struct mallinfo2 after = mallinfo2();
    check("they are live no longer", after.uordblks + 900000 <= full.uordblks);

    char *text = NULL;
    size_t length = 0;
    FILE *memory = open_memstream(&text, &length);
    check("malloc_info(0) writes something", malloc_info(0, memory) == 0 && fflush(memory) == 0 && length > 50);
    errno = 0;
    check("malloc_info(1) is EINVAL", malloc_info(1, memory) != 0);
    fclose(memory);
    free(text);

    check("M_MMAP_THRESHOLD is known", mallopt(M_MMAP_THRESHOLD, 1 << 20) == 1);
    check("M_TRIM_THRESHOLD is known", mallopt(M_TRIM_THRESHOLD, 1 << 20) == 1);
    check("M_ARENA_MAX is known", mallopt(M_ARENA_MAX, 2) == 1);
    check("M_PERTURB is known", mallopt(M_PERTURB, 0x5a) == 1);
    unsigned char *filled = malloc(777);
    int all = 1;
    for (int i = 0; i < 777; i++) all = all && filled[i] == (0x5a ^ 0xff);
    check("new blocks are filled with its complement", all);
    free(filled);
    unsigned char *zero = calloc(100, 10);
    all = 1;
    for (int i = 0; i < 1000; i++) all = all && zero[i] == 0;
    check("calloc is zero all the same", all);
    free(zero);
    check("it ends with 0", mallopt(M_PERTURB, 0) == 1);
    return 0;
}
