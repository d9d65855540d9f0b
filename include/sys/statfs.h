/* sys/statfs.h */
#ifndef _DACAPO_SYS_STATFS_H
#define _DACAPO_SYS_STATFS_H

#include <features.h>
#include <bits/types.h>

__BEGIN_DECLS

typedef struct {
    int __val[2];
} __fsid_t;
typedef __fsid_t fsid_t;
struct statfs {
    long f_type;
    long f_bsize;
    fsblkcnt_t f_blocks;
    fsblkcnt_t f_bfree;
    fsblkcnt_t f_bavail;
    fsfilcnt_t f_files;
    fsfilcnt_t f_ffree;
    fsid_t f_fsid;
    long f_namelen;
    long f_frsize;
    long f_flags;
    long f_spare[4];
};
#define statfs64 statfs
int statfs(const char *path, struct statfs *out);
int fstatfs(int fd, struct statfs *out);

__END_DECLS

#endif
