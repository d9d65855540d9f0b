/* liburcu's readers and updates: `urcu TRIALS` prints `ROW<TAB>PEER<TAB>FIGURE` lines, as the Rust program rcu of benches/peers/concurrent does. */
#include "urcu.h"

#define READS 1000000
#define UPDATES 200

static struct pair { uint64_t a, b; } *shared;
static int readers, writing, over, reading;
static uint64_t reads, spent;
static double updates[UPDATES];
static volatile uint64_t sink;

static struct pair *make(uint64_t n)
{
    struct pair *pair = malloc(sizeof *pair);
    pair->a = pair->b = n;
    return pair;
}

static void update(void)
{
    rcu_unregister_thread(); /* only synchronizes */
    while (__atomic_load_n(&reading, __ATOMIC_RELAXED) < readers) sched_yield();
    for (uint64_t n = 0; n < UPDATES; n++) {
        double begin = now();
        struct pair *old = rcu_xchg_pointer(&shared, make(n));
        synchronize_rcu();
        free(old);
        updates[n] = now() - begin;
    }
    rcu_register_thread();
    __atomic_store_n(&over, 1, __ATOMIC_SEQ_CST);
}

static void trial_thread(int thread)
{
    uint64_t sum = 0, done = 0;
    if (thread == readers) {
        update();
        return;
    }
    double begin = now();
    do {
        for (int n = 0; n < 1000; n++) {
            rcu_read_lock();
            struct pair *pair = rcu_dereference(shared);
            sum += pair->a + pair->b;
            rcu_read_unlock();
        }
        QUIESCENT();
        if (!done) __atomic_fetch_add(&reading, 1, __ATOMIC_RELAXED);
        done += 1000;
    } while (writing ? !__atomic_load_n(&over, __ATOMIC_RELAXED) : done < READS);
    sink = sum;
    __atomic_fetch_add(&spent, (uint64_t)(now() - begin), __ATOMIC_SEQ_CST);
    __atomic_fetch_add(&reads, done, __ATOMIC_SEQ_CST);
}

static int smaller_first(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_updates(void)
{
    double sum = 0;
    for (int n = 0; n < UPDATES; n++) sum += updates[n];
    qsort(updates, UPDATES, sizeof *updates, smaller_first);
    printf("%dR%dW update\t" NAME "\t%.3f\n", readers, writing, sum / UPDATES / 1000);
    printf("%dR%dW median update\t" NAME "\t%.3f\n", readers, writing, updates[UPDATES / 2] / 1000);
}

int main(int argc, char **argv)
{
    static const int rows[][2] = { { 1, 0 }, { 2, 0 }, { 1, 1 }, { 2, 1 } };
    int trials = argc > 1 ? atoi(argv[1]) : 5;
    shared = make(0);
    work = trial_thread;
    for (int t = 0; t < trials; t++) {
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            readers = rows[i][0], writing = rows[i][1], over = reading = 0, reads = spent = 0;
            together(readers + writing);
            printf("%dR%dW read\t" NAME "\t%.3f\n", readers, writing, (double)spent / (double)reads);
            if (writing) print_updates();
        }
    }
    return 0;
}
