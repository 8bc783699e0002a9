(* SPDX-License-Identifier: BSD-2-Clause *)
(* Ends.v, continued: calls that count in their arguments what is left of them; and all calls. *)
Require Import Arith NArith List Bool Lia.
From Tessera Require Import Map Refills State Machine Sched Message Destroy Objects Calls Boot.
From Tessera Require Import Keeps Memory Tree Theorems Revoke Again Work Pays Dismantled Left Ends.
Import ListNotations.
Open Scope N_scope.

#[local] Hint Constants Opaque : typeclass_instances.

(* Nothing but one register changes. *)
Lemma put_reg_goes : forall t i v s u s', put_reg t i v s = Some (u, s') ->
  work s' = work s /\ s_lim s' = s_lim s /\ s_up s' = s_up s /\ s_caps s' = s_caps s /\
  reg_of s' t i = v /\ forall j, j <> i -> reg_of s' t j = reg_of s t j.
Proof.
  intros t i v s u s' H. pose proof (reg_put _ _ _ _ _ _ H) as R.
  unfold put_reg, write in H. injection H as _ <-.
  repeat (split; [reflexivity|]). split; [exact R|]. intros j N. unfold reg_of. simpl.
  rewrite get_set, N.eqb_refl, get_set. destruct (N.eqb_spec j i); [contradiction|].
  destruct (get t (s_regs s)); simpl; [reflexivity|]. rewrite get_empty. reflexivity.
Qed.
Lemma up_capabilities : forall s s', s_up s' = s_up s -> capabilities s' = capabilities s.
Proof. unfold capabilities. congruence. Qed.

(* --- Delete ----------------------------------------------------------------------------------- *)

