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
};

/* Only look: device and inode are filled, base is NULL. */
#define UNIX_IMAGE_PROBE 1

/* Write text to stderr as it is, in one piece. */
NTSTATUS WINAPI unix_log(const char *text, SIZE_T size);

/* Print "portico: LINE" on stderr and end the process with this Unix exit status. Does not return.
 */
NTSTATUS WINAPI unix_fail(int exit_status, const char *line, SIZE_T size);

/* Map and relocate the image at a DOS path (NUL-terminated); `C:\windows\system32\X` is searched in
 * Portico's DLL folder, then in Wine's. The sections stay writable until unix_image_protect. */
NTSTATUS WINAPI unix_image_load(const WCHAR *dos_path, ULONG flags, struct unix_image *ret_image);
NTSTATUS WINAPI unix_image_protect(void *base);
NTSTATUS WINAPI unix_image_unload(void *base);

#endif
