# SPDX-License-Identifier: LGPL-2.1-or-later
"""A daemon's life without PID 1: reload, drain, databases that come and go, socket activation, idle exit, notify."""
import os
import random
import select
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest

import data
from daemon import DBD, REPORT, Broken, Daemon, Wire, environment, query_path, until

SLOW = "with recursive c(n) as (select 1 union all select n+1 from c where n < {}) select max(n) as n from c"
MILLION = 1_000_000


def get(path):
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n"


# Signals

@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_a_running_query_is_drained(start, databases, signum):
    d = start(databases / "shop.db", "-s", "sql_time_limit_ms", "60000", "-s", "drain_timeout_ms", "60000")
    w = d.wire()
    w.send(get(query_path(SLOW.format(2 * MILLION))))
    for _ in range(3):
        d.alive()  # on connections accepted after that one
    d.process.send_signal(signum)
    a = w.answer()
    assert a.status == 200 and a.json()["rows"] == [{"n": 2 * MILLION}]
    assert w.ended()
    assert d.wait() == 0


def test_idle_connections_do_not_delay_the_end(start, databases):
    d = start(databases / "shop.db", "-s", "keepalive_timeout_ms", "60000", "-s", "drain_timeout_ms", "60000", "-s", "header_timeout_ms", "60000")
    wires = [d.wire() for _ in range(5)]
    for w in wires:
        assert w.request("/-/healthz.json").status == 200
    d.process.send_signal(signal.SIGTERM)
    assert d.wait(20) == 0
    for w in wires:
        assert w.ended()


@pytest.mark.serial
def test_drain_has_an_end(start, databases):
    d = start(databases / "shop.db", "-s", "sql_time_limit_ms", "600000", "-s", "drain_timeout_ms", "500")
    w = d.wire()
    w.send(get(query_path(SLOW.format(10**12))))
    d.alive()
    before = time.monotonic()
    d.process.send_signal(signal.SIGTERM)
    assert d.wait(20) in (0, 1)
    assert time.monotonic() - before < 10


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_an_answer_under_way_is_drained(start, tmp_path, journal):
    path = tmp_path / "big.db"
    c = data.connect(path)
    c.execute(f"pragma journal_mode={journal}")
    c.executescript("begin; create table b (id integer primary key, t text)")
    c.executemany("insert into b(t) values (?)", [("x" * 10_000,)] * 1000)
    c.execute("commit")
    c.close()
    d = start(path, "-s", "sql_time_limit_ms", "60000", "-s", "drain_timeout_ms", "60000")
    with d.wire() as w:
        w.send(get("/big/b.json?_size=max"))
        assert select.select([w.sock], [], [], 20)[0]
        d.process.send_signal(signal.SIGTERM)
        assert len(w.answer().json()["rows"]) == 1000
    assert d.wait() == 0


def test_two_signals(start, databases):
    d = start(databases / "shop.db")
    d.process.send_signal(signal.SIGTERM)
    d.process.send_signal(signal.SIGTERM)
    assert d.wait(20) in (0, -signal.SIGTERM)


# Reload

def page_size(d):
    return d.json("/-/settings.json")["default_page_size"]


def test_reload(start, databases, tmp_path):
    config = tmp_path / "c.json"
    config.write_text('{"settings": {"default_page_size": 5}}')
    d = start("-c", config, "-s", "max_returned_rows", "50", databases / "shop.db")
    with d.wire() as w:
        assert len(w.request("/shop/orders.json").json()["rows"]) == 5
        config.write_text('{"settings": {"default_page_size": 6, "max_returned_rows": 60}}')
        d.hup()
        until(lambda: page_size(d) == 6)
        assert len(w.request("/shop/orders.json").json()["rows"]) == 6  # the connection outlives it
    assert d.json("/-/settings.json")["max_returned_rows"] == 50  # the command line goes before
    config.write_text("{}")
    d.hup()
    until(lambda: page_size(d) == 100)


