# Where drive C: is for who has no home: a folder in /tmp that nobody else can have prepared.
. "$srcdir/functions.sh"
case $(realpath "$top_builddir") in /tmp/*) skip_all 'built in /tmp, which the test replaces' ;; esac
unshare -rm mount -t tmpfs none /tmp 2>/dev/null || skip_all 'this user may make no namespace with a /tmp of its own'
args=$(realpath "$(program args)")
portico=$(realpath "$portico")
home=/tmp/portico-home-0 # root's, which unshare makes this user

# in_tmp COMMANDS: what they print in a /tmp that is empty.
in_tmp() {
    unshare -rm env -u HOME -u PORTICO_HOME PORTICO_RUNTIME_DIR=/tmp/run sh -c \
        'mount -t tmpfs none /tmp && mkdir -m 700 /tmp/run && home=$1 portico=$2 args=$3 && eval "$4"' \
        sh "$home" "$portico" "$args" "$1" 2>&1 | tr -d '\r'
}
is "$(in_tmp '"$portico" "$args" cwd >/dev/null; stat -c %a $home; cd $home/drive_c/windows && "$portico" "$args" cwd')" \
    '700
C:\windows' 'the folder is made for its user alone, and is drive C:'
prepared='mkdir -p $home/drive_c/windows'
no_drive="portico: no drive C: $home: must belong to this user and be writable by nobody else"
is "$(in_tmp "$prepared; chmod 777 \$home; cd \$home/drive_c/windows && \"\$portico\" \"\$args\" cwd")" \
    "$no_drive
Z:\\tmp\\portico-home-0\\drive_c\\windows" 'one that others can write to is not'
is "$(in_tmp "$prepared; mv \$home /tmp/other; ln -s other \$home; cd /tmp/other/drive_c/windows && \"\$portico\" \"\$args\" cwd")" \
    "portico: no drive C: $home: Not a directory
Z:\\tmp\\other\\drive_c\\windows" 'nor is a link'
done_testing
