# The C++ run time of both thread models of mingw-w64: linked statically, with its DLLs beside the program, and with its
# DLLs in a folder of PATH.
. "$srcdir/functions.sh"

# run_cxx NAME FOLDER: both programs in that folder; what they say of failures
run_cxx() {
    for program in threads library; do
        mkdir -p "$2/work"
        (cd "$2/work" && "$portico" "$2/$program.exe") >"$scratch/tap" 2>&1
        run_status=$?
        grep -E '^(not ok|#|portico:)' "$scratch/tap" | sed 's/^/# /'
        [ $run_status = 0 ] && grep -q '^1\.\.[1-9]' "$scratch/tap" && ! grep -q '^not ok' "$scratch/tap"
        ok $? "$1: $program"
    done
}

# dlls_of MODEL: the run time's DLLs, by their paths
dlls_of() {
    for dll in libstdc++-6.dll libgcc_s_seh-1.dll libwinpthread-1.dll; do
        path=$("x86_64-w64-mingw32-g++-$1" -print-file-name="$dll")
        [ -f "$path" ] && echo "$path"
    done
}

# build MODEL: $here/static/*.exe, $here/plain/*.exe, which needs DLLs, and $here/beside/*, which has them
build() {
    mkdir -p "$here/static" "$here/plain" "$here/beside" "$here/dlls"
    for program in threads library; do
        "x86_64-w64-mingw32-g++-$1" -O1 -std=gnu++17 -I"$top_srcdir/tests/pe" -c -o "$here/$program.o" \
            "$srcdir/programs/cxx_$program.cpp" &&
            "x86_64-w64-mingw32-g++-$1" -static -o "$here/static/$program.exe" "$here/$program.o" -lntdll &&
            "x86_64-w64-mingw32-g++-$1" -o "$here/plain/$program.exe" "$here/$program.o" -lntdll || exit 99
    done
    dlls_of "$1" | while read -r dll; do
        cp "$dll" "$here/beside"
        ln -s "$dll" "$here/dlls/"
    done
    cp "$here/plain/"*.exe "$here/beside"
}

n_models=0
for model in posix win32; do
    if ! command -v "x86_64-w64-mingw32-g++-$model" >/dev/null; then
        echo "# x86_64-w64-mingw32-g++-$model is not installed"
        continue
    fi
    n_models=$((n_models + 1))
    here=$scratch/$model
    build "$model"
    run_cxx "$model, linked statically" "$here/static"
    run_cxx "$model, its DLLs beside the program" "$here/beside"
    old_path=$PATH
    PATH=$PATH:$here/dlls
    run_cxx "$model, its DLLs in a folder of PATH" "$here/plain"
    PATH=$old_path
    out=$("$portico" "$here/plain/library.exe" 2>&1)
    is $? 114 "$model, without its DLLs: it does not start"
    like "$out" '^portico: library\.exe needs lib[a-z0-9_+-]*\.dll, which was not found$' 'and the missing one is named'
done
[ $n_models -gt 0 ] || skip_all 'no C++ compiler of mingw-w64 with -posix or -win32'
done_testing
