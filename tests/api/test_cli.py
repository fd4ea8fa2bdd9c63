# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command line: what is answered at once, what is refused and with which exit status."""
import json
import os
import pathlib
import re
import signal
import socket
import stat
import subprocess

import pytest

import data
from daemon import DBD, Daemon, environment, run

SERVICE = os.environ.get("DBD_SERVICE_NAME", "db")
OPTIONS = ["--uds", "--uds-mode", "--immutable", "--memory", "--config", "--setting", "--state-directory", "--get",
           "--allow-short-idle", "--check-config", "--log-level", "--version", "--help"]


@pytest.fixture
def db(tmp_path):
    return data.small(tmp_path / "t.db")


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content, indent=1))
    return path


# Answers at once

def test_version():
    status, out, err = run("--version")
    assert status == 0 and re.match(r"dbd \d+\.\d+", out) and err == ""


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help(option):
    status, out, err = run(option)
    assert status == 0 and err == ""
    assert [o for o in OPTIONS if o not in out] == []
    assert "sql_time_limit_ms" in out and "idle_exit_ms" in out
    assert max(len(line) for line in out.splitlines()) <= 120


# Wrong command lines

@pytest.mark.parametrize("args, text", [
    (["--nope"], "--nope"), (["-Z"], "Z"), (["--uds"], "--uds"), (["--uds", "x", "-s", "nope", "1"], "nope"), (["--uds", "x", "-s", "default_page_size"], ""),
    (["--uds", "x", "-s", "default_page_size", "many"], "default_page_size"), (["--uds", "x", "-s", "default_page_size", "0"], "default_page_size"),
    (["--uds", "x", "-s", "default_page_size", "-1"], "default_page_size"), (["--uds", "x", "-s", "default_page_size", "5x"], "default_page_size"),
    (["--uds", "x", "-s", "default_page_size", "99999999999999999999"], "default_page_size"), (["--uds", "x", "-s", "allow_facet", "maybe"], "allow_facet"),
    (["--uds", "x", "--uds-mode", "999"], "--uds-mode"), (["--uds", "x", "--uds-mode", "rw"], "--uds-mode"), (["--uds-mode", "0600"], "--uds"),
    (["--uds", "x", "--log-level", "loud"], "loud"), (["--uds", ""], "--uds"), (["--get", "no-slash"], "/"), (["--get"], "--get"), (["--config"], "--config"),
    (["--uds", "/tmp/" + "x" * 200], "")])
def test_wrong_command_line(args, text, tmp_path):
    p = subprocess.run([DBD, *args], env=environment(), capture_output=True, stdin=subprocess.DEVNULL, cwd=tmp_path, timeout=30)
    err = p.stderr.decode()
    assert p.returncode == 2, (p.returncode, err)
    assert text in err and err.strip()
    assert p.stdout == b""
    assert list(tmp_path.iterdir()) == []


def test_wrong_values_are_answered_with_what_would_be_right():
    assert "1000000" in run("--uds", "x", "-s", "default_page_size", "0")[2]
    assert re.search(r"\bon\b.*\boff\b", run("--uds", "x", "-s", "allow_facet", "maybe")[2])
    assert "warning" in run("--uds", "x", "--log-level", "loud")[2]


def test_nowhere_to_listen(db):
    status, out, err = run(db)
    assert status == 2 and "--uds" in err and "socket" in err and out == ""


# --get

def test_get(db):
    status, out, err = run("--get", "/t/t/1.json", db)
    assert (status, err) == (0, "")
    assert json.loads(out)["rows"] == [{"id": 1, "v": "v1"}]


def test_get_a_query(db):
    status, out, _ = run("--get", "/t/-/query.json?sql=select+count(*)+as+c+from+t&_shape=array", db)
    assert status == 0 and json.loads(out) == [{"c": 3}]


