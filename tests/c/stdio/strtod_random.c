/* Random texts through strtod, strtof and strtold: value, how much was taken, errno.
 *
 * timeout: 60
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state = 88172645463325252u;
static uint64_t next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state * 0x2545f4914f6cdd1d;
}
static unsigned below(unsigned n) { return (next() >> 33) % n; }

static void digits(char **p, int n, const char *of)
{
	int k = strlen(of);
	while (n-- > 0)
		*(*p)++ = of[below(k)];
}

static void show(const char *text)
{
	char *end;
	errno = 0;
	double d = strtod(text, &end);
	printf("%.40s: %a %d %d", text, d, (int)(end - text), errno);
	errno = 0;
	float f = strtof(text, &end);
	printf(" %a %d %d", f, (int)(end - text), errno);
	errno = 0;
	long double l = strtold(text, &end);
	printf(" %La %d %d\n", l, (int)(end - text), errno);
}

int main(void)
{
	static const char *const fixed[] = { "", " ", "+", "-", ".", "0", "-0", "0x", "0x.", "0x.p1", "0xg", "0x1", "0X1.8P+3z", "0x1p", "0x1p+", "1e", "1e+", "1e5",
		"1.e5", ".5", "5.", ".e5", "inf", "-INF", "infinity", "infinit", "nan", "NaN(12)", "nan(", "nan(a b)", "-nan", " \t\n\v\f\r12.5x", "1e400", "-1e400",
		"1e-400", "1e5000", "1e-5000", "1e99999999999999999999", "1e-99999999999999999999", "0e99999999999999999999", "4.9e-324", "2.4703282292062327e-324",
		"2.4703282292062328e-324", "2.2250738585072011e-308", "2.2250738585072012e-308", "1.7976931348623158e308", "1.7976931348623159e308", "9007199254740993",
		"9007199254740992.99999999999999999999999999999999999999999", "9007199254740993.00000000000000000000000000000000000000001",
		"3.6451995318824746025284059336194e-4951", "1.8225997659412373012642029668097e-4951", "1.8225997659412373012642029668098e-4951",
		"1.18973149535723176502e4932", "1.18973149535723176506e4932", "1.18973149535723176509e+4932",
		"3.40282347e38", "3.40282357e38", "1.4e-45", "7e-46", "7.1e-46", "0x1.fffffeffffffp127", "0x1.ffffffp127", "0x1.fffffffffffff8p1023",
		"0x0.00000000000008p-1022", "0x0.000000000000080000001p-1022", "0x1p-1075", "0x1.8p-1075", "0x1p-16445", "0x1p-16446", "0x1.8p-16446", "0x1p16383", "0x1p16384",
		"0x1.00000000000008p0", "0x1.000000000000080p0", "0x1.0000000000000800000000000000000000000001p0", "0x123456789abcdef0123456789abcdef0123456789.8p-10",
		"0x.00000000000000000000000000000000000000000000001p300", "00000000000000000000000000000000000000000000001.5", "1_000", "1,5", "0.1", "0.3", "123456789012345678901234567890" };
	for (unsigned i = 0; i < sizeof fixed / sizeof *fixed; i++)
		show(fixed[i]);
	static char text[30000];
	for (int i = 0; i < 20000; i++) {
		char *p = text;
		if (below(4) == 0)
			*p++ = "+-"[below(2)];
		if (below(10) == 0) {
			p += sprintf(p, "0x");
			digits(&p, 1 + below(below(4) ? 16 : 40), "0123456789abcdefABCDEF");
			if (below(2)) {
				*p++ = '.';
				digits(&p, below(20), "0123456789abcdef00");
			}
			if (below(2))
				p += sprintf(p, "p%d", (int)below(3000) - 1500);
		} else {
			int many = below(below(500) ? 40 : 12000);
			digits(&p, below(8) ? below(22) : many, below(8) ? "0123456789" : "0000000001");
			if (below(2)) {
				*p++ = '.';
				digits(&p, below(8) ? below(22) : many, below(8) ? "0123456789" : "0000000001");
			}
			if (below(2))
				p += sprintf(p, "e%d", below(6) ? (int)below(700) - 350 : (int)below(10200) - 5100);
		}
		*p = 0;
		show(text);
	}
	/* Exactly between two neighbours, and one unit in a far place to each side. */
	for (int i = 0; i < 300; i++) {
		union { uint64_t u; double d; } v = { next() & 0x7fefffffffffffff };
		union { uint64_t u; double d; } w = { v.u + 1 };
		long double half = ((long double)v.d + (long double)w.d) / 2;
		int n = sprintf(text, "%.1200Lf", half);
		show(text);
		text[n - 1]++;
		show(text);
	}
	return 0;
}
