/* fcntl.h */
#ifndef _DACAPO_FCNTL_H
#define _DACAPO_FCNTL_H

#include <features.h>
#include <bits/types.h>
#include <bits/fcntl.h>

__BEGIN_DECLS

struct flock {
    short l_type;
    short l_whence;
    off_t l_start;
    off_t l_len;
    pid_t l_pid;
};
#define flock64 flock
#define O_ACCMODE 3
#define O_RDONLY 0
#define O_WRONLY 1
#define O_RDWR 2
#define O_CREAT 0100
#define O_EXCL 0200
#define O_NOCTTY 0400
#define O_TRUNC 01000
#define O_APPEND 02000
#define O_NONBLOCK 04000
#define O_NDELAY O_NONBLOCK
#define O_DSYNC 010000
#define O_ASYNC 020000
#define O_CLOEXEC 02000000
#define O_SYNC 04010000
#define O_RSYNC O_SYNC
#define O_FSYNC O_SYNC
#define F_DUPFD 0
#define F_GETFD 1
#define F_SETFD 2
#define F_GETFL 3
#define F_SETFL 4
#define F_GETLK 5
#define F_SETLK 6
#define F_SETLKW 7
#define F_SETOWN 8
#define F_GETOWN 9
#define F_SETSIG 10
#define F_GETSIG 11
#define F_GETLK64 5
#define F_SETLK64 6
#define F_SETLKW64 7
#define F_OFD_GETLK 36
#define F_OFD_SETLK 37
#define F_OFD_SETLKW 38
#define F_SETLEASE 1024
#define F_GETLEASE 1025
#define F_NOTIFY 1026
#define F_SETPIPE_SZ 1031
#define F_GETPIPE_SZ 1032
#define F_ADD_SEALS 1033
#define F_GET_SEALS 1034
#define F_DUPFD_CLOEXEC 1030
#define F_SEAL_SEAL 1
#define F_SEAL_SHRINK 2
#define F_SEAL_GROW 4
#define F_SEAL_WRITE 8
#define FD_CLOEXEC 1
#define F_RDLCK 0
#define F_WRLCK 1
#define F_UNLCK 2
#define AT_FDCWD (-100)
#define AT_SYMLINK_NOFOLLOW 0x100
#define AT_REMOVEDIR 0x200
#define AT_EACCESS 0x200
#define AT_SYMLINK_FOLLOW 0x400
#define AT_NO_AUTOMOUNT 0x800
#define AT_EMPTY_PATH 0x1000
#define POSIX_FADV_NORMAL 0
#define POSIX_FADV_RANDOM 1
#define POSIX_FADV_SEQUENTIAL 2
#define POSIX_FADV_WILLNEED 3
#define POSIX_FADV_DONTNEED 4
#define POSIX_FADV_NOREUSE 5
#define SEEK_SET 0
#define SEEK_CUR 1
#define SEEK_END 2
#define R_OK 4
#define W_OK 2
#define X_OK 1
#define F_OK 0
#ifdef __USE_MISC
# define FAPPEND O_APPEND
# define FASYNC O_ASYNC
# define FNDELAY O_NDELAY
# define FNONBLOCK O_NONBLOCK
# define LOCK_SH 1
# define LOCK_EX 2
# define LOCK_NB 4
# define LOCK_UN 8
#endif
#ifdef __USE_GNU
# define O_NOATIME 01000000
# define O_PATH 010000000
# define FALLOC_FL_KEEP_SIZE 1
# define FALLOC_FL_PUNCH_HOLE 2
# define SPLICE_F_MOVE 1
# define SPLICE_F_NONBLOCK 2
# define SPLICE_F_MORE 4
# define SYNC_FILE_RANGE_WAIT_BEFORE 1
# define SYNC_FILE_RANGE_WRITE 2
# define SYNC_FILE_RANGE_WAIT_AFTER 4
# define F_OWNER_TID 0
# define F_OWNER_PID 1
int fallocate(int fd, int mode, off_t offset, off_t len);
ssize_t splice(int from, off_t *from_at, int to, off_t *to_at, size_t len, unsigned int flags);
int sync_file_range(int fd, off_t offset, off_t bytes, unsigned int flags);
ssize_t readahead(int fd, off_t offset, size_t count);
#endif
int open(const char *path, int flags, ...);
int openat(int directory, const char *path, int flags, ...);
int creat(const char *path, mode_t mode);
int fcntl(int fd, int command, ...);
int posix_fadvise(int fd, off_t offset, off_t len, int advice);
int posix_fallocate(int fd, off_t offset, off_t len);
#define open64 open
#define openat64 openat
#define creat64 creat

__END_DECLS

#endif
