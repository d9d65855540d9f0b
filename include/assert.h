/* assert.h: without a guard, since each inclusion follows NDEBUG as it is then. */
#include <features.h>
#undef assert
#ifdef NDEBUG
# define assert(condition) ((void)0)
#elif defined(__cplusplus)
# define assert(condition) (static_cast<bool>(condition) ? (void)0 : __assert_fail(#condition, __FILE__, __LINE__, __extension__ __PRETTY_FUNCTION__))
#else
# define assert(condition) ((condition) ? (void)0 : __assert_fail(#condition, __FILE__, __LINE__, __extension__ __PRETTY_FUNCTION__))
#endif
#if !defined(__cplusplus) && !defined(static_assert)
# define static_assert _Static_assert
#endif

__BEGIN_DECLS
__dc_noreturn void __assert_fail(const char *condition, const char *file, unsigned int line, const char *function);
__dc_noreturn void __assert(const char *condition, const char *file, int line);
__END_DECLS
