/* dacapo/percpu.h: structures in which each CPU has its own part, with restartable sequences where the kernel has them, and without.
 *
 * The functions that make an object return NULL and set errno (ENOMEM); an object is deleted when no thread uses it any more. */
#ifndef _DACAPO_PERCPU_H
#define _DACAPO_PERCPU_H

#include <features.h>
#include <stddef.h>
#include <stdint.h>

__BEGIN_DECLS

/* The CPU that the caller runs on, in one load where there is rseq; stale at once, but right after every migration. */
unsigned int dacapo_current_cpu(void);
/* A bound for every CPU number of this machine. */
size_t dacapo_cpu_slots(void);

typedef struct dacapo_stack dacapo_stack;
typedef struct dacapo_ids dacapo_ids;
typedef struct dacapo_limiter dacapo_limiter;
typedef struct dacapo_reference dacapo_reference;

/* Stacks of pointers (any words but 0), `capacity` for each CPU.  push: 0, or -1 and EAGAIN: this CPU's stack is full.  pop: the newest of this CPU's,
 * else one of another's, else NULL. */
dacapo_stack *dacapo_stack_new(size_t capacity);
void dacapo_stack_delete(dacapo_stack *);
int dacapo_stack_push(dacapo_stack *, void *);
void *dacapo_stack_pop(dacapo_stack *);

/* The numbers below `limit`, each to be held by one at a time.  allocate: -1 and EAGAIN: all are held. */
dacapo_ids *dacapo_ids_new(size_t limit);
void dacapo_ids_delete(dacapo_ids *);
long dacapo_ids_allocate(dacapo_ids *);
void dacapo_ids_free(dacapo_ids *, long id);

/* Admits one each interval, `burst` at once after a pause; CPUs fetch `batch` admissions at a time. */
dacapo_limiter *dacapo_limiter_new(uint64_t interval_ns, unsigned int burst, unsigned int batch);
void dacapo_limiter_delete(dacapo_limiter *);
int dacapo_limiter_admit(dacapo_limiter *);

/* A reference count without atomics until it is killed; made with the owner's reference.  put and kill return 1 in exactly one call: the last
 * reference is gone.  kill gives the owner's reference up; try_get fails from then on. */
dacapo_reference *dacapo_reference_new(void);
void dacapo_reference_delete(dacapo_reference *);
void dacapo_reference_get(dacapo_reference *);
int dacapo_reference_try_get(dacapo_reference *);
int dacapo_reference_put(dacapo_reference *);
int dacapo_reference_kill(dacapo_reference *);

__END_DECLS

#endif
