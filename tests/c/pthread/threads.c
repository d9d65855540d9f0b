/* pthread_create, join, detach, exit, equal, and their errors. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void *doubled(void *n) { return (void *)(2 * (long)n); }

static void handler(void *n) { printf("cleanup %ld\n", (long)n); }

static void *exits(void *n) {
    pthread_cleanup_push(handler, (void *)1L);
    pthread_cleanup_push(handler, (void *)2L);
    pthread_exit(n);
    pthread_cleanup_pop(0);
    pthread_cleanup_pop(0);
    return 0;
}

static void *pops(void *n) {
    pthread_cleanup_push(handler, (void *)3L);
    pthread_cleanup_push(handler, (void *)4L);
    pthread_cleanup_pop(0);
    pthread_cleanup_pop(1);
    return n;
}

static pthread_barrier_t gate;
static void *waits(void *n) {
    pthread_barrier_wait(&gate);
    return n;
}

static _Thread_local int local = 7;
static void *locals(void *n) {
    local += (int)(long)n;
    return (void *)(long)local;
}

static void *own_join(void *unused) { return (void *)(long)pthread_join(pthread_self(), 0); }

int main(void) {
    pthread_t thread[64];
    void *result;
    long sum = 0;
    for (long i = 0; i < 64; i++)
        if (pthread_create(&thread[i], 0, doubled, (void *)i)) return 1;
    for (int i = 0; i < 64; i++) {
        pthread_join(thread[i], &result);
        sum += (long)result;
    }
    printf("sum %ld\n", sum);

    pthread_create(&thread[0], 0, exits, (void *)42L);
    pthread_join(thread[0], &result);
    printf("exit %ld\n", (long)result);
    pthread_create(&thread[0], 0, pops, (void *)43L);
    pthread_join(thread[0], &result);
    printf("return %ld\n", (long)result);
    for (long i = 1; i < 4; i++) {
        pthread_create(&thread[0], 0, locals, (void *)i);
        pthread_join(thread[0], &result);
        printf("local %ld\n", (long)result);
    }
    printf("main's local %d\n", local);

    pthread_create(&thread[0], 0, own_join, 0);
    pthread_join(thread[0], &result);
    printf("join self %s\n", (long)result == EDEADLK ? "EDEADLK" : "?");

    pthread_barrier_init(&gate, 0, 2);
    pthread_create(&thread[0], 0, waits, (void *)5L);
    printf("tryjoin %s\n", pthread_tryjoin_np(thread[0], &result) == EBUSY ? "EBUSY" : "?");
    struct timespec soon;
    clock_gettime(CLOCK_REALTIME, &soon);
    soon.tv_nsec += 5000000;
    if (soon.tv_nsec >= 1000000000) soon.tv_nsec -= 1000000000, soon.tv_sec++;
    printf("timedjoin %s\n", pthread_timedjoin_np(thread[0], &result, &soon) == ETIMEDOUT ? "ETIMEDOUT" : "?");
    pthread_barrier_wait(&gate);
    printf("join %d %ld\n", pthread_join(thread[0], &result), (long)result);

    pthread_create(&thread[0], 0, waits, 0);
    printf("detach %d", pthread_detach(thread[0]));
    printf(" again %s", pthread_detach(thread[0]) == EINVAL ? "EINVAL" : "?");
    printf(" join %s\n", pthread_join(thread[0], 0) == EINVAL ? "EINVAL" : "?");
    pthread_barrier_wait(&gate);
    printf("equal %d %d\n", !!pthread_equal(pthread_self(), pthread_self()), !!pthread_equal(pthread_self(), 0));

    char name[16];
    printf("setname %d\n", pthread_setname_np(pthread_self(), "fifteen_letters"));
    printf("getname %d %s\n", pthread_getname_np(pthread_self(), name, sizeof name), name);
    printf("too long %s\n", pthread_setname_np(pthread_self(), "sixteen__letters") == ERANGE ? "ERANGE" : "?");
    printf("too short %s\n", pthread_getname_np(pthread_self(), name, 4) == ERANGE ? "ERANGE" : "?");
    printf("kill 0: %d, kill 99: %s\n", pthread_kill(pthread_self(), 0), pthread_kill(pthread_self(), 99) == EINVAL ? "EINVAL" : "?");
    clockid_t clock;
    struct timespec cpu;
    printf("cpuclock %d", pthread_getcpuclockid(pthread_self(), &clock));
    printf(" %d\n", clock_gettime(clock, &cpu));
    int old = -1;
    printf("cancelstate %d", pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old));
    printf(" %d", old);
    printf(" %d", pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &old));
    printf(" %d\n", old);
    return 0;
}
