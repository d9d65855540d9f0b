/* What a hardened program must be able to say about itself while it runs. One way for each argument; ci/security.py judges.
 *
 *   places      where its parts lie, and /proc/self/maps
 *   smash       overwrites the canary of its own frame: must be killed
 *   jump        prints the words of a jmp_buf and what must not stand in them
 *   exit        looks for a function pointer that atexit was given in its own writable memory
 *   secure      what a program with more rights than its caller says of its environment
 *   below       touches the byte below a thread's stack: must be killed
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <time.h>
#include <unistd.h>

static int data = 1;
static int *const constant_pointer = &data; /* relocated, then read-only */
extern char __start___rseq_cs_ptr_array[] __attribute__((weak));

static void *on_thread(void *touch)
{
        char here;
        pthread_attr_t attributes;
        void *low;
        size_t size;

        printf("thread %p\n", (void *)&here);
        pthread_getattr_np(pthread_self(), &attributes);
        pthread_attr_getstack(&attributes, &low, &size);
        printf("below %p\n", (void *)((char *)low - 1));
        fflush(stdout);
        if (touch)
                *((volatile char *)low - 1) = 1;
        return NULL;
}

static void start_thread(void *touch)
{
        pthread_t thread;

        if (pthread_create(&thread, NULL, on_thread, touch) == 0)
                pthread_join(thread, NULL);
}

int main(int, char **);

static void places(void)
{
        char here;
        void *block = malloc(100), *large = malloc(1 << 20);
        char line[512];
        FILE *maps;

        printf("text %p\nstack %p\nheap %p\nlarge %p\nrelro %p\nsections %p\ndata %p\n", (void *)main, (void *)&here, block, large,
               (void *)&constant_pointer, (void *)__start___rseq_cs_ptr_array, (void *)&data);
        free(block);
        start_thread(NULL);
        maps = fopen("/proc/self/maps", "r");
        while (maps && fgets(line, sizeof line, maps))
                printf("map %s", line);
}

static __attribute__((noinline)) void smash(size_t length)
{
        char buffer[16];
        volatile char *to = buffer;

        for (size_t n = 0; n < length; n++)
                to[n] = 'x';
}

static int words_equal(const void *words, size_t count, uintptr_t wanted)
{
        int found = 0;

        for (size_t n = 0; n < count; n++)
                found += ((const uintptr_t *)words)[n] == wanted;
        return found;
}

static __attribute__((noinline)) void jump(void)
{
        static jmp_buf buffer;
        int near = 0;

        if (setjmp(buffer) == 0) {
                const uintptr_t *words = (const uintptr_t *)&buffer;
                uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
                /* The stack and the place to return to, in the clear, would lie in this frame and in this function. */
                for (size_t n = 0; n < sizeof buffer / (sizeof *words); n++) {
                        near += words[n] - (frame - 256) < 256 + 4 * sizeof frame;
                        near += words[n] - (uintptr_t)jump < 512;
                }
                printf("in the clear %d\n", near);
                longjmp(buffer, 1);
        }
        printf("returned\n");
}

static void at_the_end(void) { printf("ran\n"); }
static void elsewhere(void) { }
static void (*volatile planted)(void) = elsewhere;

/* How often a word stands in the program's own writable memory. */
static int occurrences(uintptr_t wanted)
{
        char line[512];
        FILE *maps = fopen("/proc/self/maps", "r");
        unsigned long low, high;
        char rights[8], path[256];
        int found = 0;

        while (maps && fgets(line, sizeof line, maps)) {
                path[0] = 0;
                if (sscanf(line, "%lx-%lx %7s %*s %*s %*s %255s", &low, &high, rights, path) >= 3 && rights[0] == 'r' && rights[1] == 'w'
                    && !strstr(path, "[stack]"))
                        found += words_equal((void *)low, (high - low) / sizeof wanted, wanted);
        }
        return found;
}

int main(int argc, char **argv)
{
        const char *way = argc > 1 ? argv[1] : "";

        if (!strcmp(way, "places")) {
                places();
        } else if (!strcmp(way, "smash")) {
                smash(argc > 2 ? 8 : 64);
        } else if (!strcmp(way, "jump")) {
                jump();
        } else if (!strcmp(way, "exit")) {
                atexit(at_the_end);
                planted();
                printf("planted %d\n", occurrences((uintptr_t)elsewhere));
                printf("registered %d\n", occurrences((uintptr_t)at_the_end));
        } else if (!strcmp(way, "secure")) {
                time_t second = 1700000000;
                const char *plain = getenv("DACAPO_TEST"), *careful = secure_getenv("DACAPO_TEST");
                char *volatile block = malloc(100); /* the heap reads DACAPO_MALLOC when it comes up */

                free(block);
                printf("secure %lu\n", getauxval(AT_SECURE));
                printf("getenv %s\nsecure_getenv %s\n", plain ? plain : "nothing", careful ? careful : "nothing");
                printf("hour %d\n", localtime(&second)->tm_hour);
        } else if (!strcmp(way, "below")) {
                start_thread(&data);
        }
        return 0;
}
