/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* MD4 (RFC 1320), MD5 (RFC 1321) and SHA-1 (FIPS 180): the contexts have the layouts that Windows'
 * callers allocate. All three work on 64-byte blocks and end with the length in bits.
 */
#include "rtl.h"

struct md4_context {
    ULONG state[4];
    ULONG n_bits[2];
    BYTE block[64];
    BYTE digest[16];
};

struct md5_context {
    ULONG n_bits[2];
    ULONG state[4];
    BYTE block[64];
    BYTE digest[16];
};

struct sha_context {
    ULONG unused[6];
    ULONG state[5];
    ULONG n_bits[2]; /* high, low */
    BYTE block[64];
};

typedef void (*block_function)(ULONG *state, const BYTE *block);

static ULONG rotate(ULONG x, int n)
{
    return x << n | x >> (32 - n);
}

static void load_little(const BYTE *block, ULONG *words)
{
    memcpy(words, block, 64);
}

static void initial_state(ULONG *state)
{
    state[0] = 0x67452301;
    state[1] = 0xefcdab89;
    state[2] = 0x98badcfe;
    state[3] = 0x10325476;
}

static void md4_block(ULONG *state, const BYTE *block)
{
    static const BYTE order[3][16] = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
                                      {0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15},
                                      {0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15}};
    static const BYTE shifts[3][4] = {{3, 7, 11, 19}, {3, 5, 9, 13}, {3, 9, 11, 15}};
    static const ULONG constants[3] = {0, 0x5a827999, 0x6ed9eba1};
    ULONG a = state[0], b = state[1], c = state[2], d = state[3], x[16];

    load_little(block, x);
    for (int i = 0; i < 48; i++) {
        int round = i / 16;
        ULONG f = round == 0   ? (b & c) | (~b & d)
                  : round == 1 ? (b & c) | (b & d) | (c & d)
                               : b ^ c ^ d;
        ULONG t = rotate(a + f + x[order[round][i % 16]] + constants[round], shifts[round][i % 4]);
        a = d;
        d = c;
        c = b;
        b = t;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
}

/* floor(2^32 * |sin(i + 1)|) */
static const ULONG md5_constants[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};

static void md5_block(ULONG *state, const BYTE *block)
{
    static const BYTE shifts[4][4] = {
        {7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
    ULONG a = state[0], b = state[1], c = state[2], d = state[3], x[16];

    load_little(block, x);
    for (int i = 0; i < 64; i++) {
        int round = i / 16;
        ULONG f = round == 0   ? (b & c) | (~b & d)
                  : round == 1 ? (d & b) | (~d & c)
                  : round == 2 ? b ^ c ^ d
                               : c ^ (b | ~d);
        int k = round == 0 ? i : round == 1 ? 5 * i + 1 : round == 2 ? 3 * i + 5 : 7 * i;
        ULONG t = b + rotate(a + f + md5_constants[i] + x[k % 16], shifts[round][i % 4]);
        a = d;
        d = c;
        c = b;
        b = t;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
}

static void sha_block(ULONG *state, const BYTE *block)
{
    static const ULONG constants[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
    ULONG a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], w[80];

    load_little(block, w);
    for (int i = 0; i < 16; i++)
        w[i] = __builtin_bswap32(w[i]);
    for (int i = 16; i < 80; i++)
        w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    for (int i = 0; i < 80; i++) {
        int round = i / 20;
        ULONG f = round == 0   ? (b & c) | (~b & d)
                  : round == 2 ? (b & c) | (b & d) | (c & d)
                               : b ^ c ^ d;
        ULONG t = rotate(a, 5) + f + e + constants[round] + w[i];
        e = d;
        d = c;
        c = rotate(b, 30);
        b = a;
        a = t;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
}

/* n_used: bytes in the block so far. */
static void add_bytes(block_function function, ULONG *state, BYTE *block, unsigned n_used,
                      const BYTE *data, unsigned n)
{
    while (n) {
        unsigned n_now = 64 - n_used < n ? 64 - n_used : n;

        memcpy(block + n_used, data, n_now);
        data += n_now;
        n -= n_now;
        n_used += n_now;
        if (n_used == 64) {
            function(state, block);
            n_used = 0;
        }
    }
}

static unsigned add_length(ULONG *low, ULONG *high, unsigned n)
{
    ULONGLONG bits = ((ULONGLONG)*high << 32 | *low) + (ULONGLONG)n * 8;
    unsigned n_used = *low / 8 % 64;

    *low = (ULONG)bits;
    *high = (ULONG)(bits >> 32);
    return n_used;
}

/* One bit, zeroes up to 8 bytes before the end of a block, the length. */
static void pad(block_function function, ULONG *state, BYTE *block, unsigned n_used,
                const void *length)
{
    static const BYTE padding[64] = {0x80};
    unsigned n = n_used < 56 ? 56 - n_used : 120 - n_used;

    add_bytes(function, state, block, n_used, padding, n);
    add_bytes(function, state, block, 56, length, 8);
}

void WINAPI MD4Init(struct md4_context *c)
{
    initial_state(c->state);
    c->n_bits[0] = c->n_bits[1] = 0;
}

void WINAPI MD4Update(struct md4_context *c, const BYTE *data, unsigned n)
{
    unsigned n_used = add_length(&c->n_bits[0], &c->n_bits[1], n);

    add_bytes(md4_block, c->state, c->block, n_used, data, n);
}

void WINAPI MD4Final(struct md4_context *c)
{
    pad(md4_block, c->state, c->block, c->n_bits[0] / 8 % 64, c->n_bits);
    memcpy(c->digest, c->state, sizeof(c->digest));
}

void WINAPI MD5Init(struct md5_context *c)
{
    initial_state(c->state);
    c->n_bits[0] = c->n_bits[1] = 0;
}

void WINAPI MD5Update(struct md5_context *c, const BYTE *data, unsigned n)
{
    unsigned n_used = add_length(&c->n_bits[0], &c->n_bits[1], n);

    add_bytes(md5_block, c->state, c->block, n_used, data, n);
}

void WINAPI MD5Final(struct md5_context *c)
{
    pad(md5_block, c->state, c->block, c->n_bits[0] / 8 % 64, c->n_bits);
    memcpy(c->digest, c->state, sizeof(c->digest));
}

void WINAPI A_SHAInit(struct sha_context *c)
{
    initial_state(c->state);
    c->state[4] = 0xc3d2e1f0;
    c->n_bits[0] = c->n_bits[1] = 0;
}

void WINAPI A_SHAUpdate(struct sha_context *c, const BYTE *data, unsigned n)
{
    unsigned n_used = add_length(&c->n_bits[1], &c->n_bits[0], n);

    add_bytes(sha_block, c->state, c->block, n_used, data, n);
}

/* The context is then as new. */
void WINAPI A_SHAFinal(struct sha_context *c, ULONG *ret_digest)
{
    ULONG length[2] = {__builtin_bswap32(c->n_bits[0]), __builtin_bswap32(c->n_bits[1])};

    pad(sha_block, c->state, c->block, c->n_bits[1] / 8 % 64, length);
    for (int i = 0; i < 5; i++)
        ret_digest[i] = __builtin_bswap32(c->state[i]);
    A_SHAInit(c);
}
