/* sched_*, CPU_* and the affinity of threads. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>

int main(void) {
    cpu_set_t all, one, both, none;
    printf("get %d\n", sched_getaffinity(0, sizeof all, &all));
    printf("some %d\n", CPU_COUNT(&all) > 0);
    CPU_ZERO(&none);
    printf("none %d\n", CPU_COUNT(&none));
    printf("set none %d %s\n", sched_setaffinity(0, sizeof none, &none), errno == EINVAL ? "EINVAL" : "?");
    printf("short %d %s\n", sched_getaffinity(0, 3, &none), errno == EINVAL ? "EINVAL" : "?");
    int wrong = 0;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &all)) continue;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        wrong += sched_setaffinity(0, sizeof one, &one) != 0;
        wrong += sched_getcpu() != cpu;
        unsigned now = 99999;
        wrong += getcpu(&now, 0) != 0 || (int)now != cpu;
        wrong += pthread_getaffinity_np(pthread_self(), sizeof both, &both) != 0 || !CPU_EQUAL(&one, &both);
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
    printf("policy %d param %d %d\n", sched_getscheduler(0), sched_getparam(0, &priority), priority.sched_priority);
    printf("fifo %d %d\n", sched_get_priority_min(SCHED_FIFO), sched_get_priority_max(SCHED_FIFO));
    printf("no policy %d %s\n", sched_get_priority_max(77), errno == EINVAL ? "EINVAL" : "?");
    printf("thread %d", pthread_getschedparam(pthread_self(), &policy, &priority));
    printf(" %d %d\n", policy, priority.sched_priority);
    printf("yield %d\n", sched_yield());
    return 0;
}
