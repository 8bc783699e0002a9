(* SPDX-License-Identifier: BSD-2-Clause *)
(* Confined.v, continued: deleting, every operation, every way into the kernel. *)
Require Import NArith List Bool Lia.
From Tessera Require Import Map Refills State Machine Sched Message Destroy Objects Calls.
From Tessera Require Import Authority Guarded Confined.
Import ListNotations.
Open Scope N_scope.

#[local] Hint Constants Opaque : typeclass_instances.

(* Mappings go, or stay; the kernel's books change. *)
Ltac spaces := apply ok_put_space; intros ? ? ?; simpl; rewrite ?get_del, ?get_empty;
  try match goal with |- context [N.eqb ?a ?b] => destruct (N.eqb a b) end;
  first [exact id|discriminate|intros; assumption].
Lemma same_books : forall c, set_c_obj (c_obj c) (set_c_reg (c_reg c) c) = c.
Proof. intros []. reflexivity. Qed.
Ltac own_books T := right; unfold books, less, uses, reach, size_of, is_ty; simpl;
  rewrite ?T; simpl;
  repeat apply conj; try reflexivity;
  intros ? [?|?|?] ? X; simpl in *; (split; [first [assumption|reflexivity]|]);
  first [assumption|lia|exact X|destruct X as [X _]; discriminate X
        |destruct X as [<- [X|X]]; discriminate X].
Ltac edits := apply ok_edit_cap; intros ?; match goal with |- same_cap _ ?c =>
    let T := fresh "T" in cbv beta; destruct (c_ty c) eqn:T; unfold is_ty; rewrite ?T; simpl;
    first [left; apply same_books|own_books T] end.
Ltac one := first [Confined.one|spaces|edits].
Ltac returned := solve [apply ok_ret; exact I].
Ltac go := intros; match goal with |- Guarded.ok ?m _ => let f := head m in unfold f end;
  repeat one.
Ltac go_on n := induction n; intros; simpl; repeat one.

Section Functions.
Context {label : Type} {lab : place -> label} {s0 : state} {Act : label -> Prop}
  {Timers : N -> Prop}.
Notation L g := (lab (Granule g)).
Notation may := (may lab s0).
Notation call_may := (call_may lab s0).
Notation grants := (grants lab s0).
Notation whole := (whole lab s0).
Notation mine := (mine lab s0).
Notation maps_ok := (maps_ok lab s0).
Notation touch := (touch lab s0 Act).
Notation acts := (acts lab Act).
Notation opens := (opens lab s0 Act).
Notation passes := (passes lab s0).
Notation ok := (@ok label lab s0 Act Timers _).

(* --- Destroy.v -------------------------------------------------------------------------------- *)

#[export] Instance says_asid_take : forall p, ok (asid_take p) any. Proof. go. Qed.
#[export] Instance says_asid_drop : forall n, ok (asid_drop n) any. Proof. go. Qed.
#[export] Instance says_asid_space : forall n, ok (asid_space n) any. Proof. go. Qed.
#[export] Instance says_mapping : forall c, ok (mapping c) (fun o => forall p k l,
  o = Some (p, k, l) -> k = leaf_key (level_of (c_ty c)) (c_extra c) /\ f_frame l = c_obj c).
