/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* What is written is read again, what is odd is not read, and no key finds another's entry. */

#include "binding_file.h"
#include "unit.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/check_binding_file.XXXXXX";
static char path[64], other[64];
static int64_t loader; /* which version of it */
static const uint32_t few[] = {0x1000, 0, 0x2000}, many[] = {1, 2, 3, 4};

static struct binding_key key_of(uint64_t number)
{
    const struct file_id id = {.device = 1, .inode = number, .size = 3, 4, 5, 6, 7};

    return (struct binding_key){.loader = {.inode = 9, .changed_ns = loader},
                                .importer = id,
                                .exporter = id,
                                .table = number};
}

static void setup(void)
{
    strcpy(strrchr(folder, '.'), ".XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/file", folder);
    snprintf(other, sizeof(other), "%s/other", folder);
}

static void teardown(void)
{
    unlink(path);
    rmdir(path);
    unlink(other);
    rmdir(folder);
}

static void file_write(uint64_t number, const uint32_t *rvas, size_t n)
{
    struct binding_file file = {0};
    const struct binding_key key = key_of(number);

    (void)binding_file_read(&file, path);
    ck_assert(binding_file_add(&file, &key, rvas, n));
    ck_assert(binding_file_write(&file, path));
    binding_file_deinit(&file);
}

/* Is there such an entry, with these? */
static bool file_has(const struct binding_key *key, const uint32_t *rvas, size_t n)
{
    struct binding_file file = {0};
    size_t n_found = 0;
    const uint32_t *found =
        binding_file_read(&file, path) ? binding_file_find(&file, key, &n_found) : NULL;
    bool is_there = found && n_found == n && !memcmp(found, rvas, n * sizeof(*rvas));

    binding_file_deinit(&file);
    return is_there;
}

static bool file_is_read(void)
{
    struct binding_file file = {0};
    bool is_read = binding_file_read(&file, path);

    binding_file_deinit(&file);
    return is_read;
}

START_TEST(what_was_added_is_found)
{
    const struct binding_key one = key_of(1), two = key_of(2), three = key_of(3);

    ck_assert(!file_is_read());
    file_write(1, few, 3);
    ck_assert(file_has(&one, few, 3));
    file_write(2, many, 4);
    ck_assert(file_has(&one, few, 3));
    ck_assert(file_has(&two, many, 4));
    ck_assert(!file_has(&three, few, 3));
}
END_TEST

START_TEST(what_is_of_another_loader_goes)
{
    const struct binding_key old = key_of(1);

    file_write(1, few, 3);
    file_write(2, few, 3);
    ck_assert(file_has(&old, few, 3));
    loader++;
    const struct binding_key new_one = key_of(1), new_two = key_of(2);
    file_write(1, many, 4);
    file_write(2, many, 4);
    ck_assert(!file_has(&old, few, 3));
    ck_assert(file_has(&new_one, many, 4));
    ck_assert(file_has(&new_two, many, 4));
}
END_TEST

START_TEST(each_word_of_a_key_counts)
{
    struct binding_key key = key_of(1);
    uint64_t *words = (uint64_t *)&key;

    file_write(1, few, 3);
    for (size_t i = 0; i < sizeof(key) / sizeof(*words); i++) {
        words[i]++;
        ck_assert_msg(!file_has(&key, few, 3), "word %zu", i);
        words[i]--;
    }
    ck_assert(file_has(&key, few, 3));
}
END_TEST

static size_t bytes_read(uint8_t *bytes, size_t size)
{
    FILE *file = fopen(path, "r");
    size_t n;

    ck_assert_ptr_nonnull(file);
    n = fread(bytes, 1, size, file);
    fclose(file);
    return n;
}

static void bytes_write(const uint8_t *bytes, size_t size)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(each_byte_that_changed_is_seen)
{
    uint8_t bytes[1024];
    size_t size;

    file_write(1, few, 3);
    size = bytes_read(bytes, sizeof(bytes));
    ck_assert_uint_gt(size, 200);
    ck_assert_uint_lt(size, sizeof(bytes));
    for (size_t i = 0; i < size; i++) {
        bytes[i] ^= 0x10;
        bytes_write(bytes, size);
        ck_assert_msg(!file_is_read(), "byte %zu", i);
        bytes[i] ^= 0x10;
    }
    bytes_write(bytes, size);
    ck_assert(file_is_read());
}
END_TEST

START_TEST(each_other_length_is_seen)
{
    uint8_t bytes[1024] = {0};
    size_t size;

    file_write(1, few, 3);
    size = bytes_read(bytes, sizeof(bytes));
    for (size_t n = 0; n < size + 32; n++) {
        bytes_write(bytes, n);
        ck_assert_msg(file_is_read() == (n == size), "%zu of %zu bytes", n, size);
    }
    /* Half a word more, and the header (its size stands behind the magic) says so. */
    bytes[16] += 4;
    bytes_write(bytes, size + 4);
    ck_assert(!file_is_read());
}
END_TEST

