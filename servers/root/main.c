/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Root: the first component. It has all of the machine's resources; it makes the other components
 * out of them by the system's manifest, and sees to it that they go on. It never waits for any of
 * them: it only answers.
 */
#include "archive.h"
#include "component.h"
#include "console.h"
#include "root.h"
#include "serve.h"
#include "slots.h"
#include "supervisor.h"

#include <abi/invoke.h>
#include <manifest/manifest.h>

#define MEMORY_LOW  (8ul << 20)
#define STACK       0x400001000ul
#define STACK_PAGES 16u

struct scratch scratch;
cap_t root_endpoint;
static cap_t reply;
static struct block *reply_memory; /* of its own, to be used again */

_Noreturn void root_main(void);

static cap_t own(struct block *block, word_t type)
{
    cap_t slot = slot_take();

    ROOT_CHECK(slot != 0 && untyped_retype(block->untyped, type, 0, 0, slot, 1) == E_OK);
    return slot;
}

static void take_scratch(void)
{
    scratch.cnode = slot_take();
    scratch.space = slot_take();
    scratch.thread = slot_take();
    scratch.sched = slot_take();
    scratch.frame = slot_take();
    scratch.endpoint = slot_take();
    scratch.other = slot_take();
}

/* Endpoint, Reply and Timer; the timer's signals come in with the messages. */
static void make_own(void)
{
    struct block *block = memory_take(PAGE);
    cap_t notification, badged, timer;

    reply_memory = memory_take(PAGE);
    ROOT_CHECK(block != NULL && reply_memory != NULL);
    root_endpoint = own(block, TYPE_ENDPOINT);
    reply = own(reply_memory, TYPE_REPLY);
    notification = own(block, TYPE_NOTIFICATION);
    timer = own(block, TYPE_TIMER);
    badged = slot_take();
    ROOT_CHECK(cnode_mint(ROOT_CNODE, badged, 0, notification, RIGHT_WRITE, 1) == E_OK);
    ROOT_CHECK(timer_bind(timer, badged) == E_OK);
    ROOT_CHECK(thread_bind(ROOT_THREAD, notification) == E_OK);
    supervise_init(timer);
}

static void check_boot(void)
{
    const struct boot_info *info = boot_info();

    if (info->magic != BOOT_INFO_MAGIC || info->version != ABI_VERSION)
        root_refuse("make kernel and boot image together (./tessera build)",
                    "the kernel is of version %lu, root of %u", info->version,
                    (unsigned)ABI_VERSION);
}

static void check_memory(void)
{
    struct memory_state m = memory_state();

    if (m.free < MEMORY_LOW)
        root_refuse("give the machine at least 64 MiB", "there is too little memory: %lu KiB",
                    m.free / 1024);
}

static void report_start(void)
{
    uint32_t count = the_manifest()->section[MANIFEST_COMPONENTS].count;
    word_t started = supervise_start_all();
    struct memory_state m = memory_state();

    if (count == 0)
        say(SAY_WARNING, "the manifest has no components: nothing to do");
    say(SAY_INFO, "%lu components started, %lu MiB of memory free", started, m.free >> 20);
}

/* A caller that could not be answered is let go with the Reply object; a new one takes its place.
 */
static void renew_reply(void)
{
    ROOT_CHECK(cnode_delete(ROOT_CNODE, reply, 1) == E_OK);
    ROOT_CHECK(untyped_retype(reply_memory->untyped, TYPE_REPLY, 0, 0, reply, 1) == E_OK);
}

/*
 * Refusals too are answered: nobody can stay behind in the Reply object and keep others out. An
 * answer may have words in the message buffer, so lines that wait for the log are left to the
 * timer.
 */
static bool act_on(struct message *m)
{
    if (message_label(m->tag) == MESSAGE_SIGNAL) {
        supervise_tick();
        return false;
    }
    if (!serve_message(m))
        m->tag = MESSAGE_TAG(1, 0, 0);
    supervise_lines();
    return true;
}

/*
 * Message in, answer out. Answering fails when the caller has gone meanwhile, or never waited for
 * an answer: then just wait for the next.
 */
_Noreturn static void serve(void)
{
    struct message m = {.tag = 0};
    bool answer = false;

    for (;;) {
        enum error e = answer ? sys_reply_recv(root_endpoint, reply, &m, 0)
                              : sys_recv(root_endpoint, reply, &m, 0);

        if (e == E_OK) {
            answer = act_on(&m);
            continue;
        }
        if (!answer)
            renew_reply();
        answer = false;
    }
}

/* A stack with a page below it that is not there, in place of the one that root starts on. */
static word_t make_stack(void)
{
    struct block *block = memory_take(STACK_PAGES * PAGE);

    ROOT_CHECK(block != NULL);
    for (word_t i = 0; i < STACK_PAGES; i++) {
        cap_t frame = own(block, TYPE_FRAME);

        ROOT_CHECK(address_space_map(ROOT_SPACE, 0, frame, 1, STACK + i * PAGE,
                                     MAP_READ | MAP_WRITE) == E_OK);
    }
    return STACK + STACK_PAGES * PAGE;
}

static void run(void)
{
    take_scratch();
    make_own();
    archive_init();
    components_init();
    report_start();
    supervise_tick();
    serve();
}

void root_main(void)
{
    struct slots_made made;
    word_t stack;

    check_boot();
    made = slots_init();
    memory_init(made.range, made.bytes);
    check_memory();
    stack = make_stack();
    __asm__ volatile("mov %0, %%rsp\n\txor %%ebp, %%ebp\n\tcall *%1"
                     :
                     : "r"(stack), "r"(run)
                     : "memory");
    __builtin_unreachable();
}
