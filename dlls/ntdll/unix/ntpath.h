/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* NT names to Unix paths and back. Drive Z: is /, drive C: a folder of Portico's own (see
 * ntpath.c). */
#pragma once

#include "create.h"

enum path_kind {
    PATH_FILE,    /* unix_path */
    PATH_NULL,    /* \Device\Null, \??\NUL */
    PATH_PIPE,    /* pipe_name: behind \??\pipe\ */
    PATH_CONSOLE, /* \??\CON, \Device\ConDrv... */
    PATH_CONSOLE_IN, PATH_CONSOLE_OUT, /* \??\CONIN$, \??\CONOUT$ */
    PATH_MOUNT_MANAGER, /* \??\MountPointManager (volume_names.c) */
    PATH_VOLUME,  /* \??\C: without a path: the volume itself; unix_path is its root */
};

struct nt_path {
    enum path_kind kind;
    char *unix_path; /* absolute, no trailing slash but for the root */
    char *asked; /* the last component as it was spelled, or NULL */
    WCHAR *pipe_name;
    bool has_trailing_separator; /* only a directory can be meant */
    bool exists;                 /* it did when it was looked up */
    bool parent_exists;
};

void nt_path_deinit(struct nt_path *path);

/* The file that an absolute NT name means. Names that do not exist keep the spelling given behind
 * their longest existing parent. STATUS_OBJECT_NAME_INVALID, STATUS_OBJECT_PATH_SYNTAX_BAD,
 * STATUS_OBJECT_PATH_NOT_FOUND, STATUS_OBJECT_NAME_NOT_FOUND, STATUS_BAD_NETWORK_PATH. Outputs are
 * empty on failure. */
NTSTATUS nt_path_from_name(const WCHAR *name, size_t units, struct nt_path *ret_path);
/* The same for a name relative to a folder. */
NTSTATUS nt_path_under(const char *folder, const WCHAR *name, size_t units,
                       struct nt_path *ret_path);
/* For the loader: `C:\x`, `\??\Z:\x` or `Z:\x` to a Unix path (to be freed), whether it exists or
 * not. */
NTSTATUS path_dos_to_unix(const WCHAR *dos, char **ret_path);
/* `\??\Z:\...` or `\??\C:\...` for an absolute Unix path; *ret_bytes without the NUL. */
NTSTATUS path_to_nt(const char *unix_path, WCHAR **ret_name, SIZE_T *ret_bytes);
void path_freep(char **path);

/* UTF-8 and UTF-16; bytes that are no UTF-8 become U+DC80..U+DCFF, or a lone surrogate if they are
 * its form, and come back as they were; so does a lone surrogate. */
char *utf8_from_utf16(const WCHAR *text, size_t units);
WCHAR *utf16_from_utf8(const char *text, size_t bytes, size_t *ret_units);
/* Compares without case as NT does for names (l_intl.nls). */
WCHAR upcase(WCHAR unit);
/* Ends the process when its home, and so drive C:, would depend on the current folder. */
void path_home_check(void);
/* The root of drive C: on Unix, made on first use, or NULL. */
const char *path_drive_c(void);
