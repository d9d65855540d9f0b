/* zlib: each file deflated in odd chunks at several levels and strategies, inflated again, then spoilt; and through gzip streams. */
#include <zlib.h>

#include "driver.h"

static const struct setting {
    int level, strategy, bits;
} SETTINGS[] = {{0, Z_DEFAULT_STRATEGY, 15}, {1, Z_DEFAULT_STRATEGY, 15}, {6, Z_DEFAULT_STRATEGY, 31}, {9, Z_DEFAULT_STRATEGY, -15},
                {6, Z_HUFFMAN_ONLY, 15},     {6, Z_RLE, 15},              {9, Z_FILTERED, 9},          {6, Z_FIXED, 15}};

static struct bytes deflated(struct bytes in, struct setting how) {
    z_stream stream = {0};
    unsigned state = 1;
    struct bytes out = {NULL, 0};
    if (deflateInit2(&stream, how.level, Z_DEFLATED, how.bits, 8, how.strategy) != Z_OK)
        fail("deflateInit2 refuses level %d", how.level);
    size_t room = deflateBound(&stream, in.size) + 65536, left = in.size;
    out.data = malloc(room);
    stream.next_in = in.data;
    int result = Z_OK;
    while (result != Z_STREAM_END) {
        if (!stream.avail_in) {
            size_t chunk = odd(&state);
            stream.avail_in = (uInt)(chunk < left ? chunk : left);
            left -= stream.avail_in;
        }
        size_t step = odd(&state);
        stream.next_out = out.data + out.size;
        stream.avail_out = (uInt)(step < room - out.size ? step : room - out.size);
        result = deflate(&stream, left ? (state & 0x70000 ? Z_NO_FLUSH : Z_SYNC_FLUSH) : Z_FINISH);
        out.size = (size_t)(stream.next_out - out.data);
        if (result < 0 && result != Z_BUF_ERROR)
            fail("deflate says %d", result);
    }
    deflateEnd(&stream);
    return out;
}

/* What inflate says in the end; what came out is counted and summed up. */
static int inflated(struct bytes in, int bits, struct bytes *out, size_t room) {
    z_stream stream = {0};
    unsigned state = 7;
    size_t left = in.size;
    if (inflateInit2(&stream, bits) != Z_OK)
        fail("inflateInit2 refuses %d bits", bits);
    out->data = malloc(room + 1);
    out->size = 0;
    stream.next_in = in.data;
    int result = Z_OK;
    while (result == Z_OK) {
        size_t chunk = odd(&state), step = odd(&state);
        if (!stream.avail_in) {
            stream.avail_in = (uInt)(chunk < left ? chunk : left);
            left -= stream.avail_in;
        }
        stream.next_out = out->data + out->size;
        stream.avail_out = (uInt)(step < room + 1 - out->size ? step : room + 1 - out->size);
        result = inflate(&stream, Z_NO_FLUSH);
        out->size = (size_t)(stream.next_out - out->data);
        if (result == Z_BUF_ERROR && left && out->size < room + 1)
            result = Z_OK;
    }
    if (stream.msg)
        printf(" (%s)", stream.msg);
    inflateEnd(&stream);
    return result;
}

static void round_trip(const char *name, struct bytes in) {
    for (size_t i = 0; i < sizeof SETTINGS / sizeof *SETTINGS; i++) {
        struct setting how = SETTINGS[i];
        struct bytes packed = deflated(in, how), out;
        printf("%s: level %d, strategy %d, %d bits: %zu bytes, %016llx", name, how.level, how.strategy, how.bits, packed.size,
               (unsigned long long)checksum(packed.data, packed.size));
        int result = inflated(packed, how.bits, &out, in.size);
        if (result != Z_STREAM_END || out.size != in.size || memcmp(out.data, in.data, in.size))
            fail("%s comes back as %zu bytes (%d)", name, out.size, result);
        free(out.data);
        putchar('\n');
        /* Spoilt: a flipped bit must be found, by the checksum at the latest; half of the stream is no end.  Raw streams have none. */
        for (size_t at = 0; how.bits > 0 && at < packed.size; at += packed.size / 3 + 1) {
            packed.data[at] ^= 0x10;
            printf("  byte %zu spoilt:", at);
            result = inflated(packed, how.bits, &out, in.size);
            printf(" %d after %zu bytes\n", result, out.size);
            /* A gzip header has fields that no checksum covers. */
            if (result == Z_STREAM_END && (out.size != in.size || memcmp(out.data, in.data, in.size)))
                fail("a spoilt stream is taken for a good one");
            free(out.data);
            packed.data[at] ^= 0x10;
        }
        packed.size /= 2;
        if (inflated(packed, how.bits, &out, in.size) == Z_STREAM_END)
            fail("half a stream is taken for a whole one");
        putchar('\n');
        free(out.data);
        free(packed.data);
    }
}

static void gzip_streams(const char *name, struct bytes in) {
    gzFile file = gzopen("written.gz", "wb7");
    if (!file || gzbuffer(file, 12345) || gzwrite(file, in.data, (unsigned)in.size) != (int)in.size)
        fail("gzwrite: %s", file ? gzerror(file, &(int){0}) : "no file");
    for (int i = 0; i < 1000; i++)
        gzprintf(file, "%d: %s, %08x, %.3f, %c\n", i, name, i * 2654435761u, i / 7.0, 'a' + i % 26);
    gzsetparams(file, 1, Z_FILTERED);
    gzputs(file, "the last line\n");
    if (gzclose(file) != Z_OK)
        fail("gzclose");
    struct bytes written = read_file("written.gz");
    printf("%s: a gzip file of %zu bytes, %016llx\n", name, written.size, (unsigned long long)checksum(written.data, written.size));

    file = gzopen("written.gz", "rb");
    char line[200];
    unsigned long sum = 0, lines = 0;
    if (gzseek(file, (z_off_t)in.size, SEEK_SET) != (z_off_t)in.size)
        fail("gzseek");
    while (gzgets(file, line, sizeof line)) {
        sum = adler32(sum, (const Bytef *)line, (uInt)strlen(line));
        lines++;
    }
    printf("%lu lines, %08lx, the last is %s", lines, sum, line);
    printf("at %ld, end %d\n", (long)gztell(file), gzeof(file));
    gzrewind(file);
    int first = gzgetc(file);
    printf("the first byte is %d, ", first);
    printf("and %d when put back\n", gzungetc('?', file));
    gzclose(file);

    FILE *spoilt = fopen("written.gz", "r+b");
    fseek(spoilt, -6, SEEK_END); /* in the checksum at the end */
    fputc('!', spoilt);
    fclose(spoilt);
    file = gzopen("written.gz", "rb");
    int got, code;
    char block[4096];
    while ((got = gzread(file, block, sizeof block)) > 0)
        ;
    const char *why = gzerror(file, &code);
    printf("spoilt: %d, %d, %s\n", got, code, why);
    if (got != -1)
        fail("a spoilt gzip file is taken for a good one");
    gzclose(file);
    free(written.data);
}

int main(int count, char **names) {
    printf("zlib %s\n", zlibVersion());
    for (int i = 1; i < count; i++) {
        struct bytes in = read_file(names[i]);
        const char *name = strrchr(names[i], '/') ? strrchr(names[i], '/') + 1 : names[i];
        printf("%s: %zu bytes, crc32 %08lx, adler32 %08lx\n", name, in.size, crc32(0, in.data, (uInt)in.size), adler32(1, in.data, (uInt)in.size));
        round_trip(name, in);
        gzip_streams(name, in);
        free(in.data);
    }
    return 0;
}
