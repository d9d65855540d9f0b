/* Copies standard input line by line through stdio while reads and writes are interrupted, cut short, or fail.
   An interrupted or short transfer loses nothing; a failed one is reported.

   sweep: input short | EINTR -> handled
   sweep: input EIO -> error
   sweep: output short | EINTR -> handled
   sweep: output EIO | ENOSPC -> error
   sweep: mmap ENOMEM -> handled | error | absent
   sweep: fstat EBADF | EIO -> handled | absent
   sweep: ioctl EIO | ENOSYS -> handled | absent
   sweep: lseek ESPIPE | EINVAL -> handled | absent
   sweep: rseq ENOSYS | EINVAL -> handled */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* After an interruption nothing is lost: the same call goes on where it was. */
static int interrupted(FILE *file)
{
    int again = ferror(file) && errno == EINTR;
    if (again)
        clearerr(file);
    return again;
}

static int failed(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    return 1;
}

int main(void)
{
    static char text[300];
    int lines = 0;
    setvbuf(stdout, 0, _IOFBF, 512);
    for (;;) {
        int c = 0;
        size_t length = 0;
        while (length + 1 < sizeof text && c != '\n') {
            errno = 0;
            if ((c = getc(stdin)) == EOF) {
                if (interrupted(stdin)) {
                    c = 0;
                    continue;
                }
                if (ferror(stdin))
                    return failed("read");
                break;
            }
            text[length++] = (char)c;
        }
        if (length == 0)
            break;
        lines++;
        /* Flushed between the lines, never inside of one, so that an interrupted flush can simply be repeated. */
        errno = 0;
        for (size_t at = 0; at < length; at++)
            putc(text[at], stdout);
        while (fflush(stdout) != 0)
            if (!interrupted(stdout))
                return failed("write");
    }
    printf("%d lines, %.3f a line\n", lines, 1.0 / lines);
    while (fflush(stdout) != 0)
        if (!interrupted(stdout))
            return failed("write");
    return 0;
}
