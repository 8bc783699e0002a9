/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Partition tables, sound and damaged. With the name of a disk image as its argument it prints the
 * partitions that it finds there instead, a line each: number, first block, blocks, label.
 */
#include <choose.h>
#include <stdio.h>
#include <string.h>

#include "build.h"

#define ROUNDS 20000u

static unsigned passed, failed;
static struct disk d;
static struct table t;

static void check(bool ok, const char *name)
{
    printf(ok ? "ok %s\n" : "FAIL %s: not so\n", name);
    passed += ok;
    failed += !ok;
}

static enum table_kind look(void)
{
    struct table_source source = disk_source(&d);

    table_read(&t, &source);
    return t.kind;
}

static bool is(uint32_t i, uint32_t number, uint64_t first, uint64_t blocks)
{
    const struct partition *p = &t.partition[i];

    return i < t.count && p->number == number && p->first == first && p->blocks == blocks;
}

static void test_gpt(void)
{
    gpt_build(&d, 3);
    check(look() == TABLE_GPT && t.count == 3 && t.refused == 0 && is(0, 1, 200, 100) &&
              is(2, 3, 400, 100) && strcmp(t.partition[1].label, "part2") == 0,
          "a GPT");
    gpt_build(&d, 128);
    check(look() == TABLE_GPT && t.count == 38 && t.refused == 90, "what is not on the disk is "
                                                                  "left out");
    gpt_build(&d, 3);
    d.data[512 + 60] ^= 1;
    check(look() == TABLE_GPT_BACKUP && t.count == 3, "the backup of a damaged header");
    gpt_build(&d, 3);
    gpt_entry(&d, 1)[40]++;
    check(look() == TABLE_GPT_BACKUP && is(1, 2, 300, 100), "the backup of damaged entries");
    d.data[sizeof d.data - 500] ^= 1;
    check(look() == TABLE_DAMAGED && t.count == 0, "without a sound copy there are no partitions");
    gpt_build(&d, 3);
    d.bad = 1;
    check(look() == TABLE_GPT_BACKUP, "the backup of a block that cannot be read");
    d.bad = 0;
    check(look() == TABLE_UNREADABLE && t.count == 0, "a disk that cannot be read");
}

static void test_hostile_gpt(void)
{
    gpt_build(&d, 4);
    put64(gpt_entry(&d, 1) + 32, 250); /* overlaps the first */
    put64(gpt_entry(&d, 2) + 40, 10);  /* ends before it begins */
    gpt_sums(&d, 1);
    check(look() == TABLE_GPT && t.count == 2 && t.refused == 2 && is(0, 1, 200, 100) &&
              is(1, 4, 500, 100),
          "partitions that overlap or turn back are left out");
    gpt_build(&d, 2);
    put64(gpt_entry(&d, 0) + 32, 1); /* the table itself */
    gpt_sums(&d, 1);
    check(look() == TABLE_GPT && t.count == 1, "no partition holds the table");
    gpt_build(&d, 2);
    put32(d.data + 512 + 80, 0xffffffff);
    put32(d.data + 512 + 16, 0);
    gpt_sums(&d, 1);
    check(look() == TABLE_GPT_BACKUP, "too many entries");
    gpt_build(&d, 2);
    put64(d.data + 512 + 24, 7);
    gpt_sums(&d, 1);
    check(look() == TABLE_GPT_BACKUP, "a header that is a copy of another");
}

static void test_mbr(void)
{
    disk_clear(&d);
    check(look() == TABLE_NONE && t.count == 0, "an empty disk");
    mbr_record(&d, 0, 0, 0x83, 100, 200);
    mbr_record(&d, 0, 1, 0x05, 1000, 1000);
    mbr_record(&d, 0, 3, 0x82, 2100, 50);
    mbr_record(&d, 1000, 0, 0x83, 1, 99);
    mbr_record(&d, 1000, 1, 0x05, 100, 100);
    mbr_record(&d, 1100, 0, 0x0c, 2, 98);
    check(look() == TABLE_MBR && t.count == 4 && t.refused == 0 && is(0, 1, 100, 200) &&
              is(1, 5, 1001, 99) && is(2, 6, 1102, 98) && is(3, 4, 2100, 50) &&
              t.partition[2].type[0] == 0x0c,
          "an MBR with logical partitions");
    mbr_record(&d, 1100, 1, 0x05, 0, 100);
    check(look() == TABLE_MBR && t.count == 4, "a chain that goes back ends there");
    mbr_record(&d, 1000, 0, 0x83, 1, 5000);
    check(look() == TABLE_MBR && t.count == 3 && t.refused == 1,
          "a logical partition that leaves its extended one is left out");
    mbr_record(&d, 0, 0, 0x83, 100, 5000);
    check(look() == TABLE_MBR && !is(0, 1, 100, 5000), "so is one beyond the disk");
    d.data[446] = 0x33;
    check(look() == TABLE_NONE, "a boot block is no table");
}

static bool chosen(const char *rule, uint64_t first, uint64_t blocks, bool read_only)
{
    struct choice c;

    return choose(&c, rule, &t, DISK_BLOCKS) == CHOOSE_OK && c.first == first &&
           c.blocks == blocks && c.read_only == read_only;
}

static bool not_chosen(const char *rule, enum choose_error wanted)
{
    struct choice c;

    return choose(&c, rule, &t, DISK_BLOCKS) == wanted;
}

static void test_rules(void)
{
    static const char *const bad[] = {"",      "1",        "1,",      "1,r",       "1,rx",
                                      "1,roo", ",ro",      "x,ro",    "label:,ro", "type:12345,ro",
                                      "-1,rw", "type:,ro", "type:0z,ro"};
    unsigned refused = 0;

    gpt_build(&d, 5);
    (void)look();
    check(chosen("disk,rw", 0, DISK_BLOCKS, false) && chosen("2,ro", 300, 100, true) &&
              chosen("label:part3,rw", 400, 100, false) &&
              chosen("type:13131313-1313-1313-1313-131313131313,ro", 500, 100, true),
          "a partition by number, label or type");
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
        refused += not_chosen(bad[i], CHOOSE_SYNTAX);
    check(refused == sizeof bad / sizeof bad[0], "rules that cannot be understood");
    check(not_chosen("9,ro", CHOOSE_NONE) && not_chosen("label:part,ro", CHOOSE_NONE) &&
              not_chosen("label:part33,ro", CHOOSE_NONE) && not_chosen("type:83,ro", CHOOSE_NONE),
          "partitions that are not there");
}

static bool read_file(void *context, uint64_t block, void *to)
{
    return fseek(context, (long)(block * 512), SEEK_SET) == 0 && fread(to, 512, 1, context) == 1;
}

static int show(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct table_source source = {.read = read_file, .context = file, .block_bytes = 512};

    if (file == NULL || fseek(file, 0, SEEK_END) != 0)
        return 1;
    source.blocks = (uint64_t)ftell(file) / 512;
    table_read(&t, &source);
    printf("%s\n", table_kind_name(t.kind));
    for (uint32_t i = 0; i < t.count; i++)
        printf("%u %lu %lu %s\n", t.partition[i].number, t.partition[i].first,
               t.partition[i].blocks, t.partition[i].label);
    fclose(file);
    return 0;
}

int main(int argc, char **argv)
{
    const char *wrong;

    if (argc > 1)
        return show(argv[1]);
    test_gpt();
    test_hostile_gpt();
    test_mbr();
    test_rules();
    wrong = fuzz(ROUNDS);
    if (wrong != NULL)
        printf("tables with random damage: %s\n", wrong);
    check(wrong == NULL, "20,000 tables with random damage");
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}
