/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Symbols come from the table that tools/manifest packed with the image. The stack is followed by
 * frame pointers, which all native components keep; nothing on it is believed: each address is
 * looked up, and the stack must go up.
 */
#include "report.h"

#include "archive.h"
#include "console.h"
#include "root.h"

#include <abi/invoke.h>
#include <manifest/manifest.h>
#include <rt/bytes.h>
#include <rt/format.h>

#define FRAMES_MAX 24u
#define NAME_MAX   100u

static const char *const exceptions[] = {
    "division by zero",
    "debug trap",
    "",
    "breakpoint",
    "overflow",
    "range exceeded",
    "invalid instruction",
    "no FPU",
    "double fault",
    "",
    "invalid task state",
    "segment missing",
    "stack segment",
    "protection",
    "",
    "",
    "floating point",
    "misaligned access",
    "",
    "vector floating point",
};

/* A line into the post-mortem and into the log. */
static void line(struct component *c, unsigned level, const char *format, va_list arguments)
{
    char text[200];
    size_t bytes = rt_format_list(text, sizeof text - 1, format, arguments);

    say(level, "%s", text);
    text[bytes++] = '\n';
    if (c->post_mortem != NULL && bytes <= POST_MORTEM - c->post_mortem_bytes) {
        memcpy(c->post_mortem + c->post_mortem_bytes, text, bytes);
        c->post_mortem_bytes += bytes;
    }
}

__attribute__((format(printf, 2, 3))) static void note(struct component *c, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    line(c, SAY_INFO, format, arguments);
    va_end(arguments);
}

static void begin(struct component *c)
{
    if (c->post_mortem == NULL)
        c->post_mortem = heap_take(POST_MORTEM);
    c->post_mortem_bytes = 0;
}

void report_end(struct component *c, const char *format, ...)
{
    va_list arguments;

    begin(c);
    va_start(arguments, format);
    line(c, SAY_WARNING, format, arguments);
    va_end(arguments);
}

static const struct symbol_table *find_symbols(const struct component *c)
{
    char name[COMPONENT_NAME + sizeof MANIFEST_SYMBOLS];
    struct archive_file file;

    rt_format(name, sizeof name, "%s" MANIFEST_SYMBOLS, c->image);
    file = archive_find(name);
    if (file.data == NULL || (word_t)file.data % 8 != 0 || !symbols_check(file.data, file.bytes))
        return NULL;
    return (const struct symbol_table *)(const void *)file.data;
}

static void note_address(struct component *c, const struct symbol_table *symbols, word_t address)
{
    word_t offset = 0;
    const char *name = symbols == NULL ? NULL : symbols_find(symbols, address, &offset);

    if (name != NULL)
        note(c, "  %016lx  %.*s+0x%lx", address, (int)NAME_MAX, name, offset);
    else
        note(c, "  %016lx", address);
}

/* At its first instruction a function has not kept the frame pointer yet: its caller is on top of
 * the stack. */
static void note_early(struct component *c, const struct symbol_table *symbols, word_t ip,
                       word_t sp)
{
    word_t offset = 1;
    word_t back = 0;

    if (symbols != NULL && symbols_find(symbols, ip, &offset) != NULL && offset == 0 &&
        component_read(c, sp, &back))
        note_address(c, symbols, back - 1);
}

/* Return addresses point behind the call: one less is inside the caller. */
static void backtrace(struct component *c, const struct symbol_table *symbols, word_t frame)
{
    for (unsigned i = 0; i < FRAMES_MAX; i++) {
        word_t up = 0, back = 0;

        if (frame % 8 != 0 || !component_read(c, frame, &up) ||
            !component_read(c, frame + 8, &back) || back == 0)
            return;
        note_address(c, symbols, back - 1);
        if (up <= frame)
            return;
        frame = up;
    }
    note(c, "  ... and more");
}

static void describe(struct component *c, const struct fault *f)
{
    word_t access = f->w[1];
    const char *thread = f->main_thread ? "" : " in one of its threads";

    switch (f->label) {
    case FAULT_PAGE:
        report_end(c, "'%s' failed%s: %s 0x%lx, %s", c->name, thread,
                   access & 16  ? "jumped to"
                   : access & 2 ? "wrote to"
                                : "read from",
                   f->w[0], access & 1 ? "which it may not" : "where nothing is mapped");
        break;
    case FAULT_EXCEPTION:
        report_end(c, "'%s' failed%s: %s (exception %lu, error 0x%lx)", c->name, thread,
                   f->w[0] < sizeof exceptions / sizeof exceptions[0] ? exceptions[f->w[0]]
                                                                      : "processor exception",
                   f->w[0], f->w[1]);
        break;
    default:
        report_end(c, "'%s' failed%s: fault %lu", c->name, thread, f->label);
        break;
    }
}

static void note_registers(struct component *c, const word_t *r, const word_t *more)
{
    note(c, "  ip %016lx  sp %016lx  bp %016lx  flags %lx", r[0], r[1], more[3], r[2]);
    note(c, "  ax %016lx  bx %016lx  cx %016lx  dx %016lx", more[0], more[1], more[2], r[7]);
    note(c, "  si %016lx  di %016lx  r8 %016lx  r9 %016lx", r[6], r[5], more[4], more[5]);
    note(c, "  10 %016lx  11 %016lx  12 %016lx  13 %016lx", more[6], more[7], more[8], more[9]);
    note(c, "  14 %016lx  15 %016lx  fs %016lx", more[10], more[11], r[3]);
}

/* All registers of the main thread: eight as results, the others in the message buffer, copied
 * before anything is said. */
static bool read_registers(const struct component *c, word_t *r, word_t *more)
{
    const struct message_buffer *buffer = (const struct message_buffer *)ROOT_VADDR_BUFFER;
    bool done;

    if (c->inventory == 0 || cnode_copy(ROOT_CNODE, scratch.thread, c->inventory, INVENTORY_THREAD,
                                        RIGHT_ALL, 1) != E_OK)
        return false;
    done = thread_read_registers(scratch.thread, &r[0], &r[1], &r[2], &r[3], &r[4], &r[5], &r[6],
                                 &r[7]) == E_OK;
    memcpy(more, &buffer->words[MESSAGE_REGS], 12 * sizeof *more);
    ROOT_CHECK(cnode_delete(ROOT_CNODE, scratch.thread, 1) == E_OK);
    return done;
}

void report_fault(struct component *c, const struct fault *f)
{
    const struct symbol_table *symbols = find_symbols(c);
    word_t r[8], more[12];

    describe(c, f);
    if (!f->main_thread || !read_registers(c, r, more)) {
        if (f->label == FAULT_PAGE || f->label == FAULT_EXCEPTION)
            note_address(c, symbols, f->w[2]);
        return;
    }
    note_registers(c, r, more);
    note(c, "  called from:");
    note_address(c, symbols, r[0]);
    note_early(c, symbols, r[0], r[1]);
    backtrace(c, symbols, more[3]);
}
