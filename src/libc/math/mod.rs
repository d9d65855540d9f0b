//! math.h and fenv.h: the functions of C99 for double and float by the `libm` crate; classification; C's extras.
//!
//! errno: domain and range errors of the functions that programs check (`exp`, `log`, `pow`, `sqrt`, `fmod` and their like) set it as
//! math_errhandling says. Long double is `arch/<cpu>/long_double.S`: exact where the CPU makes that simple, else computed as double.

use core::ffi::{c_int, c_long, c_longlong};

use crate::libc::errno;
use crate::sys::Errno;

mod environment;

macro_rules! unary {
    ($($name:ident $float:ident;)*) => {$(
        #[unsafe(no_mangle)]
        extern "C" fn $name(x: f64) -> f64 {
            libm::$name(x)
        }
        #[unsafe(no_mangle)]
        extern "C" fn $float(x: f32) -> f32 {
            libm::$float(x)
        }
    )*};
}
unary! {
    atan atanf; cos cosf; sin sinf; tan tanf; asinh asinhf; tanh tanhf; cbrt cbrtf; fabs fabsf; erf erff; erfc erfcf;
    ceil ceilf; floor floorf; rint rintf; round roundf; trunc truncf; roundeven roundevenf;
    j0 j0f; j1 j1f; y0 y0f; y1 y1f;
}

/// A result that is infinite or not a number although the argument is neither: EDOM or ERANGE.
#[inline(always)]
fn checked64(result: f64, finite: bool) -> f64 {
    if !result.is_finite() && finite {
        errno::set(if result.is_nan() { Errno::EDOM } else { Errno::ERANGE });
    }
    result
}

#[inline(always)]
fn checked32(result: f32, finite: bool) -> f32 {
    if !result.is_finite() && finite {
        errno::set(if result.is_nan() { Errno::EDOM } else { Errno::ERANGE });
    }
    result
}

macro_rules! unary_checked {
    ($($name:ident $float:ident;)*) => {$(
        #[unsafe(no_mangle)]
        extern "C" fn $name(x: f64) -> f64 {
            checked64(libm::$name(x), x.is_finite())
        }
        #[unsafe(no_mangle)]
        extern "C" fn $float(x: f32) -> f32 {
            checked32(libm::$float(x), x.is_finite())
        }
    )*};
}
unary_checked! {
    cosh coshf; sinh sinhf; exp expf; exp2 exp2f; exp10 exp10f; expm1 expm1f; log logf; log2 log2f; log1p log1pf; tgamma tgammaf;
}

/// Functions whose invalid result has a certain sign elsewhere, which `printf` shows: positive, or what the CPU makes of 0/0.
macro_rules! unary_invalid {
    ($($name:ident $float:ident |$x:ident| $invalid:expr;)*) => {$(
        #[unsafe(no_mangle)]
        extern "C" fn $name($x: f64) -> f64 {
            let result = libm::$name($x);
            if result.is_nan() && !$x.is_nan() {
                errno::set(Errno::EDOM);
                return $invalid as f64;
            }
            checked64(result, $x.is_finite())
        }
        #[unsafe(no_mangle)]
        extern "C" fn $float($x: f32) -> f32 {
            let result = libm::$float($x);
            if result.is_nan() && !$x.is_nan() {
                errno::set(Errno::EDOM);
                return $invalid as f32;
            }
            checked32(result, $x.is_finite())
        }
    )*};
}
unary_invalid! {
    acos acosf |x| f64::NAN;
    asin asinf |x| f64::NAN;
    log10 log10f |x| f64::NAN;
    acosh acoshf |x| invalid();
    atanh atanhf |x| invalid();
    sqrt sqrtf |x| invalid();
}

/// 0/0 as this CPU computes it at run time.
fn invalid() -> f64 {
    let (numerator, denominator) = (core::hint::black_box(0.0_f64), core::hint::black_box(0.0_f64));
    numerator / denominator
}

macro_rules! binary_checked {
    ($($name:ident $float:ident;)*) => {$(
        #[unsafe(no_mangle)]
        extern "C" fn $name(x: f64, y: f64) -> f64 {
            checked64(libm::$name(x, y), x.is_finite() && y.is_finite())
        }
        #[unsafe(no_mangle)]
        extern "C" fn $float(x: f32, y: f32) -> f32 {
            checked32(libm::$float(x, y), x.is_finite() && y.is_finite())
        }
    )*};
}
binary_checked! {
    pow powf; hypot hypotf; fmod fmodf; remainder remainderf; nextafter nextafterf; fdim fdimf;
}

