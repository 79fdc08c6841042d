# shellcheck shell=bash disable=SC2154
# Power and network of hosts that are there: boot them, and break them. Sourced by `hosts`.

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

# Twice: another instance that goes down may take an empty parent away in between.
make_dir() { mkdir -p "$1" 2>/dev/null || mkdir -p "$1"; }

# systemd-nspawn uses cgroup2 and, where it is mounted, the old tree that only systemd had.
cgroup_trees() {
    awk '$3 == "cgroup2" || $3 == "cgroup" && $4 ~ /name=systemd/ { print $2 }' /proc/self/mounts
}

# A scope of systemd's goes with its last process.
remove_cgroups() {
    local tree
    [[ ! -d /run/systemd/system ]] || return 0
    for tree in $(cgroup_trees); do
        [[ -d $tree/bascule-hosts/$1 ]] || continue
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
    for host; do kill_host "$name" "$host" || true; done
    for host; do
        wait_for 10 "$host to lose its power" kill_host "$name" "$host"
    done
}

# More than once, since a host that is only starting has no first process yet. True when it is gone.
kill_host() {
    nspawn_of "$1" "$2" || return 0
    ! leader "$1" "$2" || kill -KILL "$REPLY" 2>/dev/null
    return 1
}

# wait_for SECONDS WHAT CONDITION…
wait_for() {
    local deadline=$((SECONDS + $1)) what=$2
    shift 2
    until "$@"; do
        ((SECONDS < deadline)) || die "gave up waiting for $what"
        sleep 0.05
    done
}

do_cut() {
    (($# == 2)) || die 'cut NAME HOST'
    set_link "$1" "$2" down
}

# The kernel looks at links once a second, so the host may see the cable later than it is there.
do_heal() {
    (($# == 2)) || die 'heal NAME HOST'
    set_link "$1" "$2" up
    wait_for 5 "the link of $2" connected "$1" "$2"
}

connected() { [[ $(do_exec "$1" "$2" cat /sys/class/net/host0/operstate) == up ]]; }

# The host's port on the bridge: systemd-nspawn calls it after the machine.
set_link() {
    host_dir "$1" "$2" >/dev/null
    nsenter --net="$running/$1/net" ip link set "vb-$1-$2" "$3"
}
