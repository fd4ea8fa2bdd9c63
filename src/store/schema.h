/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the database says about its tables: columns, primary keys, foreign keys, which tables are hidden.
 * Everything is read through the caller's reader, so it agrees with the rows that the same transaction reads. Tables
 * are kept with the reader until SQLite's schema cookie changes, whoever changed the schema.
 */
#pragma once

#include "base/arena.h"
#include "store/reader.h"

struct column {
    const char *name;
    int pk; /* place in the primary key, from 1; 0 for none */
    bool is_typed; /* compared with text it converts the text; else types differ and nothing is equal */
};

struct table {
    const char *name;
    bool is_view;
    struct column *columns; /* all of them, generated and hidden ones too */
    size_t n_columns;
    const char **keys; /* the primary key's columns in its order; {"rowid"} for a table without; none for a view */
    size_t n_keys;
    bool use_rowid; /* the key is the rowid */
    bool is_plain;  /* reading it runs no code of the database's: no view, virtual table or generated column */
};

/* The table lives in the arena or in the reader's cache: until the request gives the reader back. ERR_NOT_FOUND when
 * there is no table or view of exactly this name. ERR_BUDGET on the loop for one that is not plain. */
int schema_table(struct reader *r, struct arena *a, const char *name, struct table *ret, struct error *e);

struct schema_item {
    const char *name;
    bool is_view;
    bool hidden; /* tables that serve others: SQLite's statistics, full-text search and its shadows */
};

/* Tables and views, sorted by name. */
int schema_items(struct reader *r, struct arena *a, struct schema_item **ret, size_t *n_ret, struct error *e);

struct foreign_key {
    const char *table; /* the table that refers */
    const char *column;
    const char *other_table; /* the table referred to */
    const char *other_column;
};

/* All foreign keys of one column, of all tables, in the order of the tables' names. */
int schema_foreign_keys(struct reader *r, struct arena *a, struct foreign_key **ret, size_t *n_ret,
                        struct error *e);

/* The full-text table that indexes `table` by content= option, or NULL. */
int schema_fts_table(struct reader *r, struct arena *a, const char *table, const char **ret, struct error *e);

/* store/ only: the tables that a reader has seen. Takes NULL. */
struct schema_cache;
void schema_cache_free(struct schema_cache *c);
