# SPDX-License-Identifier: LGPL-2.1-or-later
"""The matrix: what may be wrong with a file, in each of the three ways to serve one.

Each time: its own requests say what is wrong, with the name and the cure; the database beside it is answered as ever;
the file is byte for byte what it was, with nothing beside it but what SQLite puts there; and when the cause is gone, the
very next request is answered.
"""
import os
import pathlib
import random
import shutil
import subprocess
import tempfile

import pytest

import daemon
import data
from daemon import Broken, Daemon

KINDS = ["wal", "delete", "immutable"]
PATHS = ["/x.json", "/x/t.json?_size=10", "/x/t.json?_size=max", "/x/t/150.json", "/x/-/query.json?sql=select+sum(id)+from+t"]
ROWS = 300  # of a kilobyte: answers of more than one block
NOBODY = 65534

every_kind = pytest.mark.parametrize("kind", KINDS)


def make(path, kind, mark="old"):
    c = data.connect(path)
    c.execute("pragma page_size=4096")
    c.execute("pragma journal_mode=" + ("wal" if kind == "wal" else "delete"))
    c.executescript("begin; create table t (id integer primary key, v text)")
    c.executemany("insert into t(v) values (?)", [(f"{mark} {'x' * 1000}",)] * ROWS)
    c.execute("commit")
    c.close()
    return path


