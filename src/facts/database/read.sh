# shellcheck shell=sh
# What one host's MariaDB server says, in parts that begin with a mark. Read by src/facts/database.
#
# Runs under any POSIX sh, here and over ssh alike, with this text as its standard input; hence the
# braces: they are parsed whole before anything in them may read that input. Nothing is changed. What
# does not come from MariaDB's client (each of its rows has a tab) stands behind a bar where it could
# look like a mark.
#
# The size of a table costs the server its opening. InnoDB keeps it in a table of its own as well,
# so that only the others are opened (partitions stand there one by one, under a name with #P#), and
# no more than 300. What it keeps are statistics, which can be of long ago; how large the files are is
# asked as well.
#
# The cheap questions are asked while the client waits for the server's answer. `check=1` before this
# text also asks the server to parse its options, which takes longer than all the rest. `salt=TEXT` goes
# into what stands for the proof of an account, so that nobody can find its password by it later;
# `state=FOLDER` is where bascule keeps things on that host.
{
    PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
    LC_ALL=C
    export PATH LC_ALL
    newline='
'
    tab=$(printf '\t')

    has() { command -v "$1" >/dev/null 2>&1; }
    mark() { printf '\n@bascule %s\n' "$1"; }

    state=${state:-/var/lib/bascule}
    server='' client='' dump='' words=''
    if has mariadbd; then server=mariadbd; elif has mysqld; then server=mysqld; fi
    if has mariadb; then client=mariadb; elif has mysql; then client=mysql; fi
    if has mariadb-dump; then dump=mariadb-dump; elif has mysqldump; then dump=mysqldump; fi

    # As the server reads its options: the user of its unit, without a home.
    as_server() { HOME=/nonexistent setpriv --reuid mysql --regid mysql --init-groups "$@"; }

    # A listening mariadb.socket would start a stopped server for who only asks.
    sleeps() {
        case $units in *ActiveState=active*"$newline$newline"*) return 1 ;; esac
        case $units in
        *"$newline$newline"*ActiveState=active*) ! pidof mariadbd mysqld >/dev/null 2>&1 ;;
        *) return 1 ;;
        esac
    }

    # The server's answer to everything below, in parts of its own.
    ask_server() {
        { printf "SET @bascule_salt='%s';\n" "${salt:-}" && cat <<'SQL'; } |
SET SESSION lock_wait_timeout=2, max_statement_time=3, sql_mode='';
SELECT 1 AS '@bascule variables';
SHOW GLOBAL VARIABLES WHERE Variable_name LIKE 'binlog%' OR Variable_name LIKE 'gtid%'
 OR Variable_name LIKE 'log\_%' OR Variable_name LIKE 'relay\_log%' OR Variable_name LIKE 'replicate%'
 OR Variable_name LIKE 'rpl\_semi\_sync%' OR Variable_name LIKE 'skip%' OR Variable_name LIKE 'slave%'
 OR Variable_name LIKE 'ssl\_%' OR Variable_name LIKE 'sync\_%' OR Variable_name LIKE 'version%'
 OR Variable_name IN ('bind_address', 'character_set_server', 'collation_server', 'datadir',
 'default_storage_engine', 'event_scheduler', 'expire_logs_days', 'extra_port', 'general_log',
 'general_log_file', 'have_ssl', 'hostname', 'init_rpl_role', 'innodb_buffer_pool_size',
 'innodb_flush_log_at_trx_commit', 'innodb_page_size', 'interactive_timeout', 'lock_wait_timeout',
 'lower_case_table_names', 'max_allowed_packet', 'max_binlog_size', 'max_binlog_total_size',
 'max_connections', 'max_relay_log_size', 'max_statement_time', 'old_mode', 'pid_file',
 'plugin_dir', 'port', 'read_only', 'report_host', 'report_port', 'require_secure_transport',
 'secure_file_priv', 'server_id', 'socket', 'sql_mode', 'strict_password_validation', 'system_time_zone', 'time_zone', 'tls_version', 'tmpdir',
 'wait_timeout', 'wsrep_on');
SELECT 1 AS '@bascule run-time';
SELECT LOWER(VARIABLE_NAME) AS name, GLOBAL_VALUE AS value FROM information_schema.SYSTEM_VARIABLES
 WHERE GLOBAL_VALUE_ORIGIN = 'SQL';
SELECT 1 AS '@bascule status';
SHOW GLOBAL STATUS WHERE Variable_name LIKE 'Rpl%' OR Variable_name LIKE 'Slave%'
 OR Variable_name LIKE 'Ssl\_server%' OR Variable_name IN ('Threads_connected', 'Uptime');
SELECT 1 AS '@bascule links';
SHOW ALL SLAVES STATUS;
SELECT 1 AS '@bascule replicas';
SHOW SLAVE HOSTS;
SELECT 1 AS '@bascule position';
SHOW MASTER STATUS;
SELECT 1 AS '@bascule binlogs';
EXECUTE IMMEDIATE IF(@@log_bin, 'SHOW BINARY LOGS', 'DO 0');
SELECT 1 AS '@bascule sessions';
SELECT p.ID AS id, p.USER AS user, p.HOST AS host, p.DB AS db, p.COMMAND AS command,
 p.TIME_MS / 1000 AS seconds, p.STATE AS state,
 IF(p.INFO REGEXP '^[A-Za-z]+', REGEXP_SUBSTR(p.INFO, '^[A-Za-z]+'), NULL) AS statement,
 TIMESTAMPDIFF(MICROSECOND, t.trx_started, NOW(6)) / 1000000 AS transaction,
 t.trx_rows_modified AS modified
 FROM information_schema.PROCESSLIST p
 LEFT JOIN information_schema.INNODB_TRX t ON t.trx_mysql_thread_id = p.ID
 WHERE p.ID <> CONNECTION_ID();
SELECT 1 AS '@bascule accounts';
SELECT User AS user, Host AS host, JSON_VALUE(Priv, '$.plugin') AS plugin,
 CAST(JSON_VALUE(Priv, '$.access') AS UNSIGNED) & 524288 <> 0 AS replicates,
 IFNULL(JSON_VALUE(Priv, '$.ssl_type'), 0) <> 0 AS tls,
 JSON_VALUE(Priv, '$.account_locked') IS TRUE AS locked
 FROM mysql.global_priv WHERE JSON_VALUE(Priv, '$.is_role') IS NULL;
SELECT 1 AS '@bascule holders';
SELECT User AS user, Host AS host, JSON_VALUE(Priv, '$.is_role') IS TRUE AS role,
 CAST(IFNULL(JSON_VALUE(Priv, '$.access'), 0) AS UNSIGNED) AS access,
 IFNULL(JSON_VALUE(Priv, '$.default_role'), '') AS default_role,
 JSON_VALUE(Priv, '$.account_locked') IS TRUE AS locked,
 CONCAT_WS(',', JSON_VALUE(Priv, '$.plugin'), JSON_COMPACT(JSON_EXTRACT(Priv, '$.auth_or[*].plugin'))) AS plugins,
 %PROOF% AS proof
 FROM mysql.global_priv;
SELECT 1 AS '@bascule database-rights';
SELECT * FROM mysql.db;
SELECT 1 AS '@bascule table-rights';
SELECT Host, Db, User, Table_name, Table_priv FROM mysql.tables_priv WHERE Table_priv <> '';
SELECT 1 AS '@bascule column-rights';
SELECT Host, Db, User, Table_name, Column_name, Column_priv FROM mysql.columns_priv;
SELECT 1 AS '@bascule columns';
SET @columns = (SELECT GROUP_CONCAT(DISTINCT 'SELECT TABLE_SCHEMA AS db, TABLE_NAME AS name,',
 ' COLUMN_NAME AS col FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ', QUOTE(Db),
 ' AND TABLE_NAME = ', QUOTE(Table_name) SEPARATOR ' UNION ALL ' LIMIT 300) FROM mysql.columns_priv);
EXECUTE IMMEDIATE IFNULL(@columns, 'DO 0');
SELECT 1 AS '@bascule routine-rights';
SELECT Host, Db, User, Routine_name, Routine_type, Proc_priv FROM mysql.procs_priv r
 WHERE EXISTS (SELECT 1 FROM mysql.proc p WHERE p.db = r.Db AND p.name = r.Routine_name AND p.type = r.Routine_type);
SELECT 1 AS '@bascule roles';
SELECT Host, User, Role, Admin_option FROM mysql.roles_mapping;
SELECT 1 AS '@bascule proxies';
SELECT Host, User, Proxied_host, Proxied_user FROM mysql.proxies_priv;
SELECT 1 AS '@bascule prepared';
XA RECOVER FORMAT='SQL';
SELECT 1 AS '@bascule prepared-long';
SELECT COUNT(*) AS count, 'without a session' AS which FROM information_schema.INNODB_TRX
 WHERE trx_mysql_thread_id = 0 AND trx_rows_modified > 0 AND trx_started < NOW() - INTERVAL 1 MINUTE;
SELECT 1 AS '@bascule plugins';
SELECT PLUGIN_NAME AS name, PLUGIN_TYPE AS type, IFNULL(PLUGIN_LIBRARY, '') AS library
 FROM information_schema.PLUGINS WHERE PLUGIN_STATUS = 'ACTIVE'
 AND PLUGIN_TYPE IN ('AUTHENTICATION', 'AUDIT', 'ENCRYPTION', 'PASSWORD VALIDATION', 'STORAGE ENGINE');
SELECT 1 AS '@bascule databases';
SELECT SCHEMA_NAME AS name, DEFAULT_COLLATION_NAME AS collation FROM information_schema.SCHEMATA
 WHERE SCHEMA_NAME NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys');
SELECT 1 AS '@bascule routines';
SELECT db AS name, COUNT(*) AS count FROM mysql.proc GROUP BY db;
SELECT 1 AS '@bascule events';
SELECT db AS name, COUNT(*) AS count FROM mysql.event GROUP BY db;
SELECT 1 AS '@bascule schedule';
SELECT db, name, status FROM mysql.event;
SELECT 1 AS '@bascule triggers';
SELECT TRIGGER_SCHEMA AS name, COUNT(*) AS count FROM information_schema.TRIGGERS
 WHERE TRIGGER_SCHEMA NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys')
 GROUP BY TRIGGER_SCHEMA;
SELECT 1 AS '@bascule tables';
SELECT TABLE_SCHEMA AS db, TABLE_NAME AS name, TABLE_TYPE AS type, ENGINE AS engine
 FROM information_schema.TABLES
 WHERE TABLE_SCHEMA NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys');
SELECT 1 AS '@bascule sizes';
SELECT database_name AS db, SUM(n_rows) AS count,
 SUM(clustered_index_size + sum_of_other_index_sizes) * @@innodb_page_size AS bytes
 FROM mysql.innodb_table_stats WHERE table_name NOT LIKE '%#P#%' GROUP BY database_name;
SELECT 1 AS '@bascule spaces';
SELECT CONVERT(CAST(SUBSTRING_INDEX(NAME, '/', 1) AS BINARY) USING filename) AS db,
 SUM(FILE_SIZE) AS bytes FROM information_schema.INNODB_SYS_TABLESPACES
 WHERE NAME LIKE '%/%' GROUP BY 1;
SELECT 1 AS '@bascule others';
SET @others = (SELECT GROUP_CONCAT('SELECT TABLE_SCHEMA AS db, TABLE_ROWS AS count,',
 ' DATA_LENGTH + INDEX_LENGTH AS bytes FROM information_schema.TABLES WHERE TABLE_SCHEMA = ',
 QUOTE(t.TABLE_SCHEMA), ' AND TABLE_NAME = ', QUOTE(t.TABLE_NAME) SEPARATOR ' UNION ALL ' LIMIT 300)
 FROM information_schema.TABLES t
 WHERE t.TABLE_SCHEMA NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys')
 AND t.TABLE_TYPE <> 'VIEW' AND (t.ENGINE IS NULL OR t.ENGINE <> 'InnoDB' OR NOT EXISTS (
 SELECT 1 FROM mysql.innodb_table_stats s
 WHERE s.database_name = t.TABLE_SCHEMA AND s.table_name = t.TABLE_NAME
 AND s.table_name NOT LIKE '%#P#%')));
EXECUTE IMMEDIATE IFNULL(@others, 'DO 0');
SQL
            timeout 4 "$client" --batch --skip-raw --column-names --unbuffered --force \
                --skip-print-query-on-error --skip-reconnect --connect-timeout=3 \
                --default-character-set=utf8mb4 "$@" 2>&1
    }

    # What names another database, in two questions: keys, which InnoDB has in a table of its own, and
    # the texts of what is kept as text. Databases stand in InnoDB's tables as in the names of files.
    ask_crossings() {
        timeout 4 "$client" --batch --skip-raw --column-names --skip-print-query-on-error \
            --connect-timeout=3 --default-character-set=utf8mb4 2>/dev/null <<'SQL'
SET SESSION lock_wait_timeout=2, max_statement_time=3, sql_mode='';
SELECT 1 AS '@bascule inexact';
SET @same = '(
 ''cp850'', ''cp852'', ''cp866'', ''keybcs2'', ''koi8r'', ''koi8u'', ''latin1'', ''latin2'', ''latin5'', ''latin7'',
 ''macce'', ''macroman'', ''ucs2'', ''utf16'', ''utf16le'', ''utf32'', ''utf8'', ''utf8mb3'', ''utf8mb4'')';
