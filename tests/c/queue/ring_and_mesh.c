/* dacapo/queue.h: words through a ring whose ends sleep; jobs that threads send each other.
 * compare: none
 */
#include <dacapo/queue.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define CHECK(what) do { if (!(what)) { printf("%d: %s\n", __LINE__, #what); exit(1); } } while (0)
#define WORDS 20000
#define CORES 3
#define CALLS 500

static dacapo_producer producer;
static dacapo_consumer consumer;

static void *push_all(void *unused) {
    for (uint64_t n = 0; n < WORDS; n++) {
        if (n % 4096 == 0)
            nanosleep(&(struct timespec){0, 200000}, NULL);
        CHECK(dacapo_push(&producer, n) == 0);
    }
    struct dacapo_end_statistics mine, theirs;
    dacapo_producer_statistics(&producer, &mine, &theirs);
    CHECK(mine.messages == WORDS + 4 && theirs.messages <= WORDS + 4);
    dacapo_producer_close(&producer);
    return NULL;
}

static void ring(void) {
    uint64_t word, words[3] = {1, 2, 3}, out[5];
    CHECK(dacapo_ring_init(&producer, &consumer, 0) == EINVAL);
    CHECK(dacapo_ring_init(&producer, &consumer, 4) == 0);
    CHECK(dacapo_try_pop(&consumer, &word) == EAGAIN);
    CHECK(dacapo_push_some(&producer, words, 3) == 3 && dacapo_push_some(&producer, words, 3) == 1);
    CHECK(dacapo_try_push(&producer, 9) == EAGAIN);
    CHECK(dacapo_pop_some(&consumer, out, 5) == 4 && out[0] == 1 && out[2] == 3 && out[3] == 1);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, push_all, NULL) == 0);
    for (uint64_t n = 0; n < WORDS - 4; n++)
        CHECK(dacapo_pop(&consumer, &word) == 0 && word == n);
    for (int n = 0; n < 4; n++)
        CHECK(dacapo_pop(&consumer, &word) == 0);
    CHECK(dacapo_pop(&consumer, &word) == EPIPE);
    dacapo_consumer_close(&consumer);
    pthread_join(thread, NULL);
    CHECK(dacapo_ring_init(&producer, &consumer, 4) == 0);
    dacapo_consumer_close(&consumer);
    (void)dacapo_push(&producer, 1); /* finds out, at the latest */
    CHECK(dacapo_push(&producer, 1) == EPIPE);
    dacapo_producer_close(&producer);
}

static dacapo_mesh mesh;
static atomic_int finished;

static uint64_t add(dacapo_core *there, void *argument) {
    uint64_t *sum = dacapo_core_local(there);
    *sum += (uintptr_t)argument;
    return *sum;
}

static dacapo_job index_of;

static uint64_t index_of(dacapo_core *there, void *argument) {
    (void)argument;
    return dacapo_core_index(there);
}

static int all_finished(void *unused) {
    (void)unused;
    return finished == CORES;
}

static void *one_core(void *index) {
    uint64_t sum = 0, result;
    size_t me = (uintptr_t)index;
    dacapo_core core;
    dacapo_answer answer;
    CHECK(dacapo_core_join(&mesh, me, &sum, &core) == 0);
    CHECK(dacapo_core_index(&core) == me);
    CHECK(dacapo_call(&core, CORES, add, NULL, &result) == EINVAL);
    for (size_t n = 0; n < CALLS; n++)
        for (size_t to = 0; to < CORES; to++) {
            CHECK(dacapo_send(&core, to, add, (void *)(uintptr_t)1) == 0);
            CHECK(dacapo_call(&core, to, index_of, NULL, &result) == 0 && result == to);
            CHECK(dacapo_submit_to(&core, to, add, (void *)(uintptr_t)2, &answer) == 0);
            CHECK(dacapo_answer_wait(&answer, &result) == 0 && result >= 3 * (n + 1));
        }
    finished++;
    for (size_t other = 0; other < CORES; other++)
        dacapo_nudge(&core, other);
    dacapo_serve_until(&core, all_finished, NULL);
    CHECK(sum == 3 * CALLS * CORES);
    dacapo_core_leave(&core);
    return NULL;
}

/* One thread is the first core, and looks at an answer until it is there; the second one serves by hand, pinned. */
static void *serve_by_hand(void *served) {
    dacapo_core core;
    uint64_t sum = 0;
    CHECK(dacapo_core_join(&mesh, 1, &sum, &core) == 0);
    CHECK(dacapo_core_pin(&core, 1000000) == EINVAL);
    for (int cpu = 0; dacapo_core_pin(&core, cpu) != 0; cpu++)
        CHECK(cpu < 4096);
    while (*(size_t *)served < 3) {
        *(size_t *)served += dacapo_serve(&core);
        sched_yield();
    }
    CHECK(sum == 7);
    dacapo_core_leave(&core);
    return NULL;
}

static void answers(void) {
    dacapo_core core;
    dacapo_answer answer;
    uint64_t result, sum = 0;
    size_t served = 0;
    pthread_t second;
    CHECK(dacapo_mesh_init(&mesh, 2, 8) == 0);
    CHECK(dacapo_core_join(&mesh, 0, &sum, &core) == 0);
    CHECK(dacapo_submit_to(&core, 1, add, (void *)(uintptr_t)4, &answer) == 0);
    CHECK(!dacapo_answer_ready(&answer)); /* nobody is the second core yet */
    CHECK(pthread_create(&second, NULL, serve_by_hand, &served) == 0);
    while (!dacapo_answer_ready(&answer)) {
        CHECK(dacapo_serve(&core) == 0);
        sched_yield();
    }
    CHECK(dacapo_answer_wait(&answer, &result) == 0 && result == 4);
    CHECK(dacapo_submit_to(&core, 1, add, (void *)(uintptr_t)2, &answer) == 0);
    dacapo_answer_drop(&answer); /* the job runs all the same: the next one's answer says so */
    CHECK(dacapo_call(&core, 1, add, (void *)(uintptr_t)1, &result) == 0 && result == 7);
    pthread_join(second, NULL);
    CHECK(served == 3);
    CHECK(dacapo_send(&core, 1, add, NULL) == ESRCH);
    dacapo_core_leave(&core);
    dacapo_mesh_destroy(&mesh);
}

int main(void) {
    CHECK(dacapo_queue_fences()[0] != 0);
    ring();
    pthread_t threads[CORES];
    CHECK(dacapo_mesh_init(&mesh, CORES, 8) == 0);
    for (size_t n = 0; n < CORES; n++)
        CHECK(pthread_create(&threads[n], NULL, one_core, (void *)n) == 0);
    for (size_t n = 0; n < CORES; n++)
        pthread_join(threads[n], NULL);
    dacapo_core late;
    CHECK(dacapo_core_join(&mesh, 0, NULL, &late) == EBUSY);
    CHECK(dacapo_core_join(&mesh, CORES, NULL, &late) == EINVAL);
    dacapo_mesh_destroy(&mesh);
    answers();
    puts("ok");
    return 0;
}
