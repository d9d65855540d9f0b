/* pthread_once, keys and their destructors, and their errors. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int times;
static pthread_key_t key, rounds;
static void count(void) { times++; }
static void *calls(void *unused) {
    for (int i = 0; i < 1000; i++) pthread_once(&once, count);
    return 0;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long destroyed, turns;
static void destroy(void *value) {
    pthread_mutex_lock(&lock);
    destroyed += (long)value;
    pthread_mutex_unlock(&lock);
}
static void again(void *value) {
    turns++;
    pthread_setspecific(rounds, value);
}
static void *sets(void *value) {
    if (pthread_getspecific(key)) return (void *)1L;
    pthread_setspecific(key, value);
    return pthread_getspecific(key) == value ? 0 : (void *)2L;
}
static void *sets_rounds(void *value) {
    pthread_setspecific(rounds, value);
    return 0;
}

int main(void) {
    pthread_t threads[8];
    for (int i = 0; i < 8; i++) pthread_create(&threads[i], 0, calls, 0);
    for (int i = 0; i < 8; i++) pthread_join(threads[i], 0);
    printf("once %d\n", times);

    printf("create %d\n", pthread_key_create(&key, destroy));
    long bad = 0;
    for (long i = 0; i < 8; i++) pthread_create(&threads[i], 0, sets, (void *)(i + 1));
    for (int i = 0; i < 8; i++) {
        void *result;
        pthread_join(threads[i], &result);
        bad += (long)result;
    }
    printf("destroyed %ld bad %ld mine %d\n", destroyed, bad, pthread_getspecific(key) != 0);
    printf("create %d\n", pthread_key_create(&rounds, again));
    pthread_create(&threads[0], 0, sets_rounds, (void *)1L);
    pthread_join(threads[0], 0);
    printf("rounds %ld of %d\n", turns, PTHREAD_DESTRUCTOR_ITERATIONS);
    pthread_key_delete(rounds);

    pthread_setspecific(key, &bad);
    printf("delete %d again %s\n", pthread_key_delete(key), pthread_key_delete(key) == EINVAL ? "EINVAL" : "?");
    printf("get %d set %s\n", pthread_getspecific(key) != 0, pthread_setspecific(key, &bad) == EINVAL ? "EINVAL" : "?");
    printf("wild %d %s\n", pthread_getspecific(123456) != 0, pthread_setspecific(123456, 0) == EINVAL ? "EINVAL" : "?");
    int made = 0, code;
    static pthread_key_t keys[PTHREAD_KEYS_MAX + 1];
    while ((code = pthread_key_create(&keys[made], 0)) == 0) made++;
    printf("many %d, then %s\n", made > 900, code == EAGAIN ? "EAGAIN" : "?");
    for (int i = 0; i < made; i++) pthread_setspecific(keys[i], &keys[i]);
    int wrong = 0;
    for (int i = 0; i < made; i++) wrong += pthread_getspecific(keys[i]) != &keys[i];
    for (int i = 0; i < made; i++) wrong += pthread_key_delete(keys[i]);
    printf("wrong %d\n", wrong);
    return 0;
}
