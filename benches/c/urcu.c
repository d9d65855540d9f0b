/* liburcu's readers and updates: `urcu TRIALS` prints `ROW<TAB>PEER<TAB>FIGURE` lines, as the Rust program rcu of benches/peers/concurrent does. */
#include "urcu.h"

#define READS 1000000
#define UPDATES 200

static struct pair { uint64_t a, b; } *shared;
static int readers, writing, over, reading;
static uint64_t reads, spent;
static double updated;
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
    double begin = now();
    for (uint64_t n = 0; n < UPDATES; n++) {
        struct pair *old = rcu_xchg_pointer(&shared, make(n));
        synchronize_rcu();
        free(old);
    }
    updated = now() - begin;
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
            if (writing) printf("%dR%dW update\t" NAME "\t%.3f\n", readers, writing, updated / UPDATES / 1000);
        }
    }
    return 0;
}
