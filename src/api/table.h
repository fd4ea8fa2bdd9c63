/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What pages of a table and pages of one row have in common. All take a request that has its reader. */
#pragma once

#include "api/rows.h"
#include "format/keyset.h"
#include "sql/page.h"
#include "store/schema.h"

/* Reads the schema of req->table and plans a page of all its columns. ERR_NOT_FOUND without such a table. */
int table_page(struct request *req, struct table *t, struct page *p);

/* Finds the key among the result's columns of a page. ERR_BAD_INPUT when the shape needs a primary key. */
int table_key_columns(struct request *req, const struct table *t, struct rows *rows);

/* Whether part k of the key has a type that converts what it is compared with. */
bool table_key_is_typed(const struct table *t, size_t k);

/* Prepares what `write` makes of the page and binds the key's parts. Where the column has a type they are bound as
 * text, and SQLite converts them by its affinity, which is what makes "1" find the integer 1. */
int table_prepare(struct request *req, const struct table *t, const struct page *p, const struct keyset *key,
                  void (*write)(struct buf *sql, const struct page *p), struct statement **ret);

/* The headers that pages of tables and rows carry. */
void table_headers(struct request *req, struct reply *reply);
