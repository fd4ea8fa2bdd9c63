/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Strict JSON (RFC 8259) read into a tree. json-c is behind it, and only here.
 *
 * Whoever parsed owns the tree; every other `const struct json *` is borrowed from it and lives as long. A
 * tree that nobody changes may be read by many threads.
 */
#pragma once

#include <stdbool.h>
#include "base/buf.h"
#include "base/error.h"
#include "base/value.h"

#define JSON_DEPTH_MAX 64          /* arrays and objects inside each other */
#define JSON_CONTAINERS_MAX 20000  /* arrays and objects in all: json-c needs some 760 bytes for each */
#define JSON_VALUES_MAX 400000

struct json;

enum json_kind { JSON_NULL, JSON_BOOL, JSON_INT, JSON_REAL, JSON_TEXT, JSON_ARRAY, JSON_OBJECT };

/* Parses the whole text: one value and nothing after it but whitespace. Of equal keys the last wins. What
 * could not be kept exactly is refused: integers past int64, numbers past double, lone surrogates, NUL in
 * keys, invalid UTF-8, deeper nesting. ERR_SYNTAX says line, column (both from 1, in characters) and what was
 * expected; ERR_TOO_LARGE, ERR_NOMEM. */
int json_parse(const char *text, size_t len, struct json **ret, struct error *e);
void json_free(struct json *j);
DEFINE_CLEANUP(struct json *, json_free)

enum json_kind json_kind(const struct json *j);

/* The value of a key; NULL when it is absent or `object` is no object. A null is not NULL. */
const struct json *json_get(const struct json *object, const char *key);

/* Number of elements or keys; 0 for scalars. */
size_t json_length(const struct json *j);

/* Element i; NULL past the end or when `array` is no array. */
const struct json *json_at(const struct json *array, size_t i);

/* Keys in the order of the text: struct json_iter it = {0}; while (json_next(object, &it)) ... */
struct json_iter {
    const char *key;          /* NUL-terminated, valid UTF-8 */
    const struct json *value; /* never NULL */
    const void *entry;        /* private */
    bool begun;               /* private */
};
bool json_next(const struct json *object, struct json_iter *it);

/* The value of a scalar; a bool is 1 or 0. Text is borrowed from j and followed by a NUL, which len does not
 * count. ERR_BAD_INPUT for arrays and objects. */
int json_value(const struct json *j, struct value *ret);

/* Any value as JSON text, in the form of format/json_write.h. */
void json_write(struct buf *b, const struct json *j);
