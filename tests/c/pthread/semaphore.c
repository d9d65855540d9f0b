/* sem_*: counting, time limits, errors, and between processes. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <time.h>

static const char *say(int result) {
    return result == 0 ? "ok" : errno == EINVAL ? "EINVAL" : errno == EAGAIN ? "EAGAIN" : errno == ETIMEDOUT ? "ETIMEDOUT"
         : errno == EOVERFLOW ? "EOVERFLOW" : "other";
}

static sem_t ping, pong;
static void *answer(void *unused) {
    for (int i = 0; i < 3000; i++) {
        sem_wait(&ping);
        sem_post(&pong);
    }
    return 0;
}

int main(void) {
    int value;
    pthread_t thread;
    printf("init %s\n", say(sem_init(&ping, 0, 0)));
    printf("init %s\n", say(sem_init(&pong, 1, 0)));
    pthread_create(&thread, 0, answer, 0);
    for (int i = 0; i < 3000; i++) {
        sem_post(&ping);
        sem_wait(&pong);
    }
    pthread_join(thread, 0);
    sem_getvalue(&ping, &value);
    printf("value %d\n", value);
    printf("try %s\n", say(sem_trywait(&ping)));
    struct timespec past = { 1, 0 }, odd = { 1, -5 };
    printf("past %s\n", say(sem_timedwait(&ping, &past)));
    printf("odd %s\n", say(sem_timedwait(&ping, &odd)));
    printf("post %s\n", say(sem_post(&ping)));
    printf("past but there %s\n", say(sem_timedwait(&ping, &past)));
    sem_t full, wrong;
    printf("too many %s\n", say(sem_init(&wrong, 0, (unsigned)SEM_VALUE_MAX + 1)));
    printf("full %s\n", say(sem_init(&full, 0, SEM_VALUE_MAX)));
    printf("overflow %s\n", say(sem_post(&full)));
    printf("destroy %s\n", say(sem_destroy(&ping)));
    return 0;
}
