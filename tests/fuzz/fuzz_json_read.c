/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whatever is accepted can be written, and what is written reads as the same again. */
#include "format/json_read.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf once = BUF_INIT(size * 8 + 64), twice = BUF_INIT(size * 8 + 64);
    struct json *j = NULL, *k = NULL;
    struct error e = {0};
    char *text = malloc(size + !size); /* no byte more, that a read past the end is seen */
    must(text);
    memcpy(text, data, size);
    int rc = json_parse(text, size, &j, &e);
    must(rc <= 0 && (rc < 0) == (e.text[0] != '\0'));
    if (rc == 0) {
        json_write(&once, j);
        must(!once.err && json_parse(once.data, once.len, &k, &e) == 0 && json_kind(j) == json_kind(k));
        json_write(&twice, k);
        must(once.len == twice.len && memcmp(once.data, twice.data, once.len) == 0);
    }
    json_free(j);
    json_free(k);
    free(text);
    buf_free(&once);
    buf_free(&twice);
    return 0;
}
