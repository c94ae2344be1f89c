# A wrong program file of each kind: one clear line that names it, an exit status of its own (man/portico.1).
. "$srcdir/functions.sh"
: "${PE_CC:=x86_64-w64-mingw32-gcc}"

# status_of NAME in the enumeration of exit_status.h
status_of() { sed -n "s/^ *PORTICO_EXIT_$1 *= *\([0-9]*\),.*/\1/p" "$top_srcdir/include/portico/exit_status.h"; }

# refused FILE KIND PATTERN NAME: the loader refuses FILE with the status of KIND and one line that matches.
refused() {
    out=$("$portico" "$1" 2>&1)
    is $? "$(status_of "$2")" "$4: its own exit status"
    is "$(printf '%s\n' "$out" | wc -l)" 1 "$4: one line"
    like "$out" "$3" "$4: says what and where"
}

good=$(program talk_client)
pe_at=$(half "$good" 60)
directories_at=$((pe_at + 24 + 112))

refused "$scratch/none.exe" MISSING_FILE 'none\.exe.*[Nn]o such file' 'a file that is not there'
refused "$scratch" MISSING_FILE "$(basename "$scratch").*folder" 'a directory'
echo 'echo hello' >"$scratch/script.exe"
refused "$scratch/script.exe" NOT_PE 'script\.exe' 'a text file'
: >"$scratch/empty.exe"
refused "$scratch/empty.exe" NOT_PE 'empty\.exe' 'an empty file'
head -c $((pe_at + 2)) "$good" >"$scratch/short.exe"
refused "$scratch/short.exe" NOT_PE 'short\.exe' 'a file cut off in its headers'
head -c 2000 "$good" >"$scratch/cut.exe"
refused "$scratch/cut.exe" NOT_PE 'cut\.exe' 'a file cut off before its sections'
cp "$good" "$scratch/x86.exe"
patch "$scratch/x86.exe" $((pe_at + 4)) 114 1
refused "$scratch/x86.exe" WRONG_MACHINE 'x86\.exe.*32-bit' 'a 32-bit program'
cp "$good" "$scratch/arm.exe"
patch "$scratch/arm.exe" $((pe_at + 4)) 144 252
refused "$scratch/arm.exe" WRONG_MACHINE 'arm\.exe.*ARM' 'an ARM program'

cp "$good" "$scratch/stack.exe"
patch "$scratch/stack.exe" $((pe_at + 24 + 72 + 5)) 10 # reserve: 8 TiB
patch "$scratch/stack.exe" $((pe_at + 24 + 80 + 5)) 4  # commit: 4 TiB
refused "$scratch/stack.exe" NO_RESOURCES 'stack\.exe.*0xc0000017' 'a stack larger than the machine'

# damaged NAME OFFSET OCTAL...: a copy with these bytes is refused as a damaged image
damaged() {
    cp "$good" "$scratch/damaged.exe"
    damaged_name=$1
    shift
    patch "$scratch/damaged.exe" "$@"
    refused "$scratch/damaged.exe" NOT_PE 'damaged\.exe: .*(image is damaged|not a valid PE)' "$damaged_name"
}
for index in 0 1 2 3 5 9 10 13; do
    damaged "data directory $index beyond the image" $((directories_at + 8 * index)) 0 360 377 177
done
tls_at=$(directory_at 9 "$good")
imports_at=$(directory_at 1 "$good")
damaged 'a TLS directory of nonsense' "$tls_at" 1 2 3 4 5 6 7 10 11 12 13 14 15 16 17 20
damaged 'a TLS index outside of the image' $((tls_at + 16)) 0 20 0 0 0 0 0 0
damaged 'TLS callbacks outside of the image' $((tls_at + 24)) 0 20 0 0 0 0 0 0
damaged 'a TLS callback outside of the image' $((tls_at + 24)) 0 0 0 100 1 0 0 0 # the MZ header
damaged "an imported DLL's name outside of the image" $((imports_at + 12)) 0 360 377 177
damaged 'an import address table outside of the image' $((imports_at + 16)) 0 360 377 177
damaged 'import names outside of the image' "$imports_at" 0 360 377 177

requires "$PE_CC"
cat >"$scratch/nothing.c" <<'TEXT'
__declspec(dllexport) int nothing_here(void) { return 0; }
TEXT
cat >"$scratch/needs.c" <<'TEXT'
__declspec(dllimport) int nothing_here(void);
int main(void) { return nothing_here(); }
TEXT
(cd "$scratch" && "$PE_CC" -shared -o nothing.dll nothing.c -Wl,--out-implib,libnothing.a &&
    "$PE_CC" -o needs.exe needs.c libnothing.a) || exit 99
