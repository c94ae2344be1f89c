/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Tokens of this process and its threads.
 *
 * The process' own token is a local object, made from the Linux user without the server. All others
 * (duplicates, what threads impersonate) are the server's, since its access checks go by them: for
 * it handle 0 is the process' own. */
#pragma once

#include "common/sid.h"
#include "ntobject.h"
#include "portico/portico.h"
#include <sys/types.h>

extern const struct nt_type token_type;

struct nt_object *token_object_current(void); /* borrowed */
/* The SID of a Linux user or group: its size in bytes. */
size_t token_sid_of_user(uid_t uid, uint32_t ret_sid[8]);
size_t token_sid_of_group(gid_t gid, uint32_t ret_sid[8]);

/* A token handle of the program (the pseudo-handles -4 process, -5 thread, -6 effective too) in the
 * server's terms. */
struct token_ref {
    handle_t handle;   /* 0: the process' own token */
    bool is_temporary; /* token_refp closes it */
};
void token_refp(struct token_ref *ref);
/* STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED, STATUS_NO_TOKEN. */
NTSTATUS token_resolve(HANDLE handle, ACCESS_MASK access, struct token_ref *ret_ref);
/* Does any thread of this process impersonate, or did one? Without asking the server. */
bool token_any_thread(void);

/* What a token says. */
struct token_facts {
    TOKEN_TYPE type;
    SECURITY_IMPERSONATION_LEVEL level;
    uint64_t token_id, authentication_id, modified_id; /* of the own token: only with_ids */
    struct identity who;
};
NTSTATUS token_facts(const struct token_ref *ref, bool with_ids, struct token_facts *ret_facts);

/* The only privileges that there are; always enabled. */
enum { PRIVILEGE_CREATE_PERMANENT = 16, /* SYSTEM's */ PRIVILEGE_CHANGE_NOTIFY = 23 };
bool token_has_privilege(const struct token_facts *facts, LUID privilege);

/* SECURITY_QUALITY_OF_SERVICE of the program; user NULL: *ret_has_qos false. Length 0 and 12 pass
 * (reference D-13), else STATUS_INVALID_PARAMETER. */
NTSTATUS qos_read(const SECURITY_QUALITY_OF_SERVICE *user, bool *ret_has_qos,
                  struct portico_qos *ret_qos);

/* A handle of the server to the program's variable; closed again when it cannot be written. */
NTSTATUS server_handle_give(PHANDLE ret_user_handle, handle_t handle);

/* NtSetInformationThread(ThreadImpersonationToken): a handle in the program's memory, NULL in it:
 * the thread is itself again. */
struct thread;
NTSTATUS token_thread_set(struct thread *thread, const void *user, ULONG size);
/* On a thread that was given a token by another, at its end: the server may not have seen it. */
void token_thread_ended(struct thread *thread);
/* A call made the calling thread impersonate by other ways (ALPC). */
void token_thread_changed(void);
