# shellcheck shell=bash disable=SC2016  # what a host's own shell expands
# MariaDB on a host: its state as text, and a pair set up by hand. Sourced; `on HOST COMMAND…` is the
# sourcing script's own.

# Everything that a db verb may change and that its undo must bring back, as text: option files with
# mode and owner, units, listeners, what lies in the data directory, variables, accounts, links, GTIDs,
# databases with every table's checksum.
#
# Left out: what moves by itself (statistics, timestamps, process ids, the relay log's own numbers, the
# positions that a later one of the same domain replaces).
database_state() {
    on "$1" bash -uc '
        client=$(command -v mariadb || command -v mysql)
        ask() { "$client" --init-command="SET sql_mode=0" --batch --skip-column-names --execute="$1"; }
        find /etc/mysql /var/log/mysql -printf "%p %m %u:%g %l\n" 2>/dev/null | sort
        find /etc/mysql -type f -exec sha256sum {} + | sort
        for unit in mariadb.service mariadb.socket; do
            echo "$unit: $(systemctl is-enabled $unit 2>/dev/null), $(systemctl is-active $unit)"
        done
        ss -ltnH "sport = :3306" | awk "{ print \"listens on\", \$4 }" | sort
        find /var/lib/mysql -maxdepth 1 -printf "%f %m %u:%g\n" | grep -Ev "^(ib_buffer_pool|[^ ]*\.(pid|err)|ddl_recovery[^ ]*|tc.log|[^ ]*\.log) " | sort
        ask "SHOW GLOBAL VARIABLES" | grep -Ev "^(timestamp|server_uid|pseudo_|rand_seed|last_|identity|insert_id|error_count|warning_count|innodb_(version|lru|old)|gtid_cur_pos|gtid_current_pos|in_predicate)"
        ask "SELECT User, Host, REPLACE(Priv, JSON_VALUE(Priv, \"\$.password_last_changed\"), 0) FROM mysql.global_priv ORDER BY 1, 2"
        ask "SHOW ALL SLAVES STATUS" | wc -l
        ask "SELECT CONCAT_WS(\" \", \"gtid_slave_pos, kept:\", domain_id, server_id, seq_no) FROM mysql.gtid_slave_pos p WHERE sub_id =
            (SELECT MAX(sub_id) FROM mysql.gtid_slave_pos WHERE domain_id = p.domain_id) ORDER BY domain_id"
        while read -r table; do
            ask "CHECKSUM TABLE $table"
        done < <(ask "SELECT CONCAT(\"\`\", TABLE_SCHEMA, \"\`.\`\", TABLE_NAME, \"\`\") FROM information_schema.TABLES
            WHERE TABLE_TYPE = \"BASE TABLE\" AND TABLE_SCHEMA NOT IN (\"information_schema\", \"performance_schema\", \"sys\")
            AND NOT (TABLE_SCHEMA = \"mysql\" AND TABLE_NAME IN (\"innodb_index_stats\", \"innodb_table_stats\", \"proc\", \"event\", \"general_log\", \"slow_log\", \"global_priv\", \"gtid_slave_pos\", \"transaction_registry\"))
            ORDER BY TABLE_SCHEMA, TABLE_NAME")
        ask "SELECT SCHEMA_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA ORDER BY 1"
        ask "SELECT ROUTINE_SCHEMA, ROUTINE_NAME, MD5(ROUTINE_DEFINITION) FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA NOT IN (\"sys\", \"mysql\") ORDER BY 1, 2"
        ask "SELECT TRIGGER_SCHEMA, TRIGGER_NAME, MD5(ACTION_STATEMENT) FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA NOT IN (\"sys\") ORDER BY 1, 2"
        ask "SELECT EVENT_SCHEMA, EVENT_NAME, STATUS FROM information_schema.EVENTS ORDER BY 1, 2"
    '
}

# sql HOST STATEMENTS: what the server answers, a row on a line.
sql() {
    on "$1" sh -c 'exec $(command -v mariadb || command -v mysql) --batch --skip-column-names --skip-print-query-on-error' <<<"$2"
}

# A database as a site has one: tables of some thousand rows, a view, a trigger, a routine, an event.
make_site() {
    local host=$1 database=${2:-site1}
    sql "$host" "
        CREATE DATABASE $database;
        USE $database;
        CREATE TABLE pages (id INT AUTO_INCREMENT PRIMARY KEY, title VARCHAR(200), body TEXT) ENGINE=InnoDB;
        CREATE TABLE visits (id INT AUTO_INCREMENT PRIMARY KEY, page INT, at TIMESTAMP DEFAULT CURRENT_TIMESTAMP) ENGINE=InnoDB;
        INSERT INTO pages (title, body) SELECT CONCAT('page ', seq), REPEAT('x', 200) FROM seq_1_to_2000;
        INSERT INTO visits (page) SELECT seq FROM seq_1_to_500;
        CREATE VIEW titles AS SELECT id, title FROM pages;
        CREATE TRIGGER visited BEFORE INSERT ON visits FOR EACH ROW SET NEW.page = ABS(NEW.page);
        CREATE PROCEDURE visit(IN p INT) INSERT INTO visits (page) VALUES (p);
        CREATE EVENT forget ON SCHEDULE EVERY 1 YEAR STARTS '2037-01-01 00:00:00' DO DELETE FROM visits;"
}
