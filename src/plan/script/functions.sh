# What the scripts of `-o sh` are made of: of these, those that one calls. A blank line ends each.

refuse() { echo "refused: $1; nothing was changed" >&2; exit 3; }

# typed WORD WHAT: somebody at the terminal types the word, or nothing is done.
typed() {
  { printf '%s\ntype %s to go on: ' "$2" "$1" >/dev/tty && read -r answer </dev/tty; } 2>/dev/null &&
    [ "$answer" = "$1" ] || refuse "$1 was not typed"
}

# made_on ADMIN_EPOCH EPOCH: the configuration is still the one that this was planned on.
made_on() {
  cib=$(cibadmin --query) || refuse 'the cluster does not answer'
  for number in "admin_epoch=\"$1\"" "epoch=\"$2\""; do
    echo "$cib" | head -n 1 | tr ' ' '\n' | grep -qx -- "$number" ||
      refuse "the configuration is no longer the one this was planned on ($1.$2)"
  done
}

# wait_until SECONDS SENTENCE COMMAND...: polls until the command succeeds. Its input is none: ssh would
# read the rest of a script that comes through a pipe.
wait_until() {
  end=$(($(date +%s) + $1)) what=$2; shift 2
  until "$@" </dev/null >/dev/null 2>&1; do
    [ "$(date +%s)" -lt "$end" ] || { echo "not so: $what" >&2; exit 5; }
    sleep 0.2
  done
  echo "ok: $what"
}

# monitor COMMAND...: the cluster's own view on one line per element, through a filter.
monitor() { crm_mon --one-shot --inactive --output-as=xml | tr '\n' ' ' | sed 's/></>\n</g' | "$@"; }

runs() { crm_resource --quiet --locate --resource "$1" 2>/dev/null | grep -qx -- "${2:-.*}"; }

runs_only() { [ "$(crm_resource --quiet --locate --resource "$1" 2>/dev/null | sort -u)" = "$2" ]; }

runs_not() { [ -z "$(crm_resource --quiet --locate --resource "$1" 2>/dev/null)" ]; }

gone() { ! cibadmin --query --xpath "//*[@id='$1']" >/dev/null 2>&1 && ! monitor grep -q "<resource id=\"$1\""; }

node_is() { monitor grep "<node name=\"$1\"" | grep -q "$2"; }

has_dc() { monitor grep -q '<current_dc present="true"'; }

settled() { [ "$(crm_simulate --live-check --simulate --output-as=xml | grep -c '<rsc_action')" -eq 0 ]; }

configured() { cibadmin --query --xpath "//*[@id='$1']" >/dev/null; }

# once THING: one resource has the address, or runs the unit (the agent of apache2 is apache).
once() {
  same="//primitive[@type='$1' or @type='${1%2}'] | //nvpair[(@name='ip' or @name='ipv6addr') and @value='$1']"
  [ "$(cibadmin --query --xpath "$same" | grep -cE "(type|value)=\"($1|${1%2})\"")" -eq 1 ]
}

same() { [ "$(sha256sum <"$1")" = "$(ssh -o BatchMode=yes -o ConnectTimeout=5 "root@$2" "sha256sum <$1")" ]; }

prints() { text=$1; shift; "$@" 2>&1 | grep -qF -- "$text"; }

answers() { want=$1 query=$2; shift 2; [ "$(printf '%s;\n' "$query" | "$@" | tail -n 1)" = "$want" ]; }

replicates() {
  primary=$1; shift
  links=$(printf '%s\n' 'SHOW ALL SLAVES STATUS\G' | "$@")
  for column in "Master_Host: $primary" 'Slave_IO_Running: Yes' 'Slave_SQL_Running: Yes'; do
    printf '%s\n' "$links" | grep -q " $column\$" || return 1
  done
}

# linked LINES: the status of its links has each of these.
linked() {
  links=$(printf '%s\n' 'SHOW ALL SLAVES STATUS\G' | mariadb --default-character-set=utf8mb4 --batch --skip-print-query-on-error | sed 's/^ *//')
  printf '%s\n' "$1" | while IFS= read -r line; do
    printf '%s\n' "$links" | grep -qxF -- "$line" || exit 1
  done
}

listens() {
  port=$1; shift
  ! ss -ltnpH "sport = :$port" | grep -q '"systemd"' || return 1
  for address; do
    ss -ltnH "sport = :$port" | grep -qE " ([*]|0\.0\.0\.0|\[::\]|\[?$address\]?):$port " || return 1
  done
}

# server_parses NAME VALUE...: what the installed server would start with, and that it would.
server_parses() {
  table=$(setpriv --reuid mysql --regid mysql --init-groups mariadbd --help --verbose) || return 1
  while [ $# -gt 0 ]; do
    printf '%s\n' "$table" | grep -qixE -- "$1 +$2" || return 1
    shift 2
  done
}

relay_applied() {
  links=$(printf '%s\n' 'SHOW ALL SLAVES STATUS\G' | mariadb --default-character-set=utf8mb4 --batch --skip-print-query-on-error)
  printf '%s\n' "$links" | grep -qE 'Slave_SQL_(State: Slave has read all relay log|Running: No)' || return 1
  received=$(printf '%s\n' "$links" | sed -n 's/^ *Gtid_IO_Pos: //p')
  [ -z "$received" ] || answers 0 "SELECT MASTER_GTID_WAIT('$received', 0)" mariadb --default-character-set=utf8mb4 --batch --skip-column-names
}

not() { ! "$@"; }

# session IN OUT COMMAND...: a client that stays, behind these two file descriptors.
session() {
  in=$1 out=$2 folder=$(mktemp -d); shift 2
  mkfifo "$folder/in" "$folder/out"
  "$@" <"$folder/in" >"$folder/out" 2>&1 &
  eval "exec $in>\"$folder/in\" $out<\"$folder/out\""
  rm -r "$folder"
}

# tell IN OUT: gives it statements; $said is the last line of the answer.
tell() {
  said=
  { cat; echo "SELECT '@done';"; } >&"$1" || exit 1
  while read -r line <&"$2"; do [ "$line" != @done ] || return 0; said=$line; done
  echo "the session was lost: $said" >&2; exit 1
}

# answers_in ANSWER QUERY IN OUT: a session that stays answers so.
answers_in() {
  want=$1; tell "$3" "$4" <<QUERY
$2;
QUERY
  [ "$said" = "$want" ]
}

# ask_secret WHAT: what is typed, which does not stand on the screen.
ask_secret() {
  echo "$1:" >&2
  stty -echo </dev/tty
  head -n 1 </dev/tty
  stty echo </dev/tty
}
