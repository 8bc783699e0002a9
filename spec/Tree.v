(* SPDX-License-Identifier: BSD-2-Clause *)
(* The derivation tree: who gave a capability can take it back, and nobody else loses or gains by it.

   A slot that holds a capability has a parent; slot 0 is the root, which holds none. What the links of
   kernel/cap/tree.h mean is this function and nothing else (tests/host/oracle compares them). *)
Require Import Arith Lia Bool.

Definition tree := nat -> option nat.

Definition live (p : tree) s := p s <> None.

(* `s` was derived from `a`, directly or not. *)
Inductive desc (p : tree) (a : nat) : nat -> Prop :=
| desc_child : forall s, p s = Some a -> desc p a s
| desc_deeper : forall s q, p s = Some q -> desc p a q -> desc p a s.

(* Parents exist, and there are no cycles. *)
Definition wf (p : tree) :=
  p 0 = None /\ exists rank : nat -> nat,
    forall s q, p s = Some q -> (q = 0 \/ live p q) /\ rank q < rank s.

Definition upd (p : tree) k v : tree := fun s => if Nat.eqb s k then v else p s.

(* --- Operations, as the kernel has them ---------------------------------------------------------- *)

(* copy, mint, retype: an empty slot becomes a child. *)
Definition derive (p : tree) from to := upd p to (Some from).

(* move: `to` takes the place of `from`, children included. *)
Definition move (p : tree) from to : tree :=
  fun s => if Nat.eqb s to then p from
           else if Nat.eqb s from then None
           else match p s with Some q => if Nat.eqb q from then Some to else Some q | None => None end.

(* delete: the children become children of the parent. *)
Definition delete (p : tree) d : tree :=
  fun s => if Nat.eqb s d then None
           else match p s with Some q => if Nat.eqb q d then p d else Some q | None => None end.

(* --- They keep the tree a tree --------------------------------------------------------------------- *)

Lemma wf_derive : forall p from to,
  wf p -> to <> 0 -> p to = None -> (from = 0 \/ live p from) -> wf (derive p from to).
Proof.
  intros p from to [R [rank W]] N E L. split.
  - unfold derive, upd. destruct (Nat.eqb_spec 0 to); congruence.
  - exists (fun s => if Nat.eqb s to then S (rank from) else rank s).
    intros s q H. unfold derive, upd in H. destruct (Nat.eqb_spec s to) as [->|Hs].
    + inversion H; subst q. split.
      * destruct L as [L|L]; [auto|right]. unfold live, derive, upd.
        destruct (Nat.eqb_spec from to); congruence.
      * destruct (Nat.eqb_spec from to) as [->|]; [|lia].
        destruct L as [L|L]; [congruence|unfold live in L; congruence].
    + destruct (W s q H) as [Q K]. split.
      * destruct Q as [Q|Q]; [auto|right]. unfold live, derive, upd.
        destruct (Nat.eqb_spec q to); congruence.
      * destruct (Nat.eqb_spec q to) as [->|]; [|exact K].
        destruct Q as [Q|Q]; [congruence|unfold live in Q; congruence].
Qed.

