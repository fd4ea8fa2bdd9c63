# SPDX-License-Identifier: LGPL-2.1-or-later
"""Common to all pytest folders: each test has a time limit of its own."""
import signal

import pytest


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    marker = item.get_closest_marker("limit")
    seconds = marker.args[0] if marker else 60

    def late(signum, frame):
        raise TimeoutError(f"the test's time limit of {seconds} s passed")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
