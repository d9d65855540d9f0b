/* dirent.h */
#ifndef _DACAPO_DIRENT_H
#define _DACAPO_DIRENT_H

#include <features.h>
#include <bits/types.h>

__BEGIN_DECLS

typedef struct __dirstream DIR;
struct dirent {
    ino_t d_ino;
    off_t d_off;
    unsigned short d_reclen;
    unsigned char d_type;
    char d_name[256];
};
#define dirent64 dirent
#define d_fileno d_ino
#define _DIRENT_HAVE_D_RECLEN 1
#define _DIRENT_HAVE_D_OFF 1
#define _DIRENT_HAVE_D_TYPE 1
#define DT_UNKNOWN 0
#define DT_FIFO 1
#define DT_CHR 2
#define DT_DIR 4
#define DT_BLK 6
#define DT_REG 8
#define DT_LNK 10
#define DT_SOCK 12
#define DT_WHT 14
#define IFTODT(mode) (((mode) & 0170000) >> 12)
#define DTTOIF(type) ((type) << 12)
DIR *opendir(const char *path);
DIR *fdopendir(int fd);
struct dirent *readdir(DIR *stream);
int readdir_r(DIR *stream, struct dirent *entry, struct dirent **result);
int closedir(DIR *stream);
void rewinddir(DIR *stream);
long telldir(DIR *stream);
void seekdir(DIR *stream, long position);
int dirfd(DIR *stream);
int scandir(const char *path, struct dirent ***list, int (*keep)(const struct dirent *),
            int (*compare)(const struct dirent **, const struct dirent **));
int alphasort(const struct dirent **a, const struct dirent **b);
#ifdef __USE_GNU
int versionsort(const struct dirent **a, const struct dirent **b);
#endif
#define readdir64 readdir

__END_DECLS

#endif
