# SPDX-License-Identifier: LGPL-2.1-or-later
import itertools

import pytest

import data
from daemon import Daemon


@pytest.fixture
def start(tmp_path):
    """start(ARGUMENT..., env={}) runs a dbd of this test's own; all are ended and checked after the test."""
    running, number = [], itertools.count()

    def make(*args, **kw):
        d = Daemon(tmp_path / f"s{next(number)}.sock", *args, **kw)
        running.append(d)
        return d

    yield make
    errors = []
    for d in running:
        try:
            d.end()
        except AssertionError as e:
            errors.append(e)
    if errors:
        raise errors[0]


@pytest.fixture(scope="session")
def databases(tmp_path_factory):
    """A folder with shop.db, `odd name.db` and frozen.db."""
    folder = tmp_path_factory.mktemp("databases")
    data.shop(folder / "shop.db")
    data.small(folder / "odd name.db")
    data.small(folder / "frozen.db", "f")
    return folder


@pytest.fixture(scope="module")
def shop(databases, tmp_path_factory):
    """One dbd for a file's tests that only read. A test that may harm it uses start."""
    d = Daemon(tmp_path_factory.mktemp("shop") / "dbd.sock", databases / "shop.db", databases / "odd name.db",
               "-i", databases / "frozen.db", "--memory")
    yield d
    d.end()


def pytest_make_parametrize_id(val):
    """Short, printable names for statements and bytes."""
    if isinstance(val, (bytes, str)):
        text = repr(val)[1:] if isinstance(val, bytes) else val
        return "".join(c if c.isprintable() and c.isascii() else "?" for c in text)[:50]
    return None
