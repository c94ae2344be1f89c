/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* The drives are volumes, and each has a name that is the same on every machine,
 * \\?\Volume{706f7274-6963-4f00-8000-0000000000XX} with the drive letter's code at its end. The
 * mount manager's device tells links and devices (IOCTL_MOUNTMGR_QUERY_POINTS), of which
 * kernelbase makes FindFirstVolume, GetVolumeNameForVolumeMountPoint and their kin. DIFFERS:
 * nothing is mounted in a folder.
 */
#include "volume_names.h"

#include "ntpath.h"
#include "ntprocess.h"
#include "unixcalls.h"
#include "usermem.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char drives[] =
    "CZ"; /* \Device\HarddiskVolume1 and 2, as the server's namespace has it */
static const char prefix[] = "Volume{706f7274-6963-4f00-8000-0000000000";

enum {
    N_DRIVES = sizeof(drives) - 1,
    N_LINKS = 2, /* of each: its volume's name, its drive letter */
    PREFIX_UNITS = sizeof(prefix) - 1,
    TEXT_UNITS_MAX = UNIX_VOLUME_NAME_UNITS,
    QUERY_POINTS = 2,
    QUERY_UNIX_DRIVE = 33, /* Wine's own */
};

_Static_assert(PREFIX_UNITS + 3 == VOLUME_NAME_UNITS, "layout");

WCHAR volume_drive(const WCHAR *text, size_t units)
{
    char end[4];

    if (units < VOLUME_NAME_UNITS)
        return 0;
    for (size_t i = 0; i < PREFIX_UNITS; i++)
        if (upcase(text[i]) != upcase((WCHAR)prefix[i]))
            return 0;
    for (const char *drive = drives; *drive; drive++) {
        snprintf(end, sizeof(end), "%02X}", *drive);
        if (upcase(text[PREFIX_UNITS]) == (WCHAR)end[0] &&
            upcase(text[PREFIX_UNITS + 1]) == (WCHAR)end[1] && text[PREFIX_UNITS + 2] == '}')
            return (WCHAR)*drive;
    }
    return 0;
}

WCHAR volume_device_drive(WCHAR digit)
{
    return digit >= '1' && digit < '1' + N_DRIVES ? (WCHAR)drives[digit - '1'] : 0;
}

/* MOUNTMGR_MOUNT_POINT and MOUNTMGR_MOUNT_POINTS. */
struct mount_point {
    ULONG link_at;
    USHORT link_size;
    ULONG id_at;
    USHORT id_size;
    ULONG device_at;
    USHORT device_size;
};
struct mount_points {
    ULONG size, n_points;
};

static USHORT widen(const char *narrow, WCHAR *text)
{
    size_t n = strlen(narrow);

    for (size_t i = 0; i < n; i++)
        text[i] = (WCHAR)narrow[i];
    return (USHORT)(n * sizeof(WCHAR));
}

struct link {
    WCHAR name[TEXT_UNITS_MAX], device[TEXT_UNITS_MAX];
    USHORT name_size, device_size;
};

static struct link link_make(unsigned drive_number, bool is_letter)
{
    const char drive = drives[drive_number];
    char text[TEXT_UNITS_MAX];
    struct link link = {.name_size = 0};

    if (is_letter)
        snprintf(text, sizeof(text), "\\DosDevices\\%c:", drive);
    else
        snprintf(text, sizeof(text), "\\??\\%s%02X}", prefix, drive);
    link.name_size = widen(text, link.name);
    snprintf(text, sizeof(text), "\\Device\\HarddiskVolume%u", drive_number + 1);
    link.device_size = widen(text, link.device);
    return link;
}

/* The text of a point that was asked for; size 0: any will do. */
static NTSTATUS wanted_get(const void *input, ULONG length, ULONG at, USHORT size, WCHAR *ret_text)
{
    if (at > length || size > length - at || size > TEXT_UNITS_MAX * sizeof(WCHAR))
        return STATUS_INVALID_PARAMETER;
    return size ? user_read(ret_text, (const char *)input + at, size) : STATUS_SUCCESS;
}

static bool is_equal(const WCHAR *a, USHORT a_size, const WCHAR *b, USHORT b_size)
{
    if (a_size != b_size)
        return false;
    for (size_t i = 0; i < a_size / sizeof(WCHAR); i++)
        if (upcase(a[i]) != upcase(b[i]))
            return false;
    return true;
}

static bool is_wanted(const struct link *link, const struct link *wanted)
{
    return (!wanted->name_size ||
            is_equal(link->name, link->name_size, wanted->name, wanted->name_size)) &&
           (!wanted->device_size ||
            is_equal(link->device, link->device_size, wanted->device, wanted->device_size));
}

