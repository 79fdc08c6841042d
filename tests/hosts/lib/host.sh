# shellcheck shell=bash disable=SC2154,SC2016
# At work on a host, and who is there. Sourced by `hosts`, for every command but the images'.

# Must cost next to nothing: no process but the one that becomes the command.
do_exec() {
    (($# >= 3)) || die 'exec NAME HOST [--] COMMAND…'
    leader "$1" "$2" || die "$2 of $1 is not running"
    shift 2
    [[ ${1:-} != -- ]] || shift
    exec nsenter --target "$REPLY" --all env --ignore-environment --chdir=/root \
        HOME=/root USER=root LOGNAME=root SHELL=/bin/bash LANG=C.UTF-8 TERM="${TERM:-dumb}" \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

# The terminal that we are called from is none in the host, where `tty` and screen editors look for
# theirs: script makes one.
do_shell() {
    (($# >= 2)) || die 'shell NAME HOST [COMMAND…]'
    local name=$1 host=$2 command='exec bash --login'
    shift 2
    (($# == 0)) || command=$(printf '%q ' "$@")
    do_exec "$name" "$host" script --quiet --return --command "$command" /dev/null
}

do_install() {
    (($# == 2)) || die 'install NAME FILE'
    instance_dir "$1" >/dev/null
    keep_binary "$1" "$2"
    local dir
    for dir in "$running/$1"/serv[1-3]; do
        # A new file in the place of the old one, which may be running.
        cp -T --remove-destination "$dir/identity/usr/bin/bascule" "$dir/root/usr/bin/bascule"
    done
}

# Fresh disks get it as well.
keep_binary() {
    local dir
    for dir in "$running/$1"/serv[1-3]; do
        install -m 755 "$2" "$dir/identity/usr/bin/bascule"
    done
}

# The host opens its own paths: /tmp and /run are mounts that only it sees, and a link in it may
# lead to what would be another file here.
do_put() {
    (($# == 4)) || die 'put NAME HOST FILE DEST'
    local file
    file=$(realpath "$3")
    tar --create --directory="${file%/*}/" --owner=root:0 --group=root:0 "${file##*/}" |
        do_exec "$1" "$2" bash -euc "$unpack" put "$4"
}

do_get() {
    (($# == 4)) || die 'get NAME HOST FILE DEST'
    do_exec "$1" "$2" bash -euc '
        file=$(realpath "$1")
        tar --create --directory="${file%/*}/" "${file##*/}"
    ' get "$3" | bash -euc "$unpack" get "$4"
}

# From tar to a DEST as cp understands it: a folder to put it in, or a new name.
unpack='
    dir=$(mktemp -d)
    trap "rm -rf $dir" EXIT
    tar --extract --no-same-owner --directory="$dir"
    cp -a "$dir"/* "$1"
'

do_list() {
    local name host state
    while read -r name; do
        while read -r host; do
            state=down
            powered "$name" "$host" && state=up
            printf '%-12s %-8s %-14s %-5s %s\n' "$name" "$host" "${address[$host]}" "$state" \
                "$(readlink "$running/$name/$host/lower")"
        done < <(hosts_of "$name")
    done < <(instances)
}

instances() {
    [[ -d $running ]] || return 0
    find "$running" -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | sort
}

hosts_of() {
    find "$(instance_dir "$1")" -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | sort
}

instance_dir() {
    [[ -n $1 && -d $running/$1 ]] || die "no instance '$1': hosts list"
    echo "$running/$1"
}

host_dir() {
    [[ -n $2 && -d $running/$1/$2 ]] || die "no host '$2' in '$1': hosts list"
    echo "$running/$1/$2"
}

# A host has power as long as the `hosts run` of it lives, also while it only boots, or boots again.
powered() { process "$running/$1/$2/power"; }

# The next three answer in REPLY: a subshell for each would double the time of `exec`.

# The process that a file names by its id and its start. An id alone may be another's by now.
process() {
    local pid start
    read -r pid start 2>/dev/null <"$1" || return 1
    started "$pid" && [[ $REPLY == "$start" ]] && REPLY=$pid
}

# When a process started: the 22nd field, and the second may hold spaces and parentheses. The third
# is Z where it ended and its parent has not asked yet.
started() {
    local stat
    read -r stat 2>/dev/null <"/proc/$1/stat" || return 1
    read -ra stat <<<"${stat##*) }"
    REPLY=${stat[19]}
    [[ ${stat[0]} != Z ]]
}

# The host's first process. Asked each time, since it is another after a reboot.
leader() {
    process "$running/$1/$2/nspawn" || return 1
    # The kernel ends this line with a blank, which read takes for a failure.
    read -r REPLY <"/proc/$REPLY/task/$REPLY/children" || true
    REPLY=${REPLY%% *}
    [[ -n $REPLY ]]
}
