/* ctype.h */
#ifndef _DACAPO_CTYPE_H
#define _DACAPO_CTYPE_H

#include <features.h>
#include <bits/types.h>

__BEGIN_DECLS

int isalnum(int c);
int isalpha(int c);
int isblank(int c);
int iscntrl(int c);
int isdigit(int c);
int isgraph(int c);
int islower(int c);
int isprint(int c);
int ispunct(int c);
int isspace(int c);
int isupper(int c);
int isxdigit(int c);
int tolower(int c);
int toupper(int c);
#ifdef __USE_POSIX
int isascii(int c);
int toascii(int c);
int isalnum_l(int c, locale_t locale);
int isalpha_l(int c, locale_t locale);
int isblank_l(int c, locale_t locale);
int iscntrl_l(int c, locale_t locale);
int isdigit_l(int c, locale_t locale);
int isgraph_l(int c, locale_t locale);
int islower_l(int c, locale_t locale);
int isprint_l(int c, locale_t locale);
int ispunct_l(int c, locale_t locale);
int isspace_l(int c, locale_t locale);
int isupper_l(int c, locale_t locale);
int isxdigit_l(int c, locale_t locale);
int tolower_l(int c, locale_t locale);
int toupper_l(int c, locale_t locale);
# define _tolower(c) ((c) | 32)
# define _toupper(c) ((c) & ~32)
#endif
const unsigned short **__ctype_b_loc(void);
const int **__ctype_tolower_loc(void);
const int **__ctype_toupper_loc(void);

__END_DECLS

/* The commonest questions without a call; only the C locale exists.  The function stays for whoever takes its address. */
#if defined(__GNUC__) && !defined(__cplusplus) && !defined(__NO_CTYPE)
# define isdigit(c) ((unsigned)(c) - '0' < 10)
# define isalpha(c) (((unsigned)(c) | 32) - 'a' < 26)
# define islower(c) ((unsigned)(c) - 'a' < 26)
# define isupper(c) ((unsigned)(c) - 'A' < 26)
# define tolower(c) __extension__ ({ int __c = (c); isupper(__c) ? __c | 32 : __c; })
# define toupper(c) __extension__ ({ int __c = (c); islower(__c) ? __c & ~32 : __c; })
#endif

#endif
