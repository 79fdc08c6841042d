# shellcheck shell=bash disable=SC2154,SC2016  # the sourcing script's; what a host's own shell expands
# A page behind a virtual address on two nodes, and what a drill came to. Sourced, behind e2e/lib.sh.

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# As `cluster init` makes it: with a token of 1 s and a short consensus.
a_page_behind_an_address() {
    on serv1 bascule -y cluster init --name web --node serv1=172.16.0.10 --node serv2=172.16.0.11 >/dev/null &&
        on serv2 bascule -y cluster join serv1 >/dev/null &&
        on serv1 sh -c 'umask 077; echo secret >/root/bmc' && a_page_again
}
a_page_again() {
    on serv1 bascule -y vip add 172.16.0.12/24 --name ip 'then' web add apache2 --name web 'then' web group site ip web >/dev/null
}
soon() {
    local what=$1 deadline=$((SECONDS + 120))
    shift
    until "$@" >/dev/null 2>&1 || ((SECONDS > deadline)); do sleep 0.1; done
    check "$what" "$@"
}
who_has_it() {
    local host
    for host in serv1 serv2; do
        [[ $(on "$host" ip -o address) != *' 172.16.0.12/'* ]] || { echo "$host" && return; }
    done
}
move_to() {
    [[ $(who_has_it) == "$1" ]] || on serv1 bascule -y web move site "$1" >/dev/null
    settled
}
# What the last drill came to, by a filter of jq's.
measured() { jq -r ".result.drill | $1" "$scratch/document" 2>&1; }
held_by_one() { is "$(measured '[.held[].overlap] | max')" 0 && is "$(measured '.held | length')" 1; }
foreseen() { [[ $(measured .judgement) == as_expected ]] || { cat "$scratch/errors" "$scratch/document" && return 1; }; }
# drill HOST WORDS…: asked from the client; it ends as expected.
drill() {
    local host=$1
    shift
    on "$host" bascule -y -o json drill "$@" --from client >"$scratch/document" 2>"$scratch/errors"
    check "$*: as foreseen, $(measured '"\(.judgement), \(.asked[0].seconds | . * 100 | round / 100) s of \(.expected.from) to \(.expected.to)"')" \
        foreseen
    settled
}
