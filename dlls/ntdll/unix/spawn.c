/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* NtCreateUserProcess: starting another program (child.h has the way the two go).
 *
 * The file is looked at first, so that what is no program is told by the status that CreateProcess
 * knows what to do with. The port server is told of the child before the child runs, so the process
 * handle and the inherited server handles are there from its first instruction; then the child gets
 * its package. A failure on the way kills what was started.
 *
 * What a caller may ask and does not get is refused by name: another parent, a token, a debug port,
 * a list of jobs. Hints (error mode, mitigation options ...) are accepted. */

#include "child.h"
#include "client.h"
#include "common/trace.h"
#include "create.h"
#include "fatal.h"
#include "image.h"
#include "named.h"
#include "ntpath.h"
#include "ntprocess.h"
#include "remote_thread.h"
#include "terminal.h"
#include "usermem.h"
#include <errno.h>
#include <fcntl.h>
#include <portico/portico.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ATTRIBUTES_MAX   32u
#define THREAD_SUSPENDED 1u
#define HANDLE_LIST_MAX  1024u
#define PROCESS_FLAGS_KNOWN                                                   \
    (PROCESS_CREATE_FLAGS_BREAKAWAY | PROCESS_CREATE_FLAGS_NO_DEBUG_INHERIT | \
     PROCESS_CREATE_FLAGS_INHERIT_HANDLES | PROCESS_CREATE_FLAGS_SUSPENDED)

extern char **environ;

struct spawn {
    struct child_options options;
    WCHAR *name; /* NT name of the image */
    size_t name_units;
    HANDLE *list;
    struct nt_path path;
    struct image_info image;
    CLIENT_ID *user_id;
    SECTION_IMAGE_INFORMATION *user_image;
    bool breaks_away; /* from this process' jobs */
    struct child_package package;
    int socket; /* the parent's end */
    pid_t pid;
    handle_t process;
};

static void spawn_deinit(struct spawn *spawn)
{
    free(spawn->name);
    free(spawn->list);
    nt_path_deinit(&spawn->path);
    child_package_deinit(&spawn->package);
    if (spawn->socket >= 0)
        close(spawn->socket);
}

/* ---- what is asked ---- */

static NTSTATUS list_read(const PS_ATTRIBUTE *attribute, struct spawn *spawn)
{
    size_t n = attribute->Size / sizeof(HANDLE);

    if (attribute->Size % sizeof(HANDLE) || n > HANDLE_LIST_MAX || spawn->list)
        return STATUS_INVALID_PARAMETER;
    spawn->list = calloc(n + 1, sizeof(HANDLE));
    if (!spawn->list)
        return STATUS_NO_MEMORY;
    spawn->options.list = spawn->list;
    spawn->options.n_list = (uint32_t)n;
    return user_read(spawn->list, attribute->ValuePtr, attribute->Size);
}

static NTSTATUS name_read(const PS_ATTRIBUTE *attribute, struct spawn *spawn)
{
    const UNICODE_STRING name = {.Length = (USHORT)attribute->Size,
                                 .MaximumLength = (USHORT)attribute->Size,
                                 .Buffer = attribute->ValuePtr};

    if (attribute->Size > 0xfffe || attribute->Size % sizeof(WCHAR) || spawn->name)
        return STATUS_INVALID_PARAMETER;
    return name_copy(&name, &spawn->name, &spawn->name_units);
}

