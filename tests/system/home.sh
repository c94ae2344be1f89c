# Where drive C: is: in a home, which is an absolute path; for who has none, in a folder in /tmp that nobody else can have
# prepared.
. "$srcdir/functions.sh"

# A relative home would be another one in each folder.
PORTICO_HOME=relative "$portico" "$(program args)" cwd 2>"$scratch/err"
is $? 121 'a relative PORTICO_HOME is refused'
is "$(cat "$scratch/err")" 'portico: PORTICO_HOME is no absolute path: relative' 'in one line'
PORTICO_HOME='' HOME=./relative "$portico" "$(program args)" cwd 2>"$scratch/err"
is $? 121 'so is a relative HOME'
is "$(cat "$scratch/err")" 'portico: HOME is no absolute path: ./relative' 'by its name'
HOME=./relative "$portico" "$(program args)" cwd >"$scratch/out" 2>&1
is $? 0 'which does not count beside a PORTICO_HOME'
if [ -e relative ]; then ok 1 'nothing is made'; else ok 0 'nothing is made'; fi
case $(realpath "$top_builddir") in /tmp/*) echo '# built in /tmp, which the rest would replace'; done_testing; exit ;; esac
unshare -rm mount -t tmpfs none /tmp 2>/dev/null || { echo '# this user may make no namespace with a /tmp of its own'; done_testing; exit; }
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