def test_a_bad_configuration_is_refused_and_the_old_one_stays(start, databases, tmp_path):
    config = tmp_path / "c.json"
    config.write_text('{"settings": {"default_page_size": 5, "max_returned_rows": 50}}')
    d = start("-c", config, databases / "shop.db")
    for n, (bad, text) in enumerate([('{"settings":\n {"default_page_size": 0}}', r":2\b.*default_page_size"), ('{"settings": {"max_returned_rows": 7}', r":1\b"),
                                     ('{\n"oops": 1}', r":2\b.*oops"), ('{"settings": {"max_returned_rows": 7, "nope": 1}}', r":1\b.*nope")]):
        config.write_text(bad)
        d.hup()
        d.log.wait(f"{config}{text}")
        settings = d.json("/-/settings.json")
        assert (settings["default_page_size"], settings["max_returned_rows"]) == (5, 50), n
    config.write_text('{"settings": {"default_page_size": 8}}')
    d.hup()
    until(lambda: page_size(d) == 8)


def test_reload_without_a_configuration(start, databases):
    d = start(databases / "shop.db")
    for _ in range(20):
        d.hup()
        d.alive()


# Databases that come and go

@pytest.fixture
def state(start, tmp_path):
    folder = tmp_path / "state"
    folder.mkdir()
    data.small(folder / "first.db")
    return folder, start("--state-directory", folder)


def names(d):
    return [x["name"] for x in d.json("/-/databases.json")["databases"]]


def test_state_directory(state):
    folder, d = state
    assert names(d) == ["first"]
    assert d.json("/first/t/1.json")["rows"] == [{"id": 1, "v": "v1"}]


def test_state_directory_from_the_environment(start, tmp_path):
    folder = tmp_path / "state"
    folder.mkdir()
    data.small(folder / "env.db")
    d = start(env={"STATE_DIRECTORY": folder})
    assert names(d) == ["env"]


@pytest.mark.parametrize("suffix", ["db", "sqlite", "sqlite3"])
def test_a_file_appears(state, tmp_path, suffix):
    folder, d = state
    d.error("/new.json", 404, "Database not found")
    data.small(tmp_path / "made", "n")
    shutil.copy(tmp_path / "made", folder / f"new.{suffix}")
    until(lambda: d.get("/new/t/1.json").status_code == 200)
    assert d.json("/new/t/1.json")["rows"] == [{"id": 1, "v": "n1"}]
    assert sorted(names(d)) == ["first", "new"]


def test_a_file_made_in_place_appears(state):
    """Created empty, then filled, as sqlite3 does it."""
    folder, d = state
    data.small(folder / "new.db", "n")
    until(lambda: d.get("/new/t/1.json").status_code == 200)


def test_a_file_vanishes(state):
    folder, d = state
    d.json("/first/t/1.json")
    (folder / "first.db").unlink()
    until(lambda: d.get("/first.json").status_code == 404)
    assert names(d) == []
    d.error("/first/t/1.json", 404, "Database not found")


def test_a_file_is_renamed(state):
    folder, d = state
    (folder / "first.db").rename(folder / "second.db")
    until(lambda: names(d) == ["second"])
    assert d.json("/second/t/1.json")["rows"]


def test_a_file_is_replaced(state, tmp_path):
    folder, d = state
    assert d.json("/first/t/1.json")["rows"][0]["v"] == "v1"
    for n in range(3):
        data.small(tmp_path / "next.db", f"r{n}-")
        (tmp_path / "next.db").rename(folder / "first.db")
        until(lambda: d.get("/first/t/1.json").json().get("rows") == [{"id": 1, "v": f"r{n}-1"}])


def test_a_file_vanishes_and_comes_back(state, tmp_path):
    folder, d = state
    for n in range(5):
        (folder / "first.db").rename(tmp_path / "away.db")
        until(lambda: d.get("/first.json").status_code == 404)
        (tmp_path / "away.db").rename(folder / "first.db")
        until(lambda: d.get("/first/t/1.json").status_code == 200)


def test_what_is_not_served(state, tmp_path):
    folder, d = state
    for name in ("notes.txt", "first.db-wal.bak", "db", ".hidden.db", "x.db.tmp"):
        shutil.copy(folder / "first.db", folder / name)
    (folder / "folder.db").mkdir()
    shutil.copy(folder / "first.db", folder / "last.db")
    until(lambda: "last" in names(d))
    assert sorted(names(d)) in (["first", "last"], [".hidden", "first", "last"])
    d.alive()


def test_a_file_is_written_by_another_process(state):
    folder, d = state
    c = data.connect(folder / "first.db")
    c.execute("pragma journal_mode=wal")
    c.execute("insert into t(v) values ('w')")
    assert len(d.json("/first/t.json")["rows"]) == 4
    c.close()


