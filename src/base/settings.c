/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <strings.h>

#include "base/nearest.h"
#include "base/settings.h"

#define SHARED(name) (offsetof(struct settings, name) <= offsetof(struct settings, base_url))

#define ROW_X(name, def, min, max, help)                                                                     \
    {#name, SETTING_NUMBER, min, max, help, offsetof(struct settings, name), SHARED(name)},
#define ROW_B(name, def, help)                                                                               \
    {#name, SETTING_SWITCH, 0, 1, help, offsetof(struct settings, name), SHARED(name)},
#define ROW_S(name, def, help)                                                                               \
    {#name,       SETTING_TEXT,                                                                              \
     0,           sizeof(((struct settings *)0)->name) - 1,                                                  \
     help,        offsetof(struct settings, name),                                                           \
     SHARED(name)},
static const struct setting rows[] = {SETTINGS_TABLE(ROW_X, ROW_B, ROW_S)};

const struct setting *settings_rows(size_t *n_ret)
{
    *n_ret = ARRAY_SIZE(rows);
    return rows;
}

void settings_init(struct settings *s)
{
#define INIT_X(name, def, min, max, help) .name = def,
#define INIT_B(name, def, help) .name = def,
#define INIT_S(name, def, help) .name = def,
    *s = (struct settings){SETTINGS_TABLE(INIT_X, INIT_B, INIT_S)};
}

static const struct setting *find(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (streq(rows[i].name, name))
            return &rows[i];
    return NULL;
}

static int refuse_name(const char *name, struct error *e)
{
    struct nearest near = NEAREST_INIT(name, strlen(name));
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        nearest_offer(&near, rows[i].name);
    if (near.name)
        return error_set(e, ERR_BAD_INPUT, "unknown setting \"%.64s\"; did you mean %s?", name, near.name);
    return error_set(e, ERR_BAD_INPUT, "unknown setting \"%.64s\"; --help lists all of them", name);
}

/* Digits with an optional minus and nothing else; strtoll() alone would take blanks and a plus too. */
static bool parse_number(const char *s, int64_t *ret)
{
    const char *digits = s + (*s == '-');
    if (*digits == '\0' || digits[strspn(digits, "0123456789")] != '\0')
        return false;
    errno = 0;
    long long n = strtoll(s, NULL, 10);
    if (errno != 0)
        return false;
    *ret = n;
    return true;
}

static bool parse_switch(const char *s, bool *ret)
{
    static const char *const words[2][3] = {{"off", "false", "0"}, {"on", "true", "1"}};
    for (int on = 0; on < 2; on++)
        for (size_t i = 0; i < ARRAY_SIZE(words[on]); i++)
            if (strcasecmp(s, words[on][i]) == 0) {
                *ret = on;
                return true;
            }
    return false;
}

static bool is_path_prefix(const char *value)
{
    size_t n = strlen(value);
    return n > 0 && value[0] == '/' && value[n - 1] == '/';
}

static int set_text(char *to, const struct setting *r, const char *value, struct error *e)
{
    if (strlen(value) > (size_t)r->max)
        return error_set(e, ERR_BAD_INPUT,
                         "setting %s: a text of %zu bytes; at most %" PRId64 " are possible", r->name,
                         strlen(value), r->max);
    for (const char *p = value; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            return error_set(e, ERR_BAD_INPUT, "setting %s: a control character in the text", r->name);
    if (streq(r->name, "base_url") && !is_path_prefix(value))
        return error_set(e, ERR_BAD_INPUT, "setting base_url: \"%.64s\" does not begin and end with /", value);
    memcpy(to, value, strlen(value) + 1);
    return 0;
}

int settings_set(struct settings *s, const char *name, const char *value, struct error *e)
{
    const struct setting *r = find(name);
    if (!r)
        return refuse_name(name, e);

    void *to = (char *)s + r->offset;
    int64_t number;
    bool on;
    switch (r->type) {
    case SETTING_NUMBER:
        if (!parse_number(value, &number) || number < r->min || number > r->max)
            return error_set(e, ERR_BAD_INPUT,
                             "setting %s: \"%.64s\" is not a whole number between %" PRId64 " and %" PRId64,
                             name, value, r->min, r->max);
        memcpy(to, &number, sizeof number);
        return 0;
    case SETTING_SWITCH:
        if (!parse_switch(value, &on))
            return error_set(e, ERR_BAD_INPUT, "setting %s: \"%.64s\" is neither on nor off", name, value);
        memcpy(to, &on, sizeof on);
        return 0;
    case SETTING_TEXT:
        return set_text(to, r, value, e);
    }
    return error_set(e, ERR_BAD_INPUT, "setting %s has no type", name);
}

void settings_get(const struct settings *s, const struct setting *r, struct buf *out)
{
    const char *from = (const char *)s + r->offset;
    switch (r->type) {
    case SETTING_NUMBER:
        buf_add_int(out, *(const int64_t *)(const void *)from);
        break;
    case SETTING_SWITCH:
        buf_adds(out, *(const bool *)from ? "true" : "false");
        break;
    case SETTING_TEXT:
        buf_adds(out, from);
        break;
    }
}
