/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The loader's own exit statuses: why a program could not be started, or was ended by Portico and not by
 * itself. A program's own exit code is reduced to 8 bits: 0 to 255 as they are; else the low 8 bits, and
 * 255 when those are zero (exit_status_from_code in dlls/ntdll/unix/process.c). Keep in step with
 * man/portico.1. */
#pragma once

enum portico_exit {
    PORTICO_EXIT_USAGE          = 110, /* wrong options */
    PORTICO_EXIT_MISSING_FILE   = 111, /* the program's file is missing or cannot be read */
    PORTICO_EXIT_NOT_PE         = 112, /* not a PE image, or a damaged one */
    PORTICO_EXIT_WRONG_MACHINE  = 113, /* a PE image for another processor: 32-bit x86, ARM, ... */
    PORTICO_EXIT_MISSING_DLL    = 114, /* a DLL that the program needs was not found or is not usable */
    PORTICO_EXIT_MISSING_IMPORT = 115, /* a DLL lacks a function that is imported from it */
    PORTICO_EXIT_NO_SERVER      = 116, /* the port server cannot be reached or started */
    PORTICO_EXIT_SERVER_DIED    = 117, /* the port server died while the program ran */
    PORTICO_EXIT_INTERNAL       = 118, /* a fault inside Portico itself: a bug */
    PORTICO_EXIT_DLL_INIT       = 119, /* a DLL's initialisation failed */
    PORTICO_EXIT_NO_RESOURCES   = 120, /* no memory, descriptors, address space at a fixed address, ... */
    PORTICO_EXIT_HOME           = 121, /* PORTICO_HOME or HOME is no absolute path */
};

/* portserver's (man/portserver.8), which whoever starts it reads. */
enum portserver_exit {
    PORTSERVER_EXIT_FAILURE     = 1, /* one line on standard error says what */
    PORTSERVER_EXIT_USAGE       = 2,
    PORTSERVER_EXIT_RUNNING     = 3, /* another one runs on this folder */
    PORTSERVER_EXIT_NOT_RUNNING = 4, /* --status, --stop: none runs on this folder */
};
