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
#include "store/cancel.h"
#include "store/database.h"

struct reader;

enum lane {
    LANE_INLINE, /* on the loop, within a budget */
    LANE_SLOW,   /* on a worker */
};

/*
 * A reader of `d` for the request that owns `c`, with a read transaction begun, so that all its statements see
 * one state. The caller keeps its reference to `d` until reader_release().
 * Errors: ERR_BUDGET (inline only: no reader is open yet), ERR_UNUSABLE, ERR_BUSY, ERR_NOMEM, or c's reason.
 */
int reader_take(struct database *d, enum lane lane, struct cancel *c, struct reader **ret, struct error *e);

/* Ends the transaction and gives the reader back; every statement must be finished. Takes NULL. */
void reader_release(struct reader *r);

/* Whether the database is in WAL mode, where readers and writers do not hinder each other. */
bool reader_is_wal(struct reader *r);

/* store/ only. */
void reader_close(struct reader *r);
struct reader *reader_pop(struct reader **list);

/* The error code for SQLite's result `rc` on this reader, with a text for people in `e`. */
int reader_error(struct reader *r, int rc, struct error *e);

/* What is to be done once before the first reader: SQLite's memory limit in MiB, page cache in KiB for each
 * connection (0: SQLite's default). */
void reader_configure(int heap_mb, int cache_kb);

/* SQLite's version, and the options it was compiled with, one after the other; NULL past the last. */
const char *reader_sqlite_version(void);
const char *reader_compile_option(int i);
