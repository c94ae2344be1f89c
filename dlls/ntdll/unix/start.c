/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Start of a program: fixed pages, our ntdll.dll, the program's image, parameters, PEB, first
 * thread. From there the PE half goes on (LdrInitializeThunk).
 */

#include "start.h"

#include "context.h"
#include "control.h"
#include "dllpath.h"
#include "fatal.h"
#include "image.h"
#include "kuser.h"
#include "ntpath.h"
#include "params.h"
#include "prefault.h"
#include "process.h"
#include "processors.h"
#include "signals.h"
#include "thread.h"
#include "virtual.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_dos_path(const char *file)
{
    return ((file[0] | 0x20) >= 'a' && (file[0] | 0x20) <= 'z' && file[1] == ':');
}

char *portico_program_path(const char *file)
{
    char *unix_path = NULL, *absolute;
    WCHAR *dos;
    size_t n_units;

    if (is_dos_path(file) && access(file, F_OK)) {
        dos = utf16_from_utf8(file, strlen(file), &n_units);
        for (size_t i = 0; dos && i < n_units; i++)
            if (dos[i] == '/')
                dos[i] = '\\';
        if (!dos || path_dos_to_unix(dos, &unix_path))
            fatal(PORTICO_EXIT_MISSING_FILE, "%s: no such file", file);
        free(dos);
        file = unix_path;
    }
    absolute = realpath(file, NULL);
    if (!absolute)
        fatal(PORTICO_EXIT_MISSING_FILE, "%s: %s", file,
              errno == ENOENT ? "no such file" : strerror(errno));
    free(unix_path);
    return absolute;
}

static void image_fail(const char *path, int fd, NTSTATUS status) __attribute__((noreturn));
static void image_fail(const char *path, int fd, NTSTATUS status)
{
    struct image_info info = {0};
    const char *reason;
    enum portico_exit exit_status;

    (void)image_inspect(fd, &info); /* for the machine */
    exit_status = image_exit_status(status, info.machine, &reason);
    fatal(exit_status, "%s: %s", path, reason);
}

static void image_map_or_fail(const char *path, int fd, struct unix_image *ret_image)
{
    NTSTATUS status = image_map(fd, path, ret_image);
    struct stat file;

    if (status && !fstat(fd, &file) && S_ISDIR(file.st_mode))
        fatal(PORTICO_EXIT_MISSING_FILE, "%s: is a folder", path);
    if (status)
        image_fail(path, fd, status);
}

static void *entry_get(void *ntdll, const char *path, const char *name)
{
    void *address = image_export(ntdll, name);

    if (!address)
        fatal(PORTICO_EXIT_MISSING_IMPORT, "%s has no %s", path, name);
    return address;
}

static void open_fail(const char *path, enum portico_exit status, const char *hint)
    __attribute__((noreturn));
static void open_fail(const char *path, enum portico_exit status, const char *hint)
{
    if (errno == EMFILE || errno == ENFILE)
        fatal(PORTICO_EXIT_NO_RESOURCES, "%s: too many open files (ulimit -n)", path);
    fatal(status, "%s: %s%s", path, strerror(errno), hint);
}

static void ntdll_load(void)
{
    char path[PATH_MAX];
    struct unix_image image;
    int fd;

    snprintf(path, sizeof(path), "%s/ntdll.dll", dll_path_ours());
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        const int error = errno;
        const bool has_proc = !access("/proc/self/exe", F_OK);

        errno = error;
        open_fail(path, PORTICO_EXIT_MISSING_DLL,
                  has_proc ? " (PORTICO_DLL_DIR or the installation is wrong)"
                           : " (/proc is not mounted: an installation that was moved is not "
                             "found; or PORTICO_DLL_DIR or the installation is wrong)");
    }
    image_map_or_fail(path, fd, &image);
    close(fd);
    process.ntdll_base = image.base;
#define ENTRY(name) process.entries.name = entry_get(image.base, path, #name)
    ENTRY(LdrInitializeThunk);
    ENTRY(RtlUserThreadStart);
    ENTRY(KiUserExceptionDispatcher);
    ENTRY(KiUserApcDispatcher);
#undef ENTRY
}

/* The file stays open: as long as the program runs nobody writes to it. DIFFERS: it can be deleted,
 * as Linux has it, and DLLs can be written to. */
static void exe_load(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO is refused later */
    struct unix_image image;

    if (fd < 0)
        open_fail(path, PORTICO_EXIT_MISSING_FILE, "");
    image_map_or_fail(path, fd, &image);
    (void)image_info_of(image.base, &process.exe_info); /* which is there: it was just mapped */
    close(fd);
    if (process.exe_info.characteristics & IMAGE_FILE_DLL)
        fatal(PORTICO_EXIT_NOT_PE, "%s: is a DLL, not a program", path);
    process.exe_base = image.base;
}

