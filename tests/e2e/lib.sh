# shellcheck shell=bash disable=SC2016  # what a host's own shell expands
# What the tests on real hosts stand on. Sourced by each, which is called with an instance's name.
#
# Every check is a command that must succeed. `finish` says how many did.

here=$(readlink -f "$(dirname "${BASH_SOURCE[0]}")")
hosts=$here/../hosts/hosts
instance=${1:?usage: $0 INSTANCE   (sudo tests/hosts/hosts up INSTANCE bookworm --binary target/debug/bascule)}
passed=0 failed=0
# shellcheck source=tests/lib/cluster.sh
source "$here/../lib/cluster.sh"

check() {
    local what=$1 said
    shift
    if said=$("$@" 2>&1 </dev/null); then
        passed=$((passed + 1))
        echo "ok      $what"
    else
        failed=$((failed + 1))
        printf 'FAILED  %s\n        %s\n%s\n' "$what" "$*" "$said"
    fi
}
not() { ! "$@"; }
is() { [[ $1 == "$2" ]] || { diff <(echo "$2") <(echo "$1") && return 1; }; }
says() { [[ $1 == *"$2"* ]] || { printf "'%s' is not in:\n%s\n" "$2" "$1" && return 1; }; }

# exits STATUS COMMAND…: ends with exactly that status.
exits() {
    local wanted=$1 status=0
    shift
    "$@" || status=$?
    ((status == wanted)) || { echo "ended with $status, not $wanted" && return 1; }
}

on() { "$hosts" exec "$instance" "$@"; }
bascule() { on serv1 bascule "$@"; }

# What an operation may change and an undo must bring back, byte for byte.
state() {
    on serv1 cibadmin --query --scope configuration
    local host
    for host in serv1 serv2; do
        on "$host" sh -c '
            uname -n
            find /etc/corosync -exec stat -c "%n %a %u:%g" {} + | sort
            find /etc/corosync -type f -exec sha256sum {} + | sort
            for unit in apache2 corosync pacemaker; do
                echo "$unit $(systemctl is-enabled $unit) $(systemctl is-active $unit)"
            done
        '
    done
}

# Until the cluster has nothing left to do.
settled() {
    local deadline=$((SECONDS + 120))
    until [[ $(on serv1 crm_simulate --live-check --simulate --output-as=xml) != *'<rsc_action'* ]]; do
        ((SECONDS < deadline)) || { echo 'the cluster did not come to rest' && return 1; }
        sleep 0.1
    done
}

finish() {
    echo "$passed passed, $failed failed"
    ((failed == 0))
    exit
}
