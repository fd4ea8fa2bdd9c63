/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>
#include <syslog.h>

#include "base/settings.h"
#include "daemon/options.h"
#include "../tap.h"

#define ARGS_MAX 24

static struct options o;
static struct error e;

static int parse(const char *const *args)
{
    static char *argv[ARGS_MAX + 2];
    int argc = 1;
    argv[0] = (char *)"dbd";
    for (; args[argc - 1] && argc <= ARGS_MAX; argc++)
        argv[argc] = (char *)args[argc - 1];
    argv[argc] = NULL;
    options_free(&o);
    e = (struct error){0};
    return options_parse(argc, argv, &o, &e);
}
#define PARSE(...) parse((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

static void accepts(void)
{
    ok(PARSE() == 0 && o.command == COMMAND_SERVE && !o.uds && o.uds_mode == -1 && !o.state_directory &&
           o.log_level == LOG_INFO,
       "nothing given");
    ok(PARSE("--uds", "/run/x.sock", "--uds-mode", "0660", "a.db") == 0 && streq(o.uds, "/run/x.sock") &&
           o.uds_mode == 0660 && o.n_files == 1,
       "--uds with a mode");
    ok(PARSE("a.db", "-s", "sql_time_limit_ms", "7", "b.db", "-i", "c.db", "--memory", "-s", "allow_facet",
             "off", "--immutable=d.db") == 0,
       "options between files");
    ok(o.n_files == 2 && streq(o.files[0], "a.db") && streq(o.files[1], "b.db"), "files in their order");
    ok(o.n_immutables == 2 && streq(o.immutables[0], "c.db") && streq(o.immutables[1], "d.db"), "immutables");
    ok(o.memory && o.n_settings == 2 && streq(o.settings[0].value, "7") &&
           streq(o.settings[1].name, "allow_facet"),
       "settings take two arguments");
    ok(PARSE("--get", "/-/versions.json", "a.db") == 0 && o.command == COMMAND_GET &&
           streq(o.get_path, "/-/versions.json"),
       "--get");
    ok(PARSE("--check-config", "--uds", "x") == 0 && o.command == COMMAND_CHECK_CONFIG, "--check-config");
    ok(PARSE("--check-config", "--version") == 0 && o.command == COMMAND_VERSION, "--version wins");
    ok(PARSE("-h") == 0 && o.command == COMMAND_HELP, "-h alone is help");
    ok(PARSE("--log-level", "debug", "--allow-short-idle", "-c", "x.json") == 0 && o.log_level == LOG_DEBUG &&
           o.allow_short_idle && streq(o.config_file, "x.json"),
       "the others");
    ok(PARSE("--", "a.db") == 0 && o.n_files == 1, "--");

    setenv("POSIXLY_CORRECT", "1", 1);
    ok(PARSE("a.db", "--memory") == 0 && o.memory && o.n_files == 1, "POSIXLY_CORRECT changes nothing");
    unsetenv("POSIXLY_CORRECT");
}

static void state_directory(void)
{
    setenv("STATE_DIRECTORY", "/var/lib/db:/var/lib/other", 1);
    ok(PARSE() == 0 && streq(o.state_directory, "/var/lib/db"), "the first of $STATE_DIRECTORY");
    ok(PARSE("--state-directory", "/srv") == 0 && streq(o.state_directory, "/srv"), "--state-directory wins");
    setenv("STATE_DIRECTORY", "", 1);
    ok(PARSE() == 0 && !o.state_directory, "an empty $STATE_DIRECTORY is none");
    unsetenv("STATE_DIRECTORY");
}

static void says(int r, const char *text)
{
    if (!ok(r == ERR_BAD_INPUT && strstr(e.text, text), "refused: %s", text))
        printf("# %d: %s\n", r, e.text);
}

