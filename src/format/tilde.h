/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Datasette's tilde encoding, for names and keys in paths (docs.datasette.io, "Tilde encoding"): the bytes
 * A-Z a-z 0-9 - _ stand for themselves, a space is +, any other byte is ~HH. No state, any thread.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

void tilde_encode(struct buf *b, const void *bytes, size_t n);

/* The decoded bytes, *len_ret of them, and a NUL after them. Lower-case hex is read too; a ~ without two hex
 * digits and percent escapes stay as they are. NULL: no memory. */
char *tilde_decode(struct arena *a, const char *text, size_t n, size_t *len_ret);
