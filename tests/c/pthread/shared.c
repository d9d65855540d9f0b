/* A mutex, a condition and a semaphore between processes. */
#define _GNU_SOURCE
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct room {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    pthread_barrier_t barrier;
    pthread_rwlock_t lock;
    sem_t semaphore;
    long counter, written;
    int turn;
};

int main(void) {
    struct room *room = mmap(0, sizeof *room, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_t mutex;
    pthread_condattr_t condition;
    pthread_barrierattr_t barrier;
    pthread_rwlockattr_t lock;
    pthread_mutexattr_init(&mutex);
    pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED);
    pthread_condattr_init(&condition);
    pthread_condattr_setpshared(&condition, PTHREAD_PROCESS_SHARED);
    pthread_barrierattr_init(&barrier);
    pthread_barrierattr_setpshared(&barrier, PTHREAD_PROCESS_SHARED);
    pthread_rwlockattr_init(&lock);
    pthread_rwlockattr_setpshared(&lock, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&room->mutex, &mutex);
    pthread_cond_init(&room->changed, &condition);
    pthread_barrier_init(&room->barrier, &barrier, 2);
    pthread_rwlock_init(&room->lock, &lock);
    sem_init(&room->semaphore, 1, 0);
    fflush(stdout);
    pid_t child = fork();
    int me = child == 0;
    pthread_barrier_wait(&room->barrier);
    for (int i = 0; i < 2000; i++) {
        pthread_mutex_lock(&room->mutex);
        while (room->turn != me) pthread_cond_wait(&room->changed, &room->mutex);
        room->counter++;
        room->turn = !me;
        pthread_cond_broadcast(&room->changed);
        pthread_mutex_unlock(&room->mutex);
        pthread_rwlock_wrlock(&room->lock);
        room->written++;
        pthread_rwlock_unlock(&room->lock);
    }
    if (me) {
        sem_post(&room->semaphore);
        _exit(0);
    }
    sem_wait(&room->semaphore);
    int status;
    waitpid(child, &status, 0);
    printf("counter %ld written %ld status %d\n", room->counter, room->written, status);
    return 0;
}
