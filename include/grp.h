/* grp.h: groups, from /etc/group. */
#ifndef _DACAPO_GRP_H
#define _DACAPO_GRP_H

#include <features.h>
#include <stddef.h>
#include <bits/types.h>

__BEGIN_DECLS

struct group {
    char *gr_name;
    char *gr_passwd;
    gid_t gr_gid;
    char **gr_mem;
};
#define NSS_BUFLEN_GROUP 1024
struct group *getgrnam(const char *name);
struct group *getgrgid(gid_t gid);
int getgrnam_r(const char *__restrict name, struct group *__restrict group, char *__restrict buffer, size_t size,
               struct group **__restrict result);
int getgrgid_r(gid_t gid, struct group *__restrict group, char *__restrict buffer, size_t size, struct group **__restrict result);
void setgrent(void);
struct group *getgrent(void);
void endgrent(void);
#ifdef __USE_MISC
int setgroups(size_t count, const gid_t *list);
int initgroups(const char *user, gid_t first);
int getgrouplist(const char *user, gid_t first, gid_t *list, int *count);
#endif

__END_DECLS

#endif
