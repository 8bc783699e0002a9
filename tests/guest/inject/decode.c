/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode.h"

/* What follows an opcode. */
enum {
    NONE = 0,
    M = 1,      /* ModRM */
    I1 = 2,     /* an immediate byte */
    I4 = 4,     /* four bytes (two with the prefix 66) */
    I2 = 8,     /* two bytes */
    BIG = 16,   /* four, or eight with REX.W */
    GROUP = 32, /* an immediate only if the ModRM's middle is 0 or 1 */
    BAD = 64,
};

/* One-byte opcodes from 0x40 on; those below follow a rule. */
static uint8_t shape_one(uint8_t op)
{
    if (op < 0x40)
        return (op & 7) <= 3 ? M : (op & 7) == 4 ? I1 : (op & 7) == 5 ? I4 : BAD;
    if ((op >= 0x50 && op <= 0x5f) || (op >= 0x90 && op <= 0x99) || (op >= 0xa4 && op <= 0xa7) ||
        (op >= 0xaa && op <= 0xaf) || op == 0xc3 || op == 0xc9 || op == 0xcc)
        return NONE;
    if ((op >= 0x70 && op <= 0x7f) || (op >= 0xb0 && op <= 0xb7) || op == 0x6a || op == 0xa8 ||
        op == 0xeb)
        return I1;
    if ((op >= 0x84 && op <= 0x8f) || op == 0x63 || (op >= 0xd0 && op <= 0xd3) || op == 0xfe ||
        op == 0xff)
        return M;
    if (op == 0x80 || op == 0x83 || op == 0x6b || op == 0xc0 || op == 0xc1 || op == 0xc6)
        return M | I1;
    if (op == 0x81 || op == 0x69 || op == 0xc7)
        return M | I4;
    if (op == 0x68 || op == 0xa9 || op == 0xe8 || op == 0xe9)
        return I4;
    if (op >= 0xb8 && op <= 0xbf)
        return BIG;
    if (op == 0xf6)
        return M | I1 | GROUP;
    if (op == 0xf7)
        return M | I4 | GROUP;
    return op == 0xc2 ? I2 : BAD;
}

static uint8_t shape_two(uint8_t op)
{
    if (op == 0x05 || op == 0x0b || op == 0x31 || op == 0xa2 || (op >= 0xc8 && op <= 0xcf))
        return NONE;
    if (op >= 0x80 && op <= 0x8f)
        return I4;
    if ((op >= 0x70 && op <= 0x73) || op == 0xa4 || op == 0xac || op == 0xba || op == 0xc2 ||
        (op >= 0xc4 && op <= 0xc6))
        return M | I1;
    if ((op >= 0x10 && op <= 0x1f) || (op >= 0x28 && op <= 0x2f) || (op >= 0x40 && op <= 0x7f) ||
        (op >= 0x90 && op <= 0x9f) || op == 0xa3 || op == 0xab || op == 0xaf ||
        (op >= 0xb0 && op <= 0xc1) || op == 0xc7 || op >= 0xd0)
        return M;
    return BAD;
}

/* Bytes of ModRM, SIB and displacement. */
static unsigned address_bytes(const uint8_t *modrm)
{
    unsigned mode = modrm[0] >> 6, base = modrm[0] & 7;
    unsigned sib = mode != 3 && base == 4;

    if (mode == 3)
        return 1;
    if (sib)
        base = modrm[1] & 7;
    if (mode == 0)
        return 1 + sib + (base == 5 ? 4 : 0);
    return 1 + sib + (mode == 1 ? 1 : 4);
}

static unsigned immediate_bytes(uint8_t shape, bool wide, bool small, const uint8_t *modrm)
{
    if ((shape & GROUP) && (modrm[0] >> 3 & 7) > 1)
        return 0;
    if (shape & I1)
        return 1;
    if (shape & I2)
        return 2;
    if (shape & I4)
        return small ? 2 : 4;
    return shape & BIG ? (wide ? 8 : 4) : 0;
}

