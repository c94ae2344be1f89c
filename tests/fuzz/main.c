/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Runs a harness without libFuzzer: each file named (each file of each folder), or standard input;
 * under AFL++ (afl-clang-fast) many inputs a process. The regression test of `make check` runs the
 * corpus through this. */

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

#define INPUT_MAX_BYTES (1u << 20)

#ifdef __AFL_FUZZ_TESTCASE_LEN
__AFL_FUZZ_INIT();
#endif

static uint8_t bytes[INPUT_MAX_BYTES];
static unsigned n_inputs;

static void run_stream(FILE *stream)
{
    size_t size = fread(bytes, 1, sizeof(bytes), stream);
    uint8_t *exact = malloc(size ? size : 1); /* so that a sanitizer sees the end */

    if (!exact)
        abort();
    memcpy(exact, bytes, size);
    (void)LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    n_inputs++;
}

static void run_file(const char *path)
{
    FILE *stream = fopen(path, "rb");

    if (!stream) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(EXIT_FAILURE);
    }
    run_stream(stream);
    fclose(stream);
}

static void run_path(const char *path)
{
    char name[4096];
    struct stat facts;
    struct dirent *entry;
    DIR *dir = stat(path, &facts) == 0 && S_ISDIR(facts.st_mode) ? opendir(path) : NULL;

    if (!dir) {
        run_file(path);
        return;
    }
    while ((entry = readdir(dir)))
        if (entry->d_name[0] != '.' &&
            snprintf(name, sizeof(name), "%s/%s", path, entry->d_name) < (int)sizeof(name))
            run_path(name);
    closedir(dir);
}

int main(int argc, char **argv)
{
#ifdef __AFL_FUZZ_TESTCASE_LEN
    __AFL_INIT();
    const uint8_t *shared = __AFL_FUZZ_TESTCASE_BUF;
    while (argc == 1 && __AFL_LOOP(10000))
        (void)LLVMFuzzerTestOneInput(shared, (size_t)__AFL_FUZZ_TESTCASE_LEN);
    if (argc == 1)
        return EXIT_SUCCESS;
#endif
    if (argc == 1)
        run_stream(stdin);
    for (int i = 1; i < argc; i++)
        run_path(argv[i]);
    printf("%u inputs\n", n_inputs);
    return n_inputs ? EXIT_SUCCESS : EXIT_FAILURE;
}
