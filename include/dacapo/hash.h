/* dacapo/hash.h: a hash table of the program's own objects whose lookups wait for nobody: not for writers, not for a resize.
 *
 * The table keeps pointers to nodes, which lie in the objects. Lookups are in a read section of the table's domain (dacapo/rcu.h). An object that
 * was removed or replaced is freed after a grace period of that domain, not before: dacapo_rcu_synchronize, or dacapo_rcu_defer. A node's hash and its
 * object's key do not change while it can be found. Guarantees: src/hash/mod.rs of dacapo. */
#ifndef _DACAPO_HASH_H
#define _DACAPO_HASH_H

#include <dacapo/rcu.h>
#include <features.h>
#include <stddef.h>
#include <stdint.h>

__BEGIN_DECLS

typedef struct dacapo_hash dacapo_hash;
typedef struct dacapo_hash_node {
    uint64_t hash; /* the table's */
} dacapo_hash_node;

/* Whether a node's object has this key: not 0. Called for nodes with the same hash. It must not use the table. */
typedef int dacapo_hash_match(const dacapo_hash_node *, const void *key);

/* Empty, with room for `capacity` nodes before it grows. NULL and errno: ENOMEM. It is deleted after its last reader; nodes are the program's. */
dacapo_hash *dacapo_hash_new(dacapo_rcu *, size_t capacity);
void dacapo_hash_delete(dacapo_hash *);

/* The first node with this key, or NULL. In a read section, and valid until it ends. Wait-free. */
dacapo_hash_node *dacapo_hash_find(dacapo_hash *, uint64_t hash, dacapo_hash_match *, const void *key);
/* Calls `look` with each node: exactly once with those that are there from begin to end. In a read section. */
void dacapo_hash_for_each(dacapo_hash *, void (*look)(dacapo_hash_node *, void *argument), void *argument);

/* 0, or -1 and errno: ENOMEM, and nothing has changed.
 * add: nodes with the same key may be there.  add_unique: unless one is there; `*there` is that one, or NULL if the node was put in.
 * replace: in the place of the one that is there; `*there` is that one, to be freed after a grace period, or NULL. */
int dacapo_hash_add(dacapo_hash *, uint64_t hash, dacapo_hash_node *);
int dacapo_hash_add_unique(dacapo_hash *, uint64_t hash, dacapo_hash_node *, dacapo_hash_match *, const void *key, dacapo_hash_node **there);
int dacapo_hash_replace(dacapo_hash *, uint64_t hash, dacapo_hash_node *, dacapo_hash_match *, const void *key, dacapo_hash_node **there);

/* Takes a node out: 1, or 0 if somebody else has removed or replaced it. To be freed after a grace period. */
int dacapo_hash_remove(dacapo_hash *, dacapo_hash_node *);

/* Exact while nobody writes. */
size_t dacapo_hash_count(dacapo_hash *);

__END_DECLS

#endif
