/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names in SQL text. No state, any thread. */
#pragma once

#include "base/buf.h"

/* The name, quoted if need be: plain letters, digits and _ that are no keyword of SQLite stay as they are,
 * others become [name] as Datasette writes them, or "name" when a ] is in it. */
void ident_write(struct buf *sql, const char *name);
