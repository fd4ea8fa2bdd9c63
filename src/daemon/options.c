/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <ctype.h>
#include <getopt.h>
#include <syslog.h>

#include "base/nearest.h"
#include "base/settings.h"
#include "daemon/options.h"

/* Keys of options without a letter. */
enum {
    KEY_UDS = 256,
    KEY_UDS_MODE,
    KEY_MEMORY,
    KEY_STATE_DIRECTORY,
    KEY_GET,
    KEY_ALLOW_SHORT_IDLE,
    KEY_CHECK_CONFIG,
    KEY_LOG_LEVEL,
    KEY_VERSION,
    KEY_HELP,
    KEY_LATER, /* `datasette serve` has it, this program does not */
};

struct row {
    int key;
    const char *name;
    const char *value; /* NULL: takes none */
    const char *help;  /* NULL: not to be shown */
};

static const struct row rows[] = {
    {KEY_UDS, "uds", "PATH", "listen on this Unix socket instead of those that systemd hands over"},
    {KEY_UDS_MODE, "uds-mode", "MODE", "octal mode of that socket (default by umask)"},
    {'i', "immutable", "FILE", "serve FILE as immutable: nothing changes it (repeatable)"},
    {KEY_MEMORY, "memory", NULL, "serve an in-memory database as /_memory"},
    {KEY_STATE_DIRECTORY, "state-directory", "DIR",
     "serve every *.db, *.sqlite, *.sqlite3 there (default $STATE_DIRECTORY)"},
    {'c', "config", "FILE", "configuration file (JSON), instead of those in $CONFIGURATION_DIRECTORY"},
    {'s', "setting", "NAME VALUE", "set one of the settings below (repeatable)"},
    {KEY_GET, "get", "PATH", "answer one request on standard output and exit: 0 if 2xx, else 1"},
    {KEY_ALLOW_SHORT_IDLE, "allow-short-idle", NULL,
     "accept any idle_exit_ms under systemd; the unit needs StartLimitIntervalSec=0"},
    {KEY_CHECK_CONFIG, "check-config", NULL, "check everything, print the settings in force, exit"},
    {KEY_LOG_LEVEL, "log-level", "LEVEL", "error, warning, info (default) or debug"},
    {KEY_VERSION, "version", NULL, "print the version and exit"},
    {KEY_HELP, "help", NULL, "print this and exit"},
    {'h', "host", "HOST", NULL},
    {'p', "port", "PORT", NULL},
    {'m', "metadata", "FILE", NULL},
    {KEY_LATER, "root", NULL, NULL},
    {KEY_LATER, "secret", "SECRET", NULL},
    {KEY_LATER, "cors", NULL, NULL},
    {KEY_LATER, "crossdb", NULL, NULL},
    {KEY_LATER, "default-deny", NULL, NULL},
    {KEY_LATER, "token", "TOKEN", NULL},
    {KEY_LATER, "actor", "JSON", NULL},
    {KEY_LATER, "headers", NULL, NULL},
    {KEY_LATER, "create", NULL, NULL},
    {KEY_LATER, "nolock", NULL, NULL},
    {KEY_LATER, "load-extension", "FILE", NULL},
    {KEY_LATER, "inspect-file", "FILE", NULL},
};

static const struct {
    const char *name;
    int level;
} levels[] = {{"error", LOG_ERR}, {"warning", LOG_WARNING}, {"info", LOG_INFO}, {"debug", LOG_DEBUG}};

static const struct row *find(int key)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (rows[i].key == key)
            return &rows[i];
    return NULL;
}

/* What getopt_long() needs to know. "-:" gives files as if they were values of an option 1, in their order,
 * and tells a missing value from an unknown option. Options that only Datasette has end the parsing, so their
 * values do not matter. */
static void describe(struct option *long_options, char *letters)
{
    letters = stpcpy(letters, "-:");
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        bool later = !rows[i].help;
        int has_value = later ? optional_argument : rows[i].value ? required_argument : no_argument;
        long_options[i] = (struct option){rows[i].name, has_value, NULL, rows[i].key};
        if (rows[i].key < 256) {
            *letters++ = (char)rows[i].key;
            letters = stpcpy(letters, later ? "::" : rows[i].value ? ":" : "");
        }
    }
    long_options[ARRAY_SIZE(rows)] = (struct option){0};
}

static int refuse_unknown(const char *arg, struct error *e)
{
    const char *name = arg + strspn(arg, "-");
    size_t len = strcspn(name, "=");
    int shown = (int)MIN((size_t)(name - arg) + len, (size_t)64);
    struct nearest near = NEAREST_INIT(name, len);
    size_t abbreviated = 0;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        if (rows[i].help)
            nearest_offer(&near, rows[i].name);
        abbreviated += len > 0 && strncmp(rows[i].name, name, len) == 0;
    }
    if (abbreviated > 1)
        return error_set(e, ERR_BAD_INPUT, "option %.*s could be one of several; write it in full", shown,
                         arg);
    if (near.name)
        return error_set(e, ERR_BAD_INPUT, "unknown option %.*s; did you mean --%s?", shown, arg, near.name);
    return error_set(e, ERR_BAD_INPUT, "unknown option %.*s; --help lists all of them", shown, arg);
}

