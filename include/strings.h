/* strings.h */
#ifndef _DACAPO_STRINGS_H
#define _DACAPO_STRINGS_H

#include <features.h>
#include <bits/types.h>

__BEGIN_DECLS

int bcmp(const void *a, const void *b, size_t n);
void bcopy(const void *from, void *to, size_t n);
void bzero(void *to, size_t n);
char *index(const char *string, int byte);
char *rindex(const char *string, int byte);
int ffs(int value);
int ffsl(long value);
int ffsll(long long value);
int strcasecmp(const char *a, const char *b);
int strncasecmp(const char *a, const char *b, size_t n);
int strcasecmp_l(const char *a, const char *b, locale_t locale);
int strncasecmp_l(const char *a, const char *b, size_t n, locale_t locale);

__END_DECLS

#endif
