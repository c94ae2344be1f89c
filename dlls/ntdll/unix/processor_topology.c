/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* SystemLogicalProcessorInformation and its Ex form: which of the program's processors share a
 * core, a package, a cache, a memory node, as /sys tells it. Where that tells nothing each
 * processor is a core and all are one package and one node. All are in one group. */

#include "processors.h"

#include "usermem.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CPU_FOLDER  "/sys/devices/system/cpu/cpu%d"
#define NODE_FOLDER "/sys/devices/system/node/node%d"

enum { RECORDS_MAX = 64 * 8, CACHES_MAX = 10, NODES_MAX = 64, TEXT_MAX = 1024, PATH_ROOM = 128 };

struct record {
    LOGICAL_PROCESSOR_RELATIONSHIP relationship;
    ULONG_PTR mask;
    ULONG node;
    CACHE_DESCRIPTOR cache;
};
struct records {
    struct record all[RECORDS_MAX];
    unsigned n;
};

/* The file's text without its end of line; "" when it cannot be read. */
static void text_read(const char *path, char text[TEXT_MAX])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, TEXT_MAX - 1);

    text[n > 0 ? n : 0] = 0;
    text[strcspn(text, "\n")] = 0;
    if (fd >= 0)
        close(fd);
}

/* "0-3,8" */
static ULONG_PTR mask_read(const char *path)
{
    char text[TEXT_MAX], *at = text;
    cpu_set_t set;

    CPU_ZERO(&set);
    text_read(path, text);
    while (*at) {
        long first = strtol(at, &at, 10), last = *at == '-' ? strtol(at + 1, &at, 10) : first;

        for (long i = first; i <= last && i >= 0 && i < CPU_SETSIZE; i++)
            CPU_SET((int)i, &set);
        if (*at != ',')
            break;
        at++;
    }
    return processors_mask(&set);
}

/* Each is told once; a mask without processors of the program's is left out. */
static void record_add(struct records *records, const struct record *record)
{
    for (unsigned i = 0; i < records->n; i++)
        if (records->all[i].relationship == record->relationship &&
            records->all[i].mask == record->mask &&
            records->all[i].cache.Level == record->cache.Level &&
            records->all[i].cache.Type == record->cache.Type)
            return;
    if (record->mask && records->n < RECORDS_MAX)
        records->all[records->n++] = *record;
}

static void shared_add(struct records *records, LOGICAL_PROCESSOR_RELATIONSHIP relationship,
                       int number, const char *file, ULONG_PTR otherwise)
{
    struct record record = {.relationship = relationship};
    char path[PATH_ROOM];

    snprintf(path, sizeof(path), CPU_FOLDER "/topology/%s", number, file);
    record.mask = mask_read(path);
    if (!record.mask)
        record.mask = otherwise;
    record_add(records, &record);
}

static void cache_text(int number, int index, const char *file, char text[TEXT_MAX])
{
    char path[PATH_ROOM];

    snprintf(path, sizeof(path), CPU_FOLDER "/cache/index%d/%s", number, index, file);
    text_read(path, text);
}

/* False: there is no such index. */
static bool cache_add(struct records *records, int number, int index)
{
    struct record record = {.relationship = RelationCache};
    char text[TEXT_MAX], path[PATH_ROOM];

    cache_text(number, index, "type", text);
    if (!*text)
        return false;
    record.cache.Type = *text == 'I' ? CacheInstruction : *text == 'D' ? CacheData : CacheUnified;
    cache_text(number, index, "level", text);
    record.cache.Level = (BYTE)atoi(text);
    cache_text(number, index, "ways_of_associativity", text);
    record.cache.Associativity = (BYTE)(atoi(text) > 254 ? 0xff : atoi(text));
    cache_text(number, index, "coherency_line_size", text);
    record.cache.LineSize = (WORD)atoi(text);
    cache_text(number, index, "size", text);
    record.cache.Size = (DWORD)strtoul(text, NULL, 10) * (strchr(text, 'M') ? 1048576u : 1024u);
    snprintf(path, sizeof(path), CPU_FOLDER "/cache/index%d/shared_cpu_list", number, index);
    record.mask = mask_read(path);
    record_add(records, &record);
    return true;
}

static void nodes_add(struct records *records)
{
    const unsigned n = records->n;

    for (int node = 0; node < NODES_MAX; node++) {
        struct record record = {.relationship = RelationNumaNode, .node = (ULONG)node};
        char path[PATH_ROOM];

        snprintf(path, sizeof(path), NODE_FOLDER "/cpulist", node);
        record.mask = mask_read(path);
        record_add(records, &record);
    }
    if (records->n == n)
        record_add(records,
                   &(struct record){.relationship = RelationNumaNode, .mask = processors_all()});
}

