/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any token is read without harm, and the values that it means are written as a token that means the same. */
#include "format/keyset.h"
#include "fuzz.h"

static bool same(const struct value *a, const struct value *b)
{
    if (a->type != b->type)
        return false;
    if (a->type == VALUE_INT)
        return a->i == b->i;
    if (a->type == VALUE_REAL)
        return memcmp(&a->d, &b->d, sizeof a->d) == 0;
    return a->type == VALUE_NULL ||
           (a->len == b->len && (a->len == 0 || memcmp(a->bytes, b->bytes, a->len) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new((size_t)16 * 1024 * 1024);
    struct buf b = BUF_INIT(size * 4 + 1024);
    struct keyset k, again;
    bool typed = size > 0 && data[0] & 1;
    if (a && size > 0 && keyset_read(a, (const char *)data + 1, size - 1, &k) == 0) {
        for (size_t i = 0; i < k.n; i++) {
            struct value v, w;
            buf_clear(&b);
            keyset_value(&k.parts[i], typed, &v);
            keyset_write_part(&b, &v, typed);
            must(!b.err && keyset_read(a, b.data ? b.data : "", b.len, &again) == 0 && again.n == 1);
            keyset_value(&again.parts[0], typed, &w);
            must(same(&v, &w));
        }
    }
    buf_free(&b);
    arena_free(a);
    return 0;
}
