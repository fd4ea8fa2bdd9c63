/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JSON text, byte for byte as Python's json.dumps() writes it with ensure_ascii: ASCII only, lower-case hex,
 * separators ", " and ": ". The caller writes separators, braces and brackets.
 *
 * All functions append to the buffer; its `err` tells of a failure. One thread at a time per buffer.
 */
#pragma once

#include <stdbool.h>
#include "base/buf.h"
#include "base/value.h"

void json_write_null(struct buf *b);
void json_write_bool(struct buf *b, bool yes);
void json_write_int(struct buf *b, int64_t i);

/* NaN and the infinities, for which JSON has no text, become null. */
void json_write_double(struct buf *b, double d);

/* A string of n bytes. Each maximal subpart of an invalid UTF-8 sequence (Unicode 15, section 3.9, and
 * Python's errors="replace") becomes \ufffd, a NUL \u0000. `s` may be NULL when n is 0. */
void json_write_text(struct buf *b, const void *s, size_t n);
void json_write_str(struct buf *b, const char *s);

/* {"$base64": true, "encoded": "..."}, Datasette's form of a BLOB; base64 of RFC 4648 with padding. */
void json_write_blob(struct buf *b, const void *bytes, size_t n);

/* "key": and a space. */
void json_write_key(struct buf *b, const char *key);

void json_write_value(struct buf *b, const struct value *v);