Definition deleted (n : nat) (t : N) (s s' : state) (e : error) : Prop :=
  (work s' <= work s)%nat /\ s_lim s' = s_lim s /\ (capabilities s' <= capabilities s)%nat /\
  (forall i, 1 < i -> i < 8 -> reg_of s' t i = reg_of s t i) /\ (word s' t 1 <= word s t 1)%nat /\
  match e with
  | EOk => n = O \/ word s t 1 = O \/ (capabilities s' < capabilities s)%nat \/
      (word s' t 1 < word s t 1)%nat
  | _ => (work s' < work s)%nat
  end.

Definition cnode_at (slot : N) (s : state) : bool :=
  is_ty (opt nil_cap (get slot (s_caps s))) TCNode.

Lemma delete_goes : forall n t slot s e s', 0 < l_empty (s_lim s) -> filled s ->
  cnode_at slot s = true -> delete_some n t slot s = Some (e, s') -> deleted n t s s' e.
Proof.
  induction n as [|n IH]; intros t slot s e s' L F C0 H; simpl in H; sees H count E;
    injection E as Cn.
  - injection H as <- <-. repeat split; auto.
  - destruct (N.eqb_spec count 0) as [Z|Z].
    + injection H as <- <-. repeat split; auto. right. left. unfold word. rewrite Cn, Z.
      reflexivity.
    + sees H begin E1. sees H c E2. goes H e1 s1 E3.
      destruct (slot_goes _ _ _ _ L F E3) as [[P W] [M K]].
      assert (F1 : filled s1) by exact (slot_filled _ s e1 s1 F E3).
      assert (Kept : forall i, 1 < i -> i < 8 -> reg_of s1 t i = reg_of s t i)
        by (intros i _ I; exact (proj2 W t i I)).
      assert (One : word s1 t 1 = word s t 1) by (apply words_word; [exact W|reflexivity]).
      destruct e1; try (injection H as <- <-; destruct K as [K _]; repeat split;
        first [exact P|exact (proj1 W)|exact M|exact Kept|lia]).
      goes H yet s2 E4. unfold still_cnode, bind, cap_at, gets, ret in E4.
      injection E4 as E4 <-. change (is_ty _ TCNode) with (cnode_at slot s1) in E4.
      destruct yet; simpl in H.
      * assert (Wc : word s t 1 = N.to_nat count) by (unfold word; rewrite Cn; reflexivity).
        destruct (N.eqb_spec count 1) as [Un|Un].
        -- goes H u s2 E5. injection H as <- <-.
           destruct (put_reg_goes _ _ _ _ _ _ E5) as [A [B [C [_ [G R]]]]].
           pose proof (up_capabilities _ _ C) as C'.
           assert (W2 : word s2 t 1 = O) by (unfold word; rewrite G; reflexivity).
           repeat split; try lia; try congruence.
           { rewrite B. exact (proj1 W). }
           { intros i I I'. rewrite R by lia. exact (Kept i I I'). }
        -- goes H u s2 E5. goes H u2 s3 E6.
           destruct (put_reg_goes _ _ _ _ _ _ E5) as [A [B [C [Q1 [_ R]]]]].
           destruct (put_reg_goes _ _ _ _ _ _ E6) as [A' [B' [C' [Q2 [G' R']]]]].
           pose proof (up_capabilities _ _ C) as D. pose proof (up_capabilities _ _ C') as D'.
           assert (L3 : 0 < l_empty (s_lim s3)) by (rewrite B', B, (proj1 W); exact L).
           assert (F3 : filled s3).
           { refine (keeps_put_reg filled (K := kept_shrinks _ tree_is_filled) _ _ _ _ _ _ _ E6).
             exact (keeps_put_reg filled (K := kept_shrinks _ tree_is_filled) _ _ _ _ _ _ F1 E5). }
           assert (C3 : cnode_at slot s3 = true) by (unfold cnode_at; rewrite Q2, Q1; exact E4).
           destruct (IH _ _ _ _ _ L3 F3 C3 H) as [I1 [I2 [I3 [I4 [I5 I6]]]]].
           assert (W3 : word s3 t 1 = N.to_nat (count - 1)) by (unfold word; rewrite G';
             reflexivity).
           repeat split; try lia.
           { rewrite I2, B', B. exact (proj1 W). }
           { intros i J J'. rewrite (I4 i J J'), R', R by lia. exact (Kept i J J'). }
           { destruct e; try lia; right; right; right; lia. }
      * injection H as <- <-. repeat split;
        first [exact P|exact (proj1 W)|exact M|exact Kept|lia|idtac].
        destruct K as [->|K]; [congruence|auto].
Qed.

Lemma restarts_delete : forall t slot s s', 0 < l_delete (s_lim s) -> 0 < l_empty (s_lim s) ->
  0 < l_doomed (s_lim s) -> filled s -> cnode_at slot s = true ->
  cnode_delete t slot s = Some (ERestart, s') -> shorter t s s'.
Proof.
  intros t slot s s' Ld L D F C0 H. unfold cnode_delete in H. sees H begin E. sees H count E1.
  sees H c E2. destruct (_ <? _) in H; [discriminate H|]. destruct (negb _) in H; [discriminate H|].
  goes H n s1 E3. injection E3 as <- <-. goes H e s1 E3.
  destruct (delete_goes _ _ _ _ _ _ L F C0 E3) as [P [Lim [M [R [O K]]]]].
  assert (R4 : word s1 t 4 = word s t 4) by (unfold word; rewrite R by reflexivity; reflexivity).
  assert (R2 : word s1 t 2 = word s t 2) by (unfold word; rewrite R by reflexivity; reflexivity).
  destruct e; try (injection H as <-; apply shorter_work; lia).
  goes H d s2 E4. pose proof L as L1. pose proof D as D1. rewrite <- Lim in L1, D1.
  destruct (dismantling_pays _ _ _ L1 D1 E4) as [[P2 W2] K2].
  assert (F1 : filled s1).
  { refine (keeps_delete_some filled (K := tree_is_filled) _ _ _ _ _ _ F E3). }
  pose proof (made_none _ _ _ _ _ doomed_made_none F1 E4) as M2.
  goes H yet s3 E5. injection E5 as _ <-. goes H more s3 E6. injection E6 as E6 <-.
  injection H as H <-.
  assert (V : forall i, i < 8 -> word s2 t i = word s1 t i) by (intros; apply words_word;
    assumption).
  pose proof (V 4 eq_refl). pose proof (V 2 eq_refl). pose proof (V 1 eq_refl).
  apply before_le; [lia|].
  destruct (negb yet); [discriminate H|]. destruct d;
    try (destruct K2 as [K2 _]; [right; discriminate|]; apply before_here; [lia|reflexivity]).
  destruct (N.eqb_spec more 0) as [Z|Z]; [discriminate H|].
  apply before_le; [lia|]. assert (Rest : word s2 t 1 <> 0%nat) by (unfold word; lia).
  destruct K as [K|[K|[K|K]]]; [lia|lia|apply before_here; [lia|reflexivity]|].
  apply before_le; [lia|]. apply before_le; [lia|]. apply before_here; [lia|reflexivity].
Qed.

(* --- Copy, Retype ----------------------------------------------------------------------------- *)

Lemma shorter_count : forall t s s', reg_of s' t 4 < reg_of s t 4 -> shorter t s s'.
Proof.
  intros t s s' L. apply before_here; [unfold word; lia|reflexivity].
Qed.

Lemma restarts_copy : forall t d s s', 0 < l_copy (s_lim s) ->
  cnode_copy t d s = Some (ERestart, s') -> shorter t s s'.
Proof.
  intros t d s s' L H. unfold cnode_copy in H. sees H to E. sees H index E1. sees H from E2.
  sees H rights E3. sees H count E4. destruct (found_cnode _ _ _ _ _ _ H) as [a [c H']]. clear H.
  destruct (_ || _ || _) eqn:Z in H'; [discriminate H'|]. destruct (_ || _) in H';
    [discriminate H'|]. goes H' n s1 E5. injection E5 as <- <-. injection E4 as E4.
  apply shorter_count. rewrite E4. refine (copy_asks_for_less _ _ _ _ _ _ _ _ _ _ _ _ H'); [lia|].
  destruct (N.eqb_spec count 0); [|lia]. rewrite orb_true_r in Z. discriminate Z.
Qed.

(* What the kernel notes of memory; all else stays. *)
Definition books (s s' : state) : Prop :=
  s_lim s' = s_lim s /\ s_up s' = s_up s /\ s_regs s' = s_regs s /\ s_spaces s' = s_spaces s /\
  work s' = work s.
Lemma books_shorter : forall t s s', books s s' -> (handed s' <= handed s)%nat ->
  (handed s' < handed s)%nat \/ (unclear s' < unclear s)%nat -> shorter t s s'.
Proof.
  intros t s s' [_ [U [R [S W]]]] H K. pose proof (up_capabilities _ _ U) as C.
  assert (V : forall i, word s' t i = word s t i) by (intros; unfold word, reg_of; rewrite R;
    reflexivity).
  assert (P : pages s' = pages s) by (unfold pages; rewrite S; reflexivity).
  unfold shorter, left. rewrite !V, W, C, P. do 6 apply before_there.
  destruct K as [K|K]; [apply before_here; [exact K|reflexivity]|].
  apply before_le; [exact H|]. apply before_here; [exact K|reflexivity].
Qed.

Lemma edit_goes : forall a f s u s', edit_cap a f s = Some (u, s') -> exists c,
  get a (s_caps s) = Some c /\ books s s' /\ handed s' = handed s /\
  let c' := set_c_obj (c_obj c) (set_c_reg (c_reg c) (f c)) in
  (unclear s' + unclear_of c = unclear s + unclear_of c')%nat /\ get a (s_caps s') = Some c'.
Proof.
  intros a f s u s' H. unfold edit_cap in H. destruct (get a (s_caps s)) as [c|] eqn:G;
    [|discriminate H]. destruct (negb _) in H; [|discriminate H]. injection H as _ <-.
  exists c. split; [reflexivity|]. split; [repeat split|]. split; [reflexivity|].
  cbv zeta. set (c' := set_c_obj _ _).
  pose proof (total_set _ unclear_of (s_caps s) a c') as T. unfold at_key in T. rewrite G in T.
  split; [exact T|]. simpl. rewrite get_set, N.eqb_refl. reflexivity.
Qed.

Lemma clear_goes : forall slot used end_ s e s', 0 < l_clear (s_lim s) ->
  clear_memory slot used end_ s = Some (e, s') ->
  (e = EOk \/ e = ERestart) /\ (forall c, get slot (s_caps s) = Some c ->
    has_memory (c_ty c) = true -> end_ <= c_badge c -> N.max (c_rights c) used < end_ ->
    books s s' /\ handed s' = handed s /\ (unclear s' < unclear s)%nat).
Proof.
  intros slot used end_ s e s' L H. unfold clear_memory in H. goes H c s1 E. injection E as E <-.
  goes H st s1 E1. injection E1 as <- <-. cbv zeta in H.
  destruct (N.leb_spec end_ (N.max (c_rights c) used)) as [Le|Lt].
  { injection H as <- <-. split; [auto|]. intros c' G. rewrite G in E. simpl in E. subst c'. lia. }
  goes H u s1 E1. injection H as He <-. split; [destruct (_ <? _) in He; auto|].
  intros c' G M B R. rewrite G in E. simpl in E. subst c'.
  destruct (edit_goes _ _ _ _ _ E1) as [c' [G' [Bk [Hd [T _]]]]].
  assert (c' = c) by congruence. subst c'. split; [exact Bk|split; [exact Hd|]].
  cbv zeta in T. rewrite M in T. unfold unclear_of in T. simpl in T. rewrite M in T. lia.
Qed.

(* From the start again. *)
Lemma afresh_goes : forall u s v s', afresh u s = Some (v, s') -> exists b z used,
  get u (s_regions s) = Some (Region b z (WUntyped used)) /\ books s s' /\
  s_caps s' = s_caps s /\ (handed s' + N.to_nat used = handed s)%nat.
Proof.
  intros u s v s' H. unfold afresh in H.
  destruct (get u (s_regions s)) as [[b z [used| |]]|] eqn:G; try discriminate H.
  destruct (fold _ _ _) in H; [|discriminate H]. injection H as _ <-. exists b, z, used.
  split; [reflexivity|]. split; [repeat split|]. split; [reflexivity|].
  pose proof (total_set _ handed_of (s_regions s) u (Region b z (WUntyped 0))) as T.
  unfold at_key in T. rewrite G in T. unfold handed_of at 2 4 in T. simpl in T.
  unfold handed. simpl. lia.
Qed.

Lemma books_first : forall s, books s s.
Proof. intros s. repeat split. Qed.
Lemma books_then : forall s s1 s2, books s s1 -> books s1 s2 -> books s s2.
Proof.
  intros s s1 s2 [A [B [C [D E]]]] [A' [B' [C' [D' E']]]]. repeat split; congruence.
Qed.

Lemma start_goes : forall slot s b s', 0 < l_empty (s_lim s) -> 0 < l_doomed (s_lim s) ->
  start_afresh slot s = Some (b, s') ->
  if b : bool then books s s' /\ (s' = s \/ (handed s' < handed s)%nat) /\
    forall c, get slot (s_caps s) = Some c -> exists c', get slot (s_caps s') = Some c' /\
      c_ty c' = c_ty c /\ c_badge c' = c_badge c
  else pays 1 s s'.
Proof.
  intros slot s b s' L D H. unfold start_afresh in H. sees H c E. goes H l s1 E1.
  injection E1 as <- <-. sees H used E2. destruct (children slot s).
  2:{ injection H as <- <-. split; [apply books_first|split; [left; reflexivity|]].
      intros c' G. exists c'. auto. }
  destruct (N.eqb_spec used 0) as [Z|Z].
  { injection H as <- <-. split; [apply books_first|split; [left; reflexivity|]].
    intros c' G. exists c'. auto. }
  goes H d s1 E3. injection E3 as <- <-. destruct (s_doomed s) as [|o l] eqn:Do.
  - goes H u s1 E3. destruct (afresh_goes _ _ _ _ E3) as [base [z [n [G [B [Cs Hd]]]]]].
    goes H u2 s2 E4. injection H as <- <-.
    destruct (edit_goes _ _ _ _ _ E4) as [c' [G' [B' [Hd' [_ G2]]]]].
    assert (used = n).
    { unfold region_used, gets in E2. rewrite G in E2. injection E2 as <-. reflexivity. }
    split; [eapply books_then; eassumption|]. split; [right; lia|].
    intros k Gk. rewrite Cs in G'. assert (k = c') by congruence. subst k. eexists.
    split; [exact G2|]. cbv beta. destruct (has_memory (c_ty c')); split; reflexivity.
  - goes H e s1 E3. injection H as <- <-.
    destruct (dismantling_pays _ _ _ L D E3) as [_ K]. apply K. left. rewrite Do. discriminate.
Qed.
