/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#include "daemon/configuration.h"
#include "format/json_read.h"

#define KNOWN_KEYS "settings"

/* A file while it is read. */
struct source {
    const char *path;
    struct buf text;
    struct settings *settings; /* where its values go */
};

/* Finds the line of a key in JSON that the reader has accepted; the reader keeps no places. */
struct scan {
    const char *at, *end;
    unsigned line;
    unsigned depth;
    bool in_settings; /* inside the value of the top key "settings" */
};

/* Moves behind the string that begins at s->at. The bytes between its quotes are *ret, escapes as written. */
static size_t take_string(struct scan *s, const char **ret)
{
    const char *begin = ++s->at;
    while (s->at < s->end && *s->at != '"')
        s->at += *s->at == '\\' && s->end - s->at > 1 ? 2 : 1;
    size_t len = (size_t)(s->at - begin);
    if (s->at < s->end)
        s->at++;
    *ret = begin;
    return len;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_blanks(struct scan *s)
{
    for (; s->at < s->end && is_blank(*s->at); s->at++)
        s->line += *s->at == '\n';
}

static bool equals(const char *bytes, size_t len, const char *name)
{
    return len == strlen(name) && memcmp(bytes, name, len) == 0;
}

/* The line of the last such key, because the last one counts; 0 when it is written with escapes. */
static unsigned key_line(const struct buf *text, const char *key, bool in_settings)
{
    struct scan s = {.at = text->data, .end = text->data + text->len, .line = 1};
    unsigned found = 0;
    for (skip_blanks(&s); s.at < s.end; skip_blanks(&s)) {
        char c = *s.at;
        if (c != '"') {
            s.depth += c == '{' || c == '[';
            s.depth -= (c == '}' || c == ']') && s.depth > 0;
            s.at++;
            continue;
        }
        unsigned line = s.line;
        const char *bytes;
        size_t len = take_string(&s, &bytes);
        skip_blanks(&s);
        if (s.at == s.end || *s.at != ':')
            continue;
        if (s.depth == (in_settings ? 2u : 1u) && s.in_settings == in_settings && equals(bytes, len, key))
            found = line;
        if (s.depth == 1)
            s.in_settings = in_settings && equals(bytes, len, "settings");
    }
    return found;
}

/* Puts FILE:LINE before what e says. */
static int locate(const struct source *s, unsigned line, int code, struct error *e)
{
    struct error said = {0};
    if (!e)
        return code;
    memcpy(said.text, e->text, sizeof said.text);
    if (line == 0)
        return error_set(e, code, "%s: %s", s->path, said.text);
    return error_set(e, code, "%s:%u: %s", s->path, line, said.text);
}

/* The reader says "line L, column C: ..."; here it becomes FILE:L:C, which editors understand. */
static int locate_syntax(const struct source *s, int code, struct error *e)
{
    struct error said = {0};
    unsigned line, column;
    int length = 0;
    if (!e)
        return code;
    memcpy(said.text, e->text, sizeof said.text);
    if (sscanf(said.text, "line %u, column %u: %n", &line, &column, &length) == 2 && length > 0)
        return error_set(e, code, "%s:%u:%u: %s", s->path, line, column, said.text + length);
    return error_set(e, code, "%s: %s", s->path, said.text);
}

static int set_from_json(struct settings *to, const char *name, const struct json *value, struct error *e)
{
    switch (json_kind(value)) {
    case JSON_NULL:
    case JSON_ARRAY:
    case JSON_OBJECT:
        return error_set(e, ERR_BAD_INPUT,
                         "setting %.64s: the value is to be a number, true, false or a text", name);
    case JSON_TEXT: {
        struct value v;
        int r = json_value(value, &v);
        if (r < 0)
            return error_set(e, r, "setting %.64s: %s", name, error_text(r));
        if (memchr(v.bytes, '\0', v.len))
            return error_set(e, ERR_BAD_INPUT, "setting %.64s: a control character in the text", name);
        return settings_set(to, name, v.bytes, e);
    }
    default: {
        _cleanup_(buf_free) struct buf text = BUF_INIT(512);
        json_write(&text, value);
        const char *s = buf_cstr(&text);
        return s ? settings_set(to, name, s, e) : error_set(e, text.err, "%s", error_text(text.err));
    }
    }
}

static int take_settings(const struct source *s, const struct json *settings, struct error *e)
{
    if (json_kind(settings) != JSON_OBJECT) {
        error_set(e, ERR_BAD_INPUT, "\"settings\" is to be an object: {\"NAME\": VALUE, ...}");
        return locate(s, key_line(&s->text, "settings", false), ERR_BAD_INPUT, e);
    }
    struct json_iter it = {0};
    while (json_next(settings, &it)) {
        int r = set_from_json(s->settings, it.key, it.value, e);
        if (r < 0)
            return locate(s, key_line(&s->text, it.key, true), r, e);
    }
    return 0;
}

static int take_object(const struct source *s, const struct json *root, struct error *e)
{
    if (json_kind(root) != JSON_OBJECT)
        return error_set(e, ERR_BAD_INPUT, "%s:1: the file is to hold an object: {\"settings\": {...}}",
                         s->path);
    struct json_iter it = {0};
    while (json_next(root, &it)) {
        int r;
        if (streq(it.key, "settings")) {
            r = take_settings(s, it.value, e);
            if (r < 0)
                return r;
            continue;
        }
        r = error_set(e, ERR_BAD_INPUT, "unknown key \"%.64s\"; this version knows: " KNOWN_KEYS, it.key);
        return locate(s, key_line(&s->text, it.key, false), r, e);
    }
    return 0;
}

static int read_all(int fd, struct buf *to, const char *path, struct error *e)
{
    for (;;) {
        char *at = buf_reserve(to, 1);
        if (!at)
            return to->err == ERR_LIMIT
                       ? error_set(e, ERR_TOO_LARGE, "%s: larger than %d bytes", path, CONFIGURATION_FILE_MAX)
                       : error_set(e, to->err, "%s: %s", path, error_text(to->err));
        ssize_t n = read(fd, at, to->cap - to->len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_system(e, errno, path);
        if (n == 0)
            return 0;
        to->len += (size_t)n;
    }
}

/* ERR_NOT_FOUND when there is no such file. O_NONBLOCK: a FIFO would hold up a reload for ever. */
static int read_file(const char *path, struct buf *to, struct error *e)
{
    struct stat st;
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && errno == ENOENT)
        return error_set(e, ERR_NOT_FOUND, "%s: no such configuration file", path);
    if (fd < 0 || fstat(fd, &st) < 0)
        return error_system(e, errno, path);
    if (!S_ISREG(st.st_mode))
        return error_set(e, ERR_BAD_INPUT, "%s: not a regular file", path);
    return read_all(fd, to, path, e);
}

static int load_file(const char *path, struct settings *to, struct error *e)
{
    /* One byte more than allowed, so that the end of the largest file is seen. */
    struct source s = {.path = path, .text = BUF_INIT(CONFIGURATION_FILE_MAX + 1), .settings = to};
    _cleanup_(json_freep) struct json *root = NULL;
    int r = read_file(path, &s.text, e);
    if (r == 0) {
        r = json_parse(s.text.data, s.text.len, &root, e);
        r = r < 0 ? locate_syntax(&s, r, e) : take_object(&s, root, e);
    }
    buf_free(&s.text);
    return r;
}

/* systemd.exec(5) gives the directories of ConfigurationDirectory= in a list; the first is dbd's. */
static char *configuration_path(const char *suffix)
{
    const char *list = getenv("CONFIGURATION_DIRECTORY");
    char *path;
    if (!list || *list == '\0' || *list == ':')
        return NULL;
    return asprintf(&path, "%.*s/" SERVICE_NAME "%s", (int)strcspn(list, ":"), list, suffix) < 0 ? NULL
                                                                                                 : path;
}

static int is_drop_in(const struct dirent *d)
{
    size_t len = strlen(d->d_name);
    return d->d_name[0] != '.' && len > 5 && streq(d->d_name + len - 5, ".json");
}

/* alphasort() follows the locale; the order of drop-ins must not. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int load_drop_in(const char *dir, const char *name, struct settings *to, struct error *e)
{
    _cleanup_free_ char *path = NULL;
    if (asprintf(&path, "%s/%s", dir, name) < 0) {
        path = NULL;
        return error_set(e, ERR_NOMEM, "out of memory");
    }
    return load_file(path, to, e);
}

static int load_drop_ins(const char *dir, struct settings *to, struct error *e)
{
    struct dirent **entries = NULL;
    int n = scandir(dir, &entries, is_drop_in, by_name);
    if (n < 0)
        return errno == ENOENT ? 0 : error_system(e, errno, dir);
    int r = n > CONFIGURATION_FILES_MAX ? error_set(e, ERR_LIMIT, "%s: %d files, at most %d are read", dir, n,
                                                    CONFIGURATION_FILES_MAX)
                                        : 0;
    for (int i = 0; i < n; i++) {
        if (r == 0)
            r = load_drop_in(dir, entries[i]->d_name, to, e);
        free(entries[i]);
    }
    free(entries);
    return r;
}

static int load_default_files(struct settings *to, struct error *e)
{
    _cleanup_free_ char *file = configuration_path(".json");
    _cleanup_free_ char *drop_ins = configuration_path(".json.d");
    int r = file ? load_file(file, to, e) : 0;
    if (r < 0 && r != ERR_NOT_FOUND)
        return r;
    return drop_ins ? load_drop_ins(drop_ins, to, e) : 0;
}

int configuration_load(const struct options *o, struct settings *ret, struct error *e)
{
    struct settings s;
    settings_init(&s);
    int r = o->config_file ? load_file(o->config_file, &s, e) : load_default_files(&s, e);
    for (size_t i = 0; r == 0 && i < o->n_settings; i++)
        r = settings_set(&s, o->settings[i].name, o->settings[i].value, e);
    if (r == 0)
        *ret = s;
    return r;
}

int configuration_check_idle(const struct options *o, const struct settings *s, bool under_systemd,
                             struct error *e)
{
    if (!under_systemd || o->allow_short_idle)
        return 0;
    if (s->idle_exit_ms < IDLE_EXIT_MIN_MS)
        return error_set(
            e, ERR_BAD_INPUT,
            "setting idle_exit_ms: %" PRId64 " is below %d. Starts that follow each other so closely reach "
            "the start limit of the unit, and systemd then fails the socket for good. With the limits "
            "of service and socket switched off, --allow-short-idle accepts it",
            s->idle_exit_ms, IDLE_EXIT_MIN_MS);
    if (s->keepalive_timeout_ms >= s->idle_exit_ms)
        return error_set(e, ERR_BAD_INPUT,
                         "setting keepalive_timeout_ms: %" PRId64
                         " is not shorter than idle_exit_ms, which is %" PRId64
                         "; idle connections are to end before the service does",
                         s->keepalive_timeout_ms, s->idle_exit_ms);
    return 0;
}
