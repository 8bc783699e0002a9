/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Server of the protocol `ledger`: entries live in the vault and nowhere else, so that whoever got
 * an answer finds them again. Argument layout=N: another layout of the vault.
 */
#include <ipclib/serve.h>
#include <proto/ledger.h>
#include <rt/bytes.h>
#include <rt/memory.h>
#include <rt/object.h>
#include <rt/program.h>
#include <rt/vault.h>

#define DAMAGE_KEY (1ul << 32) /* no client's */

static struct rt_vault vault;

static enum ledger_error on_put(void *self, word_t badge, uint32_t key, uint64_t value)
{
    (void)self;
    (void)badge;
    return rt_vault_put(&vault, key, &value, sizeof value) ? LEDGER_OK : LEDGER_E_FULL;
}

static enum ledger_error on_get(void *self, word_t badge, uint32_t key, uint64_t *value)
{
    (void)self;
    (void)badge;
    return rt_vault_get(&vault, key, value, sizeof *value) < 0 ? LEDGER_E_NOT_FOUND : LEDGER_OK;
}

static enum ledger_error on_sum(void *self, word_t badge, uint32_t *entries, uint64_t *sum)
{
    const struct rt_vault_record *r;
    unsigned at = 0;

    (void)self;
    (void)badge;
    *entries = 0;
    *sum = 0;
    while ((r = rt_vault_next(&vault, &at)) != NULL) {
        uint64_t value;

        if (r->key == DAMAGE_KEY)
            continue;
        memcpy(&value, rt_vault_bytes(&vault, r), sizeof value);
        *sum += value;
        ++*entries;
    }
    return LEDGER_OK;
}

/* Records that were damaged, in all incarnations: kept in the vault, too. */
static uint32_t damage(void)
{
    uint32_t before = 0;

    (void)rt_vault_get(&vault, DAMAGE_KEY, &before, sizeof before);
    if (vault.damaged != 0) {
        before += vault.damaged;
        vault.damaged = 0;
        (void)rt_vault_put(&vault, DAMAGE_KEY, &before, sizeof before);
    }
    return before;
}

static enum ledger_error on_state(void *self, word_t badge, uint32_t *found, uint32_t *damaged,
                                  uint64_t *incarnation)
{
    (void)self;
    (void)badge;
    *found = vault.found;
    *damaged = damage();
    *incarnation = rt_info()->incarnation;
    return LEDGER_OK;
}

static void fault(void)
{
    *(volatile int *)0x123000 = 1;
}

/* Not a loop for the compiler: each level's bytes are used after it. */
__attribute__((noinline)) static unsigned use_stack(unsigned depth)
{
    volatile unsigned char level[1000];

    level[depth % sizeof level] = (unsigned char)depth;
    if (depth == ~0u)
        return 0;
    return use_stack(depth + 1) + level[(depth + 1) % sizeof level];
}

static void use_memory(void)
{
    for (;;) {
        void *page = rt_pages_alloc(1);

        RT_CHECK(page != NULL);
        memset(page, 1, RT_PAGE);
    }
}

static void wait(void)
{
    cap_t never = rt_object_new(TYPE_NOTIFICATION, 0);
    struct message m = {.tag = 0};

    (void)sys_recv(never, 0, &m, 0);
}

static void in_thread(void *argument)
{
    (void)argument;
    fault();
}

static void harm_vault(enum ledger_harm how)
{
    size_t bytes;
    unsigned char *memory = rt_vault_memory(&bytes);
    unsigned at = 0;
    const struct rt_vault_record *r = rt_vault_next(&vault, &at);

    if (how == LEDGER_HARM_VAULT_HEAD)
        memory[9] ^= 4;
    else if (r != NULL)
        ((unsigned char *)(size_t)rt_vault_bytes(&vault, r))[3] ^= 16;
    fault();
}

static enum ledger_error on_harm(void *self, word_t badge, enum ledger_harm how)
{
    (void)self;
    (void)badge;
    switch (how) {
    case LEDGER_HARM_FAULT:
        fault();
        break;
    case LEDGER_HARM_LOOP:
        for (;;)
            __asm__ volatile("");
    case LEDGER_HARM_ASSERTION:
        RT_CHECK(vault.places == 0);
        break;
    case LEDGER_HARM_STACK:
        (void)use_stack(0);
        break;
    case LEDGER_HARM_WAIT:
        wait();
        break;
    case LEDGER_HARM_RELAY:
        (void)ledger_harm(rt_uses("next"), LEDGER_HARM_RELAY);
        break;
    case LEDGER_HARM_EXIT:
        rt_exit(4);
    case LEDGER_HARM_MEMORY:
        use_memory();
        break;
    case LEDGER_HARM_THREAD:
        (void)rt_thread_start(in_thread, NULL, 8192);
        break;
    default:
        harm_vault(how);
        break;
    }
    return LEDGER_OK;
}

int main(void)
{
    static const struct ledger_server callbacks = {
        .put = on_put, .get = on_get, .sum = on_sum, .state = on_state, .harm = on_harm};
    struct ipc_service service = ledger_service(&callbacks, NULL);
    struct ipc_server server = {.endpoint = COMPONENT_ENDPOINT,
                                .reply = COMPONENT_REPLY,
                                .services = &service,
                                .service_count = 1};
    const char *layout = rt_argument("layout");

    (void)rt_vault_open(&vault, layout == NULL ? 1 : (uint32_t)(layout[0] - '0'), sizeof(uint64_t));
    (void)damage();
    return (int)ipc_serve(&server);
}
