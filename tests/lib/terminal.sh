# shellcheck shell=bash disable=SC2034,SC2154  # what the sourcing script has, and reads
# The interactive shell on a host, in a terminal of the host's own. Sourced; $hosts is tests/hosts/hosts,
# $scratch a folder. Every wait is for something on the screen.

# terminal HOST COMMAND… begins; `types LINE` types, `sees TEXT` waits, `terminal_ended` waits for its end
# and sets `status`.
terminal() {
    : >"$scratch/screen"
    rm -f "$scratch/keys" && mkfifo "$scratch/keys"
    seen=0
    TERM=xterm "$hosts" shell "$instance" "$@" <"$scratch/keys" >"$scratch/screen" 2>&1 &
    terminal=$!
    exec 9>"$scratch/keys"
}
types() { printf '%s\r' "$1" >&9; }
presses() { printf '%b' "$1" >&9; }

# What the screen showed since the last wait, without colours and movements.
screen() {
    local text
    text=$(sed 's/\x1b\[[0-9;?<=>]*[a-zA-Z]//g; s/\x1b(B//g' "$scratch/screen" | tr -d '\r')
    printf '%s' "${text:seen}"
}
sees() {
    local deadline=$((SECONDS + ${patience:-90})) now
    until now=$(screen) && [[ $now == *"$1"* ]]; do
        ((SECONDS < deadline)) || { printf "'%s' does not appear after:\n%s\n" "$1" "$now" && return 1; }
        sleep 0.05
    done
    now=${now%%"$1"*}
    seen=$((seen + ${#now} + ${#1}))
}
# check runs its command in a subshell, where `seen` would be lost.
seen() {
    if sees "$2" >"$scratch/sees" 2>&1; then
        check "$1" true
    else
        check "$1" not cat "$scratch/sees"
    fi
}
terminal_ended() {
    exec 9>&-
    status=0
    wait "$terminal" || status=$?
}