def test_get_an_error(db):
    status, out, _ = run("--get", "/t/nope.json", db)
    assert status == 1 and json.loads(out)["error"] == "Table not found"
    status, out, _ = run("--get", "/t/-/query.json?sql=nope", db)
    assert status == 1 and json.loads(out)["status"] == 400


def test_get_a_large_answer(tmp_path):
    path = tmp_path / "big.db"
    c = data.connect(path)
    c.executescript("begin; create table b (id integer primary key, t text)")
    c.executemany("insert into b(t) values (?)", [("x" * 10_000,)] * 1000)
    c.execute("commit")
    c.close()
    status, out, _ = run("--get", "/big/b.json?_size=max", path)
    assert status == 0 and len(json.loads(out)["rows"]) == 1000 and len(out) > 10_000_000


def test_get_broken_in_the_middle(db):
    """A script must not take half an answer for a whole one."""
    sql = ("with recursive c(n) as (select 1 union all select n+1 from c where n < 950) select n, hex(zeroblob(200)) as z, "
           "case when n = 900 then abs(-9223372036854775807 - 1) end as x from c").replace(" ", "+").replace("+1 from", "%2B1 from").replace("n+1", "n%2B1")
    status, out, err = run("--get", "/t/-/query.json?sql=" + sql, db)
    assert status == 1
    assert "overflow" in out + err