def test_restore_while_it_is_served(state, tmp_path):
    folder, d = state
    copy = data.small(tmp_path / "copy.db", "c")
    c, source = data.connect(folder / "first.db"), data.connect(copy)
    source.backup(c)
    c.close()
    source.close()
    assert d.json("/first/t/1.json")["rows"] == [{"id": 1, "v": "c1"}]


def test_many_files(start, tmp_path):
    folder = tmp_path / "state"
    folder.mkdir()
    made = data.small(tmp_path / "m.db")
    for n in range(60):
        shutil.copy(made, folder / f"d{n:03}.db")
    d = start("--state-directory", folder)
    assert sorted(names(d)) == [f"d{n:03}" for n in range(60)]
    for n in range(60):
        assert len(d.json(f"/d{n:03}/t.json")["rows"]) == 3
    for n in range(0, 60, 2):
        (folder / f"d{n:03}.db").unlink()
    until(lambda: len(names(d)) == 30)
    d.json("/d001/t/1.json")


# Broken ones

NOT = b"this is not a database; it is long enough to have a header of its own " * 20


def test_a_broken_file_harms_only_itself(start, databases, tmp_path):
    bad = tmp_path / "bad.db"
    bad.write_bytes(NOT)
    d = start(databases / "shop.db", bad)
    for path in ("/bad.json", "/bad/t.json", "/bad/t/1.json", "/bad/-/query.json?sql=select+*+from+t"):
        r = d.get(path)
        assert r.status_code in (500, 503), (path, r.status_code)
        assert "not a database" in r.json()["error"] and r.json()["ok"] is False
    assert d.json("/shop/customers/1.json")["rows"]
    assert d.get("/.json").status_code == 200
    assert d.get("/-/databases.json").status_code == 200


def test_a_broken_file_is_mended(start, tmp_path):
    folder = tmp_path / "state"
    folder.mkdir()
    (folder / "bad.db").write_bytes(NOT)
    d = start("--state-directory", folder)
    assert d.get("/bad/t.json").status_code in (500, 503)
    data.small(tmp_path / "good.db").rename(folder / "bad.db")
    until(lambda: d.get("/bad/t/1.json").status_code == 200)


def test_a_truncated_file(start, tmp_path):
    path = tmp_path / "cut.db"
    c = data.connect(path)
    c.executescript("begin; create table b (id integer primary key, t text)")
    c.executemany("insert into b(t) values (?)", [("x" * 3000,)] * 200)
    c.execute("commit")
    c.close()
    d = start(path)
    assert len(d.json("/cut/b.json?_size=max")["rows"]) == 200
    os.truncate(path, 20_000)
    try:
        assert d.get("/cut/b.json?_size=max").status_code >= 400
    except Exception as e:  # broken after the first byte
        assert "incomplete" in str(e) or "peer closed" in str(e), e
    d.alive()


def test_an_empty_file_is_an_empty_database(start, tmp_path):
    path = tmp_path / "zero.db"
    path.touch()
    assert start(path).json("/zero.json")["tables"] == []


def test_an_unreadable_file(start, databases, tmp_path):
    if os.geteuid() == 0:
        (tmp_path / "dir.db").mkdir()
        path = tmp_path / "dir.db"
    else:
        path = data.small(tmp_path / "dir.db")
        path.chmod(0)
    d = start(databases / "shop.db", path)
    assert d.get("/dir/t.json").status_code in (404, 500, 503)
    assert d.json("/shop/customers/1.json")


def test_a_locked_database(start, tmp_path):
    """Rollback journal, and somebody holds it exclusively: an error in good time, and others are not held up."""
    path = data.small(tmp_path / "locked.db")
    d = start(path, data.small(tmp_path / "free.db"), "-s", "sql_time_limit_ms", "500")
    c = data.connect(path)
    c.execute("begin exclusive")
    with d.wire() as w:
        w.send(get("/locked/t.json"))
        assert d.json("/free/t/1.json")["rows"]
        assert w.answer().status == 503
    c.execute("rollback")
    c.close()
    assert d.json("/locked/t/1.json")["rows"]


# Socket activation

