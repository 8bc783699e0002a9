/* SPDX-License-Identifier: BSD-2-Clause */
/* The page of code that is mapped into every program, and what it must know of the processor. */
#include "vdso_priv.h"

#include "core_priv.h"
#include "space_priv.h"

#include <rt/clock.h>
#include <rt/program.h>

#define FXSAVE_BYTES 512u
#define HEADER_BYTES 64u
#define XSTATE       7u /* x87, SSE, AVX: what vdso.S saves */
#define MAGIC_1      0x46505853u
#define MAGIC_2      0x46505845u

bool vdso_xsave;
word_t vdso_fpu_bytes;

static page_t page, data_page;

/* What Linux says of the area's size, in bytes that FXSAVE leaves free. */
struct software_bytes {
    uint32_t magic, extended_bytes;
    uint64_t features;
    uint32_t bytes, padding[7];
};

static void cpuid(uint32_t leaf, uint32_t sub, uint32_t r[4])
{
    __asm__ volatile("cpuid"
                     : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3])
                     : "a"(leaf), "c"(sub));
}

static void look_at_processor(void)
{
    uint32_t r[4];

    vdso_fpu_bytes = FXSAVE_BYTES;
    cpuid(1, 0, r);
    vdso_xsave = (r[2] >> 27 & 3) == 3; /* OSXSAVE, AVX */
    if (!vdso_xsave)
        return;
    cpuid(13, 0, r); /* EBX: bytes for what is enabled */
    vdso_fpu_bytes = r[1] + sizeof(uint32_t);
}

bool vdso_init(void)
{
    const char *code;
    size_t bytes;

    look_at_processor();
    page = page_alloc();
    data_page = page_alloc();
    if (page == 0 || data_page == 0)
        return false;
    memcpy(page_data(page), vdso_image, (size_t)(vdso_image_end - vdso_image));
    vdso_update();
    code = vdso_xsave ? vdso_code : vdso_plain;
    bytes = (size_t)(vdso_xsave ? vdso_code_end - vdso_code : vdso_plain_end - vdso_plain);
    memcpy((char *)page_data(page) + VDSO_SIGNAL, code, bytes);
    return true;
}

void vdso_update(void)
{
    struct vdso_data *d = page_data(data_page);
    int64_t ns = clock_realtime_offset % (int64_t)RT_NS_PER_SECOND;

    d->ticks_per_second = rt_info()->ticks_per_second;
    d->seconds = clock_realtime_offset / (int64_t)RT_NS_PER_SECOND - (ns < 0);
    d->ns = ns < 0 ? ns + (int64_t)RT_NS_PER_SECOND : ns;
}

static long map_page(struct space *s, word_t at, page_t what, unsigned prot)
{
    long e = space_map(s, at, PAGE, prot, NULL);
    entry_t *entry = e == 0 ? table_entry(s, at, true) : NULL;

    if (entry == NULL)
        return -ENOMEM;
    page_ref(what);
    *entry = entry_make(what, 0, 0);
    s->resident++;
    return 0;
}

long vdso_map(struct space *s)
{
    long e = map_page(s, s->vdso - PAGE, data_page, PROT_READ);

    return e != 0 ? e : map_page(s, s->vdso, page, PROT_READ | PROT_EXEC);
}

/* What FXSAVE leaves free, and the header of what XSAVE stores behind: all of it is there. */
struct fpu_middle {
    struct software_bytes software;
    uint64_t header[HEADER_BYTES / 8];
};

bool vdso_prepare_fpu(struct task *t, word_t at)
{
    const word_t middle = at + FXSAVE_BYTES - sizeof(struct software_bytes);
    const struct fpu_middle m = {{MAGIC_1, (uint32_t)vdso_fpu_bytes, XSTATE,
                                  (uint32_t)vdso_fpu_bytes - 4, {0}}, {XSTATE}};
    const uint32_t end = MAGIC_2;

    if (!vdso_xsave)
        return user_write(t, middle, &(struct software_bytes){0}, sizeof m.software) == 0;
    return user_write(t, middle, &m, sizeof m) == 0 &&
           user_write(t, at + vdso_fpu_bytes - 4, &end, sizeof end) == 0;
}
