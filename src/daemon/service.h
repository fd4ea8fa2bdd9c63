/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The daemon's life: start, serve, reload, drain, end.
 */
#pragma once

#include "daemon/options.h"
#include "store/catalogue.h"

/* Exit statuses; systemctl status shows systemd's names for 2 and 6: INVALIDARGUMENT, NOTCONFIGURED. */
enum exit_status { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_BAD_COMMAND_LINE = 2, EXIT_BAD_CONFIGURATION = 6 };

/* Where the options say that databases come from. Borrows from `o`. */
struct catalogue_sources service_sources(const struct options *o);

/* Serves until it is told to end, or nobody asks. Returns the exit status. */
int service_run(const struct options *o, const struct settings *settings);
