/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* bcrypt and bcryptprimitives: random numbers and digests work; ciphers need what is not here and
 * fail (that test runs on Portico only). */
#include "test.h"

#include <bcrypt.h>

static void test_digest(void)
{
    static const unsigned char want[] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea};
    unsigned char got[32];
    BCRYPT_ALG_HANDLE provider;
    BCRYPT_HASH_HANDLE hash;

    is_status(BCryptOpenAlgorithmProvider(&provider, BCRYPT_SHA256_ALGORITHM, NULL, 0), 0,
              "SHA-256");
    is_status(BCryptCreateHash(provider, &hash, NULL, 0, NULL, 0, 0), 0, "BCryptCreateHash");
    is_status(BCryptHashData(hash, (PUCHAR) "abc", 3, 0), 0, "BCryptHashData");
    is_status(BCryptFinishHash(hash, got, sizeof(got), 0), 0, "BCryptFinishHash");
    ok(!memcmp(got, want, sizeof(want)), "of abc");
    BCryptDestroyHash(hash);
    BCryptCloseAlgorithmProvider(provider, 0);
}

static void test_random(void)
{
    unsigned char first[16] = {0}, second[16] = {0};

    is_status(BCryptGenRandom(NULL, first, sizeof(first), BCRYPT_USE_SYSTEM_PREFERRED_RNG), 0,
              "BCryptGenRandom");
    is_status(BCryptGenRandom(NULL, second, sizeof(second), BCRYPT_USE_SYSTEM_PREFERRED_RNG), 0,
              "twice");
    ok(memcmp(first, second, sizeof(first)) != 0, "gives two numbers");
}

/* What the run times of Rust and Go import, from a DLL that mingw-w64 has no library of. */
static void test_process_prng(void)
{
    typedef BOOL(WINAPI * prng_function)(BYTE *, SIZE_T);
    const HMODULE module = LoadLibraryA("bcryptprimitives.dll");
    const prng_function prng = (prng_function)(void *)GetProcAddress(module, "ProcessPrng");
    BYTE first[1002] = {0}, second[1002] = {0};

    if (!prng) {
        ok(0, "bcryptprimitives.dll has ProcessPrng");
        return;
    }
    ok(prng(first + 1, 1000) == TRUE, "ProcessPrng");
    ok(prng(second + 1, 1000) == TRUE, "twice");
    ok(memcmp(first, second, sizeof(first)) != 0, "gives two numbers");
    ok(memcmp(first + 1, first + 501, 500) != 0, "that do not repeat");
    ok(!first[0] && !first[1001], "no byte more than asked for");
    ok(prng(first, 0) == TRUE && !first[0], "none, when none is asked for");
    FreeLibrary(module);
}

static void test_cipher(void)
{
    unsigned char key_bytes[16] = {0}, text[16] = {0};
    BCRYPT_ALG_HANDLE provider;
    BCRYPT_KEY_HANDLE key = NULL;
    ULONG size;
    LONG status;

    is_status(BCryptOpenAlgorithmProvider(&provider, BCRYPT_AES_ALGORITHM, NULL, 0), 0, "AES");
    status = BCryptGenerateSymmetricKey(provider, &key, NULL, 0, key_bytes, sizeof(key_bytes), 0);
    if (!status)
        status = BCryptEncrypt(key, text, 16, NULL, NULL, 0, text, 16, &size, 0);
    ok(status < 0, "does not encrypt: %x", status);
}

static void test_main(void)
{
    test_digest();
    test_random();
    test_process_prng();
    if (running_on_portico())
        test_cipher();
    done_testing();
}
