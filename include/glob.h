/* glob.h: the paths that have a shell's pattern. Not here: GLOB_BRACE, GLOB_TILDE, GLOB_TILDE_CHECK, GLOB_ALTDIRFUNC; glob refuses their bits with GLOB_NOSYS. */
#ifndef _DACAPO_GLOB_H
#define _DACAPO_GLOB_H

#define __need_size_t
#include <stddef.h>
#include <features.h>

__BEGIN_DECLS

#define GLOB_ERR (1 << 0)
#define GLOB_MARK (1 << 1)
#define GLOB_NOSORT (1 << 2)
#define GLOB_DOOFFS (1 << 3)
#define GLOB_NOCHECK (1 << 4)
#define GLOB_APPEND (1 << 5)
#define GLOB_NOESCAPE (1 << 6)
#define GLOB_PERIOD (1 << 7)
#ifdef __USE_MISC
# define GLOB_MAGCHAR (1 << 8)
# define GLOB_NOMAGIC (1 << 11)
# define GLOB_ONLYDIR (1 << 13)
#endif
#define GLOB_NOSPACE 1
#define GLOB_ABORTED 2
#define GLOB_NOMATCH 3
#define GLOB_NOSYS 4
#ifdef __USE_GNU
# define GLOB_ABEND GLOB_ABORTED
#endif

typedef struct {
    size_t gl_pathc;
    char **gl_pathv;
    size_t gl_offs;
    int gl_flags;
    void (*__closedir)(void *);
    void *(*__readdir)(void *);
    void *(*__opendir)(const char *);
    int (*__lstat)(const char *, void *);
    int (*__stat)(const char *, void *);
} glob_t;
int glob(const char *__restrict pattern, int flags, int (*error)(const char *path, int error), glob_t *__restrict found);
void globfree(glob_t *found);

#define glob64 glob
#define globfree64 globfree
#define glob64_t glob_t

__END_DECLS

#endif
