/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decimal digits, two at a time: a division by 100 costs as much as one by 10. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The last n digits of u, to[0] the first of them. */
static inline void digits_write(char *to, size_t n, uint64_t u)
{
    static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
                                "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
                                "8081828384858687888990919293949596979899";
    for (; n >= 2; n -= 2, u /= 100)
        memcpy(to + n - 2, pairs + u % 100 * 2, 2);
    if (n)
        *to = (char)('0' + u % 10);
}

static inline size_t digits_count(uint64_t u)
{
    size_t n = 1;
    for (; u >= 10000; u /= 10000)
        n += 4;
    return n + (u >= 10) + (u >= 100) + (u >= 1000);
}
