/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "format/double.h"
#include "format/keyset.h"
#include "format/tilde.h"

/* A dollar that belongs to a value is written ~24. */
static const char NULL_PART[] = "$null", TEXT_MARK[] = "$t:", BLOB_MARK[] = "$x:";

/* The number that this text is the only spelling of, as keyset_write_part() writes it. */
static bool read_number(const char *text, size_t len, struct value *ret)
{
    char spelt[DOUBLE_TEXT_MAX], *end;
    if (len == 0 || len >= sizeof spelt)
        return false;
    int n = snprintf(spelt, sizeof spelt, "%.*s", (int)len, text);
    errno = 0;
    long long i = strtoll(spelt, &end, 10);
    if (*end == '\0' && errno == 0) {
        char again[DOUBLE_TEXT_MAX];
        *ret = (struct value){.type = VALUE_INT, .i = i};
        return snprintf(again, sizeof again, "%lld", i) == n && streq(again, spelt);
    }
    double d = strtod(spelt, &end);
    *ret = (struct value){.type = VALUE_REAL, .d = d};
    char again[DOUBLE_TEXT_MAX];
    return *end == '\0' && isfinite(d) && double_text(d, again) == (size_t)n && memcmp(again, spelt, (size_t)n) == 0;
}

void keyset_write_part(struct buf *b, const struct value *v, bool typed)
{
    struct value number;
    char text[DOUBLE_TEXT_MAX];
    switch (v->type) {
    case VALUE_NULL:
        buf_adds(b, NULL_PART);
        break;
    case VALUE_INT:
        buf_add_int(b, v->i);
        break;
    case VALUE_REAL:
        tilde_encode(b, text, double_any_text(v->d, text));
        break;
    case VALUE_TEXT:
        if (!typed && read_number(v->bytes, v->len, &number))
            buf_adds(b, TEXT_MARK);
        tilde_encode(b, v->bytes, v->len);
        break;
    case VALUE_BLOB:
        buf_adds(b, BLOB_MARK);
        tilde_encode(b, v->bytes, v->len);
        break;
    }
}

static bool has_mark(const char *text, size_t len, const char *mark)
{
    return len >= strlen(mark) && memcmp(text, mark, strlen(mark)) == 0;
}

static int read_part(struct arena *a, const char *text, size_t len, struct keyset_part *ret)
{
    size_t skip = 0;
    ret->kind = KEYSET_PLAIN;
    if (len == strlen(NULL_PART) && has_mark(text, len, NULL_PART))
        ret->kind = KEYSET_NULL;
    else if (has_mark(text, len, TEXT_MARK))
        ret->kind = KEYSET_TEXT;
    else if (has_mark(text, len, BLOB_MARK))
        ret->kind = KEYSET_BLOB;
    if (ret->kind == KEYSET_TEXT || ret->kind == KEYSET_BLOB)
        skip = strlen(TEXT_MARK);
    ret->text = tilde_decode(a, text + skip, len - skip, &ret->len);
    return ret->text ? 0 : ERR_NOMEM;
}

void keyset_value(const struct keyset_part *p, bool typed, struct value *ret)
{
    if (p->kind == KEYSET_PLAIN && !typed && read_number(p->text, p->len, ret))
        return;
    *ret = (struct value){.type = p->kind == KEYSET_BLOB ? VALUE_BLOB : VALUE_TEXT, .bytes = p->text, .len = p->len};
    if (p->kind == KEYSET_NULL)
        ret->type = VALUE_NULL;
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
