# Who may include whom (docs/ARCHITECTURE.md): include/nt <- include/portico <- libs/common <- libs/lane <-
# libs/alpc <- {server, libs/portico}; libs/portico <- dlls/ntdll/unix. The server never includes dlls or libs/portico.
# dlls/bcryptprimitives, user32, win32u, ws2_32: programs' side of Windows' headers, and dlls/common.
. "$srcdir/functions.sh"

# room FILE: the room a source belongs to.
room() {
    case $1 in
    include/nt/*) echo nt ;;
    include/portico/*) echo contract ;;
    libs/*) x=${1#libs/}; echo "${x%%/*}" ;;
    server/*) echo server ;;
    dlls/ntdll/unix/*) echo unix ;;
    dlls/ntdll/*) echo pe ;;
    dlls/*) echo dll ;;
    esac
}

# target SOURCE NAME: the room that #include "NAME" in SOURCE reaches, "own" for a file beside it.
target() {
    case $1:$2 in dlls/common/*:exports.def | dlls/common/*:dll.h) echo own; return ;; esac # that of the DLL being built
    if [ -f "$(dirname "$1")/$2" ]; then room "$(dirname "$1")/$2"; return; fi
    for place in "include/$2" "libs/$2" "server/$2" "dlls/ntdll/unix/$2" "dlls/ntdll/$2" "dlls/common/$2"; do
        if [ -f "$place" ]; then room "$place"; return; fi
    done
    echo other
}

allowed() {
    case $1 in
    nt) echo 'nt' ;;
    contract) echo 'nt contract' ;;
    common) echo 'contract common' ;;
    lane) echo 'contract common lane' ;;
    alpc) echo 'contract common lane alpc' ;;
    portico) echo 'nt contract common lane alpc portico' ;;
    server) echo 'nt contract common lane alpc server' ;;
    unix) echo 'nt contract common lane alpc portico unix pe' ;;
    pe) echo 'nt contract common pe' ;;
    dll) echo 'dll' ;;
    esac
}

find include libs server dlls \( -name '*.[chS]' -o -name '*.def' \) | LC_ALL=C sort >"$scratch/files"
while read -r file; do
    own=$(room "$file")
    [ -n "$own" ] || continue
    may=" $(allowed "$own") own other "
    sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"\([^"]*\)".*/\1/p' "$file" >"$scratch/names"
    while read -r name; do
        reached=$(target "$file" "$name")
        case $may in
        *" $reached "*) ;;
        *) echo "$file includes $name: room $own may not include room $reached" ;;
        esac
    done <"$scratch/names"
done <"$scratch/files" >"$scratch/found"
finding_free 'includes go only in the allowed direction' "$scratch/found"

# unix may read the PE half's lists (.def) and shared headers, never its code.
grep -lE '#[[:space:]]*include[[:space:]]*"[^"]*\.c"' -r include libs server dlls >"$scratch/found"
finding_free 'no source includes a .c file' "$scratch/found"

# The public header is for everybody's C, and for C++ programs too.
echo '#include "portico/portico.h"' >"$scratch/public.c"
${CC:-cc} -std=c11 -pedantic -Wall -Wextra -fsyntax-only -Iinclude "$scratch/public.c" >"$scratch/found" 2>&1
finding_free 'portico.h is ISO C' "$scratch/found"
if command -v g++ >/dev/null; then
    g++ -std=c++17 -fsyntax-only -Wall -Iinclude -x c++ include/portico/portico.h 2>&1 | grep 'error' >"$scratch/found"
    finding_free 'portico.h compiles as C++' "$scratch/found"
fi
# In a folder that is looked through for <...> too, ours would be taken for the system's.
for header in include/*.h libs/*.h server/*.h dlls/ntdll/*.h dlls/ntdll/unix/*.h tests/unit/*.h; do
    [ -f "/usr/include/${header##*/}" ] && grep -qr "include <${header##*/}>" include libs server dlls programs tests &&
        echo "$header has the name of a header of the system's that is included"
done >"$scratch/found"
finding_free "no header has the name of the system's" "$scratch/found"

done_testing
