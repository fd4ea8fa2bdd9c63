/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SQL functions that dbd puts in the place of SQLite's own, because those may take time in the product of their
 * arguments' lengths inside one opcode, where no time limit and no interrupt reaches. Inside store/ only.
 *
 * Same names, same results (sqlite.org/lang_corefunc.html): instr and replace, here by memmem(3), which is linear;
 * trim, ltrim and rtrim, with at most TRIM_SET_MAX bytes of characters to take away.
 */
#pragma once

#include <sqlite3.h>

/* SQLITE_OK, or SQLite's error. */
int functions_install(sqlite3 *handle);
