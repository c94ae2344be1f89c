# SPDX-License-Identifier: LGPL-2.1-or-later
# What Wine's DLLs take from ntdll, by import table and by forwarder, against the pinned list wine-imports.txt: the
# supported Wine version is the one whose list this is. Then: are all of these names exported, and which are still stubs.
# To pin anew: sh tests/meta/wine-imports.sh --list >tests/meta/wine-imports.txt (with PE_OBJDUMP, WINE_DLL_DIR set).
dlls='kernelbase kernel32 msvcrt ucrtbase advapi32 sechost'

list() {
    for dll in $dlls; do
        LC_ALL=C "$PE_OBJDUMP" -p "$WINE_DLL_DIR/$dll.dll" | awk -v dll="$dll" '
            /DLL Name:/ { on = tolower($3) == "ntdll.dll" }
            on && /^\t[0-9a-f]+\t *[0-9]+ / { print dll, $3 }
            /Forwarder RVA -- [Nn][Tt][Dd][Ll][Ll]\./ { sub(/.*[Nn][Tt][Dd][Ll][Ll]\./, ""); print dll, $1 }'
    done | LC_ALL=C sort -u
}
if [ "$1" = --list ]; then list; exit; fi
. "$srcdir/functions.sh"

list >"$scratch/list"
LC_ALL=C diff tests/meta/wine-imports.txt "$scratch/list" >"$scratch/found"
finding_free "Wine's DLLs take from ntdll what the pinned list says" "$scratch/found"

cut -d' ' -f2 tests/meta/wine-imports.txt | LC_ALL=C sort -u >"$scratch/wanted"
sed -n 's/^\([A-Z]*\)(\([A-Za-z_0-9]*\).*/\2 \1/p' dlls/ntdll/exports.def | LC_ALL=C sort >"$scratch/exports"
LC_ALL=C join -v 1 "$scratch/wanted" "$scratch/exports" >"$scratch/found"
finding_free 'each of these names is in exports.def' "$scratch/found"

LC_ALL=C join "$scratch/wanted" "$scratch/exports" | awk '$2 == "STUB" { print $1 }' >"$scratch/stubs"
echo "# $(wc -l <"$scratch/stubs") of the $(wc -l <"$scratch/wanted") names are not implemented:"
sed 's/^/#   /' "$scratch/stubs"
done_testing
