/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* RtlVirtualUnwind: from a function's registers to its caller's, by .pdata and .xdata (x64 calling
 * convention).
 *
 * Three places in a function differ. In the prologue only the unwind codes of instructions already
 * executed are undone, and no handler is active. In the body all are undone. In an epilogue, which
 * has no codes, the instructions themselves are followed: an optional "add rsp" or "lea rsp", pops,
 * and a return or a jump out of the function. Codes are listed last instruction first. Chained
 * infos (split functions) continue with the parent's codes, all of them. */

#include "ntdll.h"

#include "exception.h"

enum unwind_operation {
    UNWIND_PUSH_NONVOL,
    UNWIND_ALLOC_LARGE,
    UNWIND_ALLOC_SMALL,
    UNWIND_SET_FPREG,
    UNWIND_SAVE_NONVOL,
    UNWIND_SAVE_NONVOL_FAR,
    UNWIND_EPILOG, /* version 2 only */
    UNWIND_SPARE,
    UNWIND_SAVE_XMM128,
    UNWIND_SAVE_XMM128_FAR,
    UNWIND_PUSH_MACHFRAME,
};

/* One slot of the code array; the operands that follow are slots of the same size. */
struct unwind_code {
    BYTE prolog_offset;
    BYTE operation : 4;
    BYTE operand : 4;
};

struct unwind_info {
    BYTE version : 3;
    BYTE flags : 5;
    BYTE prolog_size;
    BYTE n_codes;
    BYTE frame_register : 4;
    BYTE frame_offset : 4;
    struct unwind_code codes[];
};

/* One call of RtlVirtualUnwind. */
struct unwinding {
    CONTEXT *context;
    KNONVOLATILE_CONTEXT_POINTERS *places; /* NULL: not wanted */
    ULONG64 frame;
    bool has_machine_frame;
};

enum { WHOLE_PROLOG = 0x100, REGISTER_RSP = 4 };

static ULONG64 *register_of(CONTEXT *context, unsigned number)
{
    return &(&context->Rax)[number];
}

static void load_register(struct unwinding *unwinding, unsigned number, ULONG64 address)
{
    *register_of(unwinding->context, number) = *(const ULONG64 *)address;
    if (unwinding->places)
        unwinding->places->IntegerContext[number] = (ULONG64 *)address;
}

static void load_xmm(struct unwinding *unwinding, unsigned number, ULONG64 address)
{
    unwinding->context->FltSave.XmmRegisters[number] = *(const M128A *)address;
    if (unwinding->places)
        unwinding->places->FloatingContext[number] = (M128A *)address;
}

static ULONG operand16(const struct unwind_code *code)
{
    return *(const USHORT *)(code + 1);
}

static ULONG operand32(const struct unwind_code *code)
{
    return (ULONG)((const USHORT *)(code + 1))[0] | (ULONG)((const USHORT *)(code + 1))[1] << 16;
}

static unsigned code_slots(const struct unwind_code *code)
{
    switch (code->operation) {
    case UNWIND_ALLOC_LARGE:
        return code->operand ? 3 : 2;
    case UNWIND_SAVE_NONVOL:
    case UNWIND_SAVE_XMM128:
        return 2;
    case UNWIND_SAVE_NONVOL_FAR:
    case UNWIND_SAVE_XMM128_FAR:
        return 3;
    default:
        return 1;
    }
}

static void undo_machine_frame(struct unwinding *unwinding, bool has_error_code)
{
    CONTEXT *context = unwinding->context;
    const ULONG64 *machine = (const ULONG64 *)context->Rsp + (has_error_code ? 1 : 0);

    context->Rip = machine[0];
    context->Rsp = machine[3];
    unwinding->has_machine_frame = true;
}

