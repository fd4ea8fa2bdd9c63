/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The statements that read one page of a table and one row. Pure text: names come from the schema, values are
 * bound by the caller to :p0, :p1, ... in the order of `keys`.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"

struct page {
    const char *table;
    const char *const *columns; /* what is selected, one at least unless select_rowid */
    size_t n_columns;
    bool select_rowid;       /* the only key before the columns: the rowid of a table without a primary key */
    const char *const *keys; /* primary key, or a name of the rowid; the order of the page */
    size_t n_keys;           /* 0 for views: then the place is an offset */
    bool after;              /* only rows past the key (:p0, :p1, ...) */
    int64_t limit;           /* written as it is: one more than the page holds tells whether there is more */
    int64_t offset;          /* rows to skip: where the page of a view begins */
};

/* select id, name from authors where id > :p0 order by id limit 101 */
void page_write(struct buf *sql, const struct page *p);

/* select id, name from authors where id = :p0 */
void row_write(struct buf *sql, const struct page *p);
