/* dacapo/percpu.h and dacapo/counter.h, from C, in eight threads.
 * compare: none */
#include <dacapo/counter.h>
#include <dacapo/percpu.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>

#define EACH 20000
#define CHECK(what) do { if (!(what)) { printf("line %d: %s\n", __LINE__, #what); return 1; } } while (0)

static dacapo_counter *counter;
static dacapo_histogram *histogram;
static dacapo_statistics *statistics;
static dacapo_stack *stack;
static dacapo_ids *ids;
static dacapo_reference *reference;
static unsigned char held[64];

static void *work(void *wrong)
{
    for (long i = 0; i < EACH; i++) {
        dacapo_counter_add(counter, 1);
        dacapo_histogram_record(histogram, (uint64_t)i);
        dacapo_statistics_record(statistics, (size_t)i);
        dacapo_reference_get(reference);
        long id = dacapo_ids_allocate(ids);
        if (id >= 0) {
            if (__atomic_exchange_n(&held[id], 1, __ATOMIC_SEQ_CST)) *(volatile int *)wrong = 1;
            __atomic_store_n(&held[id], 0, __ATOMIC_SEQ_CST);
            dacapo_ids_free(ids, id);
        }
        if (dacapo_reference_put(reference)) *(volatile int *)wrong = 2;
    }
    return 0;
}

int main(void)
{
    pthread_t threads[8];
    static int wrong;
    size_t value = 0;
    struct dacapo_summary summary;
    CHECK((counter = dacapo_counter_new()) && (histogram = dacapo_histogram_new()) && (statistics = dacapo_statistics_new()));
    CHECK((stack = dacapo_stack_new(1)) && (ids = dacapo_ids_new(64)) && (reference = dacapo_reference_new()));
    CHECK(dacapo_current_cpu() < dacapo_cpu_slots());
    for (int i = 0; i < 8; i++) CHECK(!pthread_create(&threads[i], 0, work, &wrong));
    for (int i = 0; i < 8; i++) CHECK(!pthread_join(threads[i], 0));
    CHECK(wrong == 0);
    CHECK(dacapo_counter_sum(counter) == 8 * EACH);
    CHECK(!dacapo_counter_exact(counter, 1, &value) && value == 8 * EACH);
    CHECK(dacapo_histogram_count(histogram) == 8 * EACH);
    value = dacapo_histogram_quantile(histogram, 500);
    CHECK(value >= EACH / 2 - 1 && value <= EACH / 2 + EACH / 8);
    dacapo_statistics_read(statistics, &summary);
    CHECK(summary.count == 8 * EACH && summary.min == 0 && summary.max == EACH - 1);

    CHECK(dacapo_stack_push(stack, 0) == -1 && errno == EINVAL);
    CHECK(!dacapo_stack_push(stack, &value));
    CHECK(dacapo_stack_pop(stack) == &value && dacapo_stack_pop(stack) == 0);

    for (int i = 0; i < 64; i++) CHECK(dacapo_ids_allocate(ids) >= 0);
    CHECK(dacapo_ids_allocate(ids) == -1 && errno == EAGAIN);

    dacapo_limiter *limiter = dacapo_limiter_new(3600000000000ull, 3, 2);
    CHECK(limiter && dacapo_limiter_admit(limiter) && dacapo_limiter_admit(limiter) && dacapo_limiter_admit(limiter));
    CHECK(!dacapo_limiter_admit(limiter));

    dacapo_reference_get(reference);
    CHECK(!dacapo_reference_kill(reference) && !dacapo_reference_try_get(reference));
    CHECK(dacapo_reference_put(reference));
    dacapo_reference_delete(reference);
    dacapo_limiter_delete(limiter);
    dacapo_ids_delete(ids);
    dacapo_stack_delete(stack);
    dacapo_statistics_delete(statistics);
    dacapo_histogram_delete(histogram);
    dacapo_counter_delete(counter);
    return 0;
}
