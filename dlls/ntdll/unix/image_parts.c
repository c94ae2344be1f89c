/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The pages of an image.
 *
 * A part whose file offset is page aligned is mapped from the file, privately, so an unrelocated
 * DLL of Wine's costs a few mmaps and the pages it touches. mingw links programs with 512-byte file
 * alignment: those parts are read, with one call. What is mapped is mapped for reading, which most
 * of it keeps; then neighbours that change to the same change with one call, none of them twice:
 * system calls on the address space and page faults are most of what the start of a program costs.
 *
 * DIFFERS: the debug sections of an unaligned image (discardable, mingw's /NN names) are left zero:
 * Windows would map them.
 */

#include "image_parts.h"

#include "virtual.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

static size_t page_up(size_t size)
{
    return (size + VIRTUAL_PAGE - 1) & ~(size_t)(VIRTUAL_PAGE - 1);
}

static ULONG section_protection(const IMAGE_SECTION_HEADER *section)
{
    bool executable = section->Characteristics & IMAGE_SCN_MEM_EXECUTE;

    if (section->Characteristics & IMAGE_SCN_MEM_WRITE)
        return executable ? PAGE_EXECUTE_WRITECOPY : PAGE_WRITECOPY;
    if (section->Characteristics & IMAGE_SCN_MEM_READ)
        return executable ? PAGE_EXECUTE_READ : PAGE_READONLY;
    return executable ? PAGE_EXECUTE : PAGE_NOACCESS;
}

/* Mapped from the file; else read from it, or zero. */
static bool part_is_mapped(const struct part *part)
{
    return part->raw && !(part->offset % VIRTUAL_PAGE) && !(part->raw % VIRTUAL_PAGE);
}

static bool part_is_read(const struct part *part)
{
    return part->raw && !part_is_mapped(part);
}

static void part_add(struct image_parts *parts, struct part part)
{
    if (part.raw > part.size)
        part.raw = (uint32_t)part.size;
    if (part.size)
        parts->part[parts->n++] = part;
}

static void section_add(struct image_parts *parts, const IMAGE_SECTION_HEADER *section)
{
    struct part part = {.rva = section->VirtualAddress,
                        .offset = section->PointerToRawData,
                        .raw = section->PointerToRawData ? section->SizeOfRawData : 0,
                        .size = page_up(section->Misc.VirtualSize ? section->Misc.VirtualSize
                                                                  : section->SizeOfRawData),
                        .protection = section_protection(section)};

    if (section->Characteristics & IMAGE_SCN_MEM_DISCARDABLE && section->Name[0] == '/' &&
        !part_is_mapped(&part))
        part.raw = 0;
    part_add(parts, part);
}

NTSTATUS image_parts_init(struct image_parts *parts, const struct image_info *info,
                          const uint8_t *headers)
{
    parts->part = calloc(info->n_sections + 1u, sizeof(*parts->part));
    if (!parts->part)
        return STATUS_NO_MEMORY;
    part_add(parts, (struct part){.raw = info->size_of_headers,
                                  .size = page_up(info->size_of_headers),
                                  .protection = PAGE_READONLY});
    for (unsigned i = 0; i < info->n_sections; i++) {
        IMAGE_SECTION_HEADER section;

        memcpy(&section, headers + info->sections_offset + i * sizeof(section), sizeof(section));
        section_add(parts, &section);
    }
    return STATUS_SUCCESS;
}

void image_parts_deinit(struct image_parts *parts)
{
    free(parts->part);
    parts->part = NULL;
}

static bool are_neighbours(const struct part *part, const struct part *above)
{
    return above->rva == part->rva + part->size;
}

/* Gives each part its next protection: neighbours that change to the same one in one call. */
static NTSTATUS parts_protect(struct image_parts *parts)
{
    struct part *part = parts->part, *end = parts->part + parts->n;
    NTSTATUS status = STATUS_SUCCESS;

    while (part < end && !status) {
        const struct part *first = part++;
        size_t size = first->size;

        if (first->now == first->next)
            continue;
        for (; part < end && are_neighbours(part - 1, part) && part->next == first->next &&
               part->now != part->next;
             part++)
            size += part->size;
        status = view_protect(parts->base + first->rva, size, first->next);
    }
    for (part = parts->part; part < end; part++)
        part->now = part->next;
    return status;
}

/* Maps a stretch of neighbouring parts that lie in the file as in memory: one mmap, for reading. */
static NTSTATUS run_map(int fd, const struct image_parts *parts, struct part *part,
                        struct part *end)
{
    char *begin = parts->base + part->rva;
    size_t size = (size_t)(end[-1].rva - part->rva) + end[-1].raw;

    if (mmap(begin, size, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, part->offset) == MAP_FAILED)
        return STATUS_NO_MEMORY;
    for (; part < end; part++)
        part->now = part->raw == part->size ? PAGE_READONLY : 0;
    return view_record(begin, size, PAGE_READONLY);
}

static NTSTATUS parts_map(int fd, const struct image_parts *parts)
{
    struct part *part = parts->part, *end = parts->part + parts->n, *run;
    NTSTATUS status = STATUS_SUCCESS;

    while (part < end && !status) {
        run = part++;
        if (!part_is_mapped(run))
            continue;
        while (part < end && part_is_mapped(part) && are_neighbours(part - 1, part) &&
               part[-1].raw == part[-1].size && part->offset == part[-1].offset + part[-1].raw)
            part++;
        status = run_map(fd, parts, run, part);
    }
    return status;
}

/* Makes writable what the file is read to, or everything; with it, in one call, what lies between
 * and will be writable. */
static NTSTATUS parts_open(struct image_parts *parts, bool all)
{
    for (unsigned i = 0; i < parts->n; i++) {
        struct part *part = &parts->part[i];
        bool is_zero = !part->raw && part->protection == PAGE_WRITECOPY;

        part->next = all || part_is_read(part) || is_zero ? PAGE_WRITECOPY : part->now;
    }
    return parts_protect(parts);
}

/* Reads what the vectors ask for from one place of the file on. */
static NTSTATUS vectors_read(int fd, struct iovec *vectors, int n, off_t offset)
{
    while (n) {
        ssize_t done = preadv(fd, vectors, n, offset);

        if (done <= 0)
            return STATUS_INVALID_IMAGE_FORMAT;
        offset += done;
        for (; n && (size_t)done >= vectors->iov_len; n--)
            done -= (ssize_t)vectors++->iov_len;
        if (n) {
            vectors->iov_base = (char *)vectors->iov_base + done;
            vectors->iov_len -= (size_t)done;
        }
    }
    return STATUS_SUCCESS;
}

/* One call for pages that would fault one by one, if Linux knows it: those that the file is read
 * to. What a part has behind them is zero, and may be large. */
static void parts_populate(const struct image_parts *parts)
{
    const struct part *part = parts->part, *end = parts->part + parts->n, *run;

    while (part < end) {
        run = part++;
        if (!part_is_read(run))
            continue;
        while (part < end && part_is_read(part) && are_neighbours(part - 1, part) &&
               page_up(part[-1].raw) == part[-1].size)
            part++;
        (void)madvise(parts->base + run->rva, part[-1].rva - run->rva + page_up(part[-1].raw),
                      MADV_POPULATE_WRITE);
    }
}

/* The parts that are not mapped, which mostly lie one behind the other in the file. */
static NTSTATUS parts_fill(int fd, const struct image_parts *parts)
{
    struct iovec vectors[IMAGE_SECTIONS_MAX + 1];
    uint64_t offset = 0, end = 0;
    NTSTATUS status = STATUS_SUCCESS;
    int n = 0;

    parts_populate(parts);
    for (unsigned i = 0; i < parts->n && !status; i++) {
        const struct part *part = &parts->part[i];

        if (!part_is_read(part))
            continue;
        if (n && part->offset != end) {
            status = vectors_read(fd, vectors, n, (off_t)offset);
            n = 0;
        }
        if (!n)
            offset = part->offset;
        vectors[n++] = (struct iovec){parts->base + part->rva, part->raw};
        end = (uint64_t)part->offset + part->raw;
    }
    return status ? status : vectors_read(fd, vectors, n, (off_t)offset);
}

NTSTATUS image_parts_load(struct image_parts *parts, int fd, bool open)
{
    NTSTATUS status = parts_map(fd, parts);

    if (!status)
        status = parts_open(parts, open);
    return status ? status : parts_fill(fd, parts);
}

NTSTATUS image_parts_open(struct image_parts *parts)
{
    return parts_open(parts, true);
}

NTSTATUS image_parts_close(struct image_parts *parts)
{
    for (unsigned i = 0; i < parts->n; i++)
        parts->part[i].next = parts->part[i].protection;
    return parts_protect(parts);
}
