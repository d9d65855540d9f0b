/* The negative control: does with a refused mmap what no program may do. Its argument chooses what. Built with the host's gcc and glibc.

   sweep: mmap ENOMEM -> handled | error */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "";
    char *memory = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        if (!strcmp(mode, "crash"))
            *(volatile char *)memory = 1;
        if (!strcmp(mode, "hang"))
            for (;;)
                ;
        if (!strcmp(mode, "silent"))
            return 0; /* and says nothing of what it had to say */
        if (!strcmp(mode, "mute"))
            return 1; /* failed, without a message */
        fputs("no memory\n", stderr);
        return 1;
    }
    puts("memory");
    return 0;
}
