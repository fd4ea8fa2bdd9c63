/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/metrics.h"

#define ROW(name, type, help) {#name, #type, help},
static const struct {
    const char *name, *type, *help;
} rows[] = {METRICS_TABLE(ROW)};
#undef ROW

void metrics_write(const struct metrics *m, struct buf *b)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        buf_addf(b, "# HELP dbd_%s %s\n# TYPE dbd_%s %s\ndbd_%s ", rows[i].name, rows[i].help, rows[i].name,
                 rows[i].type, rows[i].name);
        buf_add_int(b, atomic_load_explicit(&m->values[i], memory_order_relaxed));
        buf_addc(b, '\n');
    }
}
