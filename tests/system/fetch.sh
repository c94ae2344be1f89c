# Real programs, fetched by name when a test wants them. Sourced after functions.sh. What was fetched is kept in the build
# folder (fetched/), so that the next run asks nobody; a test is skipped, with the reason, when it cannot be had.
fetched=$top_builddir/tests/system/fetched
mkdir -p "$fetched" || exit 99

# fetch_url URL FILE SHA512: the file, with these contents. By what the machine has; apt's own helper is on every Debian.
fetch_url() {
    echo "$3  $2" | sha512sum -c --status 2>/dev/null && return
    for fetcher in curl wget /usr/lib/apt/apt-helper; do
        command -v "$fetcher" >/dev/null || continue
        case $fetcher in
        curl) curl -fsSL --connect-timeout 20 -o "$2.new" "$1" ;;
        wget) wget -q --timeout=20 --tries=1 -O "$2.new" "$1" ;;
        *) "$fetcher" -o Acquire::https::Timeout=20 download-file "$1" "$2.new" >/dev/null ;;
        esac 2>"$scratch/fetch.err" || continue
        echo "$3  $2.new" | sha512sum -c --status && mv "$2.new" "$2" && return
        rm -f "$2.new"
        skip_all "$1 is not what it was (SHA-512)"
    done
    skip_all "$1 cannot be fetched: $(grep -v '^W:' "$scratch/fetch.err" 2>/dev/null | head -c 200 | tr '\n' ' ')"
}

# fetch_deb PACKAGE: unpacks Debian's package of that name into $fetched/PACKAGE.
fetch_deb() {
    [ ! -d "$fetched/$1" ] || return 0
    command -v apt-get >/dev/null || skip_all 'this is not Debian'
    mkdir "$scratch/deb.$1"
    (cd "$scratch/deb.$1" && apt-get -q -o Acquire::http::Timeout=20 -o Acquire::Retries=0 download "$1" &&
        dpkg -x "$1"_*.deb tree) >"$scratch/fetch.err" 2>&1 ||
        skip_all "package $1 cannot be fetched: $(grep '^E:' "$scratch/fetch.err" | head -n 1)"
    # One step in the end: a run that is interrupted leaves no half package behind.
    rm -rf "$fetched/.$1"
    mv "$scratch/deb.$1/tree" "$fetched/.$1" && mv "$fetched/.$1" "$fetched/$1"
}