Lemma wf_delete : forall p d, wf p -> live p d -> wf (delete p d).
Proof.
  intros p d [R [rank W]] L. unfold live in L. split.
  - unfold delete. destruct (Nat.eqb 0 d); [reflexivity|]. rewrite R. reflexivity.
  - exists rank. intros s q H. unfold delete in H.
    destruct (Nat.eqb_spec s d) as [|Hs]; [discriminate|].
    destruct (p s) as [q0|] eqn:E; [|discriminate].
    destruct (W s q0 E) as [Q K].
    assert (Keep : forall x, x <> d -> x = 0 \/ live p x -> x = 0 \/ live (delete p d) x).
    { intros x Hx [Hl|Hl]; [auto|right]. unfold live, delete in *.
      destruct (Nat.eqb_spec x d); [contradiction|].
      destruct (p x) as [y|]; [|contradiction]. destruct (Nat.eqb y d); [exact L|discriminate]. }
    destruct (Nat.eqb_spec q0 d) as [->|Hq].
    + destruct (W d q H) as [Q' K']. split; [|lia]. apply Keep; [intros ->; lia|exact Q'].
    + inversion H; subst q0. split; [apply Keep; assumption|exact K].
Qed.

Lemma wf_move : forall p from to,
  wf p -> live p from -> p to = None -> to <> 0 -> wf (move p from to).
Proof.
  intros p from to [R [rank W]] L E N. unfold live in L.
  assert (D : from <> to) by congruence.
  assert (F0 : from <> 0) by congruence.
  split.
  - unfold move. destruct (Nat.eqb_spec 0 to); [congruence|].
    destruct (Nat.eqb_spec 0 from); [congruence|]. rewrite R. reflexivity.
  - exists (fun s => if Nat.eqb s to then rank from else rank s).
    intros s q H. unfold move in H.
    assert (Keep : forall x, x <> from -> x = 0 \/ live p x -> x = 0 \/ live (move p from to) x).
    { intros x Hx [Hl|Hl]; [auto|right]. unfold live, move in *.
      destruct (Nat.eqb_spec x to); [congruence|]. destruct (Nat.eqb_spec x from); [contradiction|].
      destruct (p x) as [y|]; [|contradiction]. destruct (Nat.eqb y from); discriminate. }
    assert (NotTo : forall x y, p x = Some y -> y <> to).
    { intros x y Hy ->. destruct (W x to Hy) as [[Z|Z] _]; [congruence|unfold live in Z; congruence]. }
    destruct (Nat.eqb_spec s to) as [->|Hs].
    + destruct (W from q H) as [Q K]. assert (q <> to) by (eapply NotTo; eauto).
      destruct (Nat.eqb_spec q to); [contradiction|]. split; [|exact K].
      apply Keep; [intros ->; lia|exact Q].
    + destruct (Nat.eqb_spec s from) as [|Hf]; [discriminate|].
      destruct (p s) as [q0|] eqn:Es; [|discriminate]. destruct (W s q0 Es) as [Q K].
      destruct (Nat.eqb_spec q0 from) as [->|Hq]; inversion H; subst q.
      * rewrite Nat.eqb_refl. split; [|exact K]. right. unfold live, move. rewrite Nat.eqb_refl. exact L.
      * assert (q0 <> to) by (eapply NotTo; eauto).
        destruct (Nat.eqb_spec q0 to); [contradiction|]. split; [apply Keep; assumption|exact K].
Qed.

(* --- What deletion means: nothing, for everybody else ------------------------------------------------ *)

Lemma no_loop : forall p s, wf p -> p s <> Some s.
Proof. intros p s [_ [rank W]] H. destruct (W s s H). lia. Qed.

Theorem delete_meaning : forall p d a s,
  wf p -> live p d -> a <> d -> s <> d -> (desc (delete p d) a s <-> desc p a s).
Proof.
  intros p d a s W L Ha. revert s.
  assert (Back : forall s, desc (delete p d) a s -> s <> d -> desc p a s).
  { induction 1 as [s H|s q H D IH]; intros Hs; unfold delete in H;
      (destruct (Nat.eqb_spec s d); [contradiction|]);
      (destruct (p s) as [q0|] eqn:E; [|discriminate]);
      destruct (Nat.eqb_spec q0 d) as [->|Hq].
    - eapply desc_deeper; [exact E|apply desc_child; exact H].
    - injection H as ->; apply desc_child; exact E.
    - eapply desc_deeper; [exact E|]. eapply desc_deeper; [exact H|]. apply IH.
      intros ->. exact (no_loop p d W H).
    - injection H as ->; eapply desc_deeper; [exact E|apply IH; assumption]. }
  assert (Forth : forall s, desc p a s ->
            (s <> d -> desc (delete p d) a s) /\
            (s = d -> forall x, delete p d x = p d -> desc (delete p d) a x)).
  { induction 1 as [s H|s q H D IH].
    - split; [intros Hs|intros -> x Hx; apply desc_child; congruence].
      apply desc_child. unfold delete. destruct (Nat.eqb_spec s d); [contradiction|].
      rewrite H. destruct (Nat.eqb_spec a d); [contradiction|reflexivity].
    - destruct IH as [IH1 IH2]. split.
      + intros Hs. destruct (Nat.eq_dec q d) as [->|Hq].
        * apply IH2; [reflexivity|]. unfold delete. destruct (Nat.eqb_spec s d); [contradiction|].
          rewrite H, Nat.eqb_refl. reflexivity.
        * apply desc_deeper with q; [|apply IH1; exact Hq].
          unfold delete. destruct (Nat.eqb_spec s d); [contradiction|].
          rewrite H. destruct (Nat.eqb_spec q d); [contradiction|reflexivity].
      + intros -> x Hx. apply desc_deeper with q; [congruence|]. apply IH1.
        intros ->. exact (no_loop p d W H). }
  intros s Hs. split; intros H; [apply Back; assumption|exact (proj1 (Forth s H) Hs)].
Qed.

(* --- Revoke: one child after the other, until there is none ------------------------------------------- *)

Inductive revoke (a : nat) : tree -> tree -> Prop :=
| revoke_done : forall p, (forall c, p c <> Some a) -> revoke a p p
| revoke_step : forall p c p', p c = Some a -> revoke a (delete p c) p' -> revoke a p p'.

Lemma desc_has_child : forall p a s, desc p a s -> exists c, p c = Some a.
Proof. induction 1; eauto. Qed.

Theorem revoke_leaves_no_descendant : forall a p p', revoke a p p' -> forall s, ~ desc p' a s.
Proof.
  induction 1 as [p N|]; [|assumption].
  intros s D. destruct (desc_has_child _ _ _ D) as [c C]. exact (N c C).
Qed.

(* What was not derived from `a` stays exactly as it was, `a` itself included. *)
Theorem revoke_touches_nothing_else : forall a p p',
  wf p -> revoke a p p' -> forall s, ~ desc p a s -> p' s = p s.
Proof.
  intros a p p' W R. revert W.
  induction R as [p N|p c p' C R IH]; intros W s D; [reflexivity|].
  assert (L : live p c) by (unfold live; congruence).
  assert (Ac : a <> c) by (intros ->; exact (no_loop p c W C)).
  assert (Sc : s <> c) by (intros ->; apply D; apply desc_child; exact C).
  assert (Same : delete p c s = p s).
  { unfold delete. destruct (Nat.eqb_spec s c); [contradiction|].
    destruct (p s) as [q|] eqn:E; [|reflexivity].
    destruct (Nat.eqb_spec q c) as [->|]; [|reflexivity].
    exfalso. apply D. eapply desc_deeper; [exact E|apply desc_child; exact C]. }
  rewrite IH; [exact Same|apply wf_delete; assumption|].
  intros D'. apply D. apply (delete_meaning p c a s W L Ac Sc). exact D'.
Qed.

(* --- It ends: as many steps as there are capabilities are enough, however it is preempted ---------------- *)

Fixpoint count (n : nat) (p : tree) : nat :=
  match n with 0 => 0 | S k => (match p k with Some _ => 1 | None => 0 end) + count k p end.

Fixpoint find_child (n : nat) (p : tree) (a : nat) : option nat :=
  match n with
  | 0 => None
  | S k => match p k with
           | Some q => if Nat.eqb q a then Some k else find_child k p a
           | None => find_child k p a
           end
  end.

Fixpoint run (fuel n : nat) (p : tree) (a : nat) : tree :=
  match fuel with
  | 0 => p
  | S f => match find_child n p a with Some c => run f n (delete p c) a | None => p end
  end.

Lemma find_child_some : forall n p a c, find_child n p a = Some c -> p c = Some a /\ c < n.
Proof.
  induction n as [|n IH]; simpl; intros p a c H; [discriminate|].
  destruct (p n) as [q|] eqn:E.
  - destruct (Nat.eqb_spec q a) as [->|].
    + inversion H; subst; split; [exact E|lia].
    + destruct (IH _ _ _ H). split; [assumption|lia].
  - destruct (IH _ _ _ H). split; [assumption|lia].
Qed.

Lemma find_child_none : forall n p a, find_child n p a = None -> forall c, c < n -> p c <> Some a.
Proof.
  induction n as [|n IH]; simpl; intros p a H c L E; [lia|].
  destruct (Nat.eq_dec c n) as [->|].
  - rewrite E, Nat.eqb_refl in H. discriminate.
  - destruct (p n) as [q|]; [destruct (Nat.eqb q a); [discriminate|]|];
      (apply (IH _ _ H c); [lia|exact E]).
Qed.

Lemma count_delete_le : forall n p d, live p d -> count n (delete p d) <= count n p.
Proof.
  unfold live. induction n as [|n IH]; simpl; intros p d L; [lia|].
  specialize (IH p d L). unfold delete at 1. destruct (Nat.eqb n d); [lia|].
  destruct (p n) as [q|]; [|lia]. destruct (Nat.eqb q d); [destruct (p d); lia|lia].
Qed.

Lemma count_delete : forall n p d, live p d -> d < n -> count n (delete p d) < count n p.
Proof.
  unfold live. induction n as [|n IH]; simpl; intros p d L D; [lia|].
  destruct (Nat.eq_dec d n) as [->|].
  - pose proof (count_delete_le n p n L). unfold delete at 1. rewrite Nat.eqb_refl.
    destruct (p n); [lia|contradiction].
  - specialize (IH p d L). unfold delete at 1. destruct (Nat.eqb_spec n d); [lia|].
    destruct (p n) as [q|]; [|lia]. destruct (Nat.eqb q d); [destruct (p d); lia|lia].
Qed.

Theorem revoke_ends : forall fuel n p a,
  (forall s, live p s -> s < n) -> count n p <= fuel -> revoke a p (run fuel n p a).
Proof.
  induction fuel as [|f IH]; simpl; intros n p a B C.
  - apply revoke_done. intros c E.
    assert (L : live p c) by (unfold live; congruence).
    pose proof (count_delete n p c L (B c L)). lia.
  - destruct (find_child n p a) as [c|] eqn:F.
    + destruct (find_child_some _ _ _ _ F) as [E L].
      assert (Lc : live p c) by (unfold live; congruence).
      apply revoke_step with c; [exact E|]. apply IH.
      * intros s Ls. apply B. unfold live, delete in *. destruct (Nat.eqb s c); [contradiction|].
        destruct (p s); [discriminate|contradiction].
      * pose proof (count_delete n p c Lc L). lia.
    + apply revoke_done. intros c E. apply (find_child_none _ _ _ F c); [|exact E].
      apply B. unfold live. congruence.
Qed.
