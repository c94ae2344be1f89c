/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The private calls of the PE half: unixcalls.h. */

#include "nttypes.h"

#include "common/trace.h"
#include "dllpath.h"
#include "fatal.h"
#include "image.h"
#include "ntpath.h"
#include "prefault.h"
#include "unixcalls.h"
#include "usermem.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LINE_BYTES_MAX = 4096,
    PATH_UNITS_MAX = 4096,
};

/* The text is copied first: a bad pointer is a status. */
NTSTATUS WINAPI unix_log(const char *text, SIZE_T size)
{
    char line[LINE_BYTES_MAX];
    NTSTATUS status;

    if (size > sizeof(line))
        return STATUS_INVALID_PARAMETER;
    status = user_read(line, text, size);
    if (!status && write(STDERR_FILENO, line, size) < 0)
        status = STATUS_UNSUCCESSFUL;
    return status;
}

NTSTATUS WINAPI unix_trace(ULONG channel, const char *text, SIZE_T size)
{
    char line[LINE_BYTES_MAX];

    if (channel == UNIX_TRACE_LOADER ? !TRACE_ON(loader) : !TRACE_ON(dbgprint))
        return STATUS_SUCCESS;
    if (size > sizeof(line))
        return STATUS_INVALID_PARAMETER;
    TRY(user_read(line, text, size));
    trace_print(channel == UNIX_TRACE_LOADER ? TRACE_loader : TRACE_dbgprint, "ntdll", "%.*s",
                (int)size, line);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI unix_random(void *bytes, SIZE_T n)
{
    char part[256];
    SIZE_T done = 0;

    while (done < n) {
        const SIZE_T left = n - done;
        const ssize_t got = getrandom(part, left < sizeof(part) ? left : sizeof(part), 0);

        if (got < 0 && errno != EINTR)
            return STATUS_UNSUCCESSFUL;
        if (got > 0) {
            TRY(user_write((char *)bytes + done, part, (size_t)got));
            done += (SIZE_T)got;
        }
    }
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI unix_fail(int exit_status, const char *line, SIZE_T size)
{
    char text[LINE_BYTES_MAX];

    if (size >= sizeof(text) || user_read(text, line, size))
        fatal(PORTICO_EXIT_INTERNAL, "ntdll failed with an unreadable message");
    fatal(exit_status, "%.*s", (int)size, text);
}

static NTSTATUS status_from_open_error(int error)
{
    switch (error) {
    case ENOENT:
        return STATUS_OBJECT_NAME_NOT_FOUND;
    case ENOTDIR:
        return STATUS_OBJECT_PATH_NOT_FOUND;
    case EACCES:
    case EPERM:
        return STATUS_ACCESS_DENIED;
    case EMFILE:
    case ENFILE:
        return STATUS_TOO_MANY_OPENED_FILES;
    default:
        return STATUS_UNSUCCESSFUL;
    }
}

static NTSTATUS image_probe(int fd, struct unix_image *user)
{
    struct unix_image result = {0};
    struct stat file;

    if (fstat(fd, &file))
        return STATUS_UNSUCCESSFUL;
    if (S_ISDIR(file.st_mode))
        return STATUS_FILE_IS_A_DIRECTORY;
    result.device = file.st_dev;
    result.inode = file.st_ino;
    return user_put(user, &result);
}

/* A copy of the program's NUL-terminated string. */
static NTSTATUS path_read(const WCHAR *user, WCHAR path[PATH_UNITS_MAX])
{
    NTSTATUS status = STATUS_SUCCESS;
    unsigned i;

    for (i = 0; i < PATH_UNITS_MAX && !status; i++) {
        status = user_get(&path[i], &user[i]);
        if (!status && !path[i])
            return STATUS_SUCCESS;
    }
    return status ? status : STATUS_NAME_TOO_LONG;
}

/* The file name behind C:\windows\system32\, in lower case ASCII; false: another folder or an odd
 * name. */
static bool system_name_get(const WCHAR *path, char name[NAME_MAX + 1])
{
    static const char folder[] = "c:\\windows\\system32\\";
    unsigned i;

    for (i = 0; folder[i]; i++) {
        WCHAR unit = path[i] == '/' ? '\\' : path[i];

        if ((unit >= 'A' && unit <= 'Z' ? unit | 0x20 : unit) != folder[i])
            return false;
    }
    for (path += i, i = 0; path[i]; i++) {
        if (i == NAME_MAX || path[i] >= 0x80 || path[i] == '\\' || path[i] == '/')
            return false;
        name[i] = (char)(path[i] >= 'A' && path[i] <= 'Z' ? path[i] | 0x20 : path[i]);
    }
    name[i] = 0;
    return i > 0 && name[0] != '.';
}

/* Ours are few, so most names are not found there: only the name is looked up. */
static int our_dll_open(const char *name)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static int folder = -1;

    pthread_mutex_lock(&lock);
    if (folder < 0)
        folder = open(dll_path_ours(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    pthread_mutex_unlock(&lock);
    return openat(folder, name, O_RDONLY | O_CLOEXEC);
}

/* Opens the image and tells its Unix path. System DLLs by the short way: ours, then Wine's, whose
 * names are lower case. */
static NTSTATUS image_file_open(const WCHAR *dos_path, char unix_path[PATH_MAX], int *ret_fd)
{
    char name[NAME_MAX + 1], *found = NULL;
    NTSTATUS status;

    if (system_name_get(dos_path, name)) {
        snprintf(unix_path, PATH_MAX, "%s/%s", dll_path_ours(), name);
        *ret_fd = our_dll_open(name);
        if (*ret_fd < 0) {
            snprintf(unix_path, PATH_MAX, "%s/%s", WINE_DLL_DIR, name);
            *ret_fd = open(unix_path, O_RDONLY | O_CLOEXEC);
        }
        if (*ret_fd >= 0)
            return STATUS_SUCCESS;
    }
    status = path_dos_to_unix(dos_path, &found);
    if (status)
        return status;
    snprintf(unix_path, PATH_MAX, "%s", found);
    free(found);
    *ret_fd = open(unix_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO is refused later */
    return *ret_fd < 0 ? status_from_open_error(errno) : STATUS_SUCCESS;
}

NTSTATUS WINAPI unix_image_load(const WCHAR *user_path, ULONG flags, struct unix_image *user)
{
    WCHAR dos_path[PATH_UNITS_MAX];
    char unix_path[PATH_MAX];
    struct unix_image result;
    int fd;
    NTSTATUS status = path_read(user_path, dos_path);

    if (!status)
        status = image_file_open(dos_path, unix_path, &fd);
    if (status)
        return status;
    if (flags & UNIX_IMAGE_PROBE) {
        status = image_probe(fd, user);
    } else {
        status = image_map(fd, unix_path, &result);
        if (!status)
            status = user_put(user, &result);
    }
    close(fd);
    return status;
}

NTSTATUS WINAPI unix_prefault(void *base, SIZE_T size)
{
    prefault(base, size);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI unix_image_open(void *base)
{
    return image_open(base);
}

NTSTATUS WINAPI unix_image_protect(void *base)
{
    return image_protect(base);
}

NTSTATUS WINAPI unix_image_unload(void *base)
{
    return image_unmap(base);
}
