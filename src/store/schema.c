/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <strings.h>

#include "base/hash.h"
#include "store/schema.h"
#include "store/statement.h"

#define LIST_MAX 100000 /* rows of any list read here */

static int prepare(struct reader *r, const char *sql, const char *argument, struct statement **ret,
                   struct error *e)
{
    int rc = statement_prepare(r, POLICY_PAGE, sql, strlen(sql), ret, e);
    if (rc < 0 || !argument)
        return rc;
    struct value v = {.type = VALUE_TEXT, .bytes = argument, .len = strlen(argument)};
    return statement_bind(*ret, 1, &v, e);
}

static const char *copy_text(struct statement *s, int column, struct arena *a)
{
    const char *text = statement_text(s, column);
    return arena_strdup(a, text ? text : "");
}

/* Makes room for one more element of `size` bytes in a list that doubles inside the arena. */
static int grow(struct arena *a, void **list, size_t n, size_t size, struct error *e)
{
    if (n >= LIST_MAX)
        return error_set(e, ERR_LIMIT, "the schema has more than %d entries", LIST_MAX);
    if (n != 0 && (n < 8 || (n & (n - 1)) != 0))
        return 0;
    void *more = arena_alloc(a, MAX(n * 2, (size_t)8) * size);
    if (!more)
        return error_set(e, ERR_NOMEM, "the schema is too large for one request");
    if (n)
        memcpy(more, *list, n * size);
    *list = more;
    return 0;
}

static int read_kind(struct reader *r, const char *name, struct table *t, struct error *e)
{
    _cleanup_(statement_freep) struct statement *s = NULL;
    int rc = prepare(r, "SELECT type = 'view', rootpage > 0 FROM sqlite_schema WHERE name = ?1 AND type IN ('table', 'view')",
                     name, &s, e);
    if (rc == 0)
        rc = statement_step(s, e);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return error_set(e, ERR_NOT_FOUND, "Table not found");
    t->is_view = statement_int(s, 0);
    t->is_plain = statement_int(s, 1);
    return 0;
}

/* Whether a declared type gives a column an affinity that converts what it is compared with; BLOB and none do not
 * (sqlite.org/datatype3.html, section 3.1). */
static bool has_affinity(const char *type)
{
    static const char *const integer_or_text[] = {"INT", "CHAR", "CLOB", "TEXT"};
    if (!type || !*type)
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(integer_or_text); i++)
        if (strcasestr(type, integer_or_text[i]))
            return true;
    return !strcasestr(type, "BLOB");
}

static int read_columns(struct reader *r, struct arena *a, struct table *t, struct error *e)
{
    _cleanup_(statement_freep) struct statement *s = NULL;
    int rc = prepare(r, "SELECT name, pk, hidden, type FROM pragma_table_xinfo(?1) ORDER BY cid", t->name, &s, e);
    while (rc == 0 && (rc = statement_step(s, e)) == 1) {
        rc = grow(a, (void **)&t->columns, t->n_columns, sizeof *t->columns, e);
        if (rc < 0)
            return rc;
        struct column *c = &t->columns[t->n_columns];
        c->name = copy_text(s, 0, a);
        c->pk = (int)statement_int(s, 1);
        t->is_plain &= statement_int(s, 2) == 0;
        c->is_typed = has_affinity(statement_text(s, 3));
        if (!c->name)
            return error_set(e, ERR_NOMEM, "the schema is too large for one request");
        t->n_columns++;
    }
    return rc;
}

/* A name of the rowid that no column has taken (sqlite.org/lang_createtable.html#rowid). */
static const char *rowid_name(const struct table *t)
{
    static const char *const names[] = {"rowid", "_rowid_", "oid"};
    for (size_t k = 0; k < ARRAY_SIZE(names); k++) {
        bool taken = false;
        for (size_t i = 0; i < t->n_columns && !taken; i++)
            taken = strcasecmp(t->columns[i].name, names[k]) == 0;
        if (!taken)
            return names[k];
    }
    return names[0];
}

/* The primary key in its own order, which need not be the columns' order. */
static int find_keys(struct arena *a, struct table *t, struct error *e)
{
    t->keys = arena_new_array(a, const char *, t->n_columns + 1);
    if (!t->keys)
        return error_set(e, ERR_NOMEM, "the schema is too large for one request");
    for (size_t place = 1; place <= t->n_columns; place++)
        for (size_t i = 0; i < t->n_columns; i++)
            if ((size_t)t->columns[i].pk == place)
                t->keys[t->n_keys++] = t->columns[i].name;
    t->use_rowid = t->n_keys == 0 && !t->is_view;
    if (t->use_rowid)
        t->keys[t->n_keys++] = rowid_name(t);
    return 0;
}

static int read_table(struct reader *r, struct arena *a, const char *name, struct table *ret, struct error *e)
{
    *ret = (struct table){.name = arena_strdup(a, name)};
    if (!ret->name)
        return error_set(e, ERR_NOMEM, "the schema is too large for one request");
    int rc = read_kind(r, name, ret, e);
    if (rc == 0 && !ret->is_plain && reader_is_on_loop(r))
        rc = ERR_BUDGET; /* to look at a view's columns alone may take long */
    if (rc == 0)
        rc = read_columns(r, a, ret, e);
    if (rc == 0)
        rc = find_keys(a, ret, e);
    return rc;
}

/* An open hash table that is never more than half full; a reader of a database with more tables reads the others
 * each time. */
#define CACHE_SLOTS 512
#define CACHE_BYTES ((size_t)1024 * 1024)

struct schema_cache {
    int64_t cookie;
    struct arena *arena;
    size_t n;
    struct table tables[CACHE_SLOTS]; /* name NULL: free */
};