macro_rules! binary {
    ($($name:ident $float:ident;)*) => {$(
        #[unsafe(no_mangle)]
        extern "C" fn $name(x: f64, y: f64) -> f64 {
            libm::$name(x, y)
        }
        #[unsafe(no_mangle)]
        extern "C" fn $float(x: f32, y: f32) -> f32 {
            libm::$float(x, y)
        }
    )*};
}
binary! {
    atan2 atan2f; copysign copysignf;
}

macro_rules! extremes {
    ($f:ty: $max:ident $min:ident) => {
        /// The number where one is none; of two zeros the positive one.
        #[unsafe(no_mangle)]
        extern "C" fn $max(x: $f, y: $f) -> $f {
            if x.is_nan() || x < y || (x == y && x.is_sign_negative()) { y } else { x }
        }
        /// The number where one is none; of two zeros the negative one.
        #[unsafe(no_mangle)]
        extern "C" fn $min(x: $f, y: $f) -> $f {
            if x.is_nan() || x > y || (x == y && y.is_sign_negative()) { y } else { x }
        }
    };
}
extremes!(f64: fmax fmin);
extremes!(f32: fmaxf fminf);

/// Rounds as the current mode says, like rint; only the flags differ, which nobody sees here.
#[unsafe(no_mangle)]
extern "C" fn nearbyint(x: f64) -> f64 {
    libm::rint(x)
}

#[unsafe(no_mangle)]
extern "C" fn nearbyintf(x: f32) -> f32 {
    libm::rintf(x)
}

#[unsafe(no_mangle)]
extern "C" fn fma(x: f64, y: f64, z: f64) -> f64 {
    libm::fma(x, y, z)
}

#[unsafe(no_mangle)]
extern "C" fn fmaf(x: f32, y: f32, z: f32) -> f32 {
    libm::fmaf(x, y, z)
}

macro_rules! mixed {
    ($f:ty: $frexp:ident $ldexp:ident $scalbn:ident $scalbln:ident $modf:ident $ilogb:ident $logb:ident $lrint:ident $llrint:ident
     $lround:ident $llround:ident $remquo:ident $nan:ident $jn:ident $yn:ident $rint:ident $round:ident $sincos:ident $lgamma_r:ident $lgamma:ident
     $significand:ident) => {
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $frexp(x: $f, exponent: *mut c_int) -> $f {
            let (fraction, e) = libm::$frexp(x);
            *exponent = e;
            fraction
        }
        #[unsafe(no_mangle)]
        extern "C" fn $ldexp(x: $f, exponent: c_int) -> $f {
            let result = libm::$scalbn(x, exponent);
            if x != 0.0 && x.is_finite() && (result == 0.0 || !result.is_finite()) {
                errno::set(Errno::ERANGE);
            }
            result
        }
        #[unsafe(no_mangle)]
        extern "C" fn $scalbn(x: $f, exponent: c_int) -> $f {
            $ldexp(x, exponent)
        }
        #[unsafe(no_mangle)]
        extern "C" fn $scalbln(x: $f, exponent: c_long) -> $f {
            $ldexp(x, exponent.clamp(-100_000, 100_000) as c_int)
        }
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $modf(x: $f, whole: *mut $f) -> $f {
            let (fraction, integer) = libm::$modf(x);
            *whole = integer;
            // The fraction has x's sign, also when it is zero; an infinity has none.
            if x.is_infinite() { (0.0 as $f).copysign(x) } else { fraction.copysign(x) }
        }
        #[unsafe(no_mangle)]
        extern "C" fn $ilogb(x: $f) -> c_int {
            if x == 0.0 || !x.is_finite() {
                errno::set(Errno::EDOM);
                return if x.is_infinite() {
                    c_int::MAX
                } else if x == 0.0 {
                    crate::arch::ILOGB0
                } else {
                    crate::arch::ILOGBNAN
                };
            }
            libm::$ilogb(x)
        }
        #[unsafe(no_mangle)]
        extern "C" fn $logb(x: $f) -> $f {
            if x == 0.0 {
                errno::set(Errno::ERANGE);
                return -1.0 / x.abs();
            }
            if !x.is_finite() { x * x } else { libm::$ilogb(x) as $f }
        }
        #[unsafe(no_mangle)]
        extern "C" fn $lrint(x: $f) -> c_long {
            libm::$rint(x) as c_long
        }
        #[unsafe(no_mangle)]
        extern "C" fn $llrint(x: $f) -> c_longlong {
            libm::$rint(x) as c_longlong
        }
        #[unsafe(no_mangle)]
        extern "C" fn $lround(x: $f) -> c_long {
            libm::$round(x) as c_long
        }
        #[unsafe(no_mangle)]
        extern "C" fn $llround(x: $f) -> c_longlong {
            libm::$round(x) as c_longlong
        }
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $remquo(x: $f, y: $f, quotient: *mut c_int) -> $f {
            let (rest, q) = libm::$remquo(x, y);
            *quotient = q;
            rest
        }
        #[unsafe(no_mangle)]
        extern "C" fn $nan(_tag: *const u8) -> $f {
            <$f>::NAN
        }
        #[unsafe(no_mangle)]
        extern "C" fn $jn(n: c_int, x: $f) -> $f {
            libm::$jn(n, x)
        }
        #[unsafe(no_mangle)]
        extern "C" fn $yn(n: c_int, x: $f) -> $f {
            libm::$yn(n, x)
        }
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $sincos(x: $f, sine: *mut $f, cosine: *mut $f) {
            let (s, c) = libm::$sincos(x);
            *sine = s;
            *cosine = c;
        }
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $lgamma_r(x: $f, sign: *mut c_int) -> $f {
            let (result, s) = libm::$lgamma_r(x);
            *sign = s;
            result
        }
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $lgamma(x: $f) -> $f {
            let (result, s) = libm::$lgamma_r(x);
            signgam = s;
            if result.is_infinite() && x.is_finite() {
                errno::set(Errno::ERANGE);
            }
            result
        }
        #[unsafe(no_mangle)]
        extern "C" fn $significand(x: $f) -> $f {
            if x == 0.0 || !x.is_finite() { x } else { libm::$scalbn(x, -libm::$ilogb(x)) }
        }
    };
}
mixed!(f64: frexp ldexp scalbn scalbln modf ilogb logb lrint llrint lround llround remquo nan jn yn rint round sincos lgamma_r lgamma
    significand);
