# SPDX-License-Identifier: LGPL-2.1-or-later
"""The real nginx and Apache, run by the tests from the project's own configuration snippets.

A proxy listens on a TCP port of 127.0.0.1 that was free a moment ago, logs into the test's folder, and runs as
the user of the tests. Only addresses and paths of a snippet are replaced, and each replacement must find its text.
"""
import os
import pathlib
import shutil
import socket
import sqlite3
import subprocess

import pytest

from daemon import Daemon, until

SNIPPETS = pathlib.Path(__file__).parents[2] / "packaging" / "proxy"
NGINX = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
APACHE = shutil.which("apache2", path=os.environ["PATH"] + ":/usr/sbin")
MODULES = "/usr/lib/apache2/modules"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def replace(text, old, new):
    assert old in text, f"the snippet does not hold {old!r}"
    return text.replace(old, new)


class Proxy:
    def __init__(self, kind, folder, argv, port):
        self.kind, self.port, self.host = kind, port, f"127.0.0.1:{port}"
        self.log = folder / "log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        until(self.listens, 30)

    def listens(self):
        assert self.process.poll() is None, f"{self.kind} ended:\n{self.log.read_text()}"
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    def end(self):
        self.process.terminate()
        self.process.wait(20)


def nginx(folder, dbd, version="1.1"):
    if not NGINX:
        pytest.skip("nginx is not installed")
    port = free_port()
    text = (SNIPPETS / "nginx.conf").read_text()
    text = replace(text, "unix:/run/db.sock;", f"unix:{dbd.socket};")
    text = replace(text, "listen 127.0.0.1:8080;", f"listen 127.0.0.1:{port};")
    text = replace(text, "listen [::1]:8080;", "")
    if version == "1.0":  # what people have who leave the line out
        text = replace(text, "proxy_http_version 1.1;", "")
        text = replace(text, 'proxy_set_header Connection "";', "")
    (folder / "site.conf").write_text(text)
    user = "user root;" if os.geteuid() == 0 else ""
    temp = " ".join(f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(f"{user} worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/error.log;\n"
                                       f"events {{}}\nhttp {{ access_log off; {temp} include {folder}/site.conf; }}\n")
    return Proxy(f"nginx {version}", folder, [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf")], port)


def apache(folder, dbd):
    if not APACHE:
        pytest.skip("apache2 is not installed")
    port = free_port()
    text = (SNIPPETS / "apache.conf").read_text()
    text = replace(text, "unix:/run/db.sock|", f"unix:{dbd.socket}|")
    text = replace(text, "Listen 127.0.0.1:8081", f"Listen 127.0.0.1:{port}")
    text = replace(text, "<VirtualHost 127.0.0.1:8081>", f"<VirtualHost 127.0.0.1:{port}>")
    modules = "".join(f"LoadModule {m}_module {MODULES}/mod_{m}.so\n" for m in ("mpm_event", "authz_core", "proxy", "proxy_http", "headers")
                      if os.path.exists(f"{MODULES}/mod_{m}.so"))
    # Root cannot be a worker's user in Debian's build, so the socket is opened up for www-data instead.
    os.chmod(dbd.socket, 0o666)
    open_up(pathlib.Path(dbd.socket).parent)
    (folder / "apache.conf").write_text(f"ServerRoot {folder}\nServerName localhost\nDefaultRuntimeDir {folder}\nPidFile {folder}/pid\nMutex sem\n"
                                        f"ErrorLog {folder}/error.log\n{modules}User www-data\nGroup www-data\n{text}")
    return Proxy("apache", folder, [APACHE, "-DFOREGROUND", "-f", str(folder / "apache.conf")], port)


def open_up(folder):
    """Lets everybody pass through the folders of pytest that lead to this one."""
    for f in (folder, *folder.parents):
        if f.name.startswith("pytest-") or f == folder:
            f.chmod(f.stat().st_mode | 0o011)


@pytest.fixture(scope="session")
def dbd(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dbd")
    path = folder / "shop.db"
    c = sqlite3.connect(path, isolation_level=None)
    c.execute("pragma journal_mode=wal")  # answers of such a database stream, and so can break
    c.executescript("begin; create table big (id integer primary key, t text); create table \"odd/name.x\" (k text primary key)")
    c.executemany("insert into big(t) values (?)", [(f"{i:05}" * 2000,) for i in range(1000)])
    c.executemany('insert into "odd/name.x" values (?)', [(k,) for k in ("a/b", "a+b c", "100%", "x,y", "é", "~", "a?b", "..", "a;b")])
    c.execute("commit")
    c.close()
    d = Daemon(folder / "dbd.sock", path, "-s", "sql_time_limit_ms", "30000")
    yield d
    d.end()


@pytest.fixture(scope="module", params=["nginx", "nginx-http10", "apache"])
def proxy(request, dbd, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    p = {"nginx": lambda: nginx(folder, dbd), "nginx-http10": lambda: nginx(folder, dbd, "1.0"), "apache": lambda: apache(folder, dbd)}[request.param]()
    yield p
    p.end()