"$portico" "$scratch/needs.exe"
ok $? 'a program with a DLL beside it runs'
(ulimit -n 60 && "$portico" "$scratch/needs.exe")
ok $? 'with few descriptors too'
cat >"$scratch/few.c" <<'TEXT'
#include <windows.h>
#define PIPE(name) CreateNamedPipeA("\\\\.\\pipe\\" name, PIPE_ACCESS_DUPLEX, 0, 1, 0, 0, 0, NULL)
int main(int argc, char **argv)
{
    if (argc != 1 || PIPE("few-a") == INVALID_HANDLE_VALUE)
        return 2;
    for (int i = 0; i < 200; i++) /* until none is left */
        CreateFileA(argv[0], GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    return PIPE("few-b") != INVALID_HANDLE_VALUE;
}
TEXT
"$PE_CC" -o "$scratch/few.exe" "$scratch/few.c" || exit 99
(ulimit -n 128 && "$portico" "$scratch/few.exe")
ok $? 'a pipe whose end finds no descriptor is not made'
mv "$scratch/nothing.dll" "$scratch/gone.dll"
refused "$scratch/needs.exe" MISSING_DLL 'nothing\.dll' 'a missing DLL'
cp "$scratch/gone.dll" "$scratch/nothing.dll"
patch "$scratch/nothing.dll" $(($(half "$scratch/gone.dll" 60) + 24 + 112)) 0 360 377 177
refused "$scratch/needs.exe" MISSING_DLL 'needs nothing\.dll, which cannot be loaded; Z:.*\\nothing\.dll: is not a valid PE file$' 'a damaged DLL'
echo garbage >"$scratch/nothing.dll"
refused "$scratch/needs.exe" MISSING_DLL 'needs nothing\.dll, which cannot be loaded; Z:.*\\nothing\.dll: is not a valid PE file$' 'a DLL that is none'
cp "$scratch/x86.exe" "$scratch/nothing.dll"
refused "$scratch/needs.exe" MISSING_DLL 'needs nothing\.dll, which cannot be loaded; Z:.*\\nothing\.dll: is for another processor$' 'a DLL for another processor'
rm "$scratch/nothing.dll"
mkfifo "$scratch/nothing.dll"
refused "$scratch/needs.exe" MISSING_DLL 'needs nothing\.dll, which cannot be loaded' 'a DLL that is a FIFO is not waited for'
rm "$scratch/nothing.dll"
cp "$scratch/gone.dll" "$scratch/nothing.dll"
chmod 0 "$scratch/nothing.dll"
# Who may read it all the same (root) gives that up.
as_other=
test ! -r "$scratch/nothing.dll" || as_other='setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-dac_override,-dac_read_search'
if $as_other test ! -r "$scratch/nothing.dll"; then
    out=$($as_other "$portico" "$scratch/needs.exe" 2>&1)
    is $? "$(status_of MISSING_DLL)" 'a DLL that may not be read: its own exit status'
    like "$out" 'needs nothing\.dll, which was not found; Z:.*\\nothing\.dll: permission denied$' 'a DLL that may not be read: says what and where'
else
    echo '# nobody here may not read a file'
fi
rm -f "$scratch/nothing.dll"
mkfifo "$scratch/fifo.exe"
refused "$scratch/fifo.exe" NOT_PE 'fifo\.exe' 'a FIFO is not waited for'
cp "$scratch/gone.dll" "$scratch/nothing.dll"
export_at=$(directory_at 0 "$scratch/nothing.dll")
patch "$scratch/nothing.dll" $((export_at + 32)) 0 360 377 177 # the table of names
refused "$scratch/needs.exe" NOT_PE 'needs\.exe: its image is damaged, or that of nothing\.dll' "a DLL's table of names beyond it"
sed 's/nothing_here/something_else/' "$scratch/nothing.c" >"$scratch/other.c"
(cd "$scratch" && "$PE_CC" -shared -o nothing.dll other.c) || exit 99
refused "$scratch/needs.exe" MISSING_IMPORT 'nothing_here.*nothing\.dll|nothing\.dll.*nothing_here' 'a missing import'

# In a folder of its own: one that an earlier program started may still run in the other.
mkdir -m 700 "$scratch/none"
out=$(PORTICO_RUNTIME_DIR=$scratch/none PORTICO_SERVER=/bin/false "$portico" "$good" '\RPC Control\None' 1 1 2>&1)
is $? "$(status_of NO_SERVER)" 'a port server that cannot be started: its own exit status'
like "$out" 'port server|portserver' 'a port server that cannot be started: says so'
out=$(PORTICO_RUNTIME_DIR=/proc/portico "$portico" "$good" '\RPC Control\None' 1 1 2>&1)
is $? "$(status_of NO_SERVER)" 'a folder that no port server can use: its own exit status'
is "$out" 'portico: cannot start the port server: portserver: /proc/portico: No such file or directory' 'one line says what and where'
done_testing
