/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* __C_specific_handler: the language handler of __try/__except/__finally, with a table of scopes as
 * its data.
 *
 * A scope with a jump target is an __except: its filter is a function, or 1 for "always". A scope
 * without is a __finally. Scopes are listed innermost first. dispatch->ScopeIndex says where to go
 * on after a termination handler was interrupted by another exception. */

#include "ntdll.h"

#include "exception.h"

struct scope {
    ULONG begin;
    ULONG end;
    ULONG handler; /* filter or termination handler; 1: execute the handler always */
    ULONG target;  /* 0: __finally */
};

struct scope_table {
    ULONG n_scopes;
    struct scope scopes[];
};

typedef LONG(WINAPI *scope_filter)(EXCEPTION_POINTERS *pointers, void *frame);
typedef void(WINAPI *scope_finally)(BOOLEAN is_abnormal, void *frame);

static bool is_in_scope(const struct scope *scope, ULONG64 rva)
{
    return rva >= scope->begin && rva < scope->end;
}

static LONG filter_call(const struct scope *scope, ULONG64 base, EXCEPTION_POINTERS *pointers,
                        void *frame)
{
    if (scope->handler == EXCEPTION_EXECUTE_HANDLER)
        return EXCEPTION_EXECUTE_HANDLER;
    return ((scope_filter)(base + scope->handler))(pointers, frame);
}

static EXCEPTION_DISPOSITION scopes_ask(EXCEPTION_RECORD *record, void *frame, CONTEXT *context,
                                        DISPATCHER_CONTEXT *dispatch)
{
    const struct scope_table *table = dispatch->HandlerData;
    const ULONG64 base = dispatch->ImageBase, rva = dispatch->ControlPc - base;
    EXCEPTION_POINTERS pointers = {record, context};
    ULONG i;

    for (i = dispatch->ScopeIndex; i < table->n_scopes; i++) {
        const struct scope *scope = &table->scopes[i];
        LONG answer;

        if (!is_in_scope(scope, rva) || !scope->target)
            continue;
        answer = filter_call(scope, base, &pointers, frame);
        if (answer < 0)
            return ExceptionContinueExecution;
        if (answer > 0)
            RtlUnwindEx(frame, (void *)(base + scope->target), record,
                        (void *)(ULONG_PTR)record->ExceptionCode, dispatch->ContextRecord,
                        dispatch->HistoryTable);
    }
    return ExceptionContinueSearch;
}

/* A jump that stays inside the same guarded region does not run its __finally. */
static bool is_target_in_same_region(const struct scope_table *table, const struct scope *scope,
                                     ULONG64 target_rva)
{
    ULONG i;

    for (i = 0; i < table->n_scopes; i++)
        if (is_in_scope(&table->scopes[i], target_rva) &&
            table->scopes[i].target == scope->target && table->scopes[i].handler == scope->handler)
            return true;
    return false;
}

static void scopes_leave(EXCEPTION_RECORD *record, void *frame, DISPATCHER_CONTEXT *dispatch)
{
    const struct scope_table *table = dispatch->HandlerData;
    const ULONG64 base = dispatch->ImageBase, rva = dispatch->ControlPc - base;
    const ULONG64 target_rva = dispatch->TargetIp - base;
    const bool is_target = record->ExceptionFlags & EXCEPTION_TARGET_UNWIND;
    ULONG i;

    for (i = dispatch->ScopeIndex; i < table->n_scopes; i++) {
        const struct scope *scope = &table->scopes[i];

        if (!is_in_scope(scope, rva))
            continue;
        if (is_target && is_target_in_same_region(table, scope, target_rva))
            return;
        if (scope->target) {
            if (is_target && scope->target == target_rva)
                return;
            continue;
        }
        dispatch->ScopeIndex = i + 1;
        ((scope_finally)(base + scope->handler))(TRUE, frame);
    }
}

EXCEPTION_DISPOSITION WINAPI __C_specific_handler(EXCEPTION_RECORD *record, void *frame,
                                                  CONTEXT *context, DISPATCHER_CONTEXT *dispatch)
{
    if (!(record->ExceptionFlags & EXCEPTION_ANY_UNWIND))
        return scopes_ask(record, frame, context, dispatch);
    scopes_leave(record, frame, dispatch);
    return ExceptionContinueSearch;
}
