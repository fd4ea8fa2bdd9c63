/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdarg.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/digits.h"
#include "base/error.h"

#define BUF_MIN_CAP 256

void buf_free(struct buf *b)
{
    free(b->data);
    *b = BUF_INIT(b->max);
}

char *buf_grow(struct buf *b, size_t n)
{
    if (b->err)
        return NULL;
    if (n > b->max || b->len > b->max - n) {
        b->err = ERR_LIMIT;
        return NULL;
    }
    if (b->cap - b->len < n) {
        size_t cap = MAX(b->cap + b->cap / 2, b->len + n);
        cap = MIN(MAX(cap, (size_t)BUF_MIN_CAP), b->max);
        char *data = realloc(b->data, cap);
        if (!data) {
            b->err = ERR_NOMEM;
            return NULL;
        }
        b->data = data;
        b->cap = cap;
    }
    /* An empty write into a buffer with max 0 has nowhere to point to; any address will do. */
    return b->data ? b->data + b->len : (char *)b;
}

void buf_addf(struct buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    char *text = n < 0 ? NULL : malloc((size_t)n + 1);
    if (text) {
        vsnprintf(text, (size_t)n + 1, format, again);
        buf_add(b, text, (size_t)n);
        free(text);
    } else if (!b->err)
        b->err = ERR_NOMEM;
    va_end(again);
    va_end(args);
}

void buf_add_int(struct buf *b, int64_t i)
{
    uint64_t u = i < 0 ? -(uint64_t)i : (uint64_t)i;
    size_t n = digits_count(u);
    char *to = buf_reserve(b, n + 1);
    if (!to)
        return;
    *to = '-';
    digits_write(to + (i < 0), n, u);
    b->len += n + (i < 0);
}

char *buf_cstr(struct buf *b)
{
    char *end = buf_reserve(b, 1);
    if (!end)
        return NULL;
    *end = '\0';
    return b->data;
}
