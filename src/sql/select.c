/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdbool.h>
#include <strings.h>

#include "sql/select.h"

struct text {
    const char *at, *end;
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r'; /* what SQLite's tokenizer skips */
}

static bool is_word(char c)
{
    unsigned char u = (unsigned char)c;
    return (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z') || (u >= '0' && u <= '9') || u == '_' ||
           u == '$' || u >= 0x80;
}

/* Where a comment that begins here ends; NULL when none begins. One that is not closed goes to the end. */
static const char *skip_comment(struct text t)
{
    size_t n = (size_t)(t.end - t.at);
    if (n < 2)
        return NULL;
    const char *body = t.at + 2, *stop;
    if (memcmp(t.at, "--", 2) == 0) {
        stop = memchr(body, '\n', n - 2);
        return stop ? stop + 1 : t.end;
    }
    if (memcmp(t.at, "/*", 2) == 0) {
        stop = memmem(body, n - 2, "*/", 2);
        return stop ? stop + 2 : t.end;
    }
    return NULL;
}

static void skip_space(struct text *t)
{
    while (t->at < t->end) {
        const char *next = is_space(*t->at) ? t->at + 1 : skip_comment(*t);
        if (!next)
            return;
        t->at = next;
    }
}

/* Takes the word, and what is skipped before it, if it comes next. */
static bool take(struct text *t, const char *word)
{
    struct text rest = *t;
    size_t n = strlen(word);
    skip_space(&rest);
    if ((size_t)(rest.end - rest.at) < n || strncasecmp(rest.at, word, n) != 0)
        return false;
    rest.at += n;
    if (rest.at < rest.end && is_word(*rest.at))
        return false;
    *t = rest;
    return true;
}

int select_check(const char *sql, size_t len, struct error *e)
{
    struct text t = {.at = sql, .end = sql + len};
    if (take(&t, "explain") && take(&t, "query") && !take(&t, "plan"))
        t.at = t.end;
    if (take(&t, "select") || take(&t, "with"))
        return 0;
    return error_set(e, ERR_BAD_INPUT, "Statement must be a SELECT");
}
