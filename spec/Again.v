(* SPDX-License-Identifier: BSD-2-Clause *)
(* Calls that are preempted are made again, with what is left of their arguments: that is less. *)
Require Import NArith List Bool Lia.
From Tessera Require Import Map Refills State Machine Sched Message Destroy Objects.
Import ListNotations.
Open Scope N_scope.

Lemma reg_put : forall t i v s u s', put_reg t i v s = Some (u, s') -> reg_of s' t i = v.
Proof.
  intros t i v s u s' H. unfold put_reg, write in H. injection H as _ <-. unfold reg_of. simpl.
  rewrite get_set, N.eqb_refl, get_set, N.eqb_refl. reflexivity.
Qed.

Ltac parts H := repeat match type of H with
  | bind ?m _ ?s = _ => unfold bind at 1 in H;
      let E := fresh "E" in destruct (m s) as [[? ?]|] eqn:E; [|discriminate H]
  end.

(* Copy: register 4 counts what is left to be copied. *)
Theorem copy_asks_for_less : forall n t d c rights to from count s s', (0 < n)%nat -> 0 < count ->
  copy_some n t d c rights to from count s = Some (ERestart, s') -> reg_of s' t 4 < count.
Proof.
  induction n as [|n IH]; intros t d c rights to from count s s' Pn Pc H; [lia|]. simpl in H.
  unfold bind at 1 in H. destruct (copy_one _ _ _ s) as [[e s1]|] eqn:E; [|discriminate H].
  assert (Ne : e <> ERestart).
  { intros ->. unfold copy_one, cap_at, bind, gets, ret in E.
    destruct (null _); [discriminate E|]. destruct (negb _); [discriminate E|].
    destruct (negb _); [discriminate E|]. destruct (copy_cap _ _ _ s) as [[]|]; discriminate E. }
  destruct e; try discriminate H; try contradiction.
  destruct (count =? 1) eqn:C; [discriminate H|]. apply N.eqb_neq in C. parts H.
  destruct n as [|n].
  - simpl in H. injection H as <-. rewrite (reg_put _ _ _ _ _ _ E2). lia.
  - apply IH in H; [|lia|lia]. lia.
Qed.

(* Retype: likewise what is left to be made. *)
Lemma making_ends : forall k o size s s', new_object k o size s <> Some (ERestart, s').
Proof.
  intros k o size s s' H. unfold new_object in H.
  destruct k; parts H; try discriminate H.
  destruct (n =? 0); parts H; discriminate H.
Qed.

Lemma make_one_ends : forall slot to k n size s s',
  make_one slot to k n size s <> Some (ERestart, s').
Proof.
  intros slot to k n size s s' H. unfold make_one in H. parts H.
  match type of H with match ?e with _ => _ end _ = _ => destruct e end;
    try discriminate H; parts H; try discriminate H.
  eapply making_ends; eassumption.
Qed.

Theorem retype_asks_for_less : forall steps t slot c k n size first count s s', (0 < steps)%nat ->
  0 < count -> make_some steps t slot c k n size first count s = Some (ERestart, s') ->
  reg_of s' t 4 < count.
Proof.
  induction steps as [|steps IH]; intros t slot c k n size first count s s' Ps Pc H; [lia|].
  simpl in H. unfold bind at 1 in H.
  destruct (make_one _ _ _ _ _ s) as [[e s1]|] eqn:E; [|discriminate H].
  destruct e; try discriminate H; [|destruct (make_one_ends _ _ _ _ _ _ _ E)]. parts H.
  destruct (count =? 1) eqn:C; [discriminate H|]. apply N.eqb_neq in C.
  destruct steps as [|steps].
  - simpl in H. injection H as <-. rewrite (reg_put _ _ _ _ _ _ E1). lia.
  - apply IH in H; [|lia|lia]. lia.
Qed.
