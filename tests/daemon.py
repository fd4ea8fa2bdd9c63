# SPDX-License-Identifier: LGPL-2.1-or-later
"""A real dbd under test: started on a socket of its own, awaited by connecting, checked when it ends.

DBD names the program. The sanitizers of a build that has them report on stderr, which end() searches.
"""
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
import urllib.parse

import httpx

DBD = os.environ.get("DBD", "dbd")
REPORT = re.compile(r"(ERROR|WARNING|FATAL): \w+Sanitizer|runtime error:|Assertion .* failed")


def environment(**extra):
    """The caller's environment without what systemd and a configuration would add, with strict sanitizers."""
    env = {k: v for k, v in os.environ.items()
           if k not in ("LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "NOTIFY_SOCKET", "INVOCATION_ID",
                        "STATE_DIRECTORY", "CONFIGURATION_DIRECTORY", "WATCHDOG_USEC", "WATCHDOG_PID")}
    env["ASAN_OPTIONS"] = "detect_leaks=1:exitcode=99:detect_stack_use_after_return=1"
    env["UBSAN_OPTIONS"] = "print_stacktrace=1:halt_on_error=1:exitcode=98"
    env["TSAN_OPTIONS"] = "halt_on_error=1:exitcode=97"
    env.update({k: str(v) for k, v in extra.items()})
    return env


def until(check, seconds=15):
    """Repeats check() until it gives something true, which is returned; bounded by time, not by a count."""
    end = time.monotonic() + seconds
    pause = threading.Event()
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not so within {seconds} s")
        pause.wait(0.01)


class Log:
    """What the daemon writes to stderr, read as it comes, so that a test can wait for a line of it."""

    def __init__(self, stream):
        self.text = ""
        self.changed = threading.Condition()
        self.thread = threading.Thread(target=self.read, args=(stream,), daemon=True)
        self.thread.start()

    def read(self, stream):
        for line in stream:
            with self.changed:
                self.text += line.decode("utf-8", "replace")
                self.changed.notify_all()
        stream.close()

    def wait(self, pattern, seconds=15):
        with self.changed:
            if not self.changed.wait_for(lambda: re.search(pattern, self.text), seconds):
                raise AssertionError(f"no {pattern!r} in the log within {seconds} s:\n{self.text}")
            return re.search(pattern, self.text)


class Broken(Exception):
    """The peer ended the connection before the answer was whole; `got` is what came of the body."""

    def __init__(self, text, got=b""):
        super().__init__(text)
        self.got = got


class Answer:
    def __init__(self, version, status, headers, body):
        self.version, self.status, self.headers, self.body = version, status, headers, body

    def json(self):
        return json.loads(self.body)


