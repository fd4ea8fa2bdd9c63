/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Percent coding of URLs (RFC 3986) and query strings. No state, any thread. */
#pragma once

#include <stdbool.h>
#include "base/arena.h"
#include "base/buf.h"

/* As Python's quote_plus(): A-Z a-z 0-9 _ . - ~ stand for themselves, a space is +, any other byte is %HH. */
void percent_encode(struct buf *b, const void *bytes, size_t n);

/* The decoded bytes, *len_ret of them, and a NUL after them. A % without two hex digits stays as it is.
 * NULL: no memory. */
char *percent_decode(struct arena *a, const char *text, size_t n, bool plus_is_space, size_t *len_ret);
