/* dlfcn.h: a static program loads nothing; every call fails, and dlerror says so. */
#ifndef _DACAPO_DLFCN_H
#define _DACAPO_DLFCN_H

#include <features.h>

__BEGIN_DECLS

#define RTLD_LAZY 1
#define RTLD_NOW 2
#define RTLD_NOLOAD 4
#define RTLD_GLOBAL 0x100
#define RTLD_LOCAL 0
#define RTLD_NODELETE 0x1000
#ifdef __USE_GNU
# define RTLD_NEXT ((void *)-1L)
# define RTLD_DEFAULT ((void *)0)
typedef struct {
    const char *dli_fname;
    void *dli_fbase;
    const char *dli_sname;
    void *dli_saddr;
} Dl_info;
int dladdr(const void *address, Dl_info *info);
#endif
void *dlopen(const char *path, int flags);
void *dlsym(void *__restrict handle, const char *__restrict name);
int dlclose(void *handle);
char *dlerror(void);

__END_DECLS

#endif
