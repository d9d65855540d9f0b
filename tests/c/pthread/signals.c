/* pthread_sigmask, pthread_kill, and pthread_atfork's order. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t got;
static pthread_t who;
static void handler(int number) {
    got = number;
    who = pthread_self();
}
static pthread_barrier_t gate;
static void *target(void *unused) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_UNBLOCK, &set, 0);
    pthread_barrier_wait(&gate);
    while (!got) sched_yield();
    return 0;
}

/* Each handler appends its digit: the order is what counts, and the child tells its own by its exit code. */
static int order;
static void prepare1(void) { order = order * 10 + 1; }
static void prepare2(void) { order = order * 10 + 2; }
static void parent1(void) { order = order * 10 + 3; }
static void parent2(void) { order = order * 10 + 4; }
static void child1(void) { order = order * 10 + 5; }
static void child2(void) { order = order * 10 + 6; }
static void *own_id(void *unused) { return (void *)(long)pthread_kill(pthread_self(), 0); }

int main(void) {
    setvbuf(stdout, 0, _IOLBF, 0);
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    sigaction(SIGUSR1, &action, 0);
    sigset_t set, old;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    printf("block %d\n", pthread_sigmask(SIG_BLOCK, &set, &old));
    printf("was blocked %d\n", sigismember(&old, SIGUSR1));
    pthread_sigmask(SIG_BLOCK, 0, &old);
    printf("is blocked %d\n", sigismember(&old, SIGUSR1));
    printf("how %s\n", pthread_sigmask(99, &set, 0) == EINVAL ? "EINVAL" : "?");
    pthread_t thread;
    pthread_barrier_init(&gate, 0, 2);
    pthread_create(&thread, 0, target, 0);
    pthread_barrier_wait(&gate);
    printf("kill %d\n", pthread_kill(thread, SIGUSR1));
    pthread_join(thread, 0);
    printf("got %d in it %d\n", got == SIGUSR1, !!pthread_equal(who, thread));

    pthread_atfork(prepare1, parent1, child1);
    pthread_atfork(prepare2, parent2, child2);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        /* The child is whole: it knows itself, can be signalled, and can make and join threads. */
        void *result;
        got = 0;
        pthread_sigmask(SIG_UNBLOCK, &set, 0);
        if (pthread_kill(pthread_self(), SIGUSR1) || !got) _exit(1);
        if (pthread_create(&thread, 0, own_id, 0) || pthread_join(thread, &result) || result) _exit(2);
        _exit(order == 2156 ? 42 : 3);
    }
    int status;
    waitpid(child, &status, 0);
    printf("order %d child %d\n", order, WEXITSTATUS(status));
    return 0;
}
