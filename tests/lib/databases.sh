# shellcheck shell=bash disable=SC2154,SC2016  # hosts; what a host's own shell expands
# A primary and its replica to begin a test on, made by hand and not by bascule. Sourced; $hosts is
# tests/hosts/hosts.

# What every replicating server has in its drop-in. $1: its server id, $2: its address, then further
# lines.
option_file() {
    printf '%s\n' '[mysqld]' "server_id = $1" "bind_address = 127.0.0.1,$2" 'log_bin = mysql-bin' \
        'log_slave_updates = ON' 'relay_log = relay-bin' 'binlog_format = ROW' \
        'gtid_strict_mode = ON' 'sync_binlog = 1' 'innodb_flush_log_at_trx_commit = 1' \
        'binlog_expire_logs_seconds = 864000' 'max_binlog_size = 100M' "${@:3}"
}

# A database site1 with one of each thing that a database can hold.
some_data() {
    "$hosts" exec "$1" "$2" -- mariadb --skip-print-query-on-error >/dev/null <<'END'
CREATE DATABASE site1;
USE site1
CREATE TABLE visits (id INT AUTO_INCREMENT PRIMARY KEY, page VARCHAR(40));
INSERT INTO visits (page) SELECT CONCAT('page ', seq) FROM seq_1_to_1000;
CREATE TABLE settings (name VARCHAR(20) PRIMARY KEY, value VARCHAR(20)) ENGINE=MyISAM;
INSERT INTO settings VALUES ('theme', 'dark');
-- Else the server's estimate of the rows comes some time later.
ANALYZE NO_WRITE_TO_BINLOG TABLE visits;
CREATE VIEW last_visits AS SELECT * FROM visits ORDER BY id DESC LIMIT 10;
CREATE PROCEDURE forget() DELETE FROM visits;
CREATE TRIGGER trimmed BEFORE INSERT ON visits FOR EACH ROW SET NEW.page = TRIM(NEW.page);
CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY DO CALL forget();
END
}

# serv1 as primary with site1, serv2 as its replica, caught up.
primary_and_replica() {
    local instance=$1 password=${2:-Qw12er34Ty56ui78} position tls
    some_data "$instance" serv1
    option_file 10 172.16.0.10 |
        "$hosts" exec "$instance" serv1 -- sh -c 'cat >/etc/mysql/mariadb.conf.d/99-test.cnf'
    option_file 11 172.16.0.11 'read_only = ON' |
        "$hosts" exec "$instance" serv2 -- sh -c 'cat >/etc/mysql/mariadb.conf.d/99-test.cnf'
    # With the socket unit systemd holds the port, whatever bind_address says.
    "$hosts" exec "$instance" serv1 -- sh -c 'systemctl stop mariadb.socket; systemctl restart mariadb'
    "$hosts" exec "$instance" serv2 -- sh -c 'systemctl stop mariadb.socket; systemctl restart mariadb'
    "$hosts" exec "$instance" serv1 -- mariadb --skip-print-query-on-error <<END
SET SESSION sql_log_off=1;
CREATE USER replication_user@172.16.0.11 IDENTIFIED BY '$password';
GRANT REPLICATION SLAVE ON *.* TO replication_user@172.16.0.11;
END
    "$hosts" exec "$instance" serv2 -- bash -euo pipefail -c '
        ssh -n -o BatchMode=yes root@172.16.0.10 \
            mariadb-dump --single-transaction --gtid --master-data=1 --routines --events --triggers \
                --databases site1 |
            mariadb --skip-print-query-on-error --init-command="SET SESSION sql_log_bin=0"'
    # From 11.4 on a replica insists on TLS, and 10.11 has none to offer.
    tls=$("$hosts" exec "$instance" serv1 -- mariadb -NBe "SELECT IF(@@have_ssl = 'YES', '', ', MASTER_SSL=0')")
    "$hosts" exec "$instance" serv2 -- mariadb --skip-print-query-on-error <<END
SET SESSION sql_log_off=1;
CHANGE MASTER TO MASTER_HOST='172.16.0.10', MASTER_PORT=3306, MASTER_USER='replication_user',
    MASTER_PASSWORD='$password', MASTER_CONNECT_RETRY=10, MASTER_USE_GTID=slave_pos$tls;
START SLAVE;
END
    position=$("$hosts" exec "$instance" serv1 -- mariadb -NB <<'END'
INSERT INTO site1.visits (page) VALUES ('last');
SELECT @@last_gtid;
END
    )
    [[ $("$hosts" exec "$instance" serv2 -- mariadb -NBe "SELECT MASTER_GTID_WAIT('$position', 10)") == 0 ]] ||
        { echo "serv2 did not reach $position" && return 1; }
}
