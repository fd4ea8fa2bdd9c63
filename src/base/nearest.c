/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <limits.h>

#include "base/nearest.h"

#define NAME_MAX_BYTES 63

static unsigned least(unsigned a, unsigned b, unsigned c)
{
    return MIN(MIN(a, b), c);
}

/* Optimal string alignment with the last three rows of the matrix. */
unsigned nearest_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    unsigned rows[3][NAME_MAX_BYTES + 1];
    if (a_len > NAME_MAX_BYTES || b_len > NAME_MAX_BYTES)
        return UINT_MAX;
    for (size_t j = 0; j <= b_len; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= a_len; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_len; j++) {
            unsigned replace = above[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = least(above[j] + 1, row[j - 1] + 1, replace);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = MIN(row[j], two_above[j - 2] + 1);
        }
    }
    return rows[a_len % 3][b_len];
}

void nearest_offer(struct nearest *n, const char *candidate)
{
    unsigned distance = nearest_distance(n->word, n->word_len, candidate, strlen(candidate));
    if (distance > n->word_len / 3 || (n->name && distance >= n->distance))
        return;
    n->name = candidate;
    n->distance = distance;
}
