/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The text that names a row, in paths and in `_next` tokens: the values of its key, tilde-encoded, with
 * commas between them. A null is $null, which no encoded text can be. No state, any thread.
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
    bool null; /* the token said $null; text is that too */
};

struct keyset {
    size_t n;
    struct keyset_part *parts; /* in the arena */
};

void keyset_write(struct buf *b, const struct value *values, size_t n);

/* Splits and decodes; an empty token is one empty part. ERR_LIMIT past KEYSET_PARTS_MAX parts, ERR_NOMEM. */
int keyset_read(struct arena *a, const char *token, size_t len, struct keyset *ret);
