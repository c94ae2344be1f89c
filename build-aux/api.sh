#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Writes docs/API.md on standard output, from the top of the source tree: every name of ALPC and legacy LPC, what it is
# here, and which tests in tests/pe say so.
#   api.sh           the page
#   api.sh --table   KIND NAME CLAIM TESTS, for tests/meta/api.sh (no tests: -)
# A name's tests are the programs of tests/pe that name it (a call: that call it) outside of comments and prototypes;
# alpc.h stands for the helpers that the ALPC tests share.
export LC_ALL=C
top=$(cd "$(dirname "$0")/.." && pwd) && cd "$top" || exit 1

# calls: NAME and its word in exports.def.
exports() {
    sed -n 's/^\(STUB\|FUNCTION\|SYSCALL\)(\([A-Za-z0-9_]*\).*/\2 \1/p' dlls/ntdll/exports.def
}

# tokens: FILE NAME for every identifier of the tests, "NAME(" for a call, without comments and prototypes.
tokens() {
    for file in tests/pe/alpc.h tests/pe/*.c tests/pe/*.cpp; do
        awk -v file="$(basename "$file")" '
            /^[[:space:]]*\/\*/ { comment = 1 }
            !comment && !/NTAPI/ {
                line = $0
                while (match(line, /[A-Za-z_][A-Za-z0-9_]*\(?/)) {
                    token = substr(line, RSTART, RLENGTH)
                    line = substr(line, RSTART + RLENGTH)
                    seen[token] = 1
                    sub(/\(/, "", token)
                    seen[token] = 1
                }
            }
            /\*\// { comment = 0 }
            END { for (token in seen) print file, token }' "$file"
    done
}

# notes: FILE|NAME|UNKNOWN or DIFFERS|first sentence, from the comments of the sources. NAME is empty for a detail.
notes() {
    for file in $(grep -rlE '(UNKNOWN|DIFFERS)(\([A-Za-z_0-9]+\))?: ' --include='*.[ch]' \
        libs/alpc libs/portico server/alpc dlls/ntdll include | sort); do
        case $file in
        libs/* | server/* | *lpc* | */completion_* | */port_object.c | */wait_packet.c | */work_on_behalf.c) details=1 ;;
        *) details=0 ;;
        esac
        awk -v file="$file" -v details="$details" '
            function flush() {
                gsub(/[[:space:]]+/, " ", text); sub(/^ /, "", text); sub(/\. .*/, "", text); sub(/[ .]+$/, "", text)
                if (kind != "" && (name != "" || details)) print file "|" name "|" kind "|" text
                kind = ""
            }
            {
                line = $0
                sub(/^[[:space:]]*\*[[:space:]]+/, "", line)
                while (match(line, /(UNKNOWN|DIFFERS)(\([A-Za-z_0-9]+\))?: ?/)) {
                    text = text " " substr(line, 1, RSTART - 1)
                    flush()
                    tag = substr(line, RSTART, RLENGTH)
                    kind = substr(tag, 1, 7)
                    name = tag ~ /\(/ ? substr(tag, 9) : ""
                    sub(/\).*/, "", name)
                    text = ""
                    line = substr(line, RSTART + RLENGTH)
                }
                if (kind == "") next
                last = line ~ /\*\//
                sub(/\*\/.*/, "", line)
                sub(/^[[:space:]]*(\*[[:space:]]*)?/, "", line)
                text = text " " line
                if (last || line == "") flush()
            }
            END { flush() }' "$file"
    done
}

table() {
    {
        exports | sed 's/^/E /'
        tokens | sed 's/^/T /'
        sed '/^#/d; /^$/d; s/^/L /' build-aux/api.list
        exports | awk '$1 ~ /^(NtAlpc|Alpc|Tp.*Alpc)/ { print "L call " $1 }'
    } | awk '
        $1 == "E" { export[$2] = $3; next }
        $1 == "T" { tests[$3] = tests[$3] (tests[$3] == "" ? "" : ",") $2; next }
        {
            kind = $2; name = $3; claim = $4
            key = kind == "call" ? name "(" : name
            if (kind == "call" && claim != "refused" && claim != "stored")
                claim = export[name] == "" ? "missing" : export[name] == "STUB" ? "stub" : "works"
            if (kind == "call" && name in listed) next # by api.list and by its name
            listed[name] = 1
            print kind, name, claim == "" ? "missing" : claim, tests[key] == "" ? "-" : tests[key]
        }' | sort -k1,1 -k2,2
}

page() {
    cat <<'END'
# ALPC and LPC: every name and what it is here

Made by `make -C build api` from `dlls/ntdll/exports.def`, `build-aux/api.list`, the comments of the sources and the tests; do not
edit. *works*: implemented, and the programs named (in `tests/pe`) test it. *stub*: says its name and raises. *refused*: an
NT status. *stored*: accepted, read back, without effect, since nobody knows one (UNKNOWN); does not count as implemented.
END
    {
        notes | sed 's/^/N|/'
        table | sed 's/ /|/g; s/^/R|/'
    } | awk -F'|' '
        BEGIN {
            title["call"] = "Calls"; title["class"] = "Information classes"; title["attribute"] = "Message attributes"
            title["flag"] = "Flags"; title["limit"] = "Limits of a port"
            n = split("call class attribute flag limit", order, " ")
        }
        $1 == "N" && $3 == "" { details = details "- `" $2 "`: " $4 ": " $5 "\n" }
        $1 == "N" { note[$3] = note[$3] (note[$3] == "" ? "" : "; ") $4 ": " $5 }
        $1 == "R" {
            tests = $4 == "works" ? $5 : ""
            gsub(/,/, ", ", tests)
            body[$2] = body[$2] "| " $3 " | " $4 " | " tests " | " note[$3] " |\n"
            total[$2]++
            if ($4 == "works") good[$2]++
        }
        END {
            for (i = 1; i <= n; i++) {
                kind = order[i]
                printf "\n## %s: %d of %d work\n\n| name | state | tested by | notes |\n| --- | --- | --- | --- |\n%s",
                    title[kind], good[kind], total[kind], body[kind]
            }
            printf "\n## Details that differ from Windows or are not known\n\n%s", details
        }'
}

case ${1-} in
--table) table ;;
*) page ;;
esac
