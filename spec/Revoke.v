(* SPDX-License-Identifier: BSD-2-Clause *)
(* Revoke, to its end: nothing that was derived is left, also after the objects that went with it
   have been dismantled; and each time that it is preempted there is less to do. *)
Require Import NArith List Bool Lia FMapPositive FMapFacts.
From Tessera Require Import Map Refills State Machine Sched Message Destroy Objects Calls Boot.
From Tessera Require Import Keeps Memory Tree Theorems.
Import ListNotations.
Open Scope N_scope.

(* --- Nothing is left -------------------------------------------------------------------------- *)

(* a has no children; deleting and dismantling, whatever else they do, keep it so. *)
Definition childless (a : N) (s : state) : Prop := rooted s /\ children a s = [].

Lemma childless_drop : forall a x, keeps (childless a) (drop_cap x).
Proof.
  intros a x s v s' [R C] H. split; [exact (rooted_drop x s v s' R H)|].
  unfold drop_cap in H. destruct (get x (s_up s)) as [p|] eqn:P; [|discriminate H].
  injection H as _ <-. unfold children at 1; simpl. rewrite get_set, get_del.
  destruct R as [K W]. destruct (N.eqb_spec a p) as [->|Np].
  - exfalso. apply (K p x) in P. rewrite C in P. exact P.
  - destruct (N.eqb_spec a x); [reflexivity|exact C].
Qed.

