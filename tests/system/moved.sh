# An installation that was moved, or unpacked under a DESTDIR: portico finds ntdll.dll and portserver, and libportico
# portserver, from where they lie themselves. Wine's DLLs stay where they were configured.
. "$srcdir/functions.sh"
[ ! -e "$pkglibdir/x86_64-windows/ntdll.dll" ] && [ ! -e "$bindir/portserver" ] ||
    skip_all "Portico is installed in $bindir already: that one would be found"
unset PORTICO_DLL_DIR PORTICO_SERVER

# install_at FOLDER BINDIR PKGLIBDIR LIBDIR: what of an installation the programs need
install_at() {
    mkdir -p "$1$2" "$1$3/x86_64-windows" "$1$4"
    cp "$top_builddir/programs/portico" "$top_builddir/server/portserver" "$1$2" &&
        cp "$top_builddir"/dlls/x86_64-windows/*.dll "$1$3/x86_64-windows" &&
        cp "$top_builddir"/libs/.libs/libportico.so* "$1$4"
}

# A program that needs the port server, which none but portico starts.
talk_with() {
    background "$1" "$2" "$(program talk_server)" '\RPC Control\Moved' 1 1
    await_line "$1" '^ready' || { ok 1 "$3"; sed 's/^/# /' "$scratch/$1.out"; return; }
    "$2" "$(program talk_client)" '\RPC Control\Moved' 1 10 >"$scratch/client" 2>&1
    ok $? "$3"
    wait "$background_pid"
    "$portserver" --stop
}

install_at "$scratch/destdir" "$bindir" "$pkglibdir" "$libdir"
talk_with destdir "$scratch/destdir$bindir/portico" 'under a DESTDIR'

install_at "$scratch/moved" "${bindir#"$prefix"}" "${pkglibdir#"$prefix"}" "${libdir#"$prefix"}"
talk_with moved "$scratch/moved${bindir#"$prefix"}/portico" 'with another prefix'

if [ -z "$SAN_CFLAGS" ]; then # a sanitized library wants a sanitized program
    cat >"$scratch/native.c" <<'TEXT'
#include <portico/portico.h>
#include <stdio.h>
int main(void)
{
    status_t status = portico_start(NULL);

    if (status != STATUS_SUCCESS)
        puts(portico_start_error());
    return status != STATUS_SUCCESS;
}
TEXT
    lib=$scratch/moved${libdir#"$prefix"}
    ${CC:-cc} -I"$top_srcdir/include" -o "$scratch/native" "$scratch/native.c" -L"$lib" -lportico &&
        said=$(LD_LIBRARY_PATH=$lib "$scratch/native")
    is "$?$said" 0 'a native program by its libportico.so'
    "$portserver" --stop
fi

# in a mount name space, which not every system lets a user have
portico_moved=$scratch/moved${bindir#"$prefix"}/portico
without_proc() { unshare -Urm sh -c 'mount -t tmpfs none /proc && exec "$@"' sh "$@"; }
if without_proc true 2>/dev/null; then
    like "$(without_proc "$portico_moved" "$(program talk_client)" 2>&1)" \
        '/ntdll.dll: .*\(/proc is not mounted: an installation that was moved is not found; or' 'without /proc it says so'
fi

rm "$scratch/moved${pkglibdir#"$prefix"}/x86_64-windows/ntdll.dll"
like "$("$portico_moved" "$(program talk_client)" 2>&1)" \
    "^portico: $pkglibdir/x86_64-windows/ntdll.dll: [^(]*\(PORTICO_DLL_DIR or" 'what is in neither place is told with the configured one'
done_testing
