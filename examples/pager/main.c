/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pager: a pager in user mode, with copy-on-write. It makes two children, each an address space and
 * a thread. Their faults come to it as messages: a page that a child reads for the first time it
 * maps from a page that all share, and when a child writes to it the child gets a copy of its own.
 *
 * The manifest gives it two scheduling contexts ("threads: 2") for the children to run on, and
 * nothing else.
 */
#include <abi/invoke.h>
#include <inttypes.h>
#include <rt/memory.h>
#include <rt/object.h>
#include <rt/program.h>
#include <stdio.h>
#include <string.h>

#define CHILDREN 2u
#define PAGES    4u
#define WORDS    (RT_PAGE / 8)

/* Addresses in a child. */
#define CODE  0x100000ul
#define DATA  0x200000ul
#define STACK 0x300000ul /* one page */

/* A child's only capability, and its only message. */
#define TO_PAGER 1u
#define DONE     100u

struct child {
    cap_t space;
    cap_t thread;
    cap_t page[PAGES]; /* the frame capability mapped there, 0: none yet */
    bool own[PAGES];   /* it is a copy */
    word_t *copy[PAGES];
    uint64_t sum;
};

static struct child children[CHILDREN];
static word_t *shared;
static cap_t door;
static unsigned shares, copies;

/*
 * What a child runs. Copied to a page of its own, so it must not refer to anything outside:
 * arguments come in registers.
 */
__attribute__((section("child_code"), noinline, used)) static void child_main(word_t number,
                                                                              volatile word_t *data)
{
    word_t sum = 0;

    for (word_t i = 0; i < PAGES; i++)
        sum += data[i * WORDS];
    for (word_t i = number; i < PAGES; i += CHILDREN)
        data[i * WORDS] = 1000 * (number + 1) + i;
    for (word_t i = 0; i < PAGES; i++)
        sum += data[i * WORDS];
    for (;;) {
        struct message m = {.tag = MESSAGE_TAG(DONE, 1, 0), .w = {sum}};

        (void)sys_call(TO_PAGER, &m);
    }
}

extern const char __start_child_code[], __stop_child_code[];

/* A page of ours also in a child. @return the capability that is mapped there */
static cap_t give(struct child *c, const void *page, word_t address, word_t flags)
{
    cap_t frame = rt_object_copy(rt_page_frame(page), RIGHT_ALL);

    RT_CHECK(frame != 0 && rt_map_at(c->space, frame, 1, address, flags) == E_OK);
    return frame;
}

static void take_away(struct child *c, cap_t frame)
{
    RT_CHECK(address_space_unmap(c->space, 0, frame, 1) == E_OK);
    rt_object_delete(frame);
}

static void make_child(word_t number, const void *code)
{
    struct child *c = &children[number];
    cap_t slots = rt_object_new(TYPE_CNODE, 4);
    cap_t fault = rt_object_badge(door, RIGHT_WRITE, number + 1);
    void *stack = rt_pages_alloc(1);

    c->space = rt_object_new(TYPE_ADDRESS_SPACE, 0);
    c->thread = rt_object_new(TYPE_THREAD, 0);
    RT_CHECK(slots != 0 && fault != 0 && c->space != 0 && c->thread != 0 && stack != NULL);
    RT_CHECK(cnode_copy(slots, TO_PAGER, 0, fault, RIGHT_WRITE, 1) == E_OK);
    give(c, code, CODE, MAP_READ | MAP_EXECUTE);
    give(c, stack, STACK, MAP_READ | MAP_WRITE);
    RT_CHECK(thread_configure(c->thread, slots, c->space, 0, fault, 0) == E_OK);
    RT_CHECK(sched_context_bind(COMPONENT_EXTRA_SCHED + number, c->thread) == E_OK);
    RT_CHECK(thread_write_registers(c->thread,
                                    CODE + (word_t)((const char *)child_main - __start_child_code),
                                    STACK + RT_PAGE - 8, 0, 0, 0, number, DATA, 0) == E_OK);
    RT_CHECK(thread_resume(c->thread) == E_OK);
}

static void share(struct child *c, word_t page)
{
    c->page[page] = give(c, shared + page * WORDS, DATA + page * RT_PAGE, MAP_READ);
    shares++;
}

static void copy(struct child *c, word_t page)
{
    c->copy[page] = rt_pages_alloc(1);
    RT_CHECK(c->copy[page] != NULL);
    memcpy(c->copy[page], shared + page * WORDS, RT_PAGE);
    if (c->page[page] != 0)
        take_away(c, c->page[page]);
    c->page[page] = give(c, c->copy[page], DATA + page * RT_PAGE, MAP_READ | MAP_WRITE);
    c->own[page] = true;
    copies++;
}

/* A fault: words 0 and 1 are address and access, of which 2 means writing. */
static void on_fault(struct child *c, const struct message *m)
{
    word_t page = (m->w[0] - DATA) / RT_PAGE;

    RT_CHECK(m->w[0] >= DATA && page < PAGES && !c->own[page]);
    if (m->w[1] & 2)
        copy(c, page);
    else
        share(c, page);
}

/* Serve the children until both are done. One that is done is not answered, so it stays where it
 * is. */
static void serve(void)
{
    struct message m = {.tag = 0};
    unsigned done = 0;

    RT_CHECK(sys_recv(door, COMPONENT_REPLY, &m, 0) == E_OK);
    for (;;) {
        struct child *c = &children[m.badge - 1];

        if (message_label(m.tag) == DONE) {
            c->sum = m.w[0];
            RT_CHECK(thread_suspend(c->thread) == E_OK);
            if (++done == CHILDREN)
                return;
            RT_CHECK(sys_recv(door, COMPONENT_REPLY, &m, 0) == E_OK);
            continue;
        }
        RT_CHECK(message_label(m.tag) == FAULT_PAGE);
        on_fault(c, &m);
        m.tag = MESSAGE_TAG(0, 0, 0); /* no words: try again */
        RT_CHECK(sys_reply_recv(door, COMPONENT_REPLY, &m, 0) == E_OK);
    }
}

static void print_page(word_t page)
{
    printf("page %" PRIu64 ": shared %4" PRIu64, page, shared[page * WORDS]);
    for (word_t i = 0; i < CHILDREN; i++) {
        if (children[i].own[page])
            printf(", child %" PRIu64 " has its own: %" PRIu64, i, children[i].copy[page][0]);
    }
    printf("\n");
}

int main(void)
{
    void *code = rt_pages_alloc(1);

    shared = rt_pages_alloc(PAGES);
    door = rt_object_new(TYPE_ENDPOINT, 0);
    RT_CHECK(code != NULL && shared != NULL && door != 0);
    RT_CHECK(__stop_child_code - __start_child_code <= (long)RT_PAGE);
    memcpy(code, __start_child_code, (size_t)(__stop_child_code - __start_child_code));
    for (word_t i = 0; i < PAGES; i++)
        shared[i * WORDS] = 100 + i;
    for (word_t i = 0; i < CHILDREN; i++)
        make_child(i, code);
    serve();
    for (word_t i = 0; i < PAGES; i++)
        print_page(i);
    for (word_t i = 0; i < CHILDREN; i++)
        printf("child %" PRIu64 " added up %" PRIu64 "\n", i, children[i].sum);
    printf("%u pages were shared on a read, %u copied on a write\n", shares, copies);
    return 0;
}
