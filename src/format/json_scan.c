/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "format/hex.h"
#include "format/json_read.h"
#include "format/json_scan.h"
#include "format/utf8.h"

/* Functions return 0 or a negative error code and leave `at` behind what they read. */
struct scan {
    const char *text, *at, *end;
    unsigned depth, containers, values;
    struct error *e;
};

/* ERR_SYNTAX with the line and column of `at`. */
static int refuse(const struct scan *s, const char *at, const char *what)
{
    size_t line = 1, column = 1;
    for (const char *c = s->text; c < at; c++) {
        if (*c == '\n') {
            line++;
            column = 1;
        } else if (((uint8_t)*c & 0xc0) != 0x80) {
            column++;
        }
    }
    return error_set(s->e, ERR_SYNTAX, "line %zu, column %zu: %s", line, column, what);
}

/* The byte at the place, or NUL at the end; a NUL in the text itself is allowed nowhere and refused alike. */
static char peek(const struct scan *s)
{
    return s->at < s->end ? *s->at : '\0';
}

static bool take(struct scan *s, char c)
{
    if (s->at == s->end || *s->at != c)
        return false;
    s->at++;
    return true;
}

static void skip_space(struct scan *s)
{
    while (take(s, ' ') || take(s, '\n') || take(s, '\t') || take(s, '\r'))
        ;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool skip_digits(struct scan *s)
{
    const char *begin = s->at;
    while (is_digit(peek(s)))
        s->at++;
    return s->at > begin;
}

static bool fits_int64(const char *digits, const char *end, bool negative)
{
    uint64_t most = (uint64_t)INT64_MAX + negative, u = 0;
    for (; digits < end; digits++) {
        unsigned digit = (unsigned)(*digits - '0');
        if (u > (most - digit) / 10)
            return false;
        u = u * 10 + digit;
    }
    return true;
}

/* Only a long number or one with an exponent can be past the range of double. */
static int check_real(const struct scan *s, const char *begin, bool exponent)
{
    size_t len = (size_t)(s->at - begin);
    if (!exponent && len < 300)
        return 0;
    _cleanup_free_ char *copy = strndup(begin, len);
    if (!copy)
        return ERR_NOMEM;
    return isinf(strtod(copy, NULL)) ? refuse(s, begin, "this number is beyond the range of a double") : 0;
}

static int scan_number(struct scan *s)
{
    const char *begin = s->at;
    bool negative = take(s, '-'), real = false, exponent = false;
    const char *digits = s->at;

    if (!take(s, '0') && !skip_digits(s))
        return refuse(s, s->at, "expected a digit");
    if (is_digit(peek(s)))
        return refuse(s, begin, "expected a number without leading zeros");
    const char *digits_end = s->at;
    if (take(s, '.')) {
        real = true;
        if (!skip_digits(s))
            return refuse(s, s->at, "expected a digit after the decimal point");
    }
    if (take(s, 'e') || take(s, 'E')) {
        real = exponent = true;
        if (!take(s, '+'))
            take(s, '-');
        if (!skip_digits(s))
            return refuse(s, s->at, "expected a digit in the exponent");
    }
    if (real)
        return check_real(s, begin, exponent);
    if (!fits_int64(digits, digits_end, negative))
        return refuse(s, begin, "expected an integer from -9223372036854775808 to 9223372036854775807");
    return 0;
}

/* The four digits of \uXXXX. */
static int scan_unit(struct scan *s, uint32_t *ret)
{
    *ret = 0;
    for (int i = 0; i < 4; i++, s->at++) {
        int digit = hex_value(peek(s));
        if (digit < 0)
            return refuse(s, s->at, "expected four hexadecimal digits after \\u");
        *ret = *ret << 4 | (uint32_t)digit;
    }
    return 0;
}

static int scan_escape(struct scan *s, bool key)
{
    const char *begin = s->at++;
    char c = peek(s);
    if (c == '\0' || !strchr("\"\\/bfnrtu", c))
        return refuse(s, begin, "expected one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX");
    s->at++;
    if (c != 'u')
        return 0;

    uint32_t unit, second;
    int r = scan_unit(s, &unit);
    if (r < 0)
        return r;
    if (unit == 0 && key)
        return refuse(s, begin, "expected a key without \\u0000");
    if (unit < 0xd800 || unit > 0xdfff)
        return 0;
    if (unit < 0xdc00 && take(s, '\\') && take(s, 'u')) {
        r = scan_unit(s, &second);
        if (r < 0)
            return r;
        if (second >= 0xdc00 && second <= 0xdfff)
            return 0;
    }
    return refuse(s, begin, "expected a pair of surrogates, \\ud800-\\udbff and then \\udc00-\\udfff");
}

static int scan_string(struct scan *s, bool key)
{
    s->at++;
    while (s->at < s->end) {
        uint8_t c = (uint8_t)*s->at;
        if (c == '"') {
            s->at++;
            return 0;
        }
        if (c == '\\') {
            int r = scan_escape(s, key);
            if (r < 0)
                return r;
        } else if (c < 0x20) {
            return refuse(s, s->at, "expected no control character in a string; write it as \\uXXXX");
        } else {
            uint32_t code;
            size_t n = utf8_read((const uint8_t *)s->at, (size_t)(s->end - s->at), &code);
            if (code == UTF8_INVALID)
                return refuse(s, s->at, "expected valid UTF-8");
            s->at += n;
        }
    }
    return refuse(s, s->at, "expected \" at the end of the string");
}

static int scan_word(struct scan *s, const char *word)
{
    size_t n = strlen(word);
    if ((size_t)(s->end - s->at) < n || memcmp(s->at, word, n) != 0)
        return refuse(s, s->at, "expected a value");
    s->at += n;
    return 0;
}

static int scan_value(struct scan *s);

static int scan_member(struct scan *s)
{
    skip_space(s);
    if (peek(s) != '"')
        return refuse(s, s->at, "expected a key in double quotes");
    int r = scan_string(s, true);
    if (r < 0)
        return r;
    skip_space(s);
    if (!take(s, ':'))
        return refuse(s, s->at, "expected : after the key");
    return scan_value(s);
}

/* What is between the brackets: nothing, or items with commas between them. */
static int scan_items(struct scan *s, char close, int (*item)(struct scan *s), const char *expected)
{
    if (s->depth == JSON_DEPTH_MAX)
        return refuse(s, s->at, "expected at most 64 arrays and objects inside each other");
    if (++s->containers > JSON_CONTAINERS_MAX)
        return refuse(s, s->at, "expected at most 20000 arrays and objects");
    s->depth++;
    s->at++;
    skip_space(s);
    if (!take(s, close)) {
        do {
            int r = item(s);
            if (r < 0)
                return r;
            skip_space(s);
        } while (take(s, ','));
        if (!take(s, close))
            return refuse(s, s->at, expected);
    }
    s->depth--;
    return 0;
}

static int scan_value(struct scan *s)
{
    skip_space(s);
    if (++s->values > JSON_VALUES_MAX)
        return refuse(s, s->at, "expected at most 400000 values");
    switch (peek(s)) {
    case '{':
        return scan_items(s, '}', scan_member, "expected , or }");
    case '[':
        return scan_items(s, ']', scan_value, "expected , or ]");
    case '"':
        return scan_string(s, false);
    case 't':
        return scan_word(s, "true");
    case 'f':
        return scan_word(s, "false");
    case 'n':
        return scan_word(s, "null");
    case '-':
    case '0' ... '9':
        return scan_number(s);
    }
    return refuse(s, s->at, "expected a value");
}

int json_scan(const char *text, size_t len, struct error *e)
{
    struct scan s = {.text = text, .at = text, .end = text + len, .e = e};
    int r = scan_value(&s);
    if (r < 0)
        return r;
    skip_space(&s);
    return s.at == s.end ? 0 : refuse(&s, s.at, "expected the end of the text");
}
