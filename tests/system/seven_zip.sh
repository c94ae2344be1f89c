# 7za.exe as its authors built it (npm's 7zip-bin): archives of a tree of 2,000 files, in 7z and in zip.
. "$srcdir/functions.sh"
. "$srcdir/fetch.sh"
sum=ba44cf561a86e2337332ba36a80f4748249254937768deed95bfa17ea602b771
sum=${sum}11d325aba1e036551dfc30dace1cb43f7158fe0da20c69dd24142b565a8c21fc
fetch_url https://registry.npmjs.org/7zip-bin/-/7zip-bin-5.2.0.tgz "$fetched/7zip-bin-5.2.0.tgz" "$sum"
tar -xzf "$fetched/7zip-bin-5.2.0.tgz" -C "$scratch" package/win/x64/7za.exe || exit 99
program=$scratch/package/win/x64/7za.exe
cd "$scratch" || exit 99

# The other reader: Debian's p7zip, installed or not.
other=$(command -v 7za || command -v 7z)
if [ -z "$other" ]; then
    fetch_deb p7zip-full
    other=$fetched/p7zip-full/usr/lib/p7zip/7za
fi

# Empty files, short ones, a few long ones; names with blanks, capitals and letters beyond ASCII; nested folders.
for folder in $(seq 40); do
    mkdir -p "tree/folder $folder/Größe"
    for file in $(seq 25); do
        seq $((file * folder % 97)) >"tree/folder $folder/file $file.txt"
        seq "$folder" "$((folder + file * 3))" >"tree/folder $folder/Größe/NAME_$file"
    done
done
is "$(find tree -type f | wc -l)" 2000 'a tree of 2,000 files'

run() { "$portico" "$program" "$@" -bd >out 2>err; }

for kind in 7z zip; do
    run a "archive.$kind" tree
    is "$?" 0 "$kind: compresses"
    like "$(cat out)" 'Everything is Ok' "$kind: and says so"
    run l "archive.$kind"
    like "$(tail -n 1 out)" ' 2000 files, 81 folders' "$kind: lists"
    run t "archive.$kind"
    is "$?" 0 "$kind: tests"
    run x "-oout.$kind" "archive.$kind"
    is "$?" 0 "$kind: extracts"
    is "$(diff -r tree "out.$kind/tree" 2>&1 | head -n 5)" '' "$kind: the same tree"
    LC_ALL=C.UTF-8 "$other" x -bd "-oother.$kind" "archive.$kind" >out 2>&1
    is "$(diff -r tree "other.$kind/tree" 2>&1 | head -n 5)" '' "$kind: p7zip reads it"
    cat err
done

# What was damaged is told.
printf 'damage' | dd of=archive.7z bs=1 seek=1000 conv=notrunc 2>/dev/null
run t archive.7z
is "$?" 2 'a damaged archive: its exit code'
like "$(cat out err)" 'ERROR' 'and why'
is "$(cat err | grep '^portico:')" '' 'Portico had nothing to say'
done_testing
