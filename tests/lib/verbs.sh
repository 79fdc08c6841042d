# shellcheck shell=bash
# What the tests of whole clusters share: hosts, conditions with a deadline, the state of a host, verbs
# and the way back. Sourced by a test, which is called with the name of an instance.
#
# A check that fails ends its test, since what follows stands on it: it says what was there.

tests=$(readlink -f "$(dirname "${BASH_SOURCE[0]}")/..")
hosts=$tests/hosts/hosts
instance=${1:?INSTANCE: hosts that are up, as Debian leaves them (tests/hosts/hosts up)}
vip=172.16.0.12
passed=0
scratch=$(mktemp -d)
# What was done, to be taken back: "HOST NUMBER", in order.
operations=()

on() { "$hosts" exec "$instance" "$1" -- "${@:2}"; }

# --- checks ------------------------------------------------------------------------------------

# check WHAT COMMAND…: it must succeed, now.
check() {
    local said
    if said=$("${@:2}" 2>&1 </dev/null); then
        pass "$1"
    else
        fail "$1" "${*:2}" "$said"
    fi
}

# soon WHAT COMMAND…: it must succeed before patience ends.
soon() {
    local end=$((SECONDS + 120)) said
    until said=$("${@:2}" 2>&1 </dev/null); do
        ((SECONDS < end)) || fail "$1" "${*:2}" "$said"
        sleep 0.1
    done
    pass "$1"
}

not() { ! "$@"; }

pass() {
    passed=$((passed + 1))
    printf 'ok      %4d s  %s\n' "$SECONDS" "$1"
}

fail() {
    printf 'FAILED  %4d s  %s\n' "$SECONDS" "$1"
    printf '    %s\n' "${@:2}"
    what_is_there 2>&1 | sed 's/^/    /'
    exit 1
}

what_is_there() {
    local host
    for host in serv1 serv2; do
        echo "--- $host"
        on "$host" ip -br addr show dev host0
        on "$host" crm_mon --one-shot --inactive --failcounts
        on "$host" bascule history
        on "$host" sh -c "grep -E '(warning|error):' /var/log/pacemaker/pacemaker.log | tail -n 15"
    done
}

# The last line is what the suite counts.
finish() {
    local status=$?
    at_end
    rm -rf "$scratch"
    if ((status)); then echo "$passed passed, 1 failed"; else echo "$passed passed, 0 failed"; fi
}
at_end() { :; }
trap finish EXIT

# --- a host ------------------------------------------------------------------------------------

# Everything that a verb may change on a host, as text. Where a service is the cluster's, it runs
# wherever the cluster has it.
state() {
    # shellcheck disable=SC2016  # the host's own
    on "$1" bash -uc '
        cib=$(cibadmin --query --scope configuration 2>/dev/null || echo "no cluster answers")
        # The mark that every cleanup leaves.
        cib=$(grep -v last-lrm-refresh <<<"$cib")
        for file in /etc/corosync/corosync.conf /etc/corosync/authkey; do
            stat --format="%n %a %U:%G" "$file" 2>/dev/null || echo "$file: not there"
        done
        cat /etc/corosync/corosync.conf 2>/dev/null
        for unit in corosync pacemaker apache2; do
            active=$(systemctl is-active $unit)
            [[ $cib != *type=\"$unit\"* ]] || active="run by the cluster"
            echo "$unit: $(systemctl is-enabled $unit 2>/dev/null), $active"
        done
        ls /etc/systemd/system
        echo "$cib"
    '
}

states() {
    local host
    for host in serv1 serv2; do
        echo "=== $host"
        state "$host"
    done
}

# The page says who serves it.
pages() {
    local host
    for host in serv1 serv2; do
        # shellcheck disable=SC2016  # the host's own name
        on "$host" sh -c 'mkdir -p /var/www/html && uname -n >/var/www/html/index.html'
    done
}

page() { on client curl --silent --show-error --fail --max-time 1 "http://$vip/"; }
page_from() {
    local said
    if ! said=$(page) || [[ $said != "$1" ]]; then
        echo "the page says: $said"
        return 1
    fi
    on "$1" ip addr show dev host0 | grep -F " $vip/24 " >/dev/null
}

# watch_page … page_was_gone_at_most SECONDS: what the client sees of what happens in between.
watch_page() {
    mkfifo "$scratch/stop" && exec 7<>"$scratch/stop"
    on client probe --until-line "http://$vip/" <"$scratch/stop" >"$scratch/outages" 2>"$scratch/probe" 7>&- &
    probe=$!
    soon 'the client asks for the page' grep answered "$scratch/probe"
}
steady_page() {
    local turn
    for turn in {1..10}; do page || { echo "not at turn $turn" && return 1; }; done
}
page_was_gone_at_most() {
    local gone
    soon 'the client sees the page steadily' steady_page
    echo >&7
    exec 7>&-
    wait "$probe"
    rm "$scratch/stop"
    # shellcheck disable=SC2016  # Python's own
    gone=$(on client python3 -c 'import json, sys; print(sum(o["length"] for o in json.load(sys.stdin)["outages"]))' <"$scratch/outages")
    check "the page was gone for $gone s, at most $1" awk "BEGIN { exit !($gone <= $1) }"
}

# Both nodes are online, and Pacemaker has nothing left to do.
at_rest() {
    on "$1" crm_mon --one-shot | grep -E 'Online: \[ serv1 serv2 \]' &&
        ! on "$1" crm_simulate --live-check --simulate --output-as=xml | grep '<rsc_action'
}
has_dc() { on "$1" crm_mon --one-shot --output-as=xml | grep '<current_dc present="true"'; }

# --- verbs -------------------------------------------------------------------------------------

# verb HOST WORDS: must succeed, and, run again, find nothing to do.
verb() {
    local host=$1 words=$2 said number again
    states >"$scratch/before-${#operations[@]}"
    said=$(on "$host" bash -c "bascule --yes $words" 2>&1 </dev/null) ||
        fail "$host: $words" "status $?" "$said"
    number=$(sed -n 's/^ *operation \([0-9]*\); .*/\1/p' <<<"$said")
    [[ -n $number ]] || fail "$host: $words" 'was no operation' "$said"
    operations+=("$host $number $words")
    pass "$host: $words"
    if ! again=$(on "$host" bash -c "bascule --yes $words" 2>&1 </dev/null) || [[ $again != *'nothing to do'* ]]; then
        fail "$host, once more: $words" "$again"
    fi
    pass '    once more: nothing to do'
}

# verbs FILE: each line "HOST: WORDS".
verbs() {
    local host words
    while IFS=': ' read -r host words; do
        [[ -z $host || $host == '#'* ]] || verb "$host" "$words"
    done <"$1"
}

# Takes the last operation back.
undo() {
    local last=$((${#operations[@]} - 1)) host number words said
    read -r host number words <<<"${operations[last]}"
    said=$(on "$host" bascule --yes undo "$number" 2>&1 </dev/null) ||
        fail "$host: undo $number, which was: $words" "status $?" "$said"
    unset "operations[last]"
    pass "$host: undo $number, which was: $words"
}

# Takes everything back; after each operation all is as it was before it.
undo_all() {
    while ((${#operations[@]})); do
        undo
        soon '    as it was before' as_before "$scratch/before-${#operations[@]}"
    done
}

# as_before FILE: the state is the one in the file. Says how it is not.
as_before() { diff --unified=1 "$1" <(states); }
