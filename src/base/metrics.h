/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every number that the program keeps about itself, in one table: shown at /-/metrics in the Prometheus text
 * format (prometheus.io/docs/instrumenting/exposition_formats). Any thread may add; a reader sees each number as it
 * is at that moment, not all at the same.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "base/buf.h"

/* X(NAME, type, help): shown as dbd_NAME */
#define METRICS_TABLE(X)                                                                                     \
    X(connections_total, counter, "connections accepted")                                                    \
    X(connections, gauge, "connections open")                                                                \
    X(requests_total, counter, "requests answered")                                                          \
    X(errors_total, counter, "requests answered with a status of 400 or more")                               \
    X(inline_total, counter, "requests answered on the loop")                                                \
    X(slow_total, counter, "requests given to the slow lane")                                                \
    X(overruns_total, counter, "requests that did not fit into the inline lane and went to the slow lane")   \
    X(refused_total, counter, "requests refused because a queue was full")                                   \
    X(slow_jobs, gauge, "jobs of the slow lane that wait or run")                                            \
    X(cancellations_total, counter, "queries stopped because the client had gone or the program ended")      \
    X(time_limits_total, counter, "queries stopped by their time limit")                                     \
    X(workers_replaced_total, counter, "workers given up because a query could not be stopped")              \
    X(streams_total, counter, "answers sent in blocks")                                                      \
    X(streams, gauge, "answers being sent in blocks")                                                        \
    X(streams_broken_total, counter, "answers that broke off")                                               \
    X(sent_bytes_total, counter, "bytes of bodies handed to clients")                                        \
    X(sqlite_bytes, gauge, "memory that SQLite uses")                                                        \
    X(readers, gauge, "database connections open")                                                           \
    X(transactions_total, counter, "read transactions begun")                                                \
    X(statement_hits_total, counter, "statements found prepared")                                            \
    X(statement_misses_total, counter, "statements prepared")                                                \
    X(schema_hits_total, counter, "tables found in the schema cache")                                        \
    X(schema_misses_total, counter, "tables read from the schema")

#define METRICS_NAME(name, type, help) METRIC_##name,
enum metric { METRICS_TABLE(METRICS_NAME) METRICS_COUNT };
#undef METRICS_NAME

struct metrics {
    _Atomic int64_t values[METRICS_COUNT];
};

/* `m` may be NULL: then nobody counts. */
static inline void metrics_add(struct metrics *m, enum metric which, int64_t n)
{
    if (m)
        atomic_fetch_add_explicit(&m->values[which], n, memory_order_relaxed);
}

static inline void metrics_set(struct metrics *m, enum metric which, int64_t n)
{
    atomic_store_explicit(&m->values[which], n, memory_order_relaxed);
}

void metrics_write(const struct metrics *m, struct buf *b);
