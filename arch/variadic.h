/* The variadic functions of the libc: the same on every CPU.  `variadic name, target, n`: n named arguments, then `...`. */
#if defined(__x86_64__)
#define AFTER_1 rsi
#define AFTER_2 rdx
#define AFTER_3 rcx
#define AFTER_4 r8
#define AFTER_5 r9
#else
#define AFTER_1 x1
#define AFTER_2 x2
#define AFTER_3 x3
#define AFTER_4 x4
#define AFTER_5 x5
#endif

        variadic printf, vprintf, 1, AFTER_1
        variadic fprintf, vfprintf, 2, AFTER_2
        variadic dprintf, vdprintf, 2, AFTER_2
        variadic sprintf, vsprintf, 2, AFTER_2
        variadic asprintf, vasprintf, 2, AFTER_2
        variadic snprintf, vsnprintf, 3, AFTER_3

        variadic scanf, vscanf, 1, AFTER_1
        variadic fscanf, vfscanf, 2, AFTER_2
        variadic sscanf, vsscanf, 2, AFTER_2

/* The names that programs compiled against glibc's headers call: by C99's and C23's scanf, and with _FORTIFY_SOURCE. */
        variadic __isoc99_scanf, vscanf, 1, AFTER_1
        variadic __isoc99_fscanf, vfscanf, 2, AFTER_2
        variadic __isoc99_sscanf, vsscanf, 2, AFTER_2
        variadic __isoc23_scanf, __isoc23_vscanf, 1, AFTER_1
        variadic __isoc23_fscanf, __isoc23_vfscanf, 2, AFTER_2
        variadic __isoc23_sscanf, __isoc23_vsscanf, 2, AFTER_2

        variadic __printf_chk, __vprintf_chk, 2, AFTER_2
        variadic __fprintf_chk, __vfprintf_chk, 3, AFTER_3
        variadic __dprintf_chk, __vdprintf_chk, 3, AFTER_3
        variadic __sprintf_chk, __vsprintf_chk, 4, AFTER_4
        variadic __asprintf_chk, __vasprintf_chk, 3, AFTER_3
        variadic __snprintf_chk, __vsnprintf_chk, 5, AFTER_5

        variadic syslog, vsyslog, 2, AFTER_2
        variadic __syslog_chk, __vsyslog_chk, 3, AFTER_3
