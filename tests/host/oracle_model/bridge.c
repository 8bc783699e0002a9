/* SPDX-License-Identifier: BSD-2-Clause */
/* Between tests/host/oracle, which drives the kernel, and the model of spec/ in OCaml (driver.ml):
 * tells it what happens, and lets it look at the kernel's state. */
#include "drive.h"

#include "limits_of_kernel.h"

#include <caml/callback.h>
#include <caml/memory.h>
#include <caml/mlvalues.h>

#include <sched/deadline.h>

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

static bool is(word_t w, value low, bool top)
{
    return Val_long((long)w) == low && (w >> 63) == top;
}

/* @param image pairs: (granule * 8 + word) * 2 + highest bit, the others. @return where the first
 * difference is, -1: nowhere */
value model_same(value image)
{
    for (mlsize_t i = 0; i < Wosize_val(image); i += 2) {
        word_t at = (word_t)Long_val(Field(image, i));

        if (!is(K[at / 16][at / 2 % 8], Field(image, i + 1), at % 2))
            return Val_long((long)i);
    }
    return Val_long(-1);
}

value model_word(value g, value w)
{
    return Val_long((long)K[Long_val(g)][Long_val(w)]);
}

/* A queue of threads. @param head,tail the words of the object that lead to it */
value model_chain(value object, value head, value tail, value threads)
{
    ref_t t = K[Long_val(object)][Long_val(head)];
    ref_t prev = NIL;

    for (mlsize_t i = 0; i < Wosize_val(threads); i++) {
        if (t != (word_t)Long_val(Field(threads, i)) || thread_prev(t) != prev)
            return Val_false;
        prev = t;
        t = thread_next(t);
    }
    return Val_bool(t == NIL && K[Long_val(object)][Long_val(tail)] == prev);
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

static void call(const char *name)
{
    const value *function = caml_named_value(name);

    CHECK(function != NULL && Long_val(caml_callback(*function, Val_unit)) == 0);
}

static void start(void)
{
    static char program[] = "oracle_model";
    char *arguments[] = {program, NULL};

    caml_startup(arguments);
    call("start");
}

static void happen(enum witnessed what, word_t a, word_t b, word_t c)
{
    inputs[0] = what;
    inputs[1] = a;
    inputs[2] = b;
    inputs[3] = c;
    call("happen");
}

static void mark(enum witness_mark what)
{
    static const char *const names[] = {"keep", "restore", "remember", "back", "agree"};

    call(names[what]);
}

static const struct witness model = {start, happen, mark};
const struct witness *const witness = &model;

/* The OCaml runtime keeps a stack for signals that it never gives back. */
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}
