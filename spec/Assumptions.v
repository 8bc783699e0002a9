(* SPDX-License-Identifier: BSD-2-Clause *)
(* Every theorem of the specification, and what it leans on: `make` fails unless that is nothing. *)
From Tessera Require Tree Memory Authority Reply Budget.

Print Assumptions Tree.wf_derive.
Print Assumptions Tree.wf_move.
Print Assumptions Tree.wf_delete.
Print Assumptions Tree.delete_meaning.
Print Assumptions Tree.revoke_leaves_no_descendant.
Print Assumptions Tree.revoke_touches_nothing_else.
Print Assumptions Tree.revoke_ends.
Print Assumptions Memory.wf_reach.
Print Assumptions Memory.no_overlap.
Print Assumptions Memory.users_never_touch_kernel_objects.
Print Assumptions Memory.free_memory_is_nobodys.
Print Assumptions Authority.confinement.
Print Assumptions Authority.thread_confinement.
Print Assumptions Authority.integrity.
Print Assumptions Reply.used_once.
Print Assumptions Reply.no_second_answer.
Print Assumptions Reply.nobody_is_forgotten.
Print Assumptions Budget.amounts_add_up.
Print Assumptions Budget.never_more_than_the_budget.
