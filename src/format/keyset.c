/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "base/error.h"
#include "format/double.h"
#include "format/keyset.h"
#include "format/tilde.h"

static const char NULL_PART[] = "$null";

static void write_real(struct buf *b, double d)
{
    char text[DOUBLE_TEXT_MAX];
    if (isfinite(d))
        tilde_encode(b, text, double_text(d, text));
    else
        buf_adds(b, isnan(d) ? "nan" : d < 0 ? "-inf" : "inf");
}

void keyset_write(struct buf *b, const struct value *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct value *v = &values[i];
        if (i > 0)
            buf_addc(b, ',');
        switch (v->type) {
        case VALUE_NULL:
            buf_adds(b, NULL_PART);
            break;
        case VALUE_INT:
            buf_add_int(b, v->i);
            break;
        case VALUE_REAL:
            write_real(b, v->d);
            break;
        case VALUE_TEXT:
        case VALUE_BLOB:
            tilde_encode(b, v->bytes, v->len);
            break;
        }
    }
}

static int read_part(struct arena *a, const char *text, size_t len, struct keyset_part *ret)
{
    ret->null = len == strlen(NULL_PART) && memcmp(text, NULL_PART, len) == 0;
    ret->text = tilde_decode(a, text, len, &ret->len);
    return ret->text ? 0 : ERR_NOMEM;
}

int keyset_read(struct arena *a, const char *token, size_t len, struct keyset *ret)
{
    size_t n = 1;
    for (size_t i = 0; i < len; i++)
        n += token[i] == ',';
    if (n > KEYSET_PARTS_MAX)
        return ERR_LIMIT;

    struct keyset_part *parts = arena_new_array(a, struct keyset_part, n);
    if (!parts)
        return ERR_NOMEM;
    const char *at = token, *end = token + len;
    for (size_t i = 0; i < n; i++) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        const char *stop = comma ? comma : end;
        int r = read_part(a, at, (size_t)(stop - at), &parts[i]);
        if (r < 0)
            return r;
        at = stop + 1;
    }
    *ret = (struct keyset){.n = n, .parts = parts};
    return 0;
}
