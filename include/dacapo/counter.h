/* dacapo/counter.h: counting without atomics: each CPU counts for itself.
 *
 * What a read means while others write: it counts everything that happened before it began, nothing that happens after it ended, and perhaps
 * what came between.  Additions and records are async-signal-safe and never wait; the functions that make an object return NULL and set errno (ENOMEM). */
#ifndef _DACAPO_COUNTER_H
#define _DACAPO_COUNTER_H

#include <features.h>
#include <stddef.h>
#include <stdint.h>

__BEGIN_DECLS

typedef struct dacapo_counter dacapo_counter;
typedef struct dacapo_histogram dacapo_histogram;
typedef struct dacapo_statistics dacapo_statistics;

/* A counter: an addition is 5 instructions and no atomic, modulo 2^64 (so a negative number subtracts). */
dacapo_counter *dacapo_counter_new(void);
void dacapo_counter_delete(dacapo_counter *);
void dacapo_counter_add(dacapo_counter *, size_t n);
size_t dacapo_counter_sum(const dacapo_counter *);
/* The value that the counter had at one moment during the call; only for counters that nobody subtracts from.
 * -1 and EAGAIN: additions came between the looks each time. */
int dacapo_counter_exact(const dacapo_counter *, unsigned int tries, size_t *value);

/* How values are spread, in buckets at most a quarter as wide as their values. */
dacapo_histogram *dacapo_histogram_new(void);
void dacapo_histogram_delete(dacapo_histogram *);
void dacapo_histogram_record(dacapo_histogram *, uint64_t value);
size_t dacapo_histogram_count(const dacapo_histogram *);
/* A value that so many of a thousand records do not exceed, right to 25 % of itself, upwards; 0 without records. */
uint64_t dacapo_histogram_quantile(const dacapo_histogram *, unsigned int permille);

/* How many, how much, the extremes; min is SIZE_MAX and max 0 without records. */
struct dacapo_summary {
    size_t count;
    size_t sum;
    size_t min;
    size_t max;
};
dacapo_statistics *dacapo_statistics_new(void);
void dacapo_statistics_delete(dacapo_statistics *);
void dacapo_statistics_record(dacapo_statistics *, size_t value);
void dacapo_statistics_read(const dacapo_statistics *, struct dacapo_summary *);

__END_DECLS

#endif
