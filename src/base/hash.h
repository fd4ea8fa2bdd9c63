/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* FNV-1a (Fowler, Noll, Vo), 64 bits: for tables of names and texts that nobody can gain from making collide. */
#pragma once

#include <stddef.h>
#include <stdint.h>

static inline uint64_t hash_bytes(const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    uint64_t h = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * UINT64_C(1099511628211);
    return h;
}
