/* fork while other threads are busy in malloc: each child can use the heap.
 * timeout: 60
 * cpus: x86_64   (qemu-user 7.2 loops for ever in children forked while other threads run; tests/hosted does the same in the guests)
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static atomic_int stop;

static void *busy(void *argument) {
    size_t size = (size_t)argument;
    void *blocks[100];
    while (!stop) {
        for (int i = 0; i < 100; i++) blocks[i] = malloc(size + i * 100);
        for (int i = 0; i < 100; i++) free(blocks[i]);
        size = (size * 7 + 13) % 300000;
    }
    return NULL;
}

int main(void) {
    pthread_t threads[3];
    int failed = 0;
    for (size_t i = 0; i < 3; i++) pthread_create(&threads[i], NULL, busy, (void *)(i * 1000 + 1));
    for (int i = 0; i < 40; i++) {
        pid_t child = fork();
        if (child == 0) {
            for (size_t size = 1; size < 4000000; size = size * 5 + 1) {
                char *block = malloc(size);
                if (!block) _exit(1);
                memset(block, 1, size);
                free(block);
            }
            _exit(0);
        }
        /* A child that hangs in malloc has all signals blocked: only SIGKILL ends it. */
        int status = -1;
        for (int waited = 0; waitpid(child, &status, WNOHANG) == 0; waited++) {
            if (waited == 3000) kill(child, SIGKILL);
            usleep(1000);
        }
        if (status != 0) failed++;
    }
    stop = 1;
    for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
    printf("%d of 40 children failed\n", failed);
    return failed != 0;
}
