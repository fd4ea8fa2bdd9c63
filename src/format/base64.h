/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Base64 (RFC 4648, section 4), with padding. */
#pragma once

#include "base/buf.h"

void base64_write(struct buf *b, const void *bytes, size_t n);
