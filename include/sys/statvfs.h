/* sys/statvfs.h */
#ifndef _DACAPO_SYS_STATVFS_H
#define _DACAPO_SYS_STATVFS_H

#include <features.h>
#include <bits/types.h>

__BEGIN_DECLS

struct statvfs {
    unsigned long f_bsize;
    unsigned long f_frsize;
    fsblkcnt_t f_blocks;
    fsblkcnt_t f_bfree;
    fsblkcnt_t f_bavail;
    fsfilcnt_t f_files;
    fsfilcnt_t f_ffree;
    fsfilcnt_t f_favail;
    unsigned long f_fsid;
    unsigned long f_flag;
    unsigned long f_namemax;
    int __f_spare[6];
};
#define statvfs64 statvfs
#define ST_RDONLY 1
#define ST_NOSUID 2
int statvfs(const char *path, struct statvfs *out);
int fstatvfs(int fd, struct statvfs *out);

__END_DECLS

#endif
