/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a statement may do: SQLite's own switches, limits, and an authorizer that allows functions, virtual
 * tables and PRAGMAs by list. Inside store/ only.
 *
 * The authorizer is installed once for a connection and reads the connection's current policy (installing it
 * again would make SQLite prepare every cached statement again), so a policy is set before each prepare and
 * each step: a virtual table prepares statements of its own while it is stepped.
 */
#pragma once

#include <sqlite3.h>

#include "base/error.h"
#include "store/guard_policy.h"

struct guard {
    sqlite3 *handle;
    enum policy policy;
    char denied[160]; /* what the authorizer last refused, for the error's text; "" without */
};

/* The longest value in a caller's SQL, in bytes; for all connections that are opened later. */
void guard_configure(int query_value_max);

/* Puts switches, limits and authorizer on a fresh connection. `g` lives as long as the connection. */
int guard_install(struct guard *g, sqlite3 *handle, struct error *e);

/* The policy of what is prepared or stepped next. Cheap when it does not change. */
void guard_set_policy(struct guard *g, enum policy policy);
