/* sched_*, CPU_* and the affinity of threads. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>

/* A function of its own, so that the call is over before errno is read. */
static void report(const char *what, int result) {
    printf("%s %d %s\n", what, result, result == 0 ? "" : errno == EINVAL ? "EINVAL" : "?");
    errno = 0;
}

int main(void) {
    cpu_set_t all, one, both, none;
    printf("get %d\n", sched_getaffinity(0, sizeof all, &all));
    printf("some %d\n", CPU_COUNT(&all) > 0);
    CPU_ZERO(&none);
    printf("none %d\n", CPU_COUNT(&none));
    report("set none", sched_setaffinity(0, sizeof none, &none));
    report("short", sched_getaffinity(0, 3, &none));
    int wrong = 0;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &all)) continue;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        unsigned now = 99999;
        int set = sched_setaffinity(0, sizeof one, &one), loaded = sched_getcpu(), called = getcpu(&now, 0);
        int read = pthread_getaffinity_np(pthread_self(), sizeof both, &both);
        if (set || loaded != cpu || called || (int)now != cpu || read || !CPU_EQUAL(&one, &both)) {
            printf("CPU %d: set %d loaded %d called %d %u read %d\n", cpu, set, loaded, called, now, read);
            wrong++;
        }
    }
    printf("wrong %d\n", wrong);
    printf("back %d\n", pthread_setaffinity_np(pthread_self(), sizeof all, &all));
    CPU_AND(&both, &all, &one);
    printf("and %d\n", CPU_EQUAL(&both, &one));
    CPU_XOR(&both, &one, &one);
    printf("xor %d\n", CPU_COUNT(&both));
    CPU_CLR(0, &all);
    printf("clear %d\n", !!CPU_ISSET(0, &all));
    cpu_set_t *large = CPU_ALLOC(4096);
    size_t size = CPU_ALLOC_SIZE(4096);
    CPU_ZERO_S(size, large);
    CPU_SET_S(4000, size, large);
    CPU_SET_S(5000, size, large);
    printf("large %zu %d %d\n", size, CPU_COUNT_S(size, large), !!CPU_ISSET_S(4000, size, large));
    CPU_FREE(large);
    struct sched_param priority;
    int policy;
    printf("policy %d", sched_getscheduler(0));
    printf(" param %d", sched_getparam(0, &priority));
    printf(" %d\n", priority.sched_priority);
    printf("fifo %d %d\n", sched_get_priority_min(SCHED_FIFO), sched_get_priority_max(SCHED_FIFO));
    report("no policy", sched_get_priority_max(77));
    printf("thread %d", pthread_getschedparam(pthread_self(), &policy, &priority));
    printf(" %d %d\n", policy, priority.sched_priority);
    printf("yield %d\n", sched_yield());
    return 0;
}
