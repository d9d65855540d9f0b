/* fork while another thread is in its process's first malloc: the child must not inherit a lock that nobody will open.
 * timeout: 60
 * cpus: x86_64   (as fork.c)
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

static atomic_int started;
static atomic_int stop;

static void *first(void *argument) {
    started = 1;
    for (volatile int i = 0; i < *(int *)argument; i++) { }
    while (!stop) {
        char *volatile block = malloc(3000);
        free(block);
    }
    return NULL;
}

/* Waits for a child for three seconds; whether it ended well. A child that hangs in malloc has all signals blocked: only SIGKILL ends it. */
static int ended_well(pid_t child) {
    int status = -1;
    for (int waited = 0; waitpid(child, &status, WNOHANG) == 0; waited++) {
        if (waited == 3000) kill(child, SIGKILL);
        usleep(1000);
    }
    return status == 0;
}

/* In a process of its own, whose heap is not up yet. */
static int race(int delay) {
    pthread_t thread;
    pthread_create(&thread, NULL, first, &delay);
    while (!started) { }
    pid_t child = fork();
    if (child == 0) {
        char *volatile small = malloc(100), *volatile large = malloc(1000000);
        sigset_t blocked;
        sigprocmask(SIG_BLOCK, NULL, &blocked);
        _exit(!small || !large || sigismember(&blocked, SIGUSR1)); /* fork blocks signals, but only for its own time */
    }
    int well = ended_well(child);
    stop = 1;
    pthread_join(thread, NULL);
    return !well;
}

int main(int count, char **arguments) {
    if (count > 1) return race(atoi(arguments[1]));
    int failed = 0;
    for (int i = 0; i < 150; i++) {
        char delay[16];
        snprintf(delay, sizeof delay, "%d", i % 50 * 200);
        pid_t process = fork();
        if (process == 0) {
            execl("/proc/self/exe", "race", delay, (char *)NULL);
            _exit(127);
        }
        int status = -1;
        waitpid(process, &status, 0);
        if (status != 0) failed++;
        if (failed == 3) break;
    }
    printf("%d children failed\n", failed);
    return failed != 0;
}
