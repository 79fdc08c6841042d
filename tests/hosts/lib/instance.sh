# shellcheck shell=bash disable=SC2154,SC2016
# Instances: hosts that run, side by side with others. Sourced by `hosts`.
#
# An instance is a folder in memory, $running/NAME:
#   net               its network namespace, with a bridge: nothing of it is seen outside
#   HOST/lower        link to the image under the host's disk
#   HOST/identity     files that set the host apart, copied onto every fresh disk
#   HOST/upper, work  what the host has written
#   HOST/root         the disk, mounted
#   HOST/console      what its console said
#   HOST/power        process id and start time of the systemd-nspawn that runs it

bridge=lan

# --- up and down -------------------------------------------------------------------------------

do_up() {
    local usage='up NAME RELEASE [--bare] [--binary FILE] [HOST…]'
    (($# >= 2)) || die "$usage"
    local name=$1 release=$2 layer=ready binary='' hosts=() host
    shift 2
    while (($#)); do
        case $1 in
            --bare) layer=bare ;;
            --binary) binary=${2:?FILE} && shift ;;
            -*) die "$usage" ;;
            *) [[ -v address[$1] ]] || die "unknown host '$1': ${!address[*]}"; hosts+=("$1") ;;
        esac
        shift
    done
    ((${#hosts[@]})) || hosts=(serv1 serv2 client)
    [[ $name =~ ^[a-z0-9][a-z0-9-]{0,30}$ ]] || die "bad name '$name': a short word, please"
    [[ ! -e $running/$name ]] || die "$name is there already: hosts down $name"

    do_needs
    do_build "$release"
    allow_watchers
    make_network "$name"
    make_identities "$name" "$(image_dir "$release")" "$layer" "${hosts[@]}"
    [[ -z $binary ]] || keep_binary "$name" "$binary"
    power_on "$name" "${hosts[@]}"
}

make_network() {
    local dir=$running/$1
    make_dir "$dir"
    mount -t tmpfs -o mode=700 bascule-hosts "$dir"
    : >"$dir/net"
    unshare --net="$dir/net" bash -euc '
        ip link set lo up
        ip link add "$1" type bridge
        ip link set "$1" up
    ' make_network "$bridge"
}

# Each host takes about eight of the 128 inotify instances that the kernel gives all of root's
# processes together, in containers or not; without one its systemd does not even start. The last
# instance puts the limit back.
watchers=/proc/sys/fs/inotify/max_user_instances
allow_watchers() {
    (($(<"$watchers") < 1024)) || return 0
    make_dir "$running"
    cp "$watchers" "$running/watchers"
    # Not to be written where this machine is a container itself.
    echo 1024 >"$watchers" 2>/dev/null || true
}

forbid_watchers() {
    [[ -e $running/watchers && -z $(instances) ]] || return 0
    cat "$running/watchers" >"$watchers" 2>/dev/null || true
    rm "$running/watchers"
}

# Twice: another instance that goes down may take an empty parent away in between.
make_dir() { mkdir -p "$1" 2>/dev/null || mkdir -p "$1"; }

# Identities are made once: a host whose disk is reset keeps its keys, as its peers know them.
make_identities() {
    local name=$1 image=$2 layer=$3 host peer dir etc
    shift 3
    for host; do
        local layer=$layer
        dir=$running/$name/$host
        mkdir -p "$dir"/{upper,work,root} "$dir"/identity/{root/.ssh,usr/bin}
        etc=$dir/identity/etc
        mkdir -p "$etc"/{ssh,systemd/network/10-host0.network.d}
        # A client is never a member of the cluster.
        [[ $host != client ]] || layer=bare
        ln -s "$image/$layer" "$dir/lower"
        echo "$host" >"$etc/hostname"
        tr -d - </proc/sys/kernel/random/uuid >"$etc/machine-id"
        printf '[Network]\nAddress=%s/24\n' "${address[$host]}" \
            >"$etc/systemd/network/10-host0.network.d/address.conf"
        {
            printf '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n'
            for peer in serv1 serv2 client; do printf '%s\t%s\n' "${address[$peer]}" "$peer"; done
        } >"$etc/hosts"
        make_key "$host" "$etc/ssh/ssh_host_ed25519_key"
        [[ $host == client ]] || make_key "root@$host" "$dir/identity/root/.ssh/id_ed25519"
        chmod 700 "$dir/identity/root" "$dir/identity/root/.ssh"
    done
    introduce_servers "$running/$name"
    if [[ -d $running/$name/client ]]; then
        install -D "${lib%/lib}/probe" "$running/$name/client/identity/usr/local/bin/probe"
    fi
}

make_key() { ssh-keygen -q -t ed25519 -N '' -C "$1" -f "$2"; }

# serv1 and serv2 log in to each other as root without a question.
introduce_servers() {
    local dir=$1 host known=()
    for host in serv1 serv2; do
        [[ -d $dir/$host ]] || continue
        known+=("$host,${address[$host]} $(cut -d' ' -f1,2 "$dir/$host/identity/etc/ssh/ssh_host_ed25519_key.pub")")
    done
    for host in serv1 serv2; do
        [[ -d $dir/$host ]] || continue
        printf '%s\n' "${known[@]}" >"$dir/$host/identity/root/.ssh/known_hosts"
        cat "$dir"/serv[12]/identity/root/.ssh/id_ed25519.pub \
            >"$dir/$host/identity/root/.ssh/authorized_keys"
        chmod 600 "$dir/$host/identity/root/.ssh"/{known_hosts,authorized_keys}
    done
}

do_down() {
    local names=() with_images='' name
    while (($#)); do
        case $1 in
            --all) mapfile -t names < <(instances) ;;
            --images) with_images=1 ;;
            -*) die 'down NAME | --all [--images]' ;;
            *) instance_dir "$1" >/dev/null; names+=("$1") ;;
        esac
        shift
    done
    for name in "${names[@]}"; do
        remove_instance "$name"
    done
    [[ -z $with_images ]] || remove_images
}

remove_instance() {
    local dir=$running/$1 hosts
    mapfile -t hosts < <(hosts_of "$1")
    power_off "$1" "${hosts[@]}"
    # All mounts below it, the innermost first.
    umount -R "$dir"
    rmdir "$dir"
    forbid_watchers
    rmdir --ignore-fail-on-non-empty "$running"
    remove_cgroups "$1"
}

# --- power -------------------------------------------------------------------------------------

do_poweron() {
    (($# == 2)) || die 'poweron NAME HOST'
    host_dir "$1" "$2" >/dev/null
    nspawn_of "$1" "$2" && return
    power_on "$1" "$2"
}

do_poweroff() {
    (($# == 2)) || die 'poweroff NAME HOST'
    host_dir "$1" "$2" >/dev/null
    power_off "$1" "$2"
}

do_reset() {
    (($# >= 1)) || die 'reset NAME [HOST…]'
    local name=$1 hosts=("${@:2}") host dir
    ((${#hosts[@]})) || mapfile -t hosts < <(hosts_of "$name")
    for host in "${hosts[@]}"; do host_dir "$name" "$host" >/dev/null; done
    power_off "$name" "${hosts[@]}"
    for host in "${hosts[@]}"; do
        dir=$running/$name/$host
        umount "$dir/root"
        rm -rf "$dir"/{upper,work}
        mkdir "$dir"/{upper,work}
    done
    power_on "$name" "${hosts[@]}"
}

# Boots all the hosts at once, then waits for each.
power_on() {
    local name=$1 host
    local -A runners
    shift
    for host; do
        insert_disk "$running/$name/$host"
        rm -f "$running/$name/$host/power"
        # Of a session of its own: it outlives this command, and its terminal.
        setsid "$0" run "$name" "$host" </dev/null >"$running/$name/$host/console" 2>&1 &
        runners[$host]=$!
    done
    for host; do
        wait_for 90 "$host to boot (console: $running/$name/$host/console)" \
            booted "$name" "$host" "${runners[$host]}"
    done
}

insert_disk() {
    local dir=$1
    mountpoint -q "$dir/root" && return
    mount -t overlay -o "lowerdir=$(readlink "$dir/lower"),upperdir=$dir/upper,workdir=$dir/work" \
        bascule-hosts "$dir/root"
    cp -rT --preserve=mode "$dir/identity" "$dir/root"
}

# What `setsid hosts run` above is: the power of one host, until it is cut or the host turns it off.
do_run() {
    local name=$1 host=$2 dir=$running/$1/$2 status=133
    local nspawn=(
        systemd-nspawn --quiet --boot --directory="$dir/root"
        --machine="$name-$host" --hostname="$host" --network-bridge="$bridge"
        # For corosync, which locks itself in memory. Not `all`: hosts would load the kernel's
        # modules and could set the machine's clock.
        --capability=CAP_IPC_LOCK
        # No word to systemd-machined: the list of machines is not ours to fill.
        --register=no --keep-unit
        --resolv-conf=off --timezone=off --link-journal=no --console=read-only
    )
    # Debian 13's systemd starts on cgroup2 only, and the kernel has it even where this machine
    # itself is on cgroup1.
    export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1
    # With --keep-unit, systemd-nspawn leaves a reboot to its caller and says so by this number.
    while ((status == 133)); do
        # nsenter, since `ip netns exec` would hide the mounts of the cgroups.
        (in_own_cgroup "$name" "$host" nsenter --net="$running/$name/net" "${nspawn[@]}") &
        started "$!" && echo "$! $REPLY" >"$dir/power"
        status=0
        wait "$!" || status=$?
    done
}

# systemd in the host wants a part of the cgroup tree to itself. Both ways keep the process id.
in_own_cgroup() {
    local name=$1 host=$2 tree
    shift 2
    if [[ -d /run/systemd/system ]]; then
        exec systemd-run --quiet --scope --collect --property=Delegate=yes \
            --description="bascule hosts: $host of $name" -- "$@"
    fi
    for tree in $(cgroup_trees); do
        make_dir "$tree/bascule-hosts/$name/$host"
        echo "$BASHPID" >"$tree/bascule-hosts/$name/$host/cgroup.procs"
    done
    exec "$@"
}

# systemd-nspawn uses cgroup2 and, where it is mounted, the old tree that only systemd had.
cgroup_trees() {
    awk '$3 == "cgroup2" || $3 == "cgroup" && $4 ~ /name=systemd/ { print $2 }' /proc/self/mounts
}

# A scope of systemd's goes with its last process.
remove_cgroups() {
    local tree
    [[ ! -d /run/systemd/system ]] || return 0
    for tree in $(cgroup_trees); do
        find "$tree/bascule-hosts/$1" -depth -type d -exec rmdir {} +
        rmdir --ignore-fail-on-non-empty "$tree/bascule-hosts"
    done
}

# Up, and reachable by its peers.
booted() {
    local name=$1 host=$2 runner=$3 state
    kill -0 "$runner" 2>/dev/null || {
        tail -n 5 "$running/$name/$host/console" >&2
        die "$host did not stay up: see $running/$name/$host/console"
    }
    # Fails while the host's systemd does not listen yet, and returns 1 for `degraded`.
    state=$(do_exec "$name" "$host" systemctl is-system-running --wait 2>/dev/null) || true
    [[ $state == running || $state == degraded ]] || return 1
    [[ $(do_exec "$name" "$host" ip -4 addr show dev host0) == *" ${address[$host]}/24 "* ]]
}

# A power cut: no unit of the host gets to stop.
power_off() {
    local name=$1 host
    shift
    for host; do
        leader "$name" "$host" && kill -KILL "$REPLY"
    done
    for host; do
        wait_for 10 "$host to lose its power" unpowered "$name" "$host"
    done
}

unpowered() { ! nspawn_of "$1" "$2"; }

# wait_for SECONDS WHAT CONDITION…
wait_for() {
    local deadline=$((SECONDS + $1)) what=$2
    shift 2
    until "$@"; do
        ((SECONDS < deadline)) || die "gave up waiting for $what"
        sleep 0.05
    done
}

# --- network -----------------------------------------------------------------------------------

do_cut() { set_link "$1" "$2" down; }

# The kernel looks at links once a second, so the host may see the cable later than it is there.
do_heal() {
    set_link "$1" "$2" up
    wait_for 5 "the link of $2" connected "$1" "$2"
}

connected() { [[ $(do_exec "$1" "$2" cat /sys/class/net/host0/operstate) == up ]]; }

# The host's port on the bridge: systemd-nspawn calls it after the machine.
set_link() {
    host_dir "$1" "$2" >/dev/null
    nsenter --net="$running/$1/net" ip link set "vb-$1-$2" "$3"
}

# --- at work on a host -------------------------------------------------------------------------

# Must cost next to nothing: no process but the one that becomes the command.
do_exec() {
    leader "${1:?NAME}" "${2:?HOST}" || die "$2 of $1 is not running"
    shift 2
    [[ ${1:-} != -- ]] || shift
    exec nsenter --target "$REPLY" --all env --ignore-environment --chdir=/root \
        HOME=/root USER=root LOGNAME=root SHELL=/bin/bash LANG=C.UTF-8 TERM="${TERM:-dumb}" \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

# The terminal that we are called from is none in the host, where `tty` and screen editors look for
# theirs: script makes one.
do_shell() {
    local name=${1:?NAME} host=${2:?HOST} command='exec bash --login'
    shift 2
    (($# == 0)) || command=$(printf '%q ' "$@")
    do_exec "$name" "$host" script --quiet --return --command "$command" /dev/null
}

do_install() {
    (($# == 2)) || die 'install NAME FILE'
    instance_dir "$1" >/dev/null
    keep_binary "$1" "$2"
    local dir
    for dir in "$running/$1"/serv[12]; do
        # A new file in the place of the old one, which may be running.
        cp -T --remove-destination "$dir/identity/usr/bin/bascule" "$dir/root/usr/bin/bascule"
    done
}

# Fresh disks get it as well.
keep_binary() {
    local dir
    for dir in "$running/$1"/serv[12]; do
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

# --- who is there ------------------------------------------------------------------------------

do_list() {
    local name host state
    while read -r name; do
        while read -r host; do
            state=down
            nspawn_of "$name" "$host" && state=up
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

# The next three answer in REPLY: a subshell for each would double the time of `exec`.

# The systemd-nspawn of a host that has power. A process id alone may be another's by now.
nspawn_of() {
    local pid start
    read -r pid start 2>/dev/null <"$running/$1/$2/power" || return 1
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
    nspawn_of "$1" "$2" || return 1
    # The kernel ends this line with a blank, which read takes for a failure.
    read -r REPLY <"/proc/$REPLY/task/$REPLY/children" || true
    REPLY=${REPLY%% *}
    [[ -n $REPLY ]]
}
