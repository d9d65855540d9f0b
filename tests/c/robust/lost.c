/* A robust mutex that nobody puts right: all who sleep for it are told. glibc 2.36 tells one of them and leaves the others asleep.
   compare: none */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SLEEPERS = 4 };
static pthread_mutex_t mutex;
static void *take(void *unused) { return (void *)(long)pthread_mutex_lock(&mutex); }

int main(void) {
    void *head;
    size_t length;
    if (syscall(SYS_get_robust_list, 0, &head, &length) != 0 && errno == ENOSYS) {
        printf("no robust lists here\n");
        return 77;
    }
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    if (pthread_mutex_init(&mutex, &attributes) != 0) return 2;
    pthread_t threads[SLEEPERS];
    pthread_create(&threads[0], 0, take, 0);
    pthread_join(threads[0], 0);
    if (pthread_mutex_lock(&mutex) != EOWNERDEAD) return 3;
    for (int i = 0; i < SLEEPERS; i++) pthread_create(&threads[i], 0, take, 0);
    usleep(50000);
    pthread_mutex_unlock(&mutex);
    for (int i = 0; i < SLEEPERS; i++) {
        void *result;
        pthread_join(threads[i], &result);
        if ((long)result != ENOTRECOVERABLE) return 4;
    }
    printf("%d told\n", SLEEPERS);
    return 0;
}
