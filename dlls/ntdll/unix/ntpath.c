/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* NT names to Unix paths.
 *
 *     \??\Z:\home\x     /home/x                       every file of the machine
 *     \??\C:\x          $PORTICO_HOME/drive_c/x       (or ~/.portico/drive_c), made on first use
 *     \??\C:\windows\system32\kernel32.dll            if it is not there: our DLL folder, then
 * Wine's, for reading
 *     \??\pipe\x, \Device\NamedPipe\x                 named pipes (pipe.c)
 *     \??\NUL, \Device\Null                           /dev/null
 *     \??\Volume{...}\x   a drive by its volume's name (volume_names.c)
 *     \??\unix\home\x, \\?\unix\home\x                as Wine spells a path of no drive
 *
 * `\DosDevices\`, `\GLOBAL??\`, `\\?\` stand for `\??\`. Other names of the object manager are no
 * files.
 *
 * A component is first taken as it is spelled; only when that does not exist is its folder read for
 * a name that is equal without case (the first in byte order when several are). What does not exist
 * keeps its spelling behind its existing folder, so that a file is created with the case asked for.
 *
 * DIFFERS: names that Windows forbids but Linux has (a colon, a trailing dot) cannot be named by a
 * program.
 */
#include "dllpath.h"
#include "ntpath.h"
#include "ntprocess.h"
#include "usermem.h"
#include "volume_names.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct span {
    const WCHAR *text;
    size_t units;
};

void path_freep(char **path)
{
    free(*path);
}

void nt_path_deinit(struct nt_path *path)
{
    free(path->unix_path);
    free(path->pipe_name);
    free(path->asked);
    path->unix_path = path->asked = NULL;
    path->pipe_name = NULL;
}

static bool equal_nocase(const WCHAR *a, const WCHAR *b, size_t units)
{
    for (size_t i = 0; i < units; i++)
        if (a[i] != b[i] && upcase(a[i]) != upcase(b[i]))
            return false;
    return true;
}

/* Takes the prefix off when the name begins with it. */
static bool span_skip(struct span *name, const WCHAR *prefix)
{
    size_t n = 0;

    while (prefix[n])
        n++;
    if (name->units < n || !equal_nocase(name->text, prefix, n))
        return false;
    name->text += n;
    name->units -= n;
    return true;
}

/* The spelling of `name` that the folder has, malloc'ed; NULL when there is none. */
static char *folder_find(const char *folder, const char *name)
{
    size_t units, entry_units;
    _cleanup_nt_(name_freep) WCHAR *wanted = utf16_from_utf8(name, strlen(name), &units);
    DIR *stream = opendir(folder);
    char *found = NULL;
    struct dirent *entry;

    while (wanted && stream && (entry = readdir(stream))) {
        _cleanup_nt_(name_freep) WCHAR *has =
            utf16_from_utf8(entry->d_name, strlen(entry->d_name), &entry_units);

        if (has && entry_units == units && equal_nocase(has, wanted, units) &&
            (!found || strcmp(entry->d_name, found) < 0)) {
            free(found);
            found = strdup(entry->d_name);
        }
    }
    if (stream)
        closedir(stream);
    return found;
}

/* A growing path. */
struct builder {
    char *text;
    size_t size, allocated;
};

static bool builder_add(struct builder *builder, const char *name)
{
    size_t n = strlen(name);

    if (builder->size + n + 2 > builder->allocated) {
        size_t allocated = 2 * (builder->size + n + 2);
        char *text = realloc(builder->text, allocated);

        if (!text)
            return false;
        builder->text = text;
        builder->allocated = allocated;
    }
    if (!builder->size || builder->text[builder->size - 1] != '/')
        builder->text[builder->size++] = '/';
    memcpy(builder->text + builder->size, name, n + 1);
    builder->size += n;
    return true;
}

/* Appends one component in the spelling that exists; false in *ret_exists when none does. */
static NTSTATUS builder_resolve(struct builder *builder, const char *name, bool *ret_exists)
{
    size_t before = builder->size;
    struct stat info;
    char *spelled;

    if (!builder_add(builder, name))
        return STATUS_NO_MEMORY;
    if (!lstat(builder->text, &info))
        return STATUS_SUCCESS;
    if (errno == EACCES)
        return STATUS_ACCESS_DENIED;
    if (errno == ENAMETOOLONG)
        return STATUS_OBJECT_NAME_INVALID;
    if (errno == ENOTDIR) /* a file stands where a folder should */
        return STATUS_OBJECT_PATH_NOT_FOUND;
    builder->text[before] = 0;
    if (before && access(builder->text, F_OK)) /* a link that leads nowhere */
        return STATUS_OBJECT_PATH_NOT_FOUND;
    spelled = folder_find(before ? builder->text : "/", name);
    builder->size = before;
    *ret_exists = spelled;
    if (!builder_add(builder, spelled ? spelled : name)) {
        free(spelled);
        return STATUS_NO_MEMORY;
    }
    free(spelled);
    return STATUS_SUCCESS;
}

static bool unit_is_legal(WCHAR unit)
{
    return unit >= 32 && unit != '<' && unit != '>' && unit != ':' && unit != '"' && unit != '|' &&
           unit != '?' && unit != '*' && unit != '/';
}

/* The next component; false at the end. Empty components (doubled separators) are skipped. */
static bool span_next(struct span *rest, struct span *ret_component)
{
    while (rest->units && *rest->text == '\\') {
        rest->text++;
        rest->units--;
    }
    *ret_component = *rest;
    ret_component->units = 0;
    while (rest->units && *rest->text != '\\') {
        rest->text++;
        rest->units--;
        ret_component->units++;
    }
    return ret_component->units;
}

static bool is_dots(const struct span *component)
{
    return component->text[0] == '.' &&
           (component->units == 1 || (component->units == 2 && component->text[1] == '.'));
}

/* name:stream, at the end of a path; elsewhere a colon is a mistake. */
static NTSTATUS component_check(const struct span *component, bool is_last)
{
    for (size_t i = 0; i < component->units; i++) {
        if (component->text[i] == ':' && i && is_last)
            unimplemented_once("a file's name with a colon", "an alternate stream", NO_NUMBER);
        if (!unit_is_legal(component->text[i]))
            return STATUS_OBJECT_NAME_INVALID;
    }
    return STATUS_SUCCESS;
}

/* Appends the components behind `root`: each in the spelling that exists, or as they are asked for.
 */
static NTSTATUS path_walk(const char *root, struct span rest, bool as_asked,
                          struct builder *builder, struct nt_path *path)
{
    struct span component;

    path->exists = path->parent_exists = true;
    builder->size = 0;
    if (strcmp(root, "/") && !builder_add(builder, root + 1))
        return STATUS_NO_MEMORY;
    if (rest.units && rest.text[rest.units - 1] == '\\')
        path->has_trailing_separator = true;
    while (span_next(&rest, &component)) {
        _cleanup_nt_(path_freep) char *name = NULL;

        if (is_dots(&component))
            return STATUS_OBJECT_NAME_INVALID;
        TRY(component_check(&component, !rest.units));
        name = utf8_from_utf16(component.text, component.units);
        if (!name)
            return STATUS_NO_MEMORY;
        path->parent_exists = path->exists;
        if (as_asked || !path->exists) {
            if (!builder_add(builder, name))
                return STATUS_NO_MEMORY;
        } else {
            TRY(builder_resolve(builder, name, &path->exists));
        }
        free(path->asked);
        path->asked = name;
        name = NULL;
    }
    if (!builder->size && !builder_add(builder, ""))
        return STATUS_NO_MEMORY;
    return STATUS_SUCCESS;
}

static NTSTATUS path_under(const char *root, struct span rest, struct nt_path *path)
{
    struct builder builder = {0};
    struct stat info;
    NTSTATUS status = path_walk(root, rest, true, &builder, path);

    /* Most names are spelled as they are: one look instead of one for each component. */
    if (!status && lstat(builder.text, &info))
        status = path_walk(root, rest, false, &builder, path);
    if (status) {
        free(builder.text);
        nt_path_deinit(path);
        return status;
    }
    path->kind = PATH_FILE;
    path->unix_path = builder.text;
    return STATUS_SUCCESS;
}

static bool span_is(struct span name, const WCHAR *text)
{
    return span_skip(&name, text) && !name.units;
}

/* A DLL that drive C lacks: ours, else Wine's. */
static void system32_fall_back(struct span rest, struct nt_path *path)
{
    const char *folders[] = {dll_path_ours(), WINE_DLL_DIR};
    struct span component, last = {0};

    if (path->exists || !span_skip(&rest, u"\\windows\\system32\\"))
        return;
    while (span_next(&rest, &component))
        if (last.units)
            return; /* deeper than the folder itself */
        else
            last = component;
    /* Wine's crash handler starts its debugger when it finds one, and waits for it: there is none
     * here. */
    if (span_is(last, u"winedbg.exe"))
        return;
    for (size_t i = 0; last.units && i < 2; i++) {
        struct nt_path found = {0};

        if (!path_under(folders[i], last, &found) && found.exists) {
            nt_path_deinit(path);
            *path = found;
            return;
        }
        nt_path_deinit(&found);
    }
}

static NTSTATUS path_on_drive(WCHAR drive, struct span rest, struct nt_path *path)
{
    const char *root = drive == 'Z' ? "/" : drive == 'C' ? path_drive_c() : NULL;

    if (!root)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    if (rest.units && rest.text[0] != '\\')
        return STATUS_OBJECT_NAME_INVALID;
    TRY(path_under(root, rest, path));
    if (!rest.units)
        path->kind = PATH_VOLUME;
    if (drive == 'C')
        system32_fall_back(rest, path);
    return STATUS_SUCCESS;
}

static NTSTATUS path_of_pipe(struct span name, struct nt_path *path)
{
    path->kind = PATH_PIPE;
    path->pipe_name = calloc(name.units + 1, sizeof(WCHAR));
    if (!path->pipe_name)
        return STATUS_NO_MEMORY;
    memcpy(path->pipe_name, name.text, name.units * sizeof(WCHAR));
    return STATUS_SUCCESS;
}

static bool begins_with_drive(struct span name)
{
    return name.units >= 2 && name.text[1] == ':' && upcase(name.text[0]) >= 'A' &&
           upcase(name.text[0]) <= 'Z';
}

static struct span span_behind(struct span name, size_t units)
{
    return (struct span){name.text + units, name.units - units};
}

/* What GetFinalPathNameByHandle tells as VOLUME_NAME_NT; name: behind "HarddiskVolume". */
static NTSTATUS path_on_volume(struct span name, struct nt_path *path)
{
    const WCHAR drive = name.units ? volume_device_drive(name.text[0]) : 0;

    if (!drive || (name.units > 1 && name.text[1] != '\\'))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    return path_on_drive(drive, span_behind(name, 1), path);
}

static NTSTATUS path_of_dos_device(struct span name, struct nt_path *path)
{
    WCHAR drive = volume_drive(name.text, name.units);

    if (begins_with_drive(name))
        return path_on_drive(upcase(name.text[0]), span_behind(name, 2), path);
    if (drive)
        return path_on_drive(drive, span_behind(name, VOLUME_NAME_UNITS), path);
    if (span_is(name, u"MountPointManager")) {
        path->kind = PATH_MOUNT_MANAGER;
        return STATUS_SUCCESS;
    }
    if (span_skip(&name, u"GLOBALROOT\\Device\\HarddiskVolume"))
        return path_on_volume(name, path);
    if (span_skip(&name, u"pipe\\"))
        return path_of_pipe(name, path);
    if (span_is(name, u"nul")) {
        path->kind = PATH_NULL;
        return STATUS_SUCCESS;
    }
    if (span_is(name, u"con") || span_is(name, u"conin$") || span_is(name, u"conout$")) {
        path->kind = name.units == 3   ? PATH_CONSOLE
                     : name.units == 6 ? PATH_CONSOLE_IN
                                       : PATH_CONSOLE_OUT;
        return STATUS_SUCCESS;
    }
    if (span_skip(&name, u"unix"))
        return path_under("/", name, path);
    if (span_skip(&name, u"unc\\"))
        return STATUS_BAD_NETWORK_PATH;
    return STATUS_OBJECT_NAME_NOT_FOUND;
}

NTSTATUS nt_path_from_name(const WCHAR *text, size_t units, struct nt_path *ret_path)
{
    struct span name = {text, units};

    *ret_path = (struct nt_path){0};
    if (span_skip(&name, u"\\??\\") || span_skip(&name, u"\\DosDevices\\") ||
        span_skip(&name, u"\\GLOBAL??\\") || span_skip(&name, u"\\\\?\\") ||
        span_skip(&name, u"\\\\.\\"))
        return path_of_dos_device(name, ret_path);
    if (span_skip(&name, u"\\Device\\HarddiskVolume"))
        return path_on_volume(name, ret_path);
    if (span_skip(&name, u"\\Device\\NamedPipe\\"))
        return path_of_pipe(name, ret_path);
    if (span_is(name, u"\\Device\\Null")) {
        ret_path->kind = PATH_NULL;
        return STATUS_SUCCESS;
    }
    if (span_skip(&name, u"\\Device\\ConDrv")) {
        ret_path->kind = PATH_CONSOLE;
        return STATUS_SUCCESS;
    }
    if (span_skip(&name, u"\\SystemRoot\\")) {
        _cleanup_nt_(path_freep) char *root = NULL;

        if (!path_drive_c() || asprintf(&root, "%s/windows", path_drive_c()) < 0)
            return STATUS_OBJECT_PATH_NOT_FOUND;
        return path_under(root, name, ret_path);
    }
    if (!units || text[0] != '\\')
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    return STATUS_OBJECT_PATH_NOT_FOUND;
}

NTSTATUS nt_path_under(const char *folder, const WCHAR *text, size_t units,
                       struct nt_path *ret_path)
{
    *ret_path = (struct nt_path){0};
    if (units && text[0] == '\\')
        return STATUS_OBJECT_NAME_INVALID;
    return path_under(folder, (struct span){text, units}, ret_path);
}

NTSTATUS path_dos_to_unix(const WCHAR *dos, char **ret_path)
{
    struct span name = {dos, 0};
    struct nt_path path;

    while (dos[name.units])
        name.units++;
    path = (struct nt_path){0};
    if (name.units >= 2 && name.text[1] == ':')
        TRY(path_on_drive(upcase(dos[0]), span_behind(name, 2), &path));
    else
        TRY(nt_path_from_name(dos, name.units, &path));
    if (!path.unix_path) {
        nt_path_deinit(&path);
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    *ret_path = path.unix_path;
    path.unix_path = NULL;
    nt_path_deinit(&path);
    return STATUS_SUCCESS;
}

NTSTATUS path_to_nt(const char *unix_path, WCHAR **ret_name, SIZE_T *ret_bytes)
{
    const char *root = path_drive_c();
    size_t n = root ? strlen(root) : 0, units;
    bool is_c = n && !strncmp(unix_path, root, n) && (unix_path[n] == '/' || !unix_path[n]);
    const char *rest = is_c ? unix_path + n : unix_path;
    _cleanup_nt_(path_freep) char *text = NULL;
    WCHAR *name;

    if (asprintf(&text, "\\??\\%c:%s", is_c ? 'C' : 'Z', *rest ? rest : "/") < 0) {
        text = NULL;
        return STATUS_NO_MEMORY;
    }
    name = utf16_from_utf8(text, strlen(text), &units);
    if (!name)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < units; i++)
        if (name[i] == '/')
            name[i] = '\\';
    *ret_name = name;
    *ret_bytes = units * sizeof(WCHAR);
    return STATUS_SUCCESS;
}
