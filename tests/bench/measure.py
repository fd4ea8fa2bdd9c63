# SPDX-License-Identifier: LGPL-2.1-or-later
"""How a round is measured: servers and their clocks, load, yardsticks."""
import collections
import contextlib
import hashlib
import http.client
import json
import os
import signal
import socket
import statistics
import struct
import subprocess
import tempfile
import time

import prepare

WARM_UP = 0.1  # seconds


class Skipped(Exception):
    pass


class Server:
    """A process that listens on a Unix socket."""

    def __init__(self, name, path, argv=None, prefix="/bench"):
        self.name, self.socket, self.prefix, self.process = name, path, prefix, None
        if argv:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                            stderr=subprocess.DEVNULL, env=environment())
        self.pid = self.process.pid if self.process else None
        with self.dial() as s:
            self.pid = self.pid or struct.unpack("3i", s.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]

    def dial(self):
        end = time.monotonic() + 20
        while True:
            s = socket.socket(socket.AF_UNIX)
            if s.connect_ex(self.socket) == 0:
                return s
            s.close()
            if time.monotonic() > end or (self.process and self.process.poll() is not None):
                raise RuntimeError(f"{self.name} does not listen at {self.socket}")
            time.sleep(0.005)

    def get(self, path):
        c = http.client.HTTPConnection("localhost")
        with self.dial() as c.sock:
            c.sock.settimeout(60)
            c.request("GET", path.replace("/bench", self.prefix, 1))
            r = c.getresponse()
            return r.status, r.getheaders(), r.read()

    def memory(self):
        with open(f"/proc/{self.pid}/status") as status, open(f"/proc/{self.pid}/smaps_rollup") as rollup:
            lines = dict(line.split(":", 1) for line in [*status, *rollup.readlines()[1:]])
        return collections.Counter({"rss_mib": int(lines["RssAnon"].split()[0]) / 1024,
                                    "pss_mib": int(lines["Pss"].split()[0]) / 1024})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process:
            self.process.terminate()
            self.process.wait(20)