static NTSTATUS points_put(const struct link *links, unsigned n, void *output, ULONG length,
                           ULONG *ret_done)
{
    struct mount_points head = {sizeof(head) + n * sizeof(struct mount_point), n};
    char *base = output;

    for (unsigned i = 0; i < n; i++)
        head.size += links[i].name_size + links[i].device_size;
    if (length < sizeof(head))
        return STATUS_INVALID_PARAMETER;
    *ret_done = sizeof(head);
    TRY(user_write(base, &head, sizeof(head)));
    if (length < head.size)
        return STATUS_BUFFER_OVERFLOW;
    *ret_done = head.size;
    for (unsigned i = 0, at = sizeof(head) + n * sizeof(struct mount_point); i < n; i++) {
        struct mount_point point = {.link_at = at,
                                    .link_size = links[i].name_size,
                                    .device_at = at + links[i].name_size,
                                    .device_size = links[i].device_size};

        TRY(user_write(base + sizeof(head) + i * sizeof(point), &point, sizeof(point)));
        TRY(user_write(base + point.link_at, links[i].name, point.link_size));
        TRY(user_write(base + point.device_at, links[i].device, point.device_size));
        at = point.device_at + point.device_size;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS query_points(const void *input, ULONG input_length, void *output,
                             ULONG output_length, ULONG *ret_done)
{
    struct link wanted = {0}, links[N_DRIVES * N_LINKS];
    struct mount_point point;
    unsigned n = 0;

    if (input_length < sizeof(point))
        return STATUS_INVALID_PARAMETER;
    TRY(user_read(&point, input, sizeof(point)));
    wanted.name_size = point.link_size;
    wanted.device_size = point.device_size;
    TRY(wanted_get(input, input_length, point.link_at, point.link_size, wanted.name));
    TRY(wanted_get(input, input_length, point.device_at, point.device_size, wanted.device));
    for (unsigned i = 0; i < N_DRIVES * N_LINKS; i++) {
        links[n] = link_make(i / N_LINKS, i % N_LINKS);
        n += is_wanted(&links[n], &wanted);
    }
    return n ? points_put(links, n, output, output_length, ret_done) : STATUS_OBJECT_NAME_NOT_FOUND;
}

NTSTATUS mount_manager_control(ULONG code, const void *input, ULONG input_length, void *output,
                               ULONG output_length, ULONG *ret_done)
{
    const unsigned function = code >> 2 & 0xfff;

    *ret_done = 0;
    if (function == QUERY_POINTS)
        return query_points(input, input_length, output, output_length, ret_done);
    if (function == QUERY_UNIX_DRIVE) /* GetDriveType asks, and then looks for itself */
        return STATUS_NOT_SUPPORTED;
    unimplemented_once("the mount manager", "function", function);
    return STATUS_NOT_SUPPORTED;
}

NTSTATUS volume_device_name(const WCHAR *name, WCHAR **ret_name, SIZE_T *ret_bytes)
{
    enum { DRIVE_AT = 4, REST_AT = 6 }; /* \??\C: */
    const char *drive = strchr(drives, (char)name[DRIVE_AT]);
    char device[TEXT_UNITS_MAX];
    size_t n_device, n_rest = 0;
    WCHAR *text;

    if (!drive || !*drive)
        return STATUS_OBJECT_NAME_INVALID;
    while (name[REST_AT + n_rest])
        n_rest++;
    n_device = (size_t)snprintf(device, sizeof(device), "\\Device\\HarddiskVolume%u",
                                (unsigned)(drive - drives) + 1);
    text = calloc(n_device + n_rest + 1, sizeof(*text));
    if (!text)
        return STATUS_NO_MEMORY;
    (void)widen(device, text);
    memcpy(text + n_device, name + REST_AT, n_rest * sizeof(*text));
    *ret_name = text;
    *ret_bytes = (n_device + n_rest) * sizeof(*text);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI unix_volume_name(ULONG drive, ULONG is_device,
                                 WCHAR ret_name[UNIX_VOLUME_NAME_UNITS])
{
    for (unsigned i = 0; i < N_DRIVES; i++) {
        struct link link = {.name_size = 0};

        if ((ULONG)drives[i] != drive)
            continue;
        link = link_make(i, false);
        link.name[1] = '\\'; /* \??\ as Win32 spells it */
        return user_write(ret_name, is_device ? link.device : link.name,
                          (is_device ? link.device_size : link.name_size) + sizeof(WCHAR));
    }
    return STATUS_OBJECT_NAME_INVALID;
}