class Activation:
    """Listening sockets of the test's own, handed to dbd as systemd does."""

    def __init__(self, folder, names_=("db.socket",), listen=True, kind=socket.SOCK_STREAM):
        self.paths = [str(folder / f"a{n}.sock") for n in range(len(names_))]
        self.names, self.sockets = names_, []
        for p in self.paths:
            s = socket.socket(socket.AF_UNIX, kind)
            s.bind(p)
            if listen:
                s.listen(4096)
            self.sockets.append(s)

    def spawn(self, *args, **env):
        # High numbers first, so that a move never runs over a descriptor that is still to be moved.
        high = [os.dup2(s.fileno(), 100 + n, inheritable=True) for n, s in enumerate(self.sockets)]
        script = "exec " + " ".join(f"{3 + n}<&{100 + n} {100 + n}<&-" for n in range(len(high))) + "; export LISTEN_PID=$$; exec \"$@\""
        try:
            return subprocess.Popen(["bash", "-c", script, "bash", DBD, *map(str, args)], pass_fds=high, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                    env=environment(LISTEN_FDS=len(high), LISTEN_FDNAMES=":".join(self.names), **env))
        finally:
            for fd in high:
                os.close(fd)

    def close(self):
        for s in self.sockets:
            s.close()


@pytest.fixture
def activation(tmp_path):
    made = []

    def make(*args, **kw):
        a = Activation(tmp_path, *args, **kw)
        made.append(a)
        return a

    yield make
    for a in made:
        a.close()


def finish(process, expected=0, seconds=30):
    try:
        _, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    err = err.decode()
    assert not REPORT.search(err), err
    assert process.returncode == expected, (process.returncode, err)
    return err


def test_activated(activation, databases):
    a = activation()
    p = a.spawn(databases / "shop.db")
    with Wire(a.paths[0]) as w:
        assert w.request("/shop/customers/1.json").json()["rows"]
    p.terminate()
    finish(p)
    assert os.path.exists(a.paths[0])  # systemd's, not ours to remove
    assert a.sockets[0].getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 1


def test_several_sockets(activation, databases):
    a = activation(("one", "two", "three"))
    p = a.spawn(databases / "shop.db")
    for path in a.paths:
        with Wire(path) as w:
            assert w.request("/shop/customers/2.json").json()["rows"][0]["id"] == 2
    p.terminate()
    finish(p)


@pytest.mark.parametrize("kw", [{"listen": False}, {"listen": False, "kind": socket.SOCK_DGRAM}])
def test_a_socket_that_does_not_listen_is_refused(activation, databases, kw):
    p = activation(**kw).spawn(databases / "shop.db")
    err = finish(p, 1)
    assert "db.socket" in err and ("listen" in err.lower())


def test_both_ways_at_once_is_an_error_or_both_work(activation, databases, tmp_path):
    a = activation()
    p = a.spawn("--uds", tmp_path / "own.sock", databases / "shop.db")
    with Wire(a.paths[0], 5) as w:
        w.send(get("/-/healthz.json"))
        if p.poll() is None:
            until(lambda: p.poll() is not None or os.path.exists(tmp_path / "own.sock"))
    p.terminate()
    p.communicate(timeout=30)
    assert p.returncode in (0, 2, -15)


@pytest.mark.serial
def test_idle_exit(activation, databases):
    a = activation()
    p = a.spawn("-s", "idle_exit_ms", "300", databases / "shop.db")
    before = time.monotonic()
    with Wire(a.paths[0]) as w:
        assert w.request("/-/healthz.json").status == 200
        assert p.poll() is None
    finish(p, 0, 20)
    assert 0.25 < time.monotonic() - before < 15


@pytest.mark.serial
def test_idle_exit_is_not_before_the_time_is_over(activation, databases):
    a = activation()
    p = a.spawn("-s", "idle_exit_ms", "1000", databases / "shop.db")
    pause, before = threading.Event(), time.monotonic()
    while time.monotonic() - before < 2.5:
        with Wire(a.paths[0]) as w:
            assert w.request("/-/healthz.json").status == 200
        pause.wait(0.2)
        assert p.poll() is None
    finish(p, 0, 20)


