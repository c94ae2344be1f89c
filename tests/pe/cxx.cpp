/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* C++ exceptions as g++ makes them (SEH frames, libgcc's personality routine). */

#include <windows.h>

#include <stdexcept>
#include <string>
#include <vector>

extern "C" {
#include "test.h"
}

static std::string history;

struct guard {
    char name;
    explicit guard(char name_) : name(name_) {}
    ~guard() { history += name; }
};

static void descend(int depth)
{
    guard here('f');

    if (!depth)
        throw std::runtime_error("bottom");
    descend(depth - 1);
}

static void pass_through()
{
    guard here('p');

    try {
        descend(2);
    } catch (int) {
        history += '!';
    }
}

static void test_throw()
{
    history.clear();
    try {
        pass_through();
    } catch (const std::exception &error) {
        history += error.what();
    }
    ok(history == "fffpbottom", "destructors run from the inside out, then the handler: %s",
       history.c_str());
}

static void test_rethrow()
{
    history.clear();
    try {
        try {
            throw 5;
        } catch (int value) {
            history += static_cast<char>('0' + value);
            throw;
        }
    } catch (...) {
        history += 'r';
    }
    ok(history == "5r", "rethrown to an outer handler: %s", history.c_str());
}

struct thrower {
    ~thrower() noexcept(false)
    {
        try {
            throw 'n';
        } catch (char c) {
            history += c;
        }
    }
};

static void test_nested()
{
    history.clear();
    try {
        thrower here;
        throw 1;
    } catch (int) {
        history += 'o';
    }
    ok(history == "no", "a destructor throws and catches while the stack is unwound: %s",
       history.c_str());
}

static void test_many()
{
    unsigned long long sum = 0;

    for (int i = 0; i < 1000; i++) {
        try {
            throw i;
        } catch (int value) {
            sum += value;
        }
    }
    is_number(static_cast<long long>(sum), 499500, "a thousand exceptions");
}

static DWORD WINAPI throwing_thread(void *)
{
    int n = 0;

    for (int i = 0; i < 200; i++) {
        try {
            std::vector<int>().at(1);
        } catch (const std::out_of_range &) {
            n++;
        }
    }
    return static_cast<DWORD>(n);
}

static void test_threads()
{
    HANDLE threads[4];
    DWORD sum = 0, code = 0;

    for (HANDLE &thread : threads)
        thread = CreateThread(nullptr, 0, throwing_thread, nullptr, 0, nullptr);
    for (HANDLE thread : threads) {
        WaitForSingleObject(thread, INFINITE);
        GetExitCodeThread(thread, &code);
        sum += code;
        CloseHandle(thread);
    }
    is_number(sum, 800, "exceptions in four threads at once");
}

static void test_main(void)
{
    test_throw();
    test_rethrow();
    test_nested();
    test_many();
    test_threads();
}
