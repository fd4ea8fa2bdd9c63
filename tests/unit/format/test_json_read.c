/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "format/json_read.h"
#include "format/json_write.h"
#include "../tap.h"

/* Parses a copy of exactly n bytes, so that AddressSanitizer sees any read past them. */
static int parse(const char *text, size_t n, struct json **ret, struct error *e)
{
    _cleanup_free_ char *copy = malloc(n ? n : 1);
    memcpy(copy, text, n);
    *e = (struct error){0};
    *ret = NULL;
    return json_parse(copy, n, ret, e);
}

/* Texts and what json.dumps(json.loads(TEXT)) of Python says. */
static void test_good(void)
{
    static const struct {
        const char *text, *written;
    } good[] = {
        {"null", "null"},
        {"true", "true"},
        {"false", "false"},
        {"0", "0"},
        {"-0", "0"},
        {"1", "1"},
        {"-1", "-1"},
        {"9223372036854775807", "9223372036854775807"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"1.0", "1.0"},
        {"-0.0", "-0.0"},
        {"0.1", "0.1"},
        {"1e5", "100000.0"},
        {"1E+5", "100000.0"},
        {"1e-7", "1e-07"},
        {"12.5e1", "125.0"},
        {"1e308", "1e+308"},
        {"1.7976931348623157e308", "1.7976931348623157e+308"},
        {"1e-400", "0.0"},
        {"9223372036854775808.0", "9.223372036854776e+18"},
        {"\"\"", "\"\""},
        {"\"a\"", "\"a\""},
        {" \t\r\n\"a\" \t\r\n", "\"a\""},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\\"\\\\/\\b\\f\\n\\r\\t\""},
        {"\"\\u00e9\\u20AC\"", "\"\\u00e9\\u20ac\""},
        {"\"\\ud83d\\ude00\"", "\"\\ud83d\\ude00\""},
        {"\"\\ud836\\udc00\"", "\"\\ud836\\udc00\""},
        {"\"\\udab7\\udf7d\"", "\"\\udab7\\udf7d\""},
        {"\"\\\\ud836\\\\udc00\\uD836\\uDFFF\"", "\"\\\\ud836\\\\udc00\\ud836\\udfff\""},
        {"\"\303\251\360\237\230\200\"", "\"\\u00e9\\ud83d\\ude00\""},
        {"\"a\\u0000b\"", "\"a\\u0000b\""},
        {"\"\\uffff\"", "\"\\uffff\""},
        {"\"//\"", "\"//\""},
        {"[]", "[]"},
        {"[ ]", "[]"},
        {"{}", "{}"},
        {"{ }", "{}"},
        {"[1,2,3]", "[1, 2, 3]"},
        {"[[],[[]],{}]", "[[], [[]], {}]"},
        {"[null]", "[null]"},
        {"{\"a\":1,\"b\":[true,null]}", "{\"a\": 1, \"b\": [true, null]}"},
        {"{\"\":0}", "{\"\": 0}"},
        {"{\"\\u00e9\":0}", "{\"\\u00e9\": 0}"},
        {"{\"a\":null}", "{\"a\": null}"},
        {"{\"a\":1,\"b\":2,\"a\":3}", "{\"a\": 3, \"b\": 2}"},
        {"{\"a\":1,\"\\u0061\":2}", "{\"a\": 2}"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        _cleanup_(json_freep) struct json *j = NULL;
        struct error e;
        int r = parse(good[i].text, strlen(good[i].text), &j, &e);
        if (!ok(r == 0 && j, "good text %zu is read", i)) {
            printf("# %s\n", e.text);
            continue;
        }
        struct buf b = BUF_INIT(1000);
        json_write(&b, j);
        is_buf(&b, good[i].written, good[i].written);
        buf_free(&b);
    }
}

