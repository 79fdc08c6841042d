"""The hosts that tests/bench measures on, and what it asks of them."""

import contextlib
import json
import re
import subprocess
import sys
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
HOSTS = str(TESTS / "hosts/hosts")
SERVERS = {"serv1": "172.16.0.10", "serv2": "172.16.0.11"}
VIP = "172.16.0.12"

# No command here takes longer, but for an installation of packages on a busy machine.
LONGEST = 180

# What is served, as one line of verbs each.
SERVICES = {
    "systemd": f"vip add {VIP}/24 --name IPFailover then web add apache2 --name serviceWeb"
               " then web group servweb IPFailover serviceWeb",
    "lsb": f"vip add {VIP}/24 --name IPFailover then web add apache2 --name serviceWeb --agent lsb:apache2"
           " then web group servweb IPFailover serviceWeb",
    "everywhere": "web add apache2 --name serviceWeb --everywhere"
                  f" then vip add {VIP}/24 --name IPFailover --with serviceWeb",
}


def log(text):
    print(text, file=sys.stderr, flush=True)


def other(server):
    return "serv2" if server == "serv1" else "serv1"


def wait_for(what, condition, most=60):
    end = time.monotonic() + most
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"bench: gave up waiting for {what}")
        time.sleep(0.02)


class Said(str):
    """What a verb printed."""

    def step_seconds(self, command):
        """How long each step took whose command has this word."""
        return [float(s) for s in re.findall(rf"✓ .*{command}.* ([\d.]+) s$", self, re.M)]

    def operation(self):
        found = re.search(r"operation (\d+); ", self)
        return found and found[1]


class Outage:
    """How long a page was gone; known once the measuring is over."""

    seconds = None


