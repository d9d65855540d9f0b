/* Which names the headers show: C alone under -std=cNN, POSIX and common extensions otherwise, GNU's with _GNU_SOURCE. */
#ifndef _DACAPO_FEATURES_H
#define _DACAPO_FEATURES_H

#ifdef _GNU_SOURCE
# define __USE_GNU 1
#endif
#if defined(_GNU_SOURCE) || defined(_DEFAULT_SOURCE) || defined(_BSD_SOURCE) || defined(_SVID_SOURCE) \
    || (!defined(__STRICT_ANSI__) && !defined(_POSIX_C_SOURCE) && !defined(_POSIX_SOURCE) && !defined(_XOPEN_SOURCE))
# define __USE_MISC 1
#endif
#if defined(__USE_MISC) || defined(_POSIX_C_SOURCE) || defined(_POSIX_SOURCE) || defined(_XOPEN_SOURCE)
# define __USE_POSIX 1
#endif
#define __DACAPO__ 1

#ifdef __cplusplus
# define __BEGIN_DECLS extern "C" {
# define __END_DECLS }
#else
# define __BEGIN_DECLS
# define __END_DECLS
#endif
#define __dc_noreturn __attribute__((__noreturn__))
#define __dc_format(kind, at, from) __attribute__((__format__(kind, at, from)))

#endif
