/* What the random test does not reach: numbered arguments, stars, %n, %m, wide characters, truncation, unknown conversions, errors. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static int list(char *to, size_t size, const char *format, ...)
{
	va_list l;
	va_start(l, format);
	int r = vsnprintf(to, size, format, l);
	va_end(l);
	return r;
}

int main(void)
{
	char out[4000];
	int n = 0, m = 0;
	short h = 0;
	signed char c = 0;
	long long q = 0;
	printf("%2$s %1$d %2$s\n", 5, "two");
	printf("%3$*1$.*2$f|%4$-*1$d|%5$Lg\n", 12, 3, 3.14159, 42, 2.5L);
	printf("%1$d %1$x %1$o %2$g %2$a %3$c\n", 255, 0.5, 'z');
	printf("%*d|%-*d|%*d|%.*f|%.*f\n", 8, 1, 8, 2, -8, 3, 2, 1.005, -5, 1.0);
	printf("abc%n def%hn ghi%hhn jkl%lln\n", &n, &h, &c, &q);
	printf("%d %d %d %lld\n", n, h, c, q);
	errno = ENOENT;
	printf("%m|%30m|%-30m|%.5m\n");
	printf("%ls|%5ls|%-5ls|%.2ls|%lc|%5lc\n", L"wide", L"abc", L"abc", L"abcdef", (wint_t)L'x', (wint_t)L'y');
	printf("%S %C\n", L"capital", (wint_t)L'S');
	printf("%s|%.3s|%.6s|%10s|%ls\n", (char *)0, (char *)0, (char *)0, (char *)0, (wchar_t *)0);
	printf("%p %10p %-10p| %p %+p % p %20p %#p\n", (void *)0, (void *)0, (void *)0, (void *)4096, (void *)1, (void *)2, (void *)3, (void *)4);
	printf("%%|%5%|%-5%|%y|%-5.3y|%#'+0 8lQ|\n");
	printf("%#x %#X %#o %#b %#B %#x %#o %#.0o %#.0x\n", 255, 255, 8, 5, 5, 0, 0, 0, 0);
	printf("%hhd %hhu %hd %hu %d %u %ld %lu\n", 300, 300, 70000, 70000, INT_MIN, UINT_MAX, LONG_MIN, ULONG_MAX);
	printf("%jd %zu %td %qd %Ld %Zu\n", (intmax_t)-1, (size_t)2, (ptrdiff_t)-3, 4LL, 5LL, (size_t)6);
	printf("%'d %'u %'.2f %Id\n", 1234567, 7654321, 12345.678, 77);
	printf("%.0f %.0f %.0f %.0f %.1f %.1f %.2f\n", 0.5, 1.5, 2.5, 3.5, 0.25, 0.35, 2.675);
	printf("%g %g %g %g %#g %g %.3g %.10g %G\n", 100000.0, 1000000.0, 0.0001, 0.00001, 1.0, 0.0, 1234.5, 0.1, 1e-10);
	printf("%e %.0e %#.0e %E %.15e\n", 12345.678, 12345.678, 12345.678, 1e100, 0.1);
	printf("%a %.1a %.0a %A %a %a %.3a\n", 1.0, 1.999, 1.5, 0.1, 5e-324, 0.0, 1.9999999);
	printf("%La %.1La %.0La %Lg %.30Lf\n", 1.0L, 1.999L, 1.5L, 1e4000L, 0.1L);
	printf("%f %F %e %g %a %5.1f|%-8f|%08f|%+f|% f\n", 1 / 0.0, -1 / 0.0, 0 / 0.0, 1 / 0.0, 1 / 0.0, 1 / 0.0, 1 / 0.0, 1 / 0.0, 1 / 0.0, 1 / 0.0);
	printf("%.3000f\n", 5e-324);
	printf("%.400f\n", 1.7976931348623157e308);
	printf("%.20Lf\n", 1e4931L);
	printf("%.17g %.17g %.17g %.16g %.18g\n", 0.1, 1.0 / 3, 123456789012345678.0, 0.1 + 0.2, 1e-320);
	for (int size = 0; size < 12; size++) {
		memset(out, '#', 16);
		int r = snprintf(out, size, "%s-%d-%c", "text", 123, 'x');
		printf("%d %.16s|\n", r, out);
	}
	printf("%d\n", snprintf(0, 0, "%1000d%s", 5, "tail"));
	printf("%d\n", list(out, sizeof out, "%d %d %d %d %d %d %d %d %d %f %f %f %f %f %f %f %f %f %Lf %d", 1, 2, 3, 4, 5, 6, 7, 8, 9, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0,
		10.0L, 10));
	puts(out);
	printf("%d\n", list(out, sizeof out, "%f %Lf %f %Lf %d %Lf", 1.0, 2.0L, 3.0, 4.0L, 5, 6.0L));
	puts(out);
	errno = 0;
	n = snprintf(out, sizeof out, "%99999999999d", 1);
	printf("%d %d\n", n, errno == EOVERFLOW);
	n = snprintf(out, sizeof out, "abc%");
	printf("%d\n", n);
	n = snprintf(out, sizeof out, "%lc", (wint_t)0x110000);
	printf("%d\n", n);
	char *a = 0;
	n = asprintf(&a, "%d-%s-%*d", 1, "two", 3000, 3);
	printf("%d %zu %.10s\n", n, strlen(a), a);
	free(a);
	fflush(stdout);
	n = dprintf(1, "dprintf %d %s %2000d\n", 1, "x", 5);
	printf("%d\n", n);
	n = fprintf(stderr, "%s", "");
	printf("%d\n", n);
	n = sprintf(out, "%s %5.2f", "sprintf", 2.0);
	printf("%d %s\n", n, out);
	m = printf("%s", "");
	printf("%d\n", m);
	return 0;
}
