/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* DOS paths as text: their types, device names, the full form. Pure functions: the current
 * directory comes in as an argument, so that a table of examples can test them.
 *
 * The full form: separators become backslashes and runs of them one; `.` goes, `..` takes the name
 * before it but never the root; a name loses one dot at its end, the last name all dots and blanks
 * there. The root is `C:\`, `\\server\share\` or `\\.\`.
 */
#include "path.h"

DOS_PATHNAME_TYPE WINAPI RtlDetermineDosPathNameType_U(const WCHAR *path)
{
    if (is_separator(path[0])) {
        if (!is_separator(path[1]))
            return ABSOLUTE_PATH;
        if (path[2] != '.' && path[2] != '?')
            return UNC_PATH;
        if (is_separator(path[3]))
            return DEVICE_PATH;
        return path[3] ? UNC_PATH : UNC_DOT_PATH;
    }
    if (!path[0] || path[1] != ':')
        return RELATIVE_PATH;
    return is_separator(path[2]) ? ABSOLUTE_DRIVE_PATH : RELATIVE_DRIVE_PATH;
}

/* --- device names --- */

static BOOL is_device_word(const WCHAR *name, size_t n)
{
    static const WCHAR *const words[] = {L"AUX", L"CON", L"NUL", L"PRN"};

    if (n == 3)
        for (size_t i = 0; i < ARRAY_COUNT(words); i++)
            if (!wide_compare(name, 3, words[i], 3, TRUE))
                return TRUE;
    if (n == 4 && name[3] >= '1' && name[3] <= '9')
        return !wide_compare(name, 3, L"COM", 3, TRUE) || !wide_compare(name, 3, L"LPT", 3, TRUE);
    return (n == 6 && !wide_compare(name, 6, L"CONIN$", 6, TRUE)) ||
           (n == 7 && !wide_compare(name, 7, L"CONOUT$", 7, TRUE));
}

/* Where the device's name is in the path: its offset and length in bytes; 0 when it names no
 * device. The name counts up to its first dot or colon, without blanks before that.
 */
ULONG WINAPI RtlIsDosDeviceName_U(const WCHAR *path)
{
    DOS_PATHNAME_TYPE type = RtlDetermineDosPathNameType_U(path);
    size_t n = wide_length(path), start, end;

    if (type == UNC_PATH || type == UNC_DOT_PATH)
        return 0;
    if (type == DEVICE_PATH) /* only the console keeps its meaning there */
        return wide_compare(path + 2, n - 2, L".\\CON", 5, TRUE) ? 0 : MAKELONG(6, 8);
    if (n && path[n - 1] == ':')
        n--;
    for (start = n; start && !is_separator(path[start - 1]); start--)
        if (path[start - 1] == ':' && start == 2)
            break;
    for (end = start; end < n && path[end] != '.' && path[end] != ':'; end++)
        ;
    while (end > start && path[end - 1] == ' ')
        end--;
    if (!is_device_word(path + start, end - start))
        return 0;
    return (ULONG)MAKELONG((end - start) * sizeof(WCHAR), start * sizeof(WCHAR));
}

/* --- the full form --- */

struct path_out {
    WCHAR *buffer;
    size_t n_max, n, n_root;
    size_t n_high; /* the longest it has been: beyond n_max the text is lost */
};

static void out_char(struct path_out *out, WCHAR ch)
{
    if (out->n < out->n_max)
        out->buffer[out->n] = ch;
    out->n++;
    if (out->n > out->n_high)
        out->n_high = out->n;
}

static void out_text(struct path_out *out, const WCHAR *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out_char(out, text[i] == '/' ? '\\' : text[i]);
}

/* Back over the last name and the backslash before it, down to the root. A path longer than the
 * buffer is refused as a whole, so what lies beyond it is never read.
 */
static void out_pop(struct path_out *out)
{
    if (out->n > out->n_root)
        out->n--;
    while (out->n > out->n_root && out->n <= out->n_max && out->buffer[out->n - 1] != '\\')
        out->n--;
    if (out->n > out->n_root)
        out->n--;
}

/* The end of a name: what the rules above leave of it. */
static size_t name_end(const WCHAR *name, size_t n, BOOL last)
{
    /* DIFFERS: FindFirstFile gives this to NtQueryDirectoryFile, where it means names without a
     * dot; Windows' looks at its own argument for that, Wine's only at what is left here. */
    if (last && n == 2 && name[0] == '*' && name[1] == '.')
        return n;
    if (last)
        while (n && (name[n - 1] == '.' || name[n - 1] == ' '))
            n--;
    else if (n && name[n - 1] == '.')
        n--;
    return n;
}

/* Append the names of `path`. The output stands at the root or behind a name without backslash. */
static void out_names(struct path_out *out, const WCHAR *path)
{
    while (*path) {
        size_t n = 0;

        while (is_separator(*path))
            path++;
        while (path[n] && !is_separator(path[n]))
            n++;
        BOOL last = !path[n];
        if (n == 2 && path[0] == '.' && path[1] == '.') {
            out_pop(out);
        } else if (!(n == 1 && path[0] == '.')) {
            size_t n_kept = name_end(path, n, last);
            if (n_kept && out->n > out->n_root)
                out_char(out, '\\');
            out_text(out, path, n_kept);
        }
        path += n;
        if (is_separator(*path)) {
            while (is_separator(*path))
                path++;
            if (!*path && out->n > out->n_root)
                out_char(out, '\\'); /* a separator at the end stays */
        }
    }
}

/* The root of an absolute path: its length with the backslash that ends it (which may be missing).
 */
static size_t root_length(const WCHAR *path, DOS_PATHNAME_TYPE type)
{
    size_t n = 2;

    if (type == ABSOLUTE_DRIVE_PATH)
        return 3;
    if (type == DEVICE_PATH)
        return 4;
    for (int part = 0; part < 2; part++) { /* \\server\share\ */
        while (path[n] && !is_separator(path[n]))
            n++;
        if (path[n])
            n++;
    }
    return n;
}

static void out_root(struct path_out *out, const WCHAR *path, size_t n)
{
    out_text(out, path, n);
    if (n && !is_separator(path[n - 1]) && n > 2)
        out_char(out, '\\');
    out->n_root = out->n;
}

/* A directory as the base: its root, then its names without the last backslash. */
static void out_directory(struct path_out *out, const WCHAR *directory, size_t n)
{
    size_t n_root = root_length(directory, RtlDetermineDosPathNameType_U(directory));

    out_root(out, directory, n_root < n ? n_root : n);
    if (n > n_root) {
        out_text(out, directory + n_root, n - n_root);
        if (out->n > out->n_root && directory[n - 1] == '\\')
            out->n--;
    }
}

static const WCHAR *out_relative_drive(struct path_out *out, const struct path_context *context,
                                       const WCHAR *path)
{
    WCHAR root[] = {path[0], ':', '\\', 0}, directory[512];

    if (wide_upcase(path[0]) == wide_upcase(context->current[0]) && context->current[1] == ':')
        out_directory(out, context->current, context->n_current);
    else if (context->drive_directory &&
             context->drive_directory(path[0], directory, ARRAY_COUNT(directory)))
        out_directory(out, directory, wide_length(directory));
    else
        out_root(out, root, 3);
    return path + 2;
}

/* Write the part that the path's type calls for; the rest of the path is returned. */
static const WCHAR *out_base(struct path_out *out, const struct path_context *context,
                             const WCHAR *path)
{
    DOS_PATHNAME_TYPE type = RtlDetermineDosPathNameType_U(path);
    size_t n_root;

    switch (type) {
    case UNC_PATH:
    case ABSOLUTE_DRIVE_PATH:
    case DEVICE_PATH:
        n_root = root_length(path, type);
        out_root(out, path, n_root);
        return path + n_root;
    case UNC_DOT_PATH:
        out_root(out, L"\\\\.\\", 4);
        return path + 3;
    case RELATIVE_DRIVE_PATH:
        return out_relative_drive(out, context, path);
    case ABSOLUTE_PATH:
        n_root = root_length(context->current, RtlDetermineDosPathNameType_U(context->current));
        out_root(out, context->current, n_root < context->n_current ? n_root : context->n_current);
        return path;
    default:
        out_directory(out, context->current, context->n_current);
        return path;
    }
}

size_t path_make_full(const struct path_context *context, const WCHAR *path, WCHAR *buffer,
                      size_t n_max, size_t *ret_file)
{
    struct path_out out = {buffer, n_max, 0, 0, 0};
    size_t n_blank = 0;

    *ret_file = 0;
    while (path[n_blank] == ' ')
        n_blank++;
    if (!path[n_blank])
        return 0;
    ULONG device = RtlIsDosDeviceName_U(path);
    if (device) {
        out_text(&out, L"\\\\.\\", 4);
        out_text(&out, path + HIWORD(device) / sizeof(WCHAR), LOWORD(device) / sizeof(WCHAR));
        return out.n;
    }
    out_names(&out, out_base(&out, context, path));
    if (out.n_high > n_max)
        return out.n_high;
    size_t file = out.n;
    while (file && buffer[file - 1] != '\\')
        file--;
    *ret_file = file < out.n && file >= out.n_root ? file : 0;
    return out.n;
}

/* --- 8.3 names --- */

static BOOL is_legal_8dot3(UCHAR ch)
{
    return ch >= ' ' && ch != 0x7f && !strchr("\"*+,/:;<=>?[\\]|", ch);
}

BOOLEAN WINAPI RtlIsNameLegalDOS8Dot3(const UNICODE_STRING *name, STRING *oem, BOOLEAN *ret_spaces)
{
    char text[12];
    STRING local = {0, sizeof(text), text}, *s = oem ? oem : &local;
    BOOL spaces = FALSE;
    int dot = -1;

    if (name->Length > 12 * sizeof(WCHAR) ||
        RtlUpcaseUnicodeStringToCountedOemString(s, name, FALSE))
        return FALSE;
    if ((s->Length == 1 && s->Buffer[0] == '.') ||
        (s->Length == 2 && s->Buffer[0] == '.' && s->Buffer[1] == '.')) {
        if (ret_spaces)
            *ret_spaces = FALSE;
        return TRUE;
    }
    for (int i = 0; i < s->Length; i++) {
        UCHAR ch = (UCHAR)s->Buffer[i];

        if (ch == ' ')
            spaces = TRUE;
        if (ch == '.') {
            if (dot != -1 || i == 0 || i > 8 || s->Buffer[i - 1] == ' ')
                return FALSE;
            dot = i;
        } else if (!is_legal_8dot3(ch)) {
            return FALSE;
        }
    }
    if (!s->Length || s->Buffer[s->Length - 1] == ' ' ||
        (dot == -1 ? s->Length > 8 : s->Length - dot > 4 || dot == s->Length - 1))
        return FALSE;
    if (ret_spaces)
        *ret_spaces = (BOOLEAN)spaces;
    return TRUE;
}
