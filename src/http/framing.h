/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a request says without doubt where it ends (RFC 9112, sections 6 and 11.2). */
#pragma once

#include <microhttpd.h>

#include "base/error.h"

/*
 * ERR_BAD_INPUT for what libmicrohttpd 0.9.75 takes and a proxy in front may read otherwise, so that one could be made
 * to see a request where the other sees a body: Content-Length or Host twice, a Transfer-Encoding other than
 * `chunked`, or beside a Content-Length, or in HTTP/1.0; a header name that is no token; HTTP/1.1 without Host.
 */
int framing_check(struct MHD_Connection *mhd, bool http10, struct error *e);