static void test_bad(void)
{
    static const struct {
        const char *text, *message; /* NULL: any */
    } bad[] = {
        {"", "line 1, column 1: expected a value"},
        {" ", "line 1, column 2: expected a value"},
        {"\n\n x", "line 3, column 2: expected a value"},
        {"[1,\n 2,\n  x]", "line 3, column 3: expected a value"},
        {"[\"\303\251\360\237\230\200\", x]", "line 1, column 8: expected a value"},
        {"nul", NULL},
        {"nulL", NULL},
        {"True", NULL},
        {"NaN", "line 1, column 1: expected a value"},
        {"Infinity", NULL},
        {"-Infinity", "line 1, column 2: expected a digit"},
        {"1 2", "line 1, column 3: expected the end of the text"},
        {"{} {}", NULL},
        {"nullx", NULL},
        {"[1,]", "line 1, column 4: expected a value"},
        {"[,1]", NULL},
        {"[1 2]", "line 1, column 4: expected , or ]"},
        {"[1", "line 1, column 3: expected , or ]"},
        {"[", NULL},
        {"]", NULL},
        {"[1}", NULL},
        {"{", "line 1, column 2: expected a key in double quotes"},
        {"{\"a\":1,}", "line 1, column 8: expected a key in double quotes"},
        {"{\"a\"}", "line 1, column 5: expected : after the key"},
        {"{\"a\" 1}", NULL},
        {"{\"a\":}", NULL},
        {"{\"a\":1 \"b\":2}", "line 1, column 8: expected , or }"},
        {"{a:1}", "line 1, column 2: expected a key in double quotes"},
        {"{'a':1}", NULL},
        {"{1:1}", NULL},
        {"'a'", NULL},
        {"\"a", "line 1, column 3: expected \" at the end of the string"},
        {"\"", NULL},
        {"\"\\\"", NULL},
        {"\"\\x41\"", NULL},
        {"\"\\", NULL},
        {"\"\\u12\"", NULL},
        {"\"\\u12G4\"", NULL},
        {"\"\\u\"", NULL},
        {"\"a\nb\"", NULL},
        {"\"a\tb\"", NULL},
        {"\"\\ud800\"", NULL},
        {"\"\\udc00\"", NULL},
        {"\"\\ud800\\ud800\"", NULL},
        {"\"\\ud800x\"", NULL},
        {"\"\\ud800\\n\"", NULL},
        {"\"\\ud800\\u\"", NULL},
        {"\"\\udc00\\ud800\"", NULL},
        {"{\"a\\u0000b\":1}", "line 1, column 4: expected a key without \\u0000"},
        {"\"\xff\"", "line 1, column 2: expected valid UTF-8"},
        {"\"\xc0\x80\"", NULL},
        {"\"\xed\xa0\x80\"", NULL},
        {"\"\xe2\x82\"", NULL},
        {"\"\xf4\x90\x80\x80\"", NULL},
        {"\xef\xbb\xbf{}", NULL},
        {"/* c */ 1", NULL},
        {"1 // c", NULL},
        {"// c\n1", NULL},
        {"+1", NULL},
        {"01", "line 1, column 1: expected a number without leading zeros"},
        {"-01", NULL},
        {"00", NULL},
        {"-", NULL},
        {"1.", NULL},
        {".5", NULL},
        {"1.e5", NULL},
        {"1e", NULL},
        {"1e+", NULL},
        {"0x10", NULL},
        {"1_000", NULL},
        {"1e400", "line 1, column 1: this number is beyond the range of a double"},
        {"-1e400", NULL},
        {"1.7976931348623159e308", NULL},
        {"9223372036854775808",
         "line 1, column 1: expected an integer from -9223372036854775808 to 9223372036854775807"},
        {"-9223372036854775809", NULL},
        {"18446744073709551616", NULL},
        {"100000000000000000000000000000000000000000", NULL},
        {"\v1", NULL},
        {"\xc2\xa0"
         "1",
         NULL},
    };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        _cleanup_(json_freep) struct json *j = NULL;
        struct error e;
        int r = parse(bad[i].text, strlen(bad[i].text), &j, &e);
        ok(r == ERR_SYNTAX && !j, "bad text %zu is refused", i);
        if (bad[i].message)
            is_str(e.text, bad[i].message, bad[i].message);
        else if (!ok(strncmp(e.text, "line ", 5) == 0, "with its place"))
            printf("# %s\n", e.text);
    }
}

static void test_nul(void)
{
    static const struct {
        const char *text;
        size_t n;
    } bad[] = {{"1\0", 2}, {"\0", 1}, {"\"a\0b\"", 5}, {"[1,\0]", 5}, {"\"\\\0\"", 4}, {"{\"a\0\":1}", 8}};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        _cleanup_(json_freep) struct json *j = NULL;
        struct error e;
        is_int(parse(bad[i].text, bad[i].n, &j, &e), ERR_SYNTAX, "a raw NUL is refused");
    }
}

/* Every text cut anywhere is refused, for this one value needs its last byte. */
static void test_cut(void)
{
    static const char text[] =
        "{\"a\\u00e9\": [1, -2.5e1, true, false, null, \"x\\ud83d\\ude00\303\251\"], \"b\": {}}";
    bool refused = true;
    for (size_t n = 0; n < strlen(text); n++) {
        _cleanup_(json_freep) struct json *j = NULL;
        struct error e;
        refused = refused && parse(text, n, &j, &e) == ERR_SYNTAX && !j;
    }
    ok(refused, "a text without its end is refused");
    _cleanup_(json_freep) struct json *j = NULL;
    struct error e;
    is_int(parse(text, strlen(text), &j, &e), 0, "the whole one is not");
}

