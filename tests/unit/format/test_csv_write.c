/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Expectations: Python's csv.writer with its default dialect; base64 of RFC 4648, section 10. */
#include "../tap.h"
#include "format/base64.h"
#include "format/csv_write.h"

static void is_csv(const char *text, size_t n, const char *want)
{
    struct buf b = BUF_INIT(1000);
    csv_write_text(&b, text, n);
    ok(!b.err && b.len == strlen(want) && memcmp(b.data ? b.data : "", want, b.len) == 0, "%s", want);
    buf_free(&b);
}

static void is_base64(const char *text, const char *want)
{
    struct buf b = BUF_INIT(1000);
    base64_write(&b, text, strlen(text));
    ok(!b.err && b.len == strlen(want) && memcmp(b.data ? b.data : "", want, b.len) == 0, "%s", want);
    buf_free(&b);
}

#define CSV(text, want) is_csv(text, sizeof(text) - 1, want)

int main(void)
{
    CSV("", "");
    CSV("plain text", "plain text");
    CSV("a,b", "\"a,b\"");
    CSV("q\"q", "\"q\"\"q\"");
    CSV("\"", "\"\"\"\"");
    CSV("l1\nl2", "\"l1\nl2\"");
    CSV("l1\rl2", "\"l1\rl2\"");
    CSV(" lead", " lead");
    CSV("\xc3\xb1", "\xc3\xb1");
    CSV("a\xff", "a\xef\xbf\xbd");
    CSV("\xe2\x82,", "\"\xef\xbf\xbd,\"");
    is_base64("", "");
    is_base64("f", "Zg==");
    is_base64("fo", "Zm8=");
    is_base64("foo", "Zm9v");
    is_base64("foob", "Zm9vYg==");
    is_base64("fooba", "Zm9vYmE=");
    is_base64("foobar", "Zm9vYmFy");
    return done();
}
