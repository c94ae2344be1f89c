/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Rectangles: plain arithmetic. A rectangle has its left and top edge, not its right and bottom
 * one; one without an inside is empty, and what is empty is stored as zeros. */

#include "absent.h"

#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

BOOL WINAPI SetRect(LPRECT rect, int left, int top, int right, int bottom)
{
    if (!rect)
        return FALSE;
    *rect = (RECT){left, top, right, bottom};
    return TRUE;
}

BOOL WINAPI SetRectEmpty(LPRECT rect)
{
    return SetRect(rect, 0, 0, 0, 0);
}

BOOL WINAPI CopyRect(LPRECT to, const RECT *from)
{
    return from && SetRect(to, from->left, from->top, from->right, from->bottom);
}

BOOL WINAPI IsRectEmpty(const RECT *rect)
{
    return !rect || rect->left >= rect->right || rect->top >= rect->bottom;
}

BOOL WINAPI EqualRect(const RECT *a, const RECT *b)
{
    return a && b && a->left == b->left && a->top == b->top && a->right == b->right &&
           a->bottom == b->bottom;
}

BOOL WINAPI PtInRect(const RECT *rect, POINT point)
{
    return rect && point.x >= rect->left && point.x < rect->right && point.y >= rect->top &&
           point.y < rect->bottom;
}

BOOL WINAPI OffsetRect(LPRECT rect, int x, int y)
{
    return rect && SetRect(rect, rect->left + x, rect->top + y, rect->right + x, rect->bottom + y);
}

BOOL WINAPI InflateRect(LPRECT rect, int x, int y)
{
    return rect && SetRect(rect, rect->left - x, rect->top - y, rect->right + x, rect->bottom + y);
}

BOOL WINAPI IntersectRect(LPRECT to, const RECT *a, const RECT *b)
{
    if (!to || !a || !b)
        return FALSE;
    if (!IsRectEmpty(a) && !IsRectEmpty(b))
        SetRect(to, MAX(a->left, b->left), MAX(a->top, b->top), MIN(a->right, b->right),
                MIN(a->bottom, b->bottom));
    else
        SetRectEmpty(to);
    if (!IsRectEmpty(to))
        return TRUE;
    SetRectEmpty(to);
    return FALSE;
}

BOOL WINAPI UnionRect(LPRECT to, const RECT *a, const RECT *b)
{
    if (!to || !a || !b)
        return FALSE;
    if (IsRectEmpty(a) && IsRectEmpty(b)) {
        SetRectEmpty(to);
        return FALSE;
    }
    if (IsRectEmpty(a))
        return CopyRect(to, b);
    if (IsRectEmpty(b))
        return CopyRect(to, a);
    return SetRect(to, MIN(a->left, b->left), MIN(a->top, b->top), MAX(a->right, b->right),
                   MAX(a->bottom, b->bottom));
}

/* a without b, when that is a rectangle; else a. FALSE when nothing is left. */
BOOL WINAPI SubtractRect(LPRECT to, const RECT *a, const RECT *b)
{
    RECT common, rest;

    if (!to || !a || !b)
        return FALSE;
    rest = *a;
    if (IntersectRect(&common, a, b)) {
        if (EqualRect(&common, &rest)) {
            SetRectEmpty(to);
            return FALSE;
        }
        if (common.top == rest.top && common.bottom == rest.bottom) {
            if (common.left == rest.left)
                rest.left = common.right;
            else if (common.right == rest.right)
                rest.right = common.left;
        } else if (common.left == rest.left && common.right == rest.right) {
            if (common.top == rest.top)
                rest.top = common.bottom;
            else if (common.bottom == rest.bottom)
                rest.bottom = common.top;
        }
    }
    CopyRect(to, &rest);
    return !IsRectEmpty(to);
}