Theorem deleting_keeps_childless_small : forall a, small (childless a).
Proof.
  intros a. pose proof (basic_small _ tree_is_basic) as T. constructor.
  { intros s s' E [R C]. split; [exact (small_other _ T s s' E R)|].
    unfold central in E. injection E as _ _ Ek _ _ _ _ _. unfold children. rewrite <- Ek.
    exact C. }
  1: apply childless_drop.
  all: intros; intros s1 v1 s1' [R C] H; split;
    [match type of H with ?m _ = _ =>
       assert (G : keeps rooted m) by (apply T); exact (G s1 v1 s1' R H) end|].
  all: try (apply drop_region_only in H; rewrite H; exact C).
  all: unfold edit_cap, from_tables, set_wait, disarm, end_call, forget_wait,
      forget_reply, charge_budget, configure_budget, new_slice, forget_budget, write in H;
    prim H; exact C.
Qed.
Theorem deleting_keeps_childless : forall a, shrinks (childless a).
Proof. intros. apply small_shrinks, deleting_keeps_childless_small. Qed.

Lemma none_derived : forall a s, childless a s -> forall k, ~ desc (of_state s) a k.
Proof.
  intros a s [[K _] C] k D. destruct (desc_has_child _ _ _ D) as [c E]. apply K in E.
  rewrite C in E. exact E.
Qed.

Lemma revoke_some_done : forall n a s s', rooted s -> revoke_some n a s = Some (EOk, s') ->
  childless a s'.
Proof.
  pose proof (kept_shrinks _ tree_is_kept) as T.
  induction n as [|n IH]; intros a s s' R H; simpl in H; unfold bind, gets, ret in H.
  - destruct (destroy_doomed s) as [[e x]|]; discriminate H.
  - destruct (children a s) as [|c l] eqn:C.
    + pose proof (deleting_keeps_childless a) as K.
      exact (keeps_destroy_doomed (childless a) s EOk s' (conj R C) H).
    + destruct (destroy_slot c s) as [[[] x]|] eqn:D; try discriminate H.
      apply (IH a x s'); [|exact H]. exact (keeps_destroy_slot rooted c s EOk x R D).
Qed.

(* The slot that a Revoke names. *)
Definition revoked (s : state) (t slot : N) : N :=
  slot_in (opt nil_cap (get slot (s_caps s))) (reg_of s t 0).

(* When the call says that it is done, nothing derived from that capability is left. *)
Theorem revoke_leaves_nothing : forall l s t slot s', reached l s ->
  cnode_revoke t slot s = Some (EOk, s') -> forall k, ~ desc (of_state s') (revoked s t slot) k.
Proof.
  intros l s t slot s' R H. apply none_derived.
  unfold cnode_revoke, arg, reg, cap_at, bind, gets in H.
  fold (revoked s t slot) in H.
  destruct (_ || _) in H; [discriminate H|].
  exact (revoke_some_done _ _ s s' (tree_rooted l s R) H).
Qed.

(* --- It ends ---------------------------------------------------------------------------------- *)

Module Facts := WProperties_fun PositiveMap.E PositiveMap.

Definition size {A} (m : map A) : nat := P.cardinal m.

Lemma size_same : forall A (m n : map A), (forall k, get k m = get k n) -> size m = size n.
Proof.
  intros A m n E. apply Facts.cardinal_m. intros p.
  specialize (E (Pos.pred_N p)). unfold get, key in E.
  replace (N.succ_pos (Pos.pred_N p)) with p in E; [exact E|].
  destruct p; simpl; try rewrite Pos.succ_pred_double; reflexivity.
Qed.

Lemma size_del : forall A (m : map A) k, get k m <> None -> S (size (del k m)) = size m.
Proof.
  intros A m k H. unfold get in H. destruct (P.find (key k) m) as [v|] eqn:E; [|contradiction].
  unfold size. symmetry. apply (Facts.cardinal_2 (x := key k) (e := v)).
  - intros [w W]. apply P.find_1 in W. unfold del in W. rewrite P.grs in W. discriminate W.
  - intros p. unfold del. destruct (Pos.eq_dec (key k) p) as [<-|N].
    + rewrite P.gss. exact E.
    + rewrite P.gso by congruence. rewrite P.gro by congruence. reflexivity.
Qed.

Lemma size_set : forall A (m : map A) k v, get k m <> None -> size (set k v m) = size m.
Proof.
  intros A m k v H. rewrite <- (size_del A m k H).
  assert (K : get k (set k v m) <> None) by (rewrite get_set, N.eqb_refl; discriminate).
  rewrite <- (size_del A (set k v m) k K). f_equal. apply size_same.
  intros j. rewrite !get_del, get_set. destruct (N.eqb j k); reflexivity.
Qed.

Lemma size_adopt : forall l m p, (forall k, In k l -> get k m <> None) ->
  size (adopt p l m) = size m.
Proof.
  unfold adopt. induction l as [|x l IH]; intros m p H; simpl; [reflexivity|].
  rewrite IH.
  - apply size_set. apply H. left; reflexivity.
  - intros k K. rewrite get_set. destruct (N.eqb k x); [discriminate|]. apply H. right; exact K.
Qed.

(* How many capabilities there are; one less when one is deleted. *)
Definition capabilities (s : state) : nat := size (s_up s).

Lemma drop_is_one_less : forall x s s', rooted s -> drop_cap x s = Some (tt, s') ->
  S (capabilities s') = capabilities s.
Proof.
  intros x s s' [K W] H. unfold drop_cap in H.
  destruct (get x (s_up s)) as [p|] eqn:P; [|discriminate H].
  injection H as <-. unfold capabilities; simpl. rewrite size_adopt.
  - apply size_del. congruence.
  - intros k Hk. apply K in Hk. unfold of_state in Hk. rewrite get_del.
    destruct (N.eqb_spec k x) as [->|]; [|congruence]. destruct (no_loop _ _ W Hk).
Qed.

(* Deleting and dismantling make none. *)
Definition at_most (n : nat) (s : state) : Prop := rooted s /\ (capabilities s <= n)%nat.
Theorem deleting_makes_none_small : forall n, small (at_most n).
Proof.
  intros n. pose proof (basic_small _ tree_is_basic) as T. constructor.
  { intros s s' E [R C]. split; [exact (small_other _ T s s' E R)|].
    unfold central in E. injection E as _ Eu _ _ _ _ _ _. unfold capabilities. rewrite <- Eu.
    exact C. }
  { intros x s [] s' [R C] H. split; [exact (rooted_drop x s tt s' R H)|].
    pose proof (drop_is_one_less x s s' R H). lia. }
  all: intros; intros s1 v1 s1' [R C] H; split;
    [match type of H with ?m _ = _ =>
       assert (G : keeps rooted m) by (apply T); exact (G s1 v1 s1' R H) end|].
  all: try (apply drop_region_only in H; rewrite H; exact C).
  all: unfold edit_cap, from_tables, set_wait, disarm, end_call, forget_wait,
      forget_reply, charge_budget, configure_budget, new_slice, forget_budget, write in H;
    prim H; exact C.
Qed.
Theorem deleting_makes_none : forall n, shrinks (at_most n).
Proof. intros. apply small_shrinks, deleting_makes_none_small. Qed.

(* Deleting one deletes it. *)
Lemma destroy_is_less : forall a s s', rooted s -> null (opt nil_cap (get a (s_caps s))) = false ->
  destroy_capability a s = Some (tt, s') -> (capabilities s' < capabilities s)%nat.
Proof.
  intros a s s' R Nn H. unfold destroy_capability, cap_at, bind at 1, gets at 1 in H.
  rewrite Nn in H. set (c := opt nil_cap (get a (s_caps s))) in *.
  pose proof (deleting_makes_none (capabilities s)) as T.
  (* up to the deletion: not more; then one less; then not more *)
  unfold bind at 1 in H. destruct (when _ _ s) as [[u1 s1]|] eqn:E1; [|discriminate H].
  assert (I1 : at_most (capabilities s) s1).
  { assert (G : keeps (at_most (capabilities s))
      (when (is_frame (c_ty c) && negb (c_badge c =? 0)) (unmap a))).
    { apply keeps_when. apply keeps_unmap. exact T. }
    exact (G s u1 s1 (conj R (le_n _)) E1). }
  unfold bind at 1 in H. destruct (when _ _ s1) as [[u2 s2]|] eqn:E2; [|discriminate H].
  assert (I2 : at_most (capabilities s) s2).
  { assert (G : keeps (at_most (capabilities s)) (when (is_ty c TAddressSpace) decide)).
    { apply keeps_when. apply keeps_decide. exact T. }
    exact (G s1 u2 s2 I1 E2). }
  unfold bind at 1 in H. destruct (drop_cap a s2) as [[[] s3]|] eqn:E3; [|discriminate H].
  destruct I2 as [R2 C2]. pose proof (drop_is_one_less a s2 s3 R2 E3) as One.
  pose proof (rooted_drop a s2 tt s3 R2 E3) as R3.
  pose proof (deleting_makes_none (capabilities s3)) as T3.
  match type of H with ?m s3 = _ => assert (G : keeps (at_most (capabilities s3)) m) end.
  { apply keeps_bind; [apply keeps_others; exact T3|intros more].
    apply keeps_bind; [apply keeps_when, shrinks_drop_region; exact T3|intros _].
    apply keeps_bind; [apply keeps_when, keeps_clear_mem; exact T3|intros _].
    apply keeps_when, keeps_doom. exact T3. }
  destruct (G s3 tt s' (conj R3 (le_n _)) H) as [_ L]. lia.
Qed.

(* What is in the tree is a capability. *)
Definition filled (s : state) : Prop := rooted s /\ forall k,
  (get k (s_up s) <> None -> null (opt nil_cap (get k (s_caps s))) = false).

Theorem tree_is_basic_filled : basic filled.
Proof.
  pose proof tree_is_basic as T. constructor.
  { intros s s' E [R C]. split; [exact (basic_other _ T s s' E R)|].
    unfold central in E. injection E as Ec Eu _ _ _ _ _ _. rewrite <- Ec, <- Eu. exact C. }
  { intros p a c s v s' [R C] H. split; [exact (rooted_put p a c s v s' R H)|].
    unfold put_cap in H. prim H. apply andb_true_iff in E. destruct E as [_ E].
    apply negb_true_iff in E. intros k. simpl. rewrite !get_set.
    destruct (N.eqb k a); [intros _; exact E|apply C]. }
  { intros a s v s' [R C] H. split; [exact (rooted_drop a s v s' R H)|].
    destruct R as [K W]. unfold drop_cap in H. prim H. intros k. simpl. rewrite get_adopt, !get_del.
    destruct (N.eqb_spec k a) as [->|Nk].
    - destruct (existsb (N.eqb a) (children a s)) eqn:X; [|congruence].
      apply existsb_in, K in X. destruct (no_loop _ _ W X).
    - destruct (existsb (N.eqb k) (children a s)) eqn:X; [|apply C].
      apply existsb_in, K in X. intros _. apply C. unfold of_state in X. congruence. }
  { intros a b s v s' [R C] H. split; [exact (rooted_move a b s v s' R H)|].
    destruct R as [K W]. unfold move_cap in H. prim H. intros k. simpl.
    rewrite !get_set, get_adopt, !get_del.
    assert (Ca : null c = false).
    { specialize (C a). rewrite E0 in C. apply C. congruence. }
    destruct (N.eqb_spec k b) as [->|Nb]; [intros _; exact Ca|].
    destruct (N.eqb_spec k a) as [->|Na].
    - destruct (existsb (N.eqb a) (children a s)) eqn:X; [|congruence].
      apply existsb_in, K in X. destruct (no_loop _ _ W X).
    - destruct (existsb (N.eqb k) (children a s)) eqn:X; [|apply C].
      apply existsb_in, K in X. intros _. apply C. unfold of_state in X. congruence. }
  { intros a f s v s' [R C] H.
    assert (G : keeps rooted (edit_cap a f)) by (apply T). split; [exact (G s v s' R H)|].
    unfold edit_cap in H. prim H. intros k. simpl. rewrite get_set.
    destruct (N.eqb k a); [|apply C]. intros _. apply negb_true_iff in E0. exact E0. }
  all: intros; intros s1 v1 s1' [R C] H; split;
    [match type of H with ?m _ = _ =>
       assert (G : keeps rooted m) by (apply T); exact (G s1 v1 s1' R H) end|].
  1: { apply make_region_only in H. destruct H as [m ->]. exact C. }
  all: try (apply drop_region_only in H; rewrite H; exact C).
  all: unfold afresh, to_tables, from_tables, set_wait, arm, disarm, owe_reply,
      end_call, new_thread_wait, new_reply, forget_wait, forget_reply, new_budget, charge_budget,
      configure_budget, new_slice, forget_budget, write in H; prim H; exact C.
Qed.
Theorem tree_is_filled : kept filled.
Proof. intros. apply basic_kept, tree_is_basic_filled. Qed.

Theorem capabilities_fill_the_tree : forall l s, reached l s -> filled s.
Proof.
  intros l. apply reached_keeps; [apply tree_is_filled| |].
  - intros b z w s i s' R H. apply first_region_only in H. destruct H as [m ->]. exact R.
  - split.
    + split.
      * intros a k. unfold children, of_state; simpl. rewrite !get_empty. simpl.
        split; [contradiction|discriminate].
      * split; [apply get_empty|]. exists (fun _ => O). intros s q H. unfold of_state in H.
        simpl in H. rewrite get_empty in H. discriminate H.
    + intros k H. simpl in H. rewrite get_empty in H. congruence.
Qed.

(* A Revoke that is preempted: there are fewer capabilities, or only objects are left to be
   dismantled, or it was the turn of page tables, which go back first. *)
Theorem revoke_goes_on : forall n a s s', (0 < n)%nat -> filled s ->
  revoke_some n a s = Some (ERestart, s') ->
  (capabilities s' < capabilities s)%nat \/ childless a s' \/
  exists c, hd_error (children a s) = Some c /\ c_ty (opt nil_cap (get c (s_caps s))) = TTables.
Proof.
  intros n a s s' Pn F H. destruct n as [|n]; [lia|]. simpl in H. unfold bind, gets, ret in H.
  destruct (children a s) as [|c l] eqn:C.
  { right. left. pose proof F as [R _].
    exact (keeps_destroy_doomed (childless a) (K := deleting_keeps_childless a) s ERestart s'
      (conj R C) H). }
  destruct (ty_beq (c_ty (opt nil_cap (get c (s_caps s)))) TTables) eqn:Ty.
  { right. right. exists c. split; [reflexivity|].
    destruct (c_ty (opt nil_cap (get c (s_caps s)))); try discriminate Ty. reflexivity. }
  left. destruct F as [R F].
  assert (In' : get c (s_up s) <> None).
  { destruct R as [K _]. assert (I' : In c (children a s)) by (rewrite C; left; reflexivity).
    apply K in I'. unfold of_state in I'. congruence. }
  unfold destroy_slot, cap_at, bind, gets, ret in H. unfold is_ty in H. rewrite Ty in H.
  destruct (destroy_capability c s) as [[[] x]|] eqn:D; [|discriminate H].
  pose proof (destroy_is_less c s x R (F c In') D) as Less.
  assert (Rx : rooted x).
  { exact (keeps_destroy_capability rooted (K := kept_shrinks _ tree_is_kept) c s tt x R D). }
  assert (G : keeps (at_most (capabilities x)) (revoke_some n a)).
  { clear. induction n as [|n IH]; simpl.
    - apply keeps_bind; [apply keeps_destroy_doomed, deleting_makes_none|intros; apply keeps_ret].
    - apply keeps_bind; [apply keeps_gets|]. intros [|b m].
      + apply keeps_destroy_doomed, deleting_makes_none.
      + apply keeps_bind; [apply keeps_destroy_slot, deleting_makes_none|]. intros [];
          first [exact IH|apply keeps_ret]. }
  destruct (G x ERestart s' (conj Rx (le_n _)) H) as [_ L]. lia.
Qed.
