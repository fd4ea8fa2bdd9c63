/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What reader.c, statement.c, pool.c and turn.c share: the inside of a reader. */
#pragma once

#include <sqlite3.h>

#include "store/guard.h"
#include "store/reader.h"

#define STATEMENT_CACHE_SIZE 32
#define WAL_INDEX_HEADER 48 /* bytes that change with every commit (sqlite.org/walformat.html, section 2.1) */

struct reader {
    struct reader *next;           /* of its database, in the pool */
    struct reader *newer, *older;  /* of all, in the pool */
    int64_t idle_since;
    sqlite3 *handle;
    struct guard guard;
    struct database *database;
    struct cancel *cancel; /* of the request that has the reader; NULL in the pool */
    bool in_transaction;
    bool on_loop;
    struct reader *next_in_turn;
    int64_t schema_cookie;           /* in this transaction */
    unsigned char wal_index[WAL_INDEX_HEADER]; /* as it was when the turn's transaction began */
    struct schema_cache *schema; /* tables seen so far; NULL at first */
    unsigned clock; /* counts uses, for the cache */
    struct statement *cache[STATEMENT_CACHE_SIZE];
};

struct statement {
    struct reader *reader;
    sqlite3_stmt *handle;
    enum policy policy;
    uint64_t hash;
    size_t len;
    unsigned used; /* reader's clock at the last use */
    bool in_use;
    void *notes; /* its user's */
    char sql[]; /* len bytes */
};

/* Ends every cached statement. */
void statement_clear_cache(struct reader *r);

/* Begins a read transaction and takes its snapshot; ends it. */
int reader_begin(struct reader *r, struct error *e);
void reader_end(struct reader *r);

/* From now on the reader works for the request that owns `c`. */
void reader_attach(struct reader *r, struct cancel *c);

/* Ends the transaction and puts the reader into the pool. */
void reader_give_back(struct reader *r);
