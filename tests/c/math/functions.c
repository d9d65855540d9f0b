// math.h: every double and float function to 13 and 5 digits, edges exactly, long double's exact ones.
#include <errno.h>
#include <fenv.h>
#include <math.h>
#include <stdio.h>

#define FLOAT(name) name##f
#define D(f) for (unsigned i = 0; i < N; i++) printf(#f " %g: %.13g %.5g\n", x[i], (double)f(x[i]), (double)FLOAT(f)((float)x[i]));
#define D2(f) for (unsigned i = 0; i < N; i++) for (unsigned j = 0; j < N; j += 2) printf(#f " %g %g: %.13g\n", x[i], x[j], f(x[i], x[j]));
#define I(f) for (unsigned i = 0; i < N; i++) if (fabs(x[i]) < 1e18) printf(#f " %g: %ld %ld %ld\n", x[i], (long)f(x[i]), (long)FLOAT(f)((float)x[i]), (long)f##l((long double)x[i]));
#define L(f) for (unsigned i = 0; i < N; i++) printf(#f "l %g: %.17Lg\n", x[i], f##l((long double)x[i]));
int main(void) {
    volatile double zero = 0;
    double x[] = {0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 1.5, 2.5, -2.5, 3.7, 10.0, 100.25, 1e-5, 123456.789, 1e300, -3.0, 1 / zero, -1 / zero};
    enum { N = sizeof x / sizeof *x };
    D(acos) D(asin) D(atan) D(cos) D(sin) D(tan) D(cosh) D(sinh) D(tanh) D(acosh) D(asinh) D(atanh) D(exp) D(exp2) D(expm1) D(log) D(log2) D(log10) D(log1p)
    D(cbrt) D(sqrt) D(fabs) D(ceil) D(floor) D(trunc) D(round) D(rint) D(nearbyint) D(erf) D(erfc) D(logb)
    D2(atan2) D2(pow) D2(fmod) D2(hypot) D2(remainder) D2(copysign) D2(fmax) D2(fdim) D2(nextafter)
    // C leaves the sign of the lesser of two zeros open.
    for (unsigned i = 0; i < N; i++) for (unsigned j = 2; j < N; j += 2) printf("fmin %g %g: %.13g\n", x[i], x[j], fmin(x[i], x[j]));
    I(lrint) I(llrint) I(lround) I(llround)
    L(fabs) L(floor) L(ceil) L(trunc) L(rint) L(round)
#ifdef __x86_64__ // elsewhere computed as double
    L(sqrt)
#endif
    for (unsigned i = 0; i < N; i++) {
        int e = 0; double w; long double lw;
        double fr = isinf(x[i]) ? 0 : frexp(x[i], &e);
        printf("frexp %g %d modf %g %g ldexp %g\n", fr, e, modf(x[i], &w), w, ldexp(x[i], -3));
        long double lfr = isinf(x[i]) ? 0 : frexpl((long double)x[i], &e);
        printf("frexpl %Lg %d modfl %Lg %Lg ldexpl %Lg\n", lfr, e, modfl((long double)x[i], &lw), lw, ldexpl((long double)x[i], 5));
        printf("class %d %d %d %d %d\n", fpclassify(x[i]), fpclassify((long double)x[i]), !!signbit(x[i]), !!isnan(x[i]), isinf(x[i]));
    }
    long double third = 1.0L / 3;
    printf("%d %d %d\n", fabsl(sqrtl(third * third) - third) < 1e-16L, fmodl(10.5L, 3.0L) == 1.5L, fmaxl(2.0L, 3.0L) == 3.0L && fminl(2.0L, 3.0L) == 2.0L);
    errno = 0; volatile double v = log(-1.0); printf("%d %d ", isnan(v), errno == EDOM);
    errno = 0; v = exp(1e9); printf("%d %d ", isinf(v), errno == ERANGE);
    errno = 0; v = sqrt(-2.0 + zero); printf("%d %d\n", isnan(v), errno == EDOM);
    printf("round %d %d", fegetround() == FE_TONEAREST, fesetround(FE_UPWARD));
    volatile double one = 1, three = 3, up = one / three;
    fesetround(FE_DOWNWARD);
    volatile double down = one / three;
    fesetround(FE_TONEAREST);
    printf(" up > down %d\n", up > down);
    feclearexcept(FE_ALL_EXCEPT);
    v = one / zero;
    printf("flags %d %d\n", !!fetestexcept(FE_DIVBYZERO), !!fetestexcept(FE_INVALID));
    return 0;
}
