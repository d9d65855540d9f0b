/* Threads at the limit of threads or memory, and attributes that make no sense.

   bad input: see tests/faults/src/bad_input.rs */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { WRONG = 120, MOST = 4000 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t released = PTHREAD_COND_INITIALIZER;
static int go;

static void *wait_for_all(void *argument)
{
    pthread_mutex_lock(&lock);
    while (!go)
        pthread_cond_wait(&released, &lock);
    pthread_mutex_unlock(&lock);
    return argument;
}

static int wrong(const char *what, int value)
{
    printf("%s: %d\n", what, value);
    return WRONG;
}

static int attributes(void)
{
    pthread_attr_t attr;
    pthread_t thread;
    int error;
    pthread_attr_init(&attr);
    if ((error = pthread_attr_setstacksize(&attr, 0)) != EINVAL)
        return wrong("stack size 0", error);
    if ((error = pthread_attr_setstacksize(&attr, 4096)) != EINVAL)
        return wrong("stack size 4096", error);
    if ((error = pthread_attr_setstacksize(&attr, SIZE_MAX / 2)) != 0 && error != EINVAL)
        return wrong("stack size SIZE_MAX / 2", error);
    if (error == 0 && (error = pthread_create(&thread, &attr, wait_for_all, 0)) != EAGAIN && error != ENOMEM)
        return wrong("a thread with a stack of SIZE_MAX / 2", error);
    if ((error = pthread_attr_setdetachstate(&attr, 77)) != EINVAL)
        return wrong("detach state 77", error);
    return 0;
}

/* As many threads as there may be, three times: the same number each time, or what ended was lost. */
static int limit(void)
{
    static pthread_t thread[MOST];
    int first = 0;
    for (int round = 0; round < 3; round++) {
        int count = 0, error = 0;
        go = 0;
        for (; count < MOST; count++)
            if ((error = pthread_create(&thread[count], 0, wait_for_all, &thread[count])) != 0)
                break;
        if (count == MOST || error != EAGAIN)
            return wrong("pthread_create", error);
        if (round == 0)
            first = count;
        if (count == 0 || count < first - 2)
            return wrong("fewer threads than at first", count);
        pthread_mutex_lock(&lock);
        go = 1;
        pthread_cond_broadcast(&released);
        pthread_mutex_unlock(&lock);
        for (int n = 0; n < count; n++) {
            void *result;
            if ((error = pthread_join(thread[n], &result)) != 0 || result != &thread[n])
                return wrong("pthread_join", error);
        }
    }
    fprintf(stderr, "%d threads\n", first);
    return 0;
}

int main(int argc, char **argv)
{
    return argc > 1 && !strcmp(argv[1], "attributes") ? attributes() : limit();
}
