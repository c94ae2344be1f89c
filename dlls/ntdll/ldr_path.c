/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Where DLLs are looked for.
 *
 * A search path is one string of folders separated by ';', as LdrGetDllPath gives it to kernelbase,
 * which hands it back to LdrLoadDll and frees it with RtlReleasePath. The order is that of Windows'
 * safe search mode: the program's folder, system32, the windows folders, the current directory (not
 * if SetDllDirectory was called, which puts its folder second), PATH. system32 is Portico's and
 * Wine's DLL folder (unix_image_load knows it); what Windows has among its known DLLs is taken from
 * there first (known_dlls.def). Api-set names are not files but names of the same list. */

#include "ntdll.h"

#include "ldr.h"

const WCHAR system_directory[] = L"C:\\windows\\system32";

struct path_text {
    WCHAR *buffer;
    SIZE_T capacity; /* characters, without the final NUL */
    SIZE_T used;
    bool is_full;
};

struct user_directory {
    struct user_directory *next;
    WCHAR path[];
};

/* Guard: loader lock. */
static WCHAR *dll_directory; /* SetDllDirectory; NULL: not called */
static struct user_directory *user_directories;
static ULONG default_flags; /* SetDefaultDllDirectories */

static SIZE_T length_of(const WCHAR *text)
{
    SIZE_T n = 0;

    while (text[n])
        n++;
    return n;
}

/* Does name begin with the lower-case ASCII prefix, in any case? */
static bool has_prefix(const WCHAR *name, const char *prefix)
{
    for (; *prefix; prefix++, name++)
        if ((*name >= 'A' && *name <= 'Z' ? *name + 0x20 : *name) != *prefix)
            return false;
    return true;
}

const WCHAR *api_set_target(const WCHAR *name)
{
#define KNOWN_DLL(name)
#define API_SET(prefix, target)   \
    if (has_prefix(name, prefix)) \
        return L##target;
#include "known_dlls.def"
#undef KNOWN_DLL
#undef API_SET
    return NULL;
}

bool is_known_dll(const WCHAR *name)
{
    static const WCHAR *const known[] = {
#define KNOWN_DLL(name) L##name,
#define API_SET(prefix, target)
#include "known_dlls.def"
#undef KNOWN_DLL
#undef API_SET
    };
    unsigned i;

    for (i = 0; i < ARRAY_COUNT(known); i++)
        if (names_equal(known[i], name))
            return true;
    return false;
}

static void path_add_range(struct path_text *path, const WCHAR *text, SIZE_T n)
{
    if (!n)
        return;
    if (path->used + n + 1 > path->capacity) {
        path->is_full = true;
        return;
    }
    if (path->used)
        path->buffer[path->used++] = ';';
    memcpy(path->buffer + path->used, text, n * sizeof(WCHAR));
    path->used += n;
}

static void path_add(struct path_text *path, const WCHAR *text)
{
    path_add_range(path, text, length_of(text));
}

/* The folder of a file, without the last backslash unless it is a root. */
static void path_add_folder_of(struct path_text *path, const WCHAR *file)
{
    SIZE_T n = (SIZE_T)(base_name_of(file) - file);

    if (n > 3)
        n--;
    path_add_range(path, file, n);
}

static void path_add_program_folder(struct path_text *path)
{
    if (peb()->ProcessParameters->ImagePathName.Buffer)
        path_add_folder_of(path, peb()->ProcessParameters->ImagePathName.Buffer);
}

static void path_add_environment(struct path_text *path)
{
    UNICODE_STRING name = {8, 10, (WCHAR *)L"PATH"}, value = {0, 0, NULL};
    NTSTATUS status;

    if (!peb()->ProcessParameters->Environment)
        return;
    status = RtlQueryEnvironmentVariable_U(NULL, &name, &value);
    path->is_full |= path->used + value.Length / 2 + 2 > path->capacity;
    if (status != STATUS_BUFFER_TOO_SMALL || path->is_full)
        return;
    value.Buffer = RtlAllocateHeap(process_heap(), 0, value.Length + sizeof(WCHAR));
    value.MaximumLength = value.Length + sizeof(WCHAR);
    if (value.Buffer && !RtlQueryEnvironmentVariable_U(NULL, &name, &value))
        path_add_range(path, value.Buffer, value.Length / sizeof(WCHAR));
    RtlFreeHeap(process_heap(), 0, value.Buffer);
}

