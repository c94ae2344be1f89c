/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* The system's messages are kernelbase's message table; Wine's lacks most of Winsock's, which every
 * program that speaks of a network prints. DIFFERS: these are English in every language. */
#include "message_winsock.h"

#include <stdbool.h>

#define MESSAGE(id, words)                \
    static const struct {                 \
        WORD length, flags;               \
        WCHAR text[sizeof(words "\r\n")]; \
    } message_##id = {sizeof(message_##id), MESSAGE_RESOURCE_UNICODE, L##words L"\r\n"};
#include "message_winsock.def"
#undef MESSAGE

static bool is_system_table(HMODULE module)
{
    const IMAGE_EXPORT_DIRECTORY *exports;
    ULONG size;

    if ((ULONG_PTR)module & 3) /* mapped as data: not the running one */
        return false;
    exports = RtlImageDirectoryEntryToData(module, TRUE, IMAGE_DIRECTORY_ENTRY_EXPORT, &size);
    return exports && !_stricmp((const char *)module + exports->Name, "kernelbase.dll");
}

const MESSAGE_RESOURCE_ENTRY *message_winsock(HMODULE module, ULONG id)
{
    const void *entry = NULL;

    switch (id) {
#define MESSAGE(id, words)     \
    case id:                   \
        entry = &message_##id; \
        break;
#include "message_winsock.def"
#undef MESSAGE
    default:
        break;
    }
    return entry && is_system_table(module) ? entry : NULL;
}
