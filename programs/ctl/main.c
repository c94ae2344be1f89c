/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* portctl: asks the port server what there is. One row of the table below and one function is a
 * verb.
 *
 *     0  done    1  something failed; one line says what    2  wrong usage    4  no port server
 * runs
 *
 * It never starts a server: an empty answer would be a lie about the one that was meant. */

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "common/output.h"
#include "ctl.h"

static const struct verb verbs[] = {
    {"list", "", "connection ports by name: owner, connections, messages", verb_list},
};

static int usage(FILE *file, int status)
{
    fputs("Usage: portctl [OPTION]... [VERB]\n"
          "Shows what the port server of Portico holds.\n\n"
          "Verbs (default: list):\n",
          file);
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        fprintf(file, "  %-8s %-12s %s\n", verbs[i].name, verbs[i].arguments, verbs[i].purpose);
    fputs("\nOptions:\n"
          "  -a, --all       nameless ports and communication ports too\n"
          "      --no-legend no heading, no totals\n"
          "  -h, --help      print this text\n"
          "      --version   print the version\n\n"
          "Exit status: 0 done, 1 failure, 2 usage, 4 no port server runs.\n",
          file);
    return status;
}

static const struct verb *verb_find(const char *name)
{
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}

static int verb_run(const struct verb *verb, const struct ctl_options *options, int argc,
                    char **argv)
{
    status_t status = portico_attach(NULL);

    if (status != STATUS_SUCCESS) {
        fprintf(stderr, "portctl: %s\n", portico_start_error());
        return status == STATUS_PORT_CONNECTION_REFUSED ? EXIT_NO_SERVER : EXIT_FAILED;
    }
    return verb->run(options, argc, argv);
}

int main(int argc, char **argv)
{
    static const struct option options_long[] = {{"all", no_argument, NULL, 'a'},
                                                 {"no-legend", no_argument, NULL, 'l'},
                                                 {"help", no_argument, NULL, 'h'},
                                                 {"version", no_argument, NULL, 'v'},
                                                 {0}};
    struct ctl_options options = {0};
    const struct verb *verb;
    int option;

    if (argc)
        argv[0] = (char *)"portctl"; /* for getopt's messages */
    while ((option = getopt_long(argc, argv, "ah", options_long, NULL)) != -1) {
        switch (option) {
        case 'a':
            options.all = true;
            break;
        case 'l':
            options.no_legend = true;
            break;
        case 'h':
            (void)usage(stdout, 0);
            return output_is_written("portctl") ? 0 : EXIT_FAILED;
        case 'v':
            puts("portctl (" PACKAGE_STRING ")");
            return output_is_written("portctl") ? 0 : EXIT_FAILED;
        default:
            return usage(stderr, EXIT_USAGE);
        }
    }
    verb = verb_find(optind < argc ? argv[optind] : "list");
    if (!verb) {
        fprintf(stderr, "portctl: there is no verb '%s'\n", argv[optind]);
        return usage(stderr, EXIT_USAGE);
    }
    return verb_run(verb, &options, argc - optind - 1, argv + optind + 1);
}