void schema_cache_free(struct schema_cache *c)
{
    if (c)
        arena_free(c->arena);
    free(c);
}

/* The reader's cache for the schema of its transaction, or NULL. */
static struct schema_cache *cache_get(struct reader *r)
{
    struct schema_cache **cache = reader_schema_cache(r);
    if (*cache && (*cache)->cookie == reader_schema_cookie(r))
        return *cache;
    schema_cache_free(TAKE_PTR(*cache));
    struct schema_cache *c = calloc(1, sizeof *c);
    if (!c || !(c->arena = arena_new(CACHE_BYTES))) {
        free(c);
        return NULL;
    }
    c->cookie = reader_schema_cookie(r);
    return *cache = c;
}

/* The slot that holds `name`, or the free one where it belongs. */
static struct table *cache_slot(struct schema_cache *c, const char *name)
{
    uint64_t h = hash_bytes(name, strlen(name));
    while (c->tables[h % CACHE_SLOTS].name && !streq(c->tables[h % CACHE_SLOTS].name, name))
        h++;
    return &c->tables[h % CACHE_SLOTS];
}

int schema_table(struct reader *r, struct arena *a, const char *name, struct table *ret, struct error *e)
{
    struct schema_cache *c = cache_get(r);
    struct table *slot = c ? cache_slot(c, name) : NULL;
    reader_count(r, slot && slot->name ? METRIC_schema_hits_total : METRIC_schema_misses_total);
    if (slot && slot->name) {
        *ret = *slot;
        return 0;
    }
    if (!slot || c->n >= CACHE_SLOTS / 2)
        return read_table(r, a, name, ret, e);
    int rc = read_table(r, c->arena, name, ret, e);
    if (rc == ERR_NOMEM)
        return read_table(r, a, name, ret, e);
    if (rc == 0) {
        *slot = *ret;
        c->n++;
    }
    return rc;
}

int schema_items(struct reader *r, struct arena *a, struct schema_item **ret, size_t *n_ret, struct error *e)
{
    _cleanup_(statement_freep) struct statement *s = NULL;
    struct schema_item *items = NULL;
    size_t n = 0;
    int rc = prepare(r,
                     "SELECT m.name, m.type = 'view',"
                     " (m.rootpage = 0 AND m.sql LIKE '%VIRTUAL TABLE%USING FTS%')"
                     " OR coalesce(l.type = 'shadow', 0)"
                     " OR m.name IN ('sqlite_stat1', 'sqlite_stat2', 'sqlite_stat3', 'sqlite_stat4')"
                     " OR substr(m.name, 1, 1) = '_'"
                     " FROM sqlite_schema m LEFT JOIN pragma_table_list l"
                     " ON l.schema = 'main' AND l.name = m.name"
                     " WHERE m.type IN ('table', 'view') ORDER BY m.name",
                     NULL, &s, e);
    while (rc == 0 && (rc = statement_step(s, e)) == 1) {
        rc = grow(a, (void **)&items, n, sizeof *items, e);
        if (rc < 0)
            return rc;
        items[n].name = copy_text(s, 0, a);
        items[n].is_view = statement_int(s, 1);
        items[n].hidden = statement_int(s, 2);
        if (!items[n++].name)
            return error_set(e, ERR_NOMEM, "the schema is too large for one request");
    }
    *ret = items;
    *n_ret = n;
    return rc;
}

int schema_foreign_keys(struct reader *r, struct arena *a, struct foreign_key **ret, size_t *n_ret,
                        struct error *e)
{
    _cleanup_(statement_freep) struct statement *s = NULL;
    struct foreign_key *keys = NULL;
    size_t n = 0;
    /* A key without a column there means the other table's primary key. */
    int rc = prepare(r,
                     "SELECT m.name, f.\"from\", f.\"table\", coalesce(f.\"to\","
                     " (SELECT name FROM pragma_table_info(f.\"table\") WHERE pk = 1), '')"
                     " FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f"
                     " WHERE m.type = 'table' AND NOT EXISTS"
                     " (SELECT 1 FROM pragma_foreign_key_list(m.name) g WHERE g.id = f.id AND g.seq > 0)"
                     " ORDER BY m.name, f.id",
                     NULL, &s, e);
    while (rc == 0 && (rc = statement_step(s, e)) == 1) {
        rc = grow(a, (void **)&keys, n, sizeof *keys, e);
        if (rc < 0)
            return rc;
        struct foreign_key *k = &keys[n++];
        k->table = copy_text(s, 0, a);
        k->column = copy_text(s, 1, a);
        k->other_table = copy_text(s, 2, a);
        k->other_column = copy_text(s, 3, a);
        if (!k->table || !k->column || !k->other_table || !k->other_column)
            return error_set(e, ERR_NOMEM, "the schema is too large for one request");
    }
    *ret = keys;
    *n_ret = n;
    return rc;
}

int schema_fts_table(struct reader *r, struct arena *a, const char *table, const char **ret, struct error *e)
{
    _cleanup_(statement_freep) struct statement *s = NULL;
    *ret = NULL;
    int rc = prepare(r,
                     "SELECT name FROM sqlite_schema WHERE rootpage = 0 AND ("
                     "sql LIKE '%VIRTUAL TABLE%USING FTS%content=\"' || ?1 || '\"%'"
                     " OR sql LIKE '%VIRTUAL TABLE%USING FTS%content=[' || ?1 || ']%'"
                     " OR (tbl_name = ?1 AND sql LIKE '%VIRTUAL TABLE%USING FTS%'))",
                     table, &s, e);
    if (rc == 0)
        rc = statement_step(s, e);
    if (rc == 1)
        *ret = copy_text(s, 0, a);
    return rc < 0 ? rc : 0;
}
