/* pthread_rwlock_*: exclusion, preferences, and every error. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>

static const char *say(int code) {
    return code == 0 ? "ok" : code == EINVAL ? "EINVAL" : code == EBUSY ? "EBUSY" : code == EDEADLK ? "EDEADLK"
         : code == ETIMEDOUT ? "ETIMEDOUT" : "other";
}

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static long one, two, torn;

static void *write_both(void *unused) {
    for (int i = 0; i < 20000; i++) {
        pthread_rwlock_wrlock(&lock);
        one++;
        two++;
        pthread_rwlock_unlock(&lock);
    }
    return 0;
}

static void *read_both(void *unused) {
    for (int i = 0; i < 20000; i++) {
        pthread_rwlock_rdlock(&lock);
        if (one != two) torn = 1;
        pthread_rwlock_unlock(&lock);
    }
    return 0;
}

static struct timespec soon(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_nsec += 5000000;
    if (t.tv_nsec >= 1000000000) t.tv_nsec -= 1000000000, t.tv_sec++;
    return t;
}

static void *elsewhere(void *unused) {
    struct timespec limit = soon(), odd = { 0, -1 };
    printf("  tryrd %s\n", say(pthread_rwlock_tryrdlock(&lock)));
    printf("  trywr %s\n", say(pthread_rwlock_trywrlock(&lock)));
    printf("  timedwr %s\n", say(pthread_rwlock_timedwrlock(&lock, &limit)));
    printf("  odd %s\n", say(pthread_rwlock_timedwrlock(&lock, &odd)));
    return 0;
}

static void *reads_elsewhere(void *unused) {
    struct timespec limit = soon();
    printf("  timedrd %s\n", say(pthread_rwlock_timedrdlock(&lock, &limit)));
    return 0;
}

static void run(void *(*f)(void *)) {
    pthread_t thread;
    pthread_create(&thread, 0, f, 0);
    pthread_join(thread, 0);
}

int main(void) {
    pthread_t threads[6];
    for (int i = 0; i < 6; i++) pthread_create(&threads[i], 0, i % 2 ? write_both : read_both, 0);
    for (int i = 0; i < 6; i++) pthread_join(threads[i], 0);
    printf("%ld %ld torn %ld\n", one, two, torn);

    printf("write %s\n", say(pthread_rwlock_wrlock(&lock)));
    run(elsewhere);
    run(reads_elsewhere);
    printf("read own %s\n", say(pthread_rwlock_rdlock(&lock)));
    printf("write own %s\n", say(pthread_rwlock_wrlock(&lock)));
    printf("unlock %s\n", say(pthread_rwlock_unlock(&lock)));
    printf("read twice %s", say(pthread_rwlock_rdlock(&lock)));
    printf(" %s\n", say(pthread_rwlock_rdlock(&lock)));
    printf("trywr %s\n", say(pthread_rwlock_trywrlock(&lock)));
    printf("unlock twice %s", say(pthread_rwlock_unlock(&lock)));
    printf(" %s\n", say(pthread_rwlock_unlock(&lock)));
    printf("trywr %s\n", say(pthread_rwlock_trywrlock(&lock)));
    printf("unlock %s\n", say(pthread_rwlock_unlock(&lock)));
    printf("destroy %s\n", say(pthread_rwlock_destroy(&lock)));

    pthread_rwlockattr_t attributes;
    int value;
    pthread_rwlockattr_init(&attributes);
    pthread_rwlockattr_getkind_np(&attributes, &value);
    printf("kind %d\n", value == PTHREAD_RWLOCK_DEFAULT_NP);
    printf("kind 9 %s\n", say(pthread_rwlockattr_setkind_np(&attributes, 9)));
    printf("pshared 9 %s\n", say(pthread_rwlockattr_setpshared(&attributes, 9)));
    printf("kind %s\n", say(pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP)));
    printf("pshared %s\n", say(pthread_rwlockattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED)));
    printf("init %s\n", say(pthread_rwlock_init(&lock, &attributes)));
    one = two = 0;
    for (int i = 0; i < 6; i++) pthread_create(&threads[i], 0, i % 2 ? write_both : read_both, 0);
    for (int i = 0; i < 6; i++) pthread_join(threads[i], 0);
    printf("%ld %ld torn %ld\n", one, two, torn);
    return 0;
}
