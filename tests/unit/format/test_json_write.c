/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <math.h>

#include "base/error.h"
#include "format/json_write.h"
#include "../tap.h"

static const struct {
    const char *bytes;
    size_t len;
    const char *json;
} table[] = {
#include "json_text_table.inc"
};

/* A copy of exactly n bytes, so that AddressSanitizer sees any read past them. */
static char *exact_copy(const char *bytes, size_t n)
{
    char *copy = malloc(n ? n : 1);
    return memcpy(copy, bytes, n);
}

static void test_text(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        _cleanup_free_ char *copy = exact_copy(table[i].bytes, table[i].len);
        struct buf b = BUF_INIT(1000);
        json_write_text(&b, copy, table[i].len);
        is_buf(&b, table[i].json, "text as json.dumps() writes it");
        buf_free(&b);
    }
    struct buf b = BUF_INIT(1000);
    json_write_text(&b, NULL, 0);
    is_buf(&b, "\"\"", "NULL and no bytes is an empty string");
    buf_free(&b);
}

/* A buffer of exactly the length holds the text; one byte less is ERR_LIMIT and never an overrun. */
static void test_limits(void)
{
    bool fits = true, refused = true;
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        size_t want = strlen(table[i].json);
        struct buf b = BUF_INIT(want);
        json_write_text(&b, table[i].bytes, table[i].len);
        fits = fits && !b.err && b.len == want;
        buf_free(&b);
        for (size_t max = 0; max < want; max++) {
            struct buf small = BUF_INIT(max);
            json_write_text(&small, table[i].bytes, table[i].len);
            refused = refused && small.err == ERR_LIMIT && small.len <= max;
            buf_free(&small);
        }
    }
    ok(fits, "every text fits into a buffer of its length");
    ok(refused, "and into no smaller one");
}

static void test_long_text(void)
{
    enum { N = 100000 };
    _cleanup_free_ char *text = malloc(N);
    memset(text, 'x', N);
    text[N - 1] = '"';
    struct buf b = BUF_INIT(N * 2);
    json_write_text(&b, text, N);
    ok(!b.err && b.len == N + 3 && b.data[0] == '"' && b.data[N - 1] == 'x' &&
           memcmp(b.data + N, "\\\"\"", 3) == 0,
       "a long text");
    buf_clear(&b);
    memset(text, 0x01, N);
    json_write_text(&b, text, N);
    is_int(b.err, ERR_LIMIT, "a long text that grows past the maximum");
    buf_free(&b);
}

static void test_scalars(void)
{
    struct buf b = BUF_INIT(1000);
    json_write_null(&b);
    is_buf(&b, "null", "null");
    json_write_bool(&b, true);
    is_buf(&b, "true", "true");
    json_write_bool(&b, false);
    is_buf(&b, "false", "false");
    json_write_int(&b, INT64_MIN);
    is_buf(&b, "-9223372036854775808", "the smallest integer");
    json_write_int(&b, INT64_MAX);
    is_buf(&b, "9223372036854775807", "the largest integer");
    json_write_double(&b, 1.0);
    is_buf(&b, "1.0", "a double keeps its .0");
    json_write_double(&b, 1e-7);
    is_buf(&b, "1e-07", "a small double");
    json_write_double(&b, -0.0);
    is_buf(&b, "-0.0", "minus zero");
    json_write_double(&b, NAN);
    is_buf(&b, "null", "NaN is null");
    json_write_double(&b, INFINITY);
    is_buf(&b, "null", "infinity is null");
    json_write_double(&b, -INFINITY);
    is_buf(&b, "null", "minus infinity is null");
    json_write_key(&b, "a\"b");
    is_buf(&b, "\"a\\\"b\": ", "a key");
    json_write_str(&b, "\303\251");
    is_buf(&b, "\"\\u00e9\"", "a C string");
    buf_free(&b);
}

/* What snprintf says of it is right. */
static bool writes_int(int64_t i)
{
    char want[32];
    struct buf b = BUF_INIT(32);
    json_write_int(&b, i);
    int n = snprintf(want, sizeof want, "%" PRId64, i);
    bool same = !b.err && b.len == (size_t)n && memcmp(b.data, want, b.len) == 0;
    if (!same)
        ok(false, "integer %s", want);
    buf_free(&b);
    return same;
}

/* Each power and both its neighbours, with both signs. */
static bool writes_around(int64_t i)
{
    bool good =
        writes_int(i) && writes_int(-i) && writes_int(i - 1) && writes_int(-i + 1) && writes_int(-i - 1);
    return good && (i == INT64_MAX || writes_int(i + 1));
}

static void test_integers(void)
{
    bool good =
        writes_int(INT64_MIN) && writes_int(INT64_MIN + 1) && writes_around(INT64_MAX) && writes_around(0);
    int64_t power = 1;
    for (int bit = 0; bit < 63; bit++)
        good = writes_around(INT64_C(1) << bit) && good;
    for (int digits = 1; digits <= 19; digits++) {
        good = writes_around(power) && good;
        if (digits < 19)
            power *= 10;
    }
    ok(good && power == INT64_C(1000000000000000000),
       "powers of 2 and 10, both signs, with their neighbours");
}

/* The vectors of RFC 4648, section 10, and all 64 digits. */
static void test_blob(void)
{
    static const struct {
        const char *bytes, *base64;
    } vectors[] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\377\357\174\357\256\170\337\155\164\317\054\160\276\353\154\256\252\150\236\151\144\216\050\140"
         "\175\347\134\155\246\130\135\145\124\115\044\120\074\343\114\054\242\110\034\141\104\014\040\100",
         "/+9876543210zyxwvutsrqponmlkjihgfedcbaZYXWVUTSRQPONMLKJIHGFEDCBA"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
        _cleanup_free_ char *copy = exact_copy(vectors[i].bytes, strlen(vectors[i].bytes));
        char want[100];
        snprintf(want, sizeof want, "{\"$base64\": true, \"encoded\": \"%s\"}", vectors[i].base64);
        struct buf b = BUF_INIT(strlen(want));
        json_write_blob(&b, copy, strlen(vectors[i].bytes));
        is_buf(&b, want, want);
        buf_free(&b);
    }
}

static void test_value(void)
{
    static const struct {
        struct value value;
        const char *want;
    } values[] = {
        {{.type = VALUE_NULL}, "null"},
        {{.type = VALUE_INT, .i = -7}, "-7"},
        {{.type = VALUE_REAL, .d = 0.1}, "0.1"},
        {{.type = VALUE_TEXT, .bytes = "a\0b", .len = 3}, "\"a\\u0000b\""},
        {{.type = VALUE_BLOB, .bytes = "\x89PNG\r\n\x1a\n\0\1", .len = 10},
         "{\"$base64\": true, \"encoded\": \"iVBORw0KGgoAAQ==\"}"},
        {{.type = VALUE_BLOB}, "{\"$base64\": true, \"encoded\": \"\"}"},
    };
    struct buf b = BUF_INIT(1000);
    for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
        json_write_value(&b, &values[i].value);
        is_buf(&b, values[i].want, values[i].want);
    }
    buf_free(&b);
}

int main(void)
{
    test_text();
    test_limits();
    test_long_text();
    test_scalars();
    test_integers();
    test_blob();
    test_value();
    return done();
}
