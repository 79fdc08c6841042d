"""Writes /root/large.xml: the live CIB of this host, with NUMBER resources in it.

As a live one has them: each with a parameter and an operation, and its last result on one node.
Run on a host by tests/bench: python3 - NUMBER <tests/lib/large_cib.py
"""

import subprocess
import sys

number = int(sys.argv[1])
cib = subprocess.run(["cibadmin", "--query"], check=True, capture_output=True, text=True).stdout
resources = "".join(
    f'<primitive id="r{i}" class="ocf" provider="heartbeat" type="Dummy">'
    f'<instance_attributes id="r{i}-params">'
    f'<nvpair id="r{i}-params-state" name="state" value="/run/r{i}"/></instance_attributes>'
    f'<operations><op id="r{i}-monitor-10s" name="monitor" interval="10s" timeout="20s"/></operations>'
    f'</primitive>' for i in range(number))
history = "".join(
    f'<lrm_resource id="r{i}" class="ocf" provider="heartbeat" type="Dummy">'
    f'<lrm_rsc_op id="r{i}_last_0" operation_key="r{i}_start_0" operation="start" crm-debug-origin="x" '
    f'crm_feature_set="3.16.1" transition-key="1:1:0:x" transition-magic="0:0;1:1:0:x" exit-reason="" '
    f'on_node="serv1" call-id="{i + 1}" rc-code="0" op-status="0" interval="0" last-rc-change="1" '
    f'exec-time="9" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/></lrm_resource>'
    for i in range(number))
head, rest = cib.split("<resources", 1)
rest = rest.split("/>", 1)[1] if rest.startswith("/") else rest.split("</resources>", 1)[1]
cib = f"{head}<resources>{resources}</resources>{rest}"
cut = cib.index(">", cib.index("<lrm_resources")) + 1
if cib[cut - 2] == "/":
    cib = f"{cib[:cut - 2]}>{history}</lrm_resources>{cib[cut:]}"
else:
    cib = f"{cib[:cut]}{history}{cib[cut:]}"
open("/root/large.xml", "w").write(cib)
