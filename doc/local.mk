# SPDX-License-Identifier: LGPL-2.1-or-later

nodist_man_MANS += doc/dbd.8
EXTRA_DIST += doc/dbd.8.in
CLEANFILES += doc/dbd.8

doc/dbd.8: doc/dbd.8.in Makefile
	$(AM_V_GEN)$(MKDIR_P) doc && $(substitute) '$(srcdir)/doc/dbd.8.in' >'$@.tmp' && mv '$@.tmp' '$@'

EXTRA_DIST += \
	doc/api/csv.md doc/api/database.md doc/api/differences.md doc/api/errors.md doc/api/instance.md doc/api/query.md \
	doc/api/row.md doc/api/table.md \
	doc/internals/http.md doc/internals/rows.md doc/internals/store.md
