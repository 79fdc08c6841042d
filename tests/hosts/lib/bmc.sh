# shellcheck shell=bash disable=SC2154
# The BMCs of an instance that has them. Sourced by `hosts`.
#
# A BMC is a process (lib/bmc.py) in the instance's network namespace, with an address of its own on
# the bridge. $running/NAME/HOST/bmc holds what is true of it, which it reads when it is asked:
#   host        whose button it presses
#   password    of its user admin
#   supply      of power: own, shared (the host's), or off
#   process     process id and start time
#   log         what it said

make_bmcs() {
    local host dir=$running/$1
    shift
    for host; do
        [[ $host == client ]] || mkdir "$dir/$host/bmc"
    done
}

# As they come from the factory. Not one line for an instance without.
new_bmcs() {
    local name=$1 bmc host
    for bmc in "$running/$name"/*/bmc; do
        [[ -d $bmc ]] || return 0
        host=${bmc%/bmc} host=${host##*/}
        echo "$host" >"$bmc/host"
        echo secret >"$bmc/password"
        echo own >"$bmc/supply"
        feed_bmc "$name" "$host"
        # Of a session of its own, as a host is. Debian's python3, which has Debian's modules.
        setsid nsenter --net="$running/$name/net" /usr/bin/python3 "$lib/bmc.py" "$(realpath "$0")" "$name" \
            "$host" "${bmc_address[$host]}" </dev/null >"$bmc/log" 2>&1 &
        ! started "$!" || echo "$! $REPLY" >"$bmc/process"
    done
    : >"$running/$name/presses"
    for bmc in "$running/$name"/*/bmc; do
        wait_for 20 "a BMC (it says: $bmc/log)" bmc_listens "$bmc"
    done
}

bmc_listens() {
    process "$1/process" || {
        cat "$1/log" >&2
        die 'a BMC did not stay up'
    }
    grep -qs '^listens' "$1/log"
}

# A press that is under way comes to its end first: lib/bmc.py.
stop_bmcs() {
    local bmc
    for bmc in "$running/$1"/*/bmc; do
        ! process "$bmc/process" || kill -TERM "$REPLY"
    done
    for bmc in "$running/$1"/*/bmc; do
        wait_for 20 "a BMC to end: $bmc" bmc_ended "$bmc"
    done
}

bmc_ended() { ! process "$1/process"; }

# A BMC without power is one whose address is not there. The route goes with the last address.
feed_bmc() {
    # shellcheck disable=SC2016
    nsenter --net="$running/$1/net" bash -euc '
        ip address replace "$2/32" dev "$1"
        ip route replace "${2%.*}.0/24" dev "$1"
    ' feed_bmc "$bridge" "${bmc_address[$2]}"
}

starve_bmc() {
    nsenter --net="$running/$1/net" ip address delete "${bmc_address[$2]}/32" dev "$bridge" 2>/dev/null || true
}

# With the plug of its host, if they share it.
shared_supply() {
    local supply
    read -r supply 2>/dev/null <"$running/$1/$2/bmc/supply" && [[ $supply == shared ]]
}

do_bmc() {
    (($# >= 1)) || die 'bmc NAME [HOST off|on|shared|password WORD|swap HOST]'
    local name=$1 host=${2:-} bmc=$running/$1/${2:-}/bmc
    instance_dir "$name" >/dev/null
    (($# > 1)) || { list_bmcs "$name" && return; }
    has_bmc "$name" "$host"
    case "$#:${3:-}" in
        3:off) echo off >"$bmc/supply"; starve_bmc "$name" "$host" ;;
        3:on) echo own >"$bmc/supply"; feed_bmc "$name" "$host" ;;
        3:shared) echo shared >"$bmc/supply"; feed_bmc "$name" "$host" ;;
        4:password) echo "$4" >"$bmc/password" ;;
        4:swap) has_bmc "$name" "$4"; swap_bmcs "$bmc" "$running/$name/$4/bmc" ;;
        *) die 'bmc NAME [HOST off|on|shared|password WORD|swap HOST]' ;;
    esac
}

has_bmc() {
    host_dir "$1" "$2" >/dev/null
    [[ -d $running/$1/$2/bmc ]] || die "$2 of $1 has no BMC: hosts up … --bmc gives one to each server"
}

swap_bmcs() {
    local one two
    one=$(<"$1/host") two=$(<"$2/host")
    echo "$two" >"$1/host"
    echo "$one" >"$2/host"
}

list_bmcs() {
    local bmc host behind
    for bmc in "$running/$1"/*/bmc; do
        [[ -d $bmc ]] || return 0
        host=${bmc%/bmc} host=${host##*/} behind=$(<"$bmc/host")
        printf '%-14s %-8s %-4s %-6s %-12s %s\n' "${bmc_address[$host]}" "$behind" \
            "$(button "$1" "$behind" status)" admin "$(<"$bmc/password")" "$(<"$bmc/supply")"
    done
}

# What lib/bmc.py calls.
do_press() { button "$@"; }

button() {
    local name=$1 host=$2
    case $3 in
        status) if powered "$name" "$host"; then echo on; else echo off; fi ;;
        off) power_off "$name" "$host" ;;
        on) locked "$name" "$host" give_power "$name" "$host" "$(boot_time "$name" "$host")" ;;
        cycle | reset) button "$name" "$host" off; button "$name" "$host" on ;;
        # What systemd takes for the button on the front, which asks it to shut down.
        soft) ! leader "$name" "$host" || kill -s RTMIN+4 "$REPLY" ;;
    esac
}
