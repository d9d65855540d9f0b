/* Every kind of lock under contention, while waits return early.

   sweep: futex_wait EINTR | EAGAIN -> handled
   sweep: membarrier ENOSYS | EPERM -> handled | absent
   sweep: rseq ENOSYS -> handled */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>

enum { THREADS = 4, ROUNDS = 30 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_barrier_t barrier;
static sem_t items;
static int by_mutex, by_rwlock, by_once, taken;

static void first(void) { by_once++; }

static void *work(void *unused)
{
    (void)unused;
    for (int round = 0; round < ROUNDS; round++) {
        pthread_once(&once, first);
        pthread_mutex_lock(&mutex);
        by_mutex++;
        pthread_mutex_unlock(&mutex);
        pthread_rwlock_wrlock(&rwlock);
        by_rwlock++;
        pthread_rwlock_unlock(&rwlock);
        pthread_rwlock_rdlock(&rwlock);
        pthread_rwlock_unlock(&rwlock);
        pthread_barrier_wait(&barrier);
        if (round % 10 == 0)
            sem_post(&items);
    }
    return 0;
}

int main(void)
{
    pthread_t thread[THREADS];
    sem_init(&items, 0, 0);
    pthread_barrier_init(&barrier, 0, THREADS);
    for (int n = 0; n < THREADS; n++)
        if (pthread_create(&thread[n], 0, work, 0)) {
            fputs("pthread_create\n", stderr);
            return 1;
        }
    for (; taken < THREADS * ROUNDS / 10; taken++)
        while (sem_wait(&items) != 0)
            ; /* EINTR: once more */
    for (int n = 0; n < THREADS; n++)
        pthread_join(thread[n], 0);
    printf("%d %d %d %d\n", by_mutex, by_rwlock, by_once, taken);
    if (fflush(stdout) != 0) {
        perror("write");
        return 1;
    }
    return 0;
}
