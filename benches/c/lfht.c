/* liburcu's hash table: `lfht TRIALS OPERATIONS [LOG2 ...]` prints `ROW<TAB>PEER<TAB>NS` lines, as the Rust program hash of benches/peers/concurrent does. */
#include "urcu.h"
#include <urcu/rculfhash.h>

struct entry {
    struct cds_lfht_node node;
    struct rcu_head head;
    uint64_t key, value;
};

static struct cds_lfht *table;
static uint64_t keys, operations, changes, threads;
static volatile uint64_t sink;

static unsigned long hash(uint64_t key)
{
    key *= 0xf1357aea2e62a9c5u;
    return key << 26 | key >> 38;
}

static int match(struct cds_lfht_node *node, const void *key)
{
    return caa_container_of(node, struct entry, node)->key == *(const uint64_t *)key;
}

static void put(uint64_t key)
{
    struct entry *entry = malloc(sizeof *entry);
    entry->key = entry->value = key;
    cds_lfht_node_init(&entry->node);
    rcu_read_lock();
    if (cds_lfht_add_unique(table, hash(key), match, &key, &entry->node) != &entry->node) abort();
    rcu_read_unlock();
}

static void release(struct rcu_head *head)
{
    free(caa_container_of(head, struct entry, head));
}

static void take(uint64_t key)
{
    struct cds_lfht_iter at;
    rcu_read_lock();
    cds_lfht_lookup(table, hash(key), match, &key, &at);
    if (!at.node || cds_lfht_del(table, at.node)) abort();
    call_rcu(&caa_container_of(at.node, struct entry, node)->head, release);
    rcu_read_unlock();
}

static void session(int thread)
{
    uint64_t state = (uint64_t)thread + 1, sum = 0, missed = 0, away = 0;
    int is_away = 0;
    for (uint64_t n = 0; n < operations; n++) {
        state = state * 0x5851f42d4c957f2du + 0x14057b7ef767814fu;
        uint64_t key = state >> 33 & (keys - 1);
        if (changes && n % 10 < changes) {
            if (is_away) {
                put(away);
            } else {
                away = (key & ~(threads - 1)) | (uint64_t)thread;
                take(away);
            }
            is_away = !is_away;
        } else {
            struct cds_lfht_iter at;
            rcu_read_lock();
            cds_lfht_lookup(table, hash(key), match, &key, &at);
            if (at.node) sum += caa_container_of(at.node, struct entry, node)->value;
            else missed++;
            rcu_read_unlock();
        }
        if (n % 64 == 0) QUIESCENT();
    }
    if (is_away) put(away);
    if (missed * 100 > operations) abort();
    sink = sum;
}

int main(int argc, char **argv)
{
    static const int usual[] = { 12, 16, 20 };
    int trials = argc > 1 ? atoi(argv[1]) : 5, sizes = argc > 3 ? argc - 3 : 3;
    operations = argc > 2 ? strtoull(argv[2], 0, 10) : 1000000;
    work = session;
    for (int s = 0; s < sizes; s++) {
        int log2 = argc > 3 ? atoi(argv[3 + s]) : usual[s];
        keys = 1ull << log2;
        rcu_register_thread();
        /* At its size from the start: it grows in a thread of its own, which may stop far too early when inserts outrun it, for good if only lookups follow. */
        table = cds_lfht_new(keys, 1, 0, CDS_LFHT_AUTO_RESIZE | CDS_LFHT_ACCOUNTING, 0);
        for (uint64_t key = 0; key < keys; key++) {
            put(key);
            if (key % 64 == 0) QUIESCENT();
        }
        rcu_unregister_thread();
        rcu_barrier();
        for (int t = 0; t <= trials; t++) {
            for (threads = 1; threads <= 2; threads++) {
                for (changes = 0; changes <= 1; changes++) {
                    double nanos = together((int)threads);
                    if (t) printf("2^%d %dT %d %%\t" NAME "\t%.2f\n", log2, (int)threads, 100 - 10 * (int)changes, nanos / (double)operations);
                }
            }
        }
    }
    fflush(stdout);
    _exit(0);
}
