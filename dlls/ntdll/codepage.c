/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Code pages: the tables of Wine's c_NNN.nls files (the layout Windows uses) and UTF-8, which has
 * no table and is marked by code page 65001.
 *
 * A file is an array of words: [0] size of the head, [1] code page, [2] longest character, [3]
 * default character and [4] its UTF-16 form, [5] [6] the replacements for what maps nowhere,
 * [7..12] lead byte ranges; behind the head the distance to the wide table, then 256 words for
 * single bytes, a word that says whether 256 glyph words follow, and the double byte ranges: their
 * count, 256 offsets, one per lead byte, relative to the offsets themselves, and the 256-word
 * tables.
 */
#include "rtl.h"

CPTABLEINFO ansi_page = {.CodePage = 65001}, oem_page = {.CodePage = 65001};

static void set_utf8(CPTABLEINFO *page)
{
    memset(page, 0, sizeof(*page));
    page->CodePage = 65001;
    page->MaximumCharacterSize = 4;
    page->DefaultChar = '?';
    page->UniDefaultChar = 0xfffd;
    page->TransDefaultChar = '?';
    page->TransUniDefaultChar = '?';
}

void WINAPI RtlInitCodePageTable(USHORT *table, CPTABLEINFO *page)
{
    if (table[1] == 65001) {
        set_utf8(page);
        return;
    }
    page->CodePage = table[1];
    page->MaximumCharacterSize = table[2];
    page->DefaultChar = table[3];
    page->UniDefaultChar = table[4];
    page->TransDefaultChar = table[5];
    page->TransUniDefaultChar = table[6];
    memcpy(page->LeadByte, table + 7, sizeof(page->LeadByte));
    USHORT *body = table + table[0];
    page->WideCharTable = body + body[0] + 1;
    page->MultiByteTable = body + 1;
    USHORT *ranges = page->MultiByteTable + 256;
    page->DBCSRanges = ranges + 1 + (*ranges ? 256 : 0);
    page->DBCSCodePage = *page->DBCSRanges ? 1 : 0;
    page->DBCSOffsets = page->DBCSCodePage ? page->DBCSRanges + 1 : NULL;
}

void WINAPI RtlInitNlsTables(USHORT *ansi, USHORT *oem, USHORT *casing, NLSTABLEINFO *info)
{
    RtlInitCodePageTable(ansi, &info->AnsiTableInfo);
    RtlInitCodePageTable(oem, &info->OemTableInfo);
    info->UpperCaseTable = casing + 2;
    info->LowerCaseTable = casing + casing[1] + 2;
}

void WINAPI RtlResetRtlTranslations(const NLSTABLEINFO *info)
{
    ansi_page = info->AnsiTableInfo;
    oem_page = info->OemTableInfo;
    rtl_case_set_table(info->UpperCaseTable - 2);
}

/* Process start. Both code pages are UTF-8 unless the loader put tables into the PEB; kernelbase
 * decides by the same two fields, so that the two agree.
 */
void rtl_init_nls(void)
{
    PEB *p = peb();
    SIZE_T size = 0;

    if (!p->UnicodeCaseTableData)
        NtGetNlsSectionPtr(10, 0, NULL, &p->UnicodeCaseTableData, &size);
    rtl_case_set_table(p->UnicodeCaseTableData);
    if (p->AnsiCodePageData)
        RtlInitCodePageTable(p->AnsiCodePageData, &ansi_page);
    if (p->OemCodePageData)
        RtlInitCodePageTable(p->OemCodePageData, &oem_page);
}

static size_t utf8_decode(const char *src, size_t n, WCHAR *text, int *ret_n, BOOL *ret_mapped)
{
    size_t take = 1;
    ULONG bytes;
    UCHAR lead = (UCHAR)*src;
    size_t want = lead < 0xc2 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 1;

    while (take < want && take < n && ((UCHAR)src[take] & 0xc0) == 0x80)
        take++;
    *ret_mapped = utf8_to_wide(text, 2 * sizeof(WCHAR), &bytes, src, (ULONG)take) == STATUS_SUCCESS;
    if (!*ret_mapped) {
        text[0] = 0xfffd;
        bytes = sizeof(WCHAR);
    }
    *ret_n = (int)(bytes / sizeof(WCHAR));
    return take;
}

