/* stdlib.h */
#ifndef _DACAPO_STDLIB_H
#define _DACAPO_STDLIB_H

#include <features.h>
#include <bits/types.h>
#define __need_wchar_t
#include <stddef.h>

__BEGIN_DECLS

typedef struct {
    int quot;
    int rem;
} div_t;
typedef struct {
    long quot;
    long rem;
} ldiv_t;
typedef struct {
    long long quot;
    long long rem;
} lldiv_t;

#define EXIT_SUCCESS 0
#define EXIT_FAILURE 1
#define RAND_MAX 2147483647
#define MB_CUR_MAX (__ctype_get_mb_cur_max())
size_t __ctype_get_mb_cur_max(void);

void *malloc(size_t size) __attribute__((__malloc__, __alloc_size__(1)));
void *calloc(size_t count, size_t size) __attribute__((__malloc__, __alloc_size__(1, 2)));
void *realloc(void *block, size_t size) __attribute__((__alloc_size__(2)));
void *aligned_alloc(size_t alignment, size_t size) __attribute__((__malloc__, __alloc_size__(2)));
void free(void *block);
#if defined __USE_MISC || (defined __STDC_VERSION__ && __STDC_VERSION__ > 201710L)
void free_sized(void *block, size_t size);
void free_aligned_sized(void *block, size_t alignment, size_t size);
#endif

__dc_noreturn void abort(void);
__dc_noreturn void exit(int status);
__dc_noreturn void _Exit(int status);
__dc_noreturn void quick_exit(int status);
int atexit(void (*function)(void));
int at_quick_exit(void (*function)(void));

double atof(const char *text);
int atoi(const char *text);
long atol(const char *text);
long long atoll(const char *text);
double strtod(const char *__restrict text, char **__restrict end);
float strtof(const char *__restrict text, char **__restrict end);
long double strtold(const char *__restrict text, char **__restrict end);
long strtol(const char *__restrict text, char **__restrict end, int base);
unsigned long strtoul(const char *__restrict text, char **__restrict end, int base);
long long strtoll(const char *__restrict text, char **__restrict end, int base);
unsigned long long strtoull(const char *__restrict text, char **__restrict end, int base);

int rand(void);
void srand(unsigned int seed);
void qsort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *));
void *bsearch(const void *key, const void *base, size_t count, size_t size, int (*compare)(const void *, const void *));
int abs(int value);
long labs(long value);
long long llabs(long long value);
div_t div(int number, int by);
ldiv_t ldiv(long number, long by);
lldiv_t lldiv(long long number, long long by);

char *getenv(const char *name);
int system(const char *command);

int mblen(const char *s, size_t n);
int mbtowc(wchar_t *__restrict to, const char *__restrict s, size_t n);
int wctomb(char *s, wchar_t c);
size_t mbstowcs(wchar_t *__restrict to, const char *__restrict from, size_t n);
size_t wcstombs(char *__restrict to, const wchar_t *__restrict from, size_t n);

#ifdef __USE_POSIX
int posix_memalign(void **block, size_t alignment, size_t size);
int setenv(const char *name, const char *value, int overwrite);
int unsetenv(const char *name);
int putenv(char *assignment);
int rand_r(unsigned int *seed);
long random(void);
void srandom(unsigned int seed);
char *initstate(unsigned int seed, char *state, size_t size);
char *setstate(char *state);
double drand48(void);
double erand48(unsigned short state[3]);
long lrand48(void);
long nrand48(unsigned short state[3]);
long mrand48(void);
long jrand48(unsigned short state[3]);
void srand48(long seed);
unsigned short *seed48(unsigned short state[3]);
void lcong48(unsigned short parameters[7]);
int mkstemp(char *template_);
char *mkdtemp(char *template_);
char *mktemp(char *template_);
char *realpath(const char *__restrict path, char *__restrict resolved);
int getsubopt(char **__restrict options, char *const *__restrict tokens, char **__restrict value);
int posix_openpt(int flags);
int grantpt(int fd);
int unlockpt(int fd);
char *ptsname(int fd);
long a64l(const char *text);
char *l64a(long value);
#endif
#ifdef __USE_MISC
# include <alloca.h>
int clearenv(void);
int mkstemps(char *template_, int suffix);
int getloadavg(double *averages, int count);
void *reallocarray(void *block, size_t count, size_t size);
void *valloc(size_t size) __attribute__((__malloc__, __alloc_size__(1)));
int on_exit(void (*function)(int, void *), void *argument);
unsigned int arc4random(void);
unsigned int arc4random_uniform(unsigned int bound);
void arc4random_buf(void *buffer, size_t n);
void qsort_r(void *base, size_t count, size_t size, int (*compare)(const void *, const void *, void *), void *argument);
#endif
#ifdef __USE_GNU
char *secure_getenv(const char *name);
int mkostemp(char *template_, int flags);
int mkostemps(char *template_, int suffix, int flags);
int ptsname_r(int fd, char *buffer, size_t size);
char *canonicalize_file_name(const char *path);
double strtod_l(const char *__restrict text, char **__restrict end, locale_t locale);
float strtof_l(const char *__restrict text, char **__restrict end, locale_t locale);
long double strtold_l(const char *__restrict text, char **__restrict end, locale_t locale);
long strtol_l(const char *__restrict text, char **__restrict end, int base, locale_t locale);
unsigned long strtoul_l(const char *__restrict text, char **__restrict end, int base, locale_t locale);
long long strtoll_l(const char *__restrict text, char **__restrict end, int base, locale_t locale);
unsigned long long strtoull_l(const char *__restrict text, char **__restrict end, int base, locale_t locale);
#endif

__END_DECLS

#endif
