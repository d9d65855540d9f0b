/* Random calls of one family of functions; what each came to, as a line of text. Compiled with the host's libc and with dacapo's, the lines must be
 * equal: ci/fuzz.py compares them, first by hashes of 256 cases.
 *
 *   fuzz FAMILY SEED FIRST COUNT          one hash a 256 cases
 *   fuzz FAMILY SEED FIRST COUNT show     one line a case
 *
 * A case depends on seed and number only, so any of them can be repeated alone. Texts and arrays end at a page that cannot be touched.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

static uint64_t state;
static uint64_t next(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}
static unsigned below(unsigned n) { return (next() >> 33) % n; }
static const char *one_of(const char *const *list, unsigned n) { return list[below(n)]; }
#define ONE_OF(...) one_of((const char *const[]){ __VA_ARGS__ }, sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

/* What the case says. */
static char line[1 << 16];
static size_t said;
static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...)
{
	__builtin_va_list list;
	__builtin_va_start(list, format);
	int n = vsnprintf(line + said, sizeof line - said, format, list);
	__builtin_va_end(list);
	if (n > 0)
		said = said + n < sizeof line ? said + n : sizeof line - 1;
}
/* Bytes in a form that both libraries print alike. */
static void say_bytes(const void *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < n && said + 4 < sizeof line; i++) {
		unsigned char c = ((const unsigned char *)bytes)[i];
		if (c > 32 && c < 127 && c != '\\') {
			line[said++] = c;
		} else {
			line[said++] = '\\';
			line[said++] = digits[c >> 4];
			line[said++] = digits[c & 15];
		}
	}
	line[said] = 0;
}

enum { ROOM = 8192 };
/* Two arenas, each followed by a page that cannot be touched. */
static unsigned char *arena[3];
static void *at_end(int which, size_t n) { return arena[which] + ROOM - n; }

static double any_double(void)
{
	union { uint64_t u; double d; } v;
	static const double nice[] = { 0, 1, 10, 0.1, 0.5, 2.5, 1e15, 1e16, 1e22, 1e23, 9.5, 999.5, 0.00001, 9007199254740993.0, 5e-324,
		2.2250738585072014e-308, 1.7976931348623157e308, 999999.5, 1.0 / 0.0, 0.0 / 0.0 };
	switch (below(5)) {
	case 0: v.u = next(); break;
	case 1: v.d = nice[below(sizeof nice / sizeof *nice)]; break;
	case 2: v.d = below(100000) / 1000.0; break;
	case 3: v.d = (double)next() / (double)(1ull << below(64)); break;
	default: v.u = (next() & 0xfffffffffffff) | (uint64_t)(1023 - 70 + below(140)) << 52; break;
	}
	return below(2) ? v.d : -v.d;
}

static uint64_t any_integer(void)
{
	switch (below(5)) {
	case 0: return below(100);
	case 1: return -(uint64_t)below(100);
	case 2: return next();
	case 3: return (1ull << below(64)) - below(2);
	default: return next() >> below(64);
	}
}

static size_t any_length(void) { return below(4) ? below(40) : below(4) ? below(300) : below(5000); }

static void any_text(char *to, size_t n, const char *of)
{
	size_t k = strlen(of);
	for (size_t i = 0; i + 1 < n; i++)
		to[i] = of[below(k)];
	if (n)
		to[n - 1] = 0;
}

