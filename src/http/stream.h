/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bodies that are longer than a block: made a block at a time on the slow lane while the client reads, with
 * nothing made ahead of it. Inside http/ only.
 */
#pragma once

#include "http/exchange.h"

/* A response for a reply that goes on, or that lies in a spool file. NULL without memory. */
struct MHD_Response *stream_response(struct exchange *x);

/* Writes the rest of the reply's body into a temporary file without a name, so that its length is known: for
 * HTTP/1.0, where a body that breaks off would look complete, and for databases in rollback mode, where an open
 * read transaction keeps writers out. A worker's thread. An error replaces the reply. */
void stream_spool(struct exchange *x);

/* Lets go of the temporary file, if there is one. */
void stream_discard_spool(struct exchange *x);
