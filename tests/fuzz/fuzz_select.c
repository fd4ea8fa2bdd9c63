/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes are judged without reading past them, with a text when they are refused, and a space before
 * changes nothing. */
#include "sql/select.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error e = {0};
    char *text = malloc(size + 1);
    must(text);
    text[0] = ' ';
    memcpy(text + 1, data, size);
    int rc = select_check((const char *)data, size, &e);
    must(rc == 0 || (rc == ERR_BAD_INPUT && e.text[0]));
    must(select_check(text, size + 1, &e) == rc);
    free(text);
    return 0;
}