class Wire:
    """One connection, for what an HTTP library would not let a test send or see."""

    def __init__(self, path, seconds=30):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(seconds)
        self.sock.connect(str(path))
        self.file = self.sock.makefile("rb")

    def send(self, data):
        """Sends what the peer takes; a peer that has had enough and closed is not an error yet."""
        try:
            self.sock.sendall(data.encode() if isinstance(data, str) else data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def request(self, path, method="GET", headers=(), body=b"", version="HTTP/1.1", host="localhost"):
        lines = [f"{method} {path} {version}"] + ([f"Host: {host}"] if host else []) + list(headers)
        if body or method == "POST":
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        return self.answer(head=method == "HEAD")

    def line(self):
        try:
            line = self.file.readline(65536)
        except ConnectionResetError:
            line = b""
        if not line.endswith(b"\n"):
            raise Broken("the connection ended inside a line or before the answer", line)
        return line.rstrip(b"\r\n").decode("latin-1")

    def exactly(self, size, so_far=b""):
        try:
            data = self.file.read(size)
        except ConnectionResetError:
            data = b""
        if len(data) != size:
            raise Broken("the connection ended inside the body", so_far + data)
        return data

    def answer(self, head=False):
        version, status, _ = (self.line() + "  ").split(" ", 2)
        headers = httpx.Headers()
        while line := self.line():
            name, value = line.split(":", 1)
            headers[name] = value.strip()
        body = b""
        if head or int(status) in (204, 304):
            pass
        elif headers.get("transfer-encoding", "").lower() == "chunked":
            while size := int(self.chunk_size(body), 16):
                body += self.exactly(size, body)
                self.line()
            while self.line():
                pass
        elif "content-length" in headers:
            body = self.exactly(int(headers["content-length"]))
        else:
            body = self.file.read()
        return Answer(version, int(status), headers, body)

    def chunk_size(self, so_far):
        try:
            return self.line().split(";")[0]
        except Broken as e:
            raise Broken(str(e), so_far) from None

    def ended(self):
        """True when the peer closes without a further byte; waits for that as long as the socket's timeout."""
        try:
            return self.file.read(1) == b""
        except ConnectionResetError:
            return True

    def close(self):
        self.file.close()
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Daemon:
    def __init__(self, socket_path, *args, env=None, argv=None, cwd=None):
        self.socket = str(socket_path)
        self.over = False
        argv = argv or [DBD, "--uds", self.socket, *map(str, args)]
        self.process = subprocess.Popen(argv, env=environment(**(env or {})), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=cwd)
        self.log = Log(self.process.stderr)
        self.client = httpx.Client(transport=httpx.HTTPTransport(uds=self.socket),
                                   base_url="http://localhost", timeout=30)
        try:
            self.await_socket()
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise

    def await_socket(self, seconds=30):
        end = time.monotonic() + seconds
        while True:
            with socket.socket(socket.AF_UNIX) as s:
                if s.connect_ex(self.socket) == 0:
                    return
            try:
                status = self.process.wait(0.01)
            except subprocess.TimeoutExpired:
                status = None
            if status is not None:
                self.log.thread.join(5)
                raise AssertionError(f"dbd ended with {status} instead of listening:\n{self.log.text}")
            if time.monotonic() > end:
                raise AssertionError(f"dbd does not listen after {seconds} s:\n{self.log.text}")

    @property
    def pid(self):
        return self.process.pid

    def wire(self, seconds=30):
        return Wire(self.socket, seconds)

    def get(self, path, **kw):
        return self.client.get(path, **kw)

    def json(self, path, status=200):
        r = self.client.get(path)
        assert r.status_code == status, f"{path}: {r.status_code} {r.text[:500]}"
        assert r.headers["content-type"] == "application/json; charset=utf-8"
        return r.json()

    def error(self, path, status, text=None, **kw):
        """The answer must be a standard error of this status (and text); gives its body."""
        return check_error(self.client.request(kw.pop("method", "GET"), path, **kw), status, text)

    def sql(self, sql, db="shop", **params):
        """The answer of a query given in the URL."""
        return self.client.get(query_path(sql, db, **params))

    def post(self, sql, params=None, db="shop", query="", **body):
        body["sql"] = sql
        if params is not None:
            body["params"] = params
        return self.client.post(f"/{db}/-/query.json{query}", json=body)

    def alive(self):
        """The daemon still answers, on a new connection, and is the same process."""
        assert self.process.poll() is None, f"dbd ended with {self.process.returncode}:\n{self.log.text}"
        with self.wire() as w:
            a = w.request("/-/healthz.json")
            assert a.status == 200 and a.json() == {"ok": True}

    def hup(self):
        self.process.send_signal(signal.SIGHUP)

    def wait(self, seconds=30):
        """The exit status, once the process ended by itself or was told to."""
        status = self.process.wait(seconds)
        self.over = True
        self.log.thread.join(10)
        assert not REPORT.search(self.log.text), self.log.text
        return status

    def end(self, signum=signal.SIGTERM, seconds=30):
        """Tells the daemon to end; checks that it does so cleanly. Harmless when it has ended already."""
        self.client.close()
        if self.over:
            return
        self.process.send_signal(signum)
        try:
            status = self.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"dbd does not end within {seconds} s:\n{self.log.text}") from None
        assert status == 0, f"dbd ended with {status}:\n{self.log.text}"

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.over = True
        self.client.close()
        self.log.thread.join(10)
        assert not REPORT.search(self.log.text), self.log.text


def query_path(sql, db="shop", **params):
    return f"/{db}/-/query.json?" + urllib.parse.urlencode({"sql": sql, **params})


def check_error(r, status, text=None):
    assert r.status_code == status, f"{r.status_code} {r.text[:500]}"
    assert r.headers["content-type"] == "application/json; charset=utf-8"
    body = r.json()
    assert body["ok"] is False and body["status"] == status
    assert isinstance(body["error"], str) and body["error"]
    assert isinstance(body["errors"], list) and "; ".join(body["errors"]) == body["error"]
    if text is not None:
        assert body["error"] == text
    return body


def run(*args, env=None, input=None, seconds=60):
    """Runs dbd to its end: (status, stdout, stderr). A sanitizer's report fails the test."""
    p = subprocess.run([DBD, *map(str, args)], env=environment(**(env or {})), input=input, timeout=seconds,
                       stdin=None if input is not None else subprocess.DEVNULL, capture_output=True)
    out, err = p.stdout.decode("utf-8", "replace"), p.stderr.decode("utf-8", "replace")
    assert not REPORT.search(err), err
    return p.returncode, out, err
