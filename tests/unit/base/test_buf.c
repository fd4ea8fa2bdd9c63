/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/error.h"
#include "../tap.h"

static void test_writers(void)
{
    struct buf b = BUF_INIT(100000);
    buf_add(&b, "a\0b", 3);
    is_bytes(b.data, b.len, "a\0b", 3, "buf_add keeps NULs");
    buf_clear(&b);
    buf_addc(&b, 'x');
    buf_adds(&b, "yz");
    buf_add(&b, "", 0);
    is_buf(&b, "xyz", "buf_addc, buf_adds, an empty write");
    buf_addf(&b, "%d-%s", 7, "seven");
    is_buf(&b, "7-seven", "buf_addf");

    static const int64_t ints[] = {0, 9, 10, -1, 99, 100, -100, INT64_MAX, INT64_MIN, 1000000000000000000};
    for (size_t i = 0; i < ARRAY_SIZE(ints); i++) {
        char want[32];
        snprintf(want, sizeof want, "%" PRId64, ints[i]);
        buf_add_int(&b, ints[i]);
        is_buf(&b, want, want);
    }
    buf_free(&b);
    ok(b.data == NULL && b.len == 0 && b.cap == 0 && b.max == 100000, "buf_free keeps only the maximum");
}

static void test_growth(void)
{
    struct buf b = BUF_INIT(1000000);
    for (int i = 0; i < 50000; i++)
        buf_add(&b, &(char){(char)('a' + i % 26)}, 1);
    bool same = b.len == 50000 && !b.err;
    for (size_t i = 0; same && i < b.len; i++)
        same = b.data[i] == (char)('a' + i % 26);
    ok(same, "50000 single bytes keep their order over growth");
    is_str(buf_cstr(&b) ? "yes" : "no", "yes", "buf_cstr gives the text");
    ok(b.len == 50000 && b.data[b.len] == '\0', "its NUL is not counted");
    buf_free(&b);
}

static void test_limit(void)
{
    struct buf b = BUF_INIT(10);
    buf_adds(&b, "0123456789");
    ok(b.err == 0 && b.len == 10, "exactly the maximum fits");
    buf_add(&b, "", 0);
    is_int(b.err, 0, "nothing more still fits");
    buf_addc(&b, 'x');
    is_int(b.err, ERR_LIMIT, "one byte more is ERR_LIMIT");
    buf_clear(&b);
    buf_add(&b, "0123456789a", 11);
    ok(b.err == ERR_LIMIT && b.len == 0, "what does not fit is not written in part");
    buf_addc(&b, 'x');
    ok(b.err == ERR_LIMIT && b.len == 0, "the failure sticks, though one byte would fit");
    ok(buf_cstr(&b) == NULL, "buf_cstr of a failed buffer is NULL");
    ok(buf_reserve(&b, 0) == NULL, "buf_reserve of a failed buffer is NULL");
    buf_clear(&b);
    ok(buf_reserve(&b, SIZE_MAX) == NULL && b.err == ERR_LIMIT, "SIZE_MAX bytes do not wrap around");
    buf_clear(&b);
    buf_adds(&b, "ab");
    is_buf(&b, "ab", "buf_clear forgets the failure");
    buf_free(&b);
}

static void test_empty(void)
{
    struct buf b = BUF_INIT(0);
    buf_addc(&b, 'x');
    is_int(b.err, ERR_LIMIT, "a buffer of 0 bytes holds none");
    buf_free(&b);
    buf_free(&b);
    ok(b.data == NULL, "freeing twice is harmless");
}

int main(void)
{
    test_writers();
    test_growth();
    test_limit();
    test_empty();
    return done();
}