class Bench:
    def __init__(self, options, stack):
        self.options, self.stack = options, stack
        self.files = stack.enter_context(tempfile.TemporaryDirectory(prefix="dbd-bench-"))
        self.floors, self.lists, self.notes = {}, {}, []
        self.dbd = stack.enter_context(self.start_dbd())
        self.others = []
        for text in options.peer:
            name, _, place = text.partition("=")
            path, _, prefix = place.partition(":")
            self.others.append(Server(name, path, prefix=prefix or "/bench"))

    def program(self, name):
        return os.path.join(self.options.build, name)

    def fixture(self, name):
        return os.path.join(self.options.build, prepare.FIXTURES, name)

    def start_dbd(self, *args):
        path = tempfile.mktemp(dir=self.files, suffix=".sock")
        return Server("dbd", path, [self.options.dbd, "--uds", path, "-s", "max_returned_rows", "1000000", *args,
                                    self.fixture("bench.db")])

    def needs(self, path):
        status, _, body = self.dbd.get(path)
        if status != 200:
            raise Skipped(f"dbd answers {status} to {path}: {body[:120].decode(errors='replace')}")

    def list(self, lines):
        """A file that holds them."""
        key = hashlib.sha1("\n".join(lines).encode()).hexdigest()
        if key not in self.lists:
            self.lists[key] = os.path.join(self.files, f"list-{len(self.lists)}")
            with open(self.lists[key], "w") as f:
                f.writelines(line + "\n" for line in lines)
        return self.lists[key]

    def load_command(self, server, paths, connections, *args):
        paths = self.list([p.replace("/bench", server.prefix, 1) for p in paths])
        return [self.program("load"), "-c", str(connections), "-p", str(server.pid), *args, server.socket, "@" + paths]

    def load(self, server, paths, connections, seconds=None, requests=None, rate=None, refusals=False):
        args = ["-n", str(requests)] if requests else ["-w", str(WARM_UP), "-d", str(seconds or self.options.seconds)]
        args += ["-r", str(rate)] if rate else []
        r = subprocess.run(self.load_command(server, paths, connections, *args), capture_output=True, text=True)
        figures = json.loads(r.stdout) if r.returncode == 0 else None
        if not figures or (figures["not_2xx"] and not (refusals and figures["odd_status"] == 503)):
            raise RuntimeError(f"{server.name} failed at {paths[0]}: {r.stdout}{r.stderr}")
        return figures

    @contextlib.contextmanager
    def background(self, server, paths, connections):
        """Load for as long as the block runs; what is answered to it does not matter."""
        p = subprocess.Popen(self.load_command(server, paths, connections, "-d", "3600"), stdout=subprocess.DEVNULL)
        try:
            yield
        finally:
            p.kill()
            p.wait()

    def floor_http(self, paths):
        """floor-http with answers like dbd's to these paths."""
        answers = [self.dbd.get(p) for p in paths[:10]]
        size = round(statistics.mean(len(body) for _, _, body in answers))
        headers = [f"{name}: {value}" for name, value in answers[0][1]
                   if name not in ("Date", "Content-Length", "Connection", "Transfer-Encoding")]
        return self.floor_server(size, headers)

    def floor_server(self, size, headers):
        names = [h.split(":")[0] for h in headers]
        key = (round(size, -1), *names)  # times and numbers in a body make its size differ by some bytes
        if key not in self.floors:
            path = os.path.join(self.files, f"floor-{len(self.floors)}.sock")
            argv = [self.program("floor_http"), "-s", path, "-n", str(size)]
            argv += [a for h in headers for a in ("-h", h)]
            self.floors[key] = self.stack.enter_context(Server("floor-http", path, argv))
        return self.floors[key]

    def sql(self, sql, keys=None, repeats=1000):
        argv = [self.program("floor_sql"), self.fixture("bench.db"), sql, str(repeats)]
        argv += [self.list(keys)] if keys else []
        return json.loads(subprocess.run(argv, capture_output=True, text=True, check=True).stdout)

    def shell(self, mode, sql):
        begun = time.monotonic()
        p = subprocess.Popen(["sqlite3", mode, self.fixture("bench.db"), sql], stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(p.pid, 0)
        p.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - begun
        return {"rate": 1 / seconds, "p50_us": seconds * 1e6, "cpu_us": (usage.ru_utime + usage.ru_stime) * 1e6}

    def peers(self, paths, connections, **how):
        return {peer.name: self.load(peer, paths, connections, **how)
                for peer in self.others if peer.get(paths[0])[0] == 200}

    def request(self, paths, connections, sql=None, keys=None, repeats=1000):
        """One round of a request that dbd, floor-http, the peers and, given its statement, floor-sql all do."""
        floor = self.floor_http(paths)
        figures = {"dbd": self.load(self.dbd, paths, connections),
                   "floor-http": self.load(floor, paths, connections)}
        if sql:
            figures["floor-sql"] = self.sql(sql, keys, repeats)
        return {**figures, **self.peers(paths, connections)}

    def start_cold(self, argv, path):
        name = os.path.join(self.files, "cold.sock")
        p = subprocess.Popen(["systemd-socket-activate", "-l", name, *argv], stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment())
        try:
            await_listening(name, p)
            return first_byte(name, path, p.pid)
        finally:
            p.send_signal(signal.SIGTERM)
            p.wait(20)
            os.unlink(name)


def stop_after_hang_up(server, path):
    """How long the server still computes after its client has gone: its CPU clock stands still then."""
    with server.dial() as s:
        s.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        begun = process_clock(server.pid)
        while process_clock(server.pid) < begun + 0.02:
            time.sleep(0.001)
        cpu, gone = process_clock(server.pid), time.perf_counter()
    seen, last = cpu, gone
    while time.perf_counter() < last + 0.05:
        if process_clock(server.pid) != seen:
            seen, last = process_clock(server.pid), time.perf_counter()
        time.sleep(0.0002)
    return {"time_ms": (last - gone) * 1e3, "cpu_ms": (seen - cpu) * 1e3}


def environment():
    """Without what systemd would tell a service."""
    names = ("LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "NOTIFY_SOCKET", "INVOCATION_ID", "STATE_DIRECTORY",
             "CONFIGURATION_DIRECTORY", "WATCHDOG_USEC", "WATCHDOG_PID")
    return {k: v for k, v in os.environ.items() if k not in names}


def process_clock(pid):
    """clock_getcpuclockid(3), which Python does not have; the encoding is Linux's (CPUCLOCK_SCHED of a process)."""
    return time.clock_gettime((~pid << 3) | 2)


def await_listening(path, process):
    """Without connecting, which would start the daemon. The fourth field of /proc/net/unix holds __SO_ACCEPTCON."""
    while process.poll() is None:
        with open("/proc/net/unix") as f:
            if any(line.endswith(f" {path}\n") and line.split()[3] == "00010000" for line in f):
                return
        time.sleep(0.002)
    raise RuntimeError("systemd-socket-activate does not listen")


def first_byte(name, path, pid):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(20)
        cpu, begun = process_clock(pid), time.perf_counter()
        s.connect(name)
        s.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        answer = s.recv(4096)
        figures = {"time_ms": (time.perf_counter() - begun) * 1e3, "cpu_ms": (process_clock(pid) - cpu) * 1e3}
    if not answer.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"{path} after a cold start: {answer[:200]!r}")
    return figures


def read_slowly(server, path, seconds):
    """Takes the million rows, a megabyte a second at first; gives the most memory that the server had meanwhile."""
    most = collections.Counter()
    c = http.client.HTTPConnection("localhost")
    with server.dial() as c.sock:
        c.sock.settimeout(60)
        c.request("GET", path)
        answer, lines = c.getresponse(), 1
        begun = looked = time.monotonic()
        while data := answer.read(20_000 if time.monotonic() - begun < seconds else 1 << 18):
            lines += data.count(b"\n")
            if time.monotonic() - begun < seconds:
                time.sleep(0.02)
            if time.monotonic() - looked > 0.1:
                looked = time.monotonic()
                most |= server.memory()
    if lines != 1_000_000:
        raise RuntimeError(f"the stream ended after {lines} rows")
    return dict(most)