/* getopt_long() gave '?': `optopt` is 0 for an unknown long option, the key of an option that takes no value
 * and got one, or an unknown letter. */
static int refuse(char **argv, struct error *e)
{
    const struct row *row = find(optopt);
    if (row)
        return error_set(e, ERR_BAD_INPUT, "option --%s takes no value", row->name);
    if (optopt)
        return error_set(e, ERR_BAD_INPUT, "unknown option -%c; --help lists all of them",
                         isprint((unsigned char)optopt) ? optopt : '?');
    return refuse_unknown(argv[optind - 1], e);
}

static int refuse_missing(int key, struct error *e)
{
    const struct row *row = find(key);
    return error_set(e, ERR_BAD_INPUT, "option --%s needs a value: --%s %s", row->name, row->name,
                     row->value);
}

static int refuse_later(int key, char **argv, struct error *e)
{
    const struct row *row = find(key);
    if (key != KEY_LATER)
        return error_set(e, ERR_BAD_INPUT, "-%c (--%s) is not supported by this version%s", key, row->name,
                         key == 'h' ? "; for help write --help" : "");
    /* Several share the key, and argv may hold an abbreviation: say what was written. */
    const char *arg = argv[optind - 1];
    return error_set(e, ERR_BAD_INPUT, "%.*s is not supported by this version",
                     (int)MIN(strcspn(arg, "="), 64u), arg);
}

/* A value that begins with '-' is rather the next option, its own value having been forgotten. */
static int check_path(const char *what, const char *value, struct error *e)
{
    if (*value == '\0')
        return error_set(e, ERR_BAD_INPUT, "%s is empty", what);
    if (*value == '-')
        return error_set(e, ERR_BAD_INPUT,
                         "%s is \"%.64s\", which looks like an option; ./%.64s means a file", what, value,
                         value);
    return 0;
}

/* Each list gets room for all of argv at once. */
static int add(const char ***list, size_t *n, int argc, const char *what, const char *value, struct error *e)
{
    int r = check_path(what, value, e);
    if (r < 0)
        return r;
    if (!*list && !(*list = calloc((size_t)argc, sizeof **list)))
        return error_set(e, ERR_NOMEM, "out of memory");
    (*list)[(*n)++] = value;
    return 0;
}

static int set_path(const char **to, int key, const char *value, struct error *e)
{
    char what[64];
    snprintf(what, sizeof what, "the value of --%s", find(key)->name);
    int r = check_path(what, value, e);
    if (r < 0)
        return r;
    if (*to)
        return error_set(e, ERR_BAD_INPUT, "--%s is given twice", find(key)->name);
    *to = value;
    return 0;
}

static int set_mode(struct options *o, const char *value, struct error *e)
{
    size_t len = strlen(value);
    if (len < 1 || len > 4 || strspn(value, "01234567") != len || strtol(value, NULL, 8) > 0777)
        return error_set(e, ERR_BAD_INPUT,
                         "--uds-mode \"%.64s\" is not an octal mode from 0 to 0777, such as 0660", value);
    o->uds_mode = (int)strtol(value, NULL, 8);
    return 0;
}

static int set_level(struct options *o, const char *value, struct error *e)
{
    for (size_t i = 0; i < ARRAY_SIZE(levels); i++)
        if (streq(levels[i].name, value)) {
            o->log_level = levels[i].level;
            return 0;
        }
    return error_set(e, ERR_BAD_INPUT, "--log-level \"%.64s\" is none of error, warning, info, debug", value);
}

static int add_setting(struct options *o, int argc, const char *name, const char *value, struct error *e)
{
    struct settings scratch;
    settings_init(&scratch);
    if (!value)
        return error_set(e, ERR_BAD_INPUT, "option -s (--setting) needs two values: -s NAME VALUE");
    int r = settings_set(&scratch, name, value, e);
    if (r < 0)
        return r;
    if (!o->settings && !(o->settings = calloc((size_t)argc, sizeof *o->settings)))
        return error_set(e, ERR_NOMEM, "out of memory");
    o->settings[o->n_settings++] = (struct option_setting){name, value};
    return 0;
}

static int set_command(struct options *o, enum command command)
{
    /* --help and --version win over everything, --check-config and --get are told apart later. */
    if (o->command != COMMAND_HELP && o->command != COMMAND_VERSION)
        o->command = command;
    return 0;
}

static int set_state_directory(struct options *o, const char *dir, size_t len, struct error *e)
{
    free(o->state_directory);
    o->state_directory = strndup(dir, len);
    return o->state_directory ? 0 : error_set(e, ERR_NOMEM, "out of memory");
}

