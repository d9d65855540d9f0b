/* pthread_attr_*: defaults, ranges, stacks. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *say(int code) {
    return code == 0 ? "ok" : code == EINVAL ? "EINVAL" : code == ENOTSUP ? "ENOTSUP" : "other";
}

static int result;
static void *inside(void *unused) {
    pthread_attr_t attributes;
    void *low;
    size_t size;
    char here;
    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstack(&attributes, &low, &size);
    int state;
    pthread_attr_getdetachstate(&attributes, &state);
    pthread_attr_destroy(&attributes);
    result = &here >= (char *)low && &here < (char *)low + size ? state : -1;
    return 0;
}

static char own_stack[256 * 1024] __attribute__((aligned(4096)));

int main(void) {
    pthread_attr_t attributes;
    int value;
    size_t size;
    void *low;
    printf("init %s\n", say(pthread_attr_init(&attributes)));
    pthread_attr_getdetachstate(&attributes, &value);
    printf("detachstate %d\n", value == PTHREAD_CREATE_JOINABLE);
    pthread_attr_getguardsize(&attributes, &size);
    printf("guard %zu\n", size);
    pthread_attr_getscope(&attributes, &value);
    printf("scope %d\n", value == PTHREAD_SCOPE_SYSTEM);
    pthread_attr_getinheritsched(&attributes, &value);
    printf("inherit %d\n", value == PTHREAD_INHERIT_SCHED);
    pthread_attr_getschedpolicy(&attributes, &value);
    printf("policy %d\n", value == SCHED_OTHER);
    printf("detachstate 7 %s\n", say(pthread_attr_setdetachstate(&attributes, 7)));
    printf("stack 1 %s\n", say(pthread_attr_setstacksize(&attributes, 1)));
    printf("scope process %s\n", say(pthread_attr_setscope(&attributes, PTHREAD_SCOPE_PROCESS)));
    printf("scope 9 %s\n", say(pthread_attr_setscope(&attributes, 9)));
    printf("inherit 9 %s\n", say(pthread_attr_setinheritsched(&attributes, 9)));
    printf("policy 9 %s\n", say(pthread_attr_setschedpolicy(&attributes, 9)));
    struct sched_param priority = { 50 };
    printf("priority %s\n", say(pthread_attr_setschedparam(&attributes, &priority)));
    printf("stack %s\n", say(pthread_attr_setstacksize(&attributes, 300000)));
    pthread_attr_getstacksize(&attributes, &size);
    printf("stack %zu\n", size);
    printf("guard %s\n", say(pthread_attr_setguardsize(&attributes, 8192)));
    pthread_attr_getguardsize(&attributes, &size);
    printf("guard %zu\n", size);
    pthread_t thread;
    printf("create %s\n", say(pthread_create(&thread, &attributes, inside, 0)));
    pthread_join(thread, 0);
    printf("inside %d\n", result);
    printf("setstack small %s\n", say(pthread_attr_setstack(&attributes, own_stack, 100)));
    printf("setstack %s\n", say(pthread_attr_setstack(&attributes, own_stack, sizeof own_stack)));
    pthread_attr_getstack(&attributes, &low, &size);
    printf("getstack %d %zu\n", low == own_stack, size);
    printf("create %s\n", say(pthread_create(&thread, &attributes, inside, 0)));
    pthread_join(thread, 0);
    printf("inside %d\n", result);
    inside(0);
    printf("main inside %d\n", result);
    printf("destroy %s\n", say(pthread_attr_destroy(&attributes)));
    return 0;
}
