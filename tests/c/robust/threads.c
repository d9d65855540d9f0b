/* Robust mutexes between threads: owners that end in every way, three in a row, the kinds, conditions.
   timeout: 40 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *say(int code) {
    switch (code) {
    case 0: return "ok";
    case EINVAL: return "EINVAL";
    case EPERM: return "EPERM";
    case EBUSY: return "EBUSY";
    case EDEADLK: return "EDEADLK";
    case ETIMEDOUT: return "ETIMEDOUT";
    case EOWNERDEAD: return "EOWNERDEAD";
    case ENOTRECOVERABLE: return "ENOTRECOVERABLE";
    case ENOTSUP: return "ENOTSUP";
    }
    return "?";
}

static void make(pthread_mutex_t *mutex, int kind, int shared) {
    pthread_mutexattr_t attributes;
    int robust = 7;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, kind);
    pthread_mutexattr_setpshared(&attributes, shared);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutexattr_getrobust(&attributes, &robust);
    printf("init %s robust %d\n", say(pthread_mutex_init(mutex, &attributes)), robust);
    pthread_mutexattr_destroy(&attributes);
}

static pthread_mutex_t many[5];
static void *take_and_end(void *mutex) { return (void *)(long)pthread_mutex_lock(mutex); }
static void *take_and_leave(void *mutex) {
    pthread_mutex_lock(mutex);
    pthread_exit(0);
}
static void *take_and_be_cancelled(void *mutex) {
    pthread_mutex_lock(mutex);
    pthread_cancel(pthread_self());
    pthread_testcancel();
    return 0;
}
static void *take_twice(void *mutex) {
    pthread_mutex_lock(mutex);
    pthread_mutex_lock(mutex);
    return 0;
}
/* The one in the middle is given back: the list is walked around it. */
static void *take_many(void *unused) {
    for (int i = 0; i < 5; i++) pthread_mutex_lock(&many[i]);
    pthread_mutex_unlock(&many[2]);
    return 0;
}
static void in_thread(void *(*run)(void *), void *mutex) {
    pthread_t thread;
    void *result;
    pthread_create(&thread, 0, run, mutex);
    pthread_join(thread, &result);
}

static void *wait_for_it(void *mutex) {
    int code = pthread_mutex_lock(mutex);
    if (code == EOWNERDEAD) {
        pthread_mutex_consistent(mutex);
        pthread_mutex_unlock(mutex);
    } else if (code == 0) {
        pthread_mutex_unlock(mutex);
    }
    return (void *)(long)code;
}
static void *try_elsewhere(void *mutex) { return (void *)(long)pthread_mutex_trylock(mutex); }
static int elsewhere(pthread_mutex_t *mutex) {
    pthread_t thread;
    void *result;
    pthread_create(&thread, 0, try_elsewhere, mutex);
    pthread_join(thread, &result);
    return (int)(long)result;
}

static sem_t held, sleeping;
static void *hold_until_others_sleep(void *mutex) {
    pthread_mutex_lock(mutex);
    sem_post(&held);
    sem_wait(&sleeping);
    return 0;
}

static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int turn;
static void *change_and_end(void *mutex) {
    pthread_mutex_lock(mutex);
    turn = 1;
    pthread_cond_signal(&changed);
    return 0;
}

