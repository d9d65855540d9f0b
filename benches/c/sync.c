/* sync: nanoseconds for locks, hand-overs between two threads, and clocks.
 *
 *     sync MILLISECONDS [NAME]...
 *
 * "4 threads" is elapsed time a critical section over all threads; a ping-pong is elapsed time of one hand-over each way; the
 * others are processor time.
 */
#include "bench.h"
#include <semaphore.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t condvar = PTHREAD_COND_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static long counter __attribute__((aligned(CACHE_LINE)));

static void lock_unlock(long count)
{
    for (long i = 0; i < count; i++) {
        pthread_mutex_lock(&mutex);
        counter++;
        pthread_mutex_unlock(&mutex);
    }
}

static void read_lock(long count)
{
    for (long i = 0; i < count; i++) {
        pthread_rwlock_rdlock(&rwlock);
        keep(&counter);
        pthread_rwlock_unlock(&rwlock);
    }
}

static void signal_nobody(long count)
{
    for (long i = 0; i < count; i++)
        pthread_cond_signal(&condvar);
}

static void nothing(void)
{
}

static void once_again(long count)
{
    for (long i = 0; i < count; i++)
        pthread_once(&once, nothing);
}

static void get_specific(long count)
{
    for (long i = 0; i < count; i++)
        keep(pthread_getspecific(key));
}

static void time_(long count)
{
    for (long i = 0; i < count; i++) {
        time_t now = time(NULL);
        keep(&now);
    }
}

static void clock_(long count)
{
    for (long i = 0; i < count; i++)
        now_ns();
}

static sem_t here, there;
static long hand_overs;

static void *answer(void *unused)
{
    for (long i = 0; i < hand_overs; i++) {
        sem_wait(&there);
        sem_post(&here);
    }
    return unused;
}

static void sem_alone(long count)
{
    for (long i = 0; i < count; i++) {
        sem_post(&here);
        sem_wait(&here);
    }
}

static void sem_ping_pong(long count)
{
    pthread_t thread;
    hand_overs = count;
    int error = pthread_create(&thread, NULL, answer, NULL);
    if (error)
        die("pthread_create", error);
    for (long i = 0; i < count; i++) {
        sem_post(&there);
        sem_wait(&here);
    }
    pthread_join(thread, NULL);
}

static void contend(struct member *self)
{
    while (!stopped()) {
        pthread_mutex_lock(&mutex);
        counter++;
        pthread_mutex_unlock(&mutex);
        self->ops++;
    }
}

static const struct {
    const char *name;
    void (*body)(long);
} all[] = {
    {"mutex", lock_unlock}, {"rwlock, read", read_lock}, {"cond_signal, nobody", signal_nobody}, {"once, done", once_again},
    {"getspecific", get_specific}, {"sem post+wait", sem_alone}, {"sem ping-pong", sem_ping_pong}, {"time", time_},
    {"clock_gettime", clock_},
};

int main(int argc, char **argv)
{
    int ms = argc > 1 ? atoi(argv[1]) : 20;
    if (sem_init(&here, 0, 0) || sem_init(&there, 0, 0) || pthread_key_create(&key, NULL))
        die("init", errno);
    for (size_t i = 0; i < LENGTH(all); i++)
        if (wanted(argc, argv, all[i].name))
            report_by(all[i].body == sem_ping_pong ? CLOCK_MONOTONIC : CLOCK_PROCESS_CPUTIME_ID, all[i].name, ms, all[i].body);
    if (wanted(argc, argv, "mutex, 4 threads"))
        printf("mutex, 4 threads\t%.4f\n", 1e9 / run_team(4, 4 * ms, contend));
    return 0;
}
