/* dacapo/rcu.h: read-copy-update: readers that never wait, and updaters that wait until no reader can still see what they took away.
 *
 *     reader                                            updater
 *       token = dacapo_rcu_enter(domain);                 old = __atomic_exchange_n(&shared, new, __ATOMIC_ACQ_REL);
 *       p = dacapo_rcu_dereference(shared);               dacapo_rcu_synchronize(domain);
 *       ... *p ...                                        free(old);
 *       dacapo_rcu_leave(domain, token);
 *
 * docs/rcu.md of dacapo says which kind of readers is for whom. The functions that make an object return NULL and set errno (ENOMEM). */
#ifndef _DACAPO_RCU_H
#define _DACAPO_RCU_H

#include <features.h>
#include <stddef.h>

__BEGIN_DECLS

/* Follows a pointer that updaters publish, in a read section; publishes one. */
#define dacapo_rcu_dereference(pointer) __atomic_load_n(&(pointer), __ATOMIC_ACQUIRE)
#define dacapo_rcu_assign(pointer, value) __atomic_store_n(&(pointer), (value), __ATOMIC_RELEASE)

/* Readers of any kind: any thread, signal handlers, nested, sleeping. A domain's readers delay that domain's updaters only. ---------------- */

typedef struct dacapo_rcu dacapo_rcu;

dacapo_rcu *dacapo_rcu_new(void);
/* Runs the callbacks that are pending first. No reader is left. */
void dacapo_rcu_delete(dacapo_rcu *);

/* Begins a read section; the token ends it, in whatever thread. Wait-free, async-signal-safe, both. */
unsigned long dacapo_rcu_enter(dacapo_rcu *);
void dacapo_rcu_leave(dacapo_rcu *, unsigned long token);

/* Returns when every read section that was there at the call has ended. Not inside one. `expedited` never sleeps meanwhile. */
void dacapo_rcu_synchronize(dacapo_rcu *);
void dacapo_rcu_synchronize_expedited(dacapo_rcu *);

/* This moment; and whether all readers of then have left. poll never waits, and may be called by readers. */
unsigned long dacapo_rcu_state(dacapo_rcu *);
int dacapo_rcu_poll(dacapo_rcu *, unsigned long state);

/* What lies in an object that is to be freed after a grace period. The library's from the call until its function is called. */
typedef struct dacapo_rcu_callback {
    struct dacapo_rcu_callback *next;
    void (*function)(struct dacapo_rcu_callback *);
} dacapo_rcu_callback;

/* Has `function` called after a grace period, by whoever reclaims then. call never waits. defer does if 1,024 are pending: not inside a read section. */
void dacapo_rcu_call(dacapo_rcu *, dacapo_rcu_callback *, void (*function)(dacapo_rcu_callback *));
void dacapo_rcu_defer(dacapo_rcu *, dacapo_rcu_callback *, void (*function)(dacapo_rcu_callback *));
/* Runs what can be run without waiting; how many. */
size_t dacapo_rcu_reclaim(dacapo_rcu *);
/* Returns when every callback that was pending has run. Not inside a read section, not in a callback. */
void dacapo_rcu_barrier(dacapo_rcu *);

/* In a forked child, first: forgets readers that were other threads of the parent. The child is in no read section. */
void dacapo_rcu_after_fork_in_child(dacapo_rcu *);

/* Readers that are plain loads, in threads that say once in a while that they hold nothing. ------------------------------------------------ */

typedef struct dacapo_qsbr dacapo_qsbr;
typedef struct dacapo_qsbr_reader dacapo_qsbr_reader;

dacapo_qsbr *dacapo_qsbr_new(void);
void dacapo_qsbr_delete(dacapo_qsbr *);
/* One for each thread that reads; online from the start. */
dacapo_qsbr_reader *dacapo_qsbr_register(dacapo_qsbr *);
void dacapo_qsbr_unregister(dacapo_qsbr_reader *);
/* This reader holds nothing of what it has loaded so far. */
void dacapo_qsbr_quiescent(dacapo_qsbr_reader *);
/* Runs `body` while nobody waits for this reader: for sleeping. */
void *dacapo_qsbr_offline(dacapo_qsbr_reader *, void *(*body)(void *), void *argument);
/* Returns when every reader has been quiescent or offline since the call. `reader`: the caller's own, or NULL if it has none. */
void dacapo_qsbr_synchronize(dacapo_qsbr *, dacapo_qsbr_reader *reader);

__END_DECLS

#endif
