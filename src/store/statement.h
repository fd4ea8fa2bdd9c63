/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A prepared statement of a reader, kept in the reader's cache between uses.
 *
 * Values that statement_value() gives, and column names, are SQLite's and live until the next step. The thread
 * that has the reader has its statements.
 */
#pragma once

#include "base/value.h"
#include "store/guard_policy.h"
#include "store/reader.h"

struct statement;

/* Prepares one statement. Errors: ERR_SQL and ERR_DENIED with SQLite's or the guard's text, ERR_BAD_INPUT for
 * more than one statement or a NUL in the text, and what reader_error() gives. */
int statement_prepare(struct reader *r, enum policy policy, const char *sql, size_t len,
                      struct statement **ret, struct error *e);

/* Back to the cache. Takes NULL. */
void statement_free(struct statement *s);
DEFINE_CLEANUP(struct statement *, statement_free)

/* Whether it only reads, as far as SQLite can tell: ATTACH and some PRAGMAs count as reading. */
bool statement_is_readonly(const struct statement *s);

/* Parameters count from 1. A name comes with its first character (':', '@', '$' or '?'); NULL for a bare ?. */
int statement_parameters(const struct statement *s);
const char *statement_parameter_name(const struct statement *s, int index);

/* Binds a copy. */
int statement_bind(struct statement *s, int index, const struct value *v, struct error *e);

/* 1: there is a row; 0: done; else an error. */
int statement_step(struct statement *s, struct error *e);

/* To the first row again, bindings kept. */
void statement_rewind(struct statement *s);

/* What its user has worked out about the statement and wants to find again when it comes from the cache: one block of
 * memory, freed with the statement. NULL: nothing. */
void *statement_notes(const struct statement *s);
void statement_set_notes(struct statement *s, void *block);

/* Columns count from 0. */
int statement_columns(const struct statement *s);
const char *statement_column_name(const struct statement *s, int column);
void statement_value(const struct statement *s, int column, struct value *ret);

/* The column as text in SQLite's own conversion, NULL for null; as an integer. */
const char *statement_text(const struct statement *s, int column);
int64_t statement_int(const struct statement *s, int column);
