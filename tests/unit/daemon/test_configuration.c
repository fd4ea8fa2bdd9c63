/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>
#include <sys/stat.h>

#include "daemon/configuration.h"
#include "../tap.h"

static char root[] = "/tmp/dbd-configuration-XXXXXX";
static struct settings s;
static struct error e;

/* Writes root/NAME and gives its path, which lives until the next call. */
static const char *write_file(const char *name, const char *text)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", root, name);
    FILE *f = fopen(path, "w");
    if (f) {
        fputs(text, f);
        fclose(f);
    }
    return path;
}

static void remove_file(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", root, name);
    if (remove(path) < 0)
        perror(path);
}

static int load(const char *file)
{
    e = (struct error){0};
    return configuration_load(&(struct options){.config_file = file}, &s, &e);
}

static int load_text(const char *text)
{
    int r = load(write_file("x.json", text));
    remove_file("x.json");
    return r;
}

/* The text must be that of the file's path, then `rest`. */
static void says(const char *json, const char *rest)
{
    char want[512];
    snprintf(want, sizeof want, "%s/x.json%s", root, rest);
    s = (struct settings){.sql_time_limit_ms = 4711};
    int r = load_text(json);
    if (!ok(r < 0 && strncmp(e.text, want, strlen(want)) == 0 && s.sql_time_limit_ms == 4711, "refused: %s",
            rest))
        printf("# %d: %s\n", r, e.text);
}

static void values(void)
{
    ok(load_text("{}") == 0 && s.sql_time_limit_ms == 1000 && s.allow_facet, "an empty object: defaults");
    ok(load_text("{\"settings\": {\"sql_time_limit_ms\": 5, \"max_csv_mb\": \"7\", \"allow_facet\": false, "
                 "\"suggest_facets\": \"off\", \"base_url\": \"/x/\"}}") == 0 &&
           s.sql_time_limit_ms == 5 && s.max_csv_mb == 7 && !s.allow_facet && !s.suggest_facets &&
           streq(s.base_url, "/x/"),
       "numbers, switches, texts");
    ok(load_text("{\"settings\": {\"max_csv_mb\": 7, \"max_csv_mb\": 8}}") == 0 && s.max_csv_mb == 8,
       "of equal keys the last wins");
}

static void refusals(void)
{
    says("{\n  \"settings\": {\n    \"max_csv_mb\": 1,\n    \"sql_time_limit_ms\": \"abc\"\n  }\n}",
         ":4: setting sql_time_limit_ms: \"abc\" is not a whole number between 1 and 86400000");
    says("{\"settings\": {\n\"sql_time_limit_ms\": 1.5}}", ":2: setting sql_time_limit_ms: \"1.5\" is not");
    says("{\"settings\": {\"sql_time_limit_ms\": true}}", ":1: setting sql_time_limit_ms: \"true\" is not");
    says("{\"settings\": {\"sql_time_limit_ms\": null}}",
         ":1: setting sql_time_limit_ms: the value is to be");
    says("{\"settings\": {\"base_url\": [\"/\"]}}", ":1: setting base_url: the value is to be");
    says("{\"settings\": {\"base_url\": \"a\\u0000b\"}}", ":1: setting base_url: a control character");
    says("{\"settings\": {\n\n\"sql_timelimit_ms\": 5}}",
         ":3: unknown setting \"sql_timelimit_ms\"; did you mean sql_time_limit_ms?");
    says("{\"settings\": {},\n \"allow\": {\"id\": \"root\"}}",
         ":2: unknown key \"allow\"; this version knows: settings");
    says("{\"settings\":\n [1, \"allow\"],\n \"x\": 1}", ":1: \"settings\" is to be an object");
    says("[]", ":1: the file is to hold an object");
    says("{\"settings\": {\n  \"max_csv_mb\": 1,\n}}", ":3:1: ");
    says("", ":1:1: ");
}

/* Only the key itself counts: not a text, not the same name deeper or elsewhere, not one that a later one
 * hides. */
static void lines(void)
{
    says("{\"settings\": {\"base_url\":\n \"/\\\"max_csv_mb\\\": \\\\/\",\n \"max_csv_mb\": -1}}",
         ":3: setting max_csv_mb");
    says("{\"settings\": {\"max_csv_mb\": 1,\n\"max_csv_mb\":\n\n -1}}", ":2: setting max_csv_mb");
    says("{\"settings\": {\"base_url\": \"/x/\"},\n\"max_csv_mb\"\n : {\"max_csv_mb\": 1}}",
         ":2: unknown key \"max_csv_mb\"");
    says("{\"settings\": {\"base_url\": \"/x/\"},\r\n\"\\u0061\": 1}", ": unknown key \"a\"");
}

