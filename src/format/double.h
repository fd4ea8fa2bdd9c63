/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text of doubles, as Python's repr() writes them. No state, any thread. */
#pragma once

#include <stddef.h>

#define DOUBLE_TEXT_MAX 32

/* The shortest digits that read back as d, of several such the nearest to d: 1.0, 0.1, 1e-07, 1e+16. The
 * exponent form, with two digits at least, is for values below 1e-4 and from 1e16 up (Python's
 * float.__repr__). d must be finite. No NUL; returns the number of bytes. */
size_t double_text(double d, char out[static DOUBLE_TEXT_MAX]);

/* The same for any double: nan, inf, -inf, as str() of Python. */
size_t double_any_text(double d, char out[static DOUBLE_TEXT_MAX]);
