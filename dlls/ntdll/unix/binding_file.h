/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What is known from earlier starts of where DLLs found their imports: a list in memory and the
 * file that it is kept in. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* A version of a file: one that was written to since differs in something. */
struct file_id {
    uint64_t device, inode, size;
    int64_t modified_s, modified_ns;
    int64_t changed_s, changed_ns;
};

/* Which imports: those of one import table, with the loader that bound them. */
struct binding_key {
    struct file_id loader, importer, exporter;
    uint64_t table; /* its address in the importer's image */
};

struct binding_bytes {
    uint8_t *bytes;
    size_t size;
};

struct binding_file {
    struct binding_bytes known; /* as read; does not move */
    struct binding_bytes added;
};

struct file_id file_id_of(const struct stat *file);
/* False: it was changed a moment ago, or will have been: another change might leave it the same
 * times. */
bool file_id_is_settled(const struct file_id *id, int64_t now_s);

/* False, and nothing is known: there is no file, it is damaged, of another format, or could have
 * been written by another user. */
bool binding_file_read(struct binding_file *file, const char *path);
/* NULL, or for each import in the table's order where in the exporter's image it leads, 0 when that
 * is to be searched for; valid until deinit. */
const uint32_t *binding_file_find(const struct binding_file *file, const struct binding_key *key,
                                  size_t *ret_n);
/* Copies. False: no memory. */
bool binding_file_add(struct binding_file *file, const struct binding_key *key,
                      const uint32_t *rvas, size_t n);
/* In one step, for everybody who reads it: what was added and is known with the same loader; what
 * was added alone when both are too much. False: it stays as it was, or nothing was added. */
bool binding_file_write(const struct binding_file *file, const char *path);
void binding_file_deinit(struct binding_file *file);
