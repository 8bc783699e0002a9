(* SPDX-License-Identifier: BSD-2-Clause *)
(* Ended.v, continued: Retype, Supply, Map; and all calls. *)
Require Import Arith NArith List Bool Lia.
From Tessera Require Import Map Refills State Machine Sched Message Destroy Objects Calls Boot.
From Tessera Require Import Keeps Memory Tree Theorems Revoke Again Work Pays Dismantled Left Ends.
From Tessera Require Import Ended.
Import ListNotations.
Open Scope N_scope.

#[local] Hint Constants Opaque : typeclass_instances.

Lemma clear_words : forall slot used end_ s e s', clear_memory slot used end_ s = Some (e, s') ->
  books s s'.
Proof.
  intros slot used end_ s e s' H. unfold clear_memory in H. sees H w E. goes H st s3 E1.
  injection E1 as _ <-. cbv zeta in H. destruct (_ <=? _) in H;
    [injection H as _ <-; apply books_first|].
  goes H u3 s3 E2. injection H as _ <-. destruct (edit_goes _ _ _ _ _ E2) as [? [_ [B _]]].
  exact B.
Qed.
Lemma clear_again : forall slot used end_ s s', clear_memory slot used end_ s = Some (ERestart,
  s') ->
  exists c, get slot (s_caps s) = Some c /\ N.max (c_rights c) used < end_.
Proof.
  intros slot used end_ s s' H. unfold clear_memory in H. goes H w s3 E. injection E as E <-.
  goes H st s3 E1. injection E1 as _ <-. cbv zeta in H.
  destruct (N.leb_spec end_ (N.max (c_rights w) used)); [discriminate H|].
  goes H u3 s3 E2. destruct (edit_goes _ _ _ _ _ E2) as [c [G _]]. exists c.
  split; [exact G|]. rewrite G in E. simpl in E. subst w. assumption.
Qed.