START_TEST(what_others_may_write_to_is_not_read)
{
    file_write(1, few, 3);
    chmod(path, 0620);
    ck_assert(!file_is_read());
    chmod(path, 0602);
    ck_assert(!file_is_read());
    chmod(path, 0644);
    ck_assert(file_is_read());
}
END_TEST

/* As the port server takes none such. */
START_TEST(a_folder_that_is_a_link_or_that_others_may_write_to_is_as_none)
{
    struct binding_file file = {0};
    const struct binding_key key = key_of(2);
    char link[80], through[96];

    file_write(1, few, 3);
    ck_assert(binding_file_add(&file, &key, few, 3));
    snprintf(link, sizeof(link), "%s.link", folder);
    snprintf(through, sizeof(through), "%s/file", link);
    ck_assert_int_eq(symlink(folder, link), 0);
    ck_assert(!binding_file_write(&file, through));
    ck_assert(!binding_file_read(&file, through));
    unlink(link);
    chmod(folder, 0720);
    ck_assert(!binding_file_write(&file, path));
    ck_assert(!file_is_read());
    chmod(folder, 0702);
    ck_assert(!binding_file_write(&file, path));
    chmod(folder, 0755);
    ck_assert(file_is_read());
    ck_assert(binding_file_write(&file, path));
    binding_file_deinit(&file);
}
END_TEST

START_TEST(what_is_no_file_is_not_read)
{
    file_write(1, few, 3);
    ck_assert_int_eq(rename(path, other), 0);
    ck_assert_int_eq(symlink(other, path), 0);
    ck_assert(!file_is_read());
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    ck_assert(!file_is_read());
    ck_assert_int_eq(rmdir(path), 0);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert(!file_is_read()); /* nor waited for */
}
END_TEST

START_TEST(a_file_that_would_be_too_large_begins_anew)
{
    static uint32_t rvas[0x4000];
    const struct binding_key first = key_of(1);
    struct stat info = {0};

    for (uint64_t number = 1; file_has(&first, rvas, 0x4000) || number == 1; number++) {
        const struct binding_key key = key_of(number);

        file_write(number, rvas, 0x4000);
        ck_assert(file_has(&key, rvas, 0x4000));
        ck_assert_int_eq(stat(path, &info), 0);
        ck_assert_int_le(info.st_size, 1 << 20);
    }
}
END_TEST

START_TEST(nothing_is_left_of_a_file_that_cannot_be_written)
{
    struct binding_file file = {0};
    const struct binding_key key = key_of(1);
    DIR *dir;

    ck_assert_int_eq(mkdir(path, 0700), 0); /* a rename to it fails */
    ck_assert(binding_file_add(&file, &key, few, 3));
    ck_assert(!binding_file_write(&file, path));
    ck_assert(!binding_file_write(&file, "/tmp/check_binding_file.none/file"));
    binding_file_deinit(&file);
    dir = opendir(folder);
    ck_assert_ptr_nonnull(dir);
    for (struct dirent *entry; (entry = readdir(dir));)
        ck_assert(entry->d_name[0] == '.' || !strcmp(entry->d_name, "file"));
    closedir(dir);
}
END_TEST

/* Of a process that was killed in between and had the number that this one has. */
START_TEST(what_was_left_half_way_is_in_nobodys_way)
{
    const struct binding_key key = key_of(1);
    char left[80];
    FILE *file;

    snprintf(left, sizeof(left), "%s.%d", path, (int)getpid());
    file = fopen(left, "w");
    ck_assert_ptr_nonnull(file);
    fclose(file);
    file_write(1, few, 3);
    ck_assert(file_has(&key, few, 3));
    ck_assert_int_ne(access(left, F_OK), 0);
}
END_TEST

START_TEST(a_file_is_settled_some_time_after_its_change)
{
    struct file_id id = {.changed_s = 1000, .modified_s = 1};

    ck_assert(!file_id_is_settled(&id, 999));
    ck_assert(!file_id_is_settled(&id, 1000));
    ck_assert(!file_id_is_settled(&id, 1001));
    ck_assert(file_id_is_settled(&id, 1010));
}
END_TEST

int main(void)
{
    UNIT_BEGIN("binding_file");
#define TEST(test) (UNIT_TEST(test), tcase_add_checked_fixture(unit_case, setup, teardown))
    TEST(what_was_added_is_found);
    TEST(what_is_of_another_loader_goes);
    TEST(each_word_of_a_key_counts);
    TEST(each_byte_that_changed_is_seen);
    TEST(each_other_length_is_seen);
    TEST(what_others_may_write_to_is_not_read);
    TEST(a_folder_that_is_a_link_or_that_others_may_write_to_is_as_none);
    TEST(what_is_no_file_is_not_read);
    TEST(a_file_that_would_be_too_large_begins_anew);
    TEST(nothing_is_left_of_a_file_that_cannot_be_written);
    TEST(what_was_left_half_way_is_in_nobodys_way);
    TEST(a_file_is_settled_some_time_after_its_change);
    return UNIT_END();
}