static void family_printf(void)
{
	char format[64] = "[%", out[512], text[40], *p = format + 2;
	int n, room = below(3) ? (int)sizeof out : (int)below(60);
	for (n = below(4); n--;)
		*p++ = "-+ #0'"[below(5)];
	if (below(2))
		p += sprintf(p, "%u", below(4) ? below(30) : below(300));
	if (below(2))
		p += sprintf(p, ".%.*s", below(5) ? 3 : 0, (char[4]){ '0' + below(3), '0' + below(10), 0 });
	const char *kind = ONE_OF("d", "i", "u", "x", "X", "o", "hhd", "hd", "ld", "lld", "jd", "zu", "lx", "llo", "hhx", "hu", "c", "s", "e", "f", "g", "a", "E", "G", "A",
		"Lf", "Lg", "Le", "F", "%", "p");
	strcpy(p, kind);
	strcat(p, "]%n");
	int count = -1;
	memset(out, '~', sizeof out);
	any_text(text, sizeof text, "abc %\xc3");
	switch (kind[strlen(kind) - 1]) {
	case 'd': case 'i': case 'u': case 'x': case 'X': case 'o':
		n = snprintf(out, room, format, any_integer(), &count);
		break;
	case 'c': n = snprintf(out, room, format, (int)below(127) + 1, &count); break;
	case 's': n = snprintf(out, room, format, text, &count); break;
	case '%': n = snprintf(out, room, format, &count); break;
	case 'p': n = snprintf(out, room, format, (void *)any_integer(), &count); break;
	default:
		n = kind[0] == 'L' ? snprintf(out, room, format, (long double)any_double() / 3, &count) : snprintf(out, room, format, any_double(), &count);
	}
	say("%s: %d %d ", format, n, count);
	say_bytes(out, n < 0 ? 0 : room < n + 1 ? room : n + 1);
}

static void family_scanf(void)
{
	char input[80], format[80] = "", set[16];
	struct { unsigned char bytes[96]; } value[4];
	memset(value, 0x55, sizeof value);
	any_text(input, 1 + below(60), ONE_OF("0123456789 ", "+-0x1aAfF.eE ", "abc123 \t\n", "infatyNAN().", "%5 ,;:", "-12 34,0x1F 0777 .5e3 "));
	int parts = 1 + below(4);
	for (int n = 0; n < parts; n++) {
		strcat(format, ONE_OF("", " ", ",", "a", " - ", "%%"));
		strcat(format, "%");
		int starred = below(6) == 0;
		if (starred)
			strcat(format, "*");
		if (below(2))
			sprintf(format + strlen(format), "%u", 1 + below(30));
		switch (below(4)) {
		case 0: strcat(format, ONE_OF("d", "i", "u", "x", "o", "hhd", "hd", "ld", "lld", "zu", "jd")); break;
		case 1: strcat(format, ONE_OF("f", "lf", "Lf", "e", "lg", "a")); break;
		case 2: strcat(format, ONE_OF("s", "c", "n")); break;
		default:
			/* Not: a set of nothing but ^, which has no end; a - that is neither first nor last nor between two letters in order. */
			any_text(set, 2 + below(6), "abc123.");
			sprintf(format + strlen(format), "[%s%s%s%s]", below(3) ? "" : "^", below(5) ? "" : "]", set, ONE_OF("", "", "0-9", "a-z", "-", "^"));
		}
	}
	errno = 0;
	int n = sscanf(input, format, &value[0], &value[1], &value[2], &value[3]);
	say("'");
	say_bytes(input, strlen(input));
	say("' '%s': %d", format, n);
	for (int i = 0; i < 4; i++) {
		int used = 96;
		while (used && value[i].bytes[used - 1] == 0x55)
			used--;
		say(" ");
		/* The six bytes behind a long double are nobody's. */
		say_bytes(value[i].bytes, strstr(format, "Lf") && used > 10 && used <= 16 ? 10 : used);
	}
}

static void family_number(void)
{
	char text[64], *end;
	any_text(text, 2 + below(50), ONE_OF("0123456789.eE+-", "0x123456789abcdefp.+-", "0123456789", "infatyINFATYNAN() ", " \t0123456789", "01", "zZyY19 "));
	int base = below(40);
	say("'");
	say_bytes(text, strlen(text));
	errno = 0;
	say("' %a", strtod(text, &end));
	say(" %d %d", (int)(end - text), errno);
	errno = 0;
	say(" %a", strtof(text, &end));
	say(" %d %d", (int)(end - text), errno);
	errno = 0;
	say(" %La", strtold(text, &end));
	say(" %d %d", (int)(end - text), errno);
	errno = 0;
	end = text;
	say(" base %d %ld", base, strtol(text, &end, base));
	say(" %d %d", (int)(end - text), errno);
	errno = 0;
	end = text;
	say(" %lu", strtoul(text, &end, base));
	say(" %d %d %d", (int)(end - text), errno, atoi(text));
}

