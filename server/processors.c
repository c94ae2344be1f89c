/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See processors.h. */

#include "processors.h"

#include <stdlib.h>
#include <string.h>

#include "common/possible_processors.h"
#include "key.h"
#include "server.h"

#define REG_SZ         1u
#define REG_DWORD      4u
#define TEXT_MAX       128u /* of a line's value, with its end */
#define PROCESSORS_MAX 1024u

struct processor {
    bool is_there; /* its block has begun */
    unsigned long number;
    char vendor[TEXT_MAX], name[TEXT_MAX];
    unsigned family, model, stepping, mhz;
};

/* "model name\t: Some Processor\n" */
static void line_take(struct processor *processor, char *line)
{
    char *value = strchr(line, ':');
    size_t n = strcspn(line, "\t:");

    if (!value)
        return;
    value += 1 + strspn(value + 1, " ");
    value[strcspn(value, "\n")] = '\0';
    line[n] = '\0';
    if (!strcmp(line, "processor")) {
        processor->is_there = true;
        processor->number = strtoul(value, NULL, 10);
    } else if (!strcmp(line, "vendor_id"))
        snprintf(processor->vendor, TEXT_MAX, "%s", value);
    else if (!strcmp(line, "model name"))
        snprintf(processor->name, TEXT_MAX, "%s", value);
    else if (!strcmp(line, "cpu family"))
        processor->family = (unsigned)strtoul(value, NULL, 10);
    else if (!strcmp(line, "model"))
        processor->model = (unsigned)strtoul(value, NULL, 10);
    else if (!strcmp(line, "stepping"))
        processor->stepping = (unsigned)strtoul(value, NULL, 10);
    else if (!strcmp(line, "cpu MHz"))
        processor->mhz = (unsigned)strtoul(value, NULL, 10);
}

static status_t text_set(struct key *key, const char *name, const char *text)
{
    uint16_t name_storage[TEXT_MAX], storage[2 * TEXT_MAX] = {0};
    struct name value = name_from_ascii(text, storage);

    return key_value_set(key, name_from_ascii(name, name_storage), REG_SZ, storage,
                         (value.length + 1) * 2);
}

/* As Windows words it. */
static void identifier_print(const struct processor *processor, char ret_text[TEXT_MAX])
{
    snprintf(ret_text, TEXT_MAX, "%s Family %u Model %u Stepping %u",
             strcmp(processor->vendor, "GenuineIntel") ? "AMD64" : "Intel64", processor->family,
             processor->model, processor->stepping);
}

static status_t processor_add(struct key *parent, unsigned number,
                              const struct processor *processor)
{
    uint16_t storage[TEXT_MAX];
    char text[TEXT_MAX];
    struct key *key;
    status_t status;

    snprintf(text, sizeof(text), "%u", number);
    status = key_add(parent, NULL, name_from_ascii(text, storage), &key);
    if (!status)
        status = text_set(key, "ProcessorNameString", processor->name);
    if (!status)
        status = text_set(key, "VendorIdentifier", processor->vendor);
    identifier_print(processor, text);
    if (!status)
        status = text_set(key, "Identifier", text);
    if (!status && processor->mhz)
        status = key_value_set(key, name_from_ascii("~MHz", storage), REG_DWORD, &processor->mhz,
                               sizeof(processor->mhz));
    return status;
}

static bool is_of(const struct processor *processor, const cpu_set_t *which)
{
    return processor->is_there &&
           (!which || (processor->number < CPU_SETSIZE && CPU_ISSET(processor->number, which)));
}

status_t processors_fill_from(struct key *key, FILE *text, const cpu_set_t *which)
{
    struct processor processor = {0};
    status_t status = STATUS_SUCCESS;
    unsigned n = 0;
    char line[4096]; /* the flags' is long */
    bool is_line;

    do {
        is_line = fgets(line, sizeof(line), text);
        if (is_line && *line != '\n') {
            line_take(&processor, line);
            continue;
        }
        if (is_of(&processor, which))
            status = processor_add(key, n++, &processor);
        processor = (struct processor){0};
    } while (is_line && !status && n < PROCESSORS_MAX);
    return status;
}

status_t processors_fill(struct key *key)
{
    struct registry *registry = &key->object.server->registry;
    FILE *text = fopen("/proc/cpuinfo", "re");
    cpu_set_t which;
    status_t status;

    if (!text)
        return STATUS_SUCCESS; /* no facts, no keys */
    registry->is_filled = false;
    status = processors_fill_from(key, text, possible_processors(&which) ? &which : NULL);
    registry->is_filled = true;
    fclose(text);
    return status;
}
