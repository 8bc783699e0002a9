/* SPDX-License-Identifier: BSD-2-Clause */
/* Between tests/host/oracle, which drives the kernel, and the model of spec/ in OCaml (driver.ml):
 * tells it what happens, and lets it look at the kernel's state. */
#include "drive.h"

#include "limits_of_kernel.h"

#include <caml/callback.h>
#include <caml/memory.h>
#include <caml/mlvalues.h>

#include <sched/deadline.h>

#include <stdlib.h>

/* --- What the model is told --- */

static word_t inputs[4];

value model_input(value i)
{
    return Val_long((long)inputs[Long_val(i)]);
}

value model_input_top(value i)
{
    return Val_long((long)(inputs[Long_val(i)] >> 63));
}

value model_limit(value i)
{
    static const word_t limits[] = {LIMIT_COPY,  LIMIT_DELETE, LIMIT_DOOMED, LIMIT_EMPTY,
                                    LIMIT_RANGE, LIMIT_RETYPE, LIMIT_CLEAR,  LIMIT_TIMERS};

    return Val_long((long)limits[Long_val(i)]);
}

/* --- What it looks at. Numbers in OCaml have 63 bits: the last is looked at apart. --- */

/* What the words of one value of the model must be. */
struct expected {
    word_t count, room;
    struct expected_word {
        const word_t *at;
        word_t mask, is;
    } * words;
};

enum { SLOTS = 16 * 8192 };

static struct expected expected[SLOTS];
/* The slots that hold something, in no order, and where each is among them, from 1 on. */
static unsigned int filled[SLOTS], filled_count, place[SLOTS];
static word_t last_wanted;

static void expect_at(struct expected_word *w, word_t key, word_t low)
{
    word_t at = key / 4;

    w->at = &K[at / 8][at % 8];
    w->mask = key & 2 ? 4 : ~(word_t)0;
    w->is = (low & ~(1ul << 63)) | key << 63;
}

/* @param image pairs: (granule * 8 + word) * 4 + (2 for one bit of it only) + highest bit, the
 * others. Numbers in OCaml have 63 bits. Empty: the slot holds nothing */
value model_expect(value slot_, value image)
{
    word_t slot = (word_t)Long_val(slot_);
    word_t n = Wosize_val(image) / 2;
    struct expected *e = &expected[slot];

    if (n > e->room) {
        e->words = realloc(e->words, 2 * n * sizeof *e->words);
        CHECK(e->words != NULL);
        e->room = 2 * n;
    }
    for (word_t i = 0; i < n; i++)
        expect_at(&e->words[i], (word_t)Long_val(Field(image, 2 * i)),
                  (word_t)Long_val(Field(image, 2 * i + 1)));
    e->count = n;
    if (n != 0 && place[slot] == 0) {
        filled[filled_count++] = (unsigned int)slot;
        place[slot] = filled_count;
    } else if (n == 0 && place[slot] != 0) {
        unsigned int last = filled[--filled_count];

        filled[place[slot] - 1] = last;
        place[last] = place[slot];
        place[slot] = 0;
    }
    return Val_unit;
}

/* One word of a slot. */
value model_expect_word(value slot, value i, value key, value low)
{
    struct expected *e = &expected[Long_val(slot)];

    CHECK((word_t)Long_val(i) < e->count);
    expect_at(&e->words[Long_val(i)], (word_t)Long_val(key), (word_t)Long_val(low));
    return Val_unit;
}

/* @return -1: every word is as expected; where it is not: slot, granule and word */
value model_agrees(value unit)
{
    (void)unit;
    for (unsigned int i = 0; i < filled_count; i++) {
        const struct expected *e = &expected[filled[i]];

        for (word_t j = 0; j < e->count; j++) {
            const struct expected_word *w = &e->words[j];

            if ((*w->at & w->mask) != w->is) {
                last_wanted = w->is;
                return Val_long((long)((word_t)filled[i] << 24 | (word_t)(w->at - &K[0][0])));
            }
        }
    }
    return Val_long(-1);
}

/* What the word that was not as expected should have been. */
value model_wanted(value unit)
{
    (void)unit;
    return Val_long((long)last_wanted);
}

