# SPDX-License-Identifier: LGPL-2.1-or-later
import os
import pathlib
import subprocess

import pytest

from machine import CannotBoot, Machine, base_root, depends, why_not
from service import Service

HERE = pathlib.Path(__file__).parent


@pytest.fixture(scope="session")
def deb():
    """The package under test: DBD_DEB names it."""
    reason = why_not()
    if reason:
        pytest.skip(reason)
    path = os.environ.get("DBD_DEB")
    if not path:
        pytest.skip("DBD_DEB does not name a package")
    return pathlib.Path(path)


@pytest.fixture(scope="session")
def machine(deb, tmp_path_factory):
    hammer = tmp_path_factory.mktemp("hammer") / "hammer"
    subprocess.run(["gcc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O2", "-o", str(hammer), str(HERE / "hammer.c"), "-pthread"], check=True)
    try:
        m = Machine(base_root(depends(deb)))
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
def db(installed):
    """The installed package, its socket listening, no daemon, and a database `shop` with table t."""
    installed.m("test -e /var/lib/db/shop.db || { sqlite3 /var/lib/db/shop.db \"create table t (id integer primary key, v text); "
                "insert into t(v) values ('v1'), ('v2'), ('v3')\" && chown db:db /var/lib/db/shop.db; }")
    installed.clean()
    yield installed
    p = installed.m.try_("systemctl --no-pager -l status db.service db.socket; journalctl --no-pager -n 40 -u db.service -u db.socket")
    print(p.stdout)  # shown when the test fails