static void refuses(void)
{
    says(PARSE("--usd", "x"), "unknown option --usd; did you mean --uds?");
    says(PARSE("--imutable=x"), "unknown option --imutable; did you mean --immutable?");
    says(PARSE("--frobnicate"), "unknown option --frobnicate; --help lists");
    says(PARSE("-q"), "unknown option -q");
    says(PARSE("--s", "x"), "option --s could be one of several");
    says(PARSE("--memory=1"), "option --memory takes no value");
    says(PARSE("--uds"), "option --uds needs a value: --uds PATH");
    says(PARSE("--uds", "--memory"), "the value of --uds is \"--memory\", which looks like an option");
    says(PARSE("--uds", ""), "the value of --uds is empty");
    says(PARSE("-i", "-c"), "looks like an option");
    says(PARSE("--", "--memory"), "the name of a database is \"--memory\", which looks like an option");
    says(PARSE("-c", "a", "-c", "b"), "--config is given twice");
    says(PARSE("--uds", "x", "--uds-mode", "0880"), "\"0880\" is not an octal mode");
    says(PARSE("--uds", "x", "--uds-mode", "1777"), "\"1777\" is not an octal mode");
    says(PARSE("--uds", "x", "--uds-mode", "-1"), "\"-1\" is not an octal mode");
    says(PARSE("--uds-mode", "0660"), "--uds-mode is for --uds");
    says(PARSE("--get", "/", "--uds", "x"), "leave --uds away");
    says(PARSE("--get", "x.json"), "a path begins with /");
    says(PARSE("--get", "/", "--check-config"), "cannot be done together");
    says(PARSE("--log-level", "loud"), "none of error, warning, info, debug");
    says(PARSE("--cors"), "--cors is not supported by this version");
    says(PARSE("--secret", "hush"), "--secret is not supported by this version");
    says(PARSE("--secret=hush"), "--secret is not supported by this version");
    ok(!strstr(e.text, "hush"), "and the secret is not repeated");
    says(PARSE("-p", "8001"), "-p (--port) is not supported");
    says(PARSE("-h", "0.0.0.0"), "-h (--host) is not supported");
}

static void refuses_settings(void)
{
    says(PARSE("-s"), "option --setting needs a value: --setting NAME VALUE");
    says(PARSE("-s", "sql_time_limit_ms"), "needs two values: -s NAME VALUE");
    says(PARSE("-s", "sql_timelimit_ms", "5"),
         "unknown setting \"sql_timelimit_ms\"; did you mean sql_time_limit_ms?");
    says(PARSE("-s", "colour", "red"), "unknown setting \"colour\"; --help lists");
    static const char *const bad[] = {"abc", "",   "-1", "0",   "86400001", "1.5",
                                      " 5",  "+5", "5 ", "1e3", "0x10",     "99999999999999999999"};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        char text[128];
        snprintf(text, sizeof text,
                 "setting sql_time_limit_ms: \"%s\" is not a whole number between 1 and 86400000", bad[i]);
        says(PARSE("-s", "sql_time_limit_ms", bad[i]), text);
    }
    says(PARSE("-s", "allow_facet", "yes"), "setting allow_facet: \"yes\" is neither on nor off");
    says(PARSE("-s", "base_url", "/\n/"), "control character");
    char longest[258];
    memset(longest, '/', sizeof longest);
    longest[256] = '\0';
    says(PARSE("-s", "base_url", longest), "a text of 256 bytes; at most 255");
    longest[255] = '\0';
    ok(PARSE("-s", "base_url", longest) == 0, "the longest text");
    ok(PARSE("-s", "sql_time_limit_ms", "86400000") == 0, "the largest number");
    ok(PARSE("-s", "allow_facet", "TRUE") == 0, "switches in capitals");
}

static void helps(void)
{
    char *text = NULL;
    size_t len, n;
    FILE *f = open_memstream(&text, &len);
    options_help(f);
    fclose(f);
    const struct setting *row = settings_rows(&n);
    size_t missing = 0, shared = 0;
    for (size_t i = 0; i < n; i++) {
        missing += !strstr(text, row[i].name);
        shared += row[i].shared;
    }
    ok(missing == 0 && n > 0, "every setting is in the help");
    ok(shared == 24 && !row[n - 1].shared, "the settings that Datasette has too");
    ok(strstr(text, "--uds PATH") && strstr(text, "-i, --immutable FILE") && !strstr(text, "--cors"),
       "options that exist are in the help, others are not");
    free(text);
}

int main(void)
{
    unsetenv("STATE_DIRECTORY");
    accepts();
    state_directory();
    refuses();
    refuses_settings();
    helps();
    options_free(&o);
    return done();
}
