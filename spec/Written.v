(* SPDX-License-Identifier: BSD-2-Clause *)
(* Alike.v, continued: who waits for what, registers, memory, threads, contexts. *)
Require Import NArith List Bool Lia.
From Tessera Require Import Map Refills State Machine Sched Message Destroy Objects Authority View.
From Tessera Require Import Alike.
Import ListNotations.
Open Scope N_scope.

Section Primitives.
Context {own : place -> bool} {t1 t2 : state}.
Notation O g := (own (Granule g) = true).
Notation closed := (closed own).
Notation whole := (whole own).
Notation all_own := (all_own own).
Notation alike := (@alike own t1 t2 _).

Lemma alike_put_ep : forall e v, O e -> all_own (snd v) -> alike (put_ep e v) any.
Proof. intros e v Oe Ov. wr put_ep. Qed.
Lemma alike_put_ntfn : forall n v, O n -> all_own (n_queue v) -> O (n_bound v) ->
  alike (put_ntfn n v) any.
Proof. intros n v On Q B. wr put_ntfn. Qed.
Lemma alike_put_irq : forall i v, O i -> alike (put_irq i v) any.
Proof. intros i v Oi. wr put_irq. Qed.
(* --- Waiting ---------------------------------------------------------------------------------- *)

Lemma whole_wait : forall t w m, waits_closed own m -> O t -> get t m = Some w -> whole t.
Proof. intros t w m H T E. exact (proj1 (H t w T E)). Qed.
Lemma waits_set : forall t w m, whole t -> wait_links own w -> waits_closed own m ->
  waits_closed own (set t w m).
Proof.
  intros t w m W L H u v U E. rewrite get_set in E. destruct (N.eqb_spec u t) as [->|]; [|eauto].
  injection E as <-. auto.
Qed.

Ltac links := match goal with
  | C : waits_closed _ ?m, T : own (Granule ?t) = true, E : get ?t ?m = Some (WReceiving _ (Some
    ?r))
    |- _ => assert (O r) by (apply (proj2 (C t _ T E)); reflexivity)
  | C : waits_closed _ ?m, T : own (Granule ?t) = true, E : get ?t ?m = Some (WReply ?r _)
    |- _ => assert (O r) by (exact (proj2 (C t _ T E)))
  end.
Ltac waits := first
  [ solve [wrote]
  | solve [apply waits_set; [eapply whole_wait; eassumption| |assumption]; simpl; auto]
  | intros ? ? ? E; rewrite get_set in E;
    match type of E with (if ?a =? ?b then _ else _) = _ =>
      destruct (N.eqb_spec a b) as [->|]; [injection E as <-|] end; simpl; eauto ].
Ltac waiting f := both_write; unfold f, with_wait, with_reply in *;
  repeat match goal with H : _ = Some (_, _) |- _ => progress prim H end;
  try (split; [reflexivity|split; [exact Logic.I|]]); parts; try links; meet;
  try solve [waits].

Lemma alike_set_wait : forall t w, O t -> wait_links own w -> alike (set_wait t w) any.
Proof. intros t w T W. waiting set_wait. Qed.
Lemma alike_arm : forall t e r, O t -> O e -> O r -> alike (arm t e r) any.
Proof.
  intros t e r T Oe R. waiting arm.
  apply waits_set; [eapply whole_wait; eassumption| |assumption]. simpl.
  split; [exact Oe|]. intros q Q. injection Q as <-. exact R.
Qed.
Lemma alike_disarm : forall t w, O t -> wait_links own w -> alike (disarm t w) any.
Proof. intros t w T W. waiting disarm. Qed.
Lemma alike_owe_reply : forall c r g, O c -> O r -> alike (owe_reply c r g) any.
Proof. intros c r g C R. waiting owe_reply. Qed.
Lemma alike_end_call : forall c w, O c -> wait_links own w -> alike (end_call c w) any.
Proof. intros c w C W. waiting end_call. Qed.


(* --- Threads and contexts --------------------------------------------------------------------- *)

Lemma alike_put_reg : forall t i v, O t -> alike (put_reg t i v) any.
Proof.
  intros t i v T. wr put_reg. intros j J. rewrite !get_set. destruct (N.eqb j t); [|auto].
  match goal with H : same _ (s_regs _) _ |- _ => rewrite (H t T) end. reflexivity.
Qed.
Lemma alike_put_mem : forall p i v, O p -> alike (put_mem p i v) any.
Proof.
  intros t i v T. wr put_mem. intros j J. rewrite !get_set. destruct (N.eqb j t); [|auto].
  match goal with H : same _ (s_mem _) _ |- _ => rewrite (H t T) end. reflexivity.
Qed.
Lemma threads_set : forall t h m, whole t -> th_links own h -> threads_closed own m ->
  threads_closed own (set t h m).
Proof.
  intros t h m W L H u v U E. rewrite get_set in E. destruct (N.eqb_spec u t) as [->|]; [|eauto].
  injection E as <-. auto.
Qed.
Lemma alike_write_th : forall t h, O t -> whole t -> th_links own h ->
  alike (write (fun s => set_s_threads (set t h (s_threads s)) s)) any.
Proof.
  intros t h T W L. both_write; unfold write in *;
    repeat match goal with H : _ = Some (_, _) |- _ => progress prim H end;
    try (split; [reflexivity|split; [exact Logic.I|]]); parts; try solve [wrote].
  all: apply threads_set; assumption.
Qed.
Lemma alike_put_th : forall t f, O t -> (forall h, th_links own h -> th_links own (f h)) ->
  alike (put_th t f) any.
Proof.
  intros t f T F. unfold put_th. eapply alike_bind; [apply alike_th_at; exact T|].
  intros h [W L]. apply alike_write_th; auto.
Qed.
Lemma scs_set : forall x c m, O (x_holder c) -> all_own (x_stack c) -> scs_closed own m ->
  scs_closed own (set x c m).
Proof.
  intros x c m W L H u v U E. rewrite get_set in E. destruct (N.eqb_spec u x) as [->|]; [|eauto].
  injection E as <-. auto.
Qed.
Lemma alike_put_sc : forall x f, O x ->
  (forall c d, links_of (Some c) = links_of (Some d) ->
    links_of (Some (f c)) = links_of (Some (f d))) ->
  (forall c, O (x_holder c) -> all_own (x_stack c) ->
    O (x_holder (f c)) /\ all_own (x_stack (f c))) -> alike (put_sc x f) any.
Proof.
  intros x f X U L. both_write; unfold put_sc, sc_at, bind, gets, need, write in *.
  - destruct (get x (s_scs s1)) as [c|] eqn:E1; [|discriminate E].
    destruct (get x (s_scs s2)) as [d|] eqn:E2; [|discriminate F].
    injection E as <- <-. injection F as <- <-.
    split; [reflexivity|split; [exact Logic.I|]].
    assert (K : links_of (Some c) = links_of (Some d)).
    { rewrite <- E1, <- E2. destruct H1 as (_ & _ & _ & _ & _ & _ & _ & _ & _ & _ & _ & _ & H1 & _).
      apply H1. exact X. }
    parts. apply links_set; [apply U; exact K|assumption].
  - destruct (get x (s_scs s)) as [c|] eqn:E1; [|discriminate E]. injection E as _ <-. parts.
    match goal with C : scs_closed _ _ |- _ => destruct (C x c X E1) as [H' S'] end.
    destruct (L c H' S'). apply scs_set; assumption.
  - destruct (get x (s_scs s)) as [c|] eqn:E1; [|discriminate E]. injection E as _ <-. parts. wrote.
Qed.
End Primitives.
