/* zstd: streams at several levels, with two threads, with a trained dictionary, with long matches; and frames that are spoilt. */
#include <zdict.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "driver.h"

static size_t must(const char *what, size_t result) {
    if (ZSTD_isError(result))
        fail("%s: %s", what, ZSTD_getErrorName(result));
    return result;
}

/* With workers nothing is flushed: how much a call takes then depends on how fast they are, and with it where a flush falls. */
static struct bytes packed(ZSTD_CCtx *context, struct bytes in, int workers) {
    unsigned state = 3;
    size_t room = ZSTD_compressBound(in.size) + 65536, from = 0, left = 1;
    ZSTD_outBuffer out = {malloc(room), 0, 0};
    while (from < in.size || left) {
        size_t chunk = odd(&state), step = odd(&state);
        ZSTD_inBuffer part = {in.data + from, chunk < in.size - from ? chunk : in.size - from, 0};
        out.size = out.pos + step < room ? out.pos + step : room;
        ZSTD_EndDirective how = part.size == in.size - from ? ZSTD_e_end : workers || state & 0x70000 ? ZSTD_e_continue : ZSTD_e_flush;
        left = must("ZSTD_compressStream2", ZSTD_compressStream2(context, &out, &part, how));
        from += part.pos;
        if (how != ZSTD_e_end)
            left = 1;
    }
    return (struct bytes){out.dst, out.pos};
}

/* The number of an error, 0 for none; a frame that does not end is one too. */
static int unpacked(ZSTD_DCtx *context, struct bytes in, struct bytes *result, size_t room) {
    unsigned state = 5;
    size_t from = 0, left = 1, moved = 1;
    ZSTD_outBuffer out = {malloc(room + 1), 0, 0};
    *result = (struct bytes){out.dst, 0};
    must("ZSTD_DCtx_reset", ZSTD_DCtx_reset(context, ZSTD_reset_session_only));
    while (left && moved) {
        size_t chunk = odd(&state), step = odd(&state), before = out.pos;
        ZSTD_inBuffer part = {in.data + from, chunk < in.size - from ? chunk : in.size - from, 0};
        out.size = out.pos + step < room + 1 ? out.pos + step : room + 1;
        left = ZSTD_decompressStream(context, &out, &part);
        if (ZSTD_isError(left))
            return (int)ZSTD_getErrorCode(left);
        from += part.pos;
        moved = part.pos + out.pos - before;
    }
    result->size = out.pos;
    return left ? -1 : 0;
}

static void round_trip(const char *name, struct bytes in, ZSTD_CCtx *coder, int workers, ZSTD_DCtx *decoder) {
    struct bytes frame = packed(coder, in, workers), out;
    int error = unpacked(decoder, frame, &out, in.size);
    if (error || out.size != in.size || memcmp(out.data, in.data, in.size))
        fail("%s comes back as %zu bytes (%d)", name, out.size, error);
    printf("%s: %zu bytes, %016llx\n", name, frame.size, (unsigned long long)checksum(frame.data, frame.size));
    free(out.data);
    for (size_t at = 0; at < frame.size; at += frame.size / 5 + 1) {
        frame.data[at] ^= 0x20;
        error = unpacked(decoder, frame, &out, in.size);
        printf("  byte %zu spoilt: %d\n", at, error);
        if (!error && (out.size != in.size || memcmp(out.data, in.data, in.size)))
            fail("a spoilt frame is taken for a good one");
        frame.data[at] ^= 0x20;
        free(out.data);
    }
    frame.size -= frame.size / 3;
    if (unpacked(decoder, frame, &out, in.size) == 0)
        fail("a part of a frame is taken for a whole one");
    free(out.data);
    free(frame.data);
}

