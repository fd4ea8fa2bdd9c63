/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "format/hex.h"
#include "format/percent.h"

void percent_encode(struct buf *b, const void *bytes, size_t n)
{
    hex_escape(b, bytes, n, '%', "_.-~");
}

char *percent_decode(struct arena *a, const char *text, size_t n, bool plus_is_space, size_t *len_ret)
{
    return hex_unescape(a, text, n, '%', plus_is_space, len_ret);
}
