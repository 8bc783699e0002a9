(* SPDX-License-Identifier: BSD-2-Clause *)
(* Every theorem of the specification, and what it leans on: `make` fails unless that is nothing. *)
From Tessera Require Keeps Tree Memory Reply Budget Theorems Integrity.

Print Assumptions Keeps.every_entry_keeps.
Print Assumptions Keeps.boot_keeps.
Print Assumptions Tree.wf_derive.
Print Assumptions Tree.wf_move.
Print Assumptions Tree.wf_delete.
Print Assumptions Tree.delete_meaning.
Print Assumptions Tree.revoke_leaves_no_descendant.
Print Assumptions Tree.revoke_touches_nothing_else.
Print Assumptions Tree.revoke_ends.
Print Assumptions Tree.tree_is_kept.
Print Assumptions Memory.memory_is_kept.
Print Assumptions Memory.no_overlap.
Print Assumptions Memory.users_never_touch_kernel_objects.
Print Assumptions Memory.free_memory_is_nobodys.
Print Assumptions Reply.calls_are_followed.
Print Assumptions Reply.used_once.
Print Assumptions Reply.no_second_answer.
Print Assumptions Reply.nobody_is_forgotten.
Print Assumptions Budget.budgets_are_kept.
Print Assumptions Budget.amounts_add_up.
Print Assumptions Budget.never_more_than_the_budget.
Print Assumptions Budget.nothing_undue.
Print Assumptions Theorems.memory_sound.
Print Assumptions Theorems.tree_rooted.
Print Assumptions Theorems.calls_followed.
Print Assumptions Theorems.budgets_held.
Print Assumptions Theorems.no_overlap.
Print Assumptions Theorems.reply_used_once.
Print Assumptions Theorems.nobody_is_forgotten.
Print Assumptions Theorems.budget_per_period.
Print Assumptions Theorems.deletion_means.
Print Assumptions Theorems.revoke_is_over.
Print Assumptions Theorems.no_child_no_descendant.
Print Assumptions Theorems.every_entry_ends.
Print Assumptions Integrity.runs_are_confined.
Print Assumptions Integrity.confinement.
Print Assumptions Integrity.thread_confinement.
Print Assumptions Integrity.mapping_confinement.
Print Assumptions Integrity.integrity.
Print Assumptions Integrity.isolation.
Print Assumptions Integrity.apart_integrity.
