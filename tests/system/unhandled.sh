# What nobody handles: a readable report on stderr with module and offset, the exception's code as exit status, for
# faults, for unimplemented functions, in threads and DLLs; and no report when the program's own filter takes it.
. "$srcdir/functions.sh"
: "${PE_CC:=x86_64-w64-mingw32-gcc}"
requires "$PE_CC"

# build NAME: the program of standard input, with ntdll
build() {
    cat >"$scratch/$1.c"
    "$PE_CC" -O1 -o "$scratch/$1.exe" "$scratch/$1.c" -lntdll || exit 99
}

# run_program NAME: its standard error in $report, its exit status in $status
run_program() {
    report=$("$portico" "$scratch/$1.exe" 2>&1 >"$scratch/out")
    status=$?
}

build fault <<'TEXT'
#include <stdio.h>
__attribute__((noinline)) static void inner(volatile int *p) { *p = 1; }
int main(void) { puts("before"); fflush(stdout); inner((volatile int *)0x18); return 0; }
TEXT
run_program fault
is $status 5 'a fault: the low byte of c0000005'
like "$report" 'unhandled exception c0000005 \(access violation: write of address 0x18\) at fault\.exe\+0x[0-9a-f]+' \
    'the report says what and where'
like "$(printf '%s\n' "$report" | head -n 1)" '^portico: unhandled exception ' 'and is the first that is said'
like "$report" 'BaseThreadInitThunk' 'the back-trace reaches the start of the thread'
is "$(tr -d '\r' <"$scratch/out")" before 'what was printed before is there'

build stub <<'TEXT'
long __stdcall NtAddBootEntry(void *, void *);
int main(void) { NtAddBootEntry(0, 0); return 0; }
TEXT
run_program stub
is $status 2 'an unimplemented function: the low byte of c0000002'
is "$(printf '%s\n' "$report" | grep -c 'ntdll\.NtAddBootEntry is not implemented')" 1 'its name is told, once'

build fast <<'TEXT'
#include <windows.h>
static LONG WINAPI handler(EXCEPTION_POINTERS *p) { ExitProcess(1); }
int main(void)
{
    AddVectoredExceptionHandler(TRUE, handler); /* is not asked */
    SetUnhandledExceptionFilter(handler);
    __asm__ volatile("int $0x29" :: "c"(7));
    return 1;
}
TEXT
run_program fast
is $status 9 'a fast fail: the low byte of c0000409'
like "$report" 'unhandled exception c0000409 \(fast fail\) at fast\.exe\+0x' 'it is reported'
like "$report" 'BaseThreadInitThunk' 'with its back-trace'

build thread <<'TEXT'
#include <windows.h>
static DWORD WINAPI run(void *p) { RaiseException(0xe0000077, 0, 0, NULL); return 0; }
int main(void) { WaitForSingleObject(CreateThread(NULL, 0, run, NULL, 0, NULL), INFINITE); return 1; }
TEXT
run_program thread
is $status 119 'an exception in a thread ends the process with its code'
like "$report" 'unhandled exception e0000077' 'the code is reported'

build filter <<'TEXT'
#include <windows.h>
static LONG WINAPI filter(EXCEPTION_POINTERS *p) { ExitProcess(33); }
int main(void) { SetUnhandledExceptionFilter(filter); *(volatile int *)0 = 1; return 1; }
TEXT
run_program filter
is $status 33 "the program's own filter may end it otherwise"
is "$report" '' 'then nothing is reported'

build handler <<'TEXT'
#include <windows.h>
#include <stdio.h>
static LONG WINAPI filter(EXCEPTION_POINTERS *p)
{
    printf("%08lx\n", p->ExceptionRecord->ExceptionCode);
    fflush(stdout);
    return EXCEPTION_EXECUTE_HANDLER;
}
int main(void) { SetUnhandledExceptionFilter(filter); *(volatile int *)0 = 1; return 1; }
TEXT
run_program handler
is "$(tr -d '\r' <"$scratch/out")" c0000005 'a filter that answers EXCEPTION_EXECUTE_HANDLER has been asked once'
is $status 5 'the program ends with the code'
is "$report" '' 'and nothing is reported'

build fibre <<'TEXT'
#include <windows.h>
static LONG WINAPI filter(EXCEPTION_POINTERS *p) { return EXCEPTION_EXECUTE_HANDLER; }
static void CALLBACK run(void *argument) { *(volatile int *)24 = 1; }
int main(int argc, char **argv)
{
    if (argc > 1)
        SetUnhandledExceptionFilter(filter);
    ConvertThreadToFiber(NULL);
    SwitchToFiber(CreateFiber(0, run, NULL));
    return 1;
}
TEXT
run_program fibre
is $status 5 'a fault on a fibre: the low byte of c0000005'
like "$report" 'unhandled exception c0000005 \(access violation: write of address 0x18\) at fibre\.exe\+0x' 'is reported'
report=$("$portico" "$scratch/fibre.exe" filter 2>&1)
is $? 5 "the program's own filter is asked there too"
is "$report" '' 'and decides'

build asks <<'TEXT'
#include <windows.h>
#include <stdio.h>
static LONG CALLBACK ask(EXCEPTION_POINTERS *p)
{
    printf("%ld\n", UnhandledExceptionFilter(p));
    fflush(stdout);
    return EXCEPTION_CONTINUE_SEARCH;
}
int main(void) { AddVectoredExceptionHandler(1, ask); RaiseException(0xe0000021, 0, 0, NULL); return 1; }
TEXT
run_program asks
is "$(tr -d '\r' <"$scratch/out")" 1 'who asks UnhandledExceptionFilter is told to go on with his handler'
like "$report" 'unhandled exception e0000021' 'and it is reported'

