/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `dbd --get PATH`: one request answered on standard output, without a server. */
#pragma once

#include "store/catalogue.h"

/* Writes the body of the answer to `target` (path and query). Returns the exit status: 0 for a 2xx answer. */
int answer_print(struct catalogue *c, const char *target);
