/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "format/hex.h"

static bool is_alphanumeric(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

void hex_escape(struct buf *b, const void *bytes, size_t n, char mark, const char *literal)
{
    const char *s = bytes;
    for (size_t i = 0; i < n; i++) {
        uint8_t c = (uint8_t)s[i];
        if (is_alphanumeric(s[i]) || (c && strchr(literal, c)))
            buf_addc(b, s[i]);
        else if (c == ' ')
            buf_addc(b, '+');
        else
            buf_add(b, (char[]){mark, HEX_UPPER[c >> 4], HEX_UPPER[c & 15]}, 3);
    }
}

char *hex_unescape(struct arena *a, const char *text, size_t n, char mark, bool plus_is_space,
                   size_t *len_ret)
{
    char *out = arena_alloc(a, n + 1);
    if (!out)
        return NULL;
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        if (c == '+' && plus_is_space) {
            c = ' ';
        } else if (c == mark && n - i > 2) {
            int high = hex_value(text[i + 1]), low = hex_value(text[i + 2]);
            if (high >= 0 && low >= 0) {
                c = (char)(high << 4 | low);
                i += 2;
            }
        }
        out[len++] = c;
    }
    *len_ret = len;
    return out;
}
