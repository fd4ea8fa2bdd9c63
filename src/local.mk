# SPDX-License-Identifier: LGPL-2.1-or-later
# Everything but main is one convenience library, so that unit tests link the objects that the daemon runs.
noinst_LIBRARIES += src/libdbd.a
src_libdbd_a_SOURCES = \
	src/api/database.c \
	src/api/index.c \
	src/api/instance.c \
	src/api/query.c \
	src/api/reply.c src/api/reply.h \
	src/api/request.c src/api/request.h \
	src/api/resources.h \
	src/api/route.c src/api/route.h \
	src/api/row.c \
	src/api/rows.c src/api/rows.h \
	src/api/summary.c src/api/summary.h \
	src/api/table.c src/api/table.h \
	src/base/arena.c src/base/arena.h \
	src/base/buf.c src/base/buf.h \
	src/base/clock.h \
	src/base/digits.h \
	src/base/error.c src/base/error.h \
	src/base/log.c src/base/log.h \
	src/base/hash.h \
	src/base/loop.c src/base/loop.h \
	src/base/macro.h \
	src/base/metrics.c src/base/metrics.h \
	src/base/nearest.c src/base/nearest.h \
	src/base/priority.c src/base/priority.h \
	src/base/settings.c src/base/settings.h \
	src/base/value.h \
	src/base/workers.c src/base/workers.h \
	src/daemon/answer.c src/daemon/answer.h \
	src/daemon/configuration.c src/daemon/configuration.h \
	src/daemon/options.c src/daemon/options.h \
	src/daemon/probe.c src/daemon/probe.h \
	src/daemon/service.c src/daemon/service.h \
	src/daemon/uds.c src/daemon/uds.h \
	src/format/base64.c src/format/base64.h \
	src/format/csv_write.c src/format/csv_write.h \
	src/format/double.c src/format/double.h \
	src/format/hex.c src/format/hex.h \
	src/format/json_read.c src/format/json_read.h \
	src/format/json_scan.c src/format/json_scan.h \
	src/format/json_write.c src/format/json_write.h \
	src/format/keyset.c src/format/keyset.h \
	src/format/percent.c src/format/percent.h \
	src/format/tilde.c src/format/tilde.h \
	src/format/utf8.h \
	src/http/connection.c src/http/connection.h \
	src/http/exchange.c src/http/exchange.h \
	src/http/framing.c src/http/framing.h \
	src/http/server.c src/http/server.h \
	src/http/server_private.h \
	src/http/stream.c src/http/stream.h \
	src/sql/ident.c src/sql/ident.h \
	src/sql/page.c src/sql/page.h \
	src/sql/select.c src/sql/select.h \
	src/store/cancel.c src/store/cancel.h \
	src/store/catalogue.c src/store/catalogue.h \
	src/store/database.c src/store/database.h \
	src/store/functions.c src/store/functions.h \
	src/store/guard.c src/store/guard.h \
	src/store/guard_policy.h \
	src/store/memory.c src/store/memory.h \
	src/store/pool.c src/store/pool.h \
	src/store/reader.c src/store/reader.h \
	src/store/reader_private.h \
	src/store/schema.c src/store/schema.h \
	src/store/statement.c src/store/statement.h \
	src/store/turn.c src/store/turn.h \
	src/store/watch.c src/store/watch.h \
	src/systemd/listen.c src/systemd/listen.h \
	src/systemd/notify.c src/systemd/notify.h

bin_PROGRAMS += src/dbd
src_dbd_SOURCES = src/daemon/main.c
src_dbd_LDADD = src/libdbd.a $(SYSTEMD_LIBS) $(SQLITE_LIBS) $(JSON_C_LIBS) $(MICROHTTPD_LIBS)
