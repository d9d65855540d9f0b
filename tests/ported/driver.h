/* What the drivers share: files read as a whole, a checksum of our own, and an end with a reason. */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bytes {
    unsigned char *data;
    size_t size;
};

static void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fflush(stdout);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

/* FNV-1a: enough to tell two outputs apart, and none of the library's own code. */
static uint64_t checksum(const void *data, size_t size) {
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ ((const unsigned char *)data)[i]) * 0x100000001b3;
    return hash;
}

static struct bytes read_file(const char *path) {
    struct bytes file = {NULL, 0};
    FILE *stream = fopen(path, "rb");
    if (!stream || fseek(stream, 0, SEEK_END))
        fail("%s cannot be opened", path);
    file.size = (size_t)ftell(stream);
    rewind(stream);
    file.data = malloc(file.size + 1);
    if (!file.data || fread(file.data, 1, file.size, stream) != file.size)
        fail("%s cannot be read", path);
    fclose(stream);
    return file;
}

/* The next of a row of odd sizes, 1 to 8,191: the chunks that streams are fed with. */
static size_t odd(unsigned *state) {
    *state = *state * 1103515245 + 12345;
    return 1 + (*state >> 16) % 8191;
}
