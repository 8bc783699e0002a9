/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * manifest: reads a system manifest, checks it, and packs it with the executables that it names.
 *
 *   manifest --images FOLDER --output IMAGE MANIFEST.yaml    make a boot image (abi/image.h)
 *   manifest --check [--images FOLDER] MANIFEST.yaml         only say what is wrong
 *   manifest --compile FILE MANIFEST.yaml                    only the compiled manifest
 */
#include "image.h"
#include "system.h"

#include <abi/image.h>
#include <abi/manifest.h>

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct options {
    const char *images;
    const char *output;
    const char *compile;
    const char *manifest;
    bool check;
};

static _Noreturn void usage(void)
{
    fputs("usage: manifest --images FOLDER --output IMAGE MANIFEST.yaml\n"
          "       manifest --check [--images FOLDER] MANIFEST.yaml\n"
          "       manifest --compile FILE MANIFEST.yaml\n",
          stderr);
    exit(2);
}

static struct options read_options(int argc, char **argv)
{
    struct options o = {0};

    for (int i = 1; i < argc; i++) {
        const char **value = strcmp(argv[i], "--images") == 0    ? &o.images
                             : strcmp(argv[i], "--output") == 0  ? &o.output
                             : strcmp(argv[i], "--compile") == 0 ? &o.compile
                                                                 : NULL;

        if (strcmp(argv[i], "--check") == 0)
            o.check = true;
        else if (value != NULL && i + 1 < argc)
            *value = argv[++i];
        else if (argv[i][0] == '-' || o.manifest != NULL)
            usage();
        else
            o.manifest = argv[i];
    }
    if (o.manifest == NULL ||
        (!o.check && o.compile == NULL && (o.images == NULL || o.output == NULL)))
        usage();
    return o;
}

static const char *image_path(const char *folder, const char *name)
{
    char *path = take(strlen(folder) + strlen(name) + 2);

    sprintf(path, "%s/%s", folder, name);
    return path;
}

static void check_images(const struct system *s, const char *folder)
{
    for (unsigned i = 0; i < s->count; i++) {
        const struct component *c = s->components[i];
        const char *path = image_path(folder, c->image);

        if (access(path, R_OK) != 0)
            report(
                c->image_place,
                "the image '%s' of '%s' is not in %s; build it, or correct the name (key: image)",
                c->image, c->name, folder);
    }
}

static uint32_t map_flags(uint32_t flags)
{
    return MAP_READ | (flags & PF_W ? MAP_WRITE : 0) | (flags & PF_X ? MAP_EXECUTE : 0);
}

/* The first component is mapped in place by the kernel. */
static void add_root(struct output *o, struct image_header *h, const struct executable *e)
{
    h->entry = e->entry;
    for (unsigned i = 0; i < e->count; i++) {
        const struct segment *s = &e->segments[i];
        uint64_t file = s->file_bytes == 0 ? PAGE
                                           : s->file_bytes; /* the kernel wants at least a byte */
        uint64_t memory = s->memory_bytes > file ? s->memory_bytes : file;

        h->segments[i] = (struct image_segment){o->used, file, s->vaddr, memory,
                                                map_flags(s->flags)};
        output_add(o, s->data, s->file_bytes);
        output_add(o, NULL, file - s->file_bytes);
    }
    h->segment_count = e->count;
}

static void add_image(struct output *o, const char *folder, const char *name)
{
    struct executable *e = executable_read(image_path(folder, name));
    char symbols[MANIFEST_NAME + sizeof MANIFEST_SYMBOLS];
    uint64_t bytes;
    void *small = executable_write(e, &bytes);

    archive_add(o, name, small, bytes, 1);
    if (e->symbols == NULL)
        return;
    snprintf(symbols, sizeof symbols, "%s" MANIFEST_SYMBOLS, name);
    archive_add(o, symbols, e->symbols, e->symbol_bytes, 1);
}

/* Images that several components share are packed once. */
static void add_images(struct output *o, const struct system *s, const char *folder)
{
    for (unsigned i = 0; i < s->count; i++) {
        unsigned k = 0;

        while (strcmp(s->components[k]->image, s->components[i]->image) != 0)
            k++;
        if (k == i)
            add_image(o, folder, s->components[i]->image);
    }
}

static void add_sums(struct output *o, struct image_header *h)
{
    struct image_sum sum = {0, 0};

    for (uint64_t at = PAGE; at < o->used; at += sizeof(word_t)) {
        word_t w;

        memcpy(&w, o->data + at, sizeof w);
        sum = image_sum_add(sum, w);
    }
    h->sum_a = sum.a;
    h->sum_b = sum.b;
}

static void write_file(const char *name, const void *data, uint64_t bytes)
{
    FILE *out = fopen(name, "wb");

    if (out == NULL || fwrite(data, 1, bytes, out) != bytes || fclose(out) != 0)
        report_fatal("%s: cannot be written: %m", name);
}

static void pack(const struct system *s, const struct options *options)
{
    struct output o = {0};
    struct image_header h = {.magic = IMAGE_MAGIC, .version = IMAGE_VERSION};
    uint64_t bytes;
    void *manifest = system_encode(s, &bytes);

    output_add(&o, NULL, PAGE);
    add_root(&o, &h, executable_read(image_path(options->images, s->root)));
    h.archive_offset = o.used;
    archive_add(&o, MANIFEST_FILE, manifest, bytes, 1);
    add_images(&o, s, options->images);
    archive_end(&o);
    h.archive_bytes = o.used - h.archive_offset;
    output_align(&o, PAGE);
    h.total_bytes = o.used;
    add_sums(&o, &h);
    memcpy(o.data, &h, sizeof h);
    write_file(options->output, o.data, o.used);
}

int main(int argc, char **argv)
{
    struct options o = read_options(argc, argv);
    struct system s;
    uint64_t bytes;

    system_read(&s, o.manifest);
    if (report_count() == 0)
        system_resolve(&s);
    if (report_count() == 0 && o.images != NULL)
        check_images(&s, o.images);
    if (report_count() != 0)
        return 1;
    if (o.compile != NULL) {
        void *manifest = system_encode(&s, &bytes);

        write_file(o.compile, manifest, bytes);
    }
    if (!o.check && o.output != NULL)
        pack(&s, &o);
    return 0;
}
