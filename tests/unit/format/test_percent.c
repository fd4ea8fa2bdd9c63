/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "format/percent.h"
#include "../tap.h"

/* What urllib.parse.quote_plus() of Python gives. */
static const struct {
    const char *plain;
    size_t len;
    const char *encoded;
} pairs[] = {
    {"", 0, ""},
    {"abcXYZ019_.-~", 13, "abcXYZ019_.-~"},
    {"a b+c", 5, "a+b%2Bc"},
    {"a/b?c=d&e", 9, "a%2Fb%3Fc%3Dd%26e"},
    {"100%", 4, "100%25"},
    {"$null,12", 8, "%24null%2C12"},
    {"\303\251", 2, "%C3%A9"},
    {"\0\377", 2, "%00%FF"},
};

static const struct {
    const char *text;
    bool plus;
    const char *decoded;
} readings[] = {
    {"a%2fb", false, "a/b"}, {"a+b", true, "a b"},  {"a+b", false, "a+b"},     {"%2B", true, "+"},
    {"%", false, "%"},       {"%4", false, "%4"},   {"%zz%41", false, "%zzA"}, {"%%41", false, "%A"},
    {"%2541", false, "%41"}, {"~2F", false, "~2F"},
};

int main(void)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(1 << 20);
    struct buf b = BUF_INIT(1000);
    size_t len;

    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
        percent_encode(&b, pairs[i].plain, pairs[i].len);
        is_buf(&b, pairs[i].encoded, pairs[i].encoded);
        char *back = percent_decode(a, pairs[i].encoded, strlen(pairs[i].encoded), true, &len);
        is_bytes(back, len + 1, pairs[i].plain, pairs[i].len + 1, "and back, with a NUL behind");
    }
    for (size_t i = 0; i < ARRAY_SIZE(readings); i++) {
        char *decoded = percent_decode(a, readings[i].text, strlen(readings[i].text), readings[i].plus, &len);
        is_bytes(decoded, len, readings[i].decoded, strlen(readings[i].decoded), readings[i].text);
    }
    is_str(percent_decode(a, "a%2Fb", 3, false, &len), "a%2", "nothing past the length counts");
    buf_free(&b);
    return done();
}
