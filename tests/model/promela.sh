#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The Portico developers
#
# make check-model: Spin explores each Promela model of this folder completely, without a finding; then once for each
# seeded bug that its head comment names, and must find that: a check that cannot fail shows nothing.
# Needs spin and a C compiler (Debian: spin, gcc).
#
# usage: promela.sh FOLDER_OF_MODELS      exit status: 0 all as it should be
set -u
models=$1
command -v spin >/dev/null || { echo 'check-model: no spin; on Debian: apt-get install spin' >&2; exit 1; }
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
failed=0

# run MODEL BUG: prints Spin's count of errors; nothing when it did not explore everything.
run() {
    rm -f pan ./*.trail
    spin -D"$2" -a "$models/$1.pml" >spin.out 2>&1 && ${CC:-cc} -O1 -w -DSAFETY -o pan pan.c && ./pan -m1000000 >pan.out 2>&1 || return 1
    ! grep -q 'error: max search depth' pan.out || return 1
    sed -n 's/.*errors: \([0-9]*\).*/\1/p' pan.out
}

for model in need_wake slot; do
    errors=$(run $model nothing) || errors=
    if [ "$errors" = 0 ]; then
        echo "$model: $(sed -n 's/^ *\([0-9]*\) states, stored.*/\1/p' pan.out) states, no error"
    else
        echo "$model: FAILED: $(sed -n '/^pan:1/p' pan.out 2>/dev/null)"
        failed=1
    fi
    for bug in $(sed -n 's/^ \* A seeded bug each (-D): //p' "$models/$model.pml" | sed 's/([^)]*)//g; s/[,.]/ /g; s,\*/,,'); do
        errors=$(run $model "$bug") || errors=
        if [ "${errors:-0}" -gt 0 ]; then
            echo "$model, $bug: found: $(sed -n 's/^pan:1: //p' pan.out | head -n 1)"
        else
            echo "$model, $bug: NOT FOUND"
            failed=1
        fi
    done
done
exit $failed
