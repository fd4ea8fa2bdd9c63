/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A byte buffer that grows up to a maximum.
 *
 * Writers do not check every call: the first failure (ERR_LIMIT at the maximum, ERR_NOMEM) sticks in `err`,
 * later writes do nothing, and whoever uses the bytes looks at `err` once. One thread at a time.
 */
#pragma once

#include <stdint.h>
#include "base/macro.h"

struct buf {
    char *data;
    size_t len;
    size_t cap;
    size_t max; /* `len` never exceeds it */
    int err;    /* 0, ERR_LIMIT or ERR_NOMEM */
};

/* An empty buffer without memory of its own yet. */
#define BUF_INIT(maximum) ((struct buf){.max = (maximum)})

/* Frees the memory; the buffer can be used again, with the same maximum. */
void buf_free(struct buf *b);

/* Forgets the bytes and the error, keeps the memory. */
static inline void buf_clear(struct buf *b)
{
    b->len = 0;
    b->err = 0;
}

/* Makes room for n more bytes. Returns where they go, or NULL (and sets err). The caller adds to len itself. */
char *buf_grow(struct buf *b, size_t n);

static inline char *buf_reserve(struct buf *b, size_t n)
{
    if (likely(b->cap - b->len >= n && !b->err))
        return b->data + b->len;
    return buf_grow(b, n);
}

static inline void buf_add(struct buf *b, const void *bytes, size_t n)
{
    char *to = buf_reserve(b, n);
    if (unlikely(!to) || n == 0)
        return;
    memcpy(to, bytes, n);
    b->len += n;
}

static inline void buf_addc(struct buf *b, char c)
{
    char *to = buf_reserve(b, 1);
    if (likely(to != NULL)) {
        *to = c;
        b->len++;
    }
}

/* A string literal, or any NUL-terminated string. */
static inline void buf_adds(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void buf_addf(struct buf *b, const char *format, ...) _printf_(2, 3);
void buf_add_int(struct buf *b, int64_t i);

/* Adds a NUL that does not count in len. Returns data, or NULL when the buffer has failed. */
char *buf_cstr(struct buf *b);
