(* SPDX-License-Identifier: BSD-2-Clause *)
(* Memory: what lives never overlaps, and what users can touch is never a kernel object.

   A region is a capability's memory: an Untyped with the granules that were handed out from its start, a
   kernel object, or a frame. Retype takes from behind what was handed out; an Untyped starts afresh only
   when nothing lives in it (kernel/object/untyped.c: no child in the tree, and nothing doomed). *)
Require Import Arith Lia.

Inductive kind := Untyped (used : nat) | Object | User.

Record region := { base : nat; size : nat; what : kind }.

Definition memory := nat -> option region.

Definition disjoint (r s : region) := base r + size r <= base s \/ base s + size s <= base r.

(* `s` lies in what was handed out from the Untyped `r`. *)
Definition inside (s r : region) :=
  match what r with
  | Untyped used => base r <= base s /\ base s + size s <= base r + used
  | _ => False
  end.

Definition proper (r : region) :=
  size r > 0 /\ match what r with Untyped used => used <= size r | _ => True end.

Definition apart (r s : region) := disjoint r s \/ inside s r \/ inside r s.

Definition wf (m : memory) :=
  (forall i r, m i = Some r -> proper r) /\
  (forall i j r s, i <> j -> m i = Some r -> m j = Some s -> apart r s).

Definition upd (m : memory) i v : memory := fun j => if Nat.eqb j i then v else m j.

Inductive step : memory -> memory -> Prop :=
(* n granules at `at`, behind all that was used; the kind is anything an Untyped can become. *)
| step_retype : forall m u b z used i place n k,
    m u = Some {| base := b; size := z; what := Untyped used |} -> m i = None ->
    b + used <= place -> place + n <= b + z -> n > 0 -> (k = Untyped 0 \/ k = Object \/ k = User) ->
    step m (upd (upd m u (Some {| base := b; size := z; what := Untyped (place - b + n) |}))
                i (Some {| base := place; size := n; what := k |}))
(* The last capability went, and the object was dismantled. *)
| step_delete : forall m i, step m (upd m i None)
(* Nothing lives in it: from the start again. *)
| step_afresh : forall m u b z used,
    m u = Some {| base := b; size := z; what := Untyped used |} ->
    (forall i r, i <> u -> m i = Some r -> ~ inside r {| base := b; size := z; what := Untyped used |}) ->
    step m (upd m u (Some {| base := b; size := z; what := Untyped 0 |}))
