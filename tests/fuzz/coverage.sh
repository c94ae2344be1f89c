#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The Portico developers
#
# coverage.sh FOLDER...: the branches of the consuming code (each condition has two) that the inputs in FOLDER/port and
# FOLDER/lane take, file by file, then those that none takes. Runs where fuzz_port and fuzz_lane are, built by clang with
# -fprofile-instr-generate -fcoverage-mapping (docs/FUZZING.md). $srcdir/coverage-apart.txt lists with its reason what no
# input can take: that is counted apart. Exits with 1, and says so, when the list is wrong: such a line is taken after all, or gone.
set -eu
srcdir=${srcdir:-.}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for name in port lane; do
    inputs=
    for folder in "$@"; do [ ! -d "$folder/$name" ] || inputs="$inputs $folder/$name"; done
    # shellcheck disable=SC2086
    LLVM_PROFILE_FILE=$work/$name.profraw ./fuzz_$name $inputs
done
"${LLVM_PROFDATA:-llvm-profdata}" merge -o "$work/all" "$work/port.profraw" "$work/lane.profraw"
"${LLVM_COV:-llvm-cov}" show --show-branches=count ./fuzz_port -object ./fuzz_lane -instr-profile="$work/all" >"$work/shown"
"${AWK:-awk}" '
function trim(text) { gsub(/^[ \t]+|[ \t]+$/, "", text); return text }
BEGIN {
    n = split("lane/consumer lane/producer lane/slot lane/wait alpc/scan alpc/take alpc/deliver alpc/harvest alpc/aside " \
              "alpc/head alpc/receive alpc/close", files, " ")
    for (i = 1; i <= n; i++) wanted[files[i]] = 1
}
FNR == NR { # FILE NUMBER SOURCE
    if ($0 !~ /^#/ && NF > 2) { place = $1; text = $0; sub(/^[^ ]+ [^ ]+ /, "", text); apart[place, trim(text)] += $2 }
    next
}
/^[^ ].*\.[ch]:$/ {
    file = ""
    for (f in wanted) if (index($0, "libs/" f ".c:")) file = f
    next
}
file == "" { next }
/^ *[0-9]+\|/ { line = $0 + 0; text = $0; sub(/^ *[0-9]+\|[^|]*\|/, "", text); source[line] = trim(text); next }
/Branch \([0-9]+:[0-9]+\): \[True: / {
    at = $0; sub(/.*Branch \(/, "", at); line = at + 0
    sides = $0; sub(/.*\[/, "", sides)
    if (sides ~ /Folded/) next
    lacking = (sides ~ /True: 0,/) + (sides ~ /False: 0\]/)
    branches[file] += 2
    for (; lacking > 0; lacking--) {
        if (apart[file, source[line]] > 0) { apart[file, source[line]]--; n_apart[file]++; continue }
        missed[file]++
        list = list file ".c:" line ": " source[line] "\n"
    }
}
END {
    printf "| file | branches | taken | apart | of the rest |\n| --- | --- | --- | --- | --- |\n"
    for (i = 1; i <= n; i++) {
        f = files[i]; b = branches[f]; m = missed[f] + 0; a = n_apart[f] + 0
        printf "| %s.c | %d | %d | %d | %.0f %% |\n", f, b, b - m - a, a, 100 * (b - m - a) / (b - a)
        B += b; M += m; A += a
    }
    printf "| together | %d | %d (%.1f %%) | %d | %.1f %% |\n", B, B - M - A, 100 * (B - M - A) / B, A, 100 * (B - M - A) / (B - A)
    printf "\nNot taken:\n%s", list
    for (k in apart)
        if (apart[k] > 0) { split(k, part, SUBSEP); printf "Taken, or gone, and listed as apart: %s: %s\n", part[1], part[2]; is_wrong = 1 }
    exit is_wrong
}' "$srcdir/coverage-apart.txt" "$work/shown"
