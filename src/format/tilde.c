/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "format/hex.h"
#include "format/tilde.h"

void tilde_encode(struct buf *b, const void *bytes, size_t n)
{
    hex_escape(b, bytes, n, '~', "-_");
}

char *tilde_decode(struct arena *a, const char *text, size_t n, size_t *len_ret)
{
    return hex_unescape(a, text, n, '~', true, len_ret);
}
