/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#pragma once

struct folder_watch;
void folder_watch_free(struct folder_watch *watch); /* NULL is fine */
