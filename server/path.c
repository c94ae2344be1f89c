/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See path.h. */

#include "path.h"

#include <stdlib.h>
#include <string.h>

status_t path_next(struct name *rest, struct name *ret_component, bool *ret_last)
{
    uint32_t n = 0;

    while (n < rest->length && rest->chars[n] != '\\')
        n++;
    if (n == 0 || n + 1 == rest->length)
        return STATUS_OBJECT_NAME_INVALID;
    *ret_component = (struct name){rest->chars, n};
    *ret_last = n == rest->length;
    if (!*ret_last)
        n++;
    *rest = (struct name){rest->chars + n, rest->length - n};
    return STATUS_SUCCESS;
}

status_t path_begin(struct name path, bool relative, struct name *ret_rest)
{
    bool absolute = path.length && path.chars[0] == '\\';

    if (absolute == relative)
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    *ret_rest = relative ? path : (struct name){path.chars + 1, path.length - 1};
    return STATUS_SUCCESS;
}

uint16_t *path_join(struct name target, struct name rest, struct name *ret_path)
{
    uint32_t n_target = target.length, length;
    uint16_t *chars;

    while (n_target > 1 && target.chars[n_target - 1] == '\\')
        n_target--;
    length = n_target + (rest.length ? 1 + rest.length : 0);
    if (length == 0 || length > NAME_MAX_CHARS)
        return NULL;
    chars = calloc(length, sizeof(*chars));
    if (!chars)
        return NULL;
    memcpy(chars, target.chars, n_target * sizeof(*chars));
    if (rest.length) {
        uint32_t at = n_target;
        if (!(n_target == 1 && chars[0] == '\\'))
            chars[at++] = '\\';
        memcpy(chars + at, rest.chars, rest.length * sizeof(*chars));
        length = at + rest.length;
    }
    *ret_path = (struct name){chars, length};
    return chars;
}
