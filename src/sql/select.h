/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether SQL from a caller looks like a query. No state, any thread. */
#pragma once

#include <stddef.h>
#include "base/error.h"

/* 0 when the text begins, after whitespace and comments, with SELECT or WITH, or with EXPLAIN or EXPLAIN
 * QUERY PLAN before one of these; else ERR_BAD_INPUT "Statement must be a SELECT". This gives a caller a
 * clear message; what a statement may do is decided by SQLite's authorizer. */
int select_check(const char *sql, size_t len, struct error *e);
