/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <json-c/json.h>
#include <limits.h>

#include "format/hex.h"
#include "format/json_read.h"
#include "format/json_scan.h"
#include "format/json_write.h"

/* json-c has NULL for null; this address stands for it, so that NULL can mean absent. */
static const char NULL_NODE;

static const struct json *wrap(const struct json_object *o)
{
    return o ? (const struct json *)o : (const struct json *)&NULL_NODE;
}

/* json-c's getters do not change what they read, but few of them say const. */
static struct json_object *unwrap(const struct json *j)
{
    return (const char *)j == &NULL_NODE ? NULL : (struct json_object *)j;
}

static int parse(struct json_tokener *tokener, const char *text, size_t len, struct json **ret,
                 struct error *e)
{
    struct json_object *o = json_tokener_parse_ex(tokener, text, (int)len);
    if (json_tokener_get_error(tokener) == json_tokener_continue)
        o = json_tokener_parse_ex(tokener, " ", 1); /* a number could have gone on */

    enum json_tokener_error problem = json_tokener_get_error(tokener);
    if (problem != json_tokener_success)
        return error_set(e, ERR_SYNTAX, "%s", json_tokener_error_desc(problem));
    *ret = (struct json *)wrap(o);
    return 0;
}

static uint32_t read_unit(const char *digits)
{
    uint32_t unit = 0;
    for (int i = 0; i < 4; i++)
        unit = unit << 4 | (uint32_t)hex_value(digits[i]);
    return unit;
}

/* Copies scanned text, with pairs of surrogates as UTF-8, which is shorter. json-c (0.16) takes the character that a pair
 * stands for as a surrogate when its low 16 bits look like one (U+1D800, U+2D800), and loses it. */
static size_t decode_pairs(char *to, const char *text, size_t len)
{
    const char *begin = to, *end = text + len;
    while (text < end) {
        uint32_t high = text[0] == '\\' && text[1] == 'u' ? read_unit(text + 2) : 0;
        if (high >= 0xd800 && high <= 0xdfff) {
            uint32_t code = 0x10000 + ((high & 0x3ff) << 10 | (read_unit(text + 8) & 0x3ff));
            *to++ = (char)(0xf0 | code >> 18);
            *to++ = (char)(0x80 | (code >> 12 & 0x3f));
            *to++ = (char)(0x80 | (code >> 6 & 0x3f));
            *to++ = (char)(0x80 | (code & 0x3f));
            text += strlen("\\uD800\\uDC00");
            continue;
        }
        if (*text == '\\')
            *to++ = *text++;
        *to++ = *text++;
    }
    return (size_t)(to - begin);
}

int json_parse(const char *text, size_t len, struct json **ret, struct error *e)
{
    if (len > INT_MAX)
        return error_set(e, ERR_TOO_LARGE, "JSON text of more than 2 GiB");
    int r = json_scan(text, len, e);
    if (r < 0)
        return r;
    _cleanup_free_ char *copy = NULL;
    if (memmem(text, len, "\\u", 2)) {
        copy = malloc(len);
        if (!copy)
            return ERR_NOMEM;
        len = decode_pairs(copy, text, len);
        text = copy;
    }
    /* json-c counts the scalar inside as a level, too. */
    struct json_tokener *tokener = json_tokener_new_ex(JSON_DEPTH_MAX + 1);
    if (!tokener)
        return ERR_NOMEM;
    r = parse(tokener, text, len, ret, e);
    json_tokener_free(tokener);
    return r;
}

void json_free(struct json *j)
{
    if (j)
        json_object_put(unwrap(j));
}

enum json_kind json_kind(const struct json *j)
{
    switch (json_object_get_type(unwrap(j))) {
    case json_type_null:
        break;
    case json_type_boolean:
        return JSON_BOOL;
    case json_type_int:
        return JSON_INT;
    case json_type_double:
        return JSON_REAL;
    case json_type_string:
        return JSON_TEXT;
    case json_type_array:
        return JSON_ARRAY;
    case json_type_object:
        return JSON_OBJECT;
    }
    return JSON_NULL;
}

const struct json *json_get(const struct json *object, const char *key)
{
    struct json_object *o;
    if (!object || !json_object_object_get_ex(unwrap(object), key, &o))
        return NULL;
    return wrap(o);
}

size_t json_length(const struct json *j)
{
    switch (json_kind(j)) {
    case JSON_ARRAY:
        return json_object_array_length(unwrap(j));
    case JSON_OBJECT:
        return (size_t)json_object_object_length(unwrap(j));
    default:
        return 0;
    }
}

const struct json *json_at(const struct json *array, size_t i)
{
    if (json_kind(array) != JSON_ARRAY || i >= json_length(array))
        return NULL;
    return wrap(json_object_array_get_idx(unwrap(array), i));
}

bool json_next(const struct json *object, struct json_iter *it)
{
    if (!it->begun && json_kind(object) == JSON_OBJECT) {
        it->entry = json_object_get_object(unwrap(object))->head;
    } else if (it->entry) {
        it->entry = ((const struct lh_entry *)it->entry)->next;
    }
    it->begun = true;
    const struct lh_entry *entry = it->entry;
    if (!entry)
        return false;
    it->key = entry->k;
    it->value = wrap(entry->v);
    return true;
}

int json_value(const struct json *j, struct value *ret)
{
    struct json_object *o = unwrap(j);
    switch (json_kind(j)) {
    case JSON_NULL:
        *ret = (struct value){.type = VALUE_NULL};
        return 0;
    case JSON_BOOL:
        *ret = (struct value){.type = VALUE_INT, .i = json_object_get_boolean(o)};
        return 0;
    case JSON_INT:
        *ret = (struct value){.type = VALUE_INT, .i = json_object_get_int64(o)};
        return 0;
    case JSON_REAL:
        *ret = (struct value){.type = VALUE_REAL, .d = json_object_get_double(o)};
        return 0;
    case JSON_TEXT:
        *ret = (struct value){.type = VALUE_TEXT};
        ret->bytes = json_object_get_string(o);
        ret->len = (size_t)json_object_get_string_len(o);
        return 0;
    case JSON_ARRAY:
    case JSON_OBJECT:
        break;
    }
    return ERR_BAD_INPUT;
}

static void write_array(struct buf *b, const struct json *j)
{
    size_t n = json_length(j);
    buf_addc(b, '[');
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_add(b, ", ", 2);
        json_write(b, json_at(j, i));
    }
    buf_addc(b, ']');
}

static void write_object(struct buf *b, const struct json *j)
{
    struct json_iter it = {0};
    bool first = true;
    buf_addc(b, '{');
    for (; json_next(j, &it); first = false) {
        if (!first)
            buf_add(b, ", ", 2);
        json_write_key(b, it.key);
        json_write(b, it.value);
    }
    buf_addc(b, '}');
}

void json_write(struct buf *b, const struct json *j)
{
    struct value v;
    switch (json_kind(j)) {
    case JSON_ARRAY:
        write_array(b, j);
        break;
    case JSON_OBJECT:
        write_object(b, j);
        break;
    case JSON_BOOL:
        json_write_bool(b, json_object_get_boolean(unwrap(j)));
        break;
    default:
        if (json_value(j, &v) == 0)
            json_write_value(b, &v);
    }
}
