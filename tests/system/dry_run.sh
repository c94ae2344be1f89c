# portico --dry-run: what a program imports, whether it is there, without running any of it.
. "$srcdir/functions.sh"
cd "$scratch" || exit 99
stub=$(sed -n 's/^STUB(\(Nt[A-Za-z0-9]*\))$/\1/p' "$top_srcdir/dlls/ntdll/exports.def" | head -n 1)
[ -n "$stub" ] || skip_all 'ntdll has no stubs any more'

# build NAME TEXT OPTION...: a program, or with -shared a DLL
build() {
    echo "$2" >source.c
    build_name=$1
    shift 2
    $PE_CC -o "$build_name" source.c "$@" || exit 99
}
dry_run() {
    "$portico" --dry-run "$@" >out 2>err
    dry_status=$?
}

mkfifo fifo
dry_run fifo
is "$(cat err)" "portico: $scratch/fifo: is not a file that can be read" 'a FIFO is not waited for'

build whole.exe '#include <stdio.h>
int main(void) { puts("it ran"); return 0; }'
dry_run whole.exe
is "$dry_status" 0 'a program that has all it needs'
like "$(cat out)" '^  msvcrt\.dll: Wine.s, /.*/msvcrt\.dll$' 'each DLL with its file'
like "$(cat out)" '^    implemented  puts$' 'each import'
like "$(tail -n 1 out)" '^whole\.exe: [0-9]+ imports implemented, 0 stubs, 0 missing, 0 DLLs not found: starts$' 'a summary'
grep -q 'it ran' out
is "$?" 1 'none of it was run'

is "$(grep -c 'C run times' out)" 0 'one C run time is as it should be'

build two.exe '#include <stdio.h>
int main(void) { return puts("x") < 0; }' -lucrt
dry_run two.exe
is "$dry_status" 0 'one that imports two C run times starts'
is "$(grep -c '^  the program imports two C run times, msvcrt\.dll and ucrtbase\.dll, and may hang: link it with one' out)" 1 'and is told of it'

build stubs.exe "long __stdcall $stub(void); int main(void) { return (int)$stub(); }" -lntdll
dry_run stubs.exe
is "$dry_status" 1 'one that imports a stub'
like "$(cat out)" "^    stub         $stub\$" 'its name'
like "$(tail -n 1 out)" ' 1 stubs, 0 missing, .*starts; ' 'it starts'

# What Wine's DLL does not have, by name and by ordinal, and a name of another one's: all as an import library has them.
library() { printf 'LIBRARY %s\nEXPORTS\n%s\n' "$2" "$3" >"$1.def" && "${PE_CC%gcc}dlltool" -d "$1.def" -l "lib$1.a" || exit 99; }
library newer kernel32.dll 'ComesWithTheNextWindows
ComesWithoutName @9999 NONAME'
library winrt api-ms-win-core-winrt-l1-1-0.dll RoUninitialize
build newer.exe '#include <windows.h>
void ComesWithTheNextWindows(void), ComesWithoutName(void), RoUninitialize(void);
int main(int argc, char **argv) {
    if (GetProcAddress(GetModuleHandleA("kernel32"), "ComesWithTheNextWindows")) return 3;
    if (argc == 1) RoUninitialize(); else if (*argv[1] == 110) ComesWithTheNextWindows(); else ComesWithoutName();
    return 7;
}' libnewer.a libwinrt.a
dry_run newer.exe
is "$dry_status" 1 "one that imports what Wine's DLL does not have"
is "$(grep -cE '^    stub         (ComesWithTheNextWindows|ordinal 9999)$' out)" 2 'which are stubs'
like "$(cat out)" '^    implemented  RoUninitialize$' 'an API set is the DLL that has its names'
like "$(tail -n 1 out)" ' 2 stubs, 0 missing, 0 DLLs not found: starts; ' 'it starts'
"$portico" newer.exe >out 2>err
is "$?:$(cat out err)" 7: 'as indeed it does'
"$portico" newer.exe name >out 2>err
is "$?" 2 'until it calls one'
is "$(head -n 1 err)" 'portico: ComesWithTheNextWindows of KERNEL32.dll is not implemented' 'which says its name'
"$portico" newer.exe ordinal >out 2>err
is "$(head -n 1 err)" 'portico: ordinal 9999 of KERNEL32.dll is not implemented' 'or number'

