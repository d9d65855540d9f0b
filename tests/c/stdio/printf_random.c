/* Random conversions of random values: every result is hashed, one hash a hundred results, so that both libraries' outputs can be compared.
 * With a number as argument, that hundred is shown in full.
 *
 * timeout: 60
 */
#include <stdio.h>
#include <stdint.h>
#include <string.h>

static uint64_t state = 0x9e3779b97f4a7c15;
static uint64_t next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state * 0x2545f4914f6cdd1d;
}
static unsigned below(unsigned n) { return (next() >> 33) % n; }

static double any_double(void)
{
	union { uint64_t u; double d; } v;
	static const double nice[] = { 0, 1, 10, 100, 0.1, 0.5, 1.5, 2.5, 1e15, 1e16, 1e21, 1e22, 1e23, 9.5, 99.5, 999.5, 0.95, 0.0001, 0.00001,
		123456789, 4503599627370497.5, 9007199254740993.0, 1e-5, 9.9999e-5, 0.125, 0.375, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308,
		18446744073709551615.0, 1e19, 1e18, 999999.5, 9999995, 0.000099999995, 1.0 / 0.0, -1.0 / 0.0, 0.0 / 0.0 };
	double sign = below(2) ? 1 : -1;
	switch (below(8)) {
	case 0: v.u = next(); return v.d;
	case 1: return sign * nice[below(sizeof nice / sizeof *nice)];
	case 2: return sign * below(100000) / 1000.0;
	case 3: return sign * below(1 << 20) / 1024.0;
	case 4: return sign * (double)next() / (double)(1ull << below(64));
	case 5: return sign * (double)(next() >> below(64));
	case 6: return sign * below(1000) / 8.0;
	default: v.u = (next() & 0x800fffffffffffff) | (uint64_t)(1023 - 70 + below(140)) << 52; return v.d;
	}
}

static long double any_long_double(void)
{
	long double v = (long double)any_double() + (long double)any_double() / 1e17L;
	if (below(4) == 0) {
		int n = below(5000);
		while (n-- > 0)
			v = v < 1e-4900L && v > -1e-4900L ? v * 3 : v * 0.1L;
	} else if (below(4) == 0) {
		int n = below(5000);
		while (n-- > 0 && v < 1e4930L && v > -1e4930L)
			v *= 10;
	}
	return v;
}

static uint64_t any_integer(void)
{
	switch (below(4)) {
	case 0: return below(100);
	case 1: return -(uint64_t)below(100);
	case 2: return next();
	default: return next() >> below(64);
	}
}

int main(int argc, char **argv)
{
	int shown = argc > 1 ? 0 : -1;
	for (char *p = argc > 1 ? argv[1] : ""; *p; p++)
		shown = shown * 10 + *p - '0';
	static char out[20000];
	for (int batch = 0; batch < 600; batch++) {
		uint64_t hash = 14695981039346656037u;
		for (int i = 0; i < 100; i++) {
			char format[64];
			int n = 0, result = 0;
			format[n++] = '<';
			format[n++] = '%';
			for (int k = below(4); k > 0; k--)
				format[n++] = "#0- +"[below(5)];
			if (below(3) == 0)
				n += sprintf(format + n, "%u", below(60));
			int wide = below(200) == 0;
			if (below(2))
				n += sprintf(format + n, ".%u", below(8) ? below(24) : below(wide ? 12000 : 400));
			else if (below(10) == 0)
				format[n++] = '.';
			/* Not `#` with g: where rounding carries into a new digit, glibc drops the zeros that `#` keeps. */
			int plain_g = memchr(format, '#', n) == 0;
			size_t size = below(6) ? sizeof out : below(40);
			memset(out, '~', 64);
			switch (below(12)) {
			case 0: case 1: case 2: case 3: case 4:
				format[n++] = "aAeEfFgG"[below(plain_g ? 8 : 6)];
				strcpy(format + n, ">");
				result = snprintf(out, size, format, any_double());
				break;
			case 5:
				format[n++] = 'L';
				format[n++] = "aAeEfFgG"[below(plain_g ? 8 : 6)];
				strcpy(format + n, ">");
				result = snprintf(out, size, format, any_long_double());
				break;
			case 6:
				format[n++] = "sc"[below(2)];
				strcpy(format + n, ">");
				if (format[n - 1] == 'c')
					result = snprintf(out, size, format, (int)any_integer());
				else
					result = snprintf(out, size, format, below(10) ? "some text of a few words" + below(24) : NULL);
				break;
			case 7:
				format[n++] = 'p';
				strcpy(format + n, ">");
				result = snprintf(out, size, format, (void *)any_integer());
				break;
			default: {
				static const char *const sizes[] = { "hh", "h", "", "l", "ll", "j", "z", "t", "L", "q" };
				int kind = below(10);
				n += sprintf(format + n, "%s%c>", sizes[kind], "dioxXub"[below(7)]);
				result = snprintf(out, size, format, any_integer());
			}
			}
			if (batch == shown)
				printf("%s %d %zu %.*s\n", format, result, size, size < 300 ? (int)size : 300, out);
			for (char *p = format; *p; p++)
				hash = (hash ^ (unsigned char)*p) * 1099511628211u;
			for (int p = 0; p < 64 || (size > 64 && p <= result); p++)
				hash = (hash ^ (unsigned char)out[p]) * 1099511628211u;
			hash = (hash ^ (unsigned)result) * 1099511628211u;
		}
		printf("%d %016llx\n", batch, (unsigned long long)hash);
	}
	return 0;
}