bool decode(const uint8_t *code, size_t size, struct instruction *to)
{
    unsigned at = 0;
    bool small = false, wide = false;
    uint8_t shape;

    *to = (struct instruction){0};
    if (size < 16)
        return false;
    for (; code[at] == 0x66 || code[at] == 0xf2 || code[at] == 0xf3 || code[at] == 0x65; at++)
        small |= code[at] == 0x66;
    if (at > 4)
        return false;
    if ((code[at] & 0xf0) == 0x40)
        wide = code[at++] & 8;
    to->two = code[at] == 0x0f;
    to->opcode = at += to->two;
    shape = to->two ? shape_two(code[at]) : shape_one(code[at]);
    if (shape & BAD)
        return false;
    at++;
    if (shape & M) {
        to->modrm = at;
        at += address_bytes(code + at);
    }
    to->immediate_bytes = immediate_bytes(shape, wide, small, code + to->modrm);
    to->immediate = to->immediate_bytes == 0 ? 0 : at;
    to->bytes = at + to->immediate_bytes;
    return to->bytes <= 15;
}

/* Moves and arithmetic between a register (the ModRM's middle) and a register or memory. */
static bool is_transfer(uint8_t op)
{
    return (op < 0x40 && (op & 7) <= 3) || (op >= 0x88 && op <= 0x8b);
}

/* Is the middle of the ModRM the destination? */
static bool into_middle(uint8_t op)
{
    return op & 2;
}

static bool change_register(uint8_t *code, const struct instruction *i, bool source, word_t random)
{
    uint8_t *modrm = code + i->modrm;
    uint8_t op = code[i->opcode];
    bool middle = into_middle(op) != source;
    unsigned bit = (unsigned)(random % 3);

    if (i->two || i->modrm == 0 || !is_transfer(op))
        return false;
    /* In memory the low bits name the base; 4 and 5 would change the length. */
    if (!middle && modrm[0] >> 6 != 3) {
        if ((modrm[0] & 7) >= 4)
            return false;
        bit = (unsigned)(random % 2);
    }
    *modrm ^= (uint8_t)(1u << (bit + (middle ? 3 : 0)));
    return true;
}

static bool turn_branch(uint8_t *code, const struct instruction *i)
{
    uint8_t op = code[i->opcode];

    if (i->two ? op < 0x80 || op > 0x8f : op < 0x70 || op > 0x7f)
        return false;
    code[i->opcode] ^= 1;
    return true;
}

static bool change_bound(uint8_t *code, const struct instruction *i, word_t random)
{
    uint8_t op = code[i->opcode];
    unsigned middle = i->modrm == 0 ? 8 : code[i->modrm] >> 3 & 7;

    if (i->two || i->immediate == 0 ||
        !(op == 0x3c || op == 0x3d || ((op >= 0x80 && op <= 0x83) && (middle == 7 || middle == 0))))
        return false;
    code[i->immediate] = (uint8_t)(code[i->immediate] + (random & 1 ? 1 : 0xff));
    return true;
}

static bool is_first_value(const uint8_t *code, const struct instruction *i)
{
    uint8_t op = code[i->opcode];
    uint8_t modrm = code[i->modrm];

    if (i->two)
        return false;
    if ((op == 0x31 || op == 0x33) && modrm >> 6 == 3 && (modrm >> 3 & 7) == (modrm & 7))
        return true;
    return op == 0xc7 || op == 0xc6 || (op >= 0xb8 && op <= 0xbf);
}

static bool leave_out(uint8_t *code, const struct instruction *i)
{
    for (unsigned k = 0; k < i->bytes; k++)
        code[k] = 0x90;
    return true;
}

bool mutate(uint8_t *code, const struct instruction *i, enum mutation kind, word_t random)
{
    switch (kind) {
    case MUTATE_SOURCE:
        return change_register(code, i, true, random);
    case MUTATE_DESTINATION:
        return change_register(code, i, false, random);
    case MUTATE_BRANCH:
        return turn_branch(code, i);
    case MUTATE_DELETE:
        return leave_out(code, i);
    case MUTATE_BOUND:
        return change_bound(code, i, random);
    default:
        return is_first_value(code, i) && leave_out(code, i);
    }
}
