# SPDX-License-Identifier: LGPL-2.1-or-later
# Unit tests mirror src/: tests/unit/FLOOR/test_NAME.c tests src/FLOOR/NAME.c, and is its whole program. A new one
# is one line here. They speak TAP; extra libraries of one test go into its own _LDADD.
LDADD = src/libdbd.a $(SYSTEMD_LIBS) $(SQLITE_LIBS) $(JSON_C_LIBS) $(MICROHTTPD_LIBS)

unit_tests = \
	tests/unit/base/test_arena \
	tests/unit/base/test_buf \
	tests/unit/base/test_error \
	tests/unit/base/test_settings \
	tests/unit/base/test_workers \
	tests/unit/format/test_csv_write \
	tests/unit/format/test_double \
	tests/unit/format/test_json_read \
	tests/unit/format/test_json_write \
	tests/unit/format/test_keyset \
	tests/unit/format/test_percent \
	tests/unit/format/test_tilde \
	tests/unit/sql/test_ident \
	tests/unit/sql/test_page \
	tests/unit/sql/test_select

check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
EXTRA_DIST += \
	tests/unit/format/double_table.inc \
	tests/unit/format/json_text_table.inc \
	tests/unit/tap.h
