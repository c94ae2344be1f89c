/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* The national language files: mapped read-only, straight from Wine's folder, once each for the
 * process.
 *
 * NtInitializeNlsFiles gives locale.nls; NtGetNlsSectionPtr the others by type: 9 sorting, 10 case
 * tables, 11 code page `id`, 12 normalisation form `id`. kernelbase does not check these results,
 * so a missing file is said by name on stderr. The case table is used here too, for names that must
 * compare without case.
 *
 * DIFFERS: the user's locale is always en-US (0x409). TODO(locale): from LC_ALL and LANG.
 */
#include "ntpath.h"
#include "ntprocess.h"
#include "usermem.h"
#include "virtual.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCALE_EN_US  0x409
#define CASE_TABLE_AT 2 /* words: the upper case table of l_intl.nls */

struct nls_file {
    char name[32];
    void *base;
    size_t size;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct nls_file files[256];
static size_t n_files;

static NTSTATUS nls_map(const char *name, struct nls_file *ret_file)
{
    char path[sizeof(WINE_NLS_DIR) + sizeof(ret_file->name) + 1];
    char *base = NULL;
    struct stat info;
    size_t size;
    NTSTATUS status;
    int fd;

    snprintf(path, sizeof(path), "%s/%s", WINE_NLS_DIR, name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &info)) {
        /* A code page that does not exist is asked for in good faith. */
        if (errno != ENOENT || name[0] != 'c')
            dprintf(STDERR_FILENO, "portico: cannot open %s: %s\n", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    size = ((size_t)info.st_size + VIRTUAL_PAGE - 1) & ~(size_t)(VIRTUAL_PAGE - 1);
    status = view_map_file(&base, size, fd);
    close(fd);
    if (status)
        return status;
    (void)view_describe(&(struct view_info){.base = base,
                                            .type = MEM_MAPPED,
                                            .allocation_protection = PAGE_READONLY,
                                            .unix_path = path});
    snprintf(ret_file->name, sizeof(ret_file->name), "%s", name);
    ret_file->base = base;
    ret_file->size = (size_t)info.st_size;
    return STATUS_SUCCESS;
}

static NTSTATUS nls_file_get(const char *name, struct nls_file *ret_file)
{
    NTSTATUS status = STATUS_SUCCESS;

    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < n_files; i++)
        if (!strcmp(files[i].name, name)) {
            *ret_file = files[i];
            pthread_mutex_unlock(&lock);
            return STATUS_SUCCESS;
        }
    if (n_files == sizeof(files) / sizeof(*files))
        status = STATUS_INSUFFICIENT_RESOURCES;
    else if (!(status = nls_map(name, &files[n_files])))
        *ret_file = files[n_files++];
    pthread_mutex_unlock(&lock);
    return status;
}

static _Atomic(const WCHAR *) case_table;

WCHAR upcase(WCHAR unit)
{
    const WCHAR *table;
    struct nls_file file;

    if (unit < 0x80)
        return unit >= 'a' && unit <= 'z' ? (WCHAR)(unit - 32) : unit;
    table = atomic_load(&case_table);
    if (!table) {
        if (nls_file_get("l_intl.nls", &file))
            return unit;
        table = (const WCHAR *)file.base + CASE_TABLE_AT;
        atomic_store(&case_table, table);
    }
    return (WCHAR)(unit + table[table[table[unit >> 8] + (unit >> 4 & 15)] + (unit & 15)]);
}

static NTSTATUS nls_name(ULONG type, ULONG id, char *name, size_t size)
{
    static const struct {
        ULONG id;
        const char *name;
    } forms[] = {{1, "normnfc.nls"},
                 {2, "normnfd.nls"},
                 {5, "normnfkc.nls"},
                 {6, "normnfkd.nls"},
                 {13, "normidna.nls"}};

    switch (type) {
    case 9:
        snprintf(name, size, "sortdefault.nls");
        return id ? STATUS_INVALID_PARAMETER_1 : STATUS_SUCCESS;
    case 10:
        snprintf(name, size, "l_intl.nls");
        return id ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS;
    case 11:
        snprintf(name, size, "c_%03u.nls", (unsigned)(id % 100000));
        return STATUS_SUCCESS;
    case 12:
        for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++)
            if (forms[i].id == id) {
                snprintf(name, size, "%s", forms[i].name);
                return STATUS_SUCCESS;
            }
        return STATUS_OBJECT_NAME_NOT_FOUND;
    default:
        return STATUS_INVALID_PARAMETER_1;
    }
}

NTSTATUS WINAPI NtGetNlsSectionPtr(ULONG type, ULONG id, void *unknown, void **ret_pointer,
                                   SIZE_T *ret_size)
{
    struct nls_file file;
    char name[32];
    SIZE_T size;

    (void)unknown;
    TRY(nls_name(type, id, name, sizeof(name)));
    TRY(nls_file_get(name, &file));
    size = file.size;
    TRY(USER_PUT(ret_pointer, file.base));
    return USER_PUT(ret_size, size);
}

NTSTATUS WINAPI NtInitializeNlsFiles(void **ret_pointer, LCID *ret_locale, LARGE_INTEGER *ret_size)
{
    struct nls_file file;
    LCID locale = LOCALE_EN_US;
    LARGE_INTEGER size;

    TRY(nls_file_get("locale.nls", &file));
    size.QuadPart = (LONGLONG)file.size;
    TRY(USER_PUT(ret_pointer, file.base));
    TRY(USER_PUT(ret_locale, locale));
    return ret_size ? USER_PUT(ret_size, size) : STATUS_SUCCESS;
}

NTSTATUS WINAPI NtQueryDefaultLocale(BOOLEAN user, LCID *ret_locale)
{
    LCID locale = LOCALE_EN_US;

    (void)user;
    return USER_PUT(ret_locale, locale);
}

NTSTATUS WINAPI NtSetDefaultLocale(BOOLEAN user, LCID locale)
{
    (void)user;
    return locale == LOCALE_EN_US ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED;
}

NTSTATUS WINAPI NtQueryDefaultUILanguage(LANGID *ret_language)
{
    LANGID language = LOCALE_EN_US;

    return USER_PUT(ret_language, language);
}

NTSTATUS WINAPI NtQueryInstallUILanguage(LANGID *ret_language)
{
    LANGID language = LOCALE_EN_US;

    return USER_PUT(ret_language, language);
}

NTSTATUS WINAPI NtSetDefaultUILanguage(LANGID language)
{
    return language == LOCALE_EN_US ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED;
}