class Scene:
    """A folder that all users can reach, with x.db, beside.db and a daemon that serves both."""

    def __init__(self, folder):
        self.folder, self.daemon, self.files = folder, None, folder / "files"
        self.files.mkdir()
        self.x = self.files / "x.db"
        make(folder / "beside.db", "delete")

    def serve(self, kind, *args, unprivileged=False):
        """As another user, a root that runs the tests has no rights of its own that would hide what is tested."""
        program, become = daemon.DBD, []
        if unprivileged and os.geteuid() == 0:
            program = shutil.copy2(shutil.which(program), self.folder / "dbd")
            become = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        files = ["-i", self.x] if kind == "immutable" else [self.x]
        path = self.folder / "dbd.sock"
        argv = [*become, program, "--uds", path, *files, self.folder / "beside.db", *args]
        self.folder.chmod(0o777)
        self.daemon = Daemon(path, argv=[str(a) for a in argv], cwd=self.folder)
        self.names = self.all_names()
        self.beside()
        return self.daemon

    def all_names(self):
        return {n for n in os.listdir(self.files) if not n.endswith(("-wal", "-shm"))}

    def beside(self):
        r = self.daemon.json("/beside/t.json?_size=10")
        assert [row["id"] for row in r["rows"]] == list(range(1, 11))
        assert self.daemon.json("/beside/t/150.json")["rows"][0]["v"].startswith("old ")

    def fine(self, mark="old"):
        """Everything of x is answered, at once."""
        assert self.daemon.json(PATHS[0])["tables"][0]["count"] == ROWS
        assert len(self.daemon.json(PATHS[1])["rows"]) == 10
        rows = self.daemon.json(PATHS[2])["rows"]
        assert len(rows) == ROWS and all(r["v"].startswith(mark + " ") for r in rows)
        assert self.daemon.json(PATHS[3])["rows"][0]["v"].startswith(mark + " ")
        assert self.daemon.json(PATHS[4])["rows"] == [{"sum(id)": ROWS * (ROWS + 1) // 2}]
        self.beside()

    def refused(self, *words, paths=PATHS):
        """Each request of x is 503 with these words and the name, twice; x.db and its folder stay as they are."""
        before = self.content()
        for _ in range(2):
            for path in paths:
                text = self.daemon.error(path, 503)["error"]
                assert "database x " in text and all(w in text for w in words), (path, text)
            self.beside()
        assert self.daemon.json("/-/databases.json")
        assert self.daemon.get("/.json").status_code == 200
        self.unharmed(before)

    def kept_or_refused(self):
        """Pages in SQLite's cache are right still, where it need not look at the file: one that is immutable, or a WAL
        to which nobody has committed. What is on the disk now never gets into an answer."""
        before = self.content()
        for path in PATHS[1:]:
            r = self.daemon.get(path)
            if r.status_code != 503:
                rows = r.json()["rows"]
                assert rows == [{"sum(id)": ROWS * (ROWS + 1) // 2}] or all(row["v"].startswith("old xxx") for row in rows)
            self.beside()
        self.unharmed(before)

    def content(self):
        """Without opening a file that some may not read, or that another of our descriptors has locked."""
        return pathlib.Path(self.x).read_bytes() if os.access(self.x, os.R_OK) else None

    def unharmed(self, before):
        assert self.content() == before
        assert self.all_names() <= self.names

    def end(self):
        if self.daemon:
            self.daemon.end()
            assert self.all_names() <= self.names


@pytest.fixture
def scene():
    with tempfile.TemporaryDirectory(prefix="dbd-test-") as folder:
        s = Scene(pathlib.Path(folder))
        yield s
        s.end()


@every_kind
def test_in_order(scene, kind):
    make(scene.x, kind)
    before = scene.content()
    scene.serve(kind)
    for _ in range(2):
        scene.fine()
    scene.unharmed(before)


@every_kind
def test_replaced_by_rename(scene, kind):
    make(scene.x, kind)
    scene.serve(kind)
    scene.fine("old")
    for mark in ("new", "newer"):
        make(scene.folder / "next.db", kind, mark).rename(scene.x)
        before = scene.content()
        scene.fine(mark)
        scene.unharmed(before)


@every_kind
@pytest.mark.parametrize("size", [100, 4096, 8192, 100_000])
def test_truncated(scene, kind, size):
    """Tables that were read before, and that would lie before the cut."""
    make(scene.x, kind)
    whole = scene.content()
    scene.serve(kind)
    scene.fine()
    os.truncate(scene.x, size)
    if kind == "immutable":
        scene.kept_or_refused()
    else:
        scene.refused("malformed", "a good copy")
    scene.x.write_bytes(whole)
    scene.fine()


@every_kind
def test_truncated_while_it_is_sent(scene, kind):
    """What was said before cannot be taken back: the body breaks off, or is whole, and never ends well too early."""
    make(scene.x, kind)
    whole = scene.content()
    d = scene.serve(kind)
    with d.wire() as w:
        w.sock.setsockopt(1, 8, 4096)
        w.send("GET /x/t.json?_size=max HTTP/1.1\r\nHost: x\r\n\r\n")
        w.sock.recv(1, 2)  # MSG_PEEK: the first bytes are there
        os.truncate(scene.x, 8192)
        try:
            a = w.answer()
            assert len(a.json()["rows"]) == ROWS if a.status == 200 else a.status == 503
        except Broken as e:
            assert e.got.startswith(b'{"ok": true')
    scene.x.write_bytes(whole)
    scene.fine()


@every_kind
def test_corrupt(scene, kind):
    """All pages but the first are noise."""
    make(scene.x, kind)
    whole = scene.content()
    noise = random.Random(1).randbytes(len(whole) - 4096)
    scene.x.write_bytes(whole[:4096] + noise)
    d = scene.serve(kind)
    scene.refused("malformed", "a good copy", paths=PATHS[1:])
    assert d.get("/x.json").status_code in (200, 503)
    assert d.json("/x/-/query.json?sql=select+1+as+a")["rows"] == [{"a": 1}]
    make(scene.folder / "next.db", kind).rename(scene.x)
    scene.fine()


@every_kind
@pytest.mark.parametrize("content", [random.Random(2).randbytes(40960), b"A text of some length, and no database. " * 100,
                                     b"SQLite format 3\0" + bytes(4080), b"short"],
                         ids=["encrypted", "text", "only the magic", "short"])
def test_not_a_database(scene, kind, content):
    """An encrypted database looks like noise from its first byte on."""
    scene.x.write_bytes(content)
    scene.serve(kind)
    scene.refused("not a database", "encrypted")
    make(scene.folder / "next.db", kind).rename(scene.x)
    scene.fine()


@every_kind
def test_becomes_noise_while_it_is_served(scene, kind):
    make(scene.x, kind)
    whole = scene.content()
    scene.serve(kind)
    scene.fine()
    scene.x.write_bytes(random.Random(3).randbytes(len(whole)))
    scene.kept_or_refused()
    make(scene.folder / "next.db", kind).rename(scene.x)
    scene.fine()


@every_kind
def test_empty(scene, kind):
    """For SQLite, no bytes are a database without tables, and so they are for dbd."""
    scene.x.touch()
    d = scene.serve(kind)
    assert d.json("/x.json")["tables"] == []
    d.error("/x/t.json", 404, "Table not found")
    assert d.json("/x/-/query.json?sql=select+1+as+a")["rows"] == [{"a": 1}]
    scene.beside()
    scene.unharmed(b"")
    make(scene.folder / "next.db", kind).rename(scene.x)
    scene.fine()


@every_kind
def test_unreadable(scene, kind):
    make(scene.x, kind)
    if kind == "wal":
        scene.files.chmod(0o777)
    scene.x.chmod(0)
    if os.geteuid() == 0 and not shutil.which("setpriv"):
        pytest.skip("root can read everything, and setpriv is not there")
    scene.serve(kind, unprivileged=True)
    scene.refused("unable to open", "may not read")
    scene.x.chmod(0o644)
    scene.fine()


@pytest.mark.not_tsan("a short time limit is part of it")
@every_kind
def test_locked_by_another_process(scene, kind):
    """Readers of a WAL go on beside a writer, and of an immutable file nobody is expected to write."""
    make(scene.x, kind)
    before = scene.content()
    d = scene.serve(kind, "-s", "sql_time_limit_ms", "300")
    c = data.connect(scene.x)
    c.execute("begin exclusive")
    if kind != "delete":
        scene.fine()
    else:
        for path in PATHS:
            with d.wire() as w:
                w.send(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")
                scene.beside()
                a = w.answer()
                assert a.status == 503 and a.headers["retry-after"] == "1"
                assert a.json()["error"] == "database x is locked by another process; try again"
    c.execute("rollback")
    c.close()
    scene.fine()
    scene.unharmed(before)


def test_wal_locked_by_an_exclusive_connection(scene):
    """locking_mode=exclusive keeps the wal-index in that process: nobody else can read."""
    make(scene.x, "wal")
    c = data.connect(scene.x)
    c.execute("pragma locking_mode=exclusive")
    c.execute("begin immediate")
    c.execute("commit")
    d = scene.serve("wal", "-s", "sql_time_limit_ms", "300")
    for path in PATHS:
        assert d.error(path, 503)["error"] == "database x is locked by another process; try again"
        scene.beside()
    c.close()
    scene.fine()


@every_kind
def test_folder_that_may_not_be_written(scene, kind):
    """A WAL needs its -shm, even to be read."""
    make(scene.x, kind)
    scene.x.chmod(0o644)
    scene.files.chmod(0o555)
    if os.geteuid() == 0 and not shutil.which("setpriv"):
        pytest.skip("root can write everywhere, and setpriv is not there")
    scene.serve(kind, unprivileged=True)
    if kind != "wal":
        scene.fine()
        return
    scene.refused("WAL", "folder", "--immutable")
    scene.files.chmod(0o777)
    scene.fine()


@every_kind
def test_deleted(scene, kind):
    make(scene.x, kind)
    scene.serve(kind)
    scene.fine()
    kept = scene.x.rename(scene.folder / "kept")
    before = kept.read_bytes()
    scene.refused("is not there")
    assert not scene.x.exists()
    assert kept.read_bytes() == before
    kept.rename(scene.x)
    scene.fine()


@every_kind
def test_full_disk(scene, kind):
    """A WAL needs room for its -shm; the others need none."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=777", "dbd-test", scene.files], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip(f"cannot mount: {mounted.stderr.decode().strip()}")
    try:
        make(scene.x, kind)
        ballast = scene.files / "ballast"
        with open(ballast, "wb", buffering=0) as f, pytest.raises(OSError):
            while True:
                f.write(bytes(4096))
        scene.serve(kind)
        if kind == "wal":
            scene.refused("disk", "make room")
        before = scene.content()
        ballast.unlink()
        scene.fine()
        scene.unharmed(before)
        scene.end()
    finally:
        subprocess.run(["umount", "-l", scene.files], check=True)
        scene.daemon = None
