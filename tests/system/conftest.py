# SPDX-License-Identifier: LGPL-2.1-or-later
import os
import pathlib
import subprocess

import pytest

from machine import CannotBoot, Machine, base_root, built, depends, release, why_not
from service import Service

HERE = pathlib.Path(__file__).parent
# systemd 252 and 257, libmicrohttpd 0.9.75 and 1.0. The first bears the whole load, the others a fifth of it.
SUITES = ("bookworm", "trixie")
TOTAL = int(os.environ.get("DBD_SYSTEM_REQUESTS", "10000"))


@pytest.fixture(scope="session", params=SUITES)
def suite(request):
    """The Debian release that a test is about; all tests of one run before those of the next."""
    reason = why_not()
    if reason:
        pytest.skip(reason)
    return request.param


@pytest.fixture(scope="session")
def deb(suite, tmp_path_factory):
    """The package under test: for the host's own release DBD_DEB may name it."""
    path = os.environ.get("DBD_DEB") if suite == release() else None
    if path:
        return pathlib.Path(path)
    try:
        return built(suite, HERE.parents[1], tmp_path_factory.mktemp(suite))
    except CannotBoot as e:
        pytest.skip(str(e))


@pytest.fixture(scope="session")
def machine(suite, deb, tmp_path_factory):
    hammer = tmp_path_factory.mktemp("hammer") / "hammer"
    subprocess.run(["gcc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O2", "-static", "-o", str(hammer), str(HERE / "hammer.c"), "-pthread"], check=True)
    try:
        m = Machine(base_root(suite, depends(deb)))
    except CannotBoot as e:
        pytest.skip(str(e))
    try:
        m.copy(hammer, "/usr/local/bin/hammer")
        m.copy(deb, "/root/dbd.deb")
        yield m
    finally:
        m.end()


@pytest.fixture(scope="session")
def installed(machine):
    machine("dpkg -i /root/dbd.deb")
    return Service(machine)


@pytest.fixture
def full(suite):
    return suite == SUITES[0]


@pytest.fixture
def total(full):
    """Requests of a long load."""
    return TOTAL if full else TOTAL // 5


@pytest.fixture
def waits(suite):
    """Whether `systemctl reload` comes back when the daemon has done it, not when it was told: Type=notify-reload."""
    return suite != "bookworm"


@pytest.fixture
def db(installed):
    """The installed package, its socket listening, no daemon, and a database `shop` with table t."""
    installed.m("test -e /var/lib/db/shop.db || { sqlite3 /var/lib/db/shop.db \"create table t (id integer primary key, v text); "
                "insert into t(v) values ('v1'), ('v2'), ('v3')\" && chown db:db /var/lib/db/shop.db; }")
    installed.clean()
    yield installed
    p = installed.m.try_("systemctl --no-pager -l status db.service db.socket; journalctl --no-pager -n 40 -u db.service -u db.socket")
    print(p.stdout)  # shown when the test fails
