# shellcheck shell=bash disable=SC2016,SC2034,SC2154  # a host's own shell; read by who sources it
# What the tests of promotions share: a pair with clients that write, sessions that hold something, and
# what both servers are. Sourced after tests/e2e/lib.sh.

# shellcheck source=tests/lib/database.sh
source "$here/../lib/database.sh"
# shellcheck source=tests/lib/databases.sh
source "$here/../lib/databases.sh"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
account=(--user writer --password Writer1 --table site1.rows)
swapped='serv1: read_only ON, follows 172.16.0.11 Yes Yes
serv2: read_only OFF, follows nobody'

# serv1 is the primary of serv2, with a table that the client writes into.
prepare() {
    local so
    primary_and_replica "$instance"
    # The replica has what an ordinary account may do; nothing of it is in a binlog.
    for host in serv1 serv2; do
        sql "$host" 'SET SESSION sql_log_bin=0; CREATE USER writer@172.16.0.50 IDENTIFIED BY "Writer1";
            GRANT SELECT, INSERT ON site1.* TO writer@172.16.0.50'
    done
    # A dump has them enabled; from a primary they come as they must be on a replica.
    sql serv2 'SET SESSION sql_log_bin=0; ALTER EVENT site1.nightly DISABLE ON SLAVE'
    sql serv1 'CREATE TABLE site1.rows (id BIGINT AUTO_INCREMENT PRIMARY KEY, who VARCHAR(40), n INT, KEY (who))'
    "$hosts" put "$instance" client "$here/../lib/writers" /usr/local/bin/writers
    so=$(mktemp -d)
    cc -shared -fPIC -O1 -o "$so/cut.so" "$here/tools/cut.c" -ldl || exit 1
    for host in serv1 serv2; do "$hosts" put "$instance" "$host" "$so/cut.so" /opt/cut.so; done
    rm -r "$so"
}

# until_true HOST QUERY: waits until the last line of the answer is not empty and not 0.
until_true() {
    local deadline=$((SECONDS + 120)) said
    until said=$(sql "$1" "$2" 2>/dev/null | tail -n 1) && [[ -n $said && $said != 0 ]]; do
        ((SECONDS < deadline)) || { echo "FAILED  never on $1: $2" && return 1; }
        sleep 0.05
    done
}

# The lock of a host is free: who lost its power said no goodbye, and is waited for 15 s.
until_free() {
    local deadline=$((SECONDS + 60))
    until on "$1" flock --nonblock /var/lib/bascule/lock true; do
        ((SECONDS < deadline)) || return 1
        sleep 0.1
    done
}

until_answers() {
    local deadline=$((SECONDS + 120))
    until on "$1" mariadb --execute='DO 1' >/dev/null 2>&1; do
        ((SECONDS < deadline)) || { echo "FAILED  MariaDB on $1 does not answer" && return 1; }
        sleep 0.1
    done
}

# --- clients that write ------------------------------------------------------------------------

# writers_begin [HOSTS] … writers_end: sets `gap`, the longest time without any acknowledged write.
turn=0
writers_begin() {
    turn=$((turn + 1))
    rm -f "$scratch/stop" && mkfifo "$scratch/stop"
    exec 7<>"$scratch/stop"
    on client writers write --hosts "${1:-172.16.0.10,172.16.0.11}" "${account[@]}" --name "t$turn-" \
        <"$scratch/stop" >"$scratch/report" 2>"$scratch/writing" 7>&- &
    writing=$!
    local deadline=$((SECONDS + 120))
    until grep -q writing "$scratch/writing"; do
        ((SECONDS < deadline)) || { echo 'FAILED  nobody writes' && cat "$scratch/writing" && return 1; }
        sleep 0.05
    done
}
writers_end() {
    echo >&7
    exec 7>&-
    wait "$writing"
    gap=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["longest_without"])' <"$scratch/report")
}
at_most() { awk "BEGIN { exit !($2 <= $1) }"; }

# watch_begin … watch_end: both servers are asked all the time whether they take writes; fails if both
# ever did at once.
watch_prepare() {
    local host
    for host in serv1 serv2; do
        "$hosts" put "$instance" "$host" "$here/../lib/writers" /usr/local/bin/writers
        sql "$host" 'SET SESSION sql_log_bin=0; CREATE USER watcher@localhost IDENTIFIED BY "Watcher1"'
    done
}
watch_begin() {
    local host
    rm -f "$scratch/unwatch" && mkfifo "$scratch/unwatch"
    exec 6<>"$scratch/unwatch"
    watching=()
    for host in serv1 serv2; do
        on "$host" writers watch --user watcher --password Watcher1 \
            <"$scratch/unwatch" >"$scratch/watched-$host" 2>/dev/null 6>&- 7>&- &
        watching+=($!)
    done
}
watch_end() {
    echo >&6
    echo >&6
    exec 6>&-
    wait "${watching[@]}"
    "$here/../lib/writers" both "$scratch/watched-serv1" "$scratch/watched-serv2" >"$scratch/watched" 2>&1
}

