/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* What the program's manifest (its resource of type 24, number 1) says of the systems that it
 * knows:
 * `<supportedOS Id="{GUID}"/>` elements of its compatibility section. kernelbase asks for them
 * before it tells the version of Windows: who does not know Windows 10 is told 6.2, as on Windows.
 * No more is read of a manifest, and it is no XML parser: elements outside of comments, whose
 * attribute Id is a GUID in quotes. The text is UTF-8, or UTF-16 with a byte order mark, which is
 * looked at as if it were ASCII. */
#include "manifest.h"

#include "entry.h"
#include "ldr.h"

enum { RT_MANIFEST_NUMBER = 24, OF_THE_PROCESS = 1, GUID_CHARS = 38 };

/* n characters of one or two bytes. */
struct text {
    const char *bytes;
    ULONG n;
    ULONG width;
};

static char char_at(const struct text *text, ULONG i)
{
    const char *at = text->bytes + (SIZE_T)i * text->width;

    if (i >= text->n || (text->width == 2 && at[1]))
        return 0;
    return *at;
}

static bool has_at(const struct text *text, ULONG i, const char *want)
{
    while (*want)
        if (char_at(text, i++) != *want++)
            return false;
    return true;
}

/* From i on; n: not there. */
static ULONG find(const struct text *text, ULONG i, const char *want)
{
    while (i < text->n && !has_at(text, i, want))
        i++;
    return i;
}

static bool manifest_text(struct text *ret_text)
{
    const LDR_RESOURCE_INFO info = {RT_MANIFEST_NUMBER, OF_THE_PROCESS, 0};
    const IMAGE_RESOURCE_DATA_ENTRY *entry;
    HMODULE program = peb()->ImageBaseAddress;
    void *data;
    ULONG n;

    if (LdrFindResource_U(program, &info, 3, &entry) ||
        LdrAccessResource(program, entry, &data, &n))
        return false;
    *ret_text = (struct text){data, n, 1};
    if (n >= 2 && !memcmp(data, "\xff\xfe", 2))
        *ret_text = (struct text){data, n / 2, 2};
    return true;
}

/* The value of Id in the element that begins at i. */
static bool element_id(const struct text *text, ULONG i, GUID *ret_id)
{
    const ULONG end = find(text, i, ">");
    WCHAR id[GUID_CHARS];
    UNICODE_STRING id_text = {sizeof(id), sizeof(id), id};

    i = find(text, i, "Id=");
    if (i + 4 + GUID_CHARS >= end)
        return false;
    for (unsigned j = 0; j < GUID_CHARS; j++)
        id[j] = (unsigned char)char_at(text, i + 4 + j);
    return !RtlGUIDFromString(&id_text, ret_id);
}

/* Runs over the text under a guard: an image may be damaged. */
static NTSTATUS systems_collect(void *argument)
{
    struct manifest_systems *systems = argument;
    struct text text;

    if (!manifest_text(&text))
        return STATUS_SUCCESS;
    for (ULONG i = find(&text, 0, "<"); i < text.n; i = find(&text, i + 1, "<"))
        if (has_at(&text, i, "<!--"))
            i = find(&text, i, "-->");
        else if (has_at(&text, i, "<supportedOS") && systems->n < MANIFEST_SYSTEMS_MAX &&
                 element_id(&text, i, &systems->ids[systems->n]))
            systems->n++;
    return STATUS_SUCCESS;
}

void manifest_systems_get(struct manifest_systems *ret_systems)
{
    ret_systems->n = 0;
    if (image_guard(systems_collect, ret_systems))
        ret_systems->n = 0;
}
