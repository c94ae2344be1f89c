/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* See account.h. What stands in /etc/passwd and /etc/group is read here and not asked of the name
 * service switch, which would load its modules into every program. DIFFERS: a user of another
 * directory is known by $USER to his own programs, and by no name to others. */

#include "account.h"

#include "cmdline.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { LINE_BYTES = 4096 };

struct entry {
    const char *name;
    uint32_t id;
};

/* name:password:id:... in place. */
static bool entry_parse(char *line, struct entry *ret_entry)
{
    char *password = strchr(line, ':'), *id = password ? strchr(password + 1, ':') : NULL, *end;

    if (!id || password == line)
        return false;
    *password = 0;
    *ret_entry = (struct entry){line, (uint32_t)strtoul(id + 1, &end, 10)};
    return end > id + 1 && *end == ':';
}

/* By the name, or (NULL) by the id. The found name stays in `line`. */
static bool entry_find(enum account_kind kind, const char *name, uint32_t id, char line[LINE_BYTES],
                       struct entry *ret_entry)
{
    FILE *file = fopen(kind == ACCOUNT_USER ? "/etc/passwd" : "/etc/group", "re");
    bool found = false;

    while (file && !found && fgets(line, LINE_BYTES, file))
        found = entry_parse(line, ret_entry) &&
                (name ? !strcasecmp(ret_entry->name, name) : ret_entry->id == id);
    if (file)
        fclose(file);
    return found;
}

static char own_name[ACCOUNT_NAME_BYTES];

static void own_name_find(void)
{
    char line[LINE_BYTES];
    struct entry entry;
    const char *name = getenv("USER");

    if (geteuid() && entry_find(ACCOUNT_USER, NULL, geteuid(), line, &entry))
        name = entry.name;
    snprintf(own_name, sizeof(own_name), "%s", geteuid() ? environment_user(name) : "SYSTEM");
}

const char *account_user(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, own_name_find);
    return own_name;
}

bool account_name(enum account_kind kind, uint32_t id, char ret_name[ACCOUNT_NAME_BYTES])
{
    char line[LINE_BYTES];
    struct entry entry;

    if (kind == ACCOUNT_USER && id == geteuid())
        entry.name = account_user();
    else if (!entry_find(kind, NULL, id, line, &entry))
        return false;
    return snprintf(ret_name, ACCOUNT_NAME_BYTES, "%s", entry.name) < ACCOUNT_NAME_BYTES;
}

bool account_id(enum account_kind kind, const char *name, uint32_t *ret_id)
{
    char line[LINE_BYTES];
    struct entry entry;

    if (kind == ACCOUNT_USER && !strcasecmp(name, account_user())) {
        *ret_id = geteuid();
        return true;
    }
    if (!entry_find(kind, name, 0, line, &entry))
        return false;
    *ret_id = entry.id;
    return true;
}
