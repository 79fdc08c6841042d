"""The rows of tests/bench on MariaDB: seeding, the row that arrives, the switchover."""

import json
import re
import statistics
import subprocess
import sys

from lab import SERVERS, TESTS, log

PRIMARY, REPLICA = "serv1", "serv2"

# What is asked of the numbers.
SEED_TO_HAND = 1.1
ROW_MS = 50
WRITES_REFUSED = 0.2

# About a gigabyte of dump: 420 bytes a row.
ROWS = 2_400_000
CHUNK = 200_000

# The facts' hand procedure, typed on the replica.
BY_HAND = (f"ssh root@{SERVERS[PRIMARY]} mariadb-dump --single-transaction --gtid --master-data=1"
           " --routines --events --triggers --databases big"
           " | mariadb --init-command='SET SESSION sql_log_bin=0'")


def sql(lab, host, statements):
    return lab.run(host, "mariadb", "--batch", "--skip-column-names", stdin=statements)


def gigabyte(lab):
    """A database of a gigabyte on the primary."""
    sql(lab, PRIMARY, "CREATE DATABASE big; CREATE TABLE big.pages (id INT PRIMARY KEY, sum CHAR(32), body VARCHAR(400));")
    for first in range(1, ROWS, CHUNK):
        sql(lab, PRIMARY, "USE big; INSERT INTO pages SELECT seq, MD5(seq), CONCAT(SHA2(seq, 512), SHA2(seq + 1, 512),"
                          f" SHA2(seq + 2, 512)) FROM seq_{first}_to_{first + CHUNK - 1};")


class Pair:
    """A primary and a replica of one database, made by bascule's own verbs; taken back at the end."""

    def __init__(self, lab, database):
        self.lab, self.done = lab, []
        self.verb(PRIMARY, f"db primary --database {database} --replica {SERVERS[REPLICA]}")
        self.said = self.verb(REPLICA, f"db replicate {SERVERS[PRIMARY]} --database {database}")

    def verb(self, host, line):
        _, said = self.lab.bascule(host, line)
        self.done.append((host, said.operation()))
        return said

    def undo(self):
        while self.done:
            host, number = self.done.pop()
            self.lab.bascule(host, f"undo {number}")


def most_resident(lab, host, work):
    """The most memory that bascule had resident on a host while something ran, in megabytes."""
    watch = ("while [ ! -e /run/watched ]; do for pid in $(pgrep -x bascule); do"
             " grep VmHWM /proc/$pid/status 2>/dev/null; done; sleep 0.2; done | sort -k2 -n | tail -n 1")
    watcher = subprocess.Popen(lab.argv(host, "sh", "-c", watch), stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, text=True)
    try:
        work()
    finally:
        lab.run(host, "touch", "/run/watched")
        told = watcher.communicate()[0]
        lab.run(host, "rm", "/run/watched")
    return int(told.split()[1]) * 1024 / 1e6


def seed(lab, _runs):
    """a replica seeded with a gigabyte, beside the hand's pipe"""
    gigabyte(lab)
    ours, by_hand, megabytes = [], [], []
    primary = f"db primary --database big --replica {SERVERS[REPLICA]}"
    lab.bascule(PRIMARY, primary)
    for _ in range(2):
        by_hand.append(lab.timed(lambda: lab.run(REPLICA, "sh", "-c", BY_HAND)))
        sql(lab, REPLICA, "SET SESSION sql_log_bin=0; DROP DATABASE big; SET GLOBAL gtid_slave_pos='';")
        said = []
        megabytes.append(most_resident(lab, REPLICA, lambda: said.append(
            lab.bascule(REPLICA, f"db replicate {SERVERS[PRIMARY]} --database big")[1])))
        # The step that lets the dump print into the server is the longest by far.
        ours.append(max(float(s) for s in re.findall(r"✓ .* ([\d.]+) s$", said[0], re.M)))
        lab.bascule(REPLICA, f"undo {said[0].operation()}")
        log(f"seeding: ours {ours[-1]} s, by hand {by_hand[-1]:.1f} s")
    ratio = statistics.median(ours) / statistics.median(by_hand)
    lab.bascule(PRIMARY, "undo")
    return [
        ("seeding of 1 GB", f"{statistics.median(ours):.1f} s = {ratio:.2f} ×",
         f"`mariadb-dump` by ssh into `mariadb` {statistics.median(by_hand):.1f} s", f"≤ {SEED_TO_HAND} ×",
         ratio <= SEED_TO_HAND),
        ("most memory resident meanwhile", f"{max(megabytes):.1f} MB", "", "", None),
    ]


def arrives(lab, runs):
    """a row that is written on the primary and read on the replica"""
    pair = small_pair(lab)
    times = []
    for host in (REPLICA, PRIMARY) * runs:
        _, said = lab.bascule(host, "db test")
        times.append(float(re.search(r"([\d.]+) ms", said)[1]))
    pair.undo()
    return [("`db test`: from the insert until the row is read", f"{statistics.median(times):.1f} ms, at worst"
             f" {max(times):.1f} ms", "", f"≤ {ROW_MS} ms", statistics.median(times) <= ROW_MS)]


