# SPDX-License-Identifier: LGPL-2.1-or-later
# Unit tests of src/daemon and src/systemd.
daemon_tests = \
	tests/unit/daemon/test_configuration \
	tests/unit/daemon/test_options \
	tests/unit/daemon/test_uds \
	tests/unit/systemd/test_listen
check_PROGRAMS += $(daemon_tests)
TESTS += $(daemon_tests)

daemon_test_libs = src/libdbd.a $(SYSTEMD_LIBS) $(SQLITE_LIBS) $(JSON_C_LIBS) $(MICROHTTPD_LIBS)
tests_unit_daemon_test_configuration_LDADD = $(daemon_test_libs)
tests_unit_daemon_test_options_LDADD = $(daemon_test_libs)
tests_unit_daemon_test_uds_LDADD = $(daemon_test_libs)
tests_unit_systemd_test_listen_LDADD = $(daemon_test_libs)
