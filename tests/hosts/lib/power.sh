# shellcheck shell=bash disable=SC2154
# Power and network of hosts that are there: boot them, and break them. Sourced by `hosts`.

do_poweron() {
    (($# == 2)) || die 'poweron NAME HOST'
    local name=$1 host=$2 boot
    host_dir "$name" "$host" >/dev/null
    boot=$(boot_time "$name" "$host")
    ! shared_supply "$name" "$host" || feed_bmc "$name" "$host"
    locked "$name" "$host" give_power "$name" "$host" "$boot"
    await_boot "$name" "$host" "$boot"
}

do_poweroff() {
    (($# == 2)) || die 'poweroff NAME HOST'
    host_dir "$1" "$2" >/dev/null
    ! shared_supply "$1" "$2" || starve_bmc "$1" "$2"
    power_off "$1" "$2"
}

do_boot() {
    (($# == 3)) || die 'boot NAME HOST SECONDS'
    local dir boot
    dir=$(host_dir "$1" "$2")
    boot=$(seconds "$3")
    echo "$boot" >"$dir/boot"
}

seconds() {
    [[ $1 =~ ^[0-9]{1,4}$ ]] || die "'$1' is no whole number of seconds"
    echo "$1"
}

boot_time() {
    cat "$running/$1/$2/boot" 2>/dev/null || cat "$running/$1/boot" 2>/dev/null || echo 0
}

do_reset() {
    (($# >= 1)) || die 'reset NAME [HOST…]'
    local name=$1 hosts=("${@:2}") host dir
    ((${#hosts[@]})) || mapfile -t hosts < <(hosts_of "$name")
    for host in "${hosts[@]}"; do host_dir "$name" "$host" >/dev/null; done
    stop_bmcs "$name"
    power_off "$name" "${hosts[@]}"
    for host in "${hosts[@]}"; do
        dir=$running/$name/$host
        umount "$dir/root"
        rm -rf "$dir"/{upper,work}
        rm -f "$dir"/{cut,boot}
        mkdir "$dir"/{upper,work}
    done
    new_bmcs "$name"
    power_on "$name" "${hosts[@]}"
}

# Boots all the hosts at once, then waits for each.
power_on() {
    local name=$1 host
    shift
    for host; do locked "$name" "$host" give_power "$name" "$host" 0; done
    for host; do await_boot "$name" "$host" 0; done
}

# await_boot NAME HOST SECONDS: that many more than systemd may need.
await_boot() {
    wait_for $((90 + $3)) "$2 to boot (console: $running/$1/$2/console)" booted "$1" "$2"
}

# A command with a host's switch in hand: its BMC may be about to press it as well.
locked() {
    local lock
    exec {lock}>"$running/$1/$2/lock"
    flock "$lock"
    "${@:3}"
    exec {lock}>&-
}

# give_power NAME HOST SECONDS: that long it takes to boot. Called by `locked`.
give_power() {
    local dir=$running/$1/$2
    ! powered "$1" "$2" || return 0
    insert_disk "$dir"
    rm -f "$dir/nspawn"
    # Of a session of its own: it outlives this command, and its terminal.
    setsid "$0" run "$@" </dev/null >"$dir/console" 2>&1 {lock}>&- &
    ! started "$!" || echo "$! $REPLY" >"$dir/power"
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
    local name=$1 host=$2 boot=$3 dir=$running/$1/$2 status=133 process firmware
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
        firmware=()
        # In perl, which waits without a child: a child would be taken for the host's first process.
        ((boot == 0)) || firmware=(perl -e 'sleep shift; exec @ARGV' "$boot")
        # nsenter, since `ip netns exec` would hide the mounts of the cgroups.
        (in_own_cgroup "$name" "$host" "${firmware[@]}" nsenter --net="$running/$name/net" "${nspawn[@]}") &
        process=$!
        ! started "$process" || echo "$process $REPLY" >"$dir/nspawn"
        [[ ! -e $dir/cut ]] || keep_cut "$name" "$host"
        status=0
        wait "$process" || status=$?
        boot=$(boot_time "$name" "$host")
    done
}

# systemd-nspawn plugs in a new cable at each boot, before the host's first process is there.
keep_cut() {
    while process "$running/$1/$2/nspawn"; do
        if [[ $(program "$1" "$2") != systemd-nspawn ]]; then
            sleep 0.05
        elif [[ -n $(port "$1" "$2" show up 2>/dev/null) ]]; then
            locked "$1" "$2" cut_again "$1" "$2"
            return
        fi
    done
}

# Unless it was plugged in meanwhile, while the host was only on its way.
cut_again() { [[ ! -e $running/$1/$2/cut ]] || port "$1" "$2" set down; }

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
    local name=$1 host=$2 state
    powered "$name" "$host" || {
        tail -n 5 "$running/$name/$host/console" >&2
        die "$host did not stay up: see $running/$name/$host/console"
    }
    # Fails while the host's systemd does not listen yet, and returns 1 for `degraded`.
    state=$(do_exec "$name" "$host" systemctl is-system-running --wait 2>/dev/null) || true
    [[ $state == running || $state == degraded ]] || return 1
    [[ $(do_exec "$name" "$host" ip -4 addr show dev host0) == *" ${address[$host]}/24 "* ]]
}

# A power cut: no unit of the host gets to stop, and no connection to say that it ends, as the kernel
# does for each when a process is killed.
power_off() {
    local name=$1 host
    shift
    for host; do locked "$name" "$host" take_power "$name" "$host"; done
}

# Called by `locked`: whoever switches the host on meanwhile does so when it is off.
take_power() {
    ! powered "$1" "$2" || port "$1" "$2" set down 2>/dev/null || true
    wait_for 10 "$2 to lose its power" kill_host "$1" "$2"
}

# More than once, since a host that is only starting has no first process yet. True when it is gone.
kill_host() {
    powered "$1" "$2" || process "$running/$1/$2/nspawn" || return 0
    if leader "$1" "$2"; then
        kill -KILL "$REPLY" 2>/dev/null
    elif [[ $(program "$1" "$2") == perl ]]; then
        process "$running/$1/$2/nspawn" && kill -KILL "$REPLY"
    fi
    return 1
}

# What is on its way to be a host's systemd-nspawn, or is it.
program() { process "$running/$1/$2/nspawn" && cat "/proc/$REPLY/comm" 2>/dev/null; }

# wait_for SECONDS WHAT CONDITION…
wait_for() {
    local deadline=$((SECONDS + $1)) what=$2
    shift 2
    until "$@"; do
        ((SECONDS < deadline)) || die "gave up waiting for $what"
        sleep 0.05
    done
}

# Also of a host without power, and it stays so whatever happens to that.
do_cut() {
    (($# == 2)) || die 'cut NAME HOST'
    host_dir "$1" "$2" >/dev/null
    : >"$running/$1/$2/cut"
    if has_port "$1" "$2"; then
        port "$1" "$2" set down
    else
        # It may have begun to boot before.
        keep_cut "$1" "$2"
    fi
}

# The kernel looks at links once a second, so the host may see the cable later than it is there.
do_heal() {
    (($# == 2)) || die 'heal NAME HOST'
    host_dir "$1" "$2" >/dev/null
    locked "$1" "$2" plug_in "$1" "$2"
    ! leader "$1" "$2" || wait_for 5 "the link of $2" connected "$1" "$2"
}

# Called by `locked`: a host that boots may be about to cut itself off, as it was.
plug_in() {
    rm -f "$running/$1/$2/cut"
    ! has_port "$1" "$2" || port "$1" "$2" set up
}

connected() { [[ $(do_exec "$1" "$2" cat /sys/class/net/host0/operstate) == up ]]; }

has_port() { port "$1" "$2" show up >/dev/null 2>&1; }

# port NAME HOST set|show WHAT: the host's port on the bridge. systemd-nspawn calls it after the machine.
port() { nsenter --net="$running/$1/net" ip link "$3" dev "vb-$1-$2" "$4"; }
