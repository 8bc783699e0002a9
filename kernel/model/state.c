/* SPDX-License-Identifier: BSD-2-Clause */
#include "state.h"

struct cpu cpu;
ref_t doomed;
ref_t tree_root;
ref_t asid_table;
word_t asid_count;
word_t asid_fresh;
word_t asid_free;
ref_t vector_interrupt[VECTORS];
word_t line_vector[LINES];