class Lab:
    """An instance of tests/hosts with a cluster on it."""

    def __init__(self, name):
        self.name = name
        # What it serves, and the operation that takes that away again.
        self.service = self.operation = None

    @classmethod
    @contextlib.contextmanager
    def booted(cls, name, release, binary, bare, more=()):
        """Fresh hosts, gone at the end."""
        lab = cls(name)
        layer = ["--bare"] if bare else []
        subprocess.run([HOSTS, "up", name, release, "--binary", str(binary), *layer, *more], check=True, stdout=sys.stderr)
        try:
            yield lab
        finally:
            lab.do("down")

    # --- commands ---

    def argv(self, host, *words):
        return [HOSTS, "exec", self.name, host, "--", *words]

    def run(self, host, *words, stdin=""):
        """What a command prints on a host; where it fails, that is the end of everything."""
        done = subprocess.run(self.argv(host, *words), input=stdin, text=True, timeout=LONGEST,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode:
            sys.exit(f"bench: {host}: {' '.join(words)}: status {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def holds(self, host, *words):
        return subprocess.run(self.argv(host, *words), stdin=subprocess.DEVNULL, timeout=LONGEST,
                              capture_output=True).returncode == 0

    def bascule(self, host, line):
        """Runs verbs; returns how long they took and what they said."""
        start = time.monotonic()
        said = self.run(host, "bascule", "--yes", *line.split())
        return time.monotonic() - start, Said(said)

    def do(self, command, *words):
        subprocess.run([HOSTS, command, self.name, *words], check=True, stdout=sys.stderr)

    def write(self, host, path, text):
        self.run(host, "sh", "-c", f"cat >{path}", stdin=text)

    def timed(self, work):
        start = time.monotonic()
        work()
        return time.monotonic() - start

    def turns(self, runs, **cases):
        """Measures inside serv1, in turns: see tests/lib/stopwatch."""
        if not self.holds("serv1", "test", "-x", "/root/stopwatch"):
            self.do("put", "serv1", str(TESTS / "lib/stopwatch"), "/root/stopwatch")
        task = json.dumps({"runs": runs, "cases": cases})
        return json.loads(self.run("serv1", "/root/stopwatch", stdin=task))

    # --- the cluster ---

    @staticmethod
    def from_nothing():
        """The verbs from bare hosts to a served page, each with its host."""
        nodes = " ".join(f"--node {name}={address}" for name, address in SERVERS.items())
        yield "serv1", f"cluster init --name cluster_web {nodes}"
        yield "serv2", "cluster join serv1"
        yield "serv1", SERVICES["systemd"]

    def cluster(self):
        """A cluster of both servers, at rest."""
        if not self.holds("serv1", "sh", "-c", "crm_node --list | grep -qw serv2"):
            for host, line in list(self.from_nothing())[:2]:
                self.bascule(host, line)
        wait_for("both nodes", self.at_rest)

    def serve(self, kind):
        """Serves the page this way, or, for None, not at all."""
        self.cluster()
        if kind == self.service:
            return
        if self.service:
            self.bascule("serv1", f"undo {self.operation}")
        self.service = None
        if kind:
            self.remember(SERVICES[kind], self.bascule("serv1", SERVICES[kind])[1])
            wait_for("the page", self.page)
        wait_for("both nodes", self.at_rest)

    def remember(self, line, said):
        """Notes how what is served can be taken away again."""
        for kind, words in SERVICES.items():
            if line == words:
                self.service, self.operation = kind, said.operation()
                if not self.operation:
                    sys.exit(f"bench: {self.name} serves something already: hosts reset {self.name}")

    def keep_configuration(self):
        self.run("serv1", "sh", "-c", "cibadmin --query --scope configuration >/root/kept.xml")

    restore_configuration = (
        "cibadmin --replace --scope configuration --xml-file /root/kept.xml;"
        " until crm_mon --one-shot --inactive --output-as=xml >/root/now"
        " && ! grep -q '<resource ' /root/now; do sleep 0.05; done")

    # --- what is so ---

    def monitor(self):
        for host in SERVERS:
            done = subprocess.run(self.argv(host, "crm_mon", "--one-shot", "--inactive", "--output-as=xml"),
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LONGEST)
            if 'current_dc present="true"' in done.stdout:
                return done.stdout
        return ""

    def dc(self):
        found = re.search(r'<current_dc present="true"[^>]* name="(\w+)"', self.monitor())
        return found and found[1]

    def holder(self):
        """The server that has the virtual address, if exactly one has."""
        having = [host for host in SERVERS
                  if self.holds(host, "sh", "-c", f"ip -4 addr show dev host0 | grep -q ' {VIP}/'")]
        return having[0] if len(having) == 1 else None

    def is_empty(self, node):
        return re.search(rf'<node name="{node}"[^>]* resources_running="0"', self.monitor())

    def page(self):
        return self.holds("client", "curl", "--silent", "--fail", "--max-time", "1",
                          "--output", "/dev/null", f"http://{VIP}/")

    def at_rest(self):
        """Both nodes are there and free, and Pacemaker has nothing to do: neither at work, for a
        service runs a while before its start is known to have succeeded, nor ahead."""
        monitor = self.monitor()
        free = re.findall(r'<node name="\w+"[^>]* online="true" standby="false"[^>]* pending="false"', monitor)
        if len(free) != len(SERVERS) or re.search(r"<resource [^>]* pending=", monitor):
            return False
        # A node that was just let in is online before its own controller follows the DC; should that
        # one die now, it would listen for 20 s first.
        follows = "crmadmin --quiet --status $(uname -n) | grep -qE '^S_(IDLE|NOT_DC)$'"
        if not all(self.holds(host, "timeout", "2", "sh", "-c", follows) for host in SERVERS):
            return False
        done = subprocess.run(self.argv("serv1", "crm_simulate", "--live-check", "--simulate", "--output-as=xml"),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LONGEST)
        return done.returncode == 0 and "<rsc_action" not in done.stdout

    @contextlib.contextmanager
    def outage(self):
        """Asks for the page all the while from the client (tests/hosts/probe)."""
        found = Outage()
        probe = subprocess.Popen(self.argv("client", "probe", "--until-line", f"http://{VIP}/"),
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        first = probe.stderr.readline()
        if first != "answered\n":
            sys.exit(f"bench: the probe does not see the page: {first}{probe.stderr.read()}")
        yield found
        # For long enough that the probe sees it too.
        wait_for("the page, ten times in a row", lambda: all(self.page() for _ in range(10)))
        told, complaint = probe.communicate("\n", timeout=LONGEST)
        if probe.returncode:
            sys.exit(f"bench: the probe failed: {complaint}")
        told = json.loads(told)
        if any(outage.get("lasting") for outage in told["outages"]):
            sys.exit(f"bench: the page did not stay: {told}")
        found.seconds = round(sum(outage["length"] for outage in told["outages"]), 2)
