/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "format/tilde.h"
#include "../tap.h"

static const struct {
    const char *plain;
    size_t len;
    const char *encoded;
} pairs[] = {
    {"", 0, ""},
    {"abcXYZ019-_", 11, "abcXYZ019-_"},
    {"a b", 3, "a+b"},
    {"a/b", 3, "a~2Fb"},
    {"a.b", 3, "a~2Eb"},
    {"a,b", 3, "a~2Cb"},
    {"~", 1, "~7E"},
    {"+", 1, "~2B"},
    {"100%", 4, "100~25"},
    {"$null", 5, "~24null"},
    {"\303\251", 2, "~C3~A9"},
    {"\0\377", 2, "~00~FF"},
    {"[x]\"'", 5, "~5Bx~5D~22~27"},
};

static const struct {
    const char *text, *decoded;
} readings[] = {
    {"a~2fb", "a/b"},   /* lower-case hex */
    {"a%2Fb", "a%2Fb"}, /* percent escapes are text */
    {"~", "~"},         /* cut escapes stay */
    {"~2", "~2"},
    {"a~", "a~"},
    {"~2G~G2", "~2G~G2"}, /* and wrong ones */
    {"~~41", "~A"},
    {"~7E41", "~41"}, /* decoded once */
    {"a+b%20c", "a b%20c"},
};

int main(void)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(1 << 20);
    struct buf b = BUF_INIT(1000);
    size_t len;

    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
        tilde_encode(&b, pairs[i].plain, pairs[i].len);
        is_buf(&b, pairs[i].encoded, pairs[i].encoded);
        char *back = tilde_decode(a, pairs[i].encoded, strlen(pairs[i].encoded), &len);
        is_bytes(back, len + 1, pairs[i].plain, pairs[i].len + 1, "and back, with a NUL behind");
    }
    for (size_t i = 0; i < ARRAY_SIZE(readings); i++) {
        /* An exact copy: nothing past the length may count. */
        size_t n = strlen(readings[i].text);
        _cleanup_free_ char *copy = malloc(n);
        memcpy(copy, readings[i].text, n);
        char *decoded = tilde_decode(a, copy, n, &len);
        is_bytes(decoded, len, readings[i].decoded, strlen(readings[i].decoded), readings[i].text);
    }
    is_str(tilde_decode(a, "a~2Fb", 3, &len), "a~2", "an escape is not completed from past the length");

    bool same = true;
    for (int c = 0; c < 256; c++) {
        char byte = (char)c;
        buf_clear(&b);
        tilde_encode(&b, &byte, 1);
        char *back = tilde_decode(a, b.data, b.len, &len);
        same = same && back && len == 1 && back[0] == byte;
    }
    ok(same, "every byte comes back");
    buf_free(&b);

    _cleanup_(arena_freep) struct arena *small = arena_new(16);
    ok(tilde_decode(small, "0123456789012345", 16, &len) == NULL, "no room for the NUL is no memory");
    return done();
}
