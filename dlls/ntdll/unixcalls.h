/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Prototypes of unixcalls.def, for both halves of ntdll. Needs the NT types. */
#ifndef PORTICO_UNIXCALLS_H
#define PORTICO_UNIXCALLS_H

/* An image the ELF half has found or mapped. device and inode tell whether two names are one file.
 */
struct unix_image {
    void *base;
    SIZE_T size;
    ULONG64 device;
    ULONG64 inode;
    BOOLEAN is_system; /* the file lies in our DLL folder or in Wine's */
};

/* Only look: device and inode are filled, base is NULL. */
#define UNIX_IMAGE_PROBE 1

/* Write text to stderr as it is, in one piece. */
NTSTATUS WINAPI unix_log(const char *text, SIZE_T size);

/* Print a trace line of the PE half when the channel (common/trace.h) is on. */
enum unix_trace_channel { UNIX_TRACE_LOADER, UNIX_TRACE_DBGPRINT };
NTSTATUS WINAPI unix_trace(ULONG channel, const char *text, SIZE_T size);

/* Print "portico: LINE" on stderr and end the process with this Unix exit status. Does not return.
 */
NTSTATUS WINAPI unix_fail(int exit_status, const char *line, SIZE_T size);

/* Map and relocate the image at a DOS path (NUL-terminated); `C:\windows\system32\X` is searched in
 * Portico's DLL folder, then in Wine's. Its sections have their final protections, but between
 * unix_image_open and unix_image_protect all are writable. */
NTSTATUS WINAPI unix_image_load(const WCHAR *dos_path, ULONG flags, struct unix_image *ret_image);
NTSTATUS WINAPI unix_image_open(void *base);
NTSTATUS WINAPI unix_image_protect(void *base);
NTSTATUS WINAPI unix_image_unload(void *base);

/* What earlier programs found of the imports of one table, at this address in its image, between
 * two images of system DLLs; what has been found now, for later ones; and all of that to its file.
 * STATUS_NOT_FOUND: nothing is known. STATUS_NOT_SUPPORTED: nothing is to be remembered. */
struct unix_bindings {
    const ULONG *rvas; /* in the exporter's image, 0: to be searched for */
    SIZE_T n;
};
struct unix_bound {
    void *const *addresses;
    SIZE_T n;
};
NTSTATUS WINAPI unix_bindings_find(const void *importer, const void *exporter, ULONG table,
                                   struct unix_bindings *ret_bindings);
NTSTATUS WINAPI unix_bindings_add(const void *importer, const void *exporter, ULONG table,
                                  const struct unix_bound *bound);
NTSTATUS WINAPI unix_bindings_save(void);

/* This memory will be written to soon: unix/prefault.h. */
NTSTATUS WINAPI unix_prefault(void *base, SIZE_T size);

/* Random bytes of the kernel's. */
NTSTATUS WINAPI unix_random(void *bytes, SIZE_T n);

/* A symbolic link of this NT name. target: an NT name, or one relative to the link's folder.
 * STATUS_OBJECT_NAME_COLLISION, STATUS_OBJECT_PATH_NOT_FOUND. */
NTSTATUS WINAPI unix_link_create(const UNICODE_STRING *link, const UNICODE_STRING *target);

/* The name of a drive's volume, with a NUL: `\Device\HarddiskVolume1` if is_device, else
 * `\\?\Volume{...}`. STATUS_OBJECT_NAME_INVALID: there is no such drive. */
enum { UNIX_VOLUME_NAME_UNITS = 64 };
NTSTATUS WINAPI unix_volume_name(ULONG drive, ULONG is_device,
                                 WCHAR ret_name[UNIX_VOLUME_NAME_UNITS]);

/* A Linux user or group by its id or by its name: fills in the other, and the machine's name.
 * STATUS_NONE_MAPPED: there is none. */
enum { UNIX_ACCOUNT_UNITS = 256 }; /* with the NUL */
enum { UNIX_ACCOUNT_BY_ID, UNIX_ACCOUNT_BY_NAME };
struct unix_account {
    ULONG is_group;
    ULONG id;
    WCHAR name[UNIX_ACCOUNT_UNITS], host[UNIX_ACCOUNT_UNITS];
};
NTSTATUS WINAPI unix_account(ULONG by, struct unix_account *account);

/* Sleeping under a key, in two steps: the thread is queued, then the caller looks at its value once
 * more and either leaves or sleeps. A wake-up after `queue` ends the sleep.
 * unix_key_sleep: STATUS_SUCCESS woken, perhaps for nothing; STATUS_TIMEOUT; the status of an
 * unreadable time-out; STATUS_THREAD_IS_TERMINATING, which PE code does not see. */
NTSTATUS WINAPI unix_key_queue(const void *key);
NTSTATUS WINAPI unix_key_leave(void);
NTSTATUS WINAPI unix_key_sleep(const void *key, const LARGE_INTEGER *timeout);
NTSTATUS WINAPI unix_key_wake(const void *key, ULONG all);

/* Completion lists of ALPC ports (unix/completion_list.c), by the address of their buffer.
 * STATUS_INVALID_PARAMETER: no list has it, no such message has been taken. */
struct unix_list_message {
    void *message;    /* PORT_MESSAGE */
    void *attributes; /* ALPC_MESSAGE_ATTRIBUTES */
};
struct unix_list_info {
    ULONG n_outstanding; /* put in and not freed */
    ULONG last_message_id, last_callback_id;
};
/* STATUS_NOT_FOUND: nothing is queued. */
NTSTATUS WINAPI unix_list_take(const void *list, struct unix_list_message *ret_message);
NTSTATUS WINAPI unix_list_free(const void *list, const void *message);
NTSTATUS WINAPI unix_list_attributes(const void *list, const void *message, void **ret_attributes);
NTSTATUS WINAPI unix_list_query(const void *list, struct unix_list_info *ret_info);
/* STATUS_UNSUCCESSFUL: too many are active; none is. */
NTSTATUS WINAPI unix_list_worker(const void *list, ULONG begins);

#endif
