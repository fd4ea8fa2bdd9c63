/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sql/ident.h"
#include "sql/page.h"

static void write_names(struct buf *sql, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_adds(sql, ", ");
        ident_write(sql, names[i]);
    }
}

static void write_parameter(struct buf *sql, size_t i)
{
    buf_adds(sql, ":p");
    buf_add_int(sql, (int64_t)i);
}

static void write_select(struct buf *sql, const struct page *p)
{
    buf_adds(sql, "select ");
    if (p->select_rowid) {
        write_names(sql, p->keys, 1);
        buf_adds(sql, p->n_columns ? ", " : "");
    }
    write_names(sql, p->columns, p->n_columns);
    buf_adds(sql, " from ");
    ident_write(sql, p->table);
}

/* k1 > :p0, or with several keys the row values (k1, k2) > (:p0, :p1), which an index serves in one search.
 */
static void write_after(struct buf *sql, const struct page *p)
{
    buf_adds(sql, p->n_keys > 1 ? " where (" : " where ");
    write_names(sql, p->keys, p->n_keys);
    buf_adds(sql, p->n_keys > 1 ? ") > (" : " > ");
    for (size_t i = 0; i < p->n_keys; i++) {
        if (i > 0)
            buf_adds(sql, ", ");
        write_parameter(sql, i);
    }
    if (p->n_keys > 1)
        buf_addc(sql, ')');
}

void page_write(struct buf *sql, const struct page *p)
{
    write_select(sql, p);
    if (p->n_keys > 0) {
        if (p->after)
            write_after(sql, p);
        buf_adds(sql, " order by ");
        write_names(sql, p->keys, p->n_keys);
    }
    buf_adds(sql, " limit ");
    buf_add_int(sql, p->limit);
    if (p->offset > 0) {
        buf_adds(sql, " offset ");
        buf_add_int(sql, p->offset);
    }
}

void row_write(struct buf *sql, const struct page *p)
{
    write_select(sql, p);
    for (size_t i = 0; i < p->n_keys; i++) {
        buf_adds(sql, i > 0 ? " and " : " where ");
        ident_write(sql, p->keys[i]);
        buf_adds(sql, " = ");
        write_parameter(sql, i);
    }
}
