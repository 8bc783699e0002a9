/* SPDX-License-Identifier: BSD-2-Clause */
#include "record.h"

#include "component.h"

struct rt_record *rt_record(void)
{
    return (struct rt_record *)COMPONENT_RECORD;
}

/* Threads that write at the same time may mix their bytes: it is for people to read. */
void rt_record_line(const char *text, size_t size)
{
    struct rt_record *record = rt_record();
    word_t at = record->text_bytes;

    record->text_bytes = at + size + 1;
    for (size_t i = 0; i < size; i++)
        record->text[(at + i) % RECORD_TEXT] = text[i];
    record->text[(at + size) % RECORD_TEXT] = '\n';
}
