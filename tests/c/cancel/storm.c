/* Threads that read from pipes are cancelled at random moments: every byte was either returned by read or is still in the pipe, and no read
   returns after its thread was cancelled. glibc before 2.42 loses bytes here, so it is not asked.
   compare: none
   timeout: 60 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 4000, READERS = 2 };

struct reader {
    int fd;
    unsigned way;
    volatile long returned; /* bytes that read has said */
};

static void *run(void *argument) {
    struct reader *reader = argument;
    char bytes[7];
    struct iovec pieces[2] = { { bytes, 3 }, { bytes + 3, 4 } };
    for (;;) {
        ssize_t n = reader->way ? read(reader->fd, bytes, sizeof bytes) : readv(reader->fd, pieces, 2);
        if (n > 0) reader->returned += n;
    }
    return 0;
}

static unsigned long long state = 88172645463325252ull;
static unsigned pick(unsigned below) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 33) % below;
}

static void nothing(int number) {}

static void burn(unsigned steps) {
    for (volatile unsigned i = 0; i < steps; i++) {}
}

int main(int count, char **words) {
    if (count > 1) state ^= strtoull(words[1], 0, 0);
    struct sigaction action = { .sa_handler = nothing, .sa_flags = SA_RESTART };
    sigaction(SIGUSR1, &action, 0);
    long lost = 0, alive = 0, read_bytes = 0, left_bytes = 0;
    static const char bytes[64];
    for (int round = 0; round < ROUNDS; round++) {
        int ends[READERS][2];
        struct reader readers[READERS];
        pthread_t threads[READERS];
        long written[READERS] = { 0 };
        for (int i = 0; i < READERS; i++) {
            if (pipe(ends[i]) != 0) return 2;
            readers[i] = (struct reader){ ends[i][0], round & 1, 0 };
            if (pthread_create(&threads[i], 0, run, &readers[i]) != 0) return 3;
        }
        for (int i = 0; i < READERS; i++) {
            unsigned writes = pick(30);
            for (unsigned w = 0; w < writes; w++) {
                written[i] += write(ends[i][1], bytes, 1 + pick(20));
                if (pick(4) == 0) pthread_kill(threads[i], SIGUSR1);
                burn(pick(300));
            }
            if (pick(2)) sched_yield();
            burn(pick(2000));
            /* Bytes come just when it is cancelled. */
            if (pick(2)) {
                written[i] += write(ends[i][1], bytes, 1 + pick(20));
                burn(pick(400));
            }
            if (pthread_cancel(threads[i]) != 0) return 4;
            written[i] += write(ends[i][1], bytes, 1 + pick(20));
        }
        for (int i = 0; i < READERS; i++) {
            void *result;
            pthread_join(threads[i], &result);
            alive += result != PTHREAD_CANCELED;
            int left = 0;
            ioctl(ends[i][0], FIONREAD, &left);
            lost += written[i] != readers[i].returned + left;
            read_bytes += readers[i].returned;
            left_bytes += left;
            close(ends[i][0]);
            close(ends[i][1]);
        }
    }
    printf("lost in %ld of %d, not cancelled %ld, read %ld, left %ld\n", lost, ROUNDS * READERS, alive, read_bytes, left_bytes);
    return lost != 0 || alive != 0 || read_bytes == 0 || left_bytes == 0;
}