static size_t element;
static int compare(const void *a, const void *b) { return memcmp(a, b, element); }
static void *context;
static int compare_with(const void *a, const void *b, void *with)
{
	context = with;
	return memcmp(a, b, element);
}

static void family_qsort(void)
{
	size_t n = below(3) ? below(40) : below(600);
	element = below(2) ? (size_t)1 << below(4) : 1 + below(13);
	while (n * element > ROOM)
		n /= 2;
	unsigned char *array = at_end(0, n * element), key[16];
	unsigned shape = below(4), values = 1 + below(below(2) ? 4 : 250);
	for (size_t i = 0; i < n * element; i++)
		array[i] = shape == 0 ? i / element : shape == 1 ? 255 - i / element : below(values);
	if (below(2))
		qsort(array, n, element, compare);
	else
		qsort_r(array, n, element, compare_with, array);
	uint64_t hash = 0;
	for (size_t i = 0; i < n * element; i++)
		hash = (hash ^ array[i]) * 0x100000001b3;
	for (size_t i = 0; i < sizeof key; i++)
		key[i] = below(values);
	unsigned char *found = bsearch(key, array, n, element, compare);
	say("%zu of %zu, shape %u: %016lx %d", n, element, shape, (unsigned long)hash, found ? memcmp(found, key, element) == 0 : -1);
}

static int sign(int n) { return (n > 0) - (n < 0); }
static long offset(const void *found, const void *start) { return found ? (const char *)found - (const char *)start : -1; }

static void family_string(void)
{
	size_t n = any_length(), m = below(3) ? below(8) : any_length();
	const char *of = ONE_OF("ab", "abcdefgh", "a", "aA \x80\xff", "abcdefghijklmnopqrstuvwxyz");
	char *a = at_end(0, n + 1), *b = at_end(1, m + 1), *c, *rest;
	any_text(a, n + 1, of);
	if (below(3) == 0 && m <= n)
		memcpy(b, a + below(n - m + 1), m), b[m] = 0;
	else
		any_text(b, m + 1, of);
	int byte = below(3) ? (unsigned char)of[below(strlen(of))] : (int)below(256);
	size_t limit = below(2) ? below(n + 10) : n;
	say("%zu %zu %d %zu:", n, m, byte, limit);
	say(" %zu %zu", strlen(a), strnlen(a, limit));
	say(" %ld %ld %ld", offset(strchr(a, byte), a), offset(strrchr(a, byte), a), offset(strchrnul(a, byte), a));
	say(" %ld %ld", offset(memchr(a, byte, n + 1), a), offset(memrchr(a, byte, n + 1), a));
	say(" %d %d %d %d", sign(strcmp(a, b)), sign(strncmp(a, b, limit)), sign(strcasecmp(a, b)), sign(strncasecmp(a, b, limit)));
	say(" %d", sign(memcmp(a, b, n < m ? n : m)));
	say(" %zu %zu %ld", strspn(a, b), strcspn(a, b), offset(strpbrk(a, b), a));
	say(" %ld %ld %ld", offset(strstr(a, b), a), offset(strcasestr(a, b), a), offset(memmem(a, n, b, m), a));
	/* Copies: overlapping, and to the end of an arena. */
	size_t k = n ? below(n) : 0, shift = n - k ? below(n - k) : 0;
	memmove(below(2) ? a + shift : a, a + (below(2) ? shift : 0), k);
	c = at_end(2, n + 1);
	say(" %ld", offset(stpcpy(c, a), c));
	memset(c, byte, k);
	c = at_end(2, limit);
	say(" %ld", offset(stpncpy(c, a, limit), c));
	uint64_t hash = 0;
	for (size_t i = 0; i < limit; i++)
		hash = (hash ^ (unsigned char)c[i]) * 0x100000001b3;
	say(" %016lx", (unsigned long)hash);
	int pieces = 0;
	for (char *piece = strtok_r(a, b, &rest); piece && pieces < 9; piece = strtok_r(NULL, b, &rest), pieces++)
		say(" %ld", offset(piece, a));
	c = arena[2];
	strcpy(c, "x");
	strncat(c, b, below(20));
	say(" %zu", strlen(c));
}