value model_word(value g, value w)
{
    return Val_long((long)K[Long_val(g)][Long_val(w)]);
}

value model_cpu(value i)
{
    const word_t words[] = {cpu.thread, cpu.sc, cpu.started, host.now, host.timer};

    return Val_long((long)words[Long_val(i)]);
}

/* @param queue pairs: priority, context; the most urgent first */
value model_ready(value queue)
{
    mlsize_t at = 0;

    for (word_t p = PRIORITIES; p-- > 0;) {
        for (ref_t sc = cpu.ready_head[p]; sc != NIL; sc = sched_context_qnext(sc)) {
            if (at == Wosize_val(queue) || (word_t)Long_val(Field(queue, at)) != p ||
                (word_t)Long_val(Field(queue, at + 1)) != sc)
                return Val_false;
            at += 2;
        }
    }
    return Val_bool(at == Wosize_val(queue));
}

value model_doomed(value objects)
{
    mlsize_t at = 0;

    for (ref_t o = doomed; o != NIL; o = object_doom(o)) {
        if (at == Wosize_val(objects) || (word_t)Long_val(Field(objects, at++)) != o)
            return Val_false;
    }
    return Val_bool(at == Wosize_val(objects));
}

/* @param image root, level, address, frame, flags, RAM */
value model_leaf(value image)
{
    word_t in[6];

    for (word_t i = 0; i < 6; i++)
        in[i] = (word_t)Long_val(Field(image, i));

    ref_t table = in[0];

    for (word_t l = 3; l > in[1]; l--) {
        word_t i = arch_pte_index(in[2], l);
        word_t entry = K[table + i / 8][i % 8];

        if (!arch_pte_present(entry) || arch_pte_is_leaf(entry, l))
            return Val_false;
        table = arch_pte_target(entry);
    }

    word_t i = arch_pte_index(in[2], in[1]);

    return Val_bool(K[table + i / 8][i % 8] == arch_pte_leaf(in[3], in[1], in[4], in[5]));
}

static word_t deadlines(void)
{
    word_t n = 0;

    for (word_t b = 0; b < DEADLINE_BUCKETS; b++) {
        for (ref_t node = cpu.deadline_head[b]; node != NIL; node = timer_dnext(node))
            n++;
    }
    return n;
}

/* @param what 0: capabilities, 1: objects, 2: the root of the tree, 3: deadlines, from 1000 on:
 * mappings of an address space, as the oracle has found them to be in the kernel */
value model_count(value what)
{
    const struct m_object *o = m_obj(Long_val(what) < 1000 ? NIL : (ref_t)Long_val(what) - 1000);
    word_t counts[4] = {m.slot_count, m.object_count, tree_root, 0};

    if (o != NULL)
        return Val_long((long)o->map_count);
    if (Long_val(what) == 3)
        return Val_long((long)deadlines());
    return Val_long((long)counts[Long_val(what)]);
}

/* --- Telling --- */

/* What driver.ml has registered, looked up once. */
struct callback {
    const char *name;
    const value *function;
};

static void call(struct callback *to)
{
    if (to->function == NULL)
        to->function = caml_named_value(to->name);
    CHECK(to->function != NULL && Long_val(caml_callback(*to->function, Val_unit)) == 0);
}

static void start(void)
{
    static char program[] = "oracle_model";
    char *arguments[] = {program, NULL};

    static struct callback begin = {"start", NULL};

    caml_startup(arguments);
    call(&begin);
}

static void happen(enum witnessed what, word_t a, word_t b, word_t c)
{
    static struct callback happens = {"happen", NULL};

    inputs[0] = what;
    inputs[1] = a;
    inputs[2] = b;
    inputs[3] = c;
    call(&happens);
}

static void mark(enum witness_mark what)
{
    static struct callback marks[] = {
        {"keep", NULL}, {"restore", NULL}, {"remember", NULL}, {"back", NULL}, {"agree", NULL}};

    call(&marks[what]);
}

static const struct witness model = {start, happen, mark};
const struct witness *const witness = &model;

/* The OCaml runtime keeps a stack for signals that it never gives back. */
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}
