/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/settings.h"
#include "../tap.h"

static const struct setting *find(const char *name)
{
    size_t n;
    const struct setting *rows = settings_rows(&n);
    for (size_t i = 0; i < n; i++)
        if (streq(rows[i].name, name))
            return &rows[i];
    return NULL;
}

static void test_defaults(void)
{
    struct settings s;
    settings_init(&s);
    is_int(s.default_page_size, 100, "default_page_size");
    is_int(s.max_returned_rows, 1000, "max_returned_rows");
    is_int(s.sql_time_limit_ms, 1000, "sql_time_limit_ms");
    ok(s.default_allow_sql && !s.force_https_urls, "switches");
    is_str(s.base_url, "/", "base_url");
    is_int(s.idle_exit_ms, 30000, "idle_exit_ms");
}

/* Datasette's settings, in the order of its documentation; all others are ours. */
static void test_shared(void)
{
    static const char *const shared[] = {
        "default_page_size",   "max_returned_rows",     "max_insert_rows",
        "max_post_body_bytes", "num_sql_threads",       "sql_time_limit_ms",
        "default_facet_size",  "facet_time_limit_ms",   "facet_suggest_time_limit_ms",
        "allow_facet",         "allow_download",        "allow_signed_tokens",
        "default_allow_sql",   "max_signed_tokens_ttl", "suggest_facets",
        "default_cache_ttl",   "cache_size_kb",         "allow_csv_stream",
        "max_csv_mb",          "truncate_cells_html",   "force_https_urls",
        "template_debug",      "trace_debug",           "base_url",
    };
    size_t n;
    const struct setting *rows = settings_rows(&n);
    bool same = n > ARRAY_SIZE(shared);
    for (size_t i = 0; same && i < n; i++) {
        bool ours = i >= ARRAY_SIZE(shared);
        same = rows[i].shared == !ours && (ours || streq(rows[i].name, shared[i]));
    }
    ok(same, "Datasette's settings come first, in its order, and only they are marked as shared");
}

static void test_numbers(void)
{
    struct settings s;
    struct error e = {0};
    settings_init(&s);
    is_int(settings_set(&s, "default_page_size", "25", &e), 0, "a number");
    is_int(s.default_page_size, 25, "is set");
    static const char *const bad[] = {"",
                                      "0",
                                      "-1",
                                      "1000001",
                                      "abc",
                                      "1x",
                                      "1.5",
                                      " 25",
                                      "25 ",
                                      "+25",
                                      "0x10",
                                      "1e3",
                                      "99999999999999999999999"};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        e.text[0] = '\0';
        int r = settings_set(&s, "default_page_size", bad[i], &e);
        ok(r == ERR_BAD_INPUT && s.default_page_size == 25, "\"%s\" is refused and changes nothing", bad[i]);
    }
    ok(strstr(e.text, "default_page_size") && strstr(e.text, "1000000"),
       "the error has the name and the range");

    size_t n;
    const struct setting *rows = settings_rows(&n);
    bool bounds = true;
    for (size_t i = 0; i < n; i++) {
        char text[32];
        if (rows[i].type != SETTING_NUMBER)
            continue;
        snprintf(text, sizeof text, "%lld", (long long)rows[i].max);
        bounds = bounds && settings_set(&s, rows[i].name, text, NULL) == 0;
        snprintf(text, sizeof text, "%lld", (long long)rows[i].max + 1);
        bounds = bounds && settings_set(&s, rows[i].name, text, NULL) == ERR_BAD_INPUT;
        snprintf(text, sizeof text, "%lld", (long long)rows[i].min);
        bounds = bounds && settings_set(&s, rows[i].name, text, NULL) == 0;
        snprintf(text, sizeof text, "%lld", (long long)rows[i].min - 1);
        bounds = bounds && settings_set(&s, rows[i].name, text, NULL) == ERR_BAD_INPUT;
    }
    ok(bounds, "every number takes its smallest and largest value and nothing beyond");
}

static void test_switches(void)
{
    static const struct {
        const char *word;
        bool on;
    } words[] = {{"on", true}, {"true", true}, {"1", true}, {"off", false}, {"false", false}, {"0", false}};
    struct settings s;
    settings_init(&s);
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        s.allow_facet = !words[i].on;
        ok(settings_set(&s, "allow_facet", words[i].word, NULL) == 0 && s.allow_facet == words[i].on,
           "\"%s\"", words[i].word);
    }
    ok(settings_set(&s, "allow_facet", "maybe", NULL) == ERR_BAD_INPUT, "\"maybe\" is refused");
    ok(settings_set(&s, "allow_facet", "", NULL) == ERR_BAD_INPUT, "\"\" is refused");
}

static void test_text(void)
{
    struct settings s;
    struct error e = {0};
    settings_init(&s);
    ok(settings_set(&s, "base_url", "/data/", NULL) == 0 && streq(s.base_url, "/data/"), "a text is set");
    char text[sizeof s.base_url + 1];
    memset(text, '/', sizeof text);
    text[sizeof text - 1] = '\0';
    ok(settings_set(&s, "base_url", text, NULL) == ERR_BAD_INPUT && streq(s.base_url, "/data/"),
       "one byte too long is refused and changes nothing");
    text[sizeof text - 2] = '\0';
    ok(settings_set(&s, "base_url", text, NULL) == 0 && streq(s.base_url, text), "the longest is taken");

    is_int(settings_set(&s, "no_such_thing", "1", &e), ERR_BAD_INPUT, "an unknown name is refused");
    ok(strstr(e.text, "no_such_thing") != NULL, "the error has the name");
    is_int(settings_set(&s, "sql_time_limt_ms", "1", &e), ERR_BAD_INPUT, "a misspelt name is refused");
    ok(strstr(e.text, "sql_time_limit_ms") != NULL, "the error has the name that was meant");
}

static void test_get(void)
{
    struct settings s;
    struct buf b = BUF_INIT(1000);
    settings_init(&s);
    settings_get(&s, find("default_page_size"), &b);
    is_buf(&b, "100", "a number as text");
    settings_get(&s, find("allow_facet"), &b);
    settings_get(&s, find("template_debug"), &b);
    is_buf(&b, "truefalse", "switches as text");
    settings_get(&s, find("base_url"), &b);
    is_buf(&b, "/", "a text");
    buf_free(&b);
}

int main(void)
{
    test_defaults();
    test_shared();
    test_numbers();
    test_switches();
    test_text();
    test_get();
    return done();
}
