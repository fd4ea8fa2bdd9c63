/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/macro.h"
#include "format/double.h"
#include "../tap.h"

static const struct {
    uint64_t bits;
    const char *text;
} table[] = {
#include "double_table.inc"
};

static double from_bits(uint64_t bits)
{
    double d;
    memcpy(&d, &bits, sizeof d);
    return d;
}

static void test_table(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        char text[DOUBLE_TEXT_MAX];
        size_t n = double_text(from_bits(table[i].bits), text);
        is_bytes(text, n, table[i].text, strlen(table[i].text), table[i].text);
    }
}

/* The digits of a decimal number without sign, point, exponent and the zeros around them. */
static size_t digits_of(const char *text, char *digits)
{
    size_t n = 0;
    for (; *text && *text != 'e'; text++)
        if (*text >= '1' || (*text == '0' && n > 0))
            digits[n++] = *text;
    while (n > 1 && digits[n - 1] == '0')
        n--;
    digits[n] = '\0';
    return n;
}

enum flaw { NONE, READS_BACK_DIFFERENT, NOT_SHORTEST, NOT_NEAREST };

/* The C library's conversions are exact: %.*e with fewer digits must not read back as d, and with as many
 * digits it gives the nearest decimal, which is the right one if it reads back. */
static enum flaw judge(double d)
{
    char text[DOUBLE_TEXT_MAX + 1], digits[DOUBLE_TEXT_MAX + 1], other[64], other_digits[64];
    text[double_text(d, text)] = '\0';
    double back = strtod(text, NULL);
    if (memcmp(&back, &d, sizeof d) != 0)
        return READS_BACK_DIFFERENT;
    int n = (int)digits_of(text, digits);
    if (n > 1) {
        snprintf(other, sizeof other, "%.*e", n - 2, d);
        if (strtod(other, NULL) == d)
            return NOT_SHORTEST;
    }
    snprintf(other, sizeof other, "%.*e", n - 1, d);
    digits_of(other, other_digits);
    return strtod(other, NULL) == d && !streq(digits, other_digits) ? NOT_NEAREST : NONE;
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void check_many(const char *what, double (*make)(uint64_t random), unsigned count)
{
    uint64_t state = UINT64_C(0x9e3779b97f4a7c15);
    for (unsigned i = 0; i < count; i++) {
        double d = make(next_random(&state));
        enum flaw flaw = isfinite(d) && d != 0 ? judge(d) : NONE;
        if (flaw != NONE) {
            ok(false, "%s: %a, flaw %d", what, d, flaw);
            return;
        }
    }
    ok(true, "%u %s read back the same, are shortest and nearest", count, what);
}

static double make_denormal(uint64_t random)
{
    return from_bits(random & UINT64_C(0x800fffffffffffff));
}

static double make_round(uint64_t random)
{
    return from_bits(random & ~((UINT64_C(1) << random % 53) - 1));
}

static double make_price(uint64_t random)
{
    return (double)(int64_t)(random >> 24) / 100;
}

static double make_integer(uint64_t random)
{
    return (double)(random >> random % 64);
}

static double make_power_of_two(uint64_t random)
{
    return ldexp(1, (int)(random % 2098) - 1074);
}

/* Random decimals of 1 to 17 digits. Up to DBL_DIG digits a decimal comes back from a double as it was, so no
 * shorter text than the shortest %.{p}g that reads back can be needed. */
static enum flaw judge_decimal(uint64_t random)
{
    uint64_t hash = random * UINT64_C(0x9e3779b97f4a7c15), power = 10;
    int n = 1 + (int)((hash >> 32) % 17), exponent = (int)((hash >> 40) % 580) - 290;
    for (int i = 1; i < n; i++)
        power *= 10;
    char text[DOUBLE_TEXT_MAX + 1], decimal[64], digits[64], wanted[64];
    snprintf(decimal, sizeof decimal, "%llue%d", (unsigned long long)(random % power), exponent);
    double d = strtod(decimal, NULL);
    text[double_text(d, text)] = '\0';
    double back = strtod(text, NULL);
    if (memcmp(&back, &d, sizeof d) != 0)
        return READS_BACK_DIFFERENT;
    if (n > DBL_DIG)
        return NONE;
    int p = 1;
    do
        snprintf(wanted, sizeof wanted, "%.*g", p, d);
    while (strtod(wanted, NULL) != d && ++p <= 17);
    return digits_of(text, digits) > digits_of(wanted, wanted) ? NOT_SHORTEST : NONE;
}

static enum flaw judge_bits(uint64_t random)
{
    double d = from_bits(random);
    char text[DOUBLE_TEXT_MAX + 1];
    if (!isfinite(d))
        return NONE;
    text[double_text(d, text)] = '\0';
    double back = strtod(text, NULL);
    return memcmp(&back, &d, sizeof d) == 0 ? NONE : READS_BACK_DIFFERENT;
}

static void check_reading(const char *what, enum flaw (*look)(uint64_t random), unsigned long count)
{
    uint64_t state = UINT64_C(0xd1b54a32d192ed03);
    for (unsigned long i = 0; i < count; i++) {
        uint64_t random = next_random(&state);
        enum flaw flaw = look(random);
        if (flaw != NONE) {
            ok(false, "%s: random number %#llx, flaw %d", what, (unsigned long long)random, flaw);
            return;
        }
    }
    ok(true, "%lu %s read back the same", count, what);
}

/* DBD_DOUBLES is how many random doubles; half of them are decimals. */
static unsigned long chosen_count(void)
{
    const char *text = getenv("DBD_DOUBLES");
    unsigned long n = text ? strtoul(text, NULL, 10) : 0;
    return n ? n : 1000000;
}

int main(void)
{
    test_table();
    check_many("random doubles", from_bits, 100000);
    check_many("denormals", make_denormal, 20000);
    check_many("doubles with few bits", make_round, 20000);
    check_many("hundredths", make_price, 20000);
    check_many("integers", make_integer, 20000);
    check_many("powers of two", make_power_of_two, 20000);
    check_reading("bit patterns", judge_bits, chosen_count() / 2);
    check_reading("decimals", judge_decimal, chosen_count() / 2);
    return done();
}
