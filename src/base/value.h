/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One SQLite value, borrowed: the only type that format/, sql/ and store/ share, so that rows go from SQLite
 * to bytes without a copy between. `bytes` belongs to whoever made the view and lives as long as that says.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum value_type { VALUE_NULL, VALUE_INT, VALUE_REAL, VALUE_TEXT, VALUE_BLOB };

struct value {
    enum value_type type;
    union {
        int64_t i;
        double d;
        struct {
            const void *bytes; /* text is not NUL-terminated and may be invalid UTF-8 */
            size_t len;        /* in bytes */
        };
    };
};