@pytest.mark.serial
def test_no_idle_exit_while_a_query_runs(activation, databases):
    a = activation()
    p = a.spawn("-s", "idle_exit_ms", "50", "-s", "sql_time_limit_ms", "60000", databases / "shop.db")
    with Wire(a.paths[0]) as w:
        assert w.request(query_path(SLOW.format(3 * MILLION))).json()["rows"] == [{"n": 3 * MILLION}]
    finish(p, 0, 20)


@pytest.mark.serial
def test_no_idle_exit_without_activation(start, databases):
    d = start("-s", "idle_exit_ms", "50", databases / "shop.db")
    pause = threading.Event()
    d.alive()
    pause.wait(1)
    d.alive()


def test_a_short_idle_time_is_refused_under_systemd(activation, databases, notices):
    a = activation()
    err = finish(a.spawn("-s", "idle_exit_ms", "4999", databases / "shop.db", NOTIFY_SOCKET=notices.path), 6)
    assert "idle_exit_ms" in err and "5000" in err and "--allow-short-idle" in err
    p = a.spawn("--allow-short-idle", "-s", "idle_exit_ms", "50", databases / "shop.db", NOTIFY_SOCKET=notices.path)
    finish(p, 0, 20)


def test_systemd_socket_activate(databases, tmp_path):
    program = shutil.which("systemd-socket-activate")
    if not program:
        pytest.skip("systemd-socket-activate is not installed")
    env = environment()
    pass_on = [f"--setenv={k}={env[k]}" for k in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS")]
    d = Daemon(tmp_path / "act.sock", argv=[program, "-l", str(tmp_path / "act.sock"), *pass_on, DBD, "-s", "idle_exit_ms", "300", str(databases / "shop.db")])
    assert d.json("/shop/customers/1.json")["rows"]
    d.client.close()
    assert d.wait(20) == 0


class Manager(threading.Thread):
    """What PID 1 does for a socket unit: starts the daemon when a connection waits, again and again."""

    def __init__(self, activation_, *args):
        super().__init__(daemon=True)
        self.activation, self.args = activation_, args
        self.starts, self.stop, self.problems, self.process = 0, False, [], None

    def run(self):
        while not self.stop:
            if not select.select(self.activation.sockets, [], [], 0.05)[0]:
                continue
            self.process = self.activation.spawn(*self.args)
            self.starts += 1
            _, err = self.process.communicate()
            if self.process.returncode or REPORT.search(err.decode()):
                self.problems.append((self.process.returncode, err.decode()[-2000:]))


@pytest.mark.serial
@pytest.mark.limit(180)
@pytest.mark.parametrize("restarts", [False, True])
def test_no_request_is_lost(activation, databases, restarts):
    """Across many idle exits, and across SIGTERM at any moment, each new connection gets its answer."""
    a = activation()
    manager = Manager(a, "-s", "idle_exit_ms", "40", databases / "shop.db")
    manager.start()
    lost, done, lock = [], [0], threading.Lock()

    def client(seed):
        rng, pause = random.Random(seed), threading.Event()
        for _ in range(60):
            try:
                with Wire(a.paths[0], 30) as w:
                    k = rng.randrange(1, 1204)
                    assert w.request(f"/shop/orders/{k}.json", headers=["Connection: close"]).json()["rows"][0]["id"] == k
            except (OSError, Broken, AssertionError) as e:
                lost.append(repr(e))
            with lock:
                done[0] += 1
            pause.wait(rng.choice((0, 0.03, 0.04, 0.045, 0.05, 0.06, 0.1)))

    threads = [threading.Thread(target=client, args=(n,)) for n in range(6)]
    for t in threads:
        t.start()
    if restarts:
        pause = threading.Event()
        while any(t.is_alive() for t in threads):
            p = manager.process
            if p and p.poll() is None:
                # Only a daemon that is up has handlers; before that a signal simply ends it.
                with Wire(a.paths[0]) as w:
                    w.request("/-/healthz.json", headers=["Connection: close"])
                p.send_signal(signal.SIGTERM)
            pause.wait(0.05)
    for t in threads:
        t.join()
    manager.stop = True
    if manager.process and manager.process.poll() is None:
        manager.process.terminate()
    manager.join(30)
    assert not lost, lost[:5]
    assert not manager.problems, manager.problems[:2]
    assert done[0] == 360 and manager.starts >= 3


# What the service manager is told

class Notices:
    """The manager's end of $NOTIFY_SOCKET. It is always read: a full queue would block whoever reports."""

    def __init__(self, path):
        self.path = str(path)
        self.messages, self.changed = [], threading.Condition()
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(self.path)
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        while message := self.sock.recv(8192):
            with self.changed:
                self.messages.append(dict(x.split("=", 1) for x in message.decode().split("\n") if "=" in x))
                self.changed.notify_all()

    def wait(self, name, value=None, seconds=15):
        """The next message with this field (beginning with this value); what came before it is forgotten."""
        def there():
            while self.messages:
                m = self.messages.pop(0)
                if name in m and m[name].startswith(value or ""):
                    return m
            return None

        with self.changed:
            m = self.changed.wait_for(there, seconds)
        assert m, f"no {name}={value or ''} within {seconds} s"
        return m

    def close(self):
        self.sock.shutdown(socket.SHUT_RDWR)
        self.thread.join(5)
        self.sock.close()


@pytest.fixture
def notices(tmp_path):
    n = Notices(tmp_path / "notify.sock")
    yield n
    n.close()


def test_notify(start, databases, notices, tmp_path):
    config = tmp_path / "c.json"
    config.write_text("{}")
    d = start("-c", config, databases / "shop.db", databases / "odd name.db", env={"NOTIFY_SOCKET": notices.path})
    assert notices.wait("READY", "1")["STATUS"] == "Serving 2 databases"
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    d.hup()
    stamp = int(notices.wait("RELOADING", "1")["MONOTONIC_USEC"])
    assert before <= stamp <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    notices.wait("READY", "1")
    config.write_text("{")
    d.hup()
    notices.wait("RELOADING", "1")
    notices.wait("READY", "1")
    d.process.send_signal(signal.SIGTERM)
    notices.wait("STOPPING", "1")
    assert d.wait() == 0


def test_status_names_what_would_not_open(start, databases, notices, tmp_path):
    (tmp_path / "bad.db").write_bytes(NOT)
    start(databases / "shop.db", tmp_path / "bad.db", env={"NOTIFY_SOCKET": notices.path})
    notices.wait("STATUS", "Serving 1 database; database bad cannot be read: file is not a database")


def test_status_follows_the_state_directory(start, notices, tmp_path):
    folder = tmp_path / "state"
    folder.mkdir()
    start("--state-directory", folder, env={"NOTIFY_SOCKET": notices.path})
    notices.wait("READY", "1")
    data.small(tmp_path / "x.db").rename(folder / "x.db")
    notices.wait("STATUS", "Serving 1 database")


def test_watchdog(start, databases, notices):
    d = start(databases / "shop.db", env={"NOTIFY_SOCKET": notices.path, "WATCHDOG_USEC": 400_000})
    for _ in range(4):
        notices.wait("WATCHDOG", "1")
    d.alive()


def test_a_long_query_is_no_hang(start, databases, notices):
    d = start(databases / "shop.db", "-s", "sql_time_limit_ms", "60000", env={"NOTIFY_SOCKET": notices.path, "WATCHDOG_USEC": 200_000})
    with d.wire() as w:
        w.send(get(query_path(SLOW.format(4 * MILLION))))
        d.alive()
        with notices.changed:
            notices.messages.clear()
        for _ in range(3):
            notices.wait("WATCHDOG", "1")
        assert w.answer().status == 200


def test_a_stopped_daemon_does_not_feed_the_watchdog(start, databases, notices):
    d = start(databases / "shop.db", env={"NOTIFY_SOCKET": notices.path, "WATCHDOG_USEC": 200_000})
    notices.wait("WATCHDOG", "1")
    d.process.send_signal(signal.SIGSTOP)
    until(lambda: open(f"/proc/{d.pid}/stat").read().rsplit(")", 1)[1].split()[0] == "T")
    with notices.changed:
        notices.messages.clear()
        assert not notices.changed.wait_for(lambda: notices.messages, 1)
    d.process.send_signal(signal.SIGCONT)
    notices.wait("WATCHDOG", "1")


def test_log_has_no_line_for_clients_that_leave(start, databases):
    d = start(databases / "shop.db")
    before = d.log.text
    for _ in range(20):
        w = d.wire()
        w.send(get("/shop/orders.json?_size=max"))
        w.close()
    d.alive()
    d.end()
    assert d.log.text.count("\n") - before.count("\n") <= 5, d.log.text
