/* stdio.h */
#ifndef _DACAPO_STDIO_H
#define _DACAPO_STDIO_H

#include <features.h>
#include <bits/types.h>
#include <stdarg.h>
#include <stddef.h>

__BEGIN_DECLS

typedef struct _IO_FILE FILE;

/* glibc's size and alignment; the conversion state is always the initial one. */
typedef struct {
    long __offset;
    unsigned int __state[2];
} fpos_t;

extern FILE *stdin;
extern FILE *stdout;
extern FILE *stderr;
#define stdin stdin
#define stdout stdout
#define stderr stderr

#define EOF (-1)
#define BUFSIZ 8192
#define FILENAME_MAX 4096
#define FOPEN_MAX 16
#define TMP_MAX 238328
#define L_tmpnam 20
#define P_tmpdir "/tmp"
#define _IOFBF 0
#define _IOLBF 1
#define _IONBF 2
#ifndef SEEK_SET
# define SEEK_SET 0
# define SEEK_CUR 1
# define SEEK_END 2
#endif

FILE *fopen(const char *__restrict path, const char *__restrict mode);
FILE *freopen(const char *__restrict path, const char *__restrict mode, FILE *__restrict file);
int fclose(FILE *file);
int fflush(FILE *file);
int setvbuf(FILE *__restrict file, char *__restrict buffer, int mode, size_t size);
void setbuf(FILE *__restrict file, char *__restrict buffer);

size_t fread(void *__restrict to, size_t size, size_t count, FILE *__restrict file);
size_t fwrite(const void *__restrict from, size_t size, size_t count, FILE *__restrict file);
int fgetc(FILE *file);
int getc(FILE *file);
int getchar(void);
int ungetc(int byte, FILE *file);
char *fgets(char *__restrict to, int size, FILE *__restrict file);
int fputc(int byte, FILE *file);
int putc(int byte, FILE *file);
int putchar(int byte);
int fputs(const char *__restrict string, FILE *__restrict file);
int puts(const char *string);

int fseek(FILE *file, long offset, int whence);
long ftell(FILE *file);
void rewind(FILE *file);
int fgetpos(FILE *__restrict file, fpos_t *__restrict position);
int fsetpos(FILE *file, const fpos_t *position);
int feof(FILE *file);
int ferror(FILE *file);
void clearerr(FILE *file);

int printf(const char *__restrict format, ...) __dc_format(__printf__, 1, 2);
int fprintf(FILE *__restrict file, const char *__restrict format, ...) __dc_format(__printf__, 2, 3);
int sprintf(char *__restrict to, const char *__restrict format, ...) __dc_format(__printf__, 2, 3);
int snprintf(char *__restrict to, size_t size, const char *__restrict format, ...) __dc_format(__printf__, 3, 4);
int vprintf(const char *__restrict format, va_list list) __dc_format(__printf__, 1, 0);
int vfprintf(FILE *__restrict file, const char *__restrict format, va_list list) __dc_format(__printf__, 2, 0);
int vsprintf(char *__restrict to, const char *__restrict format, va_list list) __dc_format(__printf__, 2, 0);
int vsnprintf(char *__restrict to, size_t size, const char *__restrict format, va_list list)
    __dc_format(__printf__, 3, 0);

int scanf(const char *__restrict format, ...) __dc_format(__scanf__, 1, 2);
int fscanf(FILE *__restrict file, const char *__restrict format, ...) __dc_format(__scanf__, 2, 3);
int sscanf(const char *__restrict text, const char *__restrict format, ...) __dc_format(__scanf__, 2, 3);
int vscanf(const char *__restrict format, va_list list) __dc_format(__scanf__, 1, 0);
int vfscanf(FILE *__restrict file, const char *__restrict format, va_list list) __dc_format(__scanf__, 2, 0);
int vsscanf(const char *__restrict text, const char *__restrict format, va_list list) __dc_format(__scanf__, 2, 0);

void perror(const char *what);
int remove(const char *name);
int rename(const char *from, const char *to);
FILE *tmpfile(void);
char *tmpnam(char *name);

#ifdef __USE_POSIX
# define L_ctermid 9
FILE *fdopen(int fd, const char *mode);
FILE *fmemopen(void *__restrict buffer, size_t size, const char *__restrict mode);
FILE *open_memstream(char **place, size_t *length);
FILE *popen(const char *command, const char *mode);
int pclose(FILE *file);
int fileno(FILE *file);
int fseeko(FILE *file, off_t offset, int whence);
off_t ftello(FILE *file);
void flockfile(FILE *file);
int ftrylockfile(FILE *file);
void funlockfile(FILE *file);
int getc_unlocked(FILE *file);
int getchar_unlocked(void);
int putc_unlocked(int byte, FILE *file);
int putchar_unlocked(int byte);
ssize_t getline(char **__restrict line, size_t *__restrict size, FILE *__restrict file);
ssize_t getdelim(char **__restrict line, size_t *__restrict size, int delimiter, FILE *__restrict file);
int dprintf(int fd, const char *__restrict format, ...) __dc_format(__printf__, 2, 3);
int vdprintf(int fd, const char *__restrict format, va_list list) __dc_format(__printf__, 2, 0);
int renameat(int from_directory, const char *from, int to_directory, const char *to);
#endif

#ifdef __USE_MISC
void setbuffer(FILE *file, char *buffer, size_t size);
void setlinebuf(FILE *file);
void clearerr_unlocked(FILE *file);
int feof_unlocked(FILE *file);
int ferror_unlocked(FILE *file);
int fileno_unlocked(FILE *file);
int fflush_unlocked(FILE *file);
int fgetc_unlocked(FILE *file);
int fputc_unlocked(int byte, FILE *file);
size_t fread_unlocked(void *__restrict to, size_t size, size_t count, FILE *__restrict file);
size_t fwrite_unlocked(const void *__restrict from, size_t size, size_t count, FILE *__restrict file);
#endif

#ifdef __USE_GNU
typedef ssize_t cookie_read_function_t(void *cookie, char *to, size_t size);
typedef ssize_t cookie_write_function_t(void *cookie, const char *from, size_t size);
typedef int cookie_seek_function_t(void *cookie, off_t *offset, int whence);
typedef int cookie_close_function_t(void *cookie);
typedef struct {
    cookie_read_function_t *read;
    cookie_write_function_t *write;
    cookie_seek_function_t *seek;
    cookie_close_function_t *close;
} cookie_io_functions_t;
FILE *fopencookie(void *__restrict cookie, const char *__restrict mode, cookie_io_functions_t functions);

int fcloseall(void);
char *fgets_unlocked(char *__restrict to, int size, FILE *__restrict file);
int fputs_unlocked(const char *__restrict string, FILE *__restrict file);
int renameat2(int from_directory, const char *from, int to_directory, const char *to, unsigned int flags);
# define RENAME_NOREPLACE 1
# define RENAME_EXCHANGE 2
# define RENAME_WHITEOUT 4
#endif
#if defined(__USE_GNU) || defined(__USE_MISC)
int asprintf(char **__restrict place, const char *__restrict format, ...) __dc_format(__printf__, 2, 3);
int vasprintf(char **__restrict place, const char *__restrict format, va_list list) __dc_format(__printf__, 2, 0);
#endif

/* Offsets are 64 bits wide in any case. */
#define fopen64 fopen
#define freopen64 freopen
#define fseeko64 fseeko
#define ftello64 ftello
#define fgetpos64 fgetpos
#define fsetpos64 fsetpos
#define tmpfile64 tmpfile
#define fpos64_t fpos_t

__END_DECLS

#endif
