/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Process parameters: the block that kernelbase reads the command line, environment, current
 * directory and standard handles from. Two passes over the same list of strings: sizes, then
 * contents. All strings are NUL-terminated: the command line is used as a C string.
 */

#include "params.h"

#include "account.h"
#include "cmdline.h"
#include "console.h"
#include "ntpath.h"
#include "prefault.h"
#include "virtual.h"
#include <stdlib.h>
#include <string.h>

NTSTATUS std_handles_init(HANDLE ret_handles[3]);

enum {
    DIRECTORY_BYTES_MAX = 1040, /* the buffer that RtlSetCurrentDirectory_U writes to */
    STRING_BYTES_MAX = 0xfff8,  /* of a UNICODE_STRING: 32,764 characters */
    PARAMS_NORMALIZED = 1,
};

struct wide {
    WCHAR *units;
    size_t bytes; /* without the NUL */
};

static void wide_deinit(struct wide *wide)
{
    free(wide->units);
}

static NTSTATUS wide_from_text(struct text *text, struct wide *ret_wide)
{
    size_t n_units;

    if (text->failed)
        return STATUS_NO_MEMORY;
    ret_wide->units = utf16_from_utf8(text->bytes, text->size, &n_units);
    ret_wide->bytes = n_units * sizeof(WCHAR);
    return ret_wide->units ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

/* The DOS path of a Unix path; a folder gets its trailing backslash. */
static NTSTATUS dos_path_get(const char *unix_path, bool is_folder, struct text *ret_text)
{
    WCHAR *name = NULL;
    SIZE_T bytes;
    char *dos;
    NTSTATUS status = path_to_nt(unix_path, &name, &bytes);

    if (status)
        return status;
    dos = utf8_from_utf16(name + 4, bytes / sizeof(WCHAR) - 4); /* without \??\ */
    free(name);
    if (!dos)
        return STATUS_NO_MEMORY;
    text_append_string(ret_text, dos);
    if (is_folder && dos[strlen(dos) - 1] != '\\')
        text_append_string(ret_text, "\\");
    free(dos);
    return ret_text->failed ? STATUS_NO_MEMORY : STATUS_SUCCESS;
}

/* What the block holds, from wherever it comes. */
struct params_texts {
    struct wide image, command_line, directory, environment, title, desktop, shell, runtime;
};

static void texts_deinit(struct params_texts *texts)
{
    wide_deinit(&texts->image);
    wide_deinit(&texts->command_line);
    wide_deinit(&texts->directory);
    wide_deinit(&texts->environment);
}

static NTSTATUS texts_make(const struct params_source *source, struct params_texts *texts)
{
    _cleanup_nt_(text_deinit) struct text image = {0}, line = {0}, directory = {0}, block = {0};
    char *const *argument;
    NTSTATUS status = dos_path_get(source->image_path, false, &image);

    if (!status)
        status = dos_path_get(source->directory, true, &directory);
    if (status)
        return status;
    cmdline_append_program(&line, image.bytes);
    for (argument = source->arguments; *argument; argument++)
        cmdline_append(&line, *argument);
    environment_append(&block, source->environment, account_user());
    status = wide_from_text(&image, &texts->image);
    if (!status)
        status = wide_from_text(&line, &texts->command_line);
    if (!status)
        status = wide_from_text(&directory, &texts->directory);
    if (!status)
        status = wide_from_text(&block, &texts->environment);
    if (!status && texts->command_line.bytes > STRING_BYTES_MAX)
        status = STATUS_INVALID_BUFFER_SIZE;
    if (!status &&
        (texts->directory.bytes > DIRECTORY_BYTES_MAX - 2 || texts->image.bytes > STRING_BYTES_MAX))
        status = STATUS_NAME_TOO_LONG;
    return status;
}

static char *string_place(char *place, UNICODE_STRING *string, const struct wide *wide,
                          size_t maximum)
{
    size_t size = wide->bytes + sizeof(WCHAR);

    if (size < maximum)
        size = maximum;
    memcpy(place, wide->units, wide->bytes);
    string->Buffer = (WCHAR *)place;
    string->Length = (USHORT)wide->bytes;
    string->MaximumLength = (USHORT)size;
    return place + ((size + 15) & ~(size_t)15);
}

static void params_fill(RTL_USER_PROCESS_PARAMETERS *params, const struct params_texts *texts)
{
    char *place = (char *)(params + 1);

    params->Flags = PARAMS_NORMALIZED;
    place = string_place(place, &params->CurrentDirectory.DosPath, &texts->directory,
                         DIRECTORY_BYTES_MAX);
    place = string_place(place, &params->ImagePathName, &texts->image, 0);
    place = string_place(place, &params->CommandLine, &texts->command_line, 0);
    place = string_place(place, &params->WindowTitle, &texts->title, 0);
    place = string_place(place, &params->Desktop, &texts->desktop, 0);
    place = string_place(place, &params->ShellInfo, &texts->shell, 0);
    place = string_place(place, &params->RuntimeInfo, &texts->runtime, 0);
    memcpy(place, texts->environment.units, texts->environment.bytes);
    params->Environment = (WCHAR *)place;
    params->EnvironmentSize = texts->environment.bytes + sizeof(WCHAR);
}

static NTSTATUS params_make(const struct params_texts *texts,
                            RTL_USER_PROCESS_PARAMETERS **ret_params)
{
    RTL_USER_PROCESS_PARAMETERS *params;
    size_t size = sizeof(*params) + DIRECTORY_BYTES_MAX + texts->image.bytes +
                  texts->command_line.bytes + texts->title.bytes + texts->desktop.bytes +
                  texts->shell.bytes + texts->runtime.bytes + texts->environment.bytes + 9 * 18;
    char *base;
    NTSTATUS status =
        view_allocate(&base, (size + VIRTUAL_PAGE - 1) & ~(size_t)(VIRTUAL_PAGE - 1), false);

    if (status)
        return status;
    prefault(base, size);
    params = (RTL_USER_PROCESS_PARAMETERS *)base;
    params->AllocationSize = params->Size = (ULONG)size;
    params_fill(params, texts);
    *ret_params = params;
    return STATUS_SUCCESS;
}

NTSTATUS params_new(const struct params_source *source, RTL_USER_PROCESS_PARAMETERS **ret_params)
{
    _cleanup_nt_(texts_deinit) struct params_texts texts = {0};
    HANDLE std_handles[3] = {0};
    NTSTATUS status = texts_make(source, &texts);

    if (!status)
        status = std_handles_init(std_handles);
    texts.title = texts.image;
    if (!status)
        status = params_make(&texts, ret_params);
    texts.title = (struct wide){0};
    if (status)
        return status;
    (*ret_params)->ConsoleHandle = CONSOLE_NO_DEVICE;
    (*ret_params)->hStdInput = std_handles[0];
    (*ret_params)->hStdOutput = std_handles[1];
    (*ret_params)->hStdError = std_handles[2];
    return STATUS_SUCCESS;
}

static struct wide wide_of_child(const struct child_block *block, enum child_string string)
{
    return (struct wide){(WCHAR *)(uintptr_t)child_string(block, string),
                         block->strings[string].size};
}

/* The numbers that the parent gave. */
static void params_number(RTL_USER_PROCESS_PARAMETERS *params, const struct child_block *block)
{
    const uint32_t *window = block->window;

    params->ConsoleHandle = (HANDLE)(uintptr_t)block->console;
    params->ConsoleFlags = block->console_flags;
    params->ProcessGroupId = block->process_group;
    params->hStdInput = (HANDLE)(uintptr_t)block->std_handles[0];
    params->hStdOutput = (HANDLE)(uintptr_t)block->std_handles[1];
    params->hStdError = (HANDLE)(uintptr_t)block->std_handles[2];
    params->dwX = window[0];
    params->dwY = window[1];
    params->dwXSize = window[2];
    params->dwYSize = window[3];
    params->dwXCountChars = window[4];
    params->dwYCountChars = window[5];
    params->dwFillAttribute = window[6];
    params->dwFlags = window[7];
    params->wShowWindow = window[8];
}

NTSTATUS params_new_child(const struct child_block *block, RTL_USER_PROCESS_PARAMETERS **ret_params)
{
    const struct params_texts texts = {
        .image = wide_of_child(block, CHILD_IMAGE),
        .command_line = wide_of_child(block, CHILD_COMMAND_LINE),
        .directory = wide_of_child(block, CHILD_DIRECTORY),
        .environment = wide_of_child(block, CHILD_ENVIRONMENT),
        .title = wide_of_child(block, CHILD_TITLE),
        .desktop = wide_of_child(block, CHILD_DESKTOP),
        .shell = wide_of_child(block, CHILD_SHELL),
        .runtime = wide_of_child(block, CHILD_RUNTIME),
    };
    NTSTATUS status = STATUS_NAME_TOO_LONG;

    /* Each but the environment is a UNICODE_STRING. */
    if (texts.image.bytes <= STRING_BYTES_MAX && texts.command_line.bytes <= STRING_BYTES_MAX &&
        texts.directory.bytes <= DIRECTORY_BYTES_MAX - 2 && texts.title.bytes <= STRING_BYTES_MAX &&
        texts.desktop.bytes <= STRING_BYTES_MAX && texts.shell.bytes <= STRING_BYTES_MAX &&
        texts.runtime.bytes <= STRING_BYTES_MAX)
        status = params_make(&texts, ret_params);
    if (!status)
        params_number(*ret_params, block);
    return status;
}
