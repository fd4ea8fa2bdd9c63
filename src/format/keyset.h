/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The text that names a row, in paths and in `_next` tokens: the values of its key, tilde-encoded, with
 * commas between them. A null is $null, which no encoded text can be. These are Datasette's; $x: before a blob, and
 * $t: before a text that reads as a number in a column that has no type to tell, are dbd's own. No state, any thread.
 */
#pragma once

#include <stdbool.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/value.h"

#define KEYSET_PARTS_MAX 64

struct keyset_part {
    const char *text; /* decoded, NUL-terminated; never NULL */
    size_t len;
    enum keyset_kind { KEYSET_PLAIN, KEYSET_NULL, KEYSET_TEXT, KEYSET_BLOB } kind; /* what the token said it is */
};

struct keyset {
    size_t n;
    struct keyset_part *parts; /* in the arena */
};

/* The token of a key that is one empty text: an empty `_next` would mean the first page. */
#define KEYSET_EMPTY "$t:"

/* One value. `typed`: its column has a type that converts what it is compared with. */
void keyset_write_part(struct buf *b, const struct value *v, bool typed);

/* What to compare that column with: text where its type converts it; else a number if the text is just how one is
 * written. Borrows from the part. */
void keyset_value(const struct keyset_part *p, bool typed, struct value *ret);

/* Splits and decodes; an empty token is one empty part. ERR_LIMIT past KEYSET_PARTS_MAX parts, ERR_NOMEM. */
int keyset_read(struct arena *a, const char *token, size_t len, struct keyset *ret);