static NTSTATUS attribute_take(const PS_ATTRIBUTE *attribute, struct spawn *spawn)
{
    switch (attribute->Attribute) {
    case PS_ATTRIBUTE_IMAGE_NAME:
        return name_read(attribute, spawn);
    case PS_ATTRIBUTE_HANDLE_LIST:
        return list_read(attribute, spawn);
    case PS_ATTRIBUTE_CLIENT_ID:
        spawn->user_id = attribute->ValuePtr;
        return attribute->Size == sizeof(CLIENT_ID) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    case PS_ATTRIBUTE_IMAGE_INFO:
        spawn->user_image = attribute->ValuePtr;
        return attribute->Size == sizeof(SECTION_IMAGE_INFORMATION) ? STATUS_SUCCESS
                                                                    : STATUS_INVALID_PARAMETER;
    case PS_ATTRIBUTE_PARENT_PROCESS:
        return process_require_current("NtCreateUserProcess", attribute->ValuePtr);
    case PS_ATTRIBUTE_DEBUG_PORT:
    case PS_ATTRIBUTE_TOKEN:
    case PS_ATTRIBUTE_JOB_LIST:
        unimplemented_once("NtCreateUserProcess",
                           attribute->Attribute == PS_ATTRIBUTE_TOKEN ? "a token for the process"
                           : attribute->Attribute == PS_ATTRIBUTE_DEBUG_PORT
                               ? "debugging the process"
                               : "a list of jobs",
                           NO_NUMBER);
        return STATUS_NOT_IMPLEMENTED;
    default:
        return STATUS_SUCCESS;
    }
}

