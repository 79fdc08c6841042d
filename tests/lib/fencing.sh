# shellcheck shell=bash disable=SC2154,SC2016,SC2034  # the sourcing script's; what a host's own shell expands
# Two nodes whose BMCs fence them. Sourced, behind e2e/lib.sh.

add=(fence add bmc serv1=172.16.0.110 serv2=172.16.0.111)
# Servers that take a while from power to their first process, as all do: a node that is back before the others have
# heard the end of its fencing is told of it, and its Pacemaker goes down for good ("staying down").
boot_slowly() {
    local host
    for host in serv1 serv2; do "$hosts" boot "$instance" "$host" 5; done
}
# The file with a password: `secret` is that of the BMCs that `hosts up --bmc` makes.
password_file() {
    on serv1 sh -c 'umask 077; echo "$1" >/root/bmc' sh "$1"
}
# What an operation may change, and the passwords.
fenced_state() {
    state
    local host
    for host in serv1 serv2; do
        on "$host" sh -c 'find /etc/pacemaker/fencing -type f 2>/dev/null | sort'
    done
}
devices_run() {
    local said
    said=$(on serv1 crm_mon --one-shot)
    says "$said" 'fence-serv1' && grep 'fence-serv1.*Started serv2' <<<"$said" && grep 'fence-serv2.*Started serv1' <<<"$said" &&
        says "$(on serv2 stonith_admin --list serv1)" fence-serv1 && says "$(on serv1 stonith_admin --list serv2)" fence-serv2
}
same_passwords() {
    local sums='cd /etc/pacemaker/fencing && sha256sum fence-serv1 fence-serv2'
    is "$(on serv1 sh -c "$sums")" "$(on serv2 sh -c "$sums")"
}
# The buttons that were pressed: `off serv2`.
presses() { cut -d ' ' -f 3- "/run/bascule-hosts/$instance/presses" 2>/dev/null; }
forget_presses() { : >"/run/bascule-hosts/$instance/presses"; }