static NTSTATUS peb_new(RTL_USER_PROCESS_PARAMETERS *params)
{
    char *base = NULL;
    NTSTATUS status = view_allocate(&base, VIRTUAL_PAGE, true);
    PEB *peb;

    if (status)
        return status;
    peb = (PEB *)base;
    peb->ImageBaseAddress = process.exe_base;
    peb->ProcessParameters = params;
    peb->NumberOfProcessors = processors_count();
    peb->OSMajorVersion = 10;
    peb->OSMinorVersion = 0;
    peb->OSBuildNumber = 19041;
    peb->OSPlatformId = 2; /* VER_PLATFORM_WIN32_NT */
    peb->SessionId = 1;
    peb->ImageSubSystem = process.exe_info.subsystem;
    peb->ImageSubSystemMajorVersion = process.exe_info.subsystem_major;
    peb->ImageSubSystemMinorVersion = process.exe_info.subsystem_minor;
    peb->CriticalSectionTimeout.QuadPart = -25920000000000ll; /* 30 days, as Windows has it */
    peb->HeapSegmentReserve = 0x100000;
    peb->HeapSegmentCommit = 0x2000;
    peb->HeapDeCommitTotalFreeThreshold = 0x10000;
    peb->HeapDeCommitFreeBlockThreshold = 0x1000;
    process.peb = peb;
    kuser_tell_peb(peb);
    return STATUS_SUCCESS;
}

static void process_init(void)
{
    nt_object_init(&process.header.header, &process_type);
    process.pid = getpid();
    process.create_time = nt_time_now();
}

/* What a user can do something about; else NULL. */
static const char *params_reason(NTSTATUS status)
{
    switch (status) {
    case STATUS_NO_MEMORY:
    case STATUS_COMMITMENT_LIMIT:
        return "there is no memory (ulimit -d, -v)";
    case STATUS_TOO_MANY_OPENED_FILES:
        return "too many open files (ulimit -n)";
    case STATUS_INVALID_BUFFER_SIZE:
        return "its command line is longer than 32,764 characters";
    case STATUS_NAME_TOO_LONG:
        return "its path, or that of the current folder, is too long for Windows";
    default:
        return NULL;
    }
}

/* The PEB, when the parameters could be made. */
static void params_finish(const char *path, NTSTATUS status, RTL_USER_PROCESS_PARAMETERS *params)
{
    const char *reason;

    if (!status)
        status = peb_new(params);
    reason = params_reason(status);
    if (reason)
        fatal(PORTICO_EXIT_NO_RESOURCES, "%s: cannot start: %s", path, reason);
    if (status)
        fatal(PORTICO_EXIT_NO_RESOURCES, "%s: cannot make the process parameters (status %#x)",
              path, (unsigned)status);
}

/* The parameters as the program will see them. */
static void params_make(const char *path, char *const *arguments, char *const *environment)
{
    RTL_USER_PROCESS_PARAMETERS *params;
    char *directory = getcwd(NULL, 0);
    struct params_source source = {.image_path = path,
                                   .arguments = arguments,
                                   .environment = environment,
                                   .directory = directory ? directory : "/"};
    NTSTATUS status = params_new(&source, &params);

    free(directory);
    params_finish(path, status, params);
}

static void params_make_child(const struct child_block *block)
{
    RTL_USER_PROCESS_PARAMETERS *params;
    NTSTATUS status = params_new_child(block, &params);

    params_finish(child_string(block, CHILD_PROGRAM), status, params);
}

static void images_load(const char *path)
{
    process_init();
    context_init();
    if (!kuser_init())
        fatal(PORTICO_EXIT_NO_RESOURCES, "the address 0x7ffe0000 is taken: %s", strerror(errno));
    signals_init();
    control_init();
    exe_load(path);
    ntdll_load();
}

static void program_run(const char *path) __attribute__((noreturn));
static void program_run(const char *path)
{
    NTSTATUS status;

    status = thread_run_first((char *)process.exe_base + process.exe_info.entry_rva, process.peb);
    fatal(PORTICO_EXIT_NO_RESOURCES, "%s: cannot start the first thread (status %#x)", path,
          (unsigned)status);
}

void portico_start_program(const char *file, char *const *arguments, char *const *environment)
{
    char *path;

    prefault_loader();
    path_home_check();
    path = portico_program_path(file);
    images_load(path);
    params_make(path, arguments, environment);
    program_run(path); /* which keeps it */
}

void portico_start_child(int fd)
{
    struct child_arrival arrival;

    prefault_loader();
    child_arrive(fd, &arrival);
    process.is_child = true;
    images_load(child_string(arrival.block, CHILD_PROGRAM));
    params_make_child(arrival.block);
    child_wait_for_go(&arrival);
    program_run(child_string(arrival.block, CHILD_PROGRAM));
}