def test_get_to_a_closed_pipe(db):
    p = subprocess.Popen([DBD, "--get", "/t/-/query.json?sql=select+hex(zeroblob(400000))", str(db)], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    p.stdout.close()
    assert p.wait(30) not in (0, 97, 98, 99)
    assert b"Sanitizer" not in p.stderr.read()
    p.stderr.close()


def test_get_is_not_for_a_daemon(db, tmp_path):
    assert run("--get", "/.json", "--uds", tmp_path / "s", db)[0] in (0, 2)
    assert not (tmp_path / "s").exists()


def test_get_with_memory_and_settings():
    status, out, _ = run("--memory", "-s", "default_page_size", "9", "--get", "/-/settings.json")
    assert status == 0 and json.loads(out)["default_page_size"] == 9
    status, out, _ = run("--memory", "--get", "/_memory.json")
    assert status == 0 and json.loads(out)["tables"] == []


def test_get_of_a_missing_file(tmp_path):
    status, out, err = run("--get", "/nope.json", tmp_path / "nope.db")
    assert status != 0 and out + err
    assert not (tmp_path / "nope.db").exists()


# Configuration

def test_check_config(db, tmp_path):
    config = write(tmp_path / "c.json", {"settings": {"default_page_size": 17, "allow_facet": False, "base_url": "/x/"}})
    status, out, err = run("--check-config", "-c", config, "-s", "max_returned_rows", "55", db)
    assert status == 0, err
    for name, value in (("default_page_size", "17"), ("max_returned_rows", "55"), ("base_url", "/x/")):
        assert re.search(rf"\b{name}\b\W+{re.escape(value)}", out), out


def test_precedence(db, tmp_path):
    config = write(tmp_path / "c.json", {"settings": {"default_page_size": 17, "max_returned_rows": 18}})
    out = json.loads(run("-c", config, "-s", "max_returned_rows", "55", "--get", "/-/settings.json", db)[1])
    assert (out["default_page_size"], out["max_returned_rows"], out["sql_time_limit_ms"]) == (17, 55, 1000)


def test_configuration_directory(db, tmp_path):
    folder = tmp_path / "etc"
    write(folder / f"{SERVICE}.json", {"settings": {"default_page_size": 1, "max_returned_rows": 11, "sql_time_limit_ms": 21}})
    write(folder / f"{SERVICE}.json.d" / "50-b.json", {"settings": {"max_returned_rows": 13}})
    write(folder / f"{SERVICE}.json.d" / "10-a.json", {"settings": {"max_returned_rows": 12, "sql_time_limit_ms": 22}})
    write(folder / f"{SERVICE}.json.d" / "90-no.txt", "not JSON")
    env = {"CONFIGURATION_DIRECTORY": folder}
    out = json.loads(run("--get", "/-/settings.json", db, env=env)[1])
    assert (out["default_page_size"], out["max_returned_rows"], out["sql_time_limit_ms"]) == (1, 13, 22)
    alone = write(tmp_path / "alone.json", {"settings": {"default_page_size": 2}})
    out = json.loads(run("-c", alone, "--get", "/-/settings.json", db, env=env)[1])
    assert (out["default_page_size"], out["max_returned_rows"]) == (2, 1000)


def test_an_empty_configuration_directory(db, tmp_path):
    assert run("--get", "/.json", db, env={"CONFIGURATION_DIRECTORY": tmp_path})[0] == 0
    assert run("--get", "/.json", db, env={"CONFIGURATION_DIRECTORY": tmp_path / "missing"})[0] == 0


@pytest.mark.parametrize("content, line, text", [
    ('{"settings": {"default_page_size": 5}', 1, ""), ("", 1, ""), ("[]", 0, ""), ('{"settings":\n {"default_page_size": 0}}', 2, "default_page_size"),
    ('{"settings":\n\n {"no_such": 1}}', 3, "no_such"), ('{\n "databases": {}}', 2, "databases"), ('{"settings": []}', 1, "settings"),
    ('{"settings":\n {"allow_facet": "maybe"}}', 2, "allow_facet"), ('{"settings":\n {"default_page_size": "x"}}', 2, "default_page_size"),
    ('{"settings":\n {"default_page_size": 1.5}}', 2, "default_page_size"), ('{"settings":\n {"default_page_size": null}}', 2, "default_page_size"),
    ('{"settings":\n {"default_page_size": {}}}', 2, "default_page_size"), ('{"settings": {}}\n trailing', 2, ""), ('{"settings":\n {"base_url": 5}}', 2, "base_url"),
    ('{"settings":\n {"default_page_size": 99999999999999999999}}', 2, "integer"), ("\xff\xfe", 1, "")])
def test_bad_configuration(db, tmp_path, content, line, text):
    config = tmp_path / "c.json"
    config.write_bytes(content.encode("latin-1"))
    for mode in (["--check-config"], ["--uds", tmp_path / "s.sock"]):
        status, out, err = run(*mode, "-c", config, db)
        assert status == 6, (status, err)
        assert (f"{config}:{line}" if line else str(config)) in err and text in err, err
    assert not (tmp_path / "s.sock").exists()


def test_a_missing_configuration_file(db, tmp_path):
    status, _, err = run("--check-config", "-c", tmp_path / "nope.json", db)
    assert status == 6 and "nope.json" in err


def test_check_config_looks_at_databases(db, tmp_path):
    bad = tmp_path / "bad.db"
    bad.write_bytes(b"no database at all, but long enough for a header " * 50)
    status, out, err = run("--check-config", db, bad)
    assert status == 1 and "bad.db" in out + err and "not a database" in out + err
    status, out, err = run("--check-config", tmp_path / "missing.db")
    assert status == 1 and "missing.db" in out + err
    assert not (tmp_path / "missing.db").exists()


# --uds

def test_mode_by_umask(db, tmp_path):
    before = os.umask(0o027)
    try:
        d = Daemon(tmp_path / "s.sock", db)
    finally:
        os.umask(before)
    assert stat.S_IMODE(os.stat(d.socket).st_mode) == 0o750
    d.end()
    assert not os.path.exists(d.socket)


@pytest.mark.parametrize("mode", ["0600", "660", "0666"])
def test_mode_by_option(start, db, mode):
    d = start("--uds-mode", mode, db)
    assert stat.S_IMODE(os.stat(d.socket).st_mode) == int(mode, 8)


def test_removed_at_exit(start, db):
    for signum in (signal.SIGTERM, signal.SIGINT):
        d = start(db)
        d.end(signum)
        assert not os.path.exists(d.socket)


def test_a_stale_socket_is_replaced(start, db, tmp_path):
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(tmp_path / "s0.sock"))
    assert start(db).json("/t/t/1.json")["rows"]