Proof.
  intros c. unfold mapping. one. one; [apply ok_ret; discriminate|]. one. apply ok_ret.
  intros p k l H1. destruct (get _ _) as [l'|]; [|discriminate H1].
  destruct (f_frame l' =? c_obj c) eqn:E1; [|discriminate H1]. injection H1 as _ <- <-.
  apply N.eqb_eq in E1. auto.
Qed.
#[export] Instance says_unmap : forall slot, ok (unmap slot) any.
Proof. go. Qed.

#[export] Instance says_take_page : forall p, ok (take_page p) any. Proof. go. Qed.
#[export] Instance says_make_tables : forall p vaddr levels, ok (make_tables p vaddr levels) any.
Proof. intros p vaddr levels; revert p vaddr; go_on levels. Qed.
#[export] Instance says_make_root : forall p, ok (make_root p) any. Proof. go. Qed.
#[export] Instance says_cut : forall p, ok (cut p) any. Proof. go. Qed.
#[export] Instance says_tables_back : forall n p, ok (tables_back n p) any. Proof. go_on n. Qed.
#[export] Instance says_empty_space : forall p, ok (empty_space p) any. Proof. go. Qed.
#[export] Instance says_return_tables : forall a c, ok (return_tables a c) any. Proof. go. Qed.
#[export] Instance says_others : forall i, ok (others i) any. Proof. go. Qed.
#[export] Instance says_doom : forall o, ok (doom o) any. Proof. go. Qed.
#[export] Instance says_destroy_capability : forall a, ok (destroy_capability a) any.
Proof. go. Qed.
#[export] Instance says_destroy_slot : forall a, ok (destroy_slot a) any. Proof. go. Qed.
#[export] Instance says_empty_slots : forall l, ok (empty_slots l) any. Proof. go. Qed.
#[export] Instance says_forget : forall o, ok (forget o) any. Proof. go. Qed.
#[export] Instance says_dismantle_cnode : forall o, ok (dismantle_cnode o) any. Proof. go. Qed.
#[export] Instance says_dismantle_endpoint : forall o, ok (dismantle_endpoint o) any.
Proof. go. Qed.
#[export] Instance says_dismantle_notification : forall o, ok (dismantle_notification o) any.
Proof. go. Qed.
#[export] Instance says_dismantle_reply : forall o, ok (dismantle_reply o) any.
Proof.
  intros. unfold dismantle_reply. one. destruct a as [|t|c]; try solve [repeat one].
  one. destruct a; try solve [repeat one].
  match goal with W : wait_ok _ _ _ _ |- _ => destruct W end. repeat one.
Qed.
#[export] Instance says_borrowing : forall h, ok (borrowing h) any. Proof. go. Qed.
#[export] Instance says_unbind_from : forall t x, ok (unbind_from t x) any. Proof. go. Qed.
#[export] Instance says_dismantle_thread : forall t, ok (dismantle_thread t) any. Proof. go. Qed.
#[export] Instance says_dismantle_context : forall x, ok (dismantle_context x) any.
Proof. go. Qed.
#[export] Instance says_dismantle_space : forall p, ok (dismantle_space p) any. Proof. go. Qed.
#[export] Instance says_detach : forall i, ok (detach i) any. Proof. go. Qed.
#[export] Instance says_dismantle : forall o, ok (dismantle o) any. Proof. go. Qed.
#[export] Instance says_dismantle_some : forall n, ok (dismantle_some n) any. Proof. go_on n. Qed.
#[export] Instance says_destroy_doomed : ok destroy_doomed any. Proof. go. Qed.

(* --- Mapping ---------------------------------------------------------------------------------- *)

Lemma level_of_key : forall l v, v < 2 ^ 56 -> N.shiftr (leaf_key l v) 56 = l.
Proof.
  intros l v H. unfold leaf_key. rewrite N.shiftr_div_pow2, N.shiftl_mul_pow2.
  rewrite N.div_add_l by discriminate. rewrite N.div_small by exact H. apply N.add_0_r.
Qed.

(* What the frame may be used for, the space p may have. *)
Definition shows (p : N) (c : cap) (flags : N) : Prop :=
  forall g, c_obj c <= g < c_obj c + frame_size (level_of (c_ty c)) ->
    may (L p) Read (L g) /\ (is_w flags = true -> may (L p) Write (L g)).

Lemma shows_frame : forall t p c vaddr flags, may (L t) Write (L p) -> grants (L t) c ->
  is_frame (c_ty c) = true -> check_map c vaddr flags = EOk -> shows p c flags /\ vaddr < 2 ^ 56.
Proof.
  intros t p c vaddr flags W G F K. unfold check_map in K.
  destruct (_ || _) eqn:E1 in K; [discriminate K|].
  destruct (_ <? _) in K; [discriminate K|]. destruct (_ =? _) in K; [discriminate K|].
  destruct (bits _ _) eqn:B in K; [|discriminate K].
  apply orb_false_iff in E1. destruct E1 as [E1 _]. apply orb_false_iff in E1.
  destruct E1 as [_ E1]. apply N.leb_gt in E1. split.
  - intros g R. assert (X : reach c (Granule g)).
    { unfold reach, size_of. destruct (c_ty c); try discriminate F; exact R. }
    split; [|intros Fw]; eapply may_put; try exact W; apply (G _ (Granule g)); try exact X;
      unfold uses.
    + assert (H : is_r (c_rights c) = true).
      { apply (bit_bits 0). eapply bits_testbit; [exact B|]. rewrite N.lor_spec. apply orb_true_r. }
      destruct (c_ty c); try discriminate F; exact H.
    + assert (H : is_w (c_rights c) = true).
      { apply (bit_bits 1). eapply bits_testbit; [exact B|]. rewrite N.lor_spec, N.land_spec.
        rewrite (bits_testbit 2 flags 1 Fw eq_refl). reflexivity. }
      destruct (c_ty c); try discriminate F; exact H.
  - eapply N.lt_trans; [exact E1|reflexivity].
Qed.

Lemma shows_leaf : forall p c vaddr flags b, shows p c flags -> vaddr < 2 ^ 56 ->
  forall g, mapped (leaf_key (level_of (c_ty c)) vaddr) (Leaf (c_obj c) flags b) g ->
  may (L p) Read (L g) /\ (is_w flags = true -> may (L p) Write (L g)).
Proof.
  intros p c vaddr flags b S V g X. unfold mapped in X. rewrite level_of_key in X by exact V.
  exact (S g X).
Qed.

#[export] Instance says_map_frame : forall p slot c vaddr flags, touch p -> shows p c flags ->
  vaddr < 2 ^ 56 -> ok (map_frame p slot c vaddr flags) any.
Proof.
  intros p slot c vaddr flags T S V. unfold map_frame. one. cbv zeta.
  destruct (negb _); [repeat one|]. destruct (_ || _); [one|].
  one; [|repeat one]. apply ok_show; [exact T|]. apply shows_leaf; assumption.
Qed.

#[export] Instance says_frame_act : forall what p a vaddr flags t, acts t ->
  may (L t) Write (L p) -> may (L t) Read (L a) -> ok (frame_act what p a vaddr flags) any.
Proof.
  intros what p a vaddr flags t A W R. assert (T : touch p) by (eapply touch_write; eauto).
  unfold frame_act. eapply ok_bind; [apply ok_cap_at|]. intros c G. one.
  destruct (null c); [one|]. destruct (is_frame (c_ty c)) eqn:F; [|simpl; returned].
  apply (grants_take lab s0 (L t)) in G; [|left; exact R]. simpl.
  destruct what.
  - one. destruct (check_map c vaddr flags) eqn:K; try returned.
    destruct (_ && _); [one|]. destruct (shows_frame t p c vaddr flags W G F K).
    apply says_map_frame; assumption.
  - destruct (_ || _); [one|]. repeat one.
  - destruct (_ || _); [one|]. destruct (check_map c (c_extra c) flags) eqn:K; try returned.
    destruct (shows_frame t p c (c_extra c) flags W G F K) as [S V].
    eapply ok_bind; [apply says_mapping|]. intros [[[q k] l]|] Q; [|one].
    destruct (Q q k l eq_refl) as [-> E]. one; [|one].
    apply ok_reflag; [exact T|]. rewrite E. apply shows_leaf; assumption.
Qed.

(* --- Objects.v -------------------------------------------------------------------------------- *)

Definition takes (t a : N) : Prop := may (L t) Read (L a) \/ may (L t) Write (L a).
Definition reads (t : N) (d : cap) : Prop :=
  forall i, i <> 0 -> i < c_badge d -> may (L t) Read (L (c_obj d + i)).
Definition writes (t : N) (d : cap) : Prop :=
  forall i, i <> 0 -> i < c_badge d -> may (L t) Write (L (c_obj d + i)).

Lemma passes_take : forall t a b, takes t a -> may (L t) Write (L b) -> passes a b.
Proof.
  intros t a b R W r X H. eapply may_put; [exact W|]. eapply may_take; [exact R|exact H].
Qed.
Lemma mine_takes : forall t a, mine t a -> takes t a.
Proof. intros t a [R _]. left; exact R. Qed.
Lemma land_bit : forall w i, N.land w (N.shiftl 1 i) <> 0 -> N.testbit w i = true.
Proof.
  intros w i H. destruct (N.testbit w i) eqn:E; [reflexivity|]. exfalso. apply H.
  apply N.bits_inj. intros j. rewrite N.land_spec, N.bits_0.
  destruct (N.eq_dec i j) as [<-|D]; [rewrite E; reflexivity|].
  rewrite !N.shiftl_1_l, N.pow2_bits_false by exact D. apply andb_false_r.
Qed.

Lemma says_find_cap : forall t i k right then_, whole t ->
  (forall a c, mine t a -> grants (L t) c -> c_ty c = k -> bits right (c_rights c) = true ->
    ok (then_ a c) any) -> ok (find_cap t i k right then_) any.
Proof.
  intros t i k right then_ W H. unfold find_cap.
  eapply ok_bind; [apply says_slot_of; exact W|]. intros a Ha.
  eapply ok_bind; [apply ok_cap_at|]. intros c G.
  destruct ((a =? 0) || null c) eqn:E; [one|].
  apply orb_false_iff in E. destruct E as [E _]. apply N.eqb_neq in E.
  destruct Ha as [Ha|Ha]; [contradiction|].
  destruct (is_ty c k) eqn:K; [|simpl; returned]. apply is_ty_eq in K. simpl.
  unfold lacks. destruct (bits right (c_rights c)) eqn:B; [|simpl; returned].
  apply H; try assumption. eapply grants_take; [apply (mine_takes t a Ha)|exact G].
Qed.

Lemma says_find_cnode : forall t i right then_, whole t -> right = 1 \/ right = 2 ->
  (forall a c, (right = 1 -> reads t c) -> (right = 2 -> writes t c) ->
    (forall j, j <> 0 -> j < c_badge c -> takes t (c_obj c + j)) -> ok (then_ a c) any) ->
  ok (find_cnode t i right then_) any.
Proof.
  intros t i right then_ W Ri H. unfold find_cnode.
  apply ok_bind with (fun a => a = 0 \/ (forall c, grants (L a) c -> grants (L t) c)).
  { destruct (i =? 0).
    - apply ok_ret. right. intros c G. unfold cspace_slot in G.
      eapply whole_grants; [exact W| |exact G]. reflexivity.
    - eapply ok_weaker; [apply says_slot_of; exact W|]. intros a [Ha|Ha]; [auto|right].
      intros c G. eapply grants_take; [apply (mine_takes t a Ha)|exact G]. }
  intros a Ha. eapply ok_bind; [apply ok_cap_at|]. intros c G.
  destruct ((a =? 0) || null c) eqn:E; [one|].
  apply orb_false_iff in E. destruct E as [E _]. apply N.eqb_neq in E.
  destruct Ha as [Ha|Ha]; [contradiction|]. apply Ha in G.
  destruct (is_ty c TCNode) eqn:K; [|simpl; returned]. apply is_ty_eq in K. simpl.
  destruct (N.land (c_rights c) right =? 0) eqn:B; [one|]. apply N.eqb_neq in B.
  assert (X : forall j, j < c_badge c -> reach c (Granule (c_obj c + j))).
  { intros j J. unfold reach, size_of. rewrite K. lia. }
  assert (Rd : right = 1 -> reads t c).
  { intros -> j _ J. apply (G Read (Granule (c_obj c + j))); [|apply X; exact J].
    unfold uses. rewrite K. apply (bit_bits 0), land_bit. exact B. }
  assert (Wr : right = 2 -> writes t c).
  { intros -> j _ J. apply (G Write (Granule (c_obj c + j))); [|apply X; exact J].
    unfold uses. rewrite K. apply (bit_bits 1), land_bit. exact B. }
  apply H; [exact Rd|exact Wr|].
  intros j N J. destruct Ri as [Ri|Ri]; [left; apply Rd|right; apply Wr]; auto.
Qed.

Lemma range_of : forall c first count, in_range c first count = true ->
  first <> 0 /\ first + count <= c_badge c.
Proof.
  unfold in_range. intros c first count H. apply andb_true_iff in H. destruct H as [H H3].
  apply andb_true_iff in H. destruct H as [H1 H2]. apply negb_true_iff, N.eqb_neq in H1.
  apply N.ltb_lt in H2.
  apply N.leb_le in H3. lia.
Qed.

#[export] Instance says_arg : forall t i, ok (arg t i) any. Proof. go. Qed.
#[export] Instance says_result : forall t l, touch t -> ok (result t l) any. Proof. go. Qed.
#[export] Instance says_clear_memory : forall slot used end_, ok (clear_memory slot used end_) any.
Proof. go. Qed.

(* t may do everything with these granules. *)
Definition owns (t o n : N) : Prop := forall g r, o <= g < o + n -> may (L t) r (L g).

#[export] Instance says_new_sc : forall x, ok (new_sc x) any. Proof. go. Qed.
#[export] Instance says_new_object : forall t k o size n, acts t -> owns t o n ->
  n = object_size k size -> n <> 0 -> ok (new_object k o size) any.
Proof.
  intros t k o size n A O E Z.
  assert (T : touch o) by (eapply touch_write; [exact A|]; apply O; lia).
  unfold new_object. destruct k; try solve [repeat one].
  assert (E24 : n = 24).
  { unfold object_size in E. destruct (negb (size =? 0)); [contradiction|exact E]. }
  assert (Wo : whole o).
  { intros i j r I J. eapply may_put; apply O; lia. }
  repeat one.
Qed.

Lemma new_reach : forall k size n o rights u i x, n = object_size k size -> n <> 0 ->
  u = TUntyped \/ u = TDevice ->
  reach (Cap (if ty_beq k TUntyped then u else k) o rights
    (match k with TUntyped => n | TCNode => size | _ => 0 end) 0 i) x ->
  exists g, x = Granule g /\ o <= g < o + n.
Proof.
  intros k size n o rights u i x E Z U X. destruct x as [g|p|q].
  - exists g. split; [reflexivity|]. unfold reach, size_of in X. simpl in X.
    unfold object_size in E.
    destruct k; simpl in X, E;
      try (destruct (negb (size =? 0)); [contradiction|]; simpl in E; subst n; try exact X;
           try contradiction).
    + destruct U as [->| ->]; exact X.
    + destruct (_ && _) in E; [subst n; exact X|contradiction].
  - destruct X as [X _]. simpl in X. unfold object_size in E. destruct k; try discriminate X.
    + destruct U as [->| ->]; discriminate X.
    + destruct (negb (size =? 0)); contradiction.
  - destruct X as [X1 X2]. simpl in X1. exfalso. unfold object_size in E.
    destruct k; simpl in X1; try (destruct U as [->| ->]); destruct X2 as [-> | ->];
      try discriminate X1; destruct (negb (size =? 0)); contradiction.
Qed.

Lemma says_make_one : forall t slot to k n size, acts t -> (forall x, Timers x) ->
  mine t slot -> may (L t) Write (L to) -> n = object_size k size -> n <> 0 ->
  ok (make_one slot to k n size) any.
Proof.
  intros t slot to k n size A AT M W E Z. unfold make_one.
  eapply ok_bind; [apply ok_cap_at|]. intros u G. one. cbv zeta.
  set (o := c_obj u + next_start u a k).
  eapply ok_bind; [apply ok_guard|]. intros [] Wi. unfold within, Objects.is_memory in Wi.
  apply andb_true_iff in Wi. destruct Wi as [Wi W2]. apply andb_true_iff in Wi.
  destruct Wi as [Wm W1]. apply N.leb_le in W1, W2.
  assert (U : c_ty u = TUntyped \/ c_ty u = TDevice).
  { apply orb_true_iff in Wm. destruct Wm as [Wm|Wm]; apply is_ty_eq in Wm; auto. }
  apply (grants_take lab s0 (L t)) in G; [|apply mine_takes; exact M].
  assert (O : owns t o n).
  { intros g r B. apply (G r (Granule g)); unfold uses, reach, size_of;
      destruct U as [->| ->]; try reflexivity; lia. }
  one; [eapply says_new_object; eassumption|]. destruct a0; try returned. one.
  one; [one; apply ok_put_kind; intros; apply AT|]. one; [one; one|]. one; [|one].
  apply ok_put_cap; [eapply touch_write; [exact A|exact W]|].
  eapply grants_put; [exact W|]. intros r x Ux X.
  destruct (new_reach _ _ _ _ _ _ _ _ E Z U X) as [g [-> B]]. apply O; exact B.
Qed.

Lemma says_make_some : forall steps t slot c k n size first count, acts t ->
  (forall x, Timers x) -> mine t slot -> writes t c -> n = object_size k size -> n <> 0 ->
  first <> 0 -> count <> 0 -> first + count <= c_badge c ->
  ok (make_some steps t slot c k n size first count) any.
Proof.
  induction steps as [|steps IH]; intros t slot c k n size first count A AT M W E Z F C B;
    simpl; [one|].
  one; [apply (says_make_one t); try assumption; apply W; lia|].
  destruct a; try returned. one. one. destruct (count =? 1) eqn:C1; [one|].
  apply N.eqb_neq in C1. apply IH; try assumption; lia.
Qed.

#[export] Instance says_all_empty : forall n a, ok (all_empty n a) any. Proof. go_on n. Qed.
#[export] Instance says_start_afresh : forall slot, ok (start_afresh slot) any. Proof. go. Qed.

#[export] Instance says_retype : forall t slot, acts t -> whole t -> (forall x, Timers x) ->
  mine t slot -> ok (retype t slot) any.
Proof.
  intros t slot A W AT M. unfold retype. do 6 one. cbv zeta.
  destruct (_ || _ || _) eqn:E; [one|]. destruct (_ && _); [one|].
  apply orb_false_iff in E. destruct E as [E _]. apply orb_false_iff in E.
  destruct E as [Z C]. apply N.eqb_neq in Z, C.
  apply says_find_cnode; [exact W|auto|]. intros cn c _ Wr _. specialize (Wr eq_refl).
  destruct (in_range c a2 a3) eqn:R; [|simpl; returned]. apply range_of in R.
  destruct R as [R1 R2]. simpl.
  one. destruct (negb a5); [one|]. one. destruct (negb a6); [one|]. one. one. cbv zeta.
  destruct (_ || _); [one|]. one; [destruct (_ && _); repeat one|].
  destruct a9; try returned. one. apply says_make_some; auto.
Qed.

#[export] Instance says_copy_one : forall to from rights, touch to -> passes from to ->
  ok (copy_one to from rights) any.
Proof.
  intros to from rights T P. unfold copy_one. one. one. destruct (null _); [one|].
  destruct (negb _); [one|]. destruct (negb _); [one|].
  one; [apply said_copy; assumption|one].
Qed.

Lemma says_copy_some : forall steps t d c rights to from count, acts t -> writes t d ->
  reads t c -> to <> 0 -> from <> 0 -> count <> 0 -> to + count <= c_badge d ->
  from + count <= c_badge c -> ok (copy_some steps t d c rights to from count) any.
Proof.
  induction steps as [|steps IH]; intros t d c rights to from count A W R T F C Bt Bf; simpl;
    [one|].
  assert (Wt : may (L t) Write (L (c_obj d + to))) by (apply W; lia).
  assert (Rf : may (L t) Read (L (c_obj c + from))) by (apply R; lia).
  one.
  { apply says_copy_one; [eapply touch_write; eauto|]. apply (passes_take t); [left|]; assumption. }
  destruct a; try returned. destruct (count =? 1) eqn:C1; [one|]. apply N.eqb_neq in C1.
  one. one. one. apply IH; try assumption; lia.
Qed.

#[export] Instance says_cnode_copy : forall t d, acts t -> whole t -> writes t d ->
  ok (cnode_copy t d) any.
Proof.
  intros t d A W Wd. unfold cnode_copy. do 5 one.
  apply says_find_cnode; [exact W|auto|]. intros cn c R _ _. specialize (R eq_refl).
  destruct (_ || _ || _) eqn:E; [one|]. apply orb_false_iff in E. destruct E as [E _].
  apply orb_false_iff in E. destruct E as [_ C]. apply N.eqb_neq in C.
  destruct (_ || _) eqn:Q; [one|]. apply orb_false_iff in Q. destruct Q as [Q1 Q2].
  apply negb_false_iff, range_of in Q1, Q2. destruct Q1, Q2. one.
  apply says_copy_some; assumption.
Qed.

Lemma says_find_pair : forall t d right then_, whole t -> right = 1 \/ right = 2 -> writes t d ->
  (forall a b, may (L t) Write (L a) -> takes t b -> ok (then_ a b) any) ->
  ok (find_pair t d right then_) any.
Proof.
  intros t d right then_ W Ri Wd H. unfold find_pair. do 3 one.
  apply says_find_cnode; [exact W|exact Ri|]. intros cn c _ _ T. cbv zeta. one. one.
  destruct (_ || _ || _) eqn:E; [one|]. apply orb_false_iff in E. destruct E as [E _].
  apply orb_false_iff in E. destruct E as [E1 E2]. destruct (negb _); [one|].
  unfold slot_in in *.
  destruct ((a =? 0) || (c_badge d <=? a)) eqn:F1; [discriminate E1|].
  destruct ((a1 =? 0) || (c_badge c <=? a1)) eqn:F2; [discriminate E2|].
  apply orb_false_iff in F1, F2. destruct F1 as [F1 G1], F2 as [F2 G2].
  apply N.eqb_neq in F1, F2. apply N.leb_gt in G1, G2. apply H; [apply Wd|apply T]; assumption.
Qed.

Lemma badge_less : forall c rights badge, check_badge c badge = EOk ->
  less (with_badge (copy_of c rights) badge) c.
Proof.
  intros c rights badge K r x U X. unfold check_badge in K.
  destruct (badge =? 0); [discriminate K|].
  assert (D : less (copy_of c rights) c) by apply copy_less.
  specialize (D r x). unfold with_badge in *.
  set (n := N.shiftr badge 16) in *. set (m := N.land badge 65535) in *. simpl in *.
  destruct (c_ty c) eqn:T; try discriminate K.
  - apply D; [exact U|]. unfold reach, size_of in *. simpl in *. rewrite T in *.
    destruct x; [exact X|destruct X; discriminate|exact X].
  - apply D; [exact U|]. unfold reach, size_of in *. simpl in *. rewrite T in *.
    destruct x; [exact X|destruct X; discriminate|exact X].
  - destruct ((0 <? n) && (c_obj c <=? m) && (m + n <=? c_obj c + c_badge c)) eqn:Q;
      [|discriminate K]. apply andb_true_iff in Q. destruct Q as [Q Q2].
    apply andb_true_iff in Q. destruct Q as [_ Q1].
    apply N.leb_le in Q1, Q2. apply D.
    + unfold uses in *. simpl in *. rewrite T in *. exact U.
    + unfold reach, size_of in *. destruct x as [g|p|q]; simpl in *; rewrite T in *; simpl in *.
      * lia.
      * split; [reflexivity|]. lia.
      * exact X.
  - apply D; [exact U|]. unfold reach, size_of in *. simpl in *. rewrite T in *. simpl in *.
    destruct x; [exact X|destruct X; discriminate|exact X].
Qed.

#[export] Instance says_cnode_mint : forall t d, acts t -> whole t -> writes t d ->
  ok (cnode_mint t d) any.
Proof.
  intros t d A W Wd. unfold cnode_mint. one. one. apply says_find_pair; auto.
  intros x b Wx Tb. eapply ok_bind; [apply ok_cap_at|]. intros c G. destruct (_ <? _); [one|].
  destruct (check_badge c a0) eqn:K; try returned. one; [|one].
  apply ok_put_cap; [eapply touch_write; eauto|]. eapply grants_put; [exact Wx|].
  eapply grants_less; [|apply badge_less; exact K]. eapply grants_take; [exact Tb|exact G].
Qed.

#[export] Instance says_cnode_move : forall t d, acts t -> whole t -> writes t d ->
  ok (cnode_move t d) any.
Proof.
  intros t d A W Wd. unfold cnode_move. apply says_find_pair; auto.
  intros x b Wx Tb. one. destruct (is_ty _ _); [one|]. one; [|one].
  apply said_move; [eapply touch_write; eauto|apply (passes_take t); assumption].
Qed.

#[export] Instance says_still_cnode : forall slot, ok (still_cnode slot) any. Proof. go. Qed.
#[export] Instance says_delete_some : forall steps t slot, acts t ->
  ok (delete_some steps t slot) any.
Proof. go_on steps. Qed.
#[export] Instance says_cnode_delete : forall t slot, acts t -> ok (cnode_delete t slot) any.
Proof. go. Qed.
#[export] Instance says_revoke_some : forall steps target, ok (revoke_some steps target) any.
Proof. go_on steps. Qed.
#[export] Instance says_cnode_revoke : forall t slot, ok (cnode_revoke t slot) any.
Proof. go. Qed.
#[export] Instance says_cnode_inspect : forall t slot, acts t -> ok (cnode_inspect t slot) any.
Proof. go. Qed.

End Functions.