static void sources(void)
{
    char path[256];
    snprintf(path, sizeof path, "%s/missing.json", root);
    ok(load(path) == ERR_NOT_FOUND && strstr(e.text, "missing.json: no such configuration file"),
       "no such -c FILE");
    ok(load(root) == ERR_BAD_INPUT && strstr(e.text, "not a regular file"), "a directory");

    snprintf(path, sizeof path, "%s:/nonexistent", root);
    setenv("CONFIGURATION_DIRECTORY", path, 1);
    ok(load(NULL) == 0 && s.max_csv_mb == 100, "no file at all");
    snprintf(path, sizeof path, "%s/" SERVICE_NAME ".json.d", root);
    mkdir(path, 0700);
    write_file(SERVICE_NAME ".json",
               "{\"settings\": {\"max_csv_mb\": 1, \"max_streams\": 1, \"max_heap_mb\": 16}}");
    write_file(SERVICE_NAME ".json.d/20.json", "{\"settings\": {\"max_csv_mb\": 20}}");
    write_file(SERVICE_NAME ".json.d/10.json", "{\"settings\": {\"max_csv_mb\": 10, \"max_streams\": 10}}");
    write_file(SERVICE_NAME ".json.d/.30.json", "no JSON");
    write_file(SERVICE_NAME ".json.d/30.json~", "no JSON");
    ok(load(NULL) == 0 && s.max_csv_mb == 20 && s.max_streams == 10 && s.max_heap_mb == 16,
       "the file, then drop-ins by name");
    struct option_setting last = {"max_csv_mb", "30"};
    ok(configuration_load(&(struct options){.settings = &last, .n_settings = 1}, &s, &e) == 0 &&
           s.max_csv_mb == 30 && s.max_streams == 10,
       "-s wins over files");
    ok(load_text("{}") == 0 && s.max_csv_mb == 100, "-c FILE replaces the files");

    write_file(SERVICE_NAME ".json.d/15.json", "{\"settings\": {\"max_csv_mb\": -1}}");
    ok(load(NULL) == ERR_BAD_INPUT && strstr(e.text, SERVICE_NAME ".json.d/15.json:1: setting max_csv_mb"),
       "a bad drop-in is named");
    unsetenv("CONFIGURATION_DIRECTORY");

    static const char *const made[] = {".json",           ".json.d/10.json",  ".json.d/15.json",
                                       ".json.d/20.json", ".json.d/.30.json", ".json.d/30.json~",
                                       ".json.d"};
    for (size_t i = 0; i < ARRAY_SIZE(made); i++) {
        snprintf(path, sizeof path, SERVICE_NAME "%s", made[i]);
        remove_file(path);
    }
}

static void size_limit(void)
{
    char *text = malloc(CONFIGURATION_FILE_MAX + 2);
    memset(text, ' ', CONFIGURATION_FILE_MAX + 1);
    memcpy(text, "{}", 2);
    text[CONFIGURATION_FILE_MAX] = '\0';
    ok(load_text(text) == 0, "the largest file");
    text[CONFIGURATION_FILE_MAX] = ' ';
    text[CONFIGURATION_FILE_MAX + 1] = '\0';
    ok(load_text(text) == ERR_TOO_LARGE && strstr(e.text, "larger than 1048576 bytes"), "a byte more");
    free(text);
}

static void idle(void)
{
    struct options o = {0};
    settings_init(&s);
    ok(configuration_check_idle(&o, &s, true, &e) == 0, "the defaults");
    s.idle_exit_ms = IDLE_EXIT_MIN_MS - 1;
    s.keepalive_timeout_ms = 1000;
    ok(configuration_check_idle(&o, &s, true, &e) == ERR_BAD_INPUT && strstr(e.text, "start limit"),
       "too short");
    ok(configuration_check_idle(&o, &s, false, &e) == 0, "not under systemd");
    s.idle_exit_ms = IDLE_EXIT_MIN_MS;
    ok(configuration_check_idle(&o, &s, true, &e) == 0, "just long enough");
    s.keepalive_timeout_ms = IDLE_EXIT_MIN_MS;
    ok(configuration_check_idle(&o, &s, true, &e) == ERR_BAD_INPUT && strstr(e.text, "keepalive_timeout_ms"),
       "keep-alive as long as that");
    o.allow_short_idle = true;
    s.idle_exit_ms = 25;
    ok(configuration_check_idle(&o, &s, true, &e) == 0, "--allow-short-idle");
}

int main(void)
{
    unsetenv("CONFIGURATION_DIRECTORY");
    if (!mkdtemp(root)) {
        perror(root);
        return 99;
    }
    values();
    refusals();
    lines();
    sources();
    size_limit();
    idle();
    rmdir(root);
    return done();
}