Lemma restarts_retype : forall t slot s s', 0 < l_clear (s_lim s) -> 0 < l_retype (s_lim s) ->
  0 < l_empty (s_lim s) -> 0 < l_doomed (s_lim s) -> retype t slot s = Some (ERestart, s') ->
  shorter t s s'.
Proof.
  intros t slot s s' Lc Lr L D H. unfold retype in H. sees H number E. sees H asked E1.
  sees H index E2. sees H from E3. sees H count E4. sees H u E5. cbv zeta in H.
  set (n := object_size (type_of number) asked) in *. set (k := type_of number) in *.
  destruct (_ || _ || _) eqn:Z in H; [discriminate H|]. destruct (_ && _) in H; [discriminate H|].
  destruct (found_cnode _ _ _ _ _ _ H) as [a [c H']]. clear H.
  destruct (negb _) in H'; [discriminate H'|]. sees H' free E6.
  destruct (negb free) in H'; [discriminate H'|]. goes H' on s1 E7.
  pose proof (start_goes _ _ _ _ L D E7) as G. destruct on; simpl in H'.
  2:{ injection H' as <-. apply pays_shorter. exact G. }
  destruct G as [B [Hd _]]. sees H' v E8. sees H' used E9.
  destruct (_ || _) eqn:Fit in H'; [discriminate H'|]. goes H' e s2 E10. injection E4 as E4.
  assert (Count : 0 < count).
  { destruct (N.eqb_spec count 0) as [->|]; [|lia]. rewrite orb_true_r in Z. discriminate Z. }
  assert (K : books s s2 /\ e = EOk \/ (e = ERestart /\ books s s2 /\
    (handed s2 <= handed s)%nat /\ ((handed s2 < handed s)%nat \/ (unclear s2 < unclear s)%nat))).
  { destruct (is_ty v TUntyped && negb (ty_beq k TUntyped)) eqn:Ty.
    - pose proof (clear_words _ _ _ _ _ _ E10) as B2. pose proof (books_then _ _ _ B B2) as B3.
      pose proof (proj1 B) as Lim.
      destruct (clear_goes _ _ _ _ _ _ ltac:(rewrite Lim; exact Lc) E10) as [Out Pay].
      destruct Out as [->| ->]; [left; auto|right]. split; [reflexivity|split; [exact B3|]].
      apply orb_false_iff in Fit. destruct Fit as [Fit1 Fit2]. apply N.ltb_ge in Fit1, Fit2.
      apply andb_true_iff in Ty. destruct Ty as [Ty _]. unfold cap_at, gets in E8.
      injection E8 as E8. destruct (clear_again _ _ _ _ _ E10) as [v' [Gv Lt]].
      rewrite Gv in E8. simpl in E8. subst v'. destruct (Pay v Gv) as [_ [H2 U2]].
      + unfold is_ty in Ty. destruct (c_ty v); try discriminate Ty. reflexivity.
      + lia.
      + exact Lt.
      + destruct Hd as [->|Hd]; [split; [lia|right; exact U2]|split; [lia|left; lia]].
    - left. injection E10 as <- <-. auto. }
  destruct K as [[B2 ->]|[-> [B2 [H2 U2]]]].
  - goes H' steps s3 E11. injection E11 as <- <-. apply shorter_count. rewrite E4.
    refine (retype_asks_for_less _ _ _ _ _ _ _ _ _ _ _ _ _ H'); [|exact Count].
    rewrite (proj1 B2). lia.
  - injection H' as <-. exact (books_shorter t _ _ B2 H2 U2).
Qed.

(* --- Address spaces --------------------------------------------------------------------------- *)

Lemma restarts_supply : forall t p s s', 0 < l_clear (s_lim s) -> 0 < l_empty (s_lim s) ->
  0 < l_doomed (s_lim s) -> space_supply t p s = Some (ERestart, s') -> shorter t s s'.
Proof.
  intros t p s s' Lc L D H. unfold space_supply in H. sees H i E.
  destruct (found_cap _ _ _ _ _ _ _ _ H eq_refl) as [a [Ty H']]. clear H. cbv zeta in H'.
  set (c := opt nil_cap (get a (s_caps s))) in *.
  destruct (_ || _ || _ || _) in H'; [discriminate H'|]. goes H' l s1 E1. injection E1 as <- <-.
  destruct (negb _) in H'; [discriminate H'|]. goes H' on s1 E2.
  pose proof (start_goes _ _ _ _ L D E2) as G. destruct on; simpl in H'.
  2:{ injection H' as <-. apply pays_shorter. exact G. }
  destruct G as [B [Hd Same]]. goes H' d s2 E3. injection E3 as E3 <-. goes H' u s2 E4.
  apply guarded in E4. destruct E4 as [Le ->]. apply N.leb_le in Le.
  destruct (N.eqb_spec (c_rights d) (c_badge c)) as [Eq|Ne]; simpl in H'.
  { exfalso. parts H'. discriminate H'. }
  goes H' e s2 E5. injection H' as <-.
  destruct (get a (s_caps s)) as [c0|] eqn:G0; [|discriminate Ty]. simpl in c. subst c.
  destruct (Same c0 eq_refl) as [d' [G1 [T1 B1]]]. rewrite G1 in E3. simpl in E3. subst d'.
  pose proof (proj1 B) as Lim.
  destruct (clear_goes _ _ _ _ _ _ ltac:(rewrite Lim; exact Lc) E5) as [_ Pay].
  destruct (Pay d G1) as [B2 [H2 U2]].
  - rewrite T1, Ty. reflexivity.
  - rewrite B1. apply N.le_refl.
  - lia.
  - apply books_shorter; [eapply books_then; eassumption| |].
    + destruct Hd as [->|Hd]; lia.
    + destruct Hd as [->|Hd]; [right; exact U2|left; lia].
Qed.

(* Mapping: no register changes, no capability comes or goes, pages for tables are only used. *)
Definition maps (s s' : state) : Prop :=
  s_up s' = s_up s /\ s_regs s' = s_regs s /\ s_lim s' = s_lim s /\ work s' = work s /\
  (pages s' <= pages s)%nat.
#[local] Instance maps_chain : chain maps.
Proof.
  constructor.
  - intros s. repeat split. apply le_n.
  - intros s s1 s2 [A [B [C [D E]]]] [A' [B' [C' [D' E']]]]. repeat split; try congruence. lia.
Qed.
#[local] Instance maps_decide : does maps decide.
Proof.
  intros s u s' H. injection H as _ <-. repeat split. apply le_n.
Qed.
#[local] Instance maps_edit_cap : forall a f, does maps (edit_cap a f).
Proof.
  intros a f s u s' H. unfold edit_cap in H. prim H. repeat split. apply le_n.
Qed.
Lemma put_space_pages : forall p f s u s', put_space p f s = Some (u, s') ->
  (forall x, p_supplies (f x) = p_supplies x) -> exists x,
  get p (s_spaces s) = Some x /\ get p (s_spaces s') = Some (f x) /\
  s_up s' = s_up s /\ s_regs s' = s_regs s /\ s_lim s' = s_lim s /\ work s' = work s /\
  (pages s' + N.to_nat (p_free x) = pages s + N.to_nat (p_free (f x)))%nat.
Proof.
  intros p f s u s' H K. destruct (put_space_work _ _ _ _ _ H) as [x [G [W _]]].
  unfold put_space in H. goes H y s1 E. apply space_looked in E. destruct E as [-> E].
  assert (y = x) by congruence. subst y. unfold write in H. injection H as _ <-. exists x.
  unfold supplied in W. rewrite K in W.
  pose proof (total_set _ (fun x => N.to_nat (p_free x)) (s_spaces s) p (f x)) as T.
  unfold at_key in T. rewrite G in T.
  repeat (split; [first [exact G|reflexivity|lia|simpl; rewrite get_set, N.eqb_refl;
    reflexivity]|]).
  exact T.
Qed.
Lemma maps_put_space : forall p f, (forall x, p_supplies (f x) = p_supplies x) ->
  (forall x, p_free (f x) = p_free x) -> does maps (put_space p f).
Proof.
  intros p f K F s u s' H.
  destruct (put_space_pages _ _ _ _ _ H K) as [x [_ [_ [A [B [C [D E]]]]]]].
  rewrite F in E. repeat split; try assumption. lia.
Qed.
(* A mapping comes, or is another: nothing else. *)
Lemma maps_only : forall p x m s, get p (s_spaces s) = Some x ->
  maps s (set_s_spaces (set p (set_p_maps m x) (s_spaces s)) s).
Proof.
  intros p x m s G. pose proof (total_set _ supplied (s_spaces s) p (set_p_maps m x)) as T.
  pose proof (total_set _ (fun x => N.to_nat (p_free x)) (s_spaces s) p (set_p_maps m x)) as P.
  unfold at_key in T, P. rewrite G in T, P. unfold supplied in T at 2 4. simpl in T, P.
  repeat split; unfold work, pages; simpl; lia.
Qed.
#[local] Instance maps_show : forall p k l i, does maps (show p k l i).
Proof. intros p k l i s u s' H. unfold show in H. prim H. apply maps_only. assumption. Qed.
#[local] Instance maps_reflag : forall p k l, does maps (reflag p k l).
Proof. intros p k l s u s' H. unfold reflag in H. prim H. apply maps_only. assumption. Qed.
#[local] Instance maps_looks : forall A (m : M A), looks m -> does maps m.
Proof. intros A m L s a s' H. rewrite (L _ _ _ H). apply order_same. Qed.
#[local] Instance looks_mapping : forall c, looks (mapping c).
Proof. intros. unfold mapping. look. Qed.
#[local] Instance maps_unmap : forall a, does maps (unmap a).
Proof.
  intros. unfold unmap. repeat one; try (apply maps_put_space; reflexivity).
Qed.

(* A page is taken, if there is one. *)
Lemma take_page_goes : forall p s b s', take_page p s = Some (b, s') -> maps s s' /\
  (b = true -> (pages s' < pages s)%nat) /\
  forall x, get p (s_spaces s) = Some x -> exists y, get p (s_spaces s') = Some y /\
    p_root y = p_root x /\ p_tabs y = p_tabs x.
Proof.
  intros p s b s' H. unfold take_page in H. goes H x s1 E. apply space_looked in E.
  destruct E as [-> E]. destruct (N.eqb_spec (p_free x) 0) as [Z|Z].
  - injection H as <- <-. split; [apply order_same|split; [discriminate|]]. intros y G. exists y.
    auto.
  - goes H u s2 E2. injection H as <- <-.
    destruct (put_space_pages _ _ _ _ _ E2 ltac:(reflexivity)) as [y [G [G' [A [B [C [D P]]]]]]].
    assert (y = x) by congruence. subst y. simpl in P. repeat split; try assumption; try lia.
    intros y Gy. assert (y = x) by congruence. subst y. eexists. split; [exact G'|].
    split; reflexivity.
Qed.

Lemma make_tables_goes : forall p vaddr levels s e s', make_tables p vaddr levels s = Some (e,
  s') ->
  e <> ERestart /\ maps s s' /\ forall x, get p (s_spaces s) = Some x -> p_root x = true ->
    e = EOk -> has_tables x vaddr levels = false -> (pages s' < pages s)%nat.
Proof.
  intros p vaddr. induction levels as [|l levels IH]; intros s e s' H; simpl in H.
  - injection H as <- <-. split; [discriminate|split; [apply order_same|]]. intros x _ R _ Hx.
    simpl in Hx. congruence.
  - goes H x s1 E. apply space_looked in E. destruct E as [-> E].
    destruct (is_some (get (table_key l vaddr) (p_tabs x))) eqn:T.
    + destruct (IH _ _ _ H) as [N [M K]]. split; [exact N|split; [exact M|]].
      intros y G R Ok Hy. assert (y = x) by congruence. subst y. simpl in Hy. rewrite T in Hy.
      exact (K x G R Ok Hy).
    + destruct (is_some (get _ (p_maps x))).
      { injection H as <- <-. split; [discriminate|split; [apply order_same|]]. discriminate. }
      goes H b s2 E2. destruct (take_page_goes _ _ _ _ E2) as [M2 [P2 _]]. destruct b; simpl in H.
      2:{ injection H as <- <-. split; [discriminate|split; [exact M2|]]. discriminate. }
      goes H u s3 E3. pose proof (maps_put_space p
        (fun x => set_p_tabs (set (table_key l vaddr) tt (p_tabs x)) x) ltac:(reflexivity)
        ltac:(reflexivity) _ _ _ E3) as M3.
      destruct (IH _ _ _ H) as [N [M K]]. split; [exact N|].
      split; [eapply order_then; [exact M2|]; eapply order_then; eassumption|].
      intros y _ _ _ _. specialize (P2 eq_refl). destruct M3 as [_ [_ [_ [_ M3]]]].
      destruct M as [_ [_ [_ [_ M]]]]. lia.
Qed.

Lemma map_frame_goes : forall p a c vaddr flags s e s', map_frame p a c vaddr flags s = Some (e,
  s') ->
  maps s s' /\ (e = ERestart -> (pages s' < pages s)%nat).
Proof.
  intros p a c vaddr flags s e s' H. unfold map_frame in H. goes H x s1 E. apply space_looked in E.
  destruct E as [-> E]. cbv zeta in H. set (levels := filter _ _) in *.
  destruct (has_tables x vaddr levels) eqn:T; simpl in H.
  - destruct (_ || _) in H; [injection H as <- <-; split; [apply order_same|discriminate]|].
    goes H u s2 E2. goes H u2 s3 E3. injection H as <- <-. split; [|discriminate].
    eapply order_then; [|exact (maps_edit_cap _ _ _ _ _ E3)]. exact (maps_show _ _ _ _ _ _ _ E2).
  - goes H ok s2 E2. unfold make_root in E2. goes E2 y s3 E3. apply space_looked in E3.
    destruct E3 as [-> E3]. assert (y = x) by congruence. subst y.
    destruct (p_root x) eqn:R.
    + injection E2 as <- <-. simpl in H. goes H e1 s4 E4.
      destruct (make_tables_goes _ _ _ _ _ _ E4) as [N [M K]].
      assert (Same : s' = s4) by (destruct e1; injection H as _ <-; reflexivity). subst s4.
      split; [exact M|]. intros ->. apply (K x E R); [|exact T].
      destruct e1; try discriminate H; try contradiction. reflexivity.
    + goes E2 b s4 E4. destruct (take_page_goes _ _ _ _ E4) as [M4 [P4 _]]. destruct b; simpl in E2.
      2:{ injection E2 as <- <-. simpl in H. injection H as <- <-. split; [exact M4|discriminate]. }
      goes E2 u s5 E5. goes E2 u2 s6 E6. injection E2 as <- <-. simpl in H. goes H e1 s7 E7.
      pose proof (maps_put_space p (set_p_root true) ltac:(reflexivity) ltac:(reflexivity)
        _ _ _ E5) as M5.
      pose proof (maps_decide _ _ _ E6) as M6.
      destruct (make_tables_goes _ _ _ _ _ _ E7) as [_ [M7 _]].
      assert (Same : s' = s7) by (destruct e1; injection H as _ <-; reflexivity). subst s7.
      assert (M57 : maps s4 s') by (eapply order_then; [exact M5|]; eapply order_then; eassumption).
      split; [eapply order_then; eassumption|]. intros _. specialize (P4 eq_refl).
      destruct M57 as [_ [_ [_ [_ M57]]]]. lia.
Qed.

Lemma frame_act_goes : forall what p a vaddr flags s e s',
  frame_act what p a vaddr flags s = Some (e, s') ->
  maps s s' /\ (e = ERestart -> (pages s' < pages s)%nat).
Proof.
  intros what p a vaddr flags s e s' H. unfold frame_act in H. sees H c E. sees H x E1.
  destruct (null c); [injection H as <- <-; split; [apply order_same|discriminate]|].
  destruct (negb _) in H; [injection H as <- <-; split; [apply order_same|discriminate]|].
  assert (Other : forall m : M error, m s = Some (e, s') -> does maps m -> never m ->
    maps s s' /\ (e = ERestart -> (pages s' < pages s)%nat)).
  { intros m Hm K N. split; [exact (K _ _ _ Hm)|]. intros ->. destruct (N _ _ Hm). }
  destruct what.
  - sees H stands E2. pose proof (map_ends c vaddr flags) as Me.
    destruct (check_map c vaddr flags); try contradiction;
      try (injection H as <- <-; split; [apply order_same|discriminate]).
    destruct (_ && _) in H; [injection H as <- <-; split; [apply order_same|discriminate]|].
    exact (map_frame_goes _ _ _ _ _ _ _ _ H).
  - refine (Other _ H _ _).
    + repeat one; apply maps_put_space; reflexivity.
    + pose proof (map_ends c (c_extra c) flags). nevers;
        match goal with |- never (match ?y with _ => _ end) => destruct y end; nevers.
  - refine (Other _ H _ _).
    + repeat one; apply maps_put_space; reflexivity.
    + pose proof (map_ends c (c_extra c) flags). nevers;
        match goal with |- never (match ?y with _ => _ end) => destruct y end; nevers.
Qed.

(* What is left of a range: fewer frames, or fewer pages for tables. *)
Definition ranged (n : nat) (t : N) (s s' : state) : Prop :=
  s_up s' = s_up s /\ work s' = work s /\ reg_of s' t 4 = reg_of s t 4 /\
  (pages s' <= pages s)%nat /\ (word s' t 2 <= word s t 2)%nat /\
  (n = O \/ (word s' t 2 < word s t 2)%nat \/
    ((forall i, reg_of s' t i = reg_of s t i) /\ (pages s' < pages s)%nat)).

Lemma put_reg_pages : forall t i v s u s', put_reg t i v s = Some (u, s') -> pages s' = pages s.
Proof. intros t i v s u s' H. unfold put_reg, write in H. injection H as _ <-. reflexivity. Qed.

Lemma range_goes : forall n what t p d flags first count vaddr s s', reg_of s t 2 = count ->
  0 < count -> range_some n what t p d flags first count vaddr s = Some (ERestart, s') ->
  ranged n t s s'.
Proof.
  induction n as [|n IH]; intros what t p d flags from count vaddr s s' R Pos H; simpl in H.
  - injection H as <-. repeat split; auto.
  - sees H c E. goes H e s1 E1. destruct (frame_act_goes _ _ _ _ _ _ _ _ E1) as
      [[U [Rg [L [W P]]]] K].
    assert (V : forall i, reg_of s1 t i = reg_of s t i) by (intros; unfold reg_of; rewrite Rg;
      reflexivity).
    destruct e; try discriminate H.
    2:{ injection H as <-. specialize (K eq_refl).
        split; [exact U|]. split; [exact W|]. split; [apply V|]. split; [exact P|].
        split; [unfold word; rewrite V; apply le_n|auto]. }
    destruct (N.eqb_spec count 1) as [Un|Un]; [discriminate H|]. goes H u2 s2 E2. goes H u3 s3 E3.
    goes H u4 s4 E4.
    destruct (put_reg_goes _ _ _ _ _ _ E2) as [A2 [_ [B2 [_ [_ R2]]]]].
    destruct (put_reg_goes _ _ _ _ _ _ E3) as [A3 [_ [B3 [_ [G3 R3]]]]].
    pose proof (put_reg_pages _ _ _ _ _ _ E2) as P2.
    pose proof (put_reg_pages _ _ _ _ _ _ E3) as P3.
    assert (S4 : work s4 = work s3 /\ s_up s4 = s_up s3 /\ pages s4 = pages s3 /\
      forall j, j <> 3 -> reg_of s4 t j = reg_of s3 t j).
    { destruct what; [|injection E4 as _ <-; repeat split..].
      destruct (put_reg_goes _ _ _ _ _ _ E4) as [A [_ [B [_ [_ C]]]]].
      pose proof (put_reg_pages _ _ _ _ _ _ E4). auto. }
    destruct S4 as [A4 [B4 [P4 R4]]].
    assert (R42 : reg_of s4 t 2 = count - 1) by (rewrite R4 by discriminate; exact G3).
    destruct (IH _ _ _ _ _ _ _ _ _ _ R42 ltac:(lia) H) as [I1 [I2 [I3 [I4 [I5 I6]]]]].
    split; [congruence|]. split; [congruence|].
    split; [rewrite I3, R4, R3, R2, V by discriminate; reflexivity|]. split; [lia|].
    unfold word in *. rewrite R42 in I5. rewrite R. split; [lia|]. right. left. lia.
Qed.

Lemma restarts_range : forall what t p s s', 0 < l_range (s_lim s) ->
  space_range what t p s = Some (ERestart, s') -> shorter t s s'.
Proof.
  intros what t p s s' L H. unfold space_range in H. sees H index E. sees H from E1.
  sees H count E2. sees H vaddr E3. sees H flags E4.
  destruct (found_cnode _ _ _ _ _ _ H) as [a [c H']]. clear H.
  destruct (_ || _) eqn:Z in H'; [discriminate H'|]. destruct (negb _) in H'; [discriminate H'|].
  goes H' n s1 E5. injection E5 as <- <-. injection E2 as E2.
  assert (Pos : 0 < count).
  { destruct (N.eqb_spec count 0) as [->|]; [discriminate Z|lia]. }
  destruct (range_goes _ _ _ _ _ _ _ _ _ _ _ E2 Pos H') as [U [W [R [P [Q K]]]]].
  pose proof (up_capabilities _ _ U) as C. unfold shorter, left. rewrite W, C.
  unfold word at 1 5. rewrite R. do 3 apply before_there.
  destruct K as [K|[K|[V K]]]; [lia|apply before_here; [exact K|reflexivity]|].
  unfold word. rewrite !V. do 2 apply before_there. apply before_here; [exact K|reflexivity].
Qed.

(* --- All calls -------------------------------------------------------------------------------- *)

(* As much is done in one go as is worth it: one step at least. *)
Definition goes_on (l : limits) : Prop :=
  0 < l_copy l /\ 0 < l_delete l /\ 0 < l_doomed l /\ 0 < l_empty l /\ 0 < l_range l /\
  0 < l_retype l /\ 0 < l_clear l.

Lemma operation_restarts : forall t slot c label op s s',
  operation_of t slot c label = Some op -> c = opt nil_cap (get slot (s_caps s)) ->
  goes_on (s_lim s) -> filled s -> op_act op s = Some (ERestart, s') -> shorter t s s'.
Proof.
  intros t slot c label op s s' H Hc (L1 & L2 & L3 & L4 & L5 & L6 & L7) F E.
  unfold operation_of in H. cbv zeta in H.
  assert (Never : never (op_act op) -> shorter t s s') by (intros N; destruct (N _ _ E)).
  destruct (c_ty c) eqn:Ty;
    repeat match type of H with context [match ?x with _ => _ end] => destruct x end;
    try discriminate H; injection H as <-; simpl op_act in *;
    try (apply Never; solve [nevers]);
    first
    [ apply (restarts_retype t slot); assumption
    | apply (restarts_copy t c); assumption
    | apply (restarts_delete t slot); try assumption; unfold cnode_at, is_ty; rewrite <- Hc, Ty;
      reflexivity
    | apply (restarts_revoke t slot); assumption
    | apply (restarts_configure t (c_obj c)); assumption
    | apply (restarts_unbind t (c_obj c)); assumption
    | apply (restarts_supply t (c_obj c)); assumption
    | eapply restarts_range; eassumption ].
Qed.

Lemma restarts_invoke : forall t slot c s s', c = opt nil_cap (get slot (s_caps s)) ->
  goes_on (s_lim s) -> filled s -> invoke t slot c s = Some (ERestart, s') -> shorter t s s'.
Proof.
  intros t slot c s s' Hc G F H. unfold invoke in H. sees H tag E.
  destruct (operation_of _ _ _ _) as [op|] eqn:Op; [|discriminate H].
  destruct (lacks _ _) in H; [discriminate H|]. goes H e s1 E1.
  destruct e; try discriminate H. injection H as <-. eapply operation_restarts; eassumption.
Qed.

(* Whenever a system call is preempted, there is less to do. *)
Theorem preempted_is_shorter : forall t s s', goes_on (s_lim s) -> filled s ->
  decode t s = Some (ERestart, s') -> shorter t s s'.
Proof.
  intros t s s' G F H. unfold decode in H. sees H number E. sees H i E1. sees H a E2.
  goes H c s1 E3. injection E3 as E3 <-. cbv zeta in H.
  destruct (3 <? _) in H; [discriminate H|]. destruct (_ || _) in H; [discriminate H|].
  pose proof G as (L1 & L2 & L3 & L4 & L5 & L6 & L7).
  assert (Never : forall m, never m -> m s = Some (ERestart, s') -> shorter t s s').
  { intros m N Hm. destruct (N _ _ Hm). }
  destruct (if number <? 32 then N.land number 15 else 16) as [|[[| |]|[| |]|]];
    first
    [ exact (restarts_do_reply_recv t _ _ _ _ L4 L3 F H)
    | exact (restarts_do_recv t _ _ _ _ L4 L3 F H)
    | refine (Never _ _ H); solve [typeclasses eauto]
    | destruct (is_ty c TEndpoint); [refine (Never _ _ H); solve [typeclasses eauto]|];
      eapply restarts_invoke; [symmetry; exact E3| | |exact H]; assumption ].
Qed.

(* A call is made again: it has been preempted, and its thread does what it did. *)
Definition again (t : N) (s s' : state) : Prop :=
  exists s1, decode t s = Some (ERestart, s1) /\ conclude t ERestart s1 = Some (tt, s').

Theorem limits_are_basic : forall l, basic (fun s => s_lim s = l).
Proof.
  intros l. constructor.
  { intros s s' E H. unfold central in E. injection E as _ _ _ _ _ _ _ E. congruence. }
  all: intros; intros s1 v1 s1' H E.
  5: { apply make_region_only in E. destruct E as [m ->]. exact H. }
  all: try (apply drop_region_only in E; rewrite E; exact H).
  all: unfold put_cap, drop_cap, move_cap, edit_cap, afresh, to_tables, from_tables,
      set_wait, arm, disarm, owe_reply, end_call, new_thread_wait, new_reply, forget_wait,
      forget_reply, new_budget, charge_budget, configure_budget, new_slice, forget_budget, write
      in E; prim E; first [exact H|reflexivity].
Qed.
Theorem limits_stay : forall l, kept (fun s => s_lim s = l).
Proof. intros. apply basic_kept, limits_are_basic. Qed.
Lemma limits_reached : forall l s, reached l s -> s_lim s = l.
Proof.
  intros l. apply reached_keeps; [apply limits_stay| |reflexivity].
  intros b z w s i s' R H. apply first_region_only in H. destruct H as [m ->]. exact R.
Qed.

Lemma again_shorter : forall t s s', goes_on (s_lim s) -> filled s -> again t s s' ->
  shorter t s s' /\ s_lim s' = s_lim s /\ filled s'.
Proof.
  intros t s s' G F [s1 [D C]]. pose proof (preempted_is_shorter t s s1 G F D) as S.
  pose proof (keeps_decode _ (K := limits_stay (s_lim s)) t _ _ _ eq_refl D) as L1.
  pose proof (keeps_decode filled (K := tree_is_filled) t _ _ _ F D) as F1.
  pose proof (keeps_conclude _ (K := limits_stay (s_lim s)) t ERestart _ _ _ L1 C) as L2.
  pose proof (keeps_conclude filled (K := tree_is_filled) t ERestart _ _ _ F1 C) as F2.
  split; [|auto]. unfold conclude in C. unfold bind at 1, gets at 1 in C. sees C ip E.
  unfold put_reg, write in C. injection C as <-. refine (eq_ind _ (fun l => before l _) S _ _).
  assert (V : forall i, i < 8 -> word s1 t i = word (set_s_regs (set t (set r_ip (ip - 2)
    (opt empty (get t (s_regs s1)))) (s_regs s1)) s1) t i).
  { intros i L. unfold word, reg_of. simpl. rewrite get_set, N.eqb_refl, get_set.
    destruct (N.eqb_spec i r_ip) as [->|]; [discriminate L|].
    destruct (get t (s_regs s1)); simpl; [reflexivity|]. rewrite get_empty. reflexivity. }
  unfold left. rewrite !V by reflexivity. reflexivity.
Qed.

(* Every call ends: nobody can be made to make the same call for ever, from any state that the kernel
   comes to, if nobody else acts in between. *)
Theorem every_call_ends : forall l, goes_on l -> forall t s, reached l s ->
  Acc (fun x y => again t y x) s.
Proof.
  intros l G t s R. pose proof (limits_reached l s R) as L.
  pose proof (capabilities_fill_the_tree l s R) as F. clear R. revert L F.
  remember (left t s) as m eqn:M. revert s M.
  induction m as [m IH] using (well_founded_induction before_ends). intros s -> L F.
  constructor. intros x A. rewrite <- L in G. destruct (again_shorter t s x G F A) as [S [L' F']].
  rewrite L in G. refine (IH _ S x eq_refl _ F'). congruence.
Qed.