(* Page tables: an Untyped that nothing was made of is the kernel's, and comes back. *)
| step_supply : forall m u b z,
    m u = Some {| base := b; size := z; what := Untyped 0 |} ->
    step m (upd m u (Some {| base := b; size := z; what := Object |}))
| step_give_back : forall m u b z,
    m u = Some {| base := b; size := z; what := Object |} ->
    step m (upd m u (Some {| base := b; size := z; what := Untyped 0 |})).

Lemma apart_sym : forall r s, apart r s -> apart s r.
Proof. unfold apart, disjoint; intros; tauto. Qed.

Ltac region_cases :=
  repeat match goal with
  | H : upd _ ?i _ ?j = _ |- _ => unfold upd in H
  | H : context [Nat.eqb ?a ?b] |- _ => destruct (Nat.eqb_spec a b); subst
  | H : Some _ = Some _ |- _ => injection H as H; subst
  | H : None = Some _ |- _ => discriminate H
  end.

(* A region changes while staying where it is: only who lies inside it matters. *)
Lemma wf_change : forall m u r r',
  wf m -> m u = Some r -> base r' = base r -> size r' = size r -> proper r' ->
  (forall i s, i <> u -> m i = Some s -> inside s r -> inside s r') ->
  wf (upd m u (Some r')).
Proof.
  intros m u r r' [P A] U B Z Pr In. split.
  - intros i s H. region_cases; [exact Pr|eauto].
  - assert (One : forall i s, i <> u -> m i = Some s -> apart s r').
    { intros i s N H. destruct (A i u s r N H U) as [D|[I|I]].
      - left. unfold disjoint in *. rewrite B, Z. exact D.
      - right; left. unfold inside in *. rewrite B, Z. exact I.
      - right; right. eauto. }
    intros i j s t N Hi Hj. unfold upd in Hi, Hj.
    destruct (Nat.eqb_spec i u) as [->|Ni]; destruct (Nat.eqb_spec j u) as [->|Nj].
    + congruence.
    + injection Hi as <-. apply apart_sym. exact (One j t Nj Hj).
    + injection Hj as <-. exact (One i s Ni Hi).
    + exact (A i j s t N Hi Hj).
Qed.

Lemma wf_step : forall m m', wf m -> step m m' -> wf m'.
Proof.
  intros m m' W S. destruct S as [m u b z used i place n k U E L F N K|m i|m u b z used U E|m u b z U|m u b z U].
  - (* the Untyped first, then the new region *)
    assert (Pu : used <= z) by (destruct W as [P _]; destruct (P u _ U) as [_ Q]; exact Q).
    assert (W1 : wf (upd m u (Some {| base := b; size := z; what := Untyped (place - b + n) |}))).
    { eapply wf_change; eauto; simpl; try reflexivity.
      - split; simpl; lia.
      - unfold inside; simpl. intros. lia. }
    assert (Ui : u <> i) by congruence.
    destruct W1 as [P1 A1]. destruct W as [P A]. split.
    + intros j r H. unfold upd at 1 in H. destruct (Nat.eqb_spec j i) as [->|].
      * injection H as <-. split; simpl; [lia|]. destruct K as [->|[->| ->]]; simpl; lia.
      * eauto.
    + assert (New : forall j s, j <> i ->
                upd m u (Some {| base := b; size := z; what := Untyped (place - b + n) |}) j = Some s ->
                apart s {| base := place; size := n; what := k |}).
      { intros j s Nj H. unfold upd in H. destruct (Nat.eqb_spec j u) as [->|Nu].
        - injection H as <-. right; left. unfold inside; simpl. lia.
        - destruct (A j u s _ Nu H U) as [D|[I|I]].
          + left. unfold disjoint in *; simpl in *. lia.
          + right; left. unfold inside in *; simpl in *. destruct (what s); [lia|tauto|tauto].
          + left. unfold inside, disjoint in *; simpl in *. lia. }
      intros j j' r s Nj Hj Hj'. unfold upd at 1 in Hj. unfold upd at 1 in Hj'.
      destruct (Nat.eqb_spec j i) as [->|Ni]; destruct (Nat.eqb_spec j' i) as [->|Ni'].
      * congruence.
      * injection Hj as <-. apply apart_sym. eapply New; eauto.
      * injection Hj' as <-. eapply New; eauto.
      * exact (A1 j j' r s Nj Hj Hj').
  - destruct W as [P A]. split.
    + intros j r H. region_cases; eauto.
    + intros j j' r s N Hj Hj'. region_cases; eauto.
  - eapply wf_change; eauto; simpl; try reflexivity.
    + destruct W as [P _]. destruct (P u _ U) as [Q _]. split; simpl in *; lia.
    + intros i s N H I. destruct (E i s N H I).
  - eapply wf_change; eauto; simpl; try reflexivity.
    + destruct W as [P _]. destruct (P u _ U) as [Q _]. split; simpl in *; [lia|exact I].
    + intros i s N H I. destruct W as [P _]. destruct (P i s H) as [Q _].
      unfold inside in *; simpl in *. lia.
  - eapply wf_change; eauto; simpl; try reflexivity.
    + destruct W as [P _]. destruct (P u _ U) as [Q _]. split; simpl in *; lia.
    + intros i s N H I. unfold inside in I; simpl in I. contradiction.
Qed.

Inductive reach (m0 : memory) : memory -> Prop :=
| reach_start : reach m0 m0
| reach_step : forall m m', reach m0 m -> step m m' -> reach m0 m'.

Lemma wf_reach : forall m0 m, wf m0 -> reach m0 m -> wf m.
Proof. induction 2; [assumption|eapply wf_step; eauto]. Qed.

Definition not_untyped (r : region) := match what r with Untyped _ => False | _ => True end.

(* Two objects, two frames, an object and a frame: never a granule in common. *)
Theorem no_overlap : forall m0 m i j r s,
  wf m0 -> reach m0 m -> i <> j -> m i = Some r -> m j = Some s ->
  not_untyped r -> not_untyped s -> disjoint r s.
Proof.
  intros m0 m i j r s W R N Hi Hj Nr Ns. destruct (wf_reach _ _ W R) as [_ A].
  destruct (A i j r s N Hi Hj) as [D|[I|I]]; [exact D| |];
    unfold inside, not_untyped in *; [destruct (what r)|destruct (what s)]; tauto.
Qed.

Corollary users_never_touch_kernel_objects : forall m0 m i j r s g,
  wf m0 -> reach m0 m -> m i = Some r -> m j = Some s -> what r = User -> what s = Object ->
  ~ (base r <= g < base r + size r /\ base s <= g < base s + size s).
Proof.
  intros m0 m i j r s g W R Hi Hj Ur Os [G1 G2].
  assert (N : i <> j) by (intros ->; congruence).
  assert (D : disjoint r s).
  { eapply no_overlap; eauto; unfold not_untyped; [rewrite Ur|rewrite Os]; exact I. }
  unfold disjoint in D. lia.
Qed.

(* Free memory of an Untyped, which Retype clears and gives away, is nobody's. *)
Theorem free_memory_is_nobodys : forall m0 m i u r b z used g,
  wf m0 -> reach m0 m -> i <> u -> m u = Some {| base := b; size := z; what := Untyped used |} ->
  m i = Some r -> not_untyped r -> b + used <= g < b + z -> ~ (base r <= g < base r + size r).
Proof.
  intros m0 m i u r b z used g W R N U H Nr G I.
  destruct (wf_reach _ _ W R) as [_ A]. destruct (A i u r _ N H U) as [D|[D|D]];
    unfold disjoint, inside, not_untyped in *; simpl in *; [lia| |lia].
  destruct (what r); [contradiction|tauto|tauto].
Qed.