static struct records *records_new(void)
{
    struct records *records = calloc(1, sizeof(*records));

    for (unsigned i = 0; records && i < processors_count(); i++) {
        const int number = processors_number(i);

        shared_add(records, RelationProcessorCore, number, "thread_siblings_list",
                   (ULONG_PTR)1 << i);
        shared_add(records, RelationProcessorPackage, number, "core_siblings_list",
                   processors_all());
        for (int index = 0; index < CACHES_MAX && cache_add(records, number, index); index++)
            ;
    }
    if (records)
        nodes_add(records);
    return records;
}

static bool has_several(ULONG_PTR mask)
{
    return mask & (mask - 1);
}

NTSTATUS processors_query(void *buffer, ULONG length, ULONG *ret_size)
{
    struct records *records = records_new();
    NTSTATUS status = records ? STATUS_SUCCESS : STATUS_NO_MEMORY;
    SYSTEM_LOGICAL_PROCESSOR_INFORMATION info;

    *ret_size = records ? (ULONG)(records->n * sizeof(info)) : 0;
    if (!status && length < *ret_size)
        status = STATUS_INFO_LENGTH_MISMATCH;
    for (unsigned i = 0; !status && i < records->n; i++) {
        const struct record *record = &records->all[i];

        memset(&info, 0, sizeof(info));
        info.ProcessorMask = record->mask;
        info.Relationship = record->relationship;
        if (record->relationship == RelationProcessorCore)
            info.ProcessorCore.Flags = has_several(record->mask);
        else if (record->relationship == RelationNumaNode)
            info.NumaNode.NodeNumber = record->node;
        else if (record->relationship == RelationCache)
            info.Cache = record->cache;
        status = user_write((char *)buffer + i * sizeof(info), &info, sizeof(info));
    }
    free(records);
    return status;
}

#define EX_SIZE(member)                                          \
    (offsetof(SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX, member) + \
     sizeof(((SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *)NULL)->member))

static void ex_fill(const struct record *record, SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *info)
{
    memset(info, 0, sizeof(*info));
    info->Relationship = record->relationship;
    if (record->relationship == RelationCache) {
        info->Size = EX_SIZE(Cache);
        info->Cache.Level = record->cache.Level;
        info->Cache.Associativity = record->cache.Associativity;
        info->Cache.LineSize = record->cache.LineSize;
        info->Cache.CacheSize = record->cache.Size;
        info->Cache.Type = record->cache.Type;
        info->Cache.GroupMask.Mask = record->mask;
    } else if (record->relationship == RelationNumaNode) {
        info->Size = EX_SIZE(NumaNode);
        info->NumaNode.NodeNumber = record->node;
        info->NumaNode.GroupMask.Mask = record->mask;
    } else if (record->relationship == RelationGroup) {
        info->Size = EX_SIZE(Group);
        info->Group.MaximumGroupCount = info->Group.ActiveGroupCount = 1;
        info->Group.GroupInfo[0].MaximumProcessorCount =
            info->Group.GroupInfo[0].ActiveProcessorCount = (BYTE)processors_count();
        info->Group.GroupInfo[0].ActiveProcessorMask = record->mask;
    } else {
        info->Size = EX_SIZE(Processor);
        info->Processor.Flags =
            record->relationship == RelationProcessorCore && has_several(record->mask);
        info->Processor.GroupCount = 1;
        info->Processor.GroupMask[0].Mask = record->mask;
    }
}

NTSTATUS processors_query_ex(ULONG relationship, void *buffer, ULONG length, ULONG *ret_size)
{
    struct records *records = records_new();
    SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX info;
    NTSTATUS status = STATUS_SUCCESS;

    *ret_size = 0;
    if (!records)
        return STATUS_NO_MEMORY;
    record_add(records, &(struct record){.relationship = RelationGroup, .mask = processors_all()});
    for (unsigned i = 0; i < records->n; i++) {
        if (relationship != RelationAll && relationship != records->all[i].relationship)
            continue;
        ex_fill(&records->all[i], &info);
        if (!status && *ret_size + info.Size <= length)
            status = user_write((char *)buffer + *ret_size, &info, info.Size);
        *ret_size += info.Size;
    }
    free(records);
    return status ? status : *ret_size > length ? STATUS_INFO_LENGTH_MISMATCH : STATUS_SUCCESS;
}
