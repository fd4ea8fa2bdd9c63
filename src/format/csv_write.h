/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CSV as Python's csv module writes it by default (RFC 4180 with minimal quoting), which is Datasette's: a field is
 * quoted only when it holds a comma, a quote or a line break, rows end with CR LF, null is empty. All append to a struct
 * buf, whose `err` is to be looked at afterwards. Any thread.
 */
#pragma once

#include "base/buf.h"
#include "base/value.h"

/* Text that is not UTF-8 has U+FFFD where it is not. A blob is its base64. */
void csv_write_value(struct buf *b, const struct value *v);
void csv_write_text(struct buf *b, const void *s, size_t n);