def test_what_a_killed_daemon_leaves_is_replaced(db, tmp_path):
    d = Daemon(tmp_path / "s.sock", db)
    d.kill()
    assert os.path.exists(d.socket)
    d = Daemon(tmp_path / "s.sock", db)
    d.alive()
    d.end()


def test_a_live_socket_is_not_replaced(start, db):
    first = start(db)
    inode = os.stat(first.socket).st_ino
    status, _, err = run("--uds", first.socket, db)
    assert status == 1 and first.socket in err
    assert os.stat(first.socket).st_ino == inode
    first.alive()


@pytest.mark.parametrize("kind", ["file", "folder", "fifo", "link"])
def test_what_is_no_socket_is_not_replaced(db, tmp_path, kind):
    path = tmp_path / "thing"
    {"file": lambda: path.write_text("precious"), "folder": path.mkdir, "fifo": lambda: os.mkfifo(path), "link": lambda: path.symlink_to(db)}[kind]()
    status, _, err = run("--uds", path, db)
    assert status in (1, 2) and "thing" in err
    assert os.path.lexists(path)
    if kind == "file":
        assert path.read_text() == "precious"


def test_a_folder_that_is_not_there(db, tmp_path):
    status, _, err = run("--uds", tmp_path / "nope" / "s.sock", db)
    assert status == 1 and "nope" in err


def test_a_replaced_socket_is_not_removed(db, tmp_path):
    """At its end a daemon removes the file that it made, not one that stands there in its place."""
    d = Daemon(tmp_path / "s.sock", db)
    os.unlink(d.socket)
    other = Daemon(tmp_path / "s.sock", db)
    d.end()
    other.alive()
    other.end()


def test_relative_paths(db, tmp_path):
    d = Daemon(tmp_path / "r.sock", argv=[DBD, "--uds", "r.sock", "t.db"], cwd=tmp_path)
    assert d.json("/t/t/1.json")["rows"] == [{"id": 1, "v": "v1"}]
    d.end()
    assert not (tmp_path / "r.sock").exists()


def test_immutable(start, tmp_path):
    path = data.small(tmp_path / "f.db")
    d = start("-i", path, "--immutable", data.small(tmp_path / "g.db"))
    assert {x["name"]: x["is_mutable"] for x in d.json("/-/databases.json")["databases"]} == {"f": False, "g": False}
    assert len(d.json("/f/t.json")["rows"]) == 3


def test_long_forms(db, tmp_path):
    config = write(tmp_path / "c.json", {"settings": {"max_returned_rows": 44}})
    status, out, _ = run("--setting", "default_page_size", "3", f"--config={config}", "--log-level", "debug", "--get", "/-/settings.json", db)
    assert status == 0
    assert (json.loads(out)["default_page_size"], json.loads(out)["max_returned_rows"]) == (3, 44)


def test_a_file_that_looks_like_an_option(tmp_path):
    data.small(tmp_path / "-odd.db")
    p = subprocess.run([DBD, "--get", "/.json", "--", "./-odd.db"], cwd=tmp_path, capture_output=True, env=environment())
    assert p.returncode == 0 and [d["name"] for d in json.loads(p.stdout)["databases"]] == ["-odd"]


def test_paths_with_dot_dot_keep_the_name(tmp_path):
    (tmp_path / "sub").mkdir()
    data.small(tmp_path / "x.y.db")
    out = json.loads(run("--get", "/.json", pathlib.Path(tmp_path / "sub" / ".." / "x.y.db"))[1])
    assert [d["name"] for d in out["databases"]] == ["x.y"]
