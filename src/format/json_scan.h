/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The check of JSON text before json-c reads it, because json-c (0.16) takes more than RFC 8259 allows and
 * loses some of what it takes: it clamps integers, knows NaN, cuts keys at a NUL. No state, any thread.
 */
#pragma once

#include <stddef.h>
#include "base/error.h"

/* The rules and errors of json_parse() in format/json_read.h. */
int json_scan(const char *text, size_t len, struct error *e);