mixed!(f32: frexpf ldexpf scalbnf scalblnf modff ilogbf logbf lrintf llrintf lroundf llroundf remquof nanf jnf ynf rintf roundf sincosf
    lgammaf_r lgammaf significandf);

/// The sign of gamma as `lgamma` found it last.
#[unsafe(no_mangle)]
static mut signgam: c_int = 0;

#[unsafe(no_mangle)]
unsafe extern "C" fn gamma(x: f64) -> f64 {
    lgamma(x)
}

#[unsafe(no_mangle)]
extern "C" fn drem(x: f64, y: f64) -> f64 {
    remainder(x, y)
}

#[unsafe(no_mangle)]
extern "C" fn pow10(x: f64) -> f64 {
    exp10(x)
}

#[unsafe(no_mangle)]
extern "C" fn scalb(x: f64, n: f64) -> f64 {
    if x.is_nan() || n.is_nan() { x * n } else { ldexp(x, n.clamp(-100_000.0, 100_000.0) as c_int) }
}

/// FP_NAN, FP_INFINITE, FP_ZERO, FP_SUBNORMAL, FP_NORMAL.
fn kind(category: core::num::FpCategory) -> c_int {
    match category {
        core::num::FpCategory::Nan => 0,
        core::num::FpCategory::Infinite => 1,
        core::num::FpCategory::Zero => 2,
        core::num::FpCategory::Subnormal => 3,
        core::num::FpCategory::Normal => 4,
    }
}

macro_rules! classified {
    ($f:ty: $classify:ident $signbit:ident $isnan:ident $isinf:ident $finite:ident, $($alias:ident = $of:ident)*) => {
        #[unsafe(no_mangle)]
        extern "C" fn $classify(x: $f) -> c_int {
            kind(x.classify())
        }
        #[unsafe(no_mangle)]
        extern "C" fn $signbit(x: $f) -> c_int {
            c_int::from(x.is_sign_negative())
        }
        #[unsafe(no_mangle)]
        extern "C" fn $isnan(x: $f) -> c_int {
            c_int::from(x.is_nan())
        }
        /// 1 or -1 for an infinity, by its sign.
        #[unsafe(no_mangle)]
        extern "C" fn $isinf(x: $f) -> c_int {
            if x.is_infinite() { if x > 0.0 { 1 } else { -1 } } else { 0 }
        }
        #[unsafe(no_mangle)]
        extern "C" fn $finite(x: $f) -> c_int {
            c_int::from(x.is_finite())
        }
        $(
            #[unsafe(no_mangle)]
            extern "C" fn $alias(x: $f) -> c_int {
                $of(x)
            }
        )*
    };
}
classified!(f64: __fpclassify __signbit __isnan __isinf __finite, isnan = __isnan isinf = __isinf finite = __finite);
classified!(f32: __fpclassifyf __signbitf __isnanf __isinff __finitef, isnanf = __isnanf isinff = __isinff finitef = __finitef);
