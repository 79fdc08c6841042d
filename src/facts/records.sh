LC_ALL=C; export LC_ALL
since={since}
words=$(cat <<'WORDS'
{words}
WORDS
)
echo "@now $(date +%Y-%m-%dT%H:%M:%S.%3N%:z)"
echo "@zone $(readlink -f /etc/localtime) $(date +%z)"
from=$(date -d "@$since" '+%m%d%H:%M:%S')
until=$(date -d '+1 hour' '+%m%d%H:%M:%S')

# The lines of a file and of those that logrotate made of it, from the moment on, in which a word stands. Their
# stamps have no year; a file that was last written before the moment has nothing to say.
file() {
    folder=$(dirname "$1")
    all=$(find "$folder" -maxdepth 1 -name "$(basename "$1")*" -size +0 -printf '%T@ %p\n' 2>/dev/null | sort -n)
    [ -n "$all" ] || { echo "@missing $1"; return 1; }
    new=$(printf '%s\n' "$all" | awk -v since="$since" '$1 >= since { print $2 }')
    [ -n "$new" ] || return 0
    if [ "$(printf '%s\n' "$new" | wc -l)" = "$(printf '%s\n' "$all" | wc -l)" ]; then
        echo "@first $1"
        zcat -f $new | head -n 1
    fi
    echo "@file $1"
    zcat -f $new | awk -v from="$from" -v until="$until" '
        BEGIN {
            split("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec", names, " ")
            for (i in names) month[names[i]] = sprintf("%02d", i)
        }
        !begun {
            name = substr($0, 1, 3)
            if (!(name in month)) next
            day = substr($0, 5, 2)
            sub(/ /, "0", day)
            key = month[name] day substr($0, 8, 8)
            if (from <= until ? key < from || key > until : key < from && key > until) next
            begun = 1
        }
        { lines++; print }
        END { print "@count " lines + 0 }' | grep -a -F -e '@count ' -e "$words"
}

corosync=$(sed -n 's/^[[:space:]]*logfile:[[:space:]]*//p' /etc/corosync/corosync.conf 2>/dev/null | tail -n 1)
if grep -Eq '^[[:space:]]*to_logfile:[[:space:]]*(yes|on)' /etc/corosync/corosync.conf 2>/dev/null; then
    file "${corosync:-/var/log/corosync/corosync.log}" || also="$also + _SYSTEMD_UNIT=corosync.service"
else
    also="$also + _SYSTEMD_UNIT=corosync.service"
fi
pacemaker=$(sed -n 's/^[[:space:]]*PCMK_logfile=//p' /etc/default/pacemaker 2>/dev/null | tr -d "\"'" | tail -n 1)
file "${pacemaker:-/var/log/pacemaker/pacemaker.log}" || also="$also + _SYSTEMD_UNIT=pacemaker.service"

[ -d /var/log/journal ] || echo '@volatile'
if boots=$(journalctl --quiet --no-pager --list-boots -o json 2>&1); then
    echo '@boots'
    printf '%s\n' "$boots" | tr -d '\n'
    echo
    echo '@journal'
    journalctl --quiet --no-pager -o short-unix --since "@$since" \
        _PID=1 UNIT=corosync.service UNIT=pacemaker.service UNIT=corosync-qdevice.service \
        + _SYSTEMD_UNIT=corosync-qdevice.service $also 2>/dev/null |
        awk '{ lines++; print } END { print "@count " lines + 0 }' | grep -a -F -e '@count ' -e "$words"
else
    echo '@failed'
    printf '%s\n' "$boots" | head -n 1
fi
{operations}
true
