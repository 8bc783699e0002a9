/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk, seen by a client of its driver. What is tested stands in the first block of the disk, so
 * that one boot image serves all boots of tests/qemu/disk.py, each with another disk.
 */
#include "disk.h"


void open_session(struct block_client *c, uint64_t number, uint32_t pages, word_t bits)
{
    struct block_options o = {
        .server = rt_uses("block"), .session = number, .pages = pages, .bits = bits};
    enum block_error e = block_client_open(c, &o);

    if (e != BLOCK_OK)
        rt_fail(__FILE__, __LINE__, "no session (error %x)", (unsigned)e);
}

enum block_status transfer(struct block_client *c, bool write, uint64_t position, uint32_t length,
                           uint32_t offset)
{
    struct block_io io = {0};

    if (write)
        block_io_write(&io, position, length, offset);
    else
        block_io_read(&io, position, length, offset);
    return block_client_run(c, &io);
}

word_t host_word(uint64_t sector, unsigned word)
{
    return sector * 64 + word + 1;
}

static bool begins(const uint8_t *block, const char *word)
{
    return memcmp(block, word, rt_length(word)) == 0;
}

int main(void)
{
    static struct block_client c;
    static uint8_t first[BLOCK_PAGE];

    open_session(&c, 99, 4, SIGNAL_FIRST);
    RT_CHECK(transfer(&c, false, 0, BLOCK_PAGE, 0) == BLOCK_DONE);
    memcpy(first, c.region, BLOCK_PAGE);
    RT_CHECK(block_client_close(&c) == BLOCK_OK);
    if (begins(first, "all"))
        test_all();
    else if (begins(first, "kill"))
        test_kill();
    else if (begins(first, "again"))
        test_again();
    else if (begins(first, "errors"))
        test_errors();
    else if (begins(first, "gone"))
        test_gone();
    else if (begins(first, "record"))
        test_record(!begins(first, "record-unsafe"));
    else
        check(false, "the disk says what to test", "it says %c%c", first[0], first[1]);
    return check_end();
}