static int parse_nested(const char *open, const char *inner, const char *close, size_t depth)
{
    struct buf b = BUF_INIT(1000000);
    _cleanup_(json_freep) struct json *j = NULL;
    for (size_t i = 0; i < depth; i++)
        buf_adds(&b, open);
    buf_adds(&b, inner);
    for (size_t i = 0; i < depth; i++)
        buf_adds(&b, close);
    struct error e;
    int r = parse(b.data, b.len, &j, &e);
    buf_free(&b);
    return r;
}

static void test_depth(void)
{
    is_int(parse_nested("[", "", "]", 64), 0, "64 arrays");
    is_int(parse_nested("[", "1", "]", 64), 0, "64 arrays around a scalar");
    is_int(parse_nested("{\"a\":", "1", "}", 64), 0, "64 objects");
    is_int(parse_nested("[", "", "]", 65), ERR_SYNTAX, "65 arrays are refused");
    is_int(parse_nested("{\"a\":", "1", "}", 65), ERR_SYNTAX, "65 objects are refused");
    is_int(parse_nested("[", "", "]", 100000), ERR_SYNTAX, "100000 arrays are refused");
    is_int(parse_nested("[],", "1", "", 1), ERR_SYNTAX, "two values are refused");
}

static void test_access(void)
{
    static const char text[] = "{\"n\": null, \"t\": true, \"i\": 42, \"r\": 1.5, \"s\": \"a\\u0000b\","
                               " \"a\": [null, 7], \"o\": {\"k\": 1}, \"i\": 43}";
    _cleanup_(json_freep) struct json *j = NULL;
    struct error e;
    struct value v;
    if (!ok(parse(text, strlen(text), &j, &e) == 0, "an object"))
        return;
    is_int(json_kind(j), JSON_OBJECT, "its kind");
    is_int((long long)json_length(j), 7, "its length");
    ok(json_get(j, "absent") == NULL, "an absent key is NULL");
    ok(json_get(j, "n") != NULL && json_kind(json_get(j, "n")) == JSON_NULL, "a null is not");
    ok(json_value(json_get(j, "n"), &v) == 0 && v.type == VALUE_NULL, "null");
    ok(json_value(json_get(j, "t"), &v) == 0 && v.type == VALUE_INT && v.i == 1, "true is 1");
    ok(json_kind(json_get(j, "t")) == JSON_BOOL, "and a bool");
    ok(json_value(json_get(j, "i"), &v) == 0 && v.type == VALUE_INT && v.i == 43, "the last of two keys");
    ok(json_value(json_get(j, "r"), &v) == 0 && v.type == VALUE_REAL && v.d == 1.5, "a double");
    ok(json_value(json_get(j, "s"), &v) == 0 && v.type == VALUE_TEXT, "a text");
    is_bytes(v.bytes, v.len + 1, "a\0b", 4, "with its NUL, and one behind it");
    ok(json_value(json_get(j, "a"), &v) == ERR_BAD_INPUT, "an array is no scalar");
    ok(json_value(j, &v) == ERR_BAD_INPUT, "nor is an object");

    const struct json *a = json_get(j, "a");
    is_int((long long)json_length(a), 2, "an array's length");
    ok(json_at(a, 0) && json_kind(json_at(a, 0)) == JSON_NULL, "a null element is not NULL");
    ok(json_at(a, 1) && json_kind(json_at(a, 1)) == JSON_INT, "the second element");
    ok(json_at(a, 2) == NULL && json_at(a, SIZE_MAX) == NULL, "past the end");
    ok(json_at(j, 0) == NULL, "an object has no elements");
    ok(json_get(a, "k") == NULL, "an array has no keys");
    ok(json_get(json_get(j, "n"), "k") == NULL && json_length(json_get(j, "n")) == 0, "null has neither");
    ok(json_get(NULL, "k") == NULL, "nor has what is absent");

    struct json_iter it = {0};
    struct buf keys = BUF_INIT(32);
    while (json_next(j, &it))
        buf_adds(&keys, it.key);
    is_buf(&keys, "ntirsao", "keys come in the order of the text");
    buf_free(&keys);
    ok(!json_next(j, &it), "the end stays the end");
    it = (struct json_iter){0};
    ok(!json_next(a, &it), "an array has no keys to go through");
    it = (struct json_iter){0};
    ok(!json_next(json_get(j, "n"), &it), "nor has null");
}

static void test_null_text(void)
{
    _cleanup_(json_freep) struct json *j = NULL;
    struct error e;
    ok(parse("null", 4, &j, &e) == 0 && j && json_kind(j) == JSON_NULL, "a text that is null");
    json_free(NULL);
}

int main(void)
{
    test_good();
    test_bad();
    test_nul();
    test_cut();
    test_depth();
    test_access();
    test_null_text();
    return done();
}
