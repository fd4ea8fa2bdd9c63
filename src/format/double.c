/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The shortest digits come from Raffaello Giulietti's "The Schubfach way to render doubles" (2021): a double
 * and the two ends of the interval that rounds to it are scaled by a power of ten, rounded to odd, and at
 * most two candidates on each of two decimal grids are looked at. Exact where 126 bits of the power of ten
 * are known, rounded up by less than one unit of the 126th; ten_to() gives 128 bits, at most 3 units of the
 * 128th too high.
 */
#include <math.h>
#include <float.h>
#include <stdbool.h>
#include <stdint.h>

#include "format/double.h"
#include "base/digits.h"
#include "base/macro.h"

struct u128 {
    uint64_t hi, lo;
};

static struct u128 multiply(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
    unsigned __int128 p = (unsigned __int128)a * b;
    return (struct u128){(uint64_t)(p >> 64), (uint64_t)p};
#else
    uint64_t al = (uint32_t)a, ah = a >> 32, bl = (uint32_t)b, bh = b >> 32;
    uint64_t low = al * bl, middle = ah * bl + (low >> 32), middle2 = al * bh + (uint32_t)middle;
    return (struct u128){ah * bh + (middle >> 32) + (middle2 >> 32), middle2 << 32 | (uint32_t)low};
#endif
}

/* Upper 64 bits in .hi, 64 below them in .lo: the product of 128 by 64 bits without its lowest word. */
static struct u128 multiply_high(struct u128 a, uint64_t b, uint64_t *lowest)
{
    struct u128 low = multiply(a.lo, b), high = multiply(a.hi, b);
    high.lo += low.hi;
    high.hi += high.lo < low.hi;
    *lowest = low.lo;
    return high;
}

/* floor(e * log2(10)) and floor(e * log10(2)), floor(log10(3/4 * 2**e)) below: exact for every e that a
 * double can lead to. The constants are the logarithms times 2**19 and 2**22. */
static int floor_log2_ten_to(int e)
{
    return (int)((e * INT64_C(1741647)) >> 19);
}

static int floor_log10_two_to(int e)
{
    return (int)((e * INT64_C(1262611)) >> 22);
}

static int floor_log10_three_quarters_two_to(int e)
{
    return (int)((e * INT64_C(1262611) - 524031) >> 22);
}

/* ceil(10**e * 2**(127 - floor(log2(10**e)))) for e = -297, -270, ... 324. */
static const struct u128 TEN_TO[] = {
    {UINT64_C(0xa76c582338ed2621), UINT64_C(0xaf2af2b80af6f24f)},
    {UINT64_C(0x873e4f75e2224e68), UINT64_C(0x5a7744a6e804a292)},
    {UINT64_C(0xda7f5bf590966848), UINT64_C(0xaf39a475506a899f)},
    {UINT64_C(0xb080392cc4349dec), UINT64_C(0xbd8d794d96aacfb4)},
    {UINT64_C(0x8e938662882af53e), UINT64_C(0x547eb47b7282ee9d)},
    {UINT64_C(0xe65829b3046b0afa), UINT64_C(0x0cb4a5a3112a5113)},
    {UINT64_C(0xba121a4650e4ddeb), UINT64_C(0x92f34d62616ce414)},
    {UINT64_C(0x964e858c91ba2655), UINT64_C(0x3a6a07f8d510f870)},
    {UINT64_C(0xf2d56790ab41c2a2), UINT64_C(0xfae27299423fb9c4)},
    {UINT64_C(0xc428d05aa4751e4c), UINT64_C(0xaa97e14c3c26b887)},
    {UINT64_C(0x9e74d1b791e07e48), UINT64_C(0x775ea264cf55347e)},
    {UINT64_C(0x8000000000000000), UINT64_C(0x0000000000000000)},
    {UINT64_C(0xcecb8f27f4200f3a), UINT64_C(0x0000000000000000)},
    {UINT64_C(0xa70c3c40a64e6c51), UINT64_C(0x999090b65f67d924)},
    {UINT64_C(0x86f0ac99b4e8dafd), UINT64_C(0x69a028bb3ded71a4)},
    {UINT64_C(0xda01ee641a708de9), UINT64_C(0xe80e6f4820cc9496)},
    {UINT64_C(0xb01ae745b101e9e4), UINT64_C(0x5ec05dcff72e7f90)},
    {UINT64_C(0x8e41ade9fbebc27d), UINT64_C(0x14588f13be847308)},
    {UINT64_C(0xe5d3ef282a242e81), UINT64_C(0x8f1668c8a86da5fb)},
    {UINT64_C(0xb9a74a0637ce2ee1), UINT64_C(0x6d953e2bd7173693)},
    {UINT64_C(0x95f83d0a1fb69cd9), UINT64_C(0x4abdaf101564f98f)},
    {UINT64_C(0xf24a01a73cf2dccf), UINT64_C(0xbc633b39673c8ced)},
    {UINT64_C(0xc3b8358109e84f07), UINT64_C(0x0a862f80ec4700c9)},
    {UINT64_C(0x9e19db92b4e31ba9), UINT64_C(0x6c07a2c26a8346d2)},
};
#define TEN_TO_FIRST (-297)
#define TEN_TO_STEP 27

