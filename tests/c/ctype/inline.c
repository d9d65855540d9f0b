/* What ctype.h answers without a call is what its functions answer, with one evaluation of the argument. */
#include <ctype.h>
#include <stdio.h>

static int (*const functions[])(int) = {isdigit, isalpha, islower, isupper, tolower, toupper};

int main(void)
{
    for (int c = -1; c < 256; c++) {
        int inlined[] = {isdigit(c), isalpha(c), islower(c), isupper(c), tolower(c), toupper(c)};
        for (int i = 0; i < 6; i++) {
            int answer = functions[i](c);
            if (i < 4 ? !inlined[i] != !answer : inlined[i] != answer)
                printf("function %d of %d: %d, inline %d\n", i, c, answer, inlined[i]);
        }
    }
    int c = 'A';
    printf("%c", tolower(c++));
    printf("%c", toupper(c++));
    printf(" %c\n", c);
    return 0;
}
