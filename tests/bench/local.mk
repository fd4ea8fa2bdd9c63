# SPDX-License-Identifier: LGPL-2.1-or-later
# Nothing here is part of `make check` or tests/run: figures are made by tests/bench/run, by hand.
EXTRA_DIST += tests/bench/run tests/bench/measure.py tests/bench/prepare.py tests/bench/report.py \
	tests/bench/load.c tests/bench/floor_http.c tests/bench/floor_sql.c
