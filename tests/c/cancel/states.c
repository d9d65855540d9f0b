/* Cancellation: states, types, order of handlers and destructors, threads that have ended, oneself, async loops, once, handlers of other signals.
   timeout: 40 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int order[16], steps;
static void note(int number) { order[steps++] = number; }
static void show(const char *what) {
    printf("%s:", what);
    for (int i = 0; i < steps; i++) printf(" %d", order[i]);
    printf("\n");
    steps = 0;
}
static void handler(void *number) { note((int)(long)number); }
static pthread_key_t key;
static void destroy(void *value) { note((int)(long)value); }
static sem_t ready, go;
static int ends[2];
static char byte;

static const char *outcome(pthread_t thread) {
    void *result;
    int joined = pthread_join(thread, &result);
    static char text[64];
    snprintf(text, sizeof text, "join %d %s", joined, result == PTHREAD_CANCELED ? "cancelled" : result == 0 ? "returned" : "other");
    return text;
}

static void *in_order(void *unused) {
    pthread_setspecific(key, (void *)9);
    pthread_cleanup_push(handler, (void *)1);
    pthread_cleanup_push(handler, (void *)2);
    pthread_cleanup_push(handler, (void *)3);
    pthread_cleanup_pop(0);
    sem_post(&ready);
    read(ends[0], &byte, 1);
    pthread_cleanup_pop(0);
    pthread_cleanup_pop(0);
    return 0;
}

static void *disabled(void *unused) {
    int old = 7;
    printf("disable %d", pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old));
    printf(" old %d\n", old);
    sem_post(&ready);
    sem_wait(&go);
    usleep(1000);
    pthread_testcancel();
    note(1);
    printf("enable %d", pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &old));
    printf(" old %d\n", old);
    note(2);
    pthread_testcancel();
    note(3);
    return 0;
}

static volatile unsigned long counter;
static void *compute(void *unused) {
    int old = 7;
    printf("async %d", pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &old));
    printf(" old %d\n", old);
    pthread_cleanup_push(handler, (void *)5);
    sem_post(&ready);
    for (;;) counter++;
    pthread_cleanup_pop(0);
    return 0;
}

static void *async_when_enabled(void *unused) {
    int old;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &old);
    sem_post(&ready);
    sem_wait(&go);
    note(1);
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &old);
    note(2);
    return 0;
}

static void *async_when_asked(void *unused) {
    int old;
    sem_post(&ready);
    while (byte != 1) sched_yield();
    note(1);
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &old);
    note(2);
    return 0;
}

static void *oneself(void *unused) {
    printf("cancel self %d\n", pthread_cancel(pthread_self()));
    note(1);
    pthread_testcancel();
    note(2);
    return 0;
}

static void *oneself_async(void *unused) {
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, 0);
    note(1);
    pthread_cancel(pthread_self());
    note(2);
    return 0;
}

static void *at_once(void *unused) { return 0; }

static void points_inside(void *unused) {
    pthread_testcancel();
    usleep(1);
    note(4);
}
static void *leaves(void *unused) {
    pthread_cleanup_push(points_inside, 0);
    pthread_cancel(pthread_self());
    pthread_exit((void *)0);
    pthread_cleanup_pop(0);
    return 0;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int slow_first;
static void initialise(void) {
    if (slow_first++ == 0) {
        sem_post(&ready);
        read(ends[0], &byte, 1);
    }
    note(7);
}
static void *call_once(void *unused) {
    pthread_once(&once, initialise);
    return 0;
}

static volatile int handled;
static sem_t inside;
static void on_signal(int number) {
    handled++;
    sem_post(&inside);
    while (handled == 1) {}
}
static void *sleeps(void *unused) {
    sem_post(&ready);
    read(ends[0], &byte, 1);
    return 0;
}
static void ask_self(int number) { pthread_cancel(pthread_self()); }

static void *prints(void *unused) {
    for (;;) {
        fprintf(stderr, "%s", "");
        fputs("", stdout);
        free(malloc(100));
        pthread_testcancel();
    }
}

static void *after_main(void *thread) {
    void *result = 0;
    int joined = pthread_join(*(pthread_t *)thread, &result);
    printf("main: join %d %d\n", joined, result == PTHREAD_CANCELED);
    return 0;
}

int main(void) {
    pthread_t thread, other;
    int old = 7;
    pipe(ends);
    sem_init(&ready, 0, 0);
    sem_init(&go, 0, 0);
    sem_init(&inside, 0, 0);
    pthread_key_create(&key, destroy);

    printf("wrong state %d type %d\n", pthread_setcancelstate(2, &old) == EINVAL, pthread_setcanceltype(-1, &old) == EINVAL);

    pthread_create(&thread, 0, in_order, 0);
    sem_wait(&ready);
    printf("cancel %d\n", pthread_cancel(thread));
    printf("%s\n", outcome(thread));
    show("order");

    pthread_create(&thread, 0, disabled, 0);
    sem_wait(&ready);
    printf("cancel %d\n", pthread_cancel(thread));
    printf("cancel again %d\n", pthread_cancel(thread));
    sem_post(&go);
    printf("%s\n", outcome(thread));
    show("disabled");

    pthread_create(&thread, 0, compute, 0);
    sem_wait(&ready);
    while (counter < 1000) {}
    pthread_cancel(thread);
    printf("%s\n", outcome(thread));
    show("compute");

    pthread_create(&thread, 0, async_when_enabled, 0);
    sem_wait(&ready);
    pthread_cancel(thread);
    sem_post(&go);
    printf("%s\n", outcome(thread));
    show("async when enabled");

    byte = 0;
    pthread_create(&thread, 0, async_when_asked, 0);
    sem_wait(&ready);
    pthread_cancel(thread);
    usleep(2000);
    byte = 1;
    printf("%s\n", outcome(thread));
    show("async when asked");

    pthread_create(&thread, 0, oneself, 0);
    printf("%s\n", outcome(thread));
    show("oneself");
    pthread_create(&thread, 0, oneself_async, 0);
    printf("%s\n", outcome(thread));
    show("oneself, async");

    pthread_create(&thread, 0, at_once, 0);
    usleep(20000);
    printf("cancel ended %d\n", pthread_cancel(thread));
    printf("%s\n", outcome(thread));

    pthread_create(&thread, 0, leaves, 0);
    printf("%s\n", outcome(thread));
    show("points in handlers");

    pthread_create(&thread, 0, call_once, 0);
    sem_wait(&ready);
    pthread_create(&other, 0, call_once, 0);
    usleep(2000);
    pthread_cancel(thread);
    printf("%s\n", outcome(thread));
    printf("%s\n", outcome(other));
    show("once");

    /* Asked while it runs the handler of another signal, whose return starts the read again: the read is cancelled. */
    struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
    sigaction(SIGUSR1, &action, 0);
    pthread_create(&thread, 0, sleeps, 0);
    sem_wait(&ready);
    usleep(3000);
    pthread_kill(thread, SIGUSR1);
    sem_wait(&inside);
    pthread_cancel(thread);
    usleep(1000);
    handled = 2;
    printf("%s\n", outcome(thread));
    action.sa_handler = ask_self;
    sigaction(SIGUSR1, &action, 0);
    pthread_create(&thread, 0, sleeps, 0);
    sem_wait(&ready);
    usleep(3000);
    pthread_kill(thread, SIGUSR1);
    printf("%s\n", outcome(thread));

    for (int i = 0; i < 30; i++) {
        pthread_create(&thread, 0, prints, 0);
        usleep(i * 37);
        pthread_cancel(thread);
        pthread_join(thread, 0);
    }
    printf("streams and heap are free: %d\n", fprintf(stderr, "%s", ""));

    /* The library's own signal is nobody else's business. */
    sigset_t all, seen;
    memset(&all, 255, sizeof all);
    printf("mask %d", pthread_sigmask(SIG_BLOCK, &all, 0));
    pthread_sigmask(SIG_SETMASK, 0, &seen);
    printf(" %d %d %d\n", sigismember(&seen, 32), sigismember(&seen, 33), sigismember(&seen, 34));
    printf("add %d %d del %d\n", sigaddset(&seen, 32), sigaddset(&seen, 34), sigdelset(&seen, 33));
    printf("first %d\n", SIGRTMIN);
    pthread_create(&thread, 0, sleeps, 0);
    sem_wait(&ready);
    usleep(2000);
    pthread_cancel(thread);
    printf("%s\n", outcome(thread));
    sigemptyset(&all);
    pthread_sigmask(SIG_SETMASK, &all, 0);

    fflush(stdout);
    if (fork() == 0) {
        pthread_create(&thread, 0, sleeps, 0);
        sem_wait(&ready);
        pthread_cancel(thread);
        printf("child %s\n", outcome(thread));
        fflush(stdout);
        _exit(0);
    }
    wait(0);

    static pthread_t self;
    self = pthread_self();
    pthread_create(&thread, 0, after_main, &self);
    pthread_cancel(self);
    pause();
    return 1;
}
