/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sandbox: a component whose manifest routes nothing to it. It tries whatever could lead outside,
 * and tells its supervisor, the only one it can speak to, what came of it. A line that says
 * "escaped" would be a defect of Tessera.
 */
#include <abi/invoke.h>
#include <rt/program.h>
#include <stdbool.h>

static unsigned escapes;

static void report(const char *what, bool escaped)
{
    rt_say(2, "%s: %s", what, escaped ? "ESCAPED" : "refused");
    escapes += escaped;
}

/* Every slot number there could be, far beyond those that exist: is there anything but its own? */
static bool finds_capabilities(void)
{
    bool found = false;

    for (word_t slot = COMPONENT_SUPERVISOR + 1; slot < 100000; slot++) {
        struct message m = {.tag = MESSAGE_TAG(1, 0, 0)};

        if (sys_call(slot, &m) != E_CAP)
            found = true;
    }
    return found;
}

/* Is one of its own things the right to more than it has? */
static bool has_a(word_t wanted)
{
    for (word_t slot = 1; slot < rt_info()->cnode_slots; slot++) {
        word_t type = TYPE_NULL, object, rights, badge, extra, depth;

        if (cnode_inspect(COMPONENT_CNODE, slot, &type, &object, &rights, &badge, &extra, &depth) ==
                E_OK &&
            type == wanted)
            return true;
    }
    return false;
}

/* More time for itself, by the capability that it has to its scheduling context. */
static bool changes_its_budget(void)
{
    return sched_context_unbind(COMPONENT_SCHED) == E_OK ||
           cpu_configure(COMPONENT_SCHED, COMPONENT_SCHED, 1000000, 1000000, 255) == E_OK;
}

/* Memory that is not its own: more than the quota in one piece. */
static bool exceeds_its_quota(void)
{
    word_t granules = rt_info()->memory_bytes / GRANULE + PAGE_GRANULES;

    return untyped_retype(COMPONENT_UNTYPED, TYPE_UNTYPED, granules, 0, rt_info()->first_free, 1) ==
           E_OK;
}

/* Another's badge on the one endpoint it may call. */
static bool pretends_to_be_another(void)
{
    return cnode_mint(COMPONENT_CNODE, rt_info()->first_free, 0, COMPONENT_SUPERVISOR, RIGHT_WRITE,
                      1) == E_OK;
}

/* Listen at the supervisor's door instead of knocking. */
static bool takes_others_messages(void)
{
    struct message m = {.tag = 0};

    return sys_recv(COMPONENT_SUPERVISOR, COMPONENT_REPLY, &m, SYS_NONBLOCK) != E_RIGHTS;
}

/* A page of the kernel, and one of its own code for writing. */
static bool maps_what_it_may_not(void)
{
    word_t kernel = 0xffff800000000000ul;
    enum error high =
        address_space_map(COMPONENT_SPACE, 0, COMPONENT_BUFFER_FRAME, 1, kernel, MAP_READ);
    enum error both = address_space_map(COMPONENT_SPACE, 0, COMPONENT_BUFFER_FRAME, 1,
                                        COMPONENT_HEAP, MAP_WRITE | MAP_EXECUTE);

    return high == E_OK || both == E_OK;
}

static bool makes_up_system_calls(void)
{
    for (word_t number = 4; number < 16; number++) {
        struct message m = {.tag = 0};

        if (sys_enter(number, COMPONENT_THREAD, 0, &m) != E_CALL)
            return true;
    }
    return false;
}

int main(void)
{
    rt_say(2, "my manifest gives me %lu things", rt_info()->entry_count);
    report("use a capability that I was not given", finds_capabilities());
    report("use I/O ports", has_a(TYPE_IO_PORT));
    report("use interrupts", has_a(TYPE_INTERRUPT) || has_a(TYPE_IRQ_CONTROL));
    report("use device memory", has_a(TYPE_DEVICE_UNTYPED));
    report("hand out processor time", has_a(TYPE_CPU));
    report("get more of it", changes_its_budget());
    report("get more memory than my quota", exceeds_its_quota());
    report("speak in another's name", pretends_to_be_another());
    report("take others' messages", takes_others_messages());
    report("map the kernel, or code that can be written", maps_what_it_may_not());
    report("make up system calls", makes_up_system_calls());
    rt_say(2, escapes == 0 ? "I can do nothing" : "I could get out");
    return escapes != 0;
}
