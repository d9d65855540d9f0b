/* stdio: nanoseconds a call.
 *
 *     stdio MILLISECONDS [NAME]...
 *
 * Output goes to /dev/null through a fully buffered stream; input comes from a file of 1 MiB that was just written.
 */
#include "bench.h"

static FILE *sink, *source;
static char text[256];

static void snprintf_d_s_f(long count)
{
    for (long i = 0; i < count; i++) {
        snprintf(text, sizeof text, "%d %s %f", (int)i, "some words", (double)i * 0.37);
        keep(text);
    }
}

static void fprintf_d_s_f(long count)
{
    for (long i = 0; i < count; i++)
        fprintf(sink, "%d %s %f", (int)i, "some words", (double)i * 0.37);
}

static void snprintf_d(long count)
{
    for (long i = 0; i < count; i++) {
        snprintf(text, sizeof text, "%d", (int)i);
        keep(text);
    }
}

static void snprintf_g(long count)
{
    for (long i = 0; i < count; i++) {
        snprintf(text, sizeof text, "%.17g", (double)i * 0.37);
        keep(text);
    }
}

static void sscanf_d_d(long count)
{
    int first, second;
    for (long i = 0; i < count; i++) {
        if (sscanf("12345 67890", "%d %d", &first, &second) != 2)
            die("sscanf", EINVAL);
        keep(&first);
    }
}

static void sscanf_s_lf(long count)
{
    char word[32];
    double value;
    for (long i = 0; i < count; i++) {
        if (sscanf("speed 299792.458", "%31s %lf", word, &value) != 2)
            die("sscanf", EINVAL);
        keep(word);
    }
}

static void getc_(long count)
{
    for (long i = 0; i < count; i++)
        if (getc(source) == EOF)
            rewind(source);
}

static void putc_(long count)
{
    for (long i = 0; i < count; i++)
        putc('a' + (int)(i & 15), sink);
}

static void fgets_(long count)
{
    for (long i = 0; i < count; i++) {
        if (!fgets(text, sizeof text, source))
            rewind(source);
        keep(text);
    }
}

static void fputs_(long count)
{
    for (long i = 0; i < count; i++)
        fputs("a line of ordinary length, for a program that prints\n", sink);
}

static void fwrite_16(long count)
{
    for (long i = 0; i < count; i++)
        fwrite(text, 16, 1, sink);
}

static const struct {
    const char *name;
    void (*body)(long);
} all[] = {
    {"snprintf %d %s %f", snprintf_d_s_f}, {"fprintf %d %s %f", fprintf_d_s_f}, {"snprintf %d", snprintf_d},
    {"snprintf %.17g", snprintf_g}, {"sscanf %d %d", sscanf_d_d}, {"sscanf %s %lf", sscanf_s_lf}, {"getc", getc_},
    {"putc", putc_}, {"fgets", fgets_}, {"fputs", fputs_}, {"fwrite 16", fwrite_16},
};

int main(int argc, char **argv)
{
    int ms = argc > 1 ? atoi(argv[1]) : 20;
    sink = fopen("/dev/null", "w");
    source = tmpfile();
    if (!sink || !source)
        die("fopen", errno);
    for (int i = 0; i < 1024 * 1024; i++)
        putc(i % 64 == 63 ? '\n' : 'a' + i % 26, source);
    rewind(source);
    for (size_t i = 0; i < LENGTH(all); i++)
        if (wanted(argc, argv, all[i].name))
            report(all[i].name, ms, all[i].body);
    return 0;
}
