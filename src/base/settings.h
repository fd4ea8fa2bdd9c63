/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The settings table: one row a setting, from which come `-s NAME VALUE`, the configuration file's
 * "settings", the list in --help, the check of the man page and /-/settings.json.
 *
 * The first rows, up to base_url, are Datasette's (docs.datasette.io, "Settings") with its names, defaults
 * and order; /-/settings.json shows those. The others are dbd's own.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/error.h"

/* X(name, default, min, max, help): whole numbers */
/* B(name, default, help): on or off. S(name, default, help): text */
#define SETTINGS_TABLE(X, B, S)                                                                              \
    X(default_page_size, 100, 1, 1000000, "rows of a page without _size")                                    \
    X(max_returned_rows, 1000, 1, 10000000, "most rows that one answer may hold")                            \
    X(max_insert_rows, 100, 1, 1000000, "most rows that one insert may hold")                                \
    X(max_post_body_bytes, 2097152, 0, 1073741824, "largest request body in bytes, 0 for 1 GiB")             \
    X(num_sql_threads, 3, 1, 64, "threads of the slow lane")                                                 \
    X(sql_time_limit_ms, 1000, 1, 86400000, "time limit of a query in milliseconds")                         \
    X(default_facet_size, 30, 1, 1000000, "values in a facet without _facet_size")                           \
    X(facet_time_limit_ms, 200, 1, 86400000, "time limit of a facet in milliseconds")                        \
    X(facet_suggest_time_limit_ms, 50, 1, 86400000, "time limit of a facet suggestion in milliseconds")      \
    B(allow_facet, true, "callers may ask for facets with _facet")                                           \
    B(allow_download, true, "callers may download immutable databases")                                      \
    B(allow_signed_tokens, true, "signed API tokens are accepted")                                           \
    B(default_allow_sql, true, "anybody may run SQL unless a rule says otherwise")                           \
    X(max_signed_tokens_ttl, 0, 0, 2147483647, "longest life of a signed token in seconds, 0 for no limit")  \
    B(suggest_facets, true, "suggest facets")                                                                \
    X(default_cache_ttl, 5, 0, 2147483647, "Cache-Control max-age of table pages in seconds, 0 for no-cache") \
    X(cache_size_kb, 0, 0, 1048576, "page cache of a connection in KiB, 0 for 1024")                         \
    B(allow_csv_stream, true, "callers may stream whole tables as CSV")                                      \
    X(max_csv_mb, 100, 0, 1048576, "largest CSV answer in MB, 0 for no limit")                               \
    X(truncate_cells_html, 2048, 0, 2147483647, "kept for compatibility; dbd makes no HTML")                 \
    B(force_https_urls, false, "links begin with https://")                                                  \
    B(template_debug, false, "kept for compatibility; dbd has no templates")                                 \
    B(trace_debug, false, "kept for compatibility")                                                          \
    S(base_url, "/", "path under which a proxy serves dbd")                                                  \
    X(idle_exit_ms, 30000, 1, 86400000, "a socket-activated dbd exits after so long without a connection")   \
    X(keepalive_timeout_ms, 15000, 1, 86400000, "an idle connection is closed after this")                   \
    X(header_timeout_ms, 10000, 1, 86400000, "longest time for a request's line and headers to arrive")      \
    X(body_timeout_ms, 30000, 1, 86400000, "longest time for a request's body to arrive")                    \
    X(send_timeout_ms, 30000, 1, 86400000, "longest time in which a client reads nothing of its answer")     \
    X(drain_timeout_ms, 10000, 1, 3600000, "longest time that running requests get when dbd ends")           \
    X(max_connections, 1000, 1, 100000, "connections at a time; more wait in the backlog")                   \
    X(max_queued_queries, 64, 1, 100000, "queries that may wait for the slow lane; past it 503")             \
    X(max_streams, 32, 1, 10000, "answers that may stream at a time; past it 503")                           \
    X(max_spool_mb, 1024, 1, 1048576, "largest answer kept in a temporary file, in MB")                      \
    X(stream_max_age, 600, 1, 86400, "seconds after which a long answer that was not read breaks off")       \
    X(max_idle_readers, 256, 1, 100000, "connections to databases that are kept open without work")          \
    X(max_query_value_bytes, 1048576, 1024, 16777216, "longest text or blob in a query")                     \
    X(max_heap_mb, 256, 16, 1048576, "memory that SQLite may use, in MB")

#define SETTINGS_X(name, def, min, max, help) int64_t name;
#define SETTINGS_B(name, def, help) bool name;
#define SETTINGS_S(name, def, help) char name[256];
struct settings {
    SETTINGS_TABLE(SETTINGS_X, SETTINGS_B, SETTINGS_S)
};
#undef SETTINGS_X
#undef SETTINGS_B
#undef SETTINGS_S

enum setting_type { SETTING_NUMBER, SETTING_SWITCH, SETTING_TEXT };

/* One row, as the lists that are made from the table need it. */
struct setting {
    const char *name;
    enum setting_type type;
    int64_t min, max;
    const char *help;
    size_t offset; /* in struct settings */
    bool shared;   /* Datasette has it too */
};

/* The rows, in the table's order; *n_ret is their number. */
const struct setting *settings_rows(size_t *n_ret);

void settings_init(struct settings *s);

/* Sets one from text: a number, on/off/true/false/1/0, or text as it is. The error says what would be right. */
int settings_set(struct settings *s, const char *name, const char *value, struct error *e);

/* The current value of row `r` as text. */
void settings_get(const struct settings *s, const struct setting *r, struct buf *out);