static void undo(struct unwinding *unwinding, const struct unwind_code *code)
{
    CONTEXT *context = unwinding->context;

    switch (code->operation) {
    case UNWIND_PUSH_NONVOL:
        load_register(unwinding, code->operand, context->Rsp);
        context->Rsp += 8;
        break;
    case UNWIND_ALLOC_LARGE:
        context->Rsp += code->operand ? operand32(code) : operand16(code) * 8;
        break;
    case UNWIND_ALLOC_SMALL:
        context->Rsp += (code->operand + 1u) * 8;
        break;
    case UNWIND_SET_FPREG:
        context->Rsp = unwinding->frame;
        break;
    case UNWIND_SAVE_NONVOL:
        load_register(unwinding, code->operand, unwinding->frame + operand16(code) * 8);
        break;
    case UNWIND_SAVE_NONVOL_FAR:
        load_register(unwinding, code->operand, unwinding->frame + operand32(code));
        break;
    case UNWIND_SAVE_XMM128:
        load_xmm(unwinding, code->operand, unwinding->frame + operand16(code) * 16);
        break;
    case UNWIND_SAVE_XMM128_FAR:
        load_xmm(unwinding, code->operand, unwinding->frame + operand32(code));
        break;
    case UNWIND_PUSH_MACHFRAME:
        undo_machine_frame(unwinding, code->operand);
        break;
    default: /* the epilogue hints of version 2, and spare codes */
        break;
    }
}

/* Is the frame register set up at this point of the prologue? */
static bool has_frame_register(const struct unwind_info *info, ULONG prolog_offset)
{
    unsigned i;

    if (!info->frame_register)
        return false;
    for (i = 0; i < info->n_codes; i += code_slots(&info->codes[i]))
        if (info->codes[i].operation == UNWIND_SET_FPREG)
            return info->codes[i].prolog_offset <= prolog_offset;
    return true;
}

static void undo_codes(struct unwinding *unwinding, const struct unwind_info *info,
                       ULONG prolog_offset)
{
    unsigned i;

    if (has_frame_register(info, prolog_offset))
        unwinding->frame =
            *register_of(unwinding->context, info->frame_register) - info->frame_offset * 16u;
    for (i = 0; i < info->n_codes; i += code_slots(&info->codes[i]))
        if (info->codes[i].prolog_offset <= prolog_offset)
            undo(unwinding, &info->codes[i]);
}

/* What follows the codes: the handler's address and data, or the parent's entry. */
static const void *info_tail(const struct unwind_info *info)
{
    return &info->codes[(info->n_codes + 1u) & ~1u];
}

/* ---- epilogues ---- */

static bool is_rex_w(BYTE byte)
{
    return (byte & 0xf8) == 0x48;
}

/* "add rsp, imm" or "lea rsp, [frame register + disp]": its size, 0 for anything else. */
static unsigned release_size(const BYTE *pc, const struct unwind_info *info)
{
    if (pc[0] == 0x48 && pc[1] == 0x83 && pc[2] == 0xc4)
        return 4;
    if (pc[0] == 0x48 && pc[1] == 0x81 && pc[2] == 0xc4)
        return 7;
    if ((pc[0] & 0xfe) == 0x48 && pc[1] == 0x8d && info->frame_register && (pc[2] & 0x38) == 0x20 &&
        (unsigned)((pc[2] & 7) | (pc[0] & 1) << 3) == info->frame_register)
        return pc[2] >> 6 == 1 ? 4 : pc[2] >> 6 == 2 ? 7 : 0;
    return 0;
}

static unsigned pop_size(const BYTE *pc)
{
    if ((pc[0] & 0xf8) == 0x58)
        return 1;
    if ((pc[0] & 0xf0) == 0x40 && (pc[1] & 0xf8) == 0x58)
        return 2;
    return 0;
}

static bool is_jump_out(ULONG64 target, ULONG64 base, const RUNTIME_FUNCTION *function)
{
    return target < base + function->BeginAddress || target >= base + function->EndAddress;
}

static bool is_epilog_end(const BYTE *pc, ULONG64 base, const RUNTIME_FUNCTION *function)
{
    switch (pc[0]) {
    case 0xc2: /* ret imm16 */
    case 0xc3: /* ret */
        return true;
    case 0xf3: /* rep ret */
        return pc[1] == 0xc3;
    case 0xe9:
        return is_jump_out((ULONG64)pc + 5 + (LONG64) * (const LONG *)(pc + 1), base, function);
    case 0xeb:
        return is_jump_out((ULONG64)pc + 2 + (LONG64) * (const signed char *)(pc + 1), base,
                           function);
    case 0xff: /* jmp [mem] or jmp reg */
        return (pc[1] & 0x38) == 0x20;
    default:
        return is_rex_w(pc[0]) && pc[1] == 0xff && (pc[2] & 0x38) == 0x20;
    }
}

static bool is_in_epilog(const BYTE *pc, ULONG64 base, const RUNTIME_FUNCTION *function,
                         const struct unwind_info *info)
{
    unsigned size;

    pc += release_size(pc, info);
    while ((size = pop_size(pc)))
        pc += size;
    return is_epilog_end(pc, base, function);
}

