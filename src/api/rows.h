/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a statement's rows to the bytes of an answer, in any shape, a block at a time.
 *
 * An answer is: head, rows with separators, tail. The head of a table page names the next page, which is known
 * only after the last row. So what fits into one block is written first and gets its head afterwards; for a
 * longer page `look_ahead` finds the last row beforehand, in the same read transaction.
 */
#pragma once

#include "api/reply.h"
#include "base/value.h"
#include "store/statement.h"

enum shape {
    SHAPE_OBJECTS,    /* {..., "rows": [{}, ...], ...} */
    SHAPE_ARRAYS,     /* {..., "rows": [[], ...], ...} */
    SHAPE_ARRAY,      /* [{}, ...], or one object a line with _nl */
    SHAPE_ARRAYFIRST, /* [first column, ...] */
    SHAPE_OBJECT,     /* {"KEY": {}, ...} */
    SHAPE_CSV,        /* a line of names, then a line a row */
};

struct rows {
    struct request *request;
    struct statement *statement; /* owned */
    enum shape shape;
    bool newlines; /* SHAPE_ARRAY without brackets, a line a row */
    bool no_names; /* SHAPE_CSV without its first line */
    int64_t bytes_left; /* of SHAPE_CSV, by max_csv_mb; past it the answer breaks off */
    int64_t limit; /* rows that the answer holds at most; one more tells that there are more */

    /* The result's columns that are the row's key, for SHAPE_OBJECT and `next`; rows of a view have none. */
    const int *keys;
    const bool *keys_typed; /* whether the key's columns have a type that converts text */
    size_t n_keys;
    bool paged;     /* the head names the next page: by the last row's key, or without keys by the offset */
    int64_t offset; /* of the first row */

    /* Of a paged answer: sets `more`, and `next` by rows_note_next(), without looking at all rows. */
    int (*look_ahead)(struct rows *rows);

    /* What stands around the rows in the shapes that have an envelope: before `[`, and after `]`. */
    void (*head)(struct buf *b, const struct rows *rows);
    void (*tail)(struct buf *b, const struct rows *rows);
    const void *context;

    /* Results. */
    int64_t written;
    bool more;        /* there is a row past the limit */
    const char *next; /* where the next page begins, when the answer is paged and there is one */

    /* Private. */
    const struct row_fields *fields; /* the statement's */
    bool done;
};

/* Reads the format, `_shape` and `_nl`, or what CSV has: `_header`. ERR_BAD_INPUT for an unknown shape. */
int rows_parse_shape(struct request *req, struct rows *rows);

/* Adds what a CSV answer's headers need; with `_dl` it is to be saved as NAME.csv. */
void rows_csv_headers(struct rows *rows, struct reply *reply, const char *name);

/* The next page begins after the row at which `s` stands, whose key is in these columns. */
int rows_note_next(struct rows *rows, const struct statement *s, const int *columns);

/* Writes the answer, or its first block, into the reply, with content type; on success the reply or the request
 * owns what is needed to go on. Errors: as statement_step(); ERR_BUDGET inline when it is more than a block. */
int rows_answer(struct rows *rows, struct reply *reply);

/* Replaces reply->body by the next block. 1: there is more; 0: this was the last; or an error, after which the
 * answer is broken. A worker's thread. */
int rows_continue(struct reply *reply);

/* Ends the statement of a reply that goes on and gives the reader back. Takes a reply without rows. */
void rows_end(struct reply *reply);