int main(void) {
    void *head;
    size_t length;
    if (syscall(SYS_get_robust_list, 0, &head, &length) != 0 && errno == ENOSYS) {
        printf("no robust lists here\n");
        return 77;
    }
    pthread_mutex_t mutex, plain = PTHREAD_MUTEX_INITIALIZER;
    pthread_t thread, others[3];
    void *result;
    make(&mutex, PTHREAD_MUTEX_NORMAL, PTHREAD_PROCESS_PRIVATE);
    printf("lock %s", say(pthread_mutex_lock(&mutex)));
    printf(" try %s", say(elsewhere(&mutex)));
    printf(" unlock %s", say(pthread_mutex_unlock(&mutex)));
    printf(" again %s\n", say(pthread_mutex_unlock(&mutex)));
    printf("consistent %s plain %s\n", say(pthread_mutex_consistent(&mutex)), say(pthread_mutex_consistent(&plain)));

    /* Three owners in a row end with it; each is told of the one before. */
    in_thread(take_and_end, &mutex);
    for (int i = 0; i < 3; i++) {
        void *(*const ways[])(void *) = { take_and_end, take_and_leave, take_and_be_cancelled };
        printf("owner %d: %s", i, say(pthread_mutex_lock(&mutex)));
        printf(" consistent %s", say(pthread_mutex_consistent(&mutex)));
        printf(" again %s", say(pthread_mutex_consistent(&mutex)));
        printf(" unlock %s\n", say(pthread_mutex_unlock(&mutex)));
        in_thread(ways[i], &mutex);
    }
    in_thread(take_and_end, &mutex);
    in_thread(take_and_end, &mutex);
    printf("unrepaired twice, then %s\n", say(pthread_mutex_trylock(&mutex)));
    printf("put right %s\n", say(pthread_mutex_consistent(&mutex)));
    printf("unlock %s\n", say(pthread_mutex_unlock(&mutex)));

    /* Others sleep when the owner ends: one is told, the rest get it after that one. */
    sem_init(&held, 0, 0);
    sem_init(&sleeping, 0, 0);
    pthread_create(&thread, 0, hold_until_others_sleep, &mutex);
    sem_wait(&held);
    for (int i = 0; i < 3; i++) pthread_create(&others[i], 0, wait_for_it, &mutex);
    usleep(30000);
    sem_post(&sleeping);
    int dead = 0, fine = 0;
    for (int i = 0; i < 3; i++) {
        pthread_join(others[i], &result);
        dead += (long)result == EOWNERDEAD;
        fine += result == 0;
    }
    pthread_join(thread, 0);
    printf("told %d, fine %d\n", dead, fine);

    /* Nobody puts it right: of no use any more, for one who sleeps too. (glibc 2.36 wakes no second sleeper: lost.c has three.) */
    in_thread(take_and_end, &mutex);
    printf("lock %s\n", say(pthread_mutex_lock(&mutex)));
    pthread_create(&others[0], 0, wait_for_it, &mutex);
    usleep(30000);
    printf("unlock %s\n", say(pthread_mutex_unlock(&mutex)));
    pthread_join(others[0], &result);
    printf("sleeper %s\n", say((int)(long)result));
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    printf("lock %s", say(pthread_mutex_lock(&mutex)));
    printf(" try %s", say(pthread_mutex_trylock(&mutex)));
    printf(" consistent %s\n", say(pthread_mutex_consistent(&mutex)));
    printf("destroy %s\n", say(pthread_mutex_destroy(&mutex)));

    make(&mutex, PTHREAD_MUTEX_RECURSIVE, PTHREAD_PROCESS_PRIVATE);
    in_thread(take_twice, &mutex);
    printf("recursive %s", say(pthread_mutex_lock(&mutex)));
    printf(" again %s", say(pthread_mutex_lock(&mutex)));
    printf(" consistent %s", say(pthread_mutex_consistent(&mutex)));
    printf(" unlock %s", say(pthread_mutex_unlock(&mutex)));
    printf(" other %s", say(elsewhere(&mutex)));
    printf(" unlock %s", say(pthread_mutex_unlock(&mutex)));
    printf(" too often %s\n", say(pthread_mutex_unlock(&mutex)));

    make(&mutex, PTHREAD_MUTEX_ERRORCHECK, PTHREAD_PROCESS_SHARED);
    printf("check %s", say(pthread_mutex_lock(&mutex)));
    printf(" again %s", say(pthread_mutex_lock(&mutex)));
    at.tv_sec++;
    printf(" unlock %s", say(pthread_mutex_unlock(&mutex)));
    in_thread(take_and_end, &mutex);
    printf(" timed %s", say(pthread_mutex_timedlock(&mutex, &at)));
    printf(" consistent %s", say(pthread_mutex_consistent(&mutex)));
    printf(" unlock %s\n", say(pthread_mutex_unlock(&mutex)));

    pthread_create(&thread, 0, hold_until_others_sleep, &mutex);
    sem_wait(&held);
    clock_gettime(CLOCK_REALTIME, &at);
    printf("timed %s", say(pthread_mutex_timedlock(&mutex, &at)));
    printf(" not mine %s\n", say(pthread_mutex_unlock(&mutex)));
    sem_post(&sleeping);
    pthread_join(thread, 0);

    for (int i = 0; i < 5; i++) make(&many[i], PTHREAD_MUTEX_NORMAL, i & 1);
    in_thread(take_many, 0);
    for (int i = 0; i < 5; i++) printf("many %d %s\n", i, say(pthread_mutex_lock(&many[i])));

    /* A condition: who wakes finds that the one who changed it has ended. */
    make(&mutex, PTHREAD_MUTEX_NORMAL, PTHREAD_PROCESS_PRIVATE);
    pthread_mutex_lock(&mutex);
    pthread_create(&thread, 0, change_and_end, &mutex);
    int code = 0;
    while (!turn && code == 0) code = pthread_cond_wait(&changed, &mutex);
    pthread_join(thread, 0);
    if (code == 0) code = pthread_mutex_unlock(&mutex), code = pthread_mutex_lock(&mutex);
    printf("condition %s", say(code));
    clock_gettime(CLOCK_REALTIME, &at);
    printf(" consistent %s", say(pthread_mutex_consistent(&mutex)));
    printf(" timed %s", say(pthread_cond_timedwait(&changed, &mutex, &at)));
    printf(" unlock %s\n", say(pthread_mutex_unlock(&mutex)));

    /* Detached, with stacks of all sizes: some unmap what they end on. */
    for (size_t mega = 1; mega <= 64; mega *= 4) {
        pthread_attr_t attributes;
        pthread_attr_init(&attributes);
        pthread_attr_setstacksize(&attributes, mega << 20);
        pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
        make(&mutex, PTHREAD_MUTEX_NORMAL, PTHREAD_PROCESS_PRIVATE);
        pthread_create(&thread, &attributes, hold_until_others_sleep, &mutex);
        sem_wait(&held);
        sem_post(&sleeping);
        printf("stack of %zu MiB: %s\n", mega, say(pthread_mutex_lock(&mutex)));
    }

    /* A forked child does not own what its parent holds. */
    make(&mutex, PTHREAD_MUTEX_NORMAL, PTHREAD_PROCESS_PRIVATE);
    pthread_mutex_lock(&mutex);
    fflush(stdout);
    if (fork() == 0) {
        pthread_mutex_t own;
        printf("child: unlock %s", say(pthread_mutex_unlock(&mutex)));
        printf(" try %s\n", say(pthread_mutex_trylock(&mutex)));
        make(&own, PTHREAD_MUTEX_NORMAL, PTHREAD_PROCESS_PRIVATE);
        in_thread(take_and_end, &own);
        printf("child: %s\n", say(pthread_mutex_lock(&own)));
        fflush(stdout);
        _exit(0);
    }
    wait(0);
    printf("parent: unlock %s\n", say(pthread_mutex_unlock(&mutex)));
    return 0;
}
