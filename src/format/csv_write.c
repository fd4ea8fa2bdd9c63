/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdbool.h>

#include "format/base64.h"
#include "format/csv_write.h"
#include "format/double.h"
#include "format/utf8.h"

struct look {
    bool quotes;    /* it must stand in quotes */
    bool has_quote; /* and has some itself */
    bool valid;     /* UTF-8 */
};

static struct look look_at(const uint8_t *s, size_t n)
{
    struct look l = {.valid = true};
    for (size_t i = 0; i < n;) {
        uint32_t c;
        i += utf8_read(s + i, n - i, &c);
        l.valid &= c != UTF8_INVALID;
        l.has_quote |= c == '"';
        l.quotes |= c == '"' || c == ',' || c == '\n' || c == '\r';
    }
    return l;
}

static void write_mended(struct buf *b, const uint8_t *s, size_t n)
{
    for (size_t i = 0; i < n;) {
        uint32_t c;
        size_t len = utf8_read(s + i, n - i, &c);
        if (c == UTF8_INVALID)
            buf_adds(b, "\xef\xbf\xbd");
        else if (c == '"')
            buf_adds(b, "\"\"");
        else
            buf_add(b, s + i, len);
        i += len;
    }
}

void csv_write_text(struct buf *b, const void *s, size_t n)
{
    struct look l = look_at(s, n);
    if (l.quotes)
        buf_addc(b, '"');
    if (l.has_quote || !l.valid)
        write_mended(b, s, n);
    else
        buf_add(b, s, n);
    if (l.quotes)
        buf_addc(b, '"');
}

void csv_write_value(struct buf *b, const struct value *v)
{
    char text[DOUBLE_TEXT_MAX];
    switch (v->type) {
    case VALUE_NULL:
        break;
    case VALUE_INT:
        buf_add_int(b, v->i);
        break;
    case VALUE_REAL:
        buf_add(b, text, double_any_text(v->d, text));
        break;
    case VALUE_TEXT:
        csv_write_text(b, v->bytes, v->len);
        break;
    case VALUE_BLOB:
        base64_write(b, v->bytes, v->len);
        break;
    }
}
