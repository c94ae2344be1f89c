/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The processor raises one trap for a division by zero and for a quotient that does not fit;
 * Windows tells them apart by the divisor. So the instruction, div or idiv with a register or
 * memory operand (f6 or f7, /6 or /7), is decoded here and its operand read. What cannot be decoded
 * or read any more (another thread has changed it) counts as zero.
 */

#include "divide.h"

#include "usercopy.h"
#include <stdbool.h>

enum { CODE_BYTES = 16 };

enum rex { REX_B = 1, REX_X = 2, REX_R = 4, REX_W = 8 };

struct instruction {
    unsigned char code[CODE_BYTES];
    unsigned at;   /* the next byte to look at */
    unsigned size; /* bytes that could be read */
    unsigned rex;
    bool has_rex;
    bool is_short;         /* 66: 16-bit operand */
    bool is_address_short; /* 67: 32-bit address */
    bool is_in_teb;        /* 65: gs, the TEB */
    unsigned n_bytes;      /* of the operand */
};

/* In the order of the processor's numbers. */
static const int registers[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                  REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                  REG_R12, REG_R13, REG_R14, REG_R15};

static ULONG64 register_value(const ucontext_t *context, unsigned number)
{
    return (ULONG64)context->uc_mcontext.gregs[registers[number & 15]];
}

static unsigned next_byte(struct instruction *in)
{
    return in->at < in->size ? in->code[in->at++] : 0;
}

static LONG64 next_displacement(struct instruction *in, unsigned n_bytes)
{
    ULONG value = 0;

    for (unsigned i = 0; i < n_bytes; i++)
        value |= (ULONG)next_byte(in) << 8 * i;
    return n_bytes == 1 ? (signed char)value : (LONG)value;
}

/* Prefixes and opcode; false when it is no division. */
static bool decode_opcode(struct instruction *in)
{
    unsigned byte = next_byte(in);

    for (;; byte = next_byte(in)) {
        if (byte == 0x66)
            in->is_short = true;
        else if (byte == 0x67)
            in->is_address_short = true;
        else if (byte == 0x65)
            in->is_in_teb = true;
        else if (byte != 0x2e && byte != 0x36 && byte != 0x3e && byte != 0x26 && byte != 0xf2 &&
                 byte != 0xf3)
            break;
    }
    if ((byte & 0xf0) == 0x40) {
        in->has_rex = true;
        in->rex = byte & 15;
        byte = next_byte(in);
    }
    in->n_bytes = byte == 0xf6 ? 1 : in->rex & REX_W ? 8 : in->is_short ? 2 : 4;
    return byte == 0xf6 || byte == 0xf7;
}

/* The address of a memory operand. */
static ULONG64 decode_address(struct instruction *in, const ucontext_t *context, const TEB *teb,
                              unsigned mode, unsigned base)
{
    ULONG64 address = 0;
    bool has_base = true, is_relative = false;

    if (base == 4) {
        unsigned sib = next_byte(in), index = (sib >> 3 & 7) | (in->rex & REX_X ? 8 : 0);

        if (index != 4)
            address = register_value(context, index) << (sib >> 6);
        base = sib & 7;
        has_base = mode || base != 5;
    } else if (!mode && base == 5) {
        has_base = false;
        is_relative = true;
    }
    if (has_base)
        address += register_value(context, base | (in->rex & REX_B ? 8 : 0));
    address += (ULONG64)next_displacement(in, mode == 1 ? 1 : mode == 2 || !has_base ? 4 : 0);
    if (is_relative)
        address += (ULONG64)context->uc_mcontext.gregs[REG_RIP] + in->at;
    if (in->is_address_short)
        address = (ULONG)address;
    return in->is_in_teb ? address + (ULONG_PTR)teb : address;
}

static bool operand_is_zero(struct instruction *in, const ucontext_t *context, const TEB *teb)
{
    unsigned modrm = next_byte(in), mode = modrm >> 6, number = modrm & 7;
    ULONG64 value = 0;

    if ((modrm >> 3 & 6) != 6)
        return true;
    if (mode != 3) {
        ULONG64 address = decode_address(in, context, teb, mode, number);

        return user_read(&value, (const void *)address, in->n_bytes) || !value;
    }
    if (in->n_bytes == 1 && !in->has_rex && number >= 4)
        value = register_value(context, number - 4) >> 8; /* ah, ch, dh, bh */
    else
        value = register_value(context, number | (in->rex & REX_B ? 8 : 0));
    return !(in->n_bytes == 8 ? value : value & ((1ull << 8 * in->n_bytes) - 1));
}

NTSTATUS divide_status(const ucontext_t *context, const TEB *teb)
{
    struct instruction in = {.size = CODE_BYTES};

    while (in.size &&
           user_read(in.code, (const void *)context->uc_mcontext.gregs[REG_RIP], in.size))
        in.size--;
    if (!decode_opcode(&in) || operand_is_zero(&in, context, teb))
        return STATUS_INTEGER_DIVIDE_BY_ZERO;
    return STATUS_INTEGER_OVERFLOW;
}
