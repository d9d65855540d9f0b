/* fnmatch: patterns with known corners, 200,000 random ones, and one that takes exponential time where stars are tried one inside another. */
#define _GNU_SOURCE
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const PAIRS[][2] = {
    {"", ""}, {"", "a"}, {"*", ""}, {"*", "abc"}, {"?", ""}, {"?", "a"}, {"a?c", "abc"}, {"a*c", "abbbc"}, {"a*c", "ab"}, {"*.c", "x.c"},
    {"*.c", ".c"}, {"?c", ".c"}, {"[.]c", ".c"}, {".*", ".c"}, {"\\.c", ".c"}, {"a/*", "a/.b"}, {"a/.*", "a/.b"}, {"a*b", "a/b"}, {"a?b", "a/b"},
    {"a[/]b", "a/b"}, {"a[!x]b", "a/b"}, {"*/b", "a/b"}, {"*/b", "x/a/b"}, {"a/b", "a//b"}, {"[abc]", "b"}, {"[!abc]", "b"}, {"[^abc]", "d"},
    {"[a-c]", "b"}, {"[c-a]", "b"}, {"[a-]", "-"}, {"[-a]", "-"}, {"[]a]", "]"}, {"[]a]", "a"}, {"[!]a]", "]"}, {"[!]a]", "b"}, {"[", "["}, {"[a", "[a"},
    {"[]", "[]"}, {"[!", "[!"}, {"[\\]]", "]"}, {"[\\a-\\c]", "b"}, {"\\*", "*"}, {"\\*", "x"}, {"\\*", "\\x"}, {"\\", "\\"}, {"a\\", "a\\"}, {"\\a", "a"},
    {"[[:alpha:]]", "x"}, {"[[:alpha:]]", "1"}, {"[![:digit:]]", "x"}, {"[[:upper:][:digit:]]x", "7x"}, {"[[:upper:]]", "a"}, {"[[:lower:]]", "A"},
    {"[[:space:]]", " "}, {"[[:punct:]]", "!"}, {"[[:xdigit:]]", "f"}, {"[[:xdigit:]]", "g"}, {"[[=a=]]", "a"}, {"[[.-.]]", "-"}, {"[[.a.]-c]", "b"},
    {"[a-[.c.]]", "b"}, {"[[:alpha:]", "["}, {"[:alpha:]", "p"}, {"[:alpha:]", "x"}, {"ABC", "abc"}, {"[A-C]x", "bX"}, {"a", "a/b"}, {"a*", "ab/c"},
    {"*", ".a/b"}, {"a/b", "a/b/c"}, {"a", "ab"}, {"*a", "b/a"}, {"**", "a"}, {"a**b", "axb"}, {"*?", "a"}, {"?*", ""}, {"*[ab]*c", "xxaxxbxc"},
    {"\xc3?", "\xc3\xa9"}, {"??", "\xc3\xa9"}, {"[\x80-\xff]", "\xa9"}, {"[!a]", "\xff"}, {"*a*b*c*", "xaybzc"}, {"a//b", "a/b"}, {"//*", "//x"}, {"/*/", "/a/"},
};

/* Numbers that are the same everywhere. */
static unsigned next(void)
{
    static unsigned long long state = 7;
    state = state * 6364136223846793005u + 1442695040888963407u;
    return state >> 33;
}

static void make(char *to, const char *from, unsigned longest)
{
    unsigned n = next() % (longest + 1);
    for (unsigned i = 0; i < n; i++)
        *to++ = from[next() % strlen(from)];
    *to = 0;
}

int main(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof PAIRS / sizeof *PAIRS; i++) {
        printf("%s, %s:", PAIRS[i][0], PAIRS[i][1]);
        for (int flags = 0; flags < 32; flags++)
            printf(" %d", fnmatch(PAIRS[i][0], PAIRS[i][1], flags));
        printf("\n");
    }
    /* Without sets, then with whole sets in between. */
    static const char *const PARTS[] = {"*", "?", "a", "b", "A", ".", "/", "\\b", "\\*", "[ab]", "[!a]", "[a-c]", "[^./]", "[]a]", "[[:alpha:]]", "[[:digit:]-]", "-", "*"};
    unsigned sum = 0, matched = 0;
    for (int i = 0; i < 200000; i++) {
        char pattern[100] = "", text[20];
        if (i % 2) {
            make(pattern, "**?aabA./", 7);
        } else {
            for (int n = next() % 5; n >= 0; n--)
                strcat(pattern, PARTS[next() % (sizeof PARTS / sizeof *PARTS)]);
        }
        make(text, "aabbA./-c", 8);
        int flags = next() % 32;
        int r = fnmatch(pattern, text, flags);
        sum = sum * 31 + r;
        matched += r == 0;
        if (argc > 1)
            printf("%s, %s, %d: %d\n", pattern, text, flags, r);
        if (i % 1000 == 999)
            printf("%d: %u\n", i, sum);
    }
    printf("%u match\n", matched);
    static char pattern[200], text[5001];
    for (int i = 0; i < 60; i++)
        strcat(pattern, "a*");
    strcat(pattern, "b");
    memset(text, 'a', 5000);
    printf("long: %d\n", fnmatch(pattern, text, 0));
    return 0;
}
