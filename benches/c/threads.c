/* threads: what it costs to make a thread that does nothing and to wait for its end.
 *
 *     threads AT_ONCE ROUNDS      prints nanoseconds for one pthread_create with its pthread_join: the median of the rounds
 *
 * AT_ONCE threads are made, then all are joined; that is one round.
 */
#include "bench.h"

static void *nothing(void *argument)
{
    return argument;
}

static int by_value(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

int main(int argc, char **argv)
{
    static pthread_t threads[256];
    static uint64_t taken[100000];
    static char marks[256];
    int at_once = argc == 3 ? atoi(argv[1]) : 0, rounds = argc == 3 ? atoi(argv[2]) : 0;
    if (at_once < 1 || at_once > (int)LENGTH(threads) || rounds < 1 || rounds > (int)LENGTH(taken)) {
        fprintf(stderr, "usage: threads AT_ONCE ROUNDS\n");
        return 2;
    }
    for (int round = -3; round < rounds; round++) {
        uint64_t begin = now_ns();
        for (int i = 0; i < at_once; i++) {
            int error = pthread_create(&threads[i], NULL, nothing, &marks[i]);
            if (error)
                die("pthread_create", error);
        }
        for (int i = 0; i < at_once; i++) {
            void *result;
            int error = pthread_join(threads[i], &result);
            if (error || result != &marks[i])
                die("pthread_join", error);
        }
        if (round >= 0)
            taken[round] = now_ns() - begin;
    }
    qsort(taken, (size_t)rounds, sizeof *taken, by_value);
    printf("%.1f\n", (double)taken[rounds / 2] / at_once);
    return 0;
}
