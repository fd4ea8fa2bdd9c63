# SPDX-License-Identifier: LGPL-2.1-or-later
# libFuzzer's programs, built with --enable-fuzzers and clang; tests/fuzz/run builds and runs them.
fuzzers = \
	tests/fuzz/fuzz_json_read \
	tests/fuzz/fuzz_json_write \
	tests/fuzz/fuzz_keyset \
	tests/fuzz/fuzz_percent \
	tests/fuzz/fuzz_select

EXTRA_PROGRAMS = $(fuzzers)
CLEANFILES += $(fuzzers)
EXTRA_DIST += tests/fuzz/fuzz.h tests/fuzz/run

if ENABLE_FUZZERS
fuzzers: $(fuzzers)
endif
tests_fuzz_fuzz_json_read_LDFLAGS = $(FUZZER_LDFLAGS)
tests_fuzz_fuzz_json_write_LDFLAGS = $(FUZZER_LDFLAGS)
tests_fuzz_fuzz_keyset_LDFLAGS = $(FUZZER_LDFLAGS)
tests_fuzz_fuzz_percent_LDFLAGS = $(FUZZER_LDFLAGS)
tests_fuzz_fuzz_select_LDFLAGS = $(FUZZER_LDFLAGS)
.PHONY: fuzzers