build wine.exe 'int __stdcall CredProfileLoaded(void); int main(void) { return CredProfileLoaded(); }' -ladvapi32 2>/dev/null
dry_run wine.exe
like "$(cat out)" '^    stub         CredProfileLoaded$' "a stub of Wine's is one too"

build partial.dll 'int here(void) { return 1; } int gone(void) { return 2; }' -shared
build missing.exe 'int here(void); int gone(void); int main(void) { return here() + gone(); }' partial.dll
build partial.dll 'int here(void) { return 1; }' -shared
dry_run missing.exe
is "$dry_status" 115 'one whose DLL lacks a function'
like "$(cat out)" '^  partial\.dll: /.*/partial\.dll$' "its own DLL's file"
like "$(cat out)" '^    missing      gone$' 'and what it lacks'
like "$(cat out)" '^    implemented  here$' 'and has'
like "$(tail -n 1 out)" ' 1 missing, 0 DLLs not found: does not start$' 'it does not start'
"$portico" missing.exe 2>/dev/null
is "$?" 115 'as indeed it does not'

build nowhere.dll 'int far_away(void) { return 1; }' -shared
build partial.dll 'int far_away(void); int here(void) { return far_away(); }  int gone(void) { return 2; }' -shared nowhere.dll
rm nowhere.dll
dry_run missing.exe
is "$dry_status" 114 "one whose DLL's DLL is missing"
like "$(cat out)" '^  nowhere\.dll: not found$' 'its name'
like "$(tail -n 1 out)" ' 1 DLLs not found: does not start$' 'it does not start'
"$portico" missing.exe 2>/dev/null
is "$?" 114 'as indeed it does not'
mkdir elsewhere
build elsewhere/nowhere.dll 'int far_away(void) { return 1; }' -shared
PATH=$scratch/elsewhere:$PATH dry_run missing.exe
is "$dry_status" 0 'until it is found on PATH'

LC_ALL=C sed 's/msvcrt\.dll/\x1b[2Jrt.dll/' whole.exe >speaks.exe
dry_run speaks.exe
like "$(cat out)" '^  \?\[2Jrt\.dll: not found$' 'a name with control characters does not reach the terminal'

LC_ALL=C sed 's/msvcrt\.dll/msvcrt\x00dll/' whole.exe >short.exe
dry_run short.exe
is "$dry_status" 0 'a DLL named without its extension'
like "$(cat out)" '^  msvcrt: Wine.s, /.*/msvcrt\.dll$' 'is found'
"$portico" short.exe >out
is "$?" 0 'as indeed it is'

imports_at=$(directory_at 1 whole.exe)
# damaged NAME OFFSET: an address in the import directory is that of nothing
damaged() {
    cp whole.exe damaged.exe
    patch damaged.exe $((imports_at + $2)) 0 360 377 177
    dry_run damaged.exe
    is "$dry_status" 112 "$1: its exit status"
    like "$(cat out)" '^  the program: its imports are damaged from here on$' "$1: is told"
    like "$(tail -n 1 out)" ': does not start$' "$1: it does not start"
    "$portico" damaged.exe 2>/dev/null
    is "$?" 112 "$1: as indeed it does not"
}
damaged "an imported DLL's name outside of the image" 12
damaged "the second one's" 32
damaged 'import names outside of the image' 0
damaged 'an import address table outside of the image' 16

dry_run source.c
is "$dry_status" 112 'what is no program at all'
like "$(cat err)" '^portico: .*source\.c: is not a Windows program' 'says so'
dry_run nothing.exe
is "$dry_status" 111 'nor there'
[ ! -e "$PORTICO_RUNTIME_DIR/socket" ]
ok $? 'no port server was started'
done_testing
