/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One served database: its name, its file, and the readers that are open on it.
 *
 * Name, path and flags never change, and any thread may read them. The file is never opened by dbd itself,
 * only by SQLite: closing any descriptor of a file drops all the locks that SQLite holds on it (fcntl(2)).
 * References are counted, from any thread.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/error.h"

struct pool;
struct reader;

struct database {
    _Atomic unsigned refs;
    char *name;
    char *path; /* NULL for an in-memory database */
    bool immutable;
    bool named;   /* on the command line, not found in the state directory */
    bool missing; /* the path names nothing */
    dev_t dev;    /* which file the path named when this database was made */
    ino_t ino;
    _Atomic bool works;  /* it was opened, and nothing was wrong since */
    _Atomic ino_t wal;   /* the -wal that belongs to this file, as far as it was seen */
    ino_t stale_wal;     /* that of a file whose place this one has taken; 0 for none */
    struct pool *pool;   /* borrowed */
    struct reader *idle; /* under the pool's lock */
    unsigned n_idle;     /* under the pool's lock */
    pthread_mutex_t lock;
    char problem[256]; /* under lock: why the last open failed, "" when it did not */
};

/* `path` NULL: in memory. A path that names nothing gives a database with `missing` set. ERR_NOMEM. */
int database_new(const char *name, const char *path, bool immutable, struct pool *pool,
                 struct database **ret);
struct database *database_ref(struct database *d);
void database_unref(struct database *d);
DEFINE_CLEANUP(struct database *, database_unref)

/* Whether the path still names the file that it named when `d` was made. */
bool database_is_current(const struct database *d);

/* Size of the file in bytes; 0 for none. */
int64_t database_size(const struct database *d);

/* Which file PATH-wal is, if it is there and holds anything: it was committed and is not in the database file yet.
 * 0 for none. */
ino_t database_wal(const struct database *d);

/* What database_note_problem() was last told; "" for none. `to` has room for n bytes. */
void database_problem(struct database *d, char *to, size_t n);

/* Returns whether this is another text than the last one. */
bool database_note_problem(struct database *d, const char *text);
