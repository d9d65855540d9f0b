// Every class of every byte, the tables behind glibc's macros, UTF-8 to wide characters and back.
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

int main(void) {
    const unsigned short *table = *__ctype_b_loc();
    for (int c = -1; c < 256; c++)
        printf("%d %d%d%d%d%d%d%d%d%d%d%d%d %d %d %x %d %d\n", c, !!isalnum(c), !!isalpha(c), !!isblank(c), !!iscntrl(c), !!isdigit(c), !!isgraph(c), !!islower(c), !!isprint(c),
               !!ispunct(c), !!isspace(c), !!isupper(c), !!isxdigit(c), tolower(c), toupper(c), table[c], (*__ctype_tolower_loc())[c], (*__ctype_toupper_loc())[c]);
    for (int c = -128; c < -1; c++) printf("%x %d ", table[c], (*__ctype_toupper_loc())[c]);
    struct lconv *lc = localeconv();
    printf("\n%s|%s|%s|%d\n", lc->decimal_point, lc->thousands_sep, lc->currency_symbol, lc->frac_digits);
    printf("%s %s\n", setlocale(LC_ALL, 0), nl_langinfo(CODESET));
    printf("%s %s %s %s\n", nl_langinfo(DAY_1), nl_langinfo(MON_12), nl_langinfo(D_T_FMT), nl_langinfo(RADIXCHAR));
    printf("%d\n", setlocale(LC_ALL, "xx_YY.nothing") == 0);
    printf("%s %s\n", setlocale(LC_ALL, "C.UTF-8"), nl_langinfo(CODESET));
    const char *texts[] = {"plain", "h\xc3\xa9llo \xe2\x82\xac \xf0\x9f\x98\x80", "bad \xff", "cut \xe2\x82", "long \xc0\x80", "surrogate \xed\xa0\x80"};
    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
        wchar_t wide[40];
        errno = 0;
        size_t n = mbstowcs(wide, texts[i], 40);
        printf("%zd %d", (ssize_t)n, errno);
        if (n != (size_t)-1) {
            for (size_t k = 0; k < n; k++) printf(" %x", (unsigned)wide[k]);
            char back[80];
            printf(" back %zd %d", (ssize_t)wcstombs(back, wide, 80), strcmp(back, texts[i]));
            printf(" len %zu", wcslen(wide));
        }
        printf("\n");
        mbstate_t state = {0};
        for (const char *s = texts[i]; *s; s++) {
            wchar_t c = 0;
            size_t r = mbrtowc(&c, s, 1, &state);
            printf("%zd:%x ", (ssize_t)r, (unsigned)c);
            if (r == (size_t)-1) break;
        }
        printf("\n");
    }
    printf("%x %x %d %d\n", towupper(0xe9), towlower(0xc9), !!iswalpha(0xe9), !!iswspace(0x2003));
    printf("%ld %d %d\n", wcstol(L"  -42x", 0, 10), wcscmp(L"a", L"b") < 0, wcsstr(L"hello", L"llo") != 0);
    printf("%d %d\n", wcwidth('a'), wcwidth(0x4e2d));
    return 0;
}