static void path_add_system(struct path_text *path)
{
    path_add(path, system_directory);
    path_add(path, L"C:\\windows\\system");
    path_add(path, L"C:\\windows");
}

/* The classic order; first is the file whose folder comes first, NULL for the program. */
static void path_add_classic(struct path_text *path, const WCHAR *first)
{
    if (first)
        path_add_folder_of(path, first);
    else
        path_add_program_folder(path);
    if (dll_directory)
        path_add(path, dll_directory);
    path_add_system(path);
    if (!dll_directory)
        path_add(path, L".");
    path_add_environment(path);
}

static void path_add_by_flags(struct path_text *path, ULONG flags, const WCHAR *module)
{
    const struct user_directory *directory;

    if (flags & LOAD_LIBRARY_SEARCH_DEFAULT_DIRS)
        flags |= LOAD_LIBRARY_SEARCH_APPLICATION_DIR | LOAD_LIBRARY_SEARCH_USER_DIRS |
                 LOAD_LIBRARY_SEARCH_SYSTEM32;
    if ((flags & LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR) && module)
        path_add_folder_of(path, module);
    if (flags & LOAD_LIBRARY_SEARCH_APPLICATION_DIR)
        path_add_program_folder(path);
    for (directory = user_directories; directory && (flags & LOAD_LIBRARY_SEARCH_USER_DIRS);
         directory = directory->next)
        path_add(path, directory->path);
    if (dll_directory && (flags & LOAD_LIBRARY_SEARCH_USER_DIRS))
        path_add(path, dll_directory);
    if (flags & LOAD_LIBRARY_SEARCH_SYSTEM32)
        path_add(path, system_directory);
}

enum {
    SEARCH_FLAGS = LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR | LOAD_LIBRARY_SEARCH_APPLICATION_DIR |
                   LOAD_LIBRARY_SEARCH_USER_DIRS | LOAD_LIBRARY_SEARCH_SYSTEM32 |
                   LOAD_LIBRARY_SEARCH_DEFAULT_DIRS,
};

static bool is_absolute(const WCHAR *path)
{
    return path && path[0] && (path[1] == ':' || (path[0] == '\\' && path[1] == '\\'));
}

static NTSTATUS build_path(const WCHAR *module, ULONG flags, WCHAR **ret_path)
{
    static volatile LONG is_told;
    struct path_text path = {.capacity = 8192};

    path.buffer = RtlAllocateHeap(process_heap(), 0, (path.capacity + 1) * sizeof(WCHAR));
    if (!path.buffer)
        return STATUS_NO_MEMORY;
    if (!(flags & SEARCH_FLAGS) && !(flags & LOAD_WITH_ALTERED_SEARCH_PATH))
        flags |= default_flags;
    if (flags & SEARCH_FLAGS)
        path_add_by_flags(&path, flags, module);
    else
        path_add_classic(&path, flags & LOAD_WITH_ALTERED_SEARCH_PATH ? module : NULL);
    path.buffer[path.used] = 0;
    if (path.is_full && !InterlockedExchange(&is_told, TRUE))
        log_line("a DLL search path is longer than %u characters: its end is ignored",
                 (unsigned)path.capacity);
    *ret_path = path.buffer;
    return STATUS_SUCCESS;
}

NTSTATUS default_search_path(WCHAR **ret_path)
{
    return build_path(NULL, 0, ret_path);
}

NTSTATUS WINAPI LdrGetDllPath(PCWSTR module, ULONG flags, PWSTR *ret_path, PWSTR *ret_unknown)
{
    NTSTATUS status;

    if ((flags & LOAD_WITH_ALTERED_SEARCH_PATH) && (flags & SEARCH_FLAGS))
        return STATUS_INVALID_PARAMETER;
    if ((flags & LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR) && !is_absolute(module))
        return STATUS_INVALID_PARAMETER;
    if ((flags & LOAD_WITH_ALTERED_SEARCH_PATH) && !is_absolute(module))
        flags &= ~LOAD_WITH_ALTERED_SEARCH_PATH;
    RtlEnterCriticalSection(&loader_lock);
    status = build_path(module, flags, ret_path);
    RtlLeaveCriticalSection(&loader_lock);
    *ret_unknown = NULL;
    return status;
}

void WINAPI RtlReleasePath(PWSTR path)
{
    RtlFreeHeap(process_heap(), 0, path);
}

