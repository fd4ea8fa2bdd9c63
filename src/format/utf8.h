/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UTF-8, well-formed as Unicode's table 3-7 says: no surrogates, no overlong forms, nothing past U+10FFFF. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define UTF8_INVALID UINT32_MAX

/* Reads the character at s, of n >= 1 bytes. Returns its length; when it is not well-formed, *code is
 * UTF8_INVALID and the length that of the maximal subpart: what one U+FFFD stands for. */
static inline size_t utf8_read(const uint8_t *s, size_t n, uint32_t *code)
{
    uint8_t lead = s[0], low = 0x80, high = 0xbf;
    size_t more;

    if (lead < 0x80) {
        *code = lead;
        return 1;
    }
    *code = UTF8_INVALID;
    if (lead >= 0xc2 && lead <= 0xdf) {
        more = 1;
    } else if (lead >= 0xe0 && lead <= 0xef) {
        more = 2;
        low = lead == 0xe0 ? 0xa0 : 0x80;
        high = lead == 0xed ? 0x9f : 0xbf;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
        more = 3;
        low = lead == 0xf0 ? 0x90 : 0x80;
        high = lead == 0xf4 ? 0x8f : 0xbf;
    } else {
        return 1;
    }

    uint32_t c = lead & (0x3f >> more);
    for (size_t i = 1; i <= more; i++) {
        if (i >= n || s[i] < low || s[i] > high)
            return i;
        c = c << 6 | (s[i] & 0x3f);
        low = 0x80;
        high = 0xbf;
    }
    *code = c;
    return more + 1;
}