/* clang-format off */
static const uint64_t FIVE_TO[TEN_TO_STEP] = {
    UINT64_C(1), UINT64_C(5), UINT64_C(25), UINT64_C(125), UINT64_C(625), UINT64_C(3125), UINT64_C(15625),
    UINT64_C(78125), UINT64_C(390625), UINT64_C(1953125), UINT64_C(9765625), UINT64_C(48828125),
    UINT64_C(244140625), UINT64_C(1220703125), UINT64_C(6103515625), UINT64_C(30517578125),
    UINT64_C(152587890625), UINT64_C(762939453125), UINT64_C(3814697265625), UINT64_C(19073486328125),
    UINT64_C(95367431640625), UINT64_C(476837158203125), UINT64_C(2384185791015625),
    UINT64_C(11920928955078125), UINT64_C(59604644775390625), UINT64_C(298023223876953125),
    UINT64_C(1490116119384765625),
};
/* clang-format on */

/* 10**e (-297 <= e <= 324) scaled to 128 bits, above the true value by more than 0 and at most 3. */
static struct u128 ten_to(int e)
{
    int row = (e - TEN_TO_FIRST) / TEN_TO_STEP, rest = (e - TEN_TO_FIRST) % TEN_TO_STEP;
    uint64_t lowest;
    struct u128 g = multiply_high(TEN_TO[row], FIVE_TO[rest], &lowest);

    /* The product has 128 to 191 bits; the upper 128 of them remain. */
    if (g.hi) {
        int shift = __builtin_clzll(g.hi);
        g.hi = g.hi << shift | g.lo >> 1 >> (63 - shift);
        g.lo = g.lo << shift | lowest >> 1 >> (63 - shift);
    } else {
        int shift = __builtin_clzll(g.lo);
        g.hi = g.lo << shift | lowest >> 1 >> (63 - shift);
        g.lo = lowest << shift;
    }
    g.hi += ++g.lo == 0;
    return g;
}

/* floor(g * n / 2**128), with the lowest bit set when something was cut off. */
static uint64_t round_to_odd(struct u128 g, uint64_t n)
{
    uint64_t lowest;
    struct u128 p = multiply_high(g, n, &lowest);
    /* g is a little too high, so a 1 here can be a 0 in truth; anything that is cut off is more. */
    return p.hi | (p.lo > 1);
}