/* SearchPath's order. */
NTSTATUS WINAPI RtlGetSearchPath(PWSTR *ret_path)
{
    PWSTR unknown;

    return LdrGetDllPath(NULL, 0, ret_path, &unknown);
}

/* CreateProcess's order: a name with a folder in it is not searched elsewhere than below the
 * current directory. DIFFERS: "winedbg" is found nowhere: kernelbase starts it when a program
 * crashes and waits for it, but it speaks to Wine's server, which is not there. Our own report
 * follows. */
NTSTATUS WINAPI RtlGetExePath(PCWSTR name, PWSTR *ret_path)
{
    PWSTR unknown;

    if (!has_prefix(name, "winedbg"))
        return LdrGetDllPath(NULL, 0, ret_path, &unknown);
    *ret_path = RtlAllocateHeap(process_heap(), HEAP_ZERO_MEMORY, sizeof(WCHAR));
    return *ret_path ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

NTSTATUS WINAPI LdrSetDefaultDllDirectories(ULONG flags)
{
    const ULONG allowed = SEARCH_FLAGS & ~LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR;

    if (!flags || (flags & ~allowed))
        return STATUS_INVALID_PARAMETER;
    RtlEnterCriticalSection(&loader_lock);
    default_flags = flags;
    RtlLeaveCriticalSection(&loader_lock);
    return STATUS_SUCCESS;
}

static WCHAR *copy_of(const UNICODE_STRING *text)
{
    WCHAR *copy = RtlAllocateHeap(process_heap(), 0, text->Length + sizeof(WCHAR));

    if (!copy)
        return NULL;
    memcpy(copy, text->Buffer, text->Length);
    copy[text->Length / sizeof(WCHAR)] = 0;
    return copy;
}

NTSTATUS WINAPI LdrSetDllDirectory(const UNICODE_STRING *directory)
{
    WCHAR *copy = NULL;

    if (directory->Buffer && !(copy = copy_of(directory)))
        return STATUS_NO_MEMORY;
    RtlEnterCriticalSection(&loader_lock);
    RtlFreeHeap(process_heap(), 0, dll_directory);
    dll_directory = copy;
    RtlLeaveCriticalSection(&loader_lock);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI LdrGetDllDirectory(UNICODE_STRING *ret_directory)
{
    NTSTATUS status = STATUS_SUCCESS;
    SIZE_T size;

    RtlEnterCriticalSection(&loader_lock);
    size = dll_directory ? length_of(dll_directory) * sizeof(WCHAR) : 0;
    ret_directory->Length = (USHORT)size;
    if (size + sizeof(WCHAR) > ret_directory->MaximumLength) {
        ret_directory->Length = (USHORT)(size + sizeof(WCHAR));
        status = STATUS_BUFFER_TOO_SMALL;
    } else if (ret_directory->Buffer) {
        memcpy(ret_directory->Buffer, dll_directory ? dll_directory : L"", size + sizeof(WCHAR));
    }
    RtlLeaveCriticalSection(&loader_lock);
    return status;
}

NTSTATUS WINAPI LdrAddDllDirectory(const UNICODE_STRING *directory, void **ret_cookie)
{
    struct user_directory *added;

    if (!directory->Buffer || directory->Length < 2 * sizeof(WCHAR) ||
        !is_absolute(directory->Buffer))
        return STATUS_INVALID_PARAMETER;
    added = RtlAllocateHeap(process_heap(), 0, sizeof(*added) + directory->Length + sizeof(WCHAR));
    if (!added)
        return STATUS_NO_MEMORY;
    memcpy(added->path, directory->Buffer, directory->Length);
    added->path[directory->Length / sizeof(WCHAR)] = 0;
    RtlEnterCriticalSection(&loader_lock);
    added->next = user_directories;
    user_directories = added;
    RtlLeaveCriticalSection(&loader_lock);
    *ret_cookie = added;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI LdrRemoveDllDirectory(void *cookie)
{
    struct user_directory **at, *found = NULL;

    RtlEnterCriticalSection(&loader_lock);
    for (at = &user_directories; *at && !found; at = found ? at : &(*at)->next) {
        if (*at == cookie) {
            found = *at;
            *at = found->next;
        }
    }
    RtlLeaveCriticalSection(&loader_lock);
    RtlFreeHeap(process_heap(), 0, found);
    return found ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}
