# SPDX-License-Identifier: LGPL-2.1-or-later
# `make check` runs what needs neither root nor a network nor systemd; tests/run runs everything.
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh

include $(srcdir)/tests/unit/local.mk
include $(srcdir)/tests/unit/daemon.mk
include $(srcdir)/tests/fuzz/local.mk
include $(srcdir)/tests/bench/local.mk

TESTS += tests/lint/lint
EXTRA_DIST += .ci/run tests/run tests/pytest.ini tests/conftest.py tests/daemon.py \
	tests/lint/lint tests/lint/lint.py \
	tests/api/conftest.py tests/api/data.py tests/api/test_cli.py tests/api/test_csv.py \
	tests/api/test_database.py tests/api/test_databases.py tests/api/test_framing.py tests/api/test_keys.py tests/api/test_limits.py \
	tests/api/test_metrics.py tests/api/test_stuck.py \
	tests/api/test_guard.py tests/api/test_http.py tests/api/test_instance.py tests/api/test_life.py \
	tests/api/test_query.py tests/api/test_row.py tests/api/test_streams.py tests/api/test_table.py tests/api/test_values.py \
	tests/proxy/conftest.py tests/proxy/test_proxy.py \
	tests/system/conftest.py tests/system/hammer.c tests/system/machine.py \
	tests/system/service.py tests/system/test_service.py
