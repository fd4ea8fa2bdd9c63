/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is known without a database: versions, settings, the list of databases, who is asking, health. */
#include "api/resources.h"
#include "config.h"
#include "format/json_write.h"
#include "format/tilde.h"

int health_answer(struct request *req, struct reply *reply)
{
    (void)req;
    buf_adds(&reply->body, "{\"ok\": true}");
    return 0;
}

int metrics_answer(struct request *req, struct reply *reply)
{
    if (!req->catalogue->pool->metrics)
        return error_set(&req->error, ERR_NOT_FOUND, "nothing is counted without a server");
    reply->content_type = "text/plain; version=0.0.4; charset=utf-8";
    metrics_set(req->catalogue->pool->metrics, METRIC_sqlite_bytes, reader_memory_used());
    metrics_write(req->catalogue->pool->metrics, &reply->body);
    return 0;
}

/* A token replaces this, and on a Unix socket the peer's credentials will; until then everybody is nobody. */
int actor_answer(struct request *req, struct reply *reply)
{
    (void)req;
    buf_adds(&reply->body, "{\"ok\": true, \"actor\": null}");
    return 0;
}

static bool has_option(const char *name)
{
    const char *option;
    for (int i = 0; (option = reader_compile_option(i)); i++)
        if (streq(option, name))
            return true;
    return false;
}

static void write_fts_versions(struct buf *b)
{
    const char *before = "";
    for (int version = 5; version >= 3; version--) {
        char option[16] = "ENABLE_FTS0";
        option[sizeof "ENABLE_FTS" - 1] = (char)('0' + version);
        /* FTS4 is part of FTS3. */
        if (!has_option(option) && !(version == 4 && has_option("ENABLE_FTS3")))
            continue;
        buf_addf(b, "%s\"FTS%d\"", before, version);
        before = ", ";
    }
}

int versions_answer(struct request *req, struct reply *reply)
{
    (void)req;
    struct buf *b = &reply->body;
    const char *option;
    buf_adds(b, "{\"ok\": true, \"dbd\": {\"version\": ");
    json_write_str(b, PACKAGE_VERSION);
    buf_adds(b, "}, \"sqlite\": {\"version\": ");
    json_write_str(b, reader_sqlite_version());
    buf_adds(b, ", \"fts_versions\": [");
    write_fts_versions(b);
    buf_adds(b, "], \"extensions\": {\"json1\": true}, \"compile_options\": [");
    for (int i = 0; (option = reader_compile_option(i)); i++) {
        buf_adds(b, i ? ", " : "");
        json_write_str(b, option);
    }
    buf_adds(b, "]}}");
    return 0;
}

int settings_answer(struct request *req, struct reply *reply)
{
    size_t n;
    const struct setting *rows = settings_rows(&n);
    struct buf *b = &reply->body;
    _cleanup_(buf_free) struct buf value = BUF_INIT(1024);
    buf_adds(b, "{\"ok\": true");
    for (size_t i = 0; i < n; i++) {
        if (!rows[i].shared)
            continue;
        buf_adds(b, ", ");
        json_write_key(b, rows[i].name);
        buf_clear(&value);
        settings_get(request_settings(req), &rows[i], &value);
        if (rows[i].type == SETTING_TEXT)
            json_write_text(b, value.data, value.len);
        else
            buf_add(b, value.data, value.len);
    }
    buf_addc(b, '}');
    return 0;
}

int databases_answer(struct request *req, struct reply *reply)
{
    struct buf *b = &reply->body;
    const struct catalogue *c = req->catalogue;
    buf_adds(b, "{\"ok\": true, \"databases\": [");
    for (size_t i = 0; i < c->n; i++) {
        const struct database *d = c->databases[i];
        buf_adds(b, i ? ", {\"name\": " : "{\"name\": ");
        json_write_str(b, d->name);
        buf_adds(b, ", \"route\": ");
        json_write_str(b, d->name);
        buf_adds(b, ", \"path\": ");
        if (d->path)
            json_write_str(b, d->path);
        else
            json_write_null(b);
        buf_adds(b, ", \"size\": ");
        json_write_int(b, database_size(d));
        buf_adds(b, ", \"is_mutable\": ");
        json_write_bool(b, d->path && !d->immutable);
        buf_adds(b, ", \"is_memory\": ");
        json_write_bool(b, !d->path);
        buf_adds(b, ", \"hash\": null}");
    }
    buf_adds(b, "]}");
    return 0;
}
