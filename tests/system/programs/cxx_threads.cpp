/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* C++: exceptions through frames of C and of Windows' DLLs, threads and what belongs to them. Built
 * for both thread models of mingw-w64 (cxx.sh); the win32 model of older compilers has no
 * std::thread: those tests are skipped. */

#include <windows.h>

#include <atomic>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>
#ifdef _GLIBCXX_HAS_GTHREADS
#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>
#endif

extern "C" {
#include "test.h"
}

/* ---- exceptions ---- */

static int n_destroyed;

struct counted {
    counted() = default;
    counted(const counted &) = delete;
    ~counted()
    {
        n_destroyed++;
    }
};

__attribute__((noinline)) static int deep(int depth)
{
    counted here;

    if (!depth)
        throw std::runtime_error("from far below");
    return deep(depth - 1) + 1;
}

static void test_many_frames()
{
    std::string what;

    n_destroyed = 0;
    try {
        deep(5000);
    } catch (const std::exception &error) {
        what = error.what();
    }
    ok(what == "from far below", "an exception passes 5001 frames");
    is_number(n_destroyed, 5001, "each of which is cleaned up");
}

static int compare_throwing(const void *left, const void *)
{
    counted here;

    throw *static_cast<const int *>(left);
}

static BOOL CALLBACK enumerate_throwing(HMODULE, LPSTR, LONG_PTR parameter)
{
    counted here;

    throw std::string(reinterpret_cast<const char *>(parameter));
}

static BOOL CALLBACK once_throwing(INIT_ONCE *, void *parameter, void **)
{
    throw *static_cast<int *>(parameter);
}

static BOOL CALLBACK locale_throwing(WCHAR *, DWORD, LPARAM parameter)
{
    throw static_cast<int>(parameter);
}

static void test_callbacks()
{
    int numbers[] = {5, 4, 3, 2, 1}, caught = 0;
    INIT_ONCE once = INIT_ONCE_STATIC_INIT;

    n_destroyed = 0;
    try {
        qsort(numbers, 5, sizeof numbers[0], compare_throwing);
    } catch (int value) {
        caught = value;
    }
    ok(caught >= 1 && caught <= 5 && n_destroyed == 1, "through qsort");
    caught = 0;
    try {
        InitOnceExecuteOnce(&once, once_throwing, &numbers[0], nullptr);
    } catch (int value) {
        caught = value;
    }
    is_number(caught, numbers[0], "through InitOnceExecuteOnce");
    caught = 0;
    try {
        EnumSystemLocalesEx(locale_throwing, LOCALE_ALL, 77, nullptr);
    } catch (int value) {
        caught = value;
    }
    is_number(caught, 77, "through EnumSystemLocalesEx");
    std::string text;
    try {
        EnumResourceTypesA(GetModuleHandleA("kernel32"), enumerate_throwing,
                           reinterpret_cast<LONG_PTR>("types"));
    } catch (const std::string &value) {
        text = value;
    }
    ok(text == "types", "through EnumResourceTypes");
}

static void test_rethrow()
{
    std::exception_ptr kept;
    std::string trail;

    try {
        try {
            try {
                throw std::logic_error("kept");
            } catch (...) {
                kept = std::current_exception();
                trail += 'a';
                throw;
            }
        } catch (const std::logic_error &) {
            trail += 'b';
            std::throw_with_nested(std::runtime_error("outer"));
        }
    } catch (const std::runtime_error &outer) {
        trail += 'c';
        try {
            std::rethrow_if_nested(outer);
        } catch (const std::logic_error &inner) {
            trail += inner.what();
        }
    }
    ok(trail == "abckept", "rethrown, nested, taken apart: %s", trail.c_str());
    try {
        std::rethrow_exception(kept);
    } catch (const std::logic_error &again) {
        trail = again.what();
    }
    ok(trail == "kept", "an exception_ptr keeps it");
    is_number(std::uncaught_exceptions(), 0, "nothing is in flight any more");
}

static int bad_alloc_caught()
{
    try {
        volatile std::size_t size = static_cast<std::size_t>(1) << 62;
        char *volatile block = new char[size];
        delete[] block;
    } catch (const std::bad_alloc &) {
        return 1;
    }
    return 0;
}

struct base {
    virtual ~base() = default;
};
struct derived : base {
};
struct other : base {
};

static void test_run_time_types()
{
    derived object;
    base *pointer = &object;
    int is_bad = 0;

    ok(dynamic_cast<derived *>(pointer) && !dynamic_cast<other *>(pointer),
       "dynamic_cast of pointers");
    try {
        (void)dynamic_cast<other &>(*pointer);
    } catch (const std::bad_cast &) {
        is_bad = 1;
    }
    ok(is_bad, "of references throws bad_cast");
    ok(bad_alloc_caught(), "new without memory throws bad_alloc");
}

/* ---- threads ---- */

#ifdef _GLIBCXX_HAS_GTHREADS
static std::atomic<int> n_locals;

/* Its destructor must not read it: g++'s emulated TLS has freed it by then (GCC bug 83562), on
 * Windows as here. */
struct local {
    int value = 0;
    ~local()
    {
        n_locals++;
    }
};
static thread_local local mine;
static thread_local int plain = 40;

