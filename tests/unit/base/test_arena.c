/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdint.h>

#include "base/arena.h"
#include "../tap.h"

static bool all_zero(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i])
            return false;
    return true;
}

static void test_alloc(void)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(1 << 20);
    bool aligned = true, zeroed = true, apart = true;
    char *last = NULL;
    size_t last_size = 0;
    for (size_t n = 0; n < 600; n++) {
        char *p = arena_alloc(a, n);
        if (!p)
            break;
        aligned = aligned && (uintptr_t)p % _Alignof(max_align_t) == 0;
        zeroed = zeroed && all_zero(p, n);
        apart = apart && (!last || p + n <= last || last + last_size <= p);
        memset(p, 0xff, n);
        last = p;
        last_size = n;
    }
    is_int((long long)last_size, 599, "many sizes can be had");
    ok(aligned, "aligned for any type");
    ok(zeroed, "zeroed, though neighbours were written to");
    ok(apart, "neighbours do not overlap");

    char *big = arena_alloc(a, 100000);
    ok(big && all_zero(big, 100000), "one larger than a chunk");
}

static void test_text(void)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(1 << 20);
    char source[] = {'a', '\0', 'b', 'X'};
    char *copy = arena_strndup(a, source, 3);
    is_bytes(copy, 4, "a\0b", 4, "arena_strndup copies n bytes, NULs too, and ends with a NUL");
    source[0] = 'z';
    ok(copy[0] == 'a', "it is a copy");
    is_str(arena_strdup(a, ""), "", "arena_strdup of nothing");
    is_str(arena_printf(a, "%s/%d", "x", 5), "x/5", "arena_printf");
    int *numbers = arena_new_array(a, int, 10);
    ok(numbers && numbers[9] == 0, "arena_new_array");
}

static void test_limit(void)
{
    _cleanup_(arena_freep) struct arena *a = arena_new(10000);
    ok(arena_alloc(a, 10001) == NULL, "more than the maximum is refused");
    ok(arena_alloc(a, SIZE_MAX) == NULL, "SIZE_MAX is refused");
    ok(arena_alloc(a, SIZE_MAX - 8) == NULL, "nearly SIZE_MAX is refused");
    ok(arena_strndup(a, "", SIZE_MAX) == NULL, "a text of SIZE_MAX is refused");
    ok(arena_alloc(a, 10) != NULL, "a refusal does no harm");
    size_t total = 10;
    while (arena_alloc(a, 64))
        total += 64;
    ok(total <= 10000, "the maximum holds");
    ok(total >= 5000, "and most of it can be used");
    ok(arena_alloc(a, 64) == NULL, "full stays full");
}

int main(void)
{
    test_alloc();
    test_text();
    test_limit();
    arena_free(NULL);
    ok(true, "arena_free(NULL)");
    return done();
}