static NTSTATUS attributes_read(const PS_ATTRIBUTE_LIST *user, struct spawn *spawn)
{
    const PS_ATTRIBUTE *each = user->Attributes;
    PS_ATTRIBUTE attribute;
    SIZE_T total;

    TRY(USER_GET(total, &user->TotalLength));
    if (total < sizeof(SIZE_T) || (total - sizeof(SIZE_T)) % sizeof(attribute) ||
        total > sizeof(SIZE_T) + ATTRIBUTES_MAX * sizeof(attribute))
        return STATUS_INVALID_PARAMETER;
    for (size_t n = (total - sizeof(SIZE_T)) / sizeof(attribute); n; n--, each++) {
        TRY(USER_GET(attribute, each));
        TRY(attribute_take(&attribute, spawn));
    }
    return spawn->name ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

/* ---- the file ---- */

/* A program for another processor is told by name; its caller gets what Windows says of any file
 * that is no program. */
static NTSTATUS machine_refuse(const struct spawn *spawn)
{
    const char *reason;

    (void)image_exit_status(STATUS_IMAGE_MACHINE_TYPE_MISMATCH, spawn->image.machine, &reason);
    dprintf(STDERR_FILENO, "portico: %s: %s\n", spawn->path.unix_path, reason);
    return STATUS_INVALID_IMAGE_FORMAT;
}

static bool is_folder(int fd)
{
    struct stat info;

    return !fstat(fd, &info) && S_ISDIR(info.st_mode);
}

static NTSTATUS image_look(struct spawn *spawn)
{
    NTSTATUS status;
    int fd;

    TRY(nt_path_from_name(spawn->name, spawn->name_units, &spawn->path));
    if (spawn->path.kind != PATH_FILE || !spawn->path.exists)
        return spawn->path.parent_exists ? STATUS_OBJECT_NAME_NOT_FOUND
                                         : STATUS_OBJECT_PATH_NOT_FOUND;
    fd = open(spawn->path.unix_path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == EACCES ? STATUS_ACCESS_DENIED : STATUS_OBJECT_NAME_NOT_FOUND;
    status = is_folder(fd) ? STATUS_FILE_IS_A_DIRECTORY : image_inspect(fd, &spawn->image);
    close(fd);
    if (status == STATUS_IMAGE_MACHINE_TYPE_MISMATCH)
        status = machine_refuse(spawn);
    if (!status && spawn->image.characteristics & IMAGE_FILE_DLL)
        status = STATUS_INVALID_IMAGE_FORMAT;
    spawn->options.program = spawn->path.unix_path;
    if (status)
        TRACE(process, "%s cannot be started: %08x", spawn->path.unix_path, (unsigned)status);
    return status;
}

static NTSTATUS image_tell(const struct spawn *spawn)
{
    const struct image_info *image = &spawn->image;
    const SECTION_IMAGE_INFORMATION info = {
        .TransferAddress = (void *)(uintptr_t)(image->base + image->entry_rva),
        .MaximumStackSize = image->stack_reserve,
        .CommittedStackSize = image->stack_commit,
        .SubSystemType = image->subsystem,
        .MinorSubsystemVersion = image->subsystem_minor,
        .MajorSubsystemVersion = image->subsystem_major,
        .ImageCharacteristics = image->characteristics,
        .DllCharacteristics = image->dll_characteristics,
        .Machine = image->machine,
        .ImageContainsCode = TRUE,
        .ImageFileSize = (ULONG)image->file_size,
        .CheckSum = image->checksum,
    };

    return spawn->user_image ? USER_PUT(spawn->user_image, info) : STATUS_SUCCESS;
}

/* ---- the child ---- */

static void kill_child(struct spawn *spawn)
{
    kill(spawn->pid, SIGKILL);
    waitpid(spawn->pid, NULL, 0);
}

/* Signals as after login: what this process ignores or blocks is not its child's affair. */
static int attributes_make(posix_spawnattr_t *ret_attributes)
{
    sigset_t none, all;

    sigemptyset(&none);
    sigfillset(&all);
    if (posix_spawnattr_init(ret_attributes))
        return -1;
    return posix_spawnattr_setflags(ret_attributes,
                                    POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) ||
                   posix_spawnattr_setsigmask(ret_attributes, &none) ||
                   posix_spawnattr_setsigdefault(ret_attributes, &all)
               ? -1
               : 0;
}

static int portico_spawn(int socket, const char *program, pid_t *ret_pid)
{
    char option[24];
    char *const arguments[] = {(char *)"portico", option, (char *)(uintptr_t)program, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error;

    snprintf(option, sizeof(option), "--child=%d", CHILD_FD);
    if (posix_spawn_file_actions_init(&actions))
        return ENOMEM;
    if (attributes_make(&attributes)) {
        posix_spawn_file_actions_destroy(&actions);
        return ENOMEM;
    }
    error = posix_spawn_file_actions_adddup2(&actions, socket, CHILD_FD);
    if (!error)
        error = posix_spawn(ret_pid, "/proc/self/exe", &actions, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

static NTSTATUS child_start(struct spawn *spawn)
{
    int sockets[2], error;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets))
        return STATUS_TOO_MANY_OPENED_FILES;
    error = portico_spawn(sockets[1], spawn->options.program, &spawn->pid);
    close(sockets[1]);
    spawn->socket = sockets[0];
    return error ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

/* Which of the server's handles go along: what the caller listed, if it did. */
static uint32_t inherit_of(const struct child_options *options, handle_t *ret_list,
                           uint32_t *ret_size)
{
    uint32_t n = 0;

    *ret_size = 0;
    if (!options->inherits || !options->list)
        return options->inherits ? INHERIT_ALL : INHERIT_NONE;
    for (uint32_t i = 0; i < options->n_list; i++)
        if (!handle_is_local(options->list[i]))
            ret_list[n++] = (handle_t)(uintptr_t)options->list[i];
    *ret_size = n * (uint32_t)sizeof(*ret_list);
    return INHERIT_LISTED;
}

/* The server's word for it, then the package: from here it runs. */
static NTSTATUS child_let_run(struct spawn *spawn, ACCESS_MASK access, ULONG attributes)
{
    struct process_create_request request = {.process_id = (uint32_t)spawn->pid,
                                             .access = access & MAXIMUM_ALLOWED ? PROCESS_ALL_ACCESS
                                                                                : access,
                                             .attributes = attributes & OBJ_INHERIT,
                                             .breaks_away = spawn->breaks_away};
    struct process_create_reply reply = {.handle = 0};
    handle_t list[HANDLE_LIST_MAX];
    struct call_extra extra = {.data = list};
    struct control *control;

    client_need();
    control = portico_control();
    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    request.inherit = inherit_of(&spawn->options, list, &extra.data_size);
    TRY((NTSTATUS)call_process_create(control, &request, &reply, &extra));
    spawn->process = reply.handle;
    TRY(child_package_share(&spawn->package, spawn->pid));
    if (child_package_send(spawn->socket, &spawn->package))
        return STATUS_PROCESS_IS_TERMINATING;
    if (spawn->options.is_suspended)
        child_wait_until_ready(spawn->socket);
    return STATUS_SUCCESS;
}

/* ---- the call ---- */

static NTSTATUS results_put(struct spawn *spawn, HANDLE *user_process, HANDLE *user_thread,
                            HANDLE thread)
{
    const CLIENT_ID id = {(HANDLE)(uintptr_t)spawn->pid, (HANDLE)(uintptr_t)spawn->pid};
    HANDLE process = (HANDLE)(uintptr_t)spawn->process;

    if (spawn->user_id)
        TRY(USER_PUT(spawn->user_id, id));
    TRY(image_tell(spawn));
    TRY(USER_PUT(user_thread, thread));
    return USER_PUT(user_process, process);
}

static NTSTATUS child_publish(struct spawn *spawn, HANDLE *user_process, HANDLE *user_thread,
                              ACCESS_MASK thread_access, ULONG thread_attributes)
{
    HANDLE thread;
    NTSTATUS status = remote_thread_new(spawn->pid, &spawn->socket, spawn->options.is_suspended,
                                        thread_access, thread_attributes, &thread);

    if (status)
        return status;
    status = results_put(spawn, user_process, user_thread, thread);
    if (status)
        (void)NtClose(thread);
    return status;
}

static NTSTATUS flags_of(const OBJECT_ATTRIBUTES *user, ULONG *ret_attributes)
{
    struct creation creation = {0};

    *ret_attributes = 0;
    if (!user)
        return STATUS_SUCCESS;
    TRY(create_read(user, &creation));
    *ret_attributes = creation.attributes;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI NtCreateUserProcess(HANDLE *ret_process, HANDLE *ret_thread,
                                    ACCESS_MASK process_access, ACCESS_MASK thread_access,
                                    OBJECT_ATTRIBUTES *process_attributes,
                                    OBJECT_ATTRIBUTES *thread_attributes, ULONG process_flags,
                                    ULONG thread_flags, RTL_USER_PROCESS_PARAMETERS *parameters,
                                    PS_CREATE_INFO *information, PS_ATTRIBUTE_LIST *attributes)
{
    _cleanup_nt_(spawn_deinit) struct spawn spawn = {.package = CHILD_PACKAGE_NONE, .socket = -1};
    ULONG process_handle_flags, thread_handle_flags;
    HANDLE none = NULL;
    NTSTATUS status;

    (void)information;
    TRY(USER_PUT(ret_process, none));
    TRY(USER_PUT(ret_thread, none));
    if (process_flags & ~(ULONG)PROCESS_FLAGS_KNOWN)
        unimplemented_once(__func__, "process flags", process_flags);
    spawn.options.user_params = parameters;
    spawn.options.inherits = process_flags & PROCESS_CREATE_FLAGS_INHERIT_HANDLES;
    spawn.breaks_away = process_flags & PROCESS_CREATE_FLAGS_BREAKAWAY;
    spawn.options.is_suspended = thread_flags & THREAD_SUSPENDED;
    TRY(flags_of(process_attributes, &process_handle_flags));
    TRY(flags_of(thread_attributes, &thread_handle_flags));
    TRY(attributes_read(attributes, &spawn));
    TRY(image_look(&spawn));
    TRY(child_package_make(&spawn.options, &spawn.package));
    terminal_text_begin();
    TRY(child_start(&spawn));
    status = child_let_run(&spawn, process_access, process_handle_flags);
    if (!status)
        status = child_publish(&spawn, ret_process, ret_thread, thread_access, thread_handle_flags);
    TRACE(process, "%s started as process %d, handle %x: %08x", spawn.path.unix_path,
          (int)spawn.pid, spawn.process, (unsigned)status);
    if (status) {
        kill_child(&spawn);
        if (spawn.process)
            (void)portico_close(spawn.process);
    }
    return status;
}
