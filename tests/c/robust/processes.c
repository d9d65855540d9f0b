/* A robust mutex that processes share: its owner is killed, waiting or not; and a storm of kills, in which it is never lost.
   timeout: 60 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct room {
    pthread_mutex_t mutex;
    volatile long first, second, rounds; /* first == second whenever nobody holds the mutex, or somebody has put it right */
    volatile int ready;
};
static struct room *room;

static const char *say(int code) {
    return code == 0 ? "ok" : code == EOWNERDEAD ? "EOWNERDEAD" : code == ENOTRECOVERABLE ? "ENOTRECOVERABLE" : "other";
}

static pid_t start(void (*run)(void)) {
    fflush(stdout);
    room->ready = 0;
    pid_t pid = fork();
    if (pid == 0) {
        run();
        _exit(0);
    }
    return pid;
}
static void end(pid_t pid) {
    kill(pid, SIGKILL);
    waitpid(pid, 0, 0);
}
static void hold(void) {
    int code = pthread_mutex_lock(&room->mutex);
    if (code == EOWNERDEAD) pthread_mutex_consistent(&room->mutex);
    room->ready = 1;
    for (;;) pause();
}
static void leave(void) { pthread_mutex_lock(&room->mutex); }
static void wait_for_it(void) {
    room->ready = 1;
    int code = pthread_mutex_lock(&room->mutex);
    if (code == EOWNERDEAD) pthread_mutex_consistent(&room->mutex);
    pthread_mutex_unlock(&room->mutex);
    _exit(code == EOWNERDEAD ? 42 : code == 0 ? 0 : 1);
}
static void work(void) {
    for (;;) {
        int code = pthread_mutex_lock(&room->mutex);
        if (code == EOWNERDEAD) {
            room->second = room->first;
            pthread_mutex_consistent(&room->mutex);
        } else if (code != 0) {
            _exit(1);
        }
        if (room->first != room->second) _exit(2);
        room->first++;
        room->second++;
        room->rounds++;
        if (pthread_mutex_unlock(&room->mutex) != 0) _exit(3);
    }
}

int main(void) {
    void *head;
    size_t length;
    if (syscall(SYS_get_robust_list, 0, &head, &length) != 0 && errno == ENOSYS) {
        printf("no robust lists here\n");
        return 77;
    }
    room = mmap(0, sizeof *room, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    printf("init %d\n", pthread_mutex_init(&room->mutex, &attributes));

    for (int owner = 0; owner < 3; owner++) {
        pid_t pid = start(hold);
        while (!room->ready) usleep(500);
        end(pid);
    }
    printf("three were killed: %s", say(pthread_mutex_lock(&room->mutex)));
    printf(" consistent %s", say(pthread_mutex_consistent(&room->mutex)));
    printf(" unlock %s\n", say(pthread_mutex_unlock(&room->mutex)));

    waitpid(start(leave), 0, 0);
    printf("one has left: %s", say(pthread_mutex_lock(&room->mutex)));
    printf(" consistent %s", say(pthread_mutex_consistent(&room->mutex)));
    printf(" unlock %s\n", say(pthread_mutex_unlock(&room->mutex)));

    /* Killed while others sleep for it: one of them is told. */
    pid_t holder = start(hold), waiters[3];
    while (!room->ready) usleep(500);
    for (int i = 0; i < 3; i++) waiters[i] = start(wait_for_it);
    usleep(60000);
    end(holder);
    int told = 0, fine = 0, status;
    for (int i = 0; i < 3; i++) {
        waitpid(waiters[i], &status, 0);
        told += WEXITSTATUS(status) == 42;
        fine += status == 0;
    }
    printf("told %d fine %d\n", told, fine);

    /* Three at work; at random moments one is killed and another comes. */
    unsigned long long random = 88172645463325252ull;
    pid_t workers[3];
    int wrong = 0;
    for (int i = 0; i < 3; i++) workers[i] = start(work);
    for (int i = 0; i < 600; i++) {
        random ^= random << 13, random ^= random >> 7, random ^= random << 17;
        int which = (int)((random >> 33) % 3);
        long before = room->rounds;
        usleep((random >> 40) % 700);
        kill(workers[which], SIGKILL);
        waitpid(workers[which], &status, 0);
        wrong += !WIFSIGNALED(status);
        workers[which] = start(work);
        for (int looks = 0; room->rounds == before; looks++) {
            if (looks == 20000) {
                printf("nobody gets it any more\n");
                for (int k = 0; k < 3; k++) end(workers[k]);
                return 1;
            }
            usleep(500);
        }
    }
    for (int i = 0; i < 3; i++) end(workers[i]);
    int code = pthread_mutex_lock(&room->mutex);
    printf("storm: wrong %d, %s\n", wrong, code == 0 || code == EOWNERDEAD ? "still there" : "lost");
    return 0;
}
