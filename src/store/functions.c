/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdbool.h>
#include <stdint.h>

#include "base/macro.h"
#include "store/functions.h"

#define TRIM_SET_MAX 1024

struct bytes {
    const unsigned char *at;
    size_t len;
};

static struct bytes get(sqlite3_value *v, bool blob)
{
    const unsigned char *at = blob ? sqlite3_value_blob(v) : sqlite3_value_text(v);
    return (struct bytes){at, (size_t)sqlite3_value_bytes(v)};
}

static bool is_null(sqlite3_value *v)
{
    return sqlite3_value_type(v) == SQLITE_NULL;
}

static size_t count_characters(const unsigned char *s, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += (s[i] & 0xC0) != 0x80;
    return count;
}

/* instr(X,Y): where Y first stands in X, in bytes if both are blobs, else in characters; 0: nowhere. */
static void instr(sqlite3_context *context, int n, sqlite3_value **args)
{
    (void)n;
    if (is_null(args[0]) || is_null(args[1]))
        return;
    bool blobs = sqlite3_value_type(args[0]) == SQLITE_BLOB && sqlite3_value_type(args[1]) == SQLITE_BLOB;
    struct bytes x = get(args[0], blobs), y = get(args[1], blobs);
    if (y.len == 0) {
        sqlite3_result_int(context, 1);
        return;
    }
    const unsigned char *found = x.len && x.at && y.at ? memmem(x.at, x.len, y.at, y.len) : NULL;
    size_t before = found ? (size_t)(found - x.at) : 0;
    sqlite3_result_int64(context, found ? (sqlite3_int64)(blobs ? before : count_characters(x.at, before)) + 1 : 0);
}

static size_t count_found(struct bytes x, struct bytes y)
{
    size_t n = 0;
    const unsigned char *end = x.at + x.len, *p = x.at;
    while ((p = memmem(p, (size_t)(end - p), y.at, y.len))) {
        p += y.len;
        n++;
    }
    return n;
}

static void put(unsigned char **to, const void *from, size_t n)
{
    if (n)
        memcpy(*to, from, n);
    *to += n;
}

/* replace(X,Y,Z): X with Z for each Y. */
static void replace(sqlite3_context *context, int n, sqlite3_value **args)
{
    (void)n;
    if (is_null(args[0]) || is_null(args[1]) || is_null(args[2]))
        return;
    struct bytes x = get(args[0], false), y = get(args[1], false), z = get(args[2], false);
    if (!x.at || !y.at || !z.at) {
        sqlite3_result_error_nomem(context);
        return;
    }
    if (y.len == 0) {
        sqlite3_result_value(context, args[0]);
        return;
    }
    size_t found = count_found(x, y);
    size_t max = (size_t)sqlite3_limit(sqlite3_context_db_handle(context), SQLITE_LIMIT_LENGTH, -1);
    size_t len = x.len - found * y.len;
    if (z.len && found > (max - MIN(max, len)) / z.len) {
        sqlite3_result_error_toobig(context);
        return;
    }
    len += found * z.len;
    unsigned char *out = sqlite3_malloc64(len + 1), *to = out;
    if (!out) {
        sqlite3_result_error_nomem(context);
        return;
    }
    const unsigned char *from = x.at, *end = x.at + x.len, *p;
    while ((p = memmem(from, (size_t)(end - from), y.at, y.len))) {
        put(&to, from, (size_t)(p - from));
        put(&to, z.at, z.len);
        from = p + y.len;
    }
    put(&to, from, (size_t)(end - from));
    sqlite3_result_text64(context, (char *)out, len, sqlite3_free, SQLITE_UTF8);
}

static size_t character_length(const unsigned char *s, size_t n)
{
    size_t len = 1;
    while (len < n && (s[len] & 0xC0) == 0x80)
        len++;
    return len;
}

/* Length of the set's character that `x` begins (or ends) with; 0 for none. */
static size_t match(struct bytes x, struct bytes set, bool at_end)
{
    for (size_t i = 0; i < set.len;) {
        size_t len = character_length(set.at + i, set.len - i);
        if (len <= x.len && memcmp(at_end ? x.at + x.len - len : x.at, set.at + i, len) == 0)
            return len;
        i += len;
    }
    return 0;
}

enum { TRIM_LEFT = 1, TRIM_RIGHT = 2 };

/* trim(X) and trim(X,Y): X without the characters of Y, or spaces, at its ends. */
static void trim(sqlite3_context *context, int n, sqlite3_value **args)
{
    int sides = (int)(intptr_t)sqlite3_user_data(context);
    if (is_null(args[0]) || (n > 1 && is_null(args[1])))
        return;
    struct bytes x = get(args[0], false);
    struct bytes set = n > 1 ? get(args[1], false) : (struct bytes){(const unsigned char *)" ", 1};
    size_t len;
    if (!x.at || !set.at)
        return;
    if (set.len > TRIM_SET_MAX) {
        sqlite3_result_error_toobig(context);
        return;
    }
    while (sides & TRIM_LEFT && (len = match(x, set, false)) > 0) {
        x.at += len;
        x.len -= len;
    }
    while (sides & TRIM_RIGHT && (len = match(x, set, true)) > 0)
        x.len -= len;
    sqlite3_result_text64(context, (const char *)x.at, x.len, SQLITE_TRANSIENT, SQLITE_UTF8);
}

int functions_install(sqlite3 *handle)
{
    static const struct {
        const char *name;
        int n_args, sides;
        void (*function)(sqlite3_context *, int, sqlite3_value **);
    } rows[] = {
        {"instr", 2, 0, instr},
        {"replace", 3, 0, replace},
        {"trim", 1, TRIM_LEFT | TRIM_RIGHT, trim},
        {"trim", 2, TRIM_LEFT | TRIM_RIGHT, trim},
        {"ltrim", 1, TRIM_LEFT, trim},
        {"ltrim", 2, TRIM_LEFT, trim},
        {"rtrim", 1, TRIM_RIGHT, trim},
        {"rtrim", 2, TRIM_RIGHT, trim},
    };
    int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
    int rc = SQLITE_OK;
    for (size_t i = 0; i < ARRAY_SIZE(rows) && rc == SQLITE_OK; i++)
        rc = sqlite3_create_function_v2(handle, rows[i].name, rows[i].n_args, flags, (void *)(intptr_t)rows[i].sides,
                                        rows[i].function, NULL, NULL, NULL);
    return rc;
}
