/* dacapo/rcu.h and dacapo/hash.h, from C: readers and updaters in eight threads.
 * compare: none */
#include <dacapo/hash.h>
#include <dacapo/rcu.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define KEYS 512
#define ROUNDS 40
#define CHECK(what) do { if (!(what)) { printf("line %d: %s\n", __LINE__, #what); exit(1); } } while (0)

struct object {
    dacapo_rcu_callback callback;
    dacapo_hash_node node;
    long key, twice;
};

static dacapo_rcu *domain;
static dacapo_hash *table;
static struct object *shared;
static long freed;
static int over;

static struct object *object_of(const dacapo_hash_node *node)
{
    return (struct object *)((char *)node - offsetof(struct object, node));
}

static int has_key(const dacapo_hash_node *node, const void *key)
{
    return object_of(node)->key == *(const long *)key;
}

static struct object *make(long key)
{
    struct object *object = malloc(sizeof *object);
    CHECK(object);
    object->key = key;
    object->twice = 2 * key;
    return object;
}

static void destroy(dacapo_rcu_callback *callback)
{
    struct object *object = (struct object *)callback;
    object->key = object->twice = -1;
    free(object);
    __atomic_add_fetch(&freed, 1, __ATOMIC_RELAXED);
}

static void *read_all(void *unused)
{
    long found = 0;
    while (!__atomic_load_n(&over, __ATOMIC_RELAXED)) {
        for (long key = 0; key < KEYS; key++) {
            unsigned long token = dacapo_rcu_enter(domain);
            dacapo_hash_node *node = dacapo_hash_find(table, (uint64_t)key, has_key, &key);
            /* Multiples of 4 are replaced all the time, and never away. */
            CHECK(node || key % 4);
            if (node) CHECK(object_of(node)->key == key && object_of(node)->twice == 2 * key);
            struct object *object = dacapo_rcu_dereference(shared);
            CHECK(object->twice == 2 * object->key);
            dacapo_rcu_leave(domain, token);
            found += node != 0;
        }
    }
    return found ? unused : &over;
}

static void *write_all(void *number)
{
    long first = (long)(size_t)number;
    for (int round = 0; round < ROUNDS; round++) {
        for (long key = first; key < KEYS; key += 4) {
            dacapo_hash_node *there;
            struct object *object = make(key);
            CHECK(!dacapo_hash_replace(table, (uint64_t)key, &object->node, has_key, &key, &there));
            CHECK((there != 0) == (first == 0));
            if (there) dacapo_rcu_defer(domain, &object_of(there)->callback, destroy);
            if (first) {
                CHECK(dacapo_hash_remove(table, &object->node) && !dacapo_hash_remove(table, &object->node));
                dacapo_rcu_defer(domain, &object->callback, destroy);
            }
        }
        if (!first) {
            struct object *old = __atomic_exchange_n(&shared, make(round), __ATOMIC_ACQ_REL);
            dacapo_rcu_synchronize(domain);
            destroy(&old->callback);
        }
    }
    return 0;
}

static void count(dacapo_hash_node *node, void *sum)
{
    *(long *)sum += object_of(node)->key;
}

static void *nothing(void *argument)
{
    return argument;
}

int main(void)
{
    pthread_t readers[4], writers[4];
    dacapo_hash_node *there;
    void *result;
    CHECK((domain = dacapo_rcu_new()) && (table = dacapo_hash_new(domain, 0)));
    shared = make(0);
    for (long key = 0; key < KEYS; key += 4) {
        struct object *object = make(key);
        CHECK(!dacapo_hash_add_unique(table, (uint64_t)key, &object->node, has_key, &key, &there) && !there);
        struct object *other = make(key);
        CHECK(!dacapo_hash_add_unique(table, (uint64_t)key, &other->node, has_key, &key, &there) && there == &object->node);
        free(other);
        if (key == 0) continue;
        CHECK(dacapo_hash_remove(table, &object->node));
        dacapo_rcu_call(domain, &object->callback, destroy);
        CHECK(!dacapo_hash_add(table, (uint64_t)key, &make(key)->node));
    }
    dacapo_rcu_barrier(domain);
    CHECK(freed == KEYS / 4 - 1 && dacapo_hash_count(table) == KEYS / 4);

    unsigned long token = dacapo_rcu_enter(domain), state = dacapo_rcu_state(domain);
    CHECK(!dacapo_rcu_poll(domain, state));
    dacapo_rcu_leave(domain, token);
    CHECK(dacapo_rcu_poll(domain, state));

    for (int i = 0; i < 4; i++) CHECK(!pthread_create(&readers[i], 0, read_all, 0));
    for (size_t i = 0; i < 4; i++) CHECK(!pthread_create(&writers[i], 0, write_all, (void *)i));
    for (int i = 0; i < 4; i++) CHECK(!pthread_join(writers[i], 0));
    __atomic_store_n(&over, 1, __ATOMIC_RELAXED);
    for (int i = 0; i < 4; i++) CHECK(!pthread_join(readers[i], &result) && !result);
    dacapo_rcu_synchronize_expedited(domain);
    dacapo_rcu_barrier(domain);
    CHECK(dacapo_rcu_reclaim(domain) == 0);

    long sum = 0;
    token = dacapo_rcu_enter(domain);
    dacapo_hash_for_each(table, count, &sum);
    dacapo_rcu_leave(domain, token);
    CHECK(dacapo_hash_count(table) == KEYS / 4 && sum == 4L * (KEYS / 4 - 1) * (KEYS / 4) / 2);
    dacapo_hash_delete(table);
    dacapo_rcu_delete(domain);

    dacapo_qsbr *quiet = dacapo_qsbr_new();
    dacapo_qsbr_reader *reader = quiet ? dacapo_qsbr_register(quiet) : 0;
    CHECK(reader);
    dacapo_qsbr_quiescent(reader);
    CHECK(dacapo_qsbr_offline(reader, nothing, &sum) == &sum);
    dacapo_qsbr_synchronize(quiet, reader);
    dacapo_qsbr_unregister(reader);
    dacapo_qsbr_synchronize(quiet, 0);
    dacapo_qsbr_delete(quiet);
    return 0;
}
