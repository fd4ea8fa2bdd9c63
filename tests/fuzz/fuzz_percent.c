/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Percent and tilde coding: decoding what was encoded gives the bytes back, and nothing grows in decoding. */
#include "format/percent.h"
#include "format/tilde.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(size * 8 + 65536);
    struct buf b = BUF_INIT(size * 3 + 1);
    size_t len = 0;
    must(a);
    const char *decoded = percent_decode(a, (const char *)data, size, size & 1, &len);
    must(decoded && len <= size && decoded[len] == '\0');
    decoded = tilde_decode(a, (const char *)data, size, &len);
    must(decoded && len <= size && decoded[len] == '\0');

    percent_encode(&b, data, size);
    must(!b.err && b.len >= size);
    decoded = percent_decode(a, b.data ? b.data : "", b.len, true, &len);
    must(decoded && len == size && memcmp(decoded, data, size) == 0);

    buf_clear(&b);
    tilde_encode(&b, data, size);
    must(!b.err && b.len >= size);
    decoded = tilde_decode(a, b.data ? b.data : "", b.len, &len);
    must(decoded && len == size && memcmp(decoded, data, size) == 0);
    buf_free(&b);
    arena_free(a);
    return 0;
}
