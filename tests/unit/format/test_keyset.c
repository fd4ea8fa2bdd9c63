/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "base/error.h"
#include "format/keyset.h"
#include "../tap.h"

#define INT(n)                                                                                               \
    {                                                                                                        \
        .type = VALUE_INT, .i = (n)                                                                          \
    }
#define REAL(x)                                                                                              \
    {                                                                                                        \
        .type = VALUE_REAL, .d = (x)                                                                         \
    }
#define TEXT(s)                                                                                              \
    {                                                                                                        \
        .type = VALUE_TEXT, .bytes = (s), .len = sizeof(s) - 1                                               \
    }
#define BLOB(s)                                                                                              \
    {                                                                                                        \
        .type = VALUE_BLOB, .bytes = (s), .len = sizeof(s) - 1                                               \
    }

static const struct {
    struct value values[3];
    size_t n;
    const char *token;
} writings[] = {
    {{INT(2)}, 1, "2"},
    {{INT(-5), INT(INT64_MAX)}, 2, "-5,9223372036854775807"},
    {{TEXT("a,b"), TEXT("c")}, 2, "a~2Cb,c"},
    {{TEXT("a/b")}, 1, "a~2Fb"},
    {{TEXT("")}, 1, ""},
    {{TEXT(""), INT(6)}, 2, ",6"},
    {{{.type = VALUE_NULL}, INT(12)}, 2, "$null,12"},
    {{TEXT("$null"), INT(12)}, 2, "~24null,12"},
    {{REAL(1.5), INT(1)}, 2, "1~2E5,1"},
    {{REAL(1e16)}, 1, "1e~2B16"},
    {{REAL(INFINITY), REAL(-INFINITY)}, 2, "inf,-inf"},
    {{BLOB("\0\xff z")}, 1, "$x:~00~FF+z"},
};

static void test_write(void)
{
    struct buf b = BUF_INIT(1000);
    for (size_t i = 0; i < ARRAY_SIZE(writings); i++) {
        for (size_t k = 0; k < writings[i].n; k++) {
            if (k)
                buf_addc(&b, ',');
            keyset_write_part(&b, &writings[i].values[k], true);
        }
        is_buf(&b, writings[i].token, writings[i].token);
    }
    buf_free(&b);
}

static bool same_part(const struct keyset_part *p, const char *text, size_t len, bool null)
{
    return p->len == len && memcmp(p->text, text, len) == 0 && p->text[len] == '\0' && (p->kind == KEYSET_NULL) == null;
}

static void test_read(void)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(1 << 20);
    struct keyset k;
    ok(keyset_read(a, "12", 2, &k) == 0 && k.n == 1 && same_part(&k.parts[0], "12", 2, false), "one part");
    ok(keyset_read(a, "12", 1, &k) == 0 && k.n == 1 && same_part(&k.parts[0], "1", 1, false),
       "its length counts");
    ok(keyset_read(a, "", 0, &k) == 0 && k.n == 1 && same_part(&k.parts[0], "", 0, false), "an empty part");
    ok(keyset_read(a, "a~2Cb,c", 7, &k) == 0 && k.n == 2 && same_part(&k.parts[0], "a,b", 3, false) &&
           same_part(&k.parts[1], "c", 1, false),
       "an encoded comma does not separate");
    ok(keyset_read(a, ",", 1, &k) == 0 && k.n == 2 && same_part(&k.parts[0], "", 0, false) &&
           same_part(&k.parts[1], "", 0, false),
       "two empty parts");
    ok(keyset_read(a, "$null,~24null", 13, &k) == 0 && k.n == 2 && same_part(&k.parts[0], "$null", 5, true) &&
           same_part(&k.parts[1], "$null", 5, false),
       "$null is null, ~24null is text");
    ok(keyset_read(a, "~00,x", 5, &k) == 0 && k.n == 2 && same_part(&k.parts[0], "", 1, false),
       "a NUL in a part");
}

static void test_limits(void)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(1 << 20);
    struct keyset k;
    char commas[KEYSET_PARTS_MAX];
    memset(commas, ',', sizeof commas);
    ok(keyset_read(a, commas, KEYSET_PARTS_MAX - 1, &k) == 0 && k.n == KEYSET_PARTS_MAX, "64 parts");
    is_int(keyset_read(a, commas, KEYSET_PARTS_MAX, &k), ERR_LIMIT, "65 parts");
    _cleanup_(arena_freep) struct arena *small = arena_new(100);
    is_int(keyset_read(small, commas, 30, &k), ERR_NOMEM, "no memory");
}

int main(void)
{
    test_write();
    test_read();
    test_limits();
    return done();
}
