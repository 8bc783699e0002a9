/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Symbols come from the table that tools/manifest packed with the image. The stack is followed by
 * frame pointers, which all native components keep; nothing on it is believed: each address is
 * looked up, and the stack must go up.
 */
#include "report.h"

#include "archive.h"
#include "console.h"
#include "elf.h"
#include "ends.h"
#include "images.h"
#include "root.h"

#include <abi/invoke.h>
#include <manifest/manifest.h>
#include <rt/bytes.h>
#include <rt/format.h>
#include <rt/record.h>

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

/* The component's threads are looked for in so many of its slots. */
#define SCAN_SLOTS 4096u
#define REQUESTS   8u    /* shown */
#define TEXT_SHOWN 1000u /* bytes of its last lines */

void report_end(struct component *c, const char *format, ...)
{
    va_list arguments;
    char text[200];

    c->ended_ticks = now_ticks();
    end_begin(c);
    va_start(arguments, format);
    rt_format_list(text, sizeof text, format, arguments);
    va_end(arguments);
    end_line(c, "%s", text);
    say(SAY_WARNING, "%s", text);
    end_line(c, "  incarnation %lu, %lu ms after its start; memory %lu of %lu KiB%s",
             c->incarnation - 1, ticks_us(c->ended_ticks - c->started_ticks) / 1000,
             component_memory(c) / 1024, c->manifest->memory_bytes / 1024,
             component_memory(c) + PAGE > c->manifest->memory_bytes ? ": all of it is used up"
                                                                    : "");
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

word_t report_function(const struct component *c, const char *name)
{
    const struct symbol_table *t = find_symbols(c);

    for (uint32_t i = 0; t != NULL && i < t->count; i++) {
        if (rt_same((const char *)&t->symbols[t->count] + t->symbols[i].name, name))
            return t->symbols[i].address;
    }
    return 0;
}

static const char *find_function(const struct component *c, const struct symbol_table *symbols,
                                 word_t address, word_t *offset)
{
    struct archive_file image = {NULL, 0};

    if (symbols != NULL)
        return symbols_find(symbols, address, offset);
    image = image_find(c->image);
    return image.data == NULL ? NULL : elf_function(image.data, image.bytes, address, offset);
}

static void note_address(struct component *c, const struct symbol_table *symbols, word_t address)
{
    word_t offset = 0;
    const char *name = find_function(c, symbols, address, &offset);

    if (name != NULL)
        end_line(c, "  %016lx  %.*s+0x%lx", address, (int)NAME_MAX, name, offset);
    else
        end_line(c, "  %016lx", address);
}

/* At its first instruction a function has not kept the frame pointer yet: its caller is on top of
 * the stack. */
static void note_early(struct component *c, const struct symbol_table *symbols, word_t ip,
                       word_t sp)
{
    word_t offset = 1;
    word_t back = 0;

    if (find_function(c, symbols, ip, &offset) != NULL && offset == 0 &&
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
    end_line(c, "  ... and more");
}

/* Just below the main thread's stack. */
static bool below_stack(const struct component *c, word_t address)
{
    word_t low = COMPONENT_STACK_TOP - c->manifest->stack_bytes;

    return address < low && low - address <= PAGE;
}

static void describe_page(struct component *c, const struct fault *f, const char *thread)
{
    word_t access = f->w[1];

    if (below_stack(c, f->w[0]))
        report_end(c, "'%s' failed%s: its stack of %lu KiB is used up", c->name, thread,
                   c->manifest->stack_bytes / 1024);
    else
        report_end(c, "'%s' failed%s: %s 0x%lx, %s", c->name, thread,
                   access & 16  ? "jumped to"
                   : access & 2 ? "wrote to"
                                : "read from",
                   f->w[0], access & 1 ? "which it may not" : "where nothing is mapped");
}

static void describe(struct component *c, const struct fault *f)
{
    const char *thread = f->main_thread ? "" : " in one of its threads";

    switch (f->label) {
    case FAULT_PAGE:
        describe_page(c, f, thread);
        break;
    case FAULT_EXCEPTION:
        report_end(c, "'%s' failed%s: %s (exception %lu, error 0x%lx)", c->name, thread,
                   f->w[0] < sizeof exceptions / sizeof exceptions[0] ? exceptions[f->w[0]]
                                                                      : "processor exception",
                   f->w[0], f->w[1]);
        break;
    case FAULT_TIMEOUT:
        report_end(c, "'%s' failed%s: its processor time, %lu us in %lu us, is used up", c->name,
                   thread, c->manifest->budget_us, c->manifest->period_us);
        break;
    default:
        report_end(c, "'%s' failed%s: fault %lu", c->name, thread, f->label);
        break;
    }
}

static void note_registers(struct component *c, const word_t *r, const word_t *more)
{
    end_line(c, "  ip %016lx  sp %016lx  bp %016lx  flags %lx", r[0], r[1], more[3], r[2]);
    end_line(c, "  ax %016lx  bx %016lx  cx %016lx  dx %016lx", more[0], more[1], more[2], r[7]);
    end_line(c, "  si %016lx  di %016lx  r8 %016lx  r9 %016lx", r[6], r[5], more[4], more[5]);
    end_line(c, "  10 %016lx  11 %016lx  12 %016lx  13 %016lx", more[6], more[7], more[8], more[9]);
    end_line(c, "  14 %016lx  15 %016lx  fs %016lx", more[10], more[11], r[3]);
}

/* All registers of the thread in scratch.thread: eight as results, the others in the message
 * buffer, copied before anything else is asked of the kernel. */
static bool read_registers(word_t *r, word_t *more)
{
    const struct message_buffer *buffer = (const struct message_buffer *)ROOT_VADDR_BUFFER;

    if (thread_read_registers(scratch.thread, &r[0], &r[1], &r[2], &r[3], &r[4], &r[5], &r[6],
                              &r[7]) != E_OK)
        return false;
    memcpy(more, &buffer->words[MESSAGE_REGS], 12 * sizeof *more);
    return true;
}

static bool take_main_thread(const struct component *c)
{
    return c->inventory != 0 && cnode_copy(ROOT_CNODE, scratch.thread, c->inventory,
                                           INVENTORY_THREAD, RIGHT_ALL, 1) == E_OK;
}

/* Does this slot of scratch.cnode hold a thread that waits with this fault? Then it is in
 * scratch.thread. */
static bool take_if_faulted(word_t slot, word_t fault)
{
    word_t type = TYPE_NULL, object, rights, badge, extra, hint;
    word_t state = 0, waits_for, sched, flags, label = 0;

    if (cnode_inspect(scratch.cnode, slot, &type, &object, &rights, &badge, &extra, &hint) !=
            E_OK ||
        type != TYPE_THREAD ||
        cnode_copy(ROOT_CNODE, scratch.thread, scratch.cnode, slot, RIGHT_ALL, 1) != E_OK)
        return false;
    if (thread_inspect(scratch.thread, &state, &waits_for, &sched, &flags, &label) == E_OK &&
        label == fault)
        return true;
    ROOT_CHECK(cnode_delete(ROOT_CNODE, scratch.thread, 1) == E_OK);
    return false;
}

/* Further threads are of the component's own making: it has the capability somewhere. */
static bool take_thread(const struct component *c, word_t fault)
{
    bool found = false;

    if (c->inventory == 0 ||
        cnode_copy(ROOT_CNODE, scratch.cnode, c->inventory, INVENTORY_CNODE, RIGHT_ALL, 1) != E_OK)
        return false;
    for (word_t slot = 1; slot < c->manifest->slots && slot < SCAN_SLOTS && !found; slot++)
        found = take_if_faulted(slot, fault);
    ROOT_CHECK(cnode_delete(ROOT_CNODE, scratch.cnode, 1) == E_OK);
    return found;
}

/* Registers and backtrace of scratch.thread, which is emptied. */
static void note_thread(struct component *c)
{
    const struct symbol_table *symbols = find_symbols(c);
    word_t r[8], more[12];

    if (read_registers(r, more)) {
        note_registers(c, r, more);
        end_line(c, "  called from:");
        note_address(c, symbols, r[0]);
        note_early(c, symbols, r[0], r[1]);
        backtrace(c, symbols, more[3]);
    }
    ROOT_CHECK(cnode_delete(ROOT_CNODE, scratch.thread, 1) == E_OK);
}

static void note_requests(struct component *c, const struct rt_record *r)
{
    const struct manifest_provide *p = manifest_section(the_manifest(), MANIFEST_PROVIDES);

    if (r->came != 0)
        end_line(c, "  its last requests, of %lu%s:", r->came,
                 r->done < r->came ? "; the last was not finished" : "");
    for (word_t n = r->came > REQUESTS ? r->came - REQUESTS : 0; n < r->came; n++) {
        const struct rt_request *q = &r->request[n % RECORD_MESSAGES];
        const struct component *client = component_numbered(q->badge % COMPONENT_BADGE);
        word_t provide = q->badge % COMPONENT_BADGE_LOOK / COMPONENT_BADGE;

        if (message_label(q->tag) == MESSAGE_SIGNAL)
            end_line(c, "    signal 0x%lx", q->badge);
        else
            end_line(c, "    %s method %lu of %s", client == NULL ? "?" : client->name,
                     message_label(q->tag),
                     provide - 1 < c->manifest->provides.count
                         ? text_of(p[c->manifest->provides.first + provide - 1].protocol)
                         : "?");
    }
}

/* The last whole lines. */
static void note_text(struct component *c, const struct rt_record *r)
{
    char text[TEXT_SHOWN];
    word_t bytes = r->text_bytes < TEXT_SHOWN ? r->text_bytes : TEXT_SHOWN;
    word_t first = 0;

    for (word_t i = 0; i < bytes; i++)
        text[i] = r->text[(r->text_bytes - bytes + i) % RECORD_TEXT];
    while (r->text_bytes > bytes && first < bytes && text[first++] != '\n')
        ;
    if (bytes > first) {
        end_line(c, "  its last lines:");
        end_text(c, text + first, bytes - first);
    }
}

static void note_record(struct component *c)
{
    static struct rt_record record;

    if (!component_record(c, 0, &record, sizeof record))
        return;
    note_requests(c, &record);
    note_text(c, &record);
}

void report_fault(struct component *c, const struct fault *f)
{
    describe(c, f);
    if (f->main_thread ? take_main_thread(c) : take_thread(c, f->label))
        note_thread(c);
    else if (f->label == FAULT_PAGE || f->label == FAULT_EXCEPTION)
        note_address(c, find_symbols(c), f->w[2]);
    note_record(c);
}

void report_state(struct component *c)
{
    if (take_main_thread(c))
        note_thread(c);
    note_record(c);
}
