/* pwd.h: users, from /etc/passwd. */
#ifndef _DACAPO_PWD_H
#define _DACAPO_PWD_H

#include <features.h>
#include <stddef.h>
#include <bits/types.h>

__BEGIN_DECLS

struct passwd {
    char *pw_name;
    char *pw_passwd;
    uid_t pw_uid;
    gid_t pw_gid;
    char *pw_gecos;
    char *pw_dir;
    char *pw_shell;
};
#define NSS_BUFLEN_PASSWD 1024
struct passwd *getpwnam(const char *name);
struct passwd *getpwuid(uid_t uid);
int getpwnam_r(const char *__restrict name, struct passwd *__restrict user, char *__restrict buffer, size_t size,
               struct passwd **__restrict result);
int getpwuid_r(uid_t uid, struct passwd *__restrict user, char *__restrict buffer, size_t size, struct passwd **__restrict result);
void setpwent(void);
struct passwd *getpwent(void);
void endpwent(void);

__END_DECLS

#endif