# Both servers have every row that was acknowledged; the replica, once it has come as far.
kept() {
    local address
    same_position || return 1
    for address in 172.16.0.10 172.16.0.11; do
        on client writers check --host "$address" "${account[@]}" <"$scratch/report" || return 1
    done
}

# The replica, whichever it is, comes to where the primary is, and holds nothing else.
same_position() {
    local deadline=$((SECONDS + 120)) one other
    until one=$(sql serv1 'SELECT @@gtid_binlog_pos') && other=$(sql serv2 'SELECT @@gtid_binlog_pos') &&
        [[ $one == "$other" ]]; do
        ((SECONDS < deadline)) || { echo "serv1 is at $one, serv2 at $other" && return 1; }
        sleep 0.1
    done
}

rows_of() {
    local host counts=()
    same_position >/dev/null
    for host in serv1 serv2; do
        counts+=("$(sql "$host" "SELECT COUNT(*) FROM site1.rows WHERE who = '$1'")")
    done
    echo "${counts[*]}"
}

# --- what both are -----------------------------------------------------------------------------

roles() {
    local host
    for host in serv1 serv2; do
        sql "$host" 'SELECT CONCAT(@@hostname, ": read_only ", @@read_only, ", follows ")' | tr -d '\n'
        on "$host" mariadb --execute='SHOW ALL SLAVES STATUS\G' |
            sed -n 's/^ *\(Master_Host\|Slave_IO_Running\|Slave_SQL_Running\): //p' | tr '\n' ' ' |
            sed 's/ $//; s/^$/nobody/' | grep . || echo nobody
    done
}

# What an undo must bring back: roles, option files, accounts, filters, tables.
both() {
    local host
    roles
    for host in serv1 serv2; do
        on "$host" sh -c 'cd /etc/mysql && find . -name "*.cnf*" -printf "%p %m %u:%g\n" | sort && cat mariadb.conf.d/99-*'
        sql "$host" 'SELECT User, Host, JSON_VALUE(Priv, "$.access") FROM mysql.global_priv ORDER BY 1, 2;
            SELECT EVENT_NAME, STATUS FROM information_schema.EVENTS;
            SHOW GLOBAL VARIABLES LIKE "replicate%"; SHOW GLOBAL VARIABLES LIKE "%lock_wait_timeout"; SHOW TABLES FROM site1'
    done
}
soon_both() {
    local deadline=$((SECONDS + 120))
    until [[ $(both) == "$2" ]]; do
        ((SECONDS < deadline)) || break
        sleep 0.2
    done
    check "$1" is "$(both)" "$2"
}

# --- sessions that hold something --------------------------------------------------------------

# hold HOST STATEMENTS … held STATEMENTS … let_go: a client that stays; hold_more, said_more: another.
hold() {
    coproc holder { on "$1" mariadb --batch --skip-column-names --unbuffered 2>&1; }
    ask_holder "$2" >/dev/null
}
held() { ask_holder "$1"; }
ask_holder() {
    local line
    echo "$1;" >&"${holder[1]}"
    read -r -t 20 line <&"${holder[0]}" && echo "$line"
}
let_go() {
    local input=${holder[1]} pid=$holder_PID
    exec {input}>&-
    wait "$pid" 2>/dev/null
}
hold_more() {
    rm -f "$scratch/more" "$scratch/more-said" && mkfifo "$scratch/more"
    on "$1" mariadb --batch --skip-column-names --unbuffered --skip-reconnect <"$scratch/more" >"$scratch/more-said" 2>&1 &
    more=$!
    exec 8>"$scratch/more"
    echo "$2;" >&8
    local deadline=$((SECONDS + 120))
    until grep -q . "$scratch/more-said"; do
        ((SECONDS < deadline)) || { echo 'FAILED  the second session does not answer' && return 1; }
        sleep 0.05
    done
}
said_more() {
    echo "$1;" >&8
    exec 8>&-
    wait "$more"
}

# --- a promotion that stops at a write to disk -------------------------------------------------

# stopped_at N: the promotion on serv2 stands still after its Nth write; gone_on lets it go on, and sets
# status.
stopped_at() {
    on serv2 sh -c 'echo $$ >/run/promotion; exec env CUT_AT="$1" CUT_SIGNAL=19 LD_PRELOAD=/opt/cut.so \
        bascule db promote --yes' sh "$1" >"$scratch/promotion" 2>&1 &
    promotion=$!
    local deadline=$((SECONDS + 120))
    until on serv2 sh -c 'grep -q "^State:.T" "/proc/$(cat /run/promotion)/status"' 2>/dev/null; do
        ((SECONDS < deadline)) || { echo 'FAILED  it does not get there' && cat "$scratch/promotion" && return 1; }
        sleep 0.02
    done
}
gone_on() {
    on serv2 sh -c 'kill -CONT "$(cat /run/promotion)"'
    # nsenter stops with what it runs.
    pkill -CONT --parent "$promotion"
    status=0
    wait "$promotion" || status=$?
}
# ended STATUS FILE: what was waited for ended so; FILE is what it said.
ended() { cat "$2" && ((status == $1)); }
