/* The smallest program with all of printf in it. */
#include <stdio.h>

int main(int argc, char **argv)
{
    printf("%d %s %f\n", argc, argv[0] ? "argument" : "none", 1.5 * argc);
    return 0;
}
