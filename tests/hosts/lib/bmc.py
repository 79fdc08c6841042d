"""A BMC: bmc.py HOSTS NAME HOST ADDRESS, started by lib/bmc.sh, which says what its folder holds.

pyghmi speaks IPMI, in one thread: while it waits for anything it answers nobody, and ipmitool sends
its command again after a second. So a press is answered at once, as a real BMC does, and carried out
by a thread that takes one after the other.
"""

import os
import queue
import signal
import subprocess
import sys
import threading
import time

from pyghmi.ipmi import bmc

hosts, name, own, address = sys.argv[1:]
instance = os.path.join("/run/bascule-hosts", name)
NOT_IN_THIS_STATE = 0xD5

presses = queue.Queue()
pressing = threading.Lock()


def value(file):
    with open(os.path.join(instance, own, "bmc", file)) as opened:
        return opened.read().rstrip("\n")


def button(host, what):
    command = [hosts, "press", name, host, what]
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True).stdout.strip()


def carry_out():
    while True:
        press = presses.get()
        with pressing:
            button(*press)


class Passwords:
    def __contains__(self, user):
        return user == "admin"

    def __getitem__(self, user):
        return value("password")


class Bmc(bmc.Bmc):
    def press(self, what):
        host = value("host")
        with open(os.path.join(instance, "presses"), "a") as log:
            log.write("%.3f %s %s %s\n" % (time.time(), address, what, host))
        presses.put((host, what))

    def get_power_state(self):
        return button(value("host"), "status")

    def power_off(self):
        self.press("off")

    def power_on(self):
        self.press("on")

    # IPMI 2.0, 28.3: no cycle and no reset of a host whose power is off.
    def power_cycle(self):
        if self.get_power_state() == "off":
            return NOT_IN_THIS_STATE
        self.press("cycle")

    def power_reset(self):
        if self.get_power_state() == "off":
            return NOT_IN_THIS_STATE
        self.press("reset")

    def power_shutdown(self):
        self.press("soft")


def end(*_):
    pressing.acquire()
    os._exit(0)


signal.signal(signal.SIGTERM, end)
threading.Thread(target=carry_out, daemon=True).start()
simulator = Bmc(Passwords(), address=address, port=623)
print("listens", flush=True)
simulator.listen()
