# SPDX-License-Identifier: LGPL-2.1-or-later
import json

SOCKET = "/run/db.sock"


class Service:
    """The installed package, and what a test does with it."""

    def __init__(self, machine_):
        self.m = machine_

    def configure(self, options="", service="", unit="", socket="", name="db"):
        """Drop-ins: options of dbd, and lines for the sections of service and socket."""
        command = f"ExecStart=\nExecStart=/usr/bin/dbd {options}\n" if options else ""
        self.m.put(f"/run/systemd/system/{name}.service.d/test.conf", f"[Unit]\n{unit}\n[Service]\n{command}{service}\n")
        self.m.put(f"/run/systemd/system/{name}.socket.d/test.conf", f"[Socket]\n{socket}\n")
        self.m("systemctl daemon-reload")

    def short_lived(self, idle_ms=25, keepalive_ms=10):
        """Idle exits in a row, so the limits that protect an ordinary service are off."""
        self.configure(f"--allow-short-idle -s idle_exit_ms {idle_ms} -s keepalive_timeout_ms {keepalive_ms}", unit="StartLimitIntervalSec=0",
                       socket="TriggerLimitIntervalSec=2s\nTriggerLimitBurst=100000")
        self.restart()

    def restart(self):
        self.m("systemctl stop db.service db.socket; systemctl reset-failed db.service db.socket; systemctl start db.socket")

    def clean(self):
        self.m("systemctl stop 'db@*' db.service db.socket; rm -rf /run/systemd/system/db* /etc/db/*; systemctl daemon-reload; "
               "systemctl reset-failed 'db@*' db.service db.socket; rm -f /var/lib/db/extra*; systemctl start db.socket")
        assert self.state() == "inactive"

    def state(self, unit="db.service"):
        return self.m.show(unit, "ActiveState")

    def pid(self):
        return int(self.m.show("db.service", "MainPID"))

    def curl(self, path="/shop/t/1.json", socket=SOCKET, options="", seconds=60):
        return self.m(f"curl -sS --fail-with-body --max-time {seconds} --unix-socket {socket} {options} 'http://localhost{path}'", seconds + 10)

    def json(self, path, **kw):
        return json.loads(self.curl(path, **kw))

    def hammer(self, options, path="/shop/t/1.json", seconds=240):
        """Runs the load to its end; what it counted."""
        return self.counted(self.m.start(f"hammer -s {SOCKET} {options} -e v1 '{path}'"), seconds)

    def start_hammer(self, options, path="/shop/t/1.json"):
        return self.m.start(f"hammer -s {SOCKET} {options} -e v1 '{path}'")

    @staticmethod
    def counted(process, seconds=240):
        out, err = process.communicate(timeout=seconds)
        assert out.startswith("{"), err
        return json.loads(out)

    def starts(self, since):
        """How often the manager has started the daemon since a cursor of the journal."""
        return self.m.journal(f"--after-cursor='{since}' -u db.service").count("\nStarted db.service")

    def cursor(self):
        return self.m("journalctl -n 0 --show-cursor -q").strip().removeprefix("-- cursor: ")
