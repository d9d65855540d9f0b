/* tgmath.h: gcc's type-generic call picks the function by its argument's type; real types only. */
#ifndef _DACAPO_TGMATH_H
#define _DACAPO_TGMATH_H

#include <features.h>
#include <math.h>

#define __dc_tg1(f, x) __builtin_tgmath(f##f, f, f##l, x)
#define __dc_tg2(f, x, y) __builtin_tgmath(f##f, f, f##l, x, y)
#define acos(x) __dc_tg1(acos, x)
#define asin(x) __dc_tg1(asin, x)
#define atan(x) __dc_tg1(atan, x)
#define atan2(x, y) __dc_tg2(atan2, x, y)
#define cbrt(x) __dc_tg1(cbrt, x)
#define ceil(x) __dc_tg1(ceil, x)
#define cos(x) __dc_tg1(cos, x)
#define exp(x) __dc_tg1(exp, x)
#define fabs(x) __dc_tg1(fabs, x)
#define floor(x) __dc_tg1(floor, x)
#define fmax(x, y) __dc_tg2(fmax, x, y)
#define fmin(x, y) __dc_tg2(fmin, x, y)
#define fmod(x, y) __dc_tg2(fmod, x, y)
#define hypot(x, y) __dc_tg2(hypot, x, y)
#define log(x) __dc_tg1(log, x)
#define log10(x) __dc_tg1(log10, x)
#define log2(x) __dc_tg1(log2, x)
#define pow(x, y) __dc_tg2(pow, x, y)
#define round(x) __dc_tg1(round, x)
#define sin(x) __dc_tg1(sin, x)
#define sqrt(x) __dc_tg1(sqrt, x)
#define tan(x) __dc_tg1(tan, x)
#define trunc(x) __dc_tg1(trunc, x)

#endif
