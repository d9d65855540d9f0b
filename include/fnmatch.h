/* fnmatch.h: a shell's patterns. */
#ifndef _DACAPO_FNMATCH_H
#define _DACAPO_FNMATCH_H

#include <features.h>

__BEGIN_DECLS

#define FNM_NOMATCH 1
#define FNM_PATHNAME (1 << 0)
#define FNM_NOESCAPE (1 << 1)
#define FNM_PERIOD (1 << 2)
#ifdef __USE_MISC
# define FNM_FILE_NAME FNM_PATHNAME
# define FNM_LEADING_DIR (1 << 3)
# define FNM_CASEFOLD (1 << 4)
#endif
int fnmatch(const char *pattern, const char *text, int flags);

__END_DECLS

#endif
