/* Messages and work from one thread to another, without locks. docs: src/queue/mod.rs of dacapo.
 *
 * All structs are opaque, live where the program puts them, and must not be copied or moved after they were initialised. Functions that return int
 * give 0 or an error number (they do not set errno), unless they say otherwise.
 */
#ifndef _DACAPO_QUEUE_H
#define _DACAPO_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How receivers that sleep are found out about: "membarrier" (senders pay nothing), or "full fences" where the kernel has none. */
const char *dacapo_queue_fences(void);

/* A bounded ring of 64-bit words from one thread to one other ------------------------------------------------------------------- */

typedef struct { _Alignas(16) uint64_t opaque[16]; } dacapo_producer;
typedef struct { _Alignas(16) uint64_t opaque[16]; } dacapo_consumer;

struct dacapo_end_statistics {
    uint64_t messages; /* published, or taken */
    uint64_t refused;  /* times the ring was found full, or empty */
    uint64_t sleeps;
    uint64_t vain;     /* times it wanted to sleep and did not */
    uint64_t wakes;    /* times it woke the other end */
};

/* Both ends of a new ring with room for `capacity` words, rounded up to a power of two. EINVAL: 0. ENOMEM. */
int dacapo_ring_init(dacapo_producer *producer, dacapo_consumer *consumer, size_t capacity);

/* EAGAIN: full. EPIPE: the consumer is closed. */
int dacapo_try_push(dacapo_producer *producer, uint64_t word);
/* Waits while the ring is full. EPIPE: the consumer is closed. */
int dacapo_push(dacapo_producer *producer, uint64_t word);
/* Pushes as many of `count` words as there is room for, at once; how many. Never waits. */
size_t dacapo_push_some(dacapo_producer *producer, const uint64_t *words, size_t count);
/* No more words: the consumer gets what is in the ring, and is then told. The memory is the caller's again. */
void dacapo_producer_close(dacapo_producer *producer);

/* EAGAIN: empty. EPIPE: empty, and the producer is closed. */
int dacapo_try_pop(dacapo_consumer *consumer, uint64_t *word);
/* Waits while the ring is empty. EPIPE: empty, and the producer is closed. */
int dacapo_pop(dacapo_consumer *consumer, uint64_t *word);
/* Pops up to `count` words at once; how many. Never waits. */
size_t dacapo_pop_some(dacapo_consumer *consumer, uint64_t *words, size_t count);
/* Pushes fail from the next but one on at the latest. The memory is the caller's again. */
void dacapo_consumer_close(dacapo_consumer *consumer);

void dacapo_producer_statistics(const dacapo_producer *producer, struct dacapo_end_statistics *producers, struct dacapo_end_statistics *consumers);

/* A mesh: threads that own their data and send each other work ------------------------------------------------------------------- */

typedef struct { _Alignas(16) uint64_t opaque[16]; } dacapo_mesh;
typedef struct { _Alignas(16) uint64_t opaque[16]; } dacapo_core;
typedef struct { _Alignas(16) uint64_t opaque[8]; } dacapo_answer;

/* Runs on the thread that is core `there`; what it returns is the answer. */
typedef uint64_t dacapo_job(dacapo_core *there, void *argument);

/* `cores` cores, room for `capacity` jobs from each to each. EINVAL, ENOMEM. */
int dacapo_mesh_init(dacapo_mesh *mesh, size_t cores, size_t capacity);
/* After all cores have left. */
void dacapo_mesh_destroy(dacapo_mesh *mesh);

/* The calling thread is core `index` from now on, with its local data. EINVAL: no such core. EBUSY: somebody is, or was. */
int dacapo_core_join(dacapo_mesh *mesh, size_t index, void *local, dacapo_core *core);
/* Runs what has come, and leaves. What was not begun is refused by ESRCH. */
void dacapo_core_leave(dacapo_core *core);
/* EINVAL: no such CPU. */
int dacapo_core_pin(dacapo_core *core, size_t cpu);
size_t dacapo_core_index(const dacapo_core *core);
void *dacapo_core_local(const dacapo_core *core);

/* Sends a job to core `to`; waits for room and serves others meanwhile. The answer must be waited for or dropped before the core leaves.
 * EINVAL: no such core. ESRCH: it has left. EAGAIN: the ring is full of answers that the caller has not taken. */
int dacapo_submit_to(dacapo_core *core, size_t to, dacapo_job *job, void *argument, dacapo_answer *answer);
/* Whether waiting would not wait. */
int dacapo_answer_ready(const dacapo_answer *answer);
/* Waits, and serves others meanwhile. ESRCH: the core left before it began the job. */
int dacapo_answer_wait(dacapo_answer *answer, uint64_t *result);
/* Gives the answer up; the job runs all the same. */
void dacapo_answer_drop(dacapo_answer *answer);
/* Sends, and waits for the answer. */
int dacapo_call(dacapo_core *core, size_t to, dacapo_job *job, void *argument, uint64_t *result);
/* Sends a job whose answer nobody wants. */
int dacapo_send(dacapo_core *core, size_t to, dacapo_job *job, void *argument);

/* Runs what others have sent; how many jobs. Never waits. */
size_t dacapo_serve(dacapo_core *core);
/* Serves until `done(argument)` is not 0: it is asked after each round of jobs, and when somebody rings. */
void dacapo_serve_until(dacapo_core *core, int (*done)(void *), void *argument);
/* Makes another core ask its `done` again. */
void dacapo_nudge(dacapo_core *core, size_t other);

#ifdef __cplusplus
}
#endif

#endif