static void test_threads()
{
    std::vector<std::thread> threads;
    std::mutex mutex;
    std::condition_variable changed;
    int n_waiting = 0, sum = 0;
    bool is_open = false;

    for (int i = 1; i <= 8; i++)
        threads.emplace_back([&, i] {
            mine.value = i;
            plain += i;
            std::unique_lock<std::mutex> lock(mutex);
            n_waiting++;
            changed.notify_all();
            changed.wait(lock, [&] { return is_open; });
            sum += plain;
        });
    {
        std::unique_lock<std::mutex> lock(mutex);
        changed.wait(lock, [&] { return n_waiting == 8; });
        is_open = true;
        changed.notify_all();
    }
    for (std::thread &thread : threads)
        thread.join();
    is_number(sum, 8 * 40 + 36, "eight threads meet at a condition variable");
    is_number(n_locals, 8, "the destructors of their thread_local objects have run");
    ok(plain == 40 && !mine.value, "this thread's are its own");
    std::unique_lock<std::mutex> lock(mutex);
    ok(!changed.wait_for(lock, std::chrono::milliseconds(5), [] { return false; }),
       "a wait with a limit comes back");
}

static void test_exceptions_across()
{
    std::exception_ptr from_thread;
    std::string what;

    std::thread([&] {
        try {
            std::vector<int>(3).at(9);
        } catch (...) {
            from_thread = std::current_exception();
        }
    }).join();
    try {
        std::rethrow_exception(from_thread);
    } catch (const std::out_of_range &) {
        what = "out of range";
    }
    ok(what == "out of range", "an exception goes from one thread to another");
    auto future = std::async(std::launch::async, []() -> int { throw std::domain_error("task"); });
    try {
        future.get();
        what = "nothing";
    } catch (const std::domain_error &error) {
        what = error.what();
    }
    ok(what == "task", "and out of a future");
}

static void test_once_and_recursive()
{
    std::once_flag flag;
    std::recursive_mutex mutex;
    std::timed_mutex timed;
    int n = 0;

    std::call_once(flag, [&] { n++; });
    std::call_once(flag, [&] { n++; });
    is_number(n, 1,
              "call_once calls once"); /* one that throws blocks the next caller in winpthreads */
    mutex.lock();
    ok(mutex.try_lock(), "a recursive mutex is locked twice");
    mutex.unlock();
    mutex.unlock();
    timed.lock();
    bool got = true;
    std::thread([&] { got = timed.try_lock_for(std::chrono::milliseconds(2)); }).join();
    ok(!got, "a timed mutex that is held is not got in time");
    timed.unlock();
    ok(std::thread::hardware_concurrency() >= 1, "there is a processor");
    ok(std::this_thread::get_id() != std::thread::id(), "this thread has an id");
}
#else
static void test_threads()
{
    skip(4, "this thread model has no std::thread");
}
static void test_exceptions_across()
{
    skip(2, "this thread model has no std::thread");
}
static void test_once_and_recursive()
{
    skip(5, "this thread model has no std::thread");
}
#endif

typedef HRESULT(WINAPI *set_description_function)(HANDLE, PCWSTR);
typedef HRESULT(WINAPI *get_description_function)(HANDLE, PWSTR *);

static void test_thread_names()
{
    HMODULE kernel = GetModuleHandleA("kernel32");
    HMODULE kernelbase = GetModuleHandleA("kernelbase");
    auto address = [&](const char *name) {
        FARPROC found = GetProcAddress(kernel, name);
        return reinterpret_cast<void *>(found ? found : GetProcAddress(kernelbase, name));
    };
    auto set = reinterpret_cast<set_description_function>(address("SetThreadDescription"));
    auto get = reinterpret_cast<get_description_function>(address("GetThreadDescription"));
    PWSTR text = nullptr;

    if (!set || !get) {
        skip(3, "no SetThreadDescription");
        return;
    }
    ok(get(GetCurrentThread(), &text) >= 0 && text && !*text, "a thread has no name at first");
    LocalFree(text);
    text = nullptr;
    ok(set(GetCurrentThread(), L"worker \u00e4") >= 0, "it is given one");
    ok(get(GetCurrentThread(), &text) >= 0 && text && std::wstring(text) == L"worker \u00e4",
       "and has it");
    LocalFree(text);
}

static LONG fls_sum;
static DWORD fls_index;

static void WINAPI fls_freed(void *value)
{
    InterlockedExchangeAdd(&fls_sum, static_cast<LONG>(reinterpret_cast<LONG_PTR>(value)));
}

static DWORD WINAPI fls_thread(void *argument)
{
    FlsSetValue(fls_index, argument);
    return FlsGetValue(fls_index) == argument;
}

static void WINAPI fls_fiber(void *main_fiber)
{
    FlsSetValue(fls_index, reinterpret_cast<void *>(200));
    SwitchToFiber(main_fiber);
}

static void test_fibre_storage()
{
    DWORD code = 0;
    HANDLE thread;

    fls_index = FlsAlloc(fls_freed);
    ok(fls_index != FLS_OUT_OF_INDEXES, "a fibre-local index");
    thread = CreateThread(nullptr, 0, fls_thread, reinterpret_cast<void *>(30), 0, nullptr);
    WaitForSingleObject(thread, INFINITE);
    GetExitCodeThread(thread, &code);
    CloseHandle(thread);
    is_number(code, 1, "a thread keeps a value there");
    is_number(fls_sum, 30, "its destructor runs at the thread's end");
    void *here = ConvertThreadToFiber(nullptr);
    FlsSetValue(fls_index, reinterpret_cast<void *>(1000));
    void *fiber = CreateFiber(0, fls_fiber, here);
    SwitchToFiber(fiber);
    is_number(reinterpret_cast<LONG_PTR>(FlsGetValue(fls_index)), 1000,
              "a fibre has values of its own");
    DeleteFiber(fiber);
    is_number(fls_sum, 230, "which end with the fibre");
    FlsFree(fls_index);
    is_number(fls_sum, 1230, "and the others with the index");
    ConvertFiberToThread();
}

static void test_main(void)
{
    test_many_frames();
    test_callbacks();
    test_rethrow();
    test_run_time_types();
    test_threads();
    test_exceptions_across();
    test_once_and_recursive();
    test_thread_names();
    test_fibre_storage();
}
