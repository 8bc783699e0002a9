/* SPDX-License-Identifier: BSD-2-Clause */
/* Scheduling contexts: whose they are, and who lent them. Who runs is not predicted here:
 * wf_sched.c judges it. */
#include "model.h"

void m_lend(struct m_object *from, struct m_object *to)
{
    struct m_object *sc = m_obj(from->sc);

    CHECK(sc->lenders < M_QUEUE);
    to->own = to->sc;
    to->sc = sc->at;
    sc->holder = to->at;
    sc->stack[sc->lenders++] = from->at;
    from->lent = sc->at;
    from->sc = NIL;
}

/* Back on its own context, if it has one. */
static void fall_back(struct m_object *t)
{
    t->sc = t->own;
    t->own = NIL;
}

void m_unlend(struct m_object *t)
{
    struct m_object *sc = m_obj(t->lent);
    word_t kept = 0;

    if (sc == NULL)
        return;
    for (word_t i = 0; i < sc->lenders; i++) {
        if (sc->stack[i] != t->at)
            sc->stack[kept++] = sc->stack[i];
    }
    CHECK(kept == sc->lenders - 1);
    sc->lenders = kept;
    t->lent = NIL;
    fall_back(t);
}

void m_return(struct m_object *t)
{
    struct m_object *sc = m_obj(t->sc);

    if (sc == NULL)
        return;
    if (sc->lenders == 0) { /* its own; or nobody is left to give it back to */
        if (t->own != NIL)
            m_unbind(sc);
        return;
    }

    struct m_object *to = m_obj(sc->stack[--sc->lenders]);

    to->lent = NIL;
    to->sc = sc->at;
    sc->holder = to->at;
    fall_back(t);
}

void m_unbind(struct m_object *sc)
{
    struct m_object *t = m_obj(sc->holder);

    sc->holder = NIL;
    if (t == NULL)
        return;
    if (t->sc == sc->at)
        fall_back(t);
    else
        t->own = NIL;
}
