/* pthread_cond_*: queues, broadcast, clocks, time limits, mutex kinds, destruction right after a broadcast. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const char *say(int code) {
    return code == 0 ? "ok" : code == EINVAL ? "EINVAL" : code == EPERM ? "EPERM" : code == ETIMEDOUT ? "ETIMEDOUT" : "other";
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER, emptied = PTHREAD_COND_INITIALIZER;
static long queue[4], queued, sum;

static void *produce(void *unused) {
    for (long i = 1; i <= 5000; i++) {
        pthread_mutex_lock(&lock);
        while (queued == 4) pthread_cond_wait(&emptied, &lock);
        queue[queued++] = i;
        pthread_cond_signal(&filled);
        pthread_mutex_unlock(&lock);
    }
    return 0;
}

static void *consume(void *unused) {
    for (int i = 0; i < 5000; i++) {
        pthread_mutex_lock(&lock);
        while (!queued) pthread_cond_wait(&filled, &lock);
        sum += queue[--queued];
        pthread_mutex_unlock(&lock);
        pthread_cond_signal(&emptied);
    }
    return 0;
}

struct gate {
    pthread_mutex_t mutex;
    pthread_cond_t opened;
    int waiting, open;
};

static void *pass(void *p) {
    struct gate *gate = p;
    pthread_mutex_lock(&gate->mutex);
    gate->waiting++;
    while (!gate->open) pthread_cond_wait(&gate->opened, &gate->mutex);
    pthread_mutex_unlock(&gate->mutex);
    return 0;
}

int main(void) {
    pthread_t threads[8];
    for (int i = 0; i < 6; i++) pthread_create(&threads[i], 0, i % 2 ? produce : consume, 0);
    for (int i = 0; i < 6; i++) pthread_join(threads[i], 0);
    printf("sum %ld\n", sum);

    for (int round = 0; round < 100; round++) {
        struct gate *gate = malloc(sizeof *gate);
        pthread_condattr_t shared;
        pthread_condattr_init(&shared);
        if (round % 2) pthread_condattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
        pthread_mutex_init(&gate->mutex, 0);
        pthread_cond_init(&gate->opened, &shared);
        gate->waiting = gate->open = 0;
        for (int i = 0; i < 8; i++) pthread_create(&threads[i], 0, pass, gate);
        for (int all = 0; !all;) {
            pthread_mutex_lock(&gate->mutex);
            all = gate->waiting == 8;
            if (all) {
                gate->open = 1;
                pthread_cond_broadcast(&gate->opened);
            }
            pthread_mutex_unlock(&gate->mutex);
        }
        pthread_cond_destroy(&gate->opened);
        for (int i = 0; i < 8; i++) pthread_join(threads[i], 0);
        pthread_mutex_destroy(&gate->mutex);
        free(gate);
    }
    printf("gates opened\n");

    struct timespec past = { 1, 0 }, odd = { 1, 1000000000 }, now;
    pthread_mutex_lock(&lock);
    printf("past %s\n", say(pthread_cond_timedwait(&filled, &lock, &past)));
    printf("odd %s\n", say(pthread_cond_timedwait(&filled, &lock, &odd)));
    printf("monotonic past %s\n", say(pthread_cond_clockwait(&filled, &lock, CLOCK_MONOTONIC, &past)));
    printf("no clock %s\n", say(pthread_cond_clockwait(&filled, &lock, 77, &past)));
    pthread_condattr_t attributes;
    clockid_t clock;
    pthread_cond_t steady;
    pthread_condattr_init(&attributes);
    printf("setclock cpu %s\n", say(pthread_condattr_setclock(&attributes, CLOCK_PROCESS_CPUTIME_ID)));
    printf("setclock %s\n", say(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)));
    pthread_condattr_getclock(&attributes, &clock);
    printf("clock %d\n", clock == CLOCK_MONOTONIC);
    pthread_cond_init(&steady, &attributes);
    clock_gettime(CLOCK_MONOTONIC, &now);
    now.tv_nsec += 5000000;
    if (now.tv_nsec >= 1000000000) now.tv_nsec -= 1000000000, now.tv_sec++;
    printf("steady %s\n", say(pthread_cond_timedwait(&steady, &lock, &now)));
    pthread_mutex_unlock(&lock);

    pthread_mutex_t checking = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP, recursive = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
    printf("not held %s\n", say(pthread_cond_timedwait(&filled, &checking, &past)));
    pthread_mutex_lock(&checking);
    printf("held %s\n", say(pthread_cond_timedwait(&filled, &checking, &past)));
    printf("still held %s\n", say(pthread_mutex_unlock(&checking)));
    pthread_mutex_lock(&recursive);
    printf("recursive %s\n", say(pthread_cond_timedwait(&filled, &recursive, &past)));
    printf("unlock %s", say(pthread_mutex_unlock(&recursive)));
    printf(" %s\n", say(pthread_mutex_unlock(&recursive)));
    printf("nobody %s %s\n", say(pthread_cond_signal(&filled)), say(pthread_cond_broadcast(&filled)));
    return 0;
}
