/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* A good header, then each field made bad in turn. */

#include "image.h"
#include "unit.h"
#include <string.h>

enum { FILE_BYTES = 0x3000, PE_AT = 0x80, SECTIONS_AT = PE_AT + 4 + 20 + 240 };

static struct file {
    uint8_t bytes[0x1000];
} file;

static IMAGE_DOS_HEADER *dos(void)
{
    return (IMAGE_DOS_HEADER *)file.bytes;
}

static IMAGE_NT_HEADERS64 *nt(void)
{
    return (IMAGE_NT_HEADERS64 *)(file.bytes + PE_AT);
}

static IMAGE_SECTION_HEADER *section(unsigned i)
{
    return (IMAGE_SECTION_HEADER *)(file.bytes + SECTIONS_AT) + i;
}

static void file_make(void)
{
    memset(&file, 0, sizeof(file));
    dos()->e_magic = IMAGE_DOS_SIGNATURE;
    dos()->e_lfanew = PE_AT;
    nt()->Signature = IMAGE_NT_SIGNATURE;
    nt()->FileHeader.Machine = IMAGE_FILE_MACHINE_AMD64;
    nt()->FileHeader.NumberOfSections = 2;
    nt()->FileHeader.SizeOfOptionalHeader = 240;
    nt()->FileHeader.Characteristics = IMAGE_FILE_EXECUTABLE_IMAGE;
    nt()->OptionalHeader.Magic = IMAGE_NT_OPTIONAL_HDR64_MAGIC;
    nt()->OptionalHeader.ImageBase = 0x140000000;
    nt()->OptionalHeader.SectionAlignment = 0x1000;
    nt()->OptionalHeader.FileAlignment = 0x200;
    nt()->OptionalHeader.SizeOfImage = 0x4000;
    nt()->OptionalHeader.SizeOfHeaders = 0x400;
    nt()->OptionalHeader.AddressOfEntryPoint = 0x1000;
    nt()->OptionalHeader.NumberOfRvaAndSizes = 16;
    *section(0) = (IMAGE_SECTION_HEADER){.Misc.VirtualSize = 0x1800,
                                         .VirtualAddress = 0x1000,
                                         .SizeOfRawData = 0x1800,
                                         .PointerToRawData = 0x400};
    *section(1) = (IMAGE_SECTION_HEADER){.Misc.VirtualSize = 0x800,
                                         .VirtualAddress = 0x3000,
                                         .SizeOfRawData = 0x200,
                                         .PointerToRawData = 0x2000};
}

static NTSTATUS check(struct image_info *ret_info)
{
    return image_headers_check(file.bytes, sizeof(file.bytes), FILE_BYTES, ret_info);
}

START_TEST(a_good_header_is_read)
{
    struct image_info info;

    file_make();
    nt()->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_EXPORT] =
        (IMAGE_DATA_DIRECTORY){0x3000, 0x100};
    ck_assert_int_eq(check(&info), STATUS_SUCCESS);
    ck_assert_uint_eq(info.base, 0x140000000);
    ck_assert_uint_eq(info.entry_rva, 0x1000);
    ck_assert_uint_eq(info.n_sections, 2);
    ck_assert_uint_eq(info.sections_offset, SECTIONS_AT);
    ck_assert_uint_eq(info.exports_rva, 0x3000);
}
END_TEST

START_TEST(each_kind_of_wrong_file_has_its_status)
{
    struct image_info info;

    file_make();
    dos()->e_magic = 0x4c5a;
    ck_assert_int_eq(check(&info), STATUS_INVALID_IMAGE_NOT_MZ);
    ck_assert_int_eq(image_headers_check(file.bytes, 1, 1, &info), STATUS_INVALID_IMAGE_NOT_MZ);
    file_make();
    nt()->Signature = IMAGE_OS2_SIGNATURE;
    ck_assert_int_eq(check(&info), STATUS_INVALID_IMAGE_WIN_16);
    file_make();
    nt()->FileHeader.Machine = IMAGE_FILE_MACHINE_I386;
    ck_assert_int_eq(check(&info), STATUS_IMAGE_MACHINE_TYPE_MISMATCH);
    ck_assert_uint_eq(info.machine, IMAGE_FILE_MACHINE_I386);
    nt()->FileHeader.Machine = IMAGE_FILE_MACHINE_ARM64;
    ck_assert_int_eq(check(&info), STATUS_IMAGE_MACHINE_TYPE_MISMATCH);
}
END_TEST

