/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The command line, read once at start by the main thread and constant after that. The strings belong to
 * argv, except state_directory, which belongs to struct options like the arrays.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include "base/error.h"

enum command { COMMAND_SERVE, COMMAND_GET, COMMAND_CHECK_CONFIG, COMMAND_VERSION, COMMAND_HELP };

struct option_setting {
    const char *name;
    const char *value;
};

struct options {
    enum command command;
    const char *uds;         /* NULL: sockets come from systemd */
    int uds_mode;            /* -1: by the umask */
    const char *get_path;    /* of COMMAND_GET; begins with '/' */
    const char *config_file; /* NULL: the files of $CONFIGURATION_DIRECTORY */
    char *state_directory;   /* NULL: none. Without --state-directory the first of $STATE_DIRECTORY */
    bool memory;
    bool allow_short_idle;
    int log_level; /* LOG_ERR .. LOG_DEBUG */
    const char **files;
    size_t n_files;
    const char **immutables;
    size_t n_immutables;
    struct option_setting *settings; /* names and values checked, in the order given */
    size_t n_settings;
};

/* Reads argv and $STATE_DIRECTORY. Names of settings and their values are checked; files and sockets are not.
 * *ret is to be freed with options_free(), also after an error. Errors: ERR_BAD_INPUT (exit status 2),
 * ERR_NOMEM. Once per process: getopt_long() keeps its place in globals. */
int options_parse(int argc, char **argv, struct options *ret, struct error *e);

/* Writes what --help shows. */
void options_help(FILE *to);

void options_free(struct options *o);
