/* wchar.h */
#ifndef _DACAPO_WCHAR_H
#define _DACAPO_WCHAR_H

#include <features.h>
#include <bits/types.h>
#define __need_wchar_t
#include <stddef.h>
#include <stdarg.h>

__BEGIN_DECLS

#ifndef WEOF
typedef unsigned int wint_t;
# define WEOF 0xffffffffU
#endif
#ifndef WCHAR_MIN
# define WCHAR_MIN __WCHAR_MIN__
# define WCHAR_MAX __WCHAR_MAX__
#endif
typedef struct {
    int __count;
    union {
        unsigned int __wch;
        char __wchb[4];
    } __value;
} mbstate_t;
struct tm;
wint_t btowc(int c);
int wctob(wint_t c);
int mbsinit(const mbstate_t *state);
size_t mbrlen(const char *__restrict s, size_t n, mbstate_t *__restrict state);
size_t mbrtowc(wchar_t *__restrict to, const char *__restrict s, size_t n, mbstate_t *__restrict state);
size_t wcrtomb(char *__restrict to, wchar_t c, mbstate_t *__restrict state);
size_t mbsrtowcs(wchar_t *__restrict to, const char **__restrict from, size_t n, mbstate_t *__restrict state);
size_t wcsrtombs(char *__restrict to, const wchar_t **__restrict from, size_t n, mbstate_t *__restrict state);
wchar_t *wcscpy(wchar_t *__restrict to, const wchar_t *__restrict from);
wchar_t *wcsncpy(wchar_t *__restrict to, const wchar_t *__restrict from, size_t n);
wchar_t *wcscat(wchar_t *__restrict to, const wchar_t *__restrict from);
wchar_t *wcsncat(wchar_t *__restrict to, const wchar_t *__restrict from, size_t n);
int wcscmp(const wchar_t *a, const wchar_t *b);
int wcsncmp(const wchar_t *a, const wchar_t *b, size_t n);
int wcscoll(const wchar_t *a, const wchar_t *b);
size_t wcsxfrm(wchar_t *__restrict to, const wchar_t *__restrict from, size_t n);
wchar_t *wcschr(const wchar_t *string, wchar_t c);
wchar_t *wcsrchr(const wchar_t *string, wchar_t c);
size_t wcsspn(const wchar_t *string, const wchar_t *accept);
size_t wcscspn(const wchar_t *string, const wchar_t *reject);
wchar_t *wcspbrk(const wchar_t *string, const wchar_t *accept);
wchar_t *wcsstr(const wchar_t *hay, const wchar_t *needle);
wchar_t *wcstok(wchar_t *__restrict string, const wchar_t *__restrict separators, wchar_t **__restrict rest);
size_t wcslen(const wchar_t *string);
wchar_t *wmemcpy(wchar_t *__restrict to, const wchar_t *__restrict from, size_t n);
wchar_t *wmemmove(wchar_t *to, const wchar_t *from, size_t n);
wchar_t *wmemset(wchar_t *to, wchar_t c, size_t n);
int wmemcmp(const wchar_t *a, const wchar_t *b, size_t n);
wchar_t *wmemchr(const wchar_t *from, wchar_t c, size_t n);
long wcstol(const wchar_t *__restrict text, wchar_t **__restrict end, int base);
unsigned long wcstoul(const wchar_t *__restrict text, wchar_t **__restrict end, int base);
long long wcstoll(const wchar_t *__restrict text, wchar_t **__restrict end, int base);
unsigned long long wcstoull(const wchar_t *__restrict text, wchar_t **__restrict end, int base);
size_t wcsftime(wchar_t *__restrict to, size_t room, const wchar_t *__restrict format, const struct tm *__restrict time);
#ifdef __USE_POSIX
size_t wcsnlen(const wchar_t *string, size_t most);
wchar_t *wcpcpy(wchar_t *__restrict to, const wchar_t *__restrict from);
wchar_t *wcpncpy(wchar_t *__restrict to, const wchar_t *__restrict from, size_t n);
wchar_t *wcsdup(const wchar_t *string);
int wcscasecmp(const wchar_t *a, const wchar_t *b);
int wcsncasecmp(const wchar_t *a, const wchar_t *b, size_t n);
size_t mbsnrtowcs(wchar_t *__restrict to, const char **__restrict from, size_t bytes, size_t n, mbstate_t *__restrict state);
size_t wcsnrtombs(char *__restrict to, const wchar_t **__restrict from, size_t chars, size_t n, mbstate_t *__restrict state);
int wcwidth(wchar_t c);
int wcswidth(const wchar_t *string, size_t n);
#endif
#if __has_include(<bits/wstdio.h>)
# include <bits/wstdio.h>
#endif

__END_DECLS

#endif
