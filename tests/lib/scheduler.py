#!/usr/bin/env python3
"""scheduler.py FOLDER: what the verbs said of each CIB, against what crm_mon and Pacemaker's own
reading say of it. Prints each difference, and a line with counts; fails when there is one.

FOLDER has a folder for each CIB, as tests/e2e/scheduler-cibs leaves them: `crm_mon` in XML, `VERB`,
`VERB.json`, and `….code`, the exit status of each.
"""

import json
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

VERBS = ["status", "node list", "web list", "vip list"]
DOCUMENTED = {0, 3}
PROMOTED = {"Promoted", "Master"}
RUNNING = {"Started", "Promoted", "Master", "Unpromoted", "Slave", "Starting", "Stopping"}


def read(path):
    return path.read_text(errors="replace") if path.exists() else ""


def base(name):
    """An id without a copy's number."""
    return re.sub(r":\d+$", "", name)


def state(node, last=("standby", "maintenance")):
    """A node's state in one word, the gravest first; which of the last two counts differs."""
    is_ = lambda name: node.get(name) == "true"
    for word in ("unclean", "offline", "pending", *last):
        if word == "offline" and not is_("online") or word != "offline" and is_(word):
            return word
    return "online"


class Cib:
    """One CIB: what was said of it, and what is so."""

    def __init__(self, folder):
        self.folder = folder
        self.differences = []
        self.mon = None
        if read(folder / "crm_mon.code").strip() == "0":
            self.mon = ET.fromstring(read(folder / "crm_mon"))

    def differs(self, verb, what):
        self.differences.append(f"{self.folder.name}: {verb}: {what}")

    def same(self, verb, what, said, wanted):
        if said != wanted:
            self.differs(verb, f"{what}: said {said!r}, is {wanted!r}")

    def said(self, verb):
        try:
            return json.loads(read(self.folder / f"{verb}.json"))
        except ValueError:
            self.differs(verb, "no JSON")
            return None

    def ends_as_documented(self):
        for verb in VERBS:
            for kind in (verb, f"{verb}.json"):
                code = read(self.folder / f"{kind}.code").strip()
                if not code.isdigit() or int(code) not in DOCUMENTED:
                    self.differs(kind, f"ended with {code}")
            text = read(self.folder / verb) + read(self.folder / f"{verb}.err")
            if "panicked" in text or "RUST_BACKTRACE" in text:
                self.differs(verb, "panicked")

    def compare(self):
        self.ends_as_documented()
        codes = {read(self.folder / f"{verb}.json.code").strip() for verb in VERBS}
        if self.mon is None or codes != {"0"}:
            # Where Pacemaker itself takes the CIB, so do the verbs.
            if self.mon is not None:
                self.differs("all", f"crm_mon reads it, and the verbs end with {codes}")
            return False
        nodes = self.mon.findall("nodes/node")
        parts = [part for part in self.mon.iter("resource")]
        self.nodes(nodes, parts)
        self.resources(parts)
        self.failures()
        self.screen(nodes, parts)
        self.lists(parts)
        return True

    def nodes(self, nodes, parts):
        for verb in ("status", "node list"):
            last = ("standby", "maintenance") if verb == "status" else ("maintenance", "standby")
            wanted = {node.get("name"): state(node, last) for node in nodes}
            said = self.said(verb)
            if said:
                # `node list` calls a node lost that left without a goodbye, and joining while it is pending.
                words = {"lost": "unclean", "joining": "pending"}
                got = {node["name"]: words.get(node["state"], node["state"]) for node in said["nodes"]}
                self.same(verb, "nodes", got, wanted)
        said = self.said("node list")
        for node in said["nodes"] if said else []:
            here = [p for p in parts if node["name"] in [n.get("name") for n in p.findall("node")]]
            self.same("node list", f"whether anything runs on {node['name']}", bool(node["runs"]), bool(here))
        said = self.said("status")
        dc = self.mon.find("summary/current_dc")
        if said and said["cluster"]:
            self.same("status", "quorum", said["cluster"]["quorum"], dc.get("with_quorum") == "true")
            self.same("status", "DC", said["cluster"]["dc"], dc.get("name"))
            options = self.mon.find("summary/cluster_options")
            wanted = options.get("maintenance-mode") == "true"
            self.same("status", "maintenance", said["cluster"]["maintenance"], wanted)

    def resources(self, parts):
        key = lambda r: json.dumps(r, sort_keys=True)
        wanted = [
            {
                "id": base(part.get("id")),
                "role": part.get("role"),
                "nodes": [node.get("name") for node in part.findall("node")],
                "failed": part.get("failed") == "true",
                "blocked": part.get("blocked") == "true",
                "managed": part.get("managed") == "true",
            }
            for part in parts
        ]
        said = self.said("status")
        if said:
            got = [{name: part[name] for name in wanted[0]} for part in said["resources"]] if wanted else []
            self.same("status", "resources", sorted(got, key=key), sorted(wanted, key=key))

    def failures(self):
        """Each failed action is told, once for each node."""
        text = read(self.folder / "status")
        for failure in self.mon.findall("failures/failure"):
            node = failure.get("node")
            # Of a fencing device it is told what follows: “is stopped (monitor on NODE: why)”.
            if f" failed on {node}:" not in text and f"(monitor on {node}:" not in text:
                self.differs("status", f"the failure on {node} is not told")

    def screen(self, nodes, parts):
        """What people read: nothing that runs is called stopped, nothing blocked or failed is left out."""
        text = read(self.folder / "status")
        for part in parts:
            name = base(part.get("id"))
            places = [node.get("name") for node in part.findall("node")]
            if part.get("role") in RUNNING and places and part.get("active") == "true":
                for line in text.splitlines():
                    if re.fullmatch(rf"  ! {re.escape(name)} runs nowhere.*", line):
                        self.differs("status", f"“{line.strip()}”, and it runs on {places}")
            if part.get("blocked") == "true" and not re.search(rf"{re.escape(name)}.*blocked", text):
                self.differs("status", f"{name} is blocked and not said to be")
        for node in nodes:
            name, is_ = node.get("name"), state(node)
            row = re.search(rf"^  [●○◐] {re.escape(name)}(\s.*)?$", text, re.M)
            if not row:
                self.differs("status", f"{name} has no row")
            elif is_ != "online" and is_ not in row.group():
                self.differs("status", f"{name} is {is_}, and its row says: {row.group()}")
            elif is_ == "online" and "●" not in row.group():
                self.differs("status", f"{name} is online, and its row says: {row.group()}")
        quorum = self.mon.find("summary/current_dc").get("with_quorum") == "true"
        if ("there is no quorum" in text) == quorum:
            self.differs("status", f"with_quorum is {quorum}")

    def lists(self, parts):
        running = {}
        for part in parts:
            places = running.setdefault(base(part.get("id")), set())
            places.update(node.get("name") for node in part.findall("node"))
        for verb, key in (("web list", "resources"), ("vip list", "addresses")):
            said = self.said(verb)
            if said is None:
                continue
            for row in said[key]:
                if row.get("kind", "primitive") == "primitive" and row["name"] in running:
                    self.same(verb, row["name"], set(row["nodes"]), running[row["name"]])
        text = read(self.folder / "web list")
        rows = {line.split()[0]: line for line in text.splitlines() if line.startswith("  ") and line.split()}
        for part in parts:
            # Of one resource: the same word for a group would be about a member.
            row = rows.get(base(part.get("id")))
            if row is None or not part.findall("node"):
                continue
            for word in ("blocked", "failed"):
                other = word == "failed" and part.get("blocked") == "true"
                if part.get(word) == "true" and not other and word not in row:
                    self.differs("web list", f"“{row.strip()}”, and it is {word}")
            if "not all of it," in row:
                self.differs("web list", f"“{row.strip()}” of one resource")
        for line in text.splitlines():
            words = line.split()
            if words and "runs nowhere" in line and running.get(words[0]):
                self.differs("web list", f"“{line.strip()}”, and it runs on {running[words[0]]}")


def main():
    cibs = [Cib(folder) for folder in sorted(Path(sys.argv[1]).iterdir()) if folder.is_dir()]
    compared = sum(cib.compare() for cib in cibs)
    differences = [text for cib in cibs for text in cib.differences]
    print("\n".join(differences))
    print(f"{compared} of {len(cibs)} CIBs compared, {len(differences)} differences")
    # crm_mon itself refuses a few, whose schema is gone; most it must read.
    sys.exit(bool(differences) or compared < len(cibs) * 0.9)


if __name__ == "__main__":
    main()
