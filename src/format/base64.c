/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "format/base64.h"

static void encode(char *to, const uint8_t *s, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (; n >= 3; n -= 3, s += 3, to += 4) {
        uint32_t three = (uint32_t)s[0] << 16 | (uint32_t)s[1] << 8 | s[2];
        to[0] = digits[three >> 18];
        to[1] = digits[three >> 12 & 63];
        to[2] = digits[three >> 6 & 63];
        to[3] = digits[three & 63];
    }
    if (n > 0) {
        uint32_t rest = (uint32_t)s[0] << 8 | (n > 1 ? s[1] : 0);
        to[0] = digits[rest >> 10];
        to[1] = digits[rest >> 4 & 63];
        to[2] = n > 1 ? digits[rest << 2 & 63] : '=';
        to[3] = '=';
    }
}

void base64_write(struct buf *b, const void *bytes, size_t n)
{
    size_t encoded = n / 3 * 4 + (n % 3 ? 4 : 0);
    char *to = buf_reserve(b, encoded);
    if (!to)
        return;
    encode(to, bytes, n);
    b->len += encoded;
}