static void family_time(void)
{
	char out[256], format[16] = "%";
	struct tm tm = { 0 };
	time_t t = (int64_t)(next() >> below(30)) >> (20 + below(20));
	if (below(2))
		t = (int64_t)below(2000000000) * (below(2) ? 1 : -1);
	/* E and O only before what the standard allows them for: elsewhere they mean nothing. */
	const char *plain = "aAbBcCdDeFgGhHIjklmMnprRsStTuUVwWxXyYzZ%", *with_e = "cCxXyY", *with_o = "deHImMSuUVwWy";
	unsigned modifier = below(6);
	const char *list = modifier == 0 ? with_e : modifier == 1 ? with_o : plain;
	sprintf(format, "%%%s%c", modifier == 0 ? "E" : modifier == 1 ? "O" : "", list[below(strlen(list))]);
	if (!gmtime_r(&t, &tm)) {
		say("%ld: none %d", (long)t, errno);
		return;
	}
	size_t n = strftime(out, below(3) ? sizeof out : 1 + below(12), format, &tm);
	say("%ld %s: %zu ", (long)t, format, n);
	say_bytes(out, n);
	say(" %ld", (long)timegm(&tm));
	tm.tm_mon += (int)below(40) - 20;
	tm.tm_mday += (int)below(800) - 400;
	tm.tm_sec += (int)below(200000) - 100000;
	tm.tm_isdst = (int)below(2) - 1; /* summer time where there is none is unspecified */
	say(" %ld", (long)mktime(&tm));
	say(" %d-%d-%d %d:%d:%d %d %d", tm.tm_year, tm.tm_mon, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, tm.tm_wday, tm.tm_yday);
}

static const struct { const char *name; void (*run)(void); } families[] = {
	{ "printf", family_printf }, { "scanf", family_scanf }, { "number", family_number }, { "qsort", family_qsort }, { "string", family_string },
	{ "time", family_time },
};

int main(int argc, char **argv)
{
	if (argc < 5)
		return 2;
	uint64_t seed = strtoull(argv[2], 0, 0), first = strtoull(argv[3], 0, 0), count = strtoull(argv[4], 0, 0), hash = 14695981039346656037u;
	for (int n = 0; n < 3; n++) {
		arena[n] = mmap(0, ROOM + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (arena[n] == MAP_FAILED || mprotect(arena[n] + ROOM, 4096, PROT_NONE))
			return 3;
	}
	for (unsigned f = 0; f < sizeof families / sizeof *families; f++) {
		if (strcmp(families[f].name, argv[1]))
			continue;
		for (uint64_t n = first; n < first + count; n++) {
			state = seed * 0x2545f4914f6cdd1d + n;
			next();
			said = 0;
			line[0] = 0;
			families[f].run();
			if (argc > 5) {
				printf("%lu %s\n", (unsigned long)n, line);
				fflush(stdout);
			}
			for (size_t i = 0; i < said; i++)
				hash = (hash ^ (unsigned char)line[i]) * 0x100000001b3;
			if (argc == 5 && (n % 256 == 255 || n + 1 == first + count))
				printf("%lu %016lx\n", (unsigned long)n, (unsigned long)hash), hash = 14695981039346656037u;
		}
		return 0;
	}
	return 2;
}
