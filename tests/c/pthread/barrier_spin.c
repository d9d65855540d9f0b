/* pthread_barrier_* and pthread_spin_*. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static pthread_barrier_t *barrier;
static pthread_spinlock_t spin;
static long counter, serial, early;
static void *work(void *unused) {
    for (int round = 1; round <= 300; round++) {
        pthread_spin_lock(&spin);
        counter++;
        pthread_spin_unlock(&spin);
        if (pthread_barrier_wait(barrier) == PTHREAD_BARRIER_SERIAL_THREAD) serial++;
        if (counter < 4L * round) early = 1;
        pthread_barrier_wait(barrier);
    }
    return 0;
}
static void *meet(void *unused) {
    pthread_barrier_wait(barrier);
    return 0;
}

int main(void) {
    pthread_t threads[4];
    barrier = malloc(sizeof *barrier);
    printf("init 0 %s\n", pthread_barrier_init(barrier, 0, 0) == EINVAL ? "EINVAL" : "?");
    printf("init %d\n", pthread_barrier_init(barrier, 0, 4));
    printf("spin %d\n", pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE));
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], 0, work, 0);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], 0);
    printf("counter %ld serial %ld early %ld\n", counter, serial, early);
    printf("destroy %d\n", pthread_barrier_destroy(barrier));
    /* Whoever comes first through may destroy it. */
    for (int i = 0; i < 500; i++) {
        pthread_t thread;
        pthread_barrier_init(barrier, 0, 2);
        pthread_create(&thread, 0, meet, 0);
        pthread_barrier_wait(barrier);
        pthread_barrier_destroy(barrier);
        free(barrier);
        barrier = malloc(sizeof *barrier);
        pthread_join(thread, 0);
    }
    printf("try %d", pthread_spin_trylock(&spin));
    printf(" again %s", pthread_spin_trylock(&spin) == EBUSY ? "EBUSY" : "?");
    printf(" unlock %d destroy %d\n", pthread_spin_unlock(&spin), pthread_spin_destroy(&spin));
    return 0;
}
