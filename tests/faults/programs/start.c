/* Start and exit, with every system call on the way failing once.

   sweep: mmap ENOMEM -> handled | abort | absent
   sweep: mprotect ENOMEM | EACCES -> handled | abort | absent
   sweep: munmap ENOMEM | EINVAL -> handled | absent
   sweep: brk ENOMEM -> handled | absent
   sweep: rseq ENOSYS | EINVAL | EPERM -> handled
   sweep: arch_prctl EPERM | EINVAL -> abort | absent
   sweep: set_tid_address ENOSYS -> handled | absent
   sweep: set_robust_list ENOSYS | EINVAL -> handled | absent
   sweep: getrandom ENOSYS | EAGAIN | EINTR -> handled | absent
   sweep: membarrier ENOSYS | EPERM | EINVAL -> handled | absent
   sweep: prlimit64 ENOSYS | EPERM -> handled | absent
   sweep: fstat EBADF | EIO -> handled | absent
   sweep: ioctl ENOSYS | EIO -> handled | absent
   sweep: output short -> handled
   sweep: output EIO | ENOSPC | EPIPE -> error */
#include <stdio.h>
#include <string.h>
#include <errno.h>

static __thread int initialised = 5, zero;

__attribute__((constructor)) static void before_main(void)
{
    zero++;
}

int main(int argc, char **argv)
{
    printf("%d argument(s), named %s, tls %d %d\n", argc, argv[0] && *argv[0] ? "yes" : "no", initialised, zero);
    if (fflush(stdout) != 0) {
        fprintf(stderr, "cannot write: %s\n", strerror(errno));
        return 1;
    }
    return 0;
}
