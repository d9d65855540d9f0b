/* Every kind of mutex: exclusion, and every error. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>

static const char *say(int code) {
    return code == 0 ? "ok" : code == EINVAL ? "EINVAL" : code == EBUSY ? "EBUSY" : code == EDEADLK ? "EDEADLK"
         : code == EPERM ? "EPERM" : code == ETIMEDOUT ? "ETIMEDOUT" : code == EAGAIN ? "EAGAIN" : "other";
}

static struct timespec in_ms(clockid_t clock, long ms) {
    struct timespec t;
    clock_gettime(clock, &t);
    t.tv_nsec += ms * 1000000;
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    return t;
}

static pthread_mutex_t *shared;
static long counter;
static void *add(void *unused) {
    for (int i = 0; i < 50000; i++) {
        pthread_mutex_lock(shared);
        counter++;
        pthread_mutex_unlock(shared);
    }
    return 0;
}

static void *from_elsewhere(void *mutex) {
    struct timespec soon = in_ms(CLOCK_REALTIME, 5), odd = { 0, 2000000000 }, steady = in_ms(CLOCK_MONOTONIC, 5);
    printf("  elsewhere: try %s", say(pthread_mutex_trylock(mutex)));
    printf(" timed %s", say(pthread_mutex_timedlock(mutex, &soon)));
    printf(" odd %s", say(pthread_mutex_timedlock(mutex, &odd)));
    printf(" clock %s", say(pthread_mutex_clocklock(mutex, CLOCK_MONOTONIC, &steady)));
    printf(" no clock %s\n", say(pthread_mutex_clocklock(mutex, 77, &steady)));
    return 0;
}

static void *unlocks(void *mutex) {
    printf("  unlock elsewhere %s\n", say(pthread_mutex_unlock(mutex)));
    return 0;
}

static void in_thread(void *(*f)(void *), void *mutex) {
    pthread_t thread;
    pthread_create(&thread, 0, f, mutex);
    pthread_join(thread, 0);
}

static void exercise(const char *name, pthread_mutex_t *mutex, int checks) {
    printf("%s\n", name);
    counter = 0;
    shared = mutex;
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], 0, add, 0);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], 0);
    printf("  count %ld\n", counter);
    printf("  lock %s\n", say(pthread_mutex_lock(mutex)));
    in_thread(from_elsewhere, mutex);
    printf("  try again %s\n", say(pthread_mutex_trylock(mutex)));
    if (checks) {
        struct timespec soon = in_ms(CLOCK_REALTIME, 5);
        in_thread(unlocks, mutex);
        printf("  lock again %s\n", say(pthread_mutex_lock(mutex)));
        printf("  timed again %s\n", say(pthread_mutex_timedlock(mutex, &soon)));
    }
    printf("  destroy %s\n", say(pthread_mutex_destroy(mutex)));
    int code, unlocks = 0;
    do {
        code = pthread_mutex_unlock(mutex);
        unlocks += code == 0;
    } while (code == 0 && checks);
    printf("  unlocks %d, then %s\n", unlocks, checks ? say(code) : "-");
    printf("  destroy %s\n", say(pthread_mutex_destroy(mutex)));
}

int main(void) {
    pthread_mutex_t normal = PTHREAD_MUTEX_INITIALIZER, recursive = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP,
                    checking = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP, adaptive = PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP;
    exercise("normal", &normal, 0);
    exercise("adaptive", &adaptive, 0);
    exercise("recursive", &recursive, 1);
    exercise("checking", &checking, 1);

    pthread_mutexattr_t attributes;
    int value;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_gettype(&attributes, &value);
    printf("type %d\n", value == PTHREAD_MUTEX_DEFAULT);
    printf("settype 9 %s\n", say(pthread_mutexattr_settype(&attributes, 9)));
    printf("setpshared 9 %s\n", say(pthread_mutexattr_setpshared(&attributes, 9)));
    printf("setrobust 9 %s\n", say(pthread_mutexattr_setrobust(&attributes, 9)));
    printf("setprotocol 9 %s\n", say(pthread_mutexattr_setprotocol(&attributes, 9)));
    for (int type = PTHREAD_MUTEX_NORMAL; type <= PTHREAD_MUTEX_ERRORCHECK; type++) {
        pthread_mutex_t mutex;
        pthread_mutexattr_settype(&attributes, type);
        pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
        pthread_mutexattr_getpshared(&attributes, &value);
        pthread_mutex_init(&mutex, &attributes);
        printf("shared %d, kind %d\n", value, type);
        exercise("made", &mutex, type != PTHREAD_MUTEX_NORMAL);
    }
    return 0;
}
