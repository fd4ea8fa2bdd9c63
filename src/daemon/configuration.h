/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The settings in force: defaults, then configuration files, then the command line. Main thread only.
 */
#pragma once

#include "base/settings.h"
#include "daemon/options.h"

#define CONFIGURATION_FILE_MAX (1 << 20) /* bytes of one file */
#define CONFIGURATION_FILES_MAX 256      /* files of one drop-in directory */

/* Below this under systemd a few connections in a row would hit the unit's start limit, and a socket whose
 * service hit it fails for good (systemd.socket(5), TriggerLimit; systemd.unit(5), StartLimitIntervalSec). */
#define IDLE_EXIT_MIN_MS 5000

/* Reads the files that `o` and $CONFIGURATION_DIRECTORY name. *ret changes only on success, so that a reload
 * keeps what was in force. The error's text begins with FILE:LINE where there is one. Errors: ERR_SYNTAX,
 * ERR_BAD_INPUT, ERR_NOT_FOUND (-c FILE), ERR_TOO_LARGE, ERR_NOMEM, ERR_SYSTEM. */
int configuration_load(const struct options *o, struct settings *ret, struct error *e);

/* ERR_BAD_INPUT when the idle exit is too short for a service that PID 1 starts by socket. The text says why.
 */
int configuration_check_idle(const struct options *o, const struct settings *s, bool under_systemd,
                             struct error *e);
