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

static void prepare1(void) { printf("prepare 1\n"); }
static void prepare2(void) { printf("prepare 2\n"); }
static void parent1(void) { printf("parent 1\n"); }
static void parent2(void) { printf("parent 2\n"); }
static void child1(void) { printf("child 1\n"); }
static void child2(void) { printf("child 2\n"); fflush(stdout); }

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
    if (child == 0) _exit(0);
    int status;
    waitpid(child, &status, 0);
    return 0;
}
