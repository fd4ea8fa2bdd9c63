/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hexadecimal digits, and text in which a mark and two of them stand for a byte. No state, any thread. */
#pragma once

#include <stdbool.h>
#include "base/arena.h"
#include "base/buf.h"

#define HEX_LOWER "0123456789abcdef"
#define HEX_UPPER "0123456789ABCDEF"

/* The value of a digit of either case, -1 for other bytes. */
static inline int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

/* A-Z a-z 0-9 and the bytes of `literal` as they are, a space as +, others as the mark and two digits. */
void hex_escape(struct buf *b, const void *bytes, size_t n, char mark, const char *literal);

/* The opposite, with a NUL behind; a mark without two digits stays as it is. NULL: no memory. */
char *hex_unescape(struct arena *a, const char *text, size_t n, char mark, bool plus_is_space,
                   size_t *len_ret);
