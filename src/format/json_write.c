/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <endian.h>
#include <math.h>

#include "format/double.h"
#include "format/base64.h"
#include "format/hex.h"
#include "format/json_write.h"
#include "format/utf8.h"

void json_write_null(struct buf *b)
{
    buf_add(b, "null", 4);
}

void json_write_bool(struct buf *b, bool yes)
{
    buf_adds(b, yes ? "true" : "false");
}

void json_write_int(struct buf *b, int64_t i)
{
    buf_add_int(b, i);
}

void json_write_double(struct buf *b, double d)
{
    if (unlikely(!isfinite(d))) {
        json_write_null(b);
        return;
    }
    char text[DOUBLE_TEXT_MAX];
    buf_add(b, text, double_text(d, text));
}

#define EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

/* How many of the 8 bytes at s stand for themselves in a JSON string, counted from the first: those that are
 * not controls (DEL is one for Python), quotes, backslashes or past ASCII. A carry or borrow can mark a byte
 * wrongly only behind a rightly marked one, so the first mark is always right. */
static inline size_t count_plain(const uint8_t *s)
{
    uint64_t word;
    memcpy(&word, s, sizeof word);
    word = le64toh(word);
    uint64_t quote = word ^ EACH_BYTE('"'), backslash = word ^ EACH_BYTE('\\');
    uint64_t marks = word | (word + EACH_BYTE(1)) | (word - EACH_BYTE(0x20));
    marks |= (quote - EACH_BYTE(1)) | (backslash - EACH_BYTE(1));
    marks &= EACH_BYTE(0x80);
    return marks ? (size_t)__builtin_ctzll(marks) / 8 : 8;
}

static inline bool is_plain(uint8_t c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static size_t write_unit(char *to, uint32_t unit)
{
    to[0] = '\\';
    to[1] = 'u';
    to[2] = HEX_LOWER[unit >> 12 & 15];
    to[3] = HEX_LOWER[unit >> 8 & 15];
    to[4] = HEX_LOWER[unit >> 4 & 15];
    to[5] = HEX_LOWER[unit & 15];
    return 6;
}

static size_t write_short(char *to, char letter)
{
    to[0] = '\\';
    to[1] = letter;
    return 2;
}

#define ESCAPE_MAX 12 /* a surrogate pair */

static size_t write_escape(char *to, uint32_t c)
{
    switch (c) {
    case '"':
    case '\\':
        return write_short(to, (char)c);
    case '\n':
        return write_short(to, 'n');
    case '\r':
        return write_short(to, 'r');
    case '\t':
        return write_short(to, 't');
    case '\b':
        return write_short(to, 'b');
    case '\f':
        return write_short(to, 'f');
    case UTF8_INVALID:
        return write_unit(to, 0xfffd);
    }
    if (c < 0x10000)
        return write_unit(to, c);
    write_unit(to, 0xd800 + ((c - 0x10000) >> 10));
    return 6 + write_unit(to + 6, 0xdc00 + ((c - 0x10000) & 0x3ff));
}

/* Whether nothing in the text is escaped. The last word overlaps the one before, so that no bytes are left over. */
static bool is_all_plain(const uint8_t *s, size_t n)
{
    if (n < 8) {
        size_t i = 0;
        while (i < n && is_plain(s[i]))
            i++;
        return i == n;
    }
    for (size_t i = 0; i + 8 < n; i += 8)
        if (count_plain(s + i) < 8)
            return false;
    return count_plain(s + n - 8) == 8;
}

/* No escape is shorter than the bytes that it stands for. So at every step there is room for the rest of the
 * text as it is and the closing quote; only escapes ask for more. */
static void write_escaped(struct buf *b, const uint8_t *s, size_t n)
{
    const uint8_t *end = s + n;
    char *to = buf_reserve(b, n + 2);
    if (unlikely(!to))
        return;
    *to++ = '"';
    while (s < end) {
        while (end - s >= 8) {
            size_t plain = count_plain(s);
            memcpy(to, s, 8); /* what is past the plain ones is written over */
            s += plain;
            to += plain;
            if (plain < 8)
                break;
        }
        while (s < end && is_plain(*s))
            *to++ = (char)*s++;
        /* Text in other scripts is one escape after the other. */
        while (s < end && !is_plain(*s)) {
            uint32_t c;
            s += utf8_read(s, (size_t)(end - s), &c);
            char escape[ESCAPE_MAX];
            size_t length = write_escape(escape, c);
            b->len = (size_t)(to - b->data);
            to = buf_reserve(b, length + (size_t)(end - s) + 1);
            if (unlikely(!to))
                return;
            memcpy(to, escape, length);
            to += length;
        }
    }
    *to++ = '"';
    b->len = (size_t)(to - b->data);
}

void json_write_text(struct buf *b, const void *bytes, size_t n)
{
    if (!is_all_plain(bytes, n)) {
        write_escaped(b, bytes, n);
        return;
    }
    char *to = buf_reserve(b, n + 2);
    if (unlikely(!to))
        return;
    to[0] = '"';
    if (n)
        memcpy(to + 1, bytes, n);
    to[n + 1] = '"';
    b->len += n + 2;
}

void json_write_str(struct buf *b, const char *s)
{
    json_write_text(b, s, strlen(s));
}

void json_write_blob(struct buf *b, const void *bytes, size_t n)
{
    buf_adds(b, "{\"$base64\": true, \"encoded\": \"");
    base64_write(b, bytes, n);
    buf_adds(b, "\"}");
}

void json_write_key(struct buf *b, const char *key)
{
    json_write_str(b, key);
    buf_add(b, ": ", 2);
}

void json_write_value(struct buf *b, const struct value *v)
{
    switch (v->type) {
    case VALUE_NULL:
        json_write_null(b);
        break;
    case VALUE_INT:
        json_write_int(b, v->i);
        break;
    case VALUE_REAL:
        json_write_double(b, v->d);
        break;
    case VALUE_TEXT:
        json_write_text(b, v->bytes, v->len);
        break;
    case VALUE_BLOB:
        json_write_blob(b, v->bytes, v->len);
        break;
    }
}