build search <<'TEXT'
#include <windows.h>
static LONG WINAPI filter(EXCEPTION_POINTERS *p) { return EXCEPTION_CONTINUE_SEARCH; }
int main(void) { SetUnhandledExceptionFilter(filter); *(volatile int *)0 = 1; return 1; }
TEXT
run_program search
like "$report" 'unhandled exception c0000005' 'one that answers EXCEPTION_CONTINUE_SEARCH leaves it to the report'

build overflow <<'TEXT'
#include <windows.h>
#pragma GCC diagnostic ignored "-Winfinite-recursion"
static int deeper(int n) { volatile char block[500]; block[0] = (char)n; return deeper(n + 1) + block[0]; }
static DWORD WINAPI run(void *p) { return (DWORD)deeper(0); }
int main(int argc, char **argv)
{
    return argc > 1 ? deeper(0) : (int)WaitForSingleObject(CreateThread(NULL, 0, run, NULL, 0, NULL), INFINITE);
}
TEXT
run_program overflow
is $status 253 'a stack overflow in a thread: the low byte of c00000fd'
like "$report" 'unhandled exception c00000fd .*at overflow\.exe\+0x[0-9a-f]+' 'it is reported'
report=$("$portico" "$scratch/overflow.exe" main 2>&1)
is $? 253 'and in the first thread'

build library <<'TEXT'
#include <windows.h>
int main(void) { return (int)(INT_PTR)((void *(WINAPI *)(void *))GetProcAddress(LoadLibraryA("faulty.dll"), "f"))(NULL); }
TEXT
cat >"$scratch/faulty.c" <<'TEXT'
__declspec(dllexport) int f(int *p) { return *p; }
__attribute__((noinline)) static int inner(int *p) { return *p + 1; }
__declspec(dllexport) int (*g(void))(int *) { return inner; }
TEXT
"$PE_CC" -O1 -shared -o "$scratch/faulty.dll" "$scratch/faulty.c" || exit 99
run_program library
like "$report" 'at faulty\.dll\+0x[0-9a-f]+ \(f\+0x[0-9a-f]+\)' 'a fault in a DLL names it, with the nearest export'
like "$report" '^portico:   library\.exe\+0x' 'the back-trace has the program that called it'

build inner <<'TEXT'
#include <windows.h>
int main(void)
{
    int (*(*g)(void))(int *) = (void *)GetProcAddress(LoadLibraryA("faulty.dll"), "g");
    return g()(NULL);
}
TEXT
run_program inner
like "$report" 'at faulty\.dll\+0x[0-9a-f]+ in thread' "another function's name is not taken for that of one without"

build aborts <<'TEXT'
#include <stdlib.h>
#include <stdio.h>
int main(void) { puts("before"); fflush(stdout); abort(); }
TEXT
run_program aborts
is $status 3 "C's abort ends the program with 3"

build noncontinuable <<'TEXT'
#include <windows.h>
static LONG WINAPI filter(EXCEPTION_POINTERS *p) { return EXCEPTION_CONTINUE_EXECUTION; }
int main(void)
{
    SetUnhandledExceptionFilter(filter);
    RaiseException(0xe0000001, EXCEPTION_NONCONTINUABLE, 0, NULL);
    return 1;
}
TEXT
run_program noncontinuable
is $status 37 'a filter that continues what is noncontinuable: the low byte of c0000025'

build fatal <<'TEXT'
#include <windows.h>
int main(int argc, char **argv)
{
    EXCEPTION_RECORD record = {.ExceptionCode = 0xc0000409, .ExceptionAddress = (void *)main};
    SetUnhandledExceptionFilter((void *)main); /* is not asked */
    if (argc == 1)
        RaiseFailFastException(NULL, NULL, 0);
    if (*argv[1] == 'r')
        RaiseFailFastException(&record, NULL, 0);
    if (*argv[1] == 'w')
        FatalAppExitW(0, L"wide text");
    FatalAppExitA(0, "its last words");
    return 33;
}
TEXT
run_program fatal
is $status 2 'RaiseFailFastException: the low byte of c0000602'
like "$report" 'unhandled exception c0000602 \(fail fast\) at fatal\.exe\+0x' 'it is reported'
report=$("$portico" "$scratch/fatal.exe" record 2>&1)
is $? 9 "or the low byte of the record's code"
like "$report" 'unhandled exception c0000409 .* at fatal\.exe\+0x' 'which is reported'
is "$("$portico" "$scratch/fatal.exe" narrow 2>&1; echo $?)" "portico: FatalAppExit: its last words
1" "FatalAppExit says the program's text"
is "$("$portico" "$scratch/fatal.exe" wide 2>&1; echo $?)" "portico: FatalAppExit: wide text
1" 'also a wide one'

printf 'LIBRARY absent.dll\nEXPORTS\nwanted\n' >"$scratch/absent.def"
"$("$PE_CC" -print-prog-name=dlltool)" -d "$scratch/absent.def" -D absent.dll --output-delaylib "$scratch/libabsent.a" || exit 99
echo 'int wanted(void); int main(void) { return wanted(); }' >"$scratch/delayed.c"
"$PE_CC" -o "$scratch/delayed.exe" "$scratch/delayed.c" -L"$scratch" -labsent || exit 99
run_program delayed
like "$report" 'wanted of absent\.dll was wanted' 'a DLL that is loaded when needed and is not there: what was wanted of it'
done_testing
