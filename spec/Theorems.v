(* SPDX-License-Identifier: BSD-2-Clause *)
(* What holds of every state that the kernel comes to, from boot on, whatever happens. *)
Require Import NArith List Bool.
From Tessera Require Import Map Refills State Machine Calls Boot Keeps.
From Tessera Require Memory Tree Reply Budget Objects Destroy.
Import ListNotations.
Open Scope N_scope.

(* The kernel's steps are known by their names. *)
#[local] Strategy 1000 [boot_steps step].

Inductive reached (l : limits) : state -> Prop :=
| reached_boot : forall s, boot l = Some s -> reached l s
| reached_step : forall s e s', reached l s -> step e s = Some (tt, s') -> reached l s'.

Definition first (l : limits) : Reply.ties := Reply.of_state (nothing l).

Lemma reached_keeps : forall I l, kept I -> (forall b z w, keeps I (first_region b z w)) ->
  I (nothing l) -> forall s, reached l s -> I s.
Proof.
  intros I l K F N s R. induction R as [s B|s e s' R IH S].
  - unfold boot in B. pose proof (boot_keeps I F (nothing l)) as G.
    destruct (boot_steps (nothing l)) as [[u x]|]; [|discriminate B].
    injection B as <-. exact (G u x N eq_refl).
  - pose proof (every_entry_keeps I e) as G. exact (G s tt s' IH S).
Qed.

Theorem memory_sound : forall l s, reached l s -> Memory.sound s.
Proof.
  intros l. apply reached_keeps; [apply Memory.memory_is_kept|apply Memory.sound_first|].
  split; intros i; [intros r|intros j r q _]; simpl; rewrite get_empty; discriminate.
Qed.

Theorem tree_rooted : forall l s, reached l s -> Tree.rooted s.
Proof.
  intros l. apply reached_keeps; [apply Tree.tree_is_kept| |].
  - intros b z w s i s' R H. apply Memory.first_region_only in H. destruct H as [m ->].
    exact R.
  - split.
    + intros a k. unfold children, Tree.of_state; simpl. rewrite !get_empty. simpl.
      split; [contradiction|discriminate].
    + split; [apply get_empty|]. exists (fun _ => O). intros s q H. unfold Tree.of_state in H.
      simpl in H. rewrite get_empty in H. discriminate H.
Qed.

Theorem calls_followed : forall l s, reached l s -> Reply.followed (first l) s.
Proof.
  intros l. apply reached_keeps; [apply Reply.calls_are_followed| |].
  - intros b z w s i s' R H. apply Memory.first_region_only in H. destruct H as [m ->].
    exact R.
  - split.
    + intros r t b. unfold Reply.of_state; simpl. rewrite !get_empty. simpl. split; discriminate.
    + exists []. constructor.
Qed.

Theorem budgets_held : forall l s, reached l s -> Budget.budgets_hold s.
Proof.
  intros l. apply reached_keeps; [apply Budget.budgets_are_kept| |].
  - intros b z w s i s' R H. apply Memory.first_region_only in H. destruct H as [m ->].
    exact R.
  - intros x b H. simpl in H. rewrite get_empty in H. discriminate H.
Qed.

(* --- In the words of the promises ------------------------------------------------------------- *)

Theorem no_overlap : forall l s i j r q, reached l s -> i <> j ->
  get i (s_regions s) = Some r -> get j (s_regions s) = Some q ->
  Memory.not_untyped r -> Memory.not_untyped q -> Memory.disjoint r q.
Proof. intros l s i j r q R. apply Memory.no_overlap. exact (memory_sound l s R). Qed.

Theorem reply_used_once : forall l s, reached l s ->
  exists h, Reply.history (first l) h (Reply.of_state s) /\ forall r,
    (Reply.sum (Reply.ended r) h + Reply.holds_now r (Reply.of_state s))%nat =
    Reply.sum (Reply.held r) h.
Proof.
  intros l s R. apply Reply.used_once; [| |exact (calls_followed l s R)].
  - intros r t b. unfold first, Reply.of_state; simpl. rewrite !get_empty. split; discriminate.
  - intros r. unfold Reply.holds_now, first, Reply.of_state; simpl. rewrite get_empty. reflexivity.
Qed.

Theorem nobody_is_forgotten : forall l s c r g, reached l s ->
  get c (s_waits s) = Some (WReply r g) -> get r (s_replies s) = Some (RHolds c).
Proof. intros l s c r g R. exact (Reply.nobody_is_forgotten _ _ _ _ _ (calls_followed l s R)). Qed.

Theorem budget_per_period : forall l s x b, reached l s -> get x (s_budgets s) = Some b ->
  full b = false -> forall w, Budget.used_in w (w + b_period b) (b_history b) <=
    b_budget b + Budget.undue_in w (w + b_period b) (b_history b).
Proof. intros l s x b R. apply Budget.never_more_than_the_budget. exact (budgets_held l s R). Qed.

(* Deleting takes from nobody else what was derived from what. *)
Theorem deletion_means : forall l s a s', reached l s -> drop_cap a s = Some (tt, s') ->
  forall x y, x <> a -> y <> a ->
  (Tree.desc (Tree.of_state s') x y <-> Tree.desc (Tree.of_state s) x y).
Proof.
  intros l s a s' R D x y Nx Ny. pose proof (tree_rooted l s R) as T.
  unfold drop_cap in D. destruct (get a (s_up s)) as [p|] eqn:P; [|discriminate D].
  injection D as <-. pose proof (Tree.up_deleted s a p T P) as U.
  rewrite <- (Tree.delete_meaning (Tree.of_state s) a x y); [|apply T| |exact Nx|exact Ny].
  - apply Tree.desc_same. intros k. unfold Tree.of_state at 1. simpl. apply U.
  - unfold Tree.live, Tree.of_state. congruence.
Qed.

(* When a revoke is over there is no descendant; what is left to do then is to dismantle objects. *)
Theorem revoke_is_over : forall n a s s',
  Objects.revoke_some n a s = Some (EOk, s') ->
  exists s1, children a s1 = [] /\ Destroy.destroy_doomed s1 = Some (EOk, s').
Proof.
  induction n as [|n IH]; intros a s s' H; simpl in H; unfold bind, gets, ret in H.
  - destruct (Destroy.destroy_doomed s) as [[e x]|]; discriminate H.
  - destruct (children a s) as [|c l] eqn:C; [exists s; auto|].
    destruct (Destroy.destroy_slot c s) as [[[] x]|]; try discriminate H. exact (IH a x s' H).
Qed.

Theorem no_child_no_descendant : forall l s a, reached l s -> children a s = [] ->
  forall k, ~ Tree.desc (Tree.of_state s) a k.
Proof.
  intros l s a R C k D. destruct (tree_rooted l s R) as [K _].
  destruct (Tree.desc_has_child _ _ _ D) as [c E]. apply K in E. rewrite C in E. exact E.
Qed.