static void all_levels(const char *name, struct bytes in) {
    static const struct {
        int level, workers, distance;
    } SETTINGS[] = {{-5, 0, 0}, {1, 0, 0}, {3, 2, 0}, {6, 0, 1}, {9, 2, 1}, {15, 0, 0}, {19, 0, 0}};
    for (size_t i = 0; i < sizeof SETTINGS / sizeof *SETTINGS; i++) {
        ZSTD_CCtx *coder = ZSTD_createCCtx();
        ZSTD_DCtx *decoder = ZSTD_createDCtx();
        char label[100];
        must("level", ZSTD_CCtx_setParameter(coder, ZSTD_c_compressionLevel, SETTINGS[i].level));
        must("checksum", ZSTD_CCtx_setParameter(coder, ZSTD_c_checksumFlag, 1));
        must("workers", ZSTD_CCtx_setParameter(coder, ZSTD_c_nbWorkers, SETTINGS[i].workers));
        must("long distance", ZSTD_CCtx_setParameter(coder, ZSTD_c_enableLongDistanceMatching, SETTINGS[i].distance));
        if (SETTINGS[i].workers)
            must("job size", ZSTD_CCtx_setParameter(coder, ZSTD_c_jobSize, 1 << 19));
        snprintf(label, sizeof label, "%s: level %d, %d workers%s", name, SETTINGS[i].level, SETTINGS[i].workers, SETTINGS[i].distance ? ", long" : "");
        round_trip(label, in, coder, SETTINGS[i].workers, decoder);
        ZSTD_freeCCtx(coder);
        ZSTD_freeDCtx(decoder);
    }
}

/* A dictionary from samples of 1,000 bytes, then each tenth sample with it. */
static void dictionary(struct bytes in) {
    enum { SAMPLE = 1000, ROOM = 16384 };
    unsigned count = (unsigned)(in.size / SAMPLE);
    size_t *sizes = malloc(count * sizeof *sizes), total = 0;
    void *trained = malloc(ROOM);
    for (unsigned i = 0; i < count; i++)
        sizes[i] = SAMPLE;
    size_t size = ZDICT_trainFromBuffer(trained, ROOM, in.data, sizes, count);
    if (ZDICT_isError(size))
        fail("ZDICT_trainFromBuffer: %s", ZDICT_getErrorName(size));
    printf("a dictionary of %zu bytes, %016llx\n", size, (unsigned long long)checksum(trained, size));
    ZSTD_CCtx *coder = ZSTD_createCCtx();
    ZSTD_DCtx *decoder = ZSTD_createDCtx();
    ZSTD_CDict *ready = ZSTD_createCDict(trained, size, 12);
    ZSTD_DDict *reader = ZSTD_createDDict(trained, size);
    for (unsigned i = 0; i < count; i += 10) {
        char frame[2 * SAMPLE], out[SAMPLE];
        size_t length = must("with a dictionary", ZSTD_compress_usingCDict(coder, frame, sizeof frame, in.data + i * SAMPLE, SAMPLE, ready));
        must("back", ZSTD_decompress_usingDDict(decoder, out, SAMPLE, frame, length, reader));
        if (memcmp(out, in.data + i * SAMPLE, SAMPLE))
            fail("sample %u does not come back", i);
        if (!ZSTD_isError(ZSTD_decompressDCtx(decoder, out, SAMPLE, frame, length)))
            fail("sample %u can be read without its dictionary", i);
        total += length;
    }
    printf("%u samples, %zu bytes in all\n", (count + 9) / 10, total);
    ZSTD_freeCDict(ready);
    ZSTD_freeDDict(reader);
    ZSTD_freeCCtx(coder);
    ZSTD_freeDCtx(decoder);
    free(trained);
    free(sizes);
}

int main(int count, char **names) {
    printf("zstd %s\n", ZSTD_versionString());
    for (int i = 1; i < count; i++) {
        struct bytes in = read_file(names[i]);
        all_levels(strrchr(names[i], '/') ? strrchr(names[i], '/') + 1 : names[i], in);
        if (i == 1)
            dictionary(in);
        free(in.data);
    }
    return 0;
}
