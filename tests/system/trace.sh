# PORTICO_DEBUG: each channel has lines that say what they are for, none speaks unasked, an unknown one is told once.
. "$srcdir/functions.sh"
: "${PE_CC:=x86_64-w64-mingw32-gcc}"
requires "$PE_CC"
cd "$scratch" || exit 99

echo '__declspec(dllexport) int f(void) { return 1; }' >other.c
echo '__declspec(dllimport) int f(void); __declspec(dllexport) int g(void) { return f(); }' >broken.c
cat >main.c <<'TEXT'
#include <windows.h>
#include <winternl.h>

ULONG __cdecl DbgPrint(const char *format, ...);

int main(int argc, char **argv)
{
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION child;
    HKEY key;

    if (argc > 1)
        return 7;
    CreateFileA("Z:\\nowhere\\x", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    CloseHandle(CreateFileA("made", GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL));
    LoadLibraryA("broken.dll");
    GetProcAddress(GetModuleHandleA("kernel32"), "NoSuchName");
    DbgPrint("%s %d\n", "for a debugger", 5);
    RegOpenKeyExA(HKEY_CURRENT_USER, "Nonsense", 0, KEY_READ, &key);
    if (!CreateProcessA(NULL, "main.exe child", NULL, NULL, FALSE, 0, NULL, NULL, &startup, &child))
        return 1;
    WaitForSingleObject(child.hProcess, INFINITE);
    NtWaitForSingleObject(child.hThread, FALSE, NULL);
    return 0;
}
TEXT
{ "$PE_CC" -shared -o other.dll other.c && "$PE_CC" -shared -o broken.dll broken.c other.dll &&
    "$PE_CC" -o main.exe main.c -lntdll && rm other.dll; } || exit 99

# traced LIST: standard error of the program with these channels
traced() { PORTICO_DEBUG=$1 "$portico" main.exe 2>&1 >/dev/null || echo "exit status $?"; }

is "$(traced '')" 'portico: broken.dll needs other.dll, which was not found' 'no channel, no line but of what fails'

out=$(traced +file)
like "$out" "file [a-z_]*: .*/nowhere/x, access .*: c000003a" 'file: a path that is not there, with the status'
like "$out" "file [a-z_]*: $scratch/made, access .*: 00000000" 'file: one that was made'
is "$(printf '%s\n' "$out" | grep -v '^portico: broken\.dll needs' | grep -vc ' file ')" 0 'nothing else'

out=$(traced +loader)
like "$out" 'loader [a-z_]*: .*/main\.exe at 0x[0-9a-f]+' 'loader: the program and its base'
like "$out" 'loader [a-z_]*: .*/kernel32\.dll at 0x' 'loader: a DLL'
like "$out" 'loader ntdll: a program looks for NoSuchName of [A-Za-z0-9]*\.dll, which does not export it' 'loader: a name that is looked for in vain'
like "$out" 'loader ntdll: broken\.dll needs other\.dll, which was not found' 'loader: what cannot be resolved'

out=$(traced +process)
like "$out" "process [A-Za-z]*: $scratch/main\.exe started as process [0-9]+, .*: 00000000" 'process: the child'
like "$out" 'process [a-z_]*: exit code 00000007' 'process: its end'

out=$(traced +wait)
like "$out" 'wait NtWaitForMultipleObjects: any of 1 handles from 0x[0-9a-f]+: 00000000' 'wait: handles and status'
like "$out" 'wait NtWaitForSingleObject: handle 0x[0-9a-f]+: 00000000' 'wait: one handle'
like "$(traced +dbgprint)" 'dbgprint ntdll: for a debugger 5$' 'dbgprint: the message'
like "$(traced +client)" 'client [a-z_]*: process_create: 00000000' 'client: requests to the port server'

out=$(traced +xyz,-abc)
is "$(printf '%s\n' "$out" | sed '/^portico: broken\.dll needs/d; s/there are: .*/there are:/')" \
    "portico: PORTICO_DEBUG: no channel 'xyz'; there are:" 'an unknown channel is told, once for all processes'
for channel in $(sed -n 's/^TRACE_CHANNEL(\(.*\))$/\1/p' "$top_srcdir/libs/common/trace.def"); do
    like "$out" " $channel " "the line names $channel"
    grep -q "^\.B $channel\$" "$top_srcdir/man/portico.1"
    ok $? "so does portico(1)"
done
done_testing
