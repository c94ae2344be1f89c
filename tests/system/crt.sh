# C programs on msvcrt and on the UCRT, with main and with wmain: their arguments, environment, streams; redirection and
# pipes between programs in a shell of Linux and in cmd.exe.
. "$srcdir/functions.sh"
: "${PE_CC:=x86_64-w64-mingw32-gcc}"
requires "$PE_CC"
cd "$scratch" || exit 99
"$PE_CC" -dumpspecs | sed 's/-lmsvcrt/-lucrt/' >ucrt.specs

# build TAG OPTION...: runtime_TAG.exe, show_TAG.exe, wshow_TAG.exe
build() {
    tag=$1
    shift
    "$PE_CC" "$@" -O1 -I"$top_srcdir/tests/pe" -o "runtime_$tag.exe" "$srcdir/programs/runtime.c" -lntdll &&
        "$PE_CC" "$@" -o "show_$tag.exe" "$srcdir/programs/show.c" &&
        "$PE_CC" "$@" -DUNICODE -D_UNICODE -municode -o "wshow_$tag.exe" "$srcdir/programs/show.c" || exit 99
}

# arguments PROGRAM NAME ARGUMENT...: the program sees exactly these.
arguments() {
    program=$1
    name=$2
    shift 2
    "$portico" "$program" args "$@" >seen 2>&1
    for argument in "$@"; do printf '[%s]\n' "$argument"; done >given
    cmp -s given seen
    ok $? "$program: $name"
}

filters() {
    printf 'a\r\nb\032c\n' | "$portico" "$1" upper text >out 2>count
    is "$(od -An -tx1 out | tr -d ' \n')$(cat count)" "410d0a42$(printf '3\r')" "$1: a pipe in text mode, up to Ctrl-Z"
    printf 'a\r\nb\032c\n' >in
    "$portico" "$1" upper binary <in >out 2>count
    is "$(od -An -tx1 out | tr -d ' \n')$(cat count)" "410d0a421a430a$(printf '7\r')" "$1: a file in binary mode"
    is "$(printf 'x\n' | "$portico" "$1" upper text 2>/dev/null | "$portico" "$1" upper binary 2>/dev/null | tr -d '\r')" X \
        "$1: two of them in a pipe"
}

for tag in msvcrt ucrt; do
    if [ $tag = ucrt ]; then build ucrt -specs=ucrt.specs -D_UCRT; else build msvcrt; fi
    "$portico" "runtime_$tag.exe" >tap 2>&1
    status=$?
    grep -E '^(not ok|#|portico:)' tap | sed 's/^/# /'
    [ $status = 0 ] && grep -q '^1\.\.[1-9]' tap && ! grep -q '^not ok' tap
    ok $? "$tag: the run time from inside"
    for program in show_$tag.exe wshow_$tag.exe; do
        arguments $program 'plain, empty, with blanks' a '' 'b c' ' ' "$(printf 'tab\there')"
        arguments $program 'quotes and backslashes' '"' 'a"b' '\' 'a\' 'b c\' '\\"' 'x\\"y z\\'
        arguments $program 'beyond ASCII' 'ä' '€' '😀 中文'
        is "$(FOO='ä€ 😀' "$portico" $program env FOO)" 'ä€ 😀' "$program: a variable beyond ASCII"
        filters $program
    done
done

# The same through Windows' command interpreter.
if [ -f "$wine_dll_dir/cmd.exe" ]; then
    printf 'one\ntwo\n' >in.txt
    cat >test.bat <<'TEXT'
@echo off
show_msvcrt.exe upper text < in.txt 2>nul | show_ucrt.exe upper text 2>nul
show_ucrt.exe args a "b c" > out.txt
show_msvcrt.exe args d >> out.txt
show_ucrt.exe upper text < in.txt > nul 2> err.txt
TEXT
    out=$("$portico" "$wine_dll_dir/cmd.exe" /c test.bat | tr -d '\r')
    is "$out" "$(printf 'ONE\nTWO')" 'cmd.exe: a redirection and a pipe between programs'
    is "$(cat out.txt)" "$(printf '[a]\n[b c]\n[d]')" 'cmd.exe: output to a file, and appended'
    is "$(tr -d '\r' <err.txt)" 8 'cmd.exe: standard error to a file'
fi
done_testing
