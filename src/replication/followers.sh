# Prints who replicates from the server of this host, or `nobody`: whoever reads its binlog, and whoever
# would go on reading it once it is started or reached again. Ends with 1 where somebody could not be asked.
# $client and $accounts come before; without accounts they are those that may replicate from here.
set -f
ask() { echo "$1" | eval "$client"; }
dumps=$(ask "SELECT DISTINCT LEFT(HOST, LENGTH(HOST) - LENGTH(SUBSTRING_INDEX(HOST, ':', -1)) - 1)
    FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%'") || exit 1
own=" localhost 127.0.0.1 ::1 $(uname -n) $(hostname -I) "
is_own() { case $own in *" $1 "*) ;; *) false ;; esac; }
# A session is known by name, an account by address.
is_called() { { echo "$1"; getent hosts "$1" | tr -s '[:blank:]' '\n'; } | grep -qxF -- "$2"; }
connected() {
    for dump in $dumps; do ! is_called "$1" "$dump" || return 0; done
    return 1
}
if [ -z "$accounts" ]; then
    accounts=$(ask "SELECT DISTINCT Host FROM mysql.user
        WHERE Repl_slave_priv = 'Y' AND Host REGEXP '^[0-9A-Za-z.:-]+\$'") || exit 1
    for dump in $dumps; do
        known=
        for host in $accounts; do ! is_called "$host" "$dump" || known=yes; done
        [ -n "$known" ] || accounts="$accounts $dump"
    done
fi
one() {
    said=$(ssh -o BatchMode=yes -o ConnectTimeout=4 "root@$1" \
        'echo "SHOW ALL SLAVES STATUS\G" | $(command -v mariadb || command -v mysql)' </dev/null 2>&1)
    code=$?
    leads=$(echo "$said" | sed -n 's/^ *Master_Host: //p')
    if [ $code = 0 ]; then
        for to in $leads; do
            ! is_own "$to" || { echo "follows $1" && return; }
        done
        # The session of one that has just left it goes on for a while; a link by another name is one.
        [ -z "$leads" ] || ! connected "$1" || echo "follows $1"
    elif connected "$1"; then
        echo "follows $1"
    else
        echo "unknown $1, which may replicate from here, is not connected and could not be asked: $(echo "$said" | tail -n 1)"
    fi
}
answers=$(
    for host in $accounts; do is_own "$host" || one "$host" & done
    wait
)
follow=$(echo "$answers" | sed -n 's/^follows //p' | sort | paste -sd, | sed 's/,/, /g')
unknown=$(echo "$answers" | sed -n 's/^unknown //p' | head -n 1)
if [ -z "$follow" ] && [ -n "$unknown" ]; then
    echo "$unknown" >&2
    exit 1
fi
echo "${follow:-nobody}"
