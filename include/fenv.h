/* fenv.h */
#ifndef _DACAPO_FENV_H
#define _DACAPO_FENV_H

#include <features.h>
#include <bits/fenv.h>

__BEGIN_DECLS

int feclearexcept(int exceptions);
int fegetexceptflag(fexcept_t *flags, int exceptions);
int feraiseexcept(int exceptions);
int fesetexceptflag(const fexcept_t *flags, int exceptions);
int fetestexcept(int exceptions);
int fegetround(void);
int fesetround(int mode);
int fegetenv(fenv_t *environment);
int feholdexcept(fenv_t *environment);
int fesetenv(const fenv_t *environment);
int feupdateenv(const fenv_t *environment);

__END_DECLS

#endif