size_t codepage_decode(const CPTABLEINFO *page, const char *src, size_t n, WCHAR ret_text[2],
                       int *ret_n, BOOL *ret_mapped)
{
    UCHAR lead = (UCHAR)*src;

    if (page->CodePage == 65001)
        return utf8_decode(src, n, ret_text, ret_n, ret_mapped);
    *ret_n = 1;
    *ret_mapped = TRUE;
    if (page->DBCSCodePage && page->DBCSOffsets[lead]) {
        if (n < 2 || !src[1]) {
            ret_text[0] = page->TransUniDefaultChar;
            *ret_mapped = FALSE;
            return 1;
        }
        ret_text[0] = page->DBCSOffsets[page->DBCSOffsets[lead] + (UCHAR)src[1]];
        return 2;
    }
    ret_text[0] = page->MultiByteTable[lead];
    return 1;
}

static size_t utf8_encode(const WCHAR *src, size_t n, char *text, int *ret_n, BOOL *ret_mapped)
{
    size_t take = n > 1 && (src[0] & 0xfc00) == 0xd800 && (src[1] & 0xfc00) == 0xdc00 ? 2 : 1;
    ULONG bytes;

    if (*src < 0x80) {
        *text = (char)*src;
        *ret_n = 1;
        *ret_mapped = TRUE;
        return 1;
    }
    *ret_mapped = utf8_from_wide(text, 4, &bytes, src, (ULONG)(take * sizeof(WCHAR))) == 0;
    *ret_n = (int)bytes;
    return take;
}

size_t codepage_encode(const CPTABLEINFO *page, const WCHAR *src, size_t n, char ret_text[4],
                       int *ret_n, BOOL *ret_mapped)
{
    if (page->CodePage == 65001)
        return utf8_encode(src, n, ret_text, ret_n, ret_mapped);
    *ret_mapped = TRUE;
    *ret_n = 1;
    if (!page->DBCSCodePage) {
        ret_text[0] = (char)((const UCHAR *)page->WideCharTable)[*src];
        return 1;
    }
    USHORT code = ((const USHORT *)page->WideCharTable)[*src];
    if (code >> 8) {
        ret_text[0] = (char)(code >> 8);
        ret_text[1] = (char)code;
        *ret_n = 2;
    } else {
        ret_text[0] = (char)code;
    }
    return 1;
}

NTSTATUS WINAPI RtlCustomCPToUnicodeN(CPTABLEINFO *page, WCHAR *dst, DWORD dst_bytes,
                                      DWORD *ret_bytes, const char *src, DWORD src_bytes)
{
    DWORD n = 0, n_max = dst_bytes / sizeof(WCHAR);
    NTSTATUS status = STATUS_SUCCESS;

    for (DWORD i = 0; i < src_bytes;) {
        WCHAR text[2];
        int n_text;
        BOOL mapped;

        i += (DWORD)codepage_decode(page, src + i, src_bytes - i, text, &n_text, &mapped);
        if (n + (DWORD)n_text > n_max) {
            status = STATUS_BUFFER_OVERFLOW;
            break;
        }
        for (int k = 0; k < n_text; k++)
            dst[n++] = text[k];
    }
    if (ret_bytes)
        *ret_bytes = n * sizeof(WCHAR);
    return status;
}

static NTSTATUS encode_all(const CPTABLEINFO *page, char *dst, DWORD dst_bytes, DWORD *ret_bytes,
                           const WCHAR *src, DWORD src_bytes, BOOL upcase)
{
    DWORD n = 0, n_src = src_bytes / sizeof(WCHAR);
    NTSTATUS status = STATUS_SUCCESS;

    for (DWORD i = 0; i < n_src;) {
        WCHAR pair[2] = {src[i], i + 1 < n_src ? src[i + 1] : 0};
        char text[4];
        int n_text;
        BOOL mapped;

        if (upcase)
            pair[0] = wide_upcase(pair[0]);
        i += (DWORD)codepage_encode(page, pair, i + 1 < n_src ? 2 : 1, text, &n_text, &mapped);
        if (dst && n + (DWORD)n_text > dst_bytes) {
            status = STATUS_BUFFER_OVERFLOW;
            break;
        }
        for (int k = 0; dst && k < n_text; k++)
            dst[n + (DWORD)k] = text[k];
        n += (DWORD)n_text;
    }
    if (ret_bytes)
        *ret_bytes = n;
    return status;
}

NTSTATUS WINAPI RtlUnicodeToCustomCPN(CPTABLEINFO *page, char *dst, DWORD dst_bytes,
                                      DWORD *ret_bytes, const WCHAR *src, DWORD src_bytes)
{
    return encode_all(page, dst, dst_bytes, ret_bytes, src, src_bytes, FALSE);
}

NTSTATUS WINAPI RtlUpcaseUnicodeToCustomCPN(CPTABLEINFO *page, char *dst, DWORD dst_bytes,
                                            DWORD *ret_bytes, const WCHAR *src, DWORD src_bytes)
{
    return encode_all(page, dst, dst_bytes, ret_bytes, src, src_bytes, TRUE);
}
