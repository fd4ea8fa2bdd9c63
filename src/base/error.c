/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdarg.h>
#include <stdio.h>

#include "base/error.h"

const char *error_text(int code)
{
    switch (code) {
    case ERR_OK:
        return "no error";
    case ERR_NOMEM:
        return "out of memory";
    case ERR_LIMIT:
        return "a limit was reached";
    case ERR_SYNTAX:
        return "the input cannot be parsed";
    case ERR_BAD_INPUT:
        return "the input makes no sense";
    case ERR_NOT_FOUND:
        return "not found";
    case ERR_SQL:
        return "the statement failed";
    case ERR_TIME_LIMIT:
        return "SQL query took too long. The time limit is controlled by the sql_time_limit_ms setting.";
    case ERR_BUDGET:
        return "the query does not fit into the inline lane";
    case ERR_CANCELLED:
        return "the request was cancelled";
    case ERR_BUSY:
        return "the database is locked by another process; try again";
    case ERR_OVERLOAD:
        return "too many queries are waiting; try again";
    case ERR_UNUSABLE:
        return "the database cannot be read";
    case ERR_DENIED:
        return "not authorized";
    case ERR_TOO_LARGE:
        return "too large";
    case ERR_METHOD:
        return "Method not allowed";
    case ERR_SYSTEM:
        return "a system call failed";
    case ERR_LONG_URL:
        return "the URL is too long";
    case ERR_LONG_HEADERS:
        return "the headers are too long";
    case ERR_LONG_BODY:
        return "the body is too long";
    case ERR_FORBIDDEN:
        return "Permission denied";
    }
    return "unknown error";
}

/* Length of s[0..n) without an incomplete UTF-8 character at its end. */
static size_t whole_characters(const char *s, size_t n)
{
    size_t start = n;
    while (start > 0 && n - start < 4 && ((unsigned char)s[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0)
        return n;
    unsigned char lead = (unsigned char)s[start - 1];
    size_t want = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    return n - (start - 1) < want ? start - 1 : n;
}

int error_set(struct error *e, int code, const char *format, ...)
{
    if (!e)
        return code;
    e->code = code;
    va_list args;
    va_start(args, format);
    int n = vsnprintf(e->text, sizeof e->text, format, args);
    va_end(args);
    if (n < 0)
        e->text[0] = '\0';
    else if ((size_t)n >= sizeof e->text)
        e->text[whole_characters(e->text, sizeof e->text - 1)] = '\0';
    return code;
}

int error_system(struct error *e, int errno_value, const char *what)
{
    char text[128];
    return error_set(e, ERR_SYSTEM, "%s: %s", what, strerror_r(errno_value, text, sizeof text));
}
