/* The smallest useful program: what it costs to exist. */
#include <stdio.h>

int main(void)
{
    puts("hello, world");
    return 0;
}
