/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the answers about a database and the index of all databases have in common: its tables, described. */
#pragma once

#include "api/reply.h"
#include "store/schema.h"

/* One table or view with all that the answers say about it. */
struct entry {
    const struct schema_item *item;
    struct table table;
    const char *fts_table;
    int64_t count; /* -1: could not be counted */
    bool count_truncated;
};

struct summary {
    struct entry *entries; /* sorted by name */
    size_t n;
    struct foreign_key *foreign_keys;
    size_t n_foreign_keys;
};

/* Takes a reader of req->database and describes all tables and views. Errors as the statements give them; broken
 * views, and virtual tables whose module is not allowed, are described without columns or count. */
int summary_read(struct request *req, struct summary *s);

/* Whether an error concerns the whole database or request, not one table. */
bool summary_must_stop(int rc);

/* `"path": "/NAME"`. */
void summary_write_path(struct buf *b, const struct request *req, const struct database *d);

/* The members of a table's object that both answers show, without the closing brace. */
void summary_write_entry(struct buf *b, const struct entry *t, bool with_truncated);