#define BAD(change)                                                                \
    do {                                                                           \
        struct image_info bad_;                                                    \
        file_make();                                                               \
        change;                                                                    \
        ck_assert_msg(check(&bad_) == STATUS_INVALID_IMAGE_FORMAT, "%s", #change); \
    } while (0)

START_TEST(a_damaged_header_is_refused)
{
    BAD(dos()->e_lfanew = 0x7fffffff);
    BAD(dos()->e_lfanew = -1);
    BAD(dos()->e_lfanew = (LONG)sizeof(file.bytes) - 4);
    BAD(nt()->Signature = 0);
    BAD(nt()->FileHeader.SizeOfOptionalHeader = 60);
    BAD(nt()->FileHeader.Characteristics = 0);
    BAD(nt()->FileHeader.NumberOfSections = 97);
    BAD(nt()->OptionalHeader.Magic = 0x10b);
    BAD(nt()->OptionalHeader.SectionAlignment = 0x800);
    BAD(nt()->OptionalHeader.SectionAlignment = 0x1001);
    BAD(nt()->OptionalHeader.FileAlignment = 3);
    BAD(nt()->OptionalHeader.SizeOfImage = 0);
    BAD(nt()->OptionalHeader.SizeOfImage = 0xfffff000);
    BAD(nt()->OptionalHeader.SizeOfHeaders = 0x5000);
    BAD(nt()->OptionalHeader.AddressOfEntryPoint = 0x4000);
    BAD(nt()->OptionalHeader.ImageBase = 0x140001000);
    BAD(nt()->OptionalHeader.ImageBase = 0xffff800000000000);
}
END_TEST

START_TEST(a_damaged_section_is_refused)
{
    BAD(section(0)->VirtualAddress = 0x1234);
    BAD(section(0)->VirtualAddress = 0);
    BAD(section(1)->VirtualAddress = 0x2000); /* inside the first */
    BAD(section(1)->VirtualAddress = 0x4000);
    BAD(section(1)->VirtualAddress = 0xfffff000);
    BAD(section(1)->Misc.VirtualSize = 0xffffffff);
    BAD(section(1)->PointerToRawData = FILE_BYTES);
    BAD(section(1)->SizeOfRawData = 0xffffffff);
}
END_TEST

#define DIRECTORY(index, ...)                                          \
    nt()->OptionalHeader.DataDirectory[index] = (IMAGE_DATA_DIRECTORY) \
    {                                                                  \
        __VA_ARGS__                                                    \
    }

START_TEST(a_directory_outside_of_the_image_is_refused)
{
    static const unsigned sized[] = {IMAGE_DIRECTORY_ENTRY_EXPORT, IMAGE_DIRECTORY_ENTRY_RESOURCE,
                                     IMAGE_DIRECTORY_ENTRY_EXCEPTION,
                                     IMAGE_DIRECTORY_ENTRY_BASERELOC};
    static const unsigned unsized[] = {IMAGE_DIRECTORY_ENTRY_IMPORT, IMAGE_DIRECTORY_ENTRY_TLS,
                                       IMAGE_DIRECTORY_ENTRY_LOAD_CONFIG,
                                       IMAGE_DIRECTORY_ENTRY_DELAY_IMPORT};
    struct image_info info;

    for (unsigned i = 0; i < 4; i++) {
        BAD(DIRECTORY(sized[i], 0x3ff0, 0x11));
        BAD(DIRECTORY(sized[i], 0x3ff0, 0xfffffff0));
        BAD(DIRECTORY(sized[i], 0x4000, 0));
        BAD(DIRECTORY(unsized[i], 0x3ffd, 0));
        BAD(DIRECTORY(unsized[i], 0xfffffff0, 0x1000));
        file_make();
        DIRECTORY(unsized[i], 0x3f00, 0xfffffff0);
        ck_assert_int_eq(check(&info), STATUS_SUCCESS);
    }
    BAD(DIRECTORY(IMAGE_DIRECTORY_ENTRY_EXPORT, 0x3ff0, 1));
    /* not read, not the image's (an offset in the file), or not counted */
    file_make();
    DIRECTORY(IMAGE_DIRECTORY_ENTRY_SECURITY, 0x5000, 0x1000);
    DIRECTORY(IMAGE_DIRECTORY_ENTRY_BASERELOC, 0x5000, 0x1000);
    nt()->OptionalHeader.NumberOfRvaAndSizes = IMAGE_DIRECTORY_ENTRY_BASERELOC;
    ck_assert_int_eq(check(&info), STATUS_SUCCESS);
    ck_assert_uint_eq(info.relocations_size, 0);
}
END_TEST

START_TEST(headers_beyond_their_stated_size_are_refused)
{
    BAD(nt()->OptionalHeader.SizeOfHeaders = SECTIONS_AT + 79);
    BAD(nt()->FileHeader.SizeOfOptionalHeader = 0xffff);
}
END_TEST

/* Any single byte changed: a status, and on success only bounded values. */
START_TEST(any_changed_byte_is_survived)
{
    struct image_info info;
    unsigned i, value;

    for (i = 0; i < SECTIONS_AT + 80; i++)
        for (value = 0; value < 256; value += 5) {
            file_make();
            file.bytes[i] = (uint8_t)value;
            if (check(&info))
                continue;
            ck_assert_uint_lt(info.entry_rva, info.size_of_image);
            ck_assert_uint_le(info.sections_offset + info.n_sections * 40u, sizeof(file.bytes));
            ck_assert_uint_le(info.relocations_rva + (uint64_t)info.relocations_size,
                              info.size_of_image);
        }
}
END_TEST

int main(void)
{
    UNIT_BEGIN("pe_headers");
    UNIT_TEST(a_good_header_is_read);
    UNIT_TEST(each_kind_of_wrong_file_has_its_status);
    UNIT_TEST(a_damaged_header_is_refused);
    UNIT_TEST(a_damaged_section_is_refused);
    UNIT_TEST(a_directory_outside_of_the_image_is_refused);
    UNIT_TEST(headers_beyond_their_stated_size_are_refused);
    UNIT_TEST(any_changed_byte_is_survived);
    return UNIT_END();
}