SET @columns = (SELECT GROUP_CONCAT('SELECT TABLE_SCHEMA AS db, TABLE_NAME AS name, DATA_TYPE AS type FROM',
 ' information_schema.COLUMNS WHERE (DATA_TYPE = ''float'' OR DATA_TYPE RLIKE ''char|text'' AND',
 ' CHARACTER_SET_NAME NOT IN ', @same, ') AND TABLE_SCHEMA = ', QUOTE(t.TABLE_SCHEMA),
 ' AND TABLE_NAME = ', QUOTE(t.TABLE_NAME) SEPARATOR ' UNION ' LIMIT 300) FROM information_schema.TABLES t
 WHERE t.TABLE_SCHEMA NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys')
 AND t.TABLE_TYPE <> 'VIEW' AND (t.ENGINE IS NULL OR t.ENGINE <> 'InnoDB'));
EXECUTE IMMEDIATE CONCAT_WS(' UNION ', CONCAT('SELECT CONVERT(CONVERT(CAST(SUBSTRING_INDEX(t.NAME, ''/'', 1) AS BINARY)
 USING filename) USING utf8mb4) AS db, CONVERT(CONVERT(CAST(SUBSTRING_INDEX(SUBSTRING_INDEX(t.NAME, ''#'', 1),
 ''/'', -1) AS BINARY) USING filename) USING utf8mb4) AS name, IF(c.MTYPE = 9, ''float'', ''text'') AS type
 FROM information_schema.INNODB_SYS_COLUMNS c JOIN information_schema.INNODB_SYS_TABLES t USING (TABLE_ID)
 WHERE c.MTYPE = 9 OR c.MTYPE IN (1, 2, 5, 12, 13) AND (c.PRTYPE >> 16) & 32767 IN (
 SELECT ID FROM information_schema.COLLATIONS WHERE CHARACTER_SET_NAME NOT IN ', @same, ' AND CHARACTER_SET_NAME <> ''binary'')'), @columns);
SELECT 1 AS '@bascule crossings';
SELECT CONVERT('foreign key' USING utf8mb4) AS kind, CONVERT(f.db USING utf8mb4) AS db,
 CONVERT(f.name USING utf8mb4) AS name, CONVERT(f.other USING utf8mb4) AS other FROM (SELECT
 CONVERT(CAST(SUBSTRING_INDEX(FOR_NAME, '/', 1) AS BINARY) USING filename) AS db,
 CONVERT(CAST(SUBSTRING_INDEX(FOR_NAME, '/', -1) AS BINARY) USING filename) AS name,
 CONVERT(CAST(SUBSTRING_INDEX(REF_NAME, '/', 1) AS BINARY) USING filename) AS other
 FROM information_schema.INNODB_SYS_FOREIGN) f WHERE f.db <> f.other
 UNION SELECT CONVERT(LOWER(o.kind) USING utf8mb4), CONVERT(o.db USING utf8mb4),
 CONVERT(o.name USING utf8mb4), CONVERT(s.name USING utf8mb4) FROM (
 SELECT type AS kind, db, name, CONVERT(body USING utf8mb4) AS body FROM mysql.proc
 UNION ALL SELECT 'event', db, name, CONVERT(body USING utf8mb4) FROM mysql.event
 UNION ALL SELECT 'trigger', TRIGGER_SCHEMA, TRIGGER_NAME, ACTION_STATEMENT FROM information_schema.TRIGGERS
 UNION ALL SELECT 'view', TABLE_SCHEMA, TABLE_NAME, VIEW_DEFINITION FROM information_schema.VIEWS) o
 JOIN (SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA
 WHERE SCHEMA_NAME NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys')) s
 ON s.name <> o.db AND LOCATE(s.name, o.body) > 0
 AND o.body RLIKE CONCAT('(?<![\\w$])`?\\Q', s.name, '\\E`?\\s*\\.')
 WHERE o.db NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys');
SQL
    }

    # Views that cannot be read, since what they are made of is gone: a dump stops at one (1356). Each is
    # opened for that, no more than 300, and no table.
    ask_views() {
        timeout 4 "$client" --batch --skip-raw --column-names --skip-print-query-on-error \
            --connect-timeout=3 --default-character-set=utf8mb4 2>/dev/null <<'SQL'
SET SESSION lock_wait_timeout=2, max_statement_time=3, sql_mode='', group_concat_max_len=1000000;
SELECT 1 AS '@bascule broken-views';
SET @views = (SELECT GROUP_CONCAT('SELECT TABLE_SCHEMA AS db, TABLE_NAME AS name FROM information_schema.TABLES',
 ' WHERE TABLE_SCHEMA = ', QUOTE(TABLE_SCHEMA), ' AND TABLE_NAME = ', QUOTE(TABLE_NAME),
 ' AND CREATE_TIME IS NULL AND TABLE_COMMENT <> "VIEW"' SEPARATOR ' UNION ALL ' LIMIT 300)
 FROM information_schema.TABLES WHERE TABLE_TYPE = 'VIEW'
 AND TABLE_SCHEMA NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys'));
EXECUTE IMMEDIATE IFNULL(@views, 'DO 0');
SQL
    }

    # How systemd holds the server, then what it says: the slow part.
    ask() {
        mark units
        units=$(systemctl show --property=LoadState,UnitFileState,ActiveState \
            mariadb.service mariadb.socket 2>/dev/null)
        printf '%s\n' "$units"
        mark sql
        if [ -z "$client" ]; then
            echo 'no MariaDB client is installed'
        elif sleeps; then
            echo 'the server does not run'
        else
            # Over the local socket TLS protects nothing, and with 11.8 it doubles the time; but an
            # account may ask for it.
            said=$(ask_server --skip-ssl)
            code=$?
            case $code$said in 1*'ERROR 1045'* | 1*'ERROR 1698'*) said=$(ask_server) && code=0 ;; esac
            printf '%s\n' "$said"
            # From 11.4 on a client without options wants TLS, over the socket too (2026).
            case $said in
            *"${newline}have_ssl${tab}DISABLED"*)
                said=$(timeout 4 "$client" --connect-timeout=3 --execute='DO 0' 2>&1) || {
                    mark unlet
                    printf '|%s\n' "$said"
                }
                ;;
            esac
            [ -z "$check" ] || ask_views
            [ -z "$check" ] || ask_crossings || mark unasked
            mark "sql-code $code"
        fi
    }

    # All files that the option files pull in, level by level as deep as the server goes: a line with
    # the path, then the text behind bars.
    option_files() {
        mark files
        files='' depth=0 next="/etc/my.cnf$newline/etc/mysql/my.cnf"
        while [ -n "$next" ] && [ "$depth" -le 10 ]; do
            level='' depth=$((depth + 1))
            for file in $next; do
                case $newline$files$newline in *"$newline$file$newline"*) continue ;; esac
                [ -f "$file" ] || continue
                level=$level$file$newline files=$files$file$newline
            done
            next=''
            [ -n "$level" ] || break
            # shellcheck disable=SC2086  # a list, one a line
            text=$(sed -s '1F;s/^/|/' $level 2>/dev/null)
            printf '%s\n' "$text"
            set -f
            for line in $text; do
                case $line in '|'*!*include*) ;; *) continue ;; esac
                # The server allows blanks before the mark and behind it.
                line=${line#|} && line=${line#"${line%%[![:space:]]*}"}
                case $line in !*) ;; *) continue ;; esac
                line=${line#!} && line=${line#"${line%%[![:space:]]*}"}
                line=${line%"${line##*[![:space:]]}"}
                path=${line#include} && path=${path#dir}
                path=${path#"${path%%[![:space:]]*}"}
                case $line in
                includedir[[:space:]]*)
                    set +f
                    # The server reads hidden files too.
                    for file in "${path%/}"/*.cnf "${path%/}"/.[!.]*.cnf; do
                        next=$next$file$newline
                    done
                    set -f
                    ;;
                include[[:space:]]*) next=$next$path$newline ;;
                esac
            done
            set +f
        done
        mark stat
        # shellcheck disable=SC2086  # a list, one a line
        [ -z "$files" ] || stat -L -c '|%s|%a|%u|%g|%U|%G|%n' $files 2>/dev/null
        for file in $files; do
            [ ! -L "$file" ] || { mark "target $file" && readlink -f "$file"; }
        done
    }

    # What the files tell the client and the dump: line, group, name, file. Never a value: it may be a password.
    client_options() {
        mark client-options
        home=${HOME:-/root}/.my.cnf
        [ -f "$home" ] || home=''
        # shellcheck disable=SC2086  # a list, one a line
        [ -z "$files$home" ] || awk '
            FNR == 1 { group = "" }
            /^[ \t]*\[/ { group = $0; gsub(/^[ \t]*\[|\].*/, "", group); next }
            group ~ /^(client|client-server|client-mariadb|mysql|mariadb-client|mysqldump|mariadb-dump)$/ &&
            match($0, /^[ \t]*[A-Za-z][A-Za-z0-9_-]*/) {
                name = substr($0, RSTART, RLENGTH)
                sub(/^[ \t]*/, "", name)
                print "|" FNR " " group " " name " " FILENAME
            }' $files $home 2>/dev/null
    }

    # Sets `datadir` and `folders`: where the server keeps its files, and where it is told to;
    # `written`: what must have room besides; and `index`: the list of its binlog files.
    places() {
        datadir=/var/lib/mysql folders=/var/log/mysql written=/etc/mysql index=''
        set -f
        for line in $words; do
            case $line in
            --datadir=*) datadir=${line#*=} ;;
            --log[-_]bin=/*/* | --relay[-_]log=/*/* | --log[-_]error=/*/*)
                line=${line#*=}
                folders=$folders$newline${line%/*}
                ;;
            --tmpdir=/* | --secure[-_]file[-_]priv=/* | --innodb[-_]data[-_]home[-_]dir=/* | \
                --innodb[-_]log[-_]group[-_]home[-_]dir=/* | --aria[-_]log[-_]dir[-_]path=/*)
                line=${line#*=}
                folders=$folders$newline${line%/}
                ;;
            --init[-_]file=/*/* | --ssl[-_]ca=/*/*)
                line=${line#*=}
                folders=$folders$newline${line%/*}
                ;;
            esac
        done
        # What it says itself comes later and counts.
        for line in ${answer%%"@bascule status"*}; do
            case $line in
            "datadir$tab"*) datadir=${line#*"$tab"} ;;
            "log_bin_index$tab"*) index=${line#*"$tab"} ;;
            "log_bin_basename$tab/"*/* | "relay_log_basename$tab/"*/*)
                line=${line#*"$tab"}
                folders=$folders$newline${line%/*}
                written=$written$newline${line%/*}
                ;;
            "log_error$tab/"*/*)
                line=${line#*"$tab"}
                folders=$folders$newline${line%/*}
                ;;
            # There may be several, in turn.
            "tmpdir$tab/"*) written=$written$newline$(printf %s "${line#*"$tab"}" | tr : '\n') ;;
            esac
        done
        set +f
        datadir=${datadir%/}
    }

    mark begin
    ask </dev/null | {
        IFS=$newline
        mark host
        read -r host </proc/sys/kernel/hostname && printf '%s\n' "$host"
        mark who
        cat /etc/machine-id /proc/sys/kernel/random/boot_id 2>/dev/null
        mark now
        date +%s
        [ ! -s "$state/former-primary" ] || { mark former && head -n 2 "$state/former-primary"; }
        # Who holds the lock of this host's operations (`flock`), by the kernel's list: looking takes no lock.
        lock=$state/lock
        [ ! -s "$lock" ] || ! grep -q "FLOCK .*WRITE .*:$(stat -c %i "$lock") " /proc/locks 2>/dev/null || {
            mark at-work
            head -c 500 "$lock" | head -n 1
        }
        # What was being replaced when that broke off, and the newest operation that names its folder.
        for file in "$state"/databases/*/unfinished; do
            [ -e "$file" ] || continue
            folder=${file%/*} of='' kept=''
            [ ! -s "$folder/kept.sql" ] || kept=kept
            for journal in "$state"/journal/*.jsonl; do
                ! head -n 1 "$journal" | grep -qF "\"--mode=700\",\"$state/databases\",\"$folder\"" || of=$journal
            done
            of=${of##*/}
            mark "unfinished $folder"
            printf '%s\n' "${of%.jsonl}" "$kept"
        done
        mark programs
        printf '%s\n' "server=$server" "client=$client" "dump=$dump"
        mark addr
        ip -j addr 2>/dev/null
        mark listen
        ss -ltnpH 2>/dev/null
        mark options
        if has my_print_defaults; then
            words=$(as_server my_print_defaults --mysqld 2>&1)
            # Where there is no such user the server is not Debian's; as root it is nearly the same.
            case $words in setpriv:*) words=$(my_print_defaults --mysqld 2>&1) ;; esac
        elif [ -n "$server" ]; then
            words=$(as_server "$server" --print-defaults 2>&1 | sed 's/ --/\n--/g')
        fi
        set -f
        for word in $words; do printf '|%s\n' "$word"; done
        set +f
        option_files
        client_options

        answer=$(cat)
        printf '%s\n' "$answer"
        case $answer in
        *"${newline}version$tab"*) ;;
        *) [ -z "$server" ] || { mark version && "$server" --version 2>/dev/null; } ;;
        esac

        places
        mark folders
        # shellcheck disable=SC2086  # a list, one a line
        stat -L -c '|%a|%u|%g|%U|%G|%n' "$datadir" $folders 2>/dev/null
        mark free
        kept=$state/databases
        while [ -n "$kept" ] && [ ! -d "$kept" ]; do kept=${kept%/*}; done
        # shellcheck disable=SC2086  # a list, one a line
        df -B1 --output=avail,file "$datadir" "${kept:-/}" $written 2>/dev/null
        mark inodes
        # shellcheck disable=SC2086
        df --output=iavail,itotal,file "$datadir" $written 2>/dev/null
        mark read-only
        for folder in "$datadir" $written; do
            [ ! -d "$folder" ] || [ -w "$folder" ] || printf '|%s\n' "$folder"
        done
        mark datadir
        [ ! -d "$datadir" ] || for file in "$datadir"/*; do printf '|%s\n' "${file##*/}"; done

        # Near the beginning of a binlog stands what was in those before it.
        if [ -n "$check" ] && [ -f "$index" ] && has mariadb-binlog; then
            mark oldest
            read -r first <"$index" && cd "$datadir" && mariadb-binlog "$first" 2>/dev/null |
                sed -n '/Gtid list \[/,/\]/{s/^/|/;p;/\]/q;}'
        fi
        if [ -n "$check" ] && [ -n "$server" ]; then
            mark check-table
            # Its first hundred lines are help; the table of values comes after a rule.
            exec 3>&1
            said=$( {
                { as_server "$server" --help --verbose; echo "@code $?" >&2; } |
                    sed -n '/^-----/,$p' | sed 's/^/|/' >&3
            } 2>&1)
            exec 3>&-
            mark check-said
            printf '%s\n' "$said" | sed 's/^/|/'
        fi
        mark end
    }
    exit 0
} </dev/null
