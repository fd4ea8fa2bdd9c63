/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A connection to SQLite that reads. One job owns it at a time; between jobs it waits in its database's pool.
 *
 * The loop has one reader of its own for each database. It takes it from the pool, where a worker has put it,
 * and so never opens a file itself. Its readers do not wait for locks: a busy database goes to the slow lane.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/metrics.h"
#include "store/cancel.h"
#include "store/database.h"
#include "store/turn.h"

struct reader;

/*
 * A reader of `d` for the request that owns `c`, with a read transaction begun, so that all its statements see
 * one state. On the loop `turn` is the current one and the transaction is the turn's; on a worker it is NULL. The
 * caller keeps its reference to `d` until reader_release(), or on the loop until turn_end().
 * Errors: ERR_BUDGET (on the loop only: no reader is open yet), ERR_UNUSABLE, ERR_BUSY, ERR_NOMEM, c's reason.
 */
int reader_take(struct database *d, struct turn *turn, struct cancel *c, struct reader **ret, struct error *e);

/* Opens the database and closes it again. What is wrong is noted with the database, and logged when it is new. */
int reader_probe(struct database *d, struct cancel *c, struct error *e);

/* Gives the reader back and, on a worker, ends its transaction; every statement must be finished. Takes NULL. */
void reader_release(struct reader *r);

/* SQLite's schema cookie (sqlite.org/fileformat2.html, offset 40) as this transaction sees it: another one, other
 * tables. */
int64_t reader_schema_cookie(const struct reader *r);

/* Whether the database is in WAL mode, where readers and writers do not hinder each other. In a transaction. */
bool reader_is_wal(struct reader *r);

/* store/ only. */
struct schema_cache **reader_schema_cache(struct reader *r);
void reader_count(struct reader *r, enum metric which);
bool reader_is_on_loop(const struct reader *r);
void reader_close(struct reader *r);

/* The error code for SQLite's result `rc` on this reader, with a text for people in `e`. */
int reader_error(struct reader *r, int rc, struct error *e);

/* What is to be done once before the first reader: SQLite's memory limit in MiB, page cache in KiB for each
 * connection (0: one MiB), the longest value in a caller's SQL in bytes. */
void reader_configure(int heap_mb, int cache_kb, int query_value_max);

/* Bytes that SQLite uses now. */
int64_t reader_memory_used(void);

/* SQLite's version, and the options it was compiled with, one after the other; NULL past the last. */
const char *reader_sqlite_version(void);
const char *reader_compile_option(int i);