/* The shortest decimal, digits * 10**exponent, of the double with this mantissa field and exponent field. */
static uint64_t shorten(uint64_t fraction, int biased, int *exponent)
{
    uint64_t c = biased ? fraction | UINT64_C(1) << 52 : fraction;
    int q = (biased ? biased : 1) - 1075;
    bool odd = c & 1;
    bool closer_below = fraction == 0 && biased > 1; /* a power of two: its lower neighbour is nearer */

    int k = closer_below ? floor_log10_three_quarters_two_to(q) : floor_log10_two_to(q);
    int h = q + floor_log2_ten_to(-k) + 1;
    struct u128 g = ten_to(-k);
    /* In quarters: the value and the ends of its interval, which an even mantissa includes. */
    uint64_t lower = round_to_odd(g, (4 * c - 2 + closer_below) << h) + odd;
    uint64_t value = round_to_odd(g, 4 * c << h);
    uint64_t upper = round_to_odd(g, (4 * c + 2) << h) - odd;

    uint64_t s = value / 4;
    if (s >= 10) {
        uint64_t tens = s / 10;
        bool down = lower <= 40 * tens, up = 40 * tens + 40 <= upper;
        if (down != up) {
            *exponent = k + 1;
            return tens + up;
        }
    }
    *exponent = k;
    bool down = lower <= 4 * s, up = 4 * s + 4 <= upper;
    if (down != up)
        return s + up;
    uint64_t middle = 4 * s + 2;
    return s + (value > middle || (value == middle && (s & 1)));
}

static size_t write_exponent(char *to, int exponent)
{
    size_t n = 0;
    unsigned u = (unsigned)abs(exponent), digits = u < 100 ? 2 : 3;
    to[n++] = 'e';
    to[n++] = exponent < 0 ? '-' : '+';
    digits_write(to + n, digits, u);
    return n + digits;
}

/* digits * 10**exponent as repr() lays it out; digits does not end in 0. */
static size_t lay_out(char *to, uint64_t digits, int exponent)
{
    size_t n = digits_count(digits);
    int point = (int)n + exponent; /* how many digits are before the decimal point */

    if (point <= -4 || point > 16) {
        digits_write(to + 1, n, digits);
        to[0] = to[1];
        to[1] = '.';
        size_t used = n > 1 ? n + 1 : 1;
        return used + write_exponent(to + used, point - 1);
    }
    if (point <= 0) {
        size_t zeros = 2 + (size_t)-point;
        memset(to, '0', zeros);
        to[1] = '.';
        digits_write(to + zeros, n, digits);
        return zeros + n;
    }
    if (exponent >= 0) {
        digits_write(to, n, digits);
        memset(to + n, '0', (size_t)exponent);
        memcpy(to + point, ".0", 2);
        return (size_t)point + 2;
    }
    digits_write(to, n, digits);
    memmove(to + point + 1, to + point, n - (size_t)point);
    to[point] = '.';
    return n + 1;
}

/*
 * Most doubles in databases are decimals of a few places. Two decimals of at most 15 digits never read back as the same
 * double, so if one of that length reads back as d, then it is, without its trailing zeros, the shortest. Both i and 10^6
 * are exact in double and a division is rounded correctly, so i / 10^6 is what the decimal i * 10^-6 reads back as.
 */
static bool has_few_places(double d, uint64_t *digits, int *exponent)
{
    if (FLT_EVAL_METHOD != 0 || !(d >= 1e-3 && d < 1e9))
        return false;
    *digits = (uint64_t)(d * 1e6 + 0.5);
    *exponent = -6;
    return (double)*digits / 1e6 == d;
}

size_t double_text(double d, char out[static DOUBLE_TEXT_MAX])
{
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    uint64_t fraction = bits & ((UINT64_C(1) << 52) - 1);
    int biased = (int)(bits >> 52 & 0x7ff);
    size_t sign = bits >> 63;
    out[0] = '-';

    if (biased == 0 && fraction == 0) {
        memcpy(out + sign, "0.0", 3);
        return sign + 3;
    }
    int exponent;
    uint64_t digits;
    if (!has_few_places(fabs(d), &digits, &exponent))
        digits = shorten(fraction, biased, &exponent);
    if (digits % 100000000 == 0) {
        digits /= 100000000;
        exponent += 8;
    }
    for (; digits % 10 == 0; digits /= 10)
        exponent++;
    return sign + lay_out(out + sign, digits, exponent);
}

size_t double_any_text(double d, char out[static DOUBLE_TEXT_MAX])
{
    if (isfinite(d))
        return double_text(d, out);
    const char *name = isnan(d) ? "nan" : d < 0 ? "-inf" : "inf";
    memcpy(out, name, strlen(name));
    return strlen(name);
}
