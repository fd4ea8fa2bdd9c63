/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text of any bytes becomes one JSON string of printable ASCII, which reads as the same text if it was UTF-8.
 */
#include "format/json_read.h"
#include "format/json_write.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf b = BUF_INIT(size * 6 + 2), again = BUF_INIT(size * 6 + 2);
    struct json *j = NULL;
    struct error e;
    struct value v;
    json_write_text(&b, data, size);
    must(!b.err && b.len >= 2);
    for (size_t i = 0; i < b.len; i++)
        must(b.data[i] >= 0x20 && b.data[i] < 0x7f);
    must(json_parse(b.data, b.len, &j, &e) == 0);
    must(json_kind(j) == JSON_TEXT && json_value(j, &v) == 0);
    json_write_text(&again, v.bytes, v.len);
    must(again.len == b.len && memcmp(again.data, b.data, b.len) == 0);
    if (!memmem(b.data, b.len, "\\ufffd", 6))
        must(v.len == size && (size == 0 || memcmp(v.bytes, data, size) == 0));
    json_free(j);
    buf_free(&b);
    buf_free(&again);
    return 0;
}
