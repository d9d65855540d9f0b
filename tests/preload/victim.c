/* Does what the first argument says with blocks that DACAPO_MALLOC has an opinion on. */
#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern void free_sized(void *, size_t) __attribute__((weak));

static int is(const char *a, const char *b) { return strcmp(a, b) == 0; }

static void *replace(void *argument) {
    char *blocks[200] = {0};
    unsigned random = (unsigned)(uintptr_t)argument;
    for (int i = 0; i < 20000; i++) {
        random = random * 1664525u + 1013904223u;
        unsigned at = random >> 8 & 127, size = random >> 16 & 4095;
        free(blocks[at]);
        blocks[at] = malloc(size);
        memset(blocks[at], 1, size);
    }
    for (int i = 0; i < 200; i++) free(blocks[i]);
    return NULL;
}

/* Then malloc comes to what was freed. */
static void empty_the_source(void) {
    for (int i = 0; i < 300; i++) {
        void *volatile block = malloc(100);
        (void)block;
    }
}

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    int local[8];
    char *volatile small = malloc(100), *volatile other = malloc(100), *volatile large = malloc(400000);
    memset(small, 1, 100);
    if (is(what, "twice")) free(small), free(other), free(small);
    if (is(what, "large twice")) free(large), free(large);
    if (is(what, "inside")) free(small + 16);
    if (is(what, "misaligned")) free(small + 3), empty_the_source();
    if (is(what, "twice in a row")) free(small), free(small);
    if (is(what, "foreign")) free(local);
    if (is(what, "mapped by others")) free((char *)mmap(NULL, 1 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) + 4096);
    if (is(what, "behind")) small[100] = 1, free(small), small = NULL;
    if (is(what, "before")) small[-1] = 1, free(small), small = NULL;
    if (is(what, "behind, at exit")) small[100] = 1;
    if (is(what, "behind, large")) large[400000] = 1;
    if (is(what, "after free")) free(small), small[5] = 1, small = NULL;
    if (is(what, "after free, large")) free(large), large[5] = 1;
    if (is(what, "wrong size") && free_sized) free_sized(small, 99), small = NULL;
    if (is(what, "right size") && free_sized) free_sized(small, 100), small = NULL;
    if (is(what, "realloc freed")) free(small), small = realloc(small, 200);
    if (is(what, "leak")) small = other = NULL, free(large), exit(0);
    if (is(what, "moves")) {
        char *moved = realloc(small, 101);
        puts(moved != small ? "moved" : "stayed");
        small = moved;
    }
    if (is(what, "limit")) {
        size_t got = 0;
        errno = 0;
        for (void **last = NULL, **block; got < (size_t)1 << 30 && (block = malloc(50000)); last = block) *block = last, got += 50000;
        printf("%zu MiB, then %s\n", got >> 20, errno == ENOMEM ? "ENOMEM" : "no error");
        errno = 0;
        puts(malloc(20 << 20) == NULL && errno == ENOMEM ? "no mapping either" : "but a mapping");
        fflush(stdout);
        _exit(0);
    }
    if (is(what, "resident")) {
        for (int round = 0; round < 2; round++) {
            enum { COUNT = 2000 };
            static void *blocks[COUNT];
            for (int i = 0; i < COUNT; i++) memset(blocks[i] = malloc(30000), 1, 30000);
            for (int i = 0; i < COUNT; i++) free(blocks[i]);
            malloc_trim(0);
        }
        for (int i = 0; i < 2000; i++) free(malloc(300000)), usleep(50);
    }
    if (is(what, "fork")) {
        if (fork() == 0) exit(0);
        wait(NULL);
    }
    if (is(what, "threads") || is(what, "info")) {
        pthread_t threads[4];
        for (uintptr_t i = 0; i < 4; i++) pthread_create(&threads[i], NULL, replace, (void *)(i + 1));
        for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    }
    if (is(what, "info")) malloc_info(0, stdout);
    if (is(what, "stats")) malloc_stats();
    free(small);
    free(other);
    if (!is(what, "after free, large") && !is(what, "large twice")) free(large);
    puts("survived");
    return 0;
}
