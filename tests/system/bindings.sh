# What is remembered of DLLs' imports (dlls/ntdll/unix/bindings.c) makes no difference but to the time that a start
# takes: where each import leads is the same with it and without, also after a DLL was changed, and when the file is
# damaged or others could have written it.
. "$srcdir/functions.sh"
file=$PORTICO_RUNTIME_DIR/bindings
folder=$scratch/dlls # system DLLs: ours, and two of the test's
PORTICO_DLL_DIR=$folder
export PORTICO_DLL_DIR
mkdir "$folder"
cp "$top_builddir"/dlls/x86_64-windows/*.dll "$folder" || exit 99
cd "$scratch" || exit 99
mkdir one two
# dll OUTPUT ARGUMENT...: linked without the C library.
dll() {
    output=$1
    shift
    # shellcheck disable=SC2086
    $PE_CC -shared -nostdlib -O1 -Wl,--no-insert-timestamp -o "$output" "$srcdir/programs/bindings_dll.c" "$@" || exit 99
}
dll one/bindings_lower.dll -DLOWER=1
dll two/bindings_lower.dll -DLOWER=2
dll "$folder/bindings_upper.dll" -DUPPER one/bindings_lower.dll
is "$(stat -c %s one/bindings_lower.dll)" "$(stat -c %s two/bindings_lower.dll)" "the two versions are of the same size"
cp one/bindings_lower.dll "$folder"
# shellcheck disable=SC2086
$PE_CC -O1 -o ask.exe "$srcdir/programs/bindings.c" "$folder/bindings_upper.dll" -lws2_32 -lpsapi -ladvapi32 || exit 99

ask() { "$portico" ask.exe >"$1" 2>"$scratch/errors"; }
# Is the upper DLL's table of imports known to a program that starts now?
is_known() {
    PORTICO_DEBUG=+loader "$portico" ask.exe >seen 2>trace
    base=$(sed -n 's/.*bindings_upper\.dll at \(0x[0-9a-f]*\),.*/\1/p' trace)
    [ -n "$base" ] && grep -q "of the image at $base are known" trace
}
# Files that were changed a moment ago are not remembered: starts until they are.
until_known() { until is_known; do :; done; }

ask plain
is "$(head -n 1 plain | tr -d '\r')" 'answer 1' 'nothing is known'
[ "$(wc -l <plain)" -gt 1000 ]
ok $? 'a thousand imports are compared'
until_known
ask seen
cmp plain seen
ok $? 'what is known leads where a search leads'
is "$(stat -c %a "$file")" 600 'the file is for its owner'

touch -r "$folder/bindings_lower.dll" times
cat two/bindings_lower.dll >"$folder/bindings_lower.dll" # the same file, the same size
touch -r times "$folder/bindings_lower.dll"
ask changed
is "$(head -n 1 changed | tr -d '\r')" 'answer 2' 'a DLL that was changed in place, and whose times were set back, is noticed'
until_known
ask seen
cmp changed seen
ok $? 'and known again'

# refused NAME: nothing is known at the next start, which leads where the others did and leaves a good file.
refused() {
    ! is_known && cmp -s changed seen && is_known && cmp -s changed seen
    ok $? "$1"
}
printf 'xxxxxxxxxxxxxxxx' | dd of="$file" bs=1 seek=300 conv=notrunc 2>/dev/null
refused 'bytes that changed'
head -c 1000 "$file" >cut && cat cut >"$file"
refused 'a file cut short'
: >"$file"
refused 'an empty file'
chmod 622 "$file"
refused 'a file that others may write to'
cp "$file" elsewhere && ln -sf "$scratch/elsewhere" "$file"
refused 'a link'
[ ! -L "$file" ]
ok $? 'whose place a file has taken'
PORTICO_RUNTIME_DIR=$scratch/none ask seen
cmp changed seen
ok $? 'no runtime folder'
is "$(find "$PORTICO_RUNTIME_DIR" -name 'bindings.*')" '' 'no file is left half-way'
done_testing
