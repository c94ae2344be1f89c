#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The Portico developers
#
# make check-mutants: the guard of each numbered race is taken away in turn (libs/lane/mutants.def), and the suite that
# is named there must fail. A mutant that lives is a guard that nothing tests, or one that guards nothing.
#
# usage: mutants.sh SOURCE_FOLDER PROGRAM_FOLDER [NAME...]      exit status: 0 all were killed
set -u
list=$1/libs/lane/mutants.def
programs=$2
shift 2
wanted=" $* "
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
failed=0 n=0

# Each race that a source names by a number is in the list, with a mutant or with the reason for none.
for race in $(grep -ohE '\([A-Z][0-9][):;]' "${list%/lane/*}"/lane/*.[ch] "${list%/lane/*}"/alpc/*.[ch] | cut -c2-3 | sort -u); do
    grep -q "($race)" "$list" || { echo "RACE $race has no mutant"; failed=1; }
done

sed -n 's/^HOOK_MUTANT(\([a-z_0-9]*\), *\([a-z_0-9]*\)).*/\1 \2/p' "$list" | {
    while read -r name suite; do
        case $wanted in '  ') ;; *" $name "*) ;; *) continue ;; esac
        n=$((n + 1))
        if PORTICO_MUTANT=$name "$programs/check_model_$suite" >"$log" 2>&1; then
            echo "LIVES $name: check_model_$suite passed without this guard"
            failed=1
        elif killer=$(sed -n 's/^not ok [0-9]* - [^:]*:\([a-z_0-9]*\):.*/\1/p' "$log" | head -n 1) && [ -n "$killer" ]; then
            echo "killed $name: $killer"
        else
            echo "ERROR $name: check_model_$suite did not run: $(tail -n 1 "$log")"
            failed=1
        fi
    done
    [ "$n" -gt 0 ] || failed=1
    [ "$failed" = 0 ] && echo "$n mutants, all killed"
    exit "$failed"
}
