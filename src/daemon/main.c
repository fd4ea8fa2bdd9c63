/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "base/log.h"
#include "config.h"
#include "daemon/answer.h"
#include "daemon/configuration.h"
#include "daemon/options.h"
#include "daemon/probe.h"
#include "daemon/service.h"
#include "store/reader.h"

static int check_files(const struct catalogue *c, bool all)
{
    struct cancel cancel;
    struct error e;
    int bad = 0;
    cancel_init(&cancel);
    for (size_t i = 0; i < c->n; i++) {
        struct database *d = c->databases[i];
        if (d->missing && d->named)
            log_error("%s: no such file", d->path);
        else if (!all || probe_database(d, &cancel, &e) == 0)
            continue;
        bad++;
    }
    cancel_destroy(&cancel);
    return bad;
}

static void print_settings(const struct settings *s)
{
    size_t n;
    const struct setting *rows = settings_rows(&n);
    for (size_t i = 0; i < n; i++) {
        _cleanup_(buf_free) struct buf value = BUF_INIT(1024);
        settings_get(s, &rows[i], &value);
        printf("%s %.*s\n", rows[i].name, (int)value.len, value.data);
    }
}

static int check(const struct catalogue *c, const struct settings *settings)
{
    print_settings(settings);
    for (size_t i = 0; i < c->n; i++)
        printf("database %s %s\n", c->databases[i]->name, c->databases[i]->path ? c->databases[i]->path : ":memory:");
    return check_files(c, true) ? EXIT_FAILED : EXIT_OK;
}

/* What --get and --check-config do with the databases, and a look at those named before serving. */
static int look_at_databases(const struct options *o, const struct settings *settings, struct pool *pool)
{
    struct error e;
    struct catalogue_sources sources = service_sources(o);
    _cleanup_(catalogue_unrefp) struct catalogue *c = NULL;
    if (catalogue_new(&sources, settings, pool, NULL, &c, &e) < 0) {
        log_error("%s", e.text);
        return EXIT_FAILED;
    }
    if (o->command == COMMAND_CHECK_CONFIG)
        return check(c, settings);
    if (check_files(c, false) > 0)
        return EXIT_BAD_COMMAND_LINE;
    return o->command == COMMAND_GET ? answer_print(c, o->get_path) : EXIT_OK;
}

static int run(const struct options *o)
{
    struct settings settings;
    struct error e;
    if (configuration_load(o, &settings, &e) < 0) {
        log_error("%s", e.text);
        return EXIT_BAD_CONFIGURATION;
    }
    if (o->command == COMMAND_CHECK_CONFIG && !o->uds && configuration_check_idle(o, &settings, true, &e) < 0) {
        log_error("%s", e.text);
        return EXIT_BAD_CONFIGURATION;
    }
    reader_configure((int)settings.max_heap_mb, (int)settings.cache_size_kb, (int)settings.max_query_value_bytes);
    struct pool pool;
    pool_init(&pool, 4, NULL);
    int status = look_at_databases(o, &settings, &pool);
    pool_destroy(&pool);
    return o->command == COMMAND_SERVE && status == EXIT_OK ? service_run(o, &settings) : status;
}

int main(int argc, char **argv)
{
    struct options o;
    struct error e;
    int status = EXIT_OK;
    if (options_parse(argc, argv, &o, &e) < 0) {
        log_error("%s", e.text);
        status = EXIT_BAD_COMMAND_LINE;
    } else if (o.command == COMMAND_HELP)
        options_help(stdout);
    else if (o.command == COMMAND_VERSION)
        printf("dbd %s (SQLite %s)\n", PACKAGE_VERSION, reader_sqlite_version());
    else {
        log_set_level(o.log_level);
        status = run(&o);
    }
    options_free(&o);
    return status;
}
