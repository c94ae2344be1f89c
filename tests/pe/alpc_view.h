/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Port sections and views in tests. */
#pragma once

#include "alpc.h"

NTSTATUS NTAPI NtCreateSection(PHANDLE section, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                               PLARGE_INTEGER size, ULONG protection, ULONG flags, HANDLE file);

NTSTATUS NTAPI NtQueryVirtualMemory(HANDLE process, PVOID base, ULONG class, PVOID buffer,
                                    SIZE_T size, PSIZE_T ret_size);

static inline int is_free(void *base)
{
    MEMORY_BASIC_INFORMATION info;

    return NtQueryVirtualMemory((HANDLE)-1, base, 0, &info, sizeof info, NULL) == STATUS_SUCCESS &&
           info.State == MEM_FREE;
}

/* Sends or continues `message` with a VIEW attribute. */
static inline NTSTATUS view_attach(HANDLE port, ULONG flags, struct test_message *message,
                                   const ALPC_DATA_VIEW_ATTR *view)
{
    struct test_attributes attributes;

    attributes_init(&attributes, ALPC_MESSAGE_VIEW_ATTRIBUTE);
    *(ALPC_DATA_VIEW_ATTR *)attributes.space = *view;
    attributes.header.ValidAttributes = ALPC_MESSAGE_VIEW_ATTRIBUTE;
    return NtAlpcSendWaitReceivePort(port, flags, &message->header, &attributes.header, NULL, NULL,
                                     NULL, NULL);
}

/* Finishes or continues a message and gives its view back. */
static inline NTSTATUS view_return(HANDLE port, ULONG flags, struct test_message *message)
{
    ALPC_DATA_VIEW_ATTR back;

    fill(&back, 0, sizeof back);
    back.Flags = ALPC_VIEWFLG_UNMAP_EXISTING;
    return view_attach(port, flags, message, &back);
}

static inline int bytes_are(const void *base, UCHAR byte, SIZE_T size)
{
    const UCHAR *bytes = base;

    for (SIZE_T i = 0; i < size; i++)
        if (bytes[i] != byte)
            return 0;
    return 1;
}

static inline ALPC_HANDLE section_make(HANDLE port, ULONG flags, SIZE_T size)
{
    ALPC_HANDLE section = NULL;
    SIZE_T actual;

    NtAlpcCreatePortSection(port, flags, NULL, size, &section, &actual);
    return section;
}

static inline NTSTATUS view_make(HANDLE port, ALPC_HANDLE section, SIZE_T size,
                                 ALPC_DATA_VIEW_ATTR *view)
{
    fill(view, 0, sizeof *view);
    view->SectionHandle = section;
    view->ViewSize = size;
    return NtAlpcCreateSectionView(port, 0, view);
}

static inline NTSTATUS view_send(HANDLE port, ULONG flags, const ALPC_DATA_VIEW_ATTR *view)
{
    struct test_attributes attributes;
    struct test_message message;

    attributes_init(&attributes, ALPC_MESSAGE_VIEW_ATTRIBUTE);
    *(ALPC_DATA_VIEW_ATTR *)attributes.space = *view;
    attributes.header.ValidAttributes = ALPC_MESSAGE_VIEW_ATTRIBUTE;
    message_init(&message.header, 8);
    return NtAlpcSendWaitReceivePort(port, flags, &message.header, &attributes.header, NULL, NULL,
                                     NULL, NULL);
}

/* Receives a view; NULL when there was none. */
static inline ALPC_DATA_VIEW_ATTR *view_receive(HANDLE port, struct test_message *message,
                                                struct test_attributes *attributes)
{
    attributes_init(attributes, ALPC_MESSAGE_VIEW_ATTRIBUTE);
    NTSTATUS status = port_receive(port, message, attributes, NULL);
    if (status || !(attributes->header.ValidAttributes & ALPC_MESSAGE_VIEW_ATTRIBUTE))
        return NULL;
    return (ALPC_DATA_VIEW_ATTR *)attributes->space;
}
