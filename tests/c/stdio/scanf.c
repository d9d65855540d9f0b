/* sscanf and fscanf: every conversion, what is stored, what is counted, what is left. */
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static void integers(const char *text, const char *format)
{
	long long a = -7, b = -7;
	int n = -1;
	errno = 0;
	int r = sscanf(text, format, &a, &b, &n);
	printf("'%s' '%s': %d %lld %lld %d\n", text, format, r, a, b, n);
}
static void ints(const char *text, const char *format)
{
	int a = -7, b = -7, n = -1;
	int r = sscanf(text, format, &a, &b, &n);
	printf("'%s' '%s': %d %d %d %d\n", text, format, r, a, b, n);
}
static void doubles(const char *text, const char *format)
{
	double a = -7, b = -7;
	int n = -1;
	int r = sscanf(text, format, &a, &b, &n);
	printf("'%s' '%s': %d %a %a %d\n", text, format, r, a, b, n);
}
static void texts(const char *text, const char *format)
{
	char a[64], b[64];
	int n = -1;
	memset(a, '~', sizeof a), memset(b, '~', sizeof b);
	a[63] = b[63] = 0;
	int r = sscanf(text, format, a, b, &n);
	printf("'%s' '%s': %d %.20s|%.20s %d\n", text, format, r, a, b, n);
}

int main(void)
{
	static const char *const numbers[] = { "", " ", "12", "12 34", "-12 +34", "0x1f 077", "abc", "-", "+ 5", "99999999999999999999 -99999999999999999999", "0", "0x", "0xg",
		"08 09", "12abc", "  7,8", "1234567890", "-0x10 0X10", "18446744073709551615 18446744073709551616", "2147483648 4294967296", "-1 -2", "0b101 5" };
	static const char *const formats[] = { "%lld%lld%n", "%lli%lli%n", "%llu %llu%n", "%llx%llx%n", "%llo%llo%n", "%2lld%3lld%n", "%lld,%lld%n", "%*lld%lld%n", "%1llx%llx%n", "%3lli%lli%n", "%lld %%%lld%n" };
	for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++)
		for (unsigned k = 0; k < sizeof formats / sizeof *formats; k++)
			integers(numbers[i], formats[k]);
	static const char *const small[] = { "%d%d%n", "%i%i%n", "%u%u%n", "%x%x%n", "%hd%hd%n", "%hhd%hhd%n", "%hhu%hu%n", "%2d%d%n", "%d%n%n", "%X%o%n", "%2$d%1$d%3$n" };
	for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++)
		for (unsigned k = 0; k < sizeof small / sizeof *small; k++)
			ints(numbers[i], small[k]);
	static const char *const floats[] = { "", "1", "1.5 2.5", "1e5x", "1e", "1e+", "1e+x", "1e-5e", ".", ".5.5", "-.5", "+", "-", "inf nan", "infinity -inf", "infi", "in", "na", "nan", "-nan(5)", "0x",
		"0x1.8p3 0x1p-2", "0x1p", "0x.", "0x.8", "1..2", "1.e", "1e5.5", "12345678901234567890123456789012345678901234567890", "0x1.8e5", "1,2", "00012", "1e400 1e-400", "0e5", "1E+05", "e5", "--1" };
	static const char *const lf[] = { "%lf%lf%n", "%3lf%lf%n", "%le %la%n", "%1lf%1lf%n", "%*lf%lf%n", "%lfe%lf%n", "%4lg%lf%n" };
	for (unsigned i = 0; i < sizeof floats / sizeof *floats; i++)
		for (unsigned k = 0; k < sizeof lf / sizeof *lf; k++)
			doubles(floats[i], lf[k]);
	static const char *const words[] = { "", "word", "two words", "  leading", "abc123def", "]x-y^z", "a-b-c", "\n\tx\ny", "aaaaaaaaaaaaaaaaaaaa", "%x y", "x", "123" };
	static const char *const strings[] = { "%s%s%n", "%3s%4s%n", "%[a-z]%s%n", "%[^0-9]%[0-9]%n", "%[]x]%[]-z^]%n", "%[^]x]%s%n", "%c%c%n", "%3c%2c%n", "%*s%s%n", "%[a-]%[b-]%n", "%*[a-z]%s%n",
		"x%s%s%n", " %c %c%n", "%%%s%s%n", "%5[a-z]%c%n", "%1[a]%[^\n]%n", "%[z-a]%s%n", "%*c%s%n", "%*3c%c%n" };
	for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
		for (unsigned k = 0; k < sizeof strings / sizeof *strings; k++)
			texts(words[i], strings[k]);

	float f = 0;
	long double l = 0;
	void *p = 0, *q = &p;
	short h;
	signed char c;
	intmax_t j;
	size_t z;
	ptrdiff_t t;
	printf("%d", sscanf("1.1 1.1 0x1234 (nil) -5 -6 -7 8 -9", "%f %Lf %p %p %hd %hhd %jd %zu %td", &f, &l, &p, &q, &h, &c, &j, &z, &t));
	printf(" %a %La %p %p %d %d %jd %zu %td\n", f, l, p, q, h, c, j, z, t);

	char *s = 0, *u = 0;
	int r = sscanf("allocated text of some length that needs more than one block, really", "%ms %m[^,]", &s, &u);
	printf("%d <%s> <%s>\n", r, s, u);
	free(s), free(u);
	s = 0;
	r = sscanf("xyz", "%mc%3mc", &s, &u);
	printf("%d %c\n", r, s ? *s : '?');
	free(s);
	wchar_t w[20] = { 0 };
	wchar_t x = 0;
	r = sscanf("wide words", "%ls %lc%l[a-q]", w, &x, w + 10);
	printf("%d %ls %lc %ls\n", r, w, (wint_t)x, w + 10);

	/* A stream: what was not taken is still there. */
	FILE *file = tmpfile();
	fputs("12 abc 3.5e2xyz\n7\n", file);
	rewind(file);
	int i = 0;
	double d = 0;
	char word[10];
	printf("%d", fscanf(file, "%d%9s%lf", &i, word, &d));
	printf(" %d %s %g %c %ld\n", i, word, d, getc(file), ftell(file));
	printf("%d", fscanf(file, "%d", &i));
	printf(" %d", fscanf(file, "yz%d", &i));
	printf(" %d", i);
	printf(" %d", fscanf(file, "%d", &i));
	printf(" %d\n", feof(file) != 0);
	/* Longer than any buffer. */
	rewind(file);
	for (int k = 0; k < 30000; k++)
		putc('0' + k % 10, file);
	fputs(" 5", file);
	rewind(file);
	char *all = 0;
	r = fscanf(file, "%ms%d", &all, &i);
	printf("%d %zu %d\n", r, strlen(all), i);
	free(all);
	rewind(file);
	r = fscanf(file, "%lf %n", &d, &i);
	printf("%d %a %d\n", r, d, i);
	fclose(file);
	return 0;
}
