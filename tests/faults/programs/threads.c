/* Threads that come and go while the kernel refuses what they are made of.
   A refused pthread_create must return EAGAIN (or ENOMEM), start nothing, and work when it is tried again.

   sweep: mmap ENOMEM -> handled
   sweep: mprotect ENOMEM -> handled | absent
   sweep: munmap ENOMEM -> handled | absent
   sweep: madvise ENOMEM | EINVAL -> handled | absent
   sweep: clone EAGAIN | ENOMEM | EPERM -> handled | absent
   sweep: clone3 EAGAIN | ENOSYS -> handled | absent
   sweep: rseq ENOSYS | EINVAL | EPERM -> handled
   sweep: membarrier ENOSYS | EPERM -> handled | absent
   sweep: set_robust_list ENOSYS -> handled | absent
   sweep: rt_sigprocmask EINVAL -> handled | abort | absent
   sweep: futex_wait EINTR | EAGAIN -> handled */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 6, ROUNDS = 3, WRONG = 120 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int started, sum;
static __thread int mine = 7;

static void *work(void *argument)
{
    int number = *(int *)argument;
    char *memory = malloc(100 + number);
    if (memory)
        memset(memory, number, 100 + number);
    mine += number;
    pthread_mutex_lock(&lock);
    started++;
    sum += mine;
    pthread_cond_broadcast(&changed);
    while (started < THREADS)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    free(memory);
    return argument;
}

int main(void)
{
    int number[THREADS];
    for (int round = 0; round < ROUNDS; round++) {
        pthread_t thread[THREADS];
        started = sum = 0;
        for (int n = 0; n < THREADS; n++) {
            number[n] = n;
            int error, tries = 0;
            while ((error = pthread_create(&thread[n], 0, work, &number[n])) != 0) {
                fprintf(stderr, "refused thread %d: %s\n", n, strerror(error));
                if ((error != EAGAIN && error != ENOMEM && error != EPERM && error != EINVAL) || ++tries > 3) {
                    printf("pthread_create: %d after %d tries\n", error, tries);
                    exit(WRONG);
                }
            }
        }
        for (int n = 0; n < THREADS; n++) {
            void *result;
            int error = pthread_join(thread[n], &result);
            if (error || result != &number[n]) {
                printf("pthread_join: %d, %p\n", error, result);
                exit(WRONG);
            }
        }
        printf("round %d: sum %d\n", round, sum);
    }
    if (fflush(stdout) != 0) {
        perror("write");
        return 1;
    }
    return 0;
}