static int take(struct options *o, int key, int argc, char **argv, struct error *e)
{
    const char *directory = NULL;
    int r;
    switch (key) {
    case 1:
        return add(&o->files, &o->n_files, argc, "the name of a database", optarg, e);
    case 'i':
        return add(&o->immutables, &o->n_immutables, argc, "the value of -i (--immutable)", optarg, e);
    case 'c':
        return set_path(&o->config_file, key, optarg, e);
    case 's':
        return add_setting(o, argc, optarg, optind < argc ? argv[optind++] : NULL, e);
    case KEY_UDS:
        return set_path(&o->uds, key, optarg, e);
    case KEY_UDS_MODE:
        return set_mode(o, optarg, e);
    case KEY_MEMORY:
        o->memory = true;
        return 0;
    case KEY_STATE_DIRECTORY:
        r = set_path(&directory, key, optarg, e);
        return r < 0 ? r : set_state_directory(o, directory, strlen(directory), e);
    case KEY_GET:
        if (*optarg != '/')
            return error_set(e, ERR_BAD_INPUT,
                             "--get \"%.64s\": a path begins with /, such as /-/versions.json", optarg);
        o->get_path = optarg;
        return 0;
    case KEY_ALLOW_SHORT_IDLE:
        o->allow_short_idle = true;
        return 0;
    case KEY_LOG_LEVEL:
        return set_level(o, optarg, e);
    case KEY_CHECK_CONFIG:
        return set_command(o, COMMAND_CHECK_CONFIG);
    case KEY_VERSION:
        return set_command(o, COMMAND_VERSION);
    case KEY_HELP:
        return set_command(o, COMMAND_HELP);
    case ':':
        return refuse_missing(optopt, e);
    case '?':
        return refuse(argv, e);
    default:
        return refuse_later(key, argv, e);
    }
}

static int check_together(struct options *o, struct error *e)
{
    if (o->get_path && o->uds)
        return error_set(e, ERR_BAD_INPUT, "--get answers without a socket; leave --uds away");
    if (o->get_path && o->command == COMMAND_CHECK_CONFIG)
        return error_set(e, ERR_BAD_INPUT, "--get and --check-config cannot be done together");
    if (o->uds_mode >= 0 && !o->uds)
        return error_set(e, ERR_BAD_INPUT, "--uds-mode is for --uds; in a socket unit it is SocketMode=");
    if (o->get_path)
        set_command(o, COMMAND_GET);
    return 0;
}

int options_parse(int argc, char **argv, struct options *ret, struct error *e)
{
    *ret = (struct options){.uds_mode = -1, .log_level = LOG_INFO};
    struct option long_options[ARRAY_SIZE(rows) + 1];
    char letters[3 + 3 * ARRAY_SIZE(rows)];
    describe(long_options, letters);

    /* -h with a value is --host to Datasette. */
    if (argc == 2 && streq(argv[1], "-h"))
        return set_command(ret, COMMAND_HELP);

    const char *inherited = getenv("STATE_DIRECTORY");
    size_t len = inherited ? strcspn(inherited, ":") : 0;
    int r = len > 0 ? set_state_directory(ret, inherited, len, e) : 0;
    int key;
    optind = 0; /* glibc: begin anew */
    opterr = 0;
    while (r == 0 && (key = getopt_long(argc, argv, letters, long_options, NULL)) != -1)
        r = take(ret, key, argc, argv, e);
    for (; r == 0 && optind < argc; optind++)
        r = add(&ret->files, &ret->n_files, argc, "the name of a database", argv[optind], e);
    if (ret->command == COMMAND_HELP || ret->command == COMMAND_VERSION)
        return r;
    return r < 0 ? r : check_together(ret, e);
}

static void list_settings(FILE *to)
{
    struct settings defaults;
    settings_init(&defaults);
    size_t n;
    const struct setting *row = settings_rows(&n);
    for (; n > 0; n--, row++) {
        struct buf value = BUF_INIT(1024);
        settings_get(&defaults, row, &value);
        const char *text = buf_cstr(&value);
        fprintf(to, "  %-28s %s (default %s)\n", row->name, row->help, text ? text : "?");
        buf_free(&value);
    }
}

void options_help(FILE *to)
{
    fprintf(to, "Usage: dbd [OPTION]... [FILE.db]...\n"
                "Serve SQLite databases as a JSON API over HTTP on a Unix socket.\n\nOptions:\n");
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        if (!rows[i].help)
            continue;
        char left[64], letter[8] = "    ";
        if (rows[i].key < 256)
            snprintf(letter, sizeof letter, "-%c, ", rows[i].key);
        else if (rows[i].key == KEY_HELP)
            snprintf(letter, sizeof letter, "-h, ");
        snprintf(left, sizeof left, "%s--%s%s%s", letter, rows[i].name, rows[i].value ? " " : "",
                 rows[i].value ? rows[i].value : "");
        fprintf(to, "  %-28s %s\n", left, rows[i].help);
    }
    fprintf(to, "\nSettings (-s NAME VALUE, or \"settings\" in the configuration file):\n");
    list_settings(to);
    fprintf(to,
            "\nWithout --uds and --get the sockets come from systemd, for example\n"
            "  systemctl start %s.socket\n"
            "  systemd-socket-activate -l /run/user/1000/%s.sock dbd FILE.db\n",
            SERVICE_NAME, SERVICE_NAME);
}

void options_free(struct options *o)
{
    free(o->state_directory);
    free(o->files);
    free(o->immutables);
    free(o->settings);
    *o = (struct options){.uds_mode = -1};
}