static void follow_epilog(struct unwinding *unwinding, const BYTE *pc,
                          const struct unwind_info *info)
{
    CONTEXT *context = unwinding->context;
    unsigned size = release_size(pc, info);

    if (size && pc[1] == 0x8d)
        context->Rsp = *register_of(context, info->frame_register) +
                       (ULONG64)(size == 4 ? (LONG64) * (const signed char *)(pc + 3)
                                           : (LONG64) * (const LONG *)(pc + 3));
    else if (size)
        context->Rsp += (ULONG64)(size == 4 ? (LONG64) * (const signed char *)(pc + 3)
                                            : (LONG64) * (const LONG *)(pc + 3));
    for (pc += size; (size = pop_size(pc)); pc += size) {
        load_register(unwinding, (pc[size - 1] & 7) | (size == 2 ? (pc[0] & 1) << 3 : 0),
                      context->Rsp);
        context->Rsp += 8;
    }
}

static void pop_return_address(CONTEXT *context)
{
    context->Rip = *(const ULONG64 *)context->Rsp;
    context->Rsp += 8;
}

PVOID WINAPI RtlVirtualUnwind(DWORD type, ULONG_PTR base, ULONG_PTR pc, RUNTIME_FUNCTION *function,
                              CONTEXT *context, PVOID *ret_data, ULONG_PTR *ret_frame,
                              KNONVOLATILE_CONTEXT_POINTERS *places)
{
    const struct unwind_info *info = (const void *)(base + function->UnwindData);
    struct unwinding unwinding = {context, places, context->Rsp, false};
    ULONG64 offset = pc - (base + function->BeginAddress);
    const bool is_in_prolog = offset < info->prolog_size;
    const ULONG *tail;

    if (has_frame_register(info, is_in_prolog ? (ULONG)offset : WHOLE_PROLOG))
        unwinding.frame = *register_of(context, info->frame_register) - info->frame_offset * 16u;
    *ret_frame = unwinding.frame;
    if (!is_in_prolog && is_in_epilog((const BYTE *)pc, base, function, info)) {
        follow_epilog(&unwinding, (const BYTE *)pc, info);
        pop_return_address(context);
        return NULL;
    }
    undo_codes(&unwinding, info, is_in_prolog ? (ULONG)offset : WHOLE_PROLOG);
    while (info->flags & UNW_FLAG_CHAININFO) {
        function = (RUNTIME_FUNCTION *)info_tail(info);
        info = (const void *)(base + function->UnwindData);
        undo_codes(&unwinding, info, WHOLE_PROLOG);
    }
    if (!unwinding.has_machine_frame)
        pop_return_address(context);
    if (is_in_prolog || !(info->flags & type & (UNW_FLAG_EHANDLER | UNW_FLAG_UHANDLER)))
        return NULL;
    tail = info_tail(info);
    *ret_data = (void *)(tail + 1);
    return (void *)(base + tail[0]);
}

bool is_on_stack(ULONG_PTR address)
{
    const NT_TIB *tib = &teb()->Tib;

    return !(address & 7) && address >= (ULONG_PTR)tib->StackLimit &&
           address < (ULONG_PTR)tib->StackBase;
}

/* A function without an entry is a leaf: it has not moved rsp. */
NTSTATUS unwind_frame(ULONG handler_type, DISPATCHER_CONTEXT *dispatch, CONTEXT *context)
{
    dispatch->ControlPc = context->Rip;
    dispatch->ImageBase = 0;
    dispatch->ScopeIndex = 0;
    dispatch->LanguageHandler = NULL;
    dispatch->HandlerData = NULL;
    dispatch->FunctionEntry =
        RtlLookupFunctionEntry(context->Rip, &dispatch->ImageBase, dispatch->HistoryTable);
    if (!is_on_stack(context->Rsp))
        return STATUS_BAD_STACK;
    if (dispatch->FunctionEntry) {
        dispatch->LanguageHandler = RtlVirtualUnwind(
            handler_type, dispatch->ImageBase, context->Rip, dispatch->FunctionEntry, context,
            &dispatch->HandlerData, &dispatch->EstablisherFrame, NULL);
        return STATUS_SUCCESS;
    }
    dispatch->EstablisherFrame = context->Rsp;
    pop_return_address(context);
    return STATUS_SUCCESS;
}
