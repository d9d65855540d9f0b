/* string.h */
#ifndef _DACAPO_STRING_H
#define _DACAPO_STRING_H

#include <features.h>
#include <bits/types.h>

__BEGIN_DECLS

void *memcpy(void *__restrict to, const void *__restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *from, int byte, size_t n);
char *strcpy(char *__restrict to, const char *__restrict from);
char *strncpy(char *__restrict to, const char *__restrict from, size_t n);
char *strcat(char *__restrict to, const char *__restrict from);
char *strncat(char *__restrict to, const char *__restrict from, size_t n);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
int strcoll(const char *a, const char *b);
size_t strxfrm(char *__restrict to, const char *__restrict from, size_t n);
char *strchr(const char *string, int byte);
char *strrchr(const char *string, int byte);
size_t strspn(const char *string, const char *accept);
size_t strcspn(const char *string, const char *reject);
char *strpbrk(const char *string, const char *accept);
char *strstr(const char *hay, const char *needle);
char *strtok(char *__restrict string, const char *__restrict separators);
size_t strlen(const char *string);
char *strerror(int number);
#ifdef __USE_POSIX
void *memccpy(void *__restrict to, const void *__restrict from, int byte, size_t n);
char *stpcpy(char *__restrict to, const char *__restrict from);
char *stpncpy(char *__restrict to, const char *__restrict from, size_t n);
char *strdup(const char *string);
char *strndup(const char *string, size_t most);
size_t strnlen(const char *string, size_t most);
char *strtok_r(char *__restrict string, const char *__restrict separators, char **__restrict rest);
char *strsignal(int signal);
int strcoll_l(const char *a, const char *b, locale_t locale);
size_t strxfrm_l(char *__restrict to, const char *__restrict from, size_t n, locale_t locale);
char *strerror_l(int number, locale_t locale);
# ifdef __USE_GNU
char *strerror_r(int number, char *buffer, size_t size);
# else
int strerror_r(int number, char *buffer, size_t size) __asm__("__xpg_strerror_r");
# endif
#endif
#ifdef __USE_MISC
# include <strings.h>
char *strsep(char **__restrict string, const char *__restrict separators);
size_t strlcpy(char *__restrict to, const char *__restrict from, size_t size);
size_t strlcat(char *__restrict to, const char *__restrict from, size_t size);
void explicit_bzero(void *to, size_t n);
#endif
#ifdef __USE_GNU
void *memmem(const void *hay, size_t hay_len, const void *needle, size_t needle_len);
void *memrchr(const void *from, int byte, size_t n);
void *rawmemchr(const void *from, int byte);
void *mempcpy(void *__restrict to, const void *__restrict from, size_t n);
void *__mempcpy(void *__restrict to, const void *__restrict from, size_t n);
char *strchrnul(const char *string, int byte);
char *strcasestr(const char *hay, const char *needle);
int strverscmp(const char *a, const char *b);
void *memfrob(void *at, size_t n);
const char *strerrordesc_np(int number);
const char *strerrorname_np(int number);
const char *sigabbrev_np(int signal);
const char *sigdescr_np(int signal);
# ifndef basename
char *basename(const char *path);
# endif
# define strdupa(string) \
    (__extension__({ const char *__from = (string); size_t __n = strlen(__from) + 1; \
                     (char *)memcpy(__builtin_alloca(__n), __from, __n); }))
#endif

__END_DECLS

#endif
