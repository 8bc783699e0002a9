/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Damages a compiled manifest (first argument) in 300,000 random ways and reads what manifest_check
 * still accepts, all of it, as root does. The address sanitizer watches: the copy ends where its
 * memory ends. Exit status 0: good.
 */
#include <manifest/manifest.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 300000u

static uint64_t seed = 20240117;
static volatile unsigned long sink;

static uint64_t random_word(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static void read_string(const struct manifest_header *m, uint32_t offset)
{
    sink += strlen(manifest_string(m, offset));
}

static void read_component(const struct manifest_header *m, const struct manifest_component *c)
{
    const struct manifest_provide *p = manifest_section(m, MANIFEST_PROVIDES);
    const struct manifest_use *u = manifest_section(m, MANIFEST_USES);
    const struct manifest_grant *g = manifest_section(m, MANIFEST_GRANTS);
    const uint32_t *d = manifest_section(m, MANIFEST_DEPENDS);

    read_string(m, c->name);
    read_string(m, c->image);
    for (uint32_t i = 0; i < c->provides.count; i++)
        read_string(m, p[c->provides.first + i].protocol);
    for (uint32_t i = 0; i < c->uses.count; i++) {
        const struct manifest_use *use = &u[c->uses.first + i];

        read_string(m, use->name);
        if (use->server != MANIFEST_ROOT)
            sink += p[manifest_component(m, use->server)->provides.first + use->provide].protocol;
    }
    for (uint32_t i = 0; i < c->grants.count; i++)
        read_string(m, g[c->grants.first + i].name);
    for (uint32_t i = 0; i < c->depends.count; i++)
        read_string(m, manifest_component(m, d[c->depends.first + i])->name);
    for (uint32_t i = 0; i < c->args.count; i++)
        sink += (unsigned char)manifest_string(m, c->args.first)[i];
}

static void read_all(const struct manifest_header *m)
{
    for (uint32_t i = 0; i < m->section[MANIFEST_COMPONENTS].count; i++)
        read_component(m, manifest_component(m, i));
}

/* Small numbers and numbers near the old one find more than wild ones. */
static void damage(unsigned char *data, size_t bytes)
{
    size_t at = random_word() % 3 == 0 ? random_word() % sizeof(struct manifest_header)
                                       : random_word() % bytes;
    uint32_t value;

    at %= bytes;
    if (random_word() % 2 == 0 || at % 4 != 0 || at + 4 > bytes) {
        data[at] = (unsigned char)random_word();
        return;
    }
    memcpy(&value, data + at, 4);
    value = random_word() % 2 == 0 ? value + (uint32_t)(random_word() % 9) - 4
                                   : (uint32_t)(random_word() % 300);
    memcpy(data + at, &value, 4);
}

int main(int argc, char **argv)
{
    static unsigned char whole[65536] __attribute__((aligned(8)));
    FILE *in = argc == 2 ? fopen(argv[1], "rb") : NULL;
    size_t bytes = in == NULL ? 0 : fread(whole, 1, sizeof whole, in);
    unsigned accepted = 0;

    if (bytes == 0 || manifest_check(whole, bytes) != NULL) {
        printf("the manifest itself is not accepted\n");
        return 1;
    }
    fclose(in);
    for (unsigned round = 0; round < ROUNDS; round++) {
        size_t left = random_word() % 4 == 0 ? random_word() % bytes : bytes;
        unsigned char *copy = malloc(left + (left == 0));

        memcpy(copy, whole, left);
        for (uint64_t n = left == 0 ? 0 : random_word() % 4; n > 0; n--)
            damage(copy, left);
        if (manifest_check(copy, left) == NULL) {
            read_all((const struct manifest_header *)(const void *)copy);
            accepted++;
        }
        free(copy);
    }
    printf("%u of %u accepted\n", accepted, ROUNDS);
    return accepted == 0;
}
