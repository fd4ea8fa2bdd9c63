/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Readers that wait for work, of all databases: at most so many for one database, so many together, and none that
 * has waited for long. Past that the one that was not used for longest is closed. Any thread.
 */
#pragma once

#include <pthread.h>
#include <stdint.h>

#include "base/metrics.h"

struct database;
struct reader;

struct pool {
    struct metrics *metrics; /* borrowed; NULL: nobody counts */
    size_t max;
    pthread_mutex_t lock;
    struct reader *newest, *oldest; /* under lock */
    size_t n;                       /* under lock */
};

void pool_init(struct pool *p, size_t max, struct metrics *metrics);

/* All databases must be gone. */
void pool_destroy(struct pool *p);

/* A reader of this database, the one used last; NULL: there is none. */
struct reader *pool_take(struct pool *p, struct database *d);
void pool_give(struct pool *p, struct reader *r);

/* Closes what has waited since before clock_usec() `since`. Returns how many readers are left. */
size_t pool_expire(struct pool *p, int64_t since);

/* Closes all of a database. */
void pool_drop(struct pool *p, struct database *d);
