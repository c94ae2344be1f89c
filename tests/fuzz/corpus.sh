#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The Portico developers
#
# What the fuzzers have found worth keeping still does no harm.
echo 1..3
n=0
for name in control lane port; do
    n=$((n + 1))
    if out=$(./fuzz_$name "$srcdir/corpus/$name" /dev/null 2>&1); then
        echo "ok $n - fuzz_$name: $(printf '%s\n' "$out" | tail -n 1)"
    else
        printf '%s\n' "$out" | sed 's/^/# /'
        echo "not ok $n - fuzz_$name: its corpus"
    fi
done