def small_pair(lab):
    sql(lab, PRIMARY, "CREATE OR REPLACE DATABASE small; CREATE TABLE small.t (id INT PRIMARY KEY);")
    return Pair(lab, "small")


def checked(lab, _runs):
    """one changed row among a million found while four clients write"""
    pair = small_pair(lab)
    sql(lab, PRIMARY, "USE small; CREATE TABLE many (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(60) NOT NULL, n INT, body VARCHAR(200));"
                      " INSERT INTO many (name, n, body) SELECT CONCAT('name ', seq), seq, REPEAT('x', 100) FROM seq_1_to_1000000;"
                      " CREATE TABLE small.rows (who VARCHAR(20), n INT, PRIMARY KEY (who, n));"
                      " CREATE USER writer@'%' IDENTIFIED BY 'writes'; GRANT ALL ON small.* TO writer@'%';")
    position = sql(lab, PRIMARY, "SELECT @@gtid_binlog_pos;").strip()
    sql(lab, REPLICA, f"SELECT MASTER_GTID_WAIT('{position}', 120); SET SESSION sql_log_bin=0; UPDATE small.many SET n = -1 WHERE id = 654321;")
    by_hand = sum(lab.timed(lambda host=host: sql(lab, host, "CHECKSUM TABLE small.many;")) for host in SERVERS)
    lab.do("put", "client", str(TESTS / "lib/writers"), "/root/writers")
    writers = subprocess.Popen(
        lab.argv("client", "/root/writers", "write", "--hosts", SERVERS[PRIMARY], "--name", "w", "--pause", "2",
                 "--user", "writer", "--password", "writes", "--table", "small.rows"),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if writers.stderr.readline() != "writing\n":
        sys.exit(f"bench: the writers do not write: {writers.stderr.read()}")
    said = []
    megabytes = most_resident(lab, REPLICA, lambda: said.append(json.loads(lab.run(
        REPLICA, "sh", "-c", "bascule --output json db check || [ $? = 5 ]"))))
    report = json.loads(writers.communicate("\n")[0])
    found = said[0]
    only = [(one["row"], one["what"]) for one in found["differences"]] == [("id 654321", "differs in n")]
    log(f"check: {found}")
    sql(lab, PRIMARY, "DROP USER writer@'%'")
    pair.undo()
    return [
        (f"`db check` under four writing clients: one row among {found['rows']:,} found", f"{found['seconds']:.1f} s"
         f" = {found['seconds'] / by_hand:.1f} ×", f"`CHECKSUM TABLE` of both ends, one after the other {by_hand:.1f} s",
         "that row alone", only),
        ("most memory resident meanwhile", f"{megabytes:.1f} MB", "", "", None),
        ("the replica's SQL thread stood still at most", f"{found['standing_still_ms']:.0f} ms",
         f"longest without an acknowledged write {report['longest_without']:.2f} s", "", None),
    ]


def switchover(lab, runs):
    """a planned switchover while four clients write on another host"""
    pair = small_pair(lab)
    sql(lab, PRIMARY, "CREATE TABLE small.rows (who VARCHAR(20), n INT, PRIMARY KEY (who, n));"
                      " CREATE USER writer@'%' IDENTIFIED BY 'writes'; GRANT ALL ON small.* TO writer@'%';")
    # Accounts do not replicate where one database does: the other server has its own.
    sql(lab, REPLICA, "SET SESSION sql_log_bin=0; CREATE USER writer@'%' IDENTIFIED BY 'writes'; GRANT ALL ON small.* TO writer@'%';")
    lab.do("put", "client", str(TESTS / "lib/writers"), "/root/writers")
    ways = ["--user", "writer", "--password", "writes", "--table", "small.rows"]
    refused, lost, rows, now, next_one = [], 0, 0, PRIMARY, REPLICA
    for turn in range(max(4, runs // 3)):
        writers = subprocess.Popen(
            lab.argv("client", "/root/writers", "write", "--hosts", f"{SERVERS[now]},{SERVERS[next_one]}",
                     "--name", f"turn{turn}w", *ways),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if writers.stderr.readline() != "writing\n":
            sys.exit(f"bench: the writers do not write: {writers.stderr.read()}")
        lab.bascule(next_one, "db promote")
        report = writers.communicate("\n")[0]
        told = lab.run("client", "/root/writers", "check", "--host", SERVERS[next_one], *ways, stdin=report)
        acknowledged, missing = map(int, re.match(r"(\d+) acknowledged, (\d+) of them missing", told).groups())
        refused.append(json.loads(report)["longest_without"])
        lost, rows = lost + missing, rows + acknowledged
        now, next_one = next_one, now
        log(f"switchover: nothing acknowledged for {refused[-1]} s; {told.strip()}")
    sql(lab, now, "DROP USER writer@'%'")
    return [(f"`db promote` under four writing clients: nothing written, {len(refused)} switchovers, {rows:,} rows, {lost} lost",
             f"{statistics.median(refused):.3f} s, at worst {max(refused):.3f} s",
             "by hand 0.117 to 0.136 s", f"≤ {WRITES_REFUSED} s, 0 lost",
             statistics.median(refused) <= WRITES_REFUSED and not lost)]
