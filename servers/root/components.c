/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of components, and the manifest that it begins with. */
#include "archive.h"
#include "component.h"
#include "console.h"
#include "root.h"
#include "slots.h"

#include <abi/invoke.h>
#include <manifest/manifest.h>
#include <rt/bytes.h>

static const struct manifest_header *manifest;
static struct component *first, *last;
static word_t next_number = 1;

const struct manifest_header *the_manifest(void)
{
    return manifest;
}

const char *text_of(uint32_t offset)
{
    return manifest_string(manifest, offset);
}

struct component *component_first(void)
{
    return first;
}

struct component *component_named(const char *name)
{
    for (struct component *c = first; c != NULL; c = c->next) {
        if (rt_same(c->name, name))
            return c;
    }
    return NULL;
}

struct component *component_numbered(word_t number)
{
    for (struct component *c = first; c != NULL; c = c->next) {
        if (number >= c->number && number - c->number < c->numbers)
            return c;
    }
    return NULL;
}

struct component *component_at(uint32_t index)
{
    for (struct component *c = first; c != NULL; c = c->next) {
        if (!c->made && c->manifest == manifest_component(manifest, index))
            return c;
    }
    return NULL;
}

const struct manifest_component *template_named(const char *name)
{
    for (uint32_t i = 0; i < manifest->section[MANIFEST_COMPONENTS].count; i++) {
        const struct manifest_component *m = manifest_component(manifest, i);

        if ((m->flags & MANIFEST_TEMPLATE) && rt_same(text_of(m->name), name))
            return m;
    }
    return NULL;
}

static void copy_name(char *to, const char *from)
{
    size_t length = rt_length(from);

    memset(to, 0, COMPONENT_NAME);
    memcpy(to, from, length < COMPONENT_NAME ? length : COMPONENT_NAME - 1);
}

void component_set_image(struct component *c, const char *image)
{
    copy_name(c->image, image);
    code_forget(c);
}

/* An endpoint in memory of its own, so that it can go when the component is forgotten. */
static bool make_endpoint(struct component *c)
{
    if (c->manifest->provides.count == 0)
        return true;
    c->home = memory_take(PAGE);
    c->endpoint = slot_take();
    return c->home != NULL && c->endpoint != 0 &&
           untyped_retype(c->home->untyped, TYPE_ENDPOINT, 0, 0, c->endpoint, 1) == E_OK;
}

static word_t count_devices(const struct manifest_component *m)
{
    const struct manifest_grant *g = manifest_section(manifest, MANIFEST_GRANTS);
    word_t count = 0;

    for (uint32_t i = 0; i < m->grants.count; i++)
        count += g[m->grants.first + i].kind == MANIFEST_DEVICE;
    return count;
}

/* Everything of a component's entry that is not in the list. */
static void drop(struct component *c)
{
    quiesce_give_up(c);
    vault_drop(c);
    code_forget(c);
    if (c->home != NULL)
        memory_give(c->home);
    if (c->endpoint != 0)
        slot_drop(c->endpoint);
    heap_give(c, sizeof *c);
}

struct component *component_enter(const char *name, const char *image,
                                  const struct manifest_component *m)
{
    struct component *c;

    heap_prepare();
    c = heap_take(sizeof *c);
    if (c == NULL)
        return NULL;
    c->manifest = m;
    copy_name(c->name, name);
    copy_name(c->image, image);
    if (!make_endpoint(c)) {
        drop(c);
        return NULL;
    }
    c->number = next_number;
    c->numbers = 1 + count_devices(m);
    next_number += c->numbers;
    if (last != NULL)
        last->next = c;
    else
        first = c;
    last = c;
    return c;
}

void component_forget(struct component *c)
{
    struct component **link = &first;
    struct component *before = NULL;

    for (; *link != c; link = &(*link)->next)
        before = *link;
    *link = c->next;
    if (last == c)
        last = before;
    drop(c);
}

static void enter_all(void)
{
    uint32_t count = manifest->section[MANIFEST_COMPONENTS].count;

    for (uint32_t i = 0; i < count; i++) {
        const struct manifest_component *m = manifest_component(manifest, i);

        if (m->flags & MANIFEST_TEMPLATE)
            continue;
        if (component_enter(text_of(m->name), text_of(m->image), m) == NULL)
            root_refuse("give the machine more memory",
                        "there is no memory for the %u components of the manifest", count);
    }
}

void components_init(void)
{
    struct archive_file file = archive_find(MANIFEST_FILE);
    const char *wrong;

    if (file.data == NULL)
        root_refuse("make the boot image again with tools/manifest",
                    "the boot image has no manifest (" MANIFEST_FILE ")");
    wrong = (word_t)file.data % 8 != 0 ? "it is not aligned"
                                       : manifest_check(file.data, file.bytes);
    if (wrong != NULL)
        root_refuse("make kernel, root and boot image together (./tessera build)",
                    "the manifest cannot be used: %s", wrong);
    manifest = (const struct manifest_header *)(const void *)file.data;
    enter_all();
}
