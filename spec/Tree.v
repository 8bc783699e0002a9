(* SPDX-License-Identifier: BSD-2-Clause *)
(* The derivation tree: who gave a capability can take it back, and nobody else loses or gains by it.

   A slot that holds a capability has a parent; slot 0 is the root, which holds none. What the links of
   kernel/cap/tree.h mean is this function and nothing else (tests/host/oracle compares them). *)
Require Import NArith List Lia Bool.
From Tessera Require Import Map Refills State Machine Keeps Memory.
From Tessera Require Objects Destroy.
Import ListNotations.
Open Scope N_scope.

Definition tree := N -> option N.

Definition live (p : tree) s := p s <> None.

(* `s` was derived from `a`, directly or not. *)
Inductive desc (p : tree) (a : N) : N -> Prop :=
| desc_child : forall s, p s = Some a -> desc p a s
| desc_deeper : forall s q, p s = Some q -> desc p a q -> desc p a s.

(* Parents exist, and there are no cycles. *)
Definition wf (p : tree) :=
  p 0 = None /\ exists rank : N -> nat,
    forall s q, p s = Some q -> (q = 0 \/ live p q) /\ (rank q < rank s)%nat.

Definition upd (p : tree) k v : tree := fun s => if N.eqb s k then v else p s.

(* --- Operations, as the kernel has them ------------------------------------------------------- *)

(* copy, mint, retype: an empty slot becomes a child. *)
Definition derive (p : tree) from to := upd p to (Some from).

(* move: `to` takes the place of `from`, children included. *)
Definition move (p : tree) from to : tree :=
  fun s => if N.eqb s to then p from
           else if N.eqb s from then None
           else match p s with Some q => if N.eqb q from then Some to else Some q | None => None end.

(* delete: the children become children of the parent. *)
Definition delete (p : tree) d : tree :=
  fun s => if N.eqb s d then None
           else match p s with Some q => if N.eqb q d then p d else Some q | None => None end.

(* --- They keep the tree a tree ---------------------------------------------------------------- *)

Lemma wf_derive : forall p from to,
  wf p -> to <> 0 -> p to = None -> (from = 0 \/ live p from) -> wf (derive p from to).
Proof.
  intros p from to [R [rank W]] N E L. split.
  - unfold derive, upd. destruct (N.eqb_spec 0 to); congruence.
  - exists (fun s => if N.eqb s to then S (rank from) else rank s).
    intros s q H. unfold derive, upd in H. destruct (N.eqb_spec s to) as [->|Hs].
    + inversion H; subst q. split.
      * destruct L as [L|L]; [auto|right]. unfold live, derive, upd.
        destruct (N.eqb_spec from to); congruence.
      * destruct (N.eqb_spec from to) as [->|]; [|lia].
        destruct L as [L|L]; [congruence|unfold live in L; congruence].
    + destruct (W s q H) as [Q K]. split.
      * destruct Q as [Q|Q]; [auto|right]. unfold live, derive, upd.
        destruct (N.eqb_spec q to); congruence.
      * destruct (N.eqb_spec q to) as [->|]; [|exact K].
        destruct Q as [Q|Q]; [congruence|unfold live in Q; congruence].
Qed.

Lemma wf_delete : forall p d, wf p -> live p d -> wf (delete p d).
Proof.
  intros p d [R [rank W]] L. unfold live in L. split.
  - unfold delete. destruct (N.eqb 0 d); [reflexivity|]. rewrite R. reflexivity.
  - exists rank. intros s q H. unfold delete in H.
    destruct (N.eqb_spec s d) as [|Hs]; [discriminate|].
    destruct (p s) as [q0|] eqn:E; [|discriminate].
    destruct (W s q0 E) as [Q K].
    assert (Keep : forall x, x <> d -> x = 0 \/ live p x -> x = 0 \/ live (delete p d) x).
    { intros x Hx [Hl|Hl]; [auto|right]. unfold live, delete in *.
      destruct (N.eqb_spec x d); [contradiction|].
      destruct (p x) as [y|]; [|contradiction]. destruct (N.eqb y d); [exact L|discriminate]. }
    destruct (N.eqb_spec q0 d) as [->|Hq].
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
  - unfold move. destruct (N.eqb_spec 0 to); [congruence|].
    destruct (N.eqb_spec 0 from); [congruence|]. rewrite R. reflexivity.
  - exists (fun s => if N.eqb s to then rank from else rank s).
    intros s q H. unfold move in H.
    assert (Keep : forall x, x <> from -> x = 0 \/ live p x -> x = 0 \/ live (move p from to) x).
    { intros x Hx [Hl|Hl]; [auto|right]. unfold live, move in *.
      destruct (N.eqb_spec x to); [congruence|]. destruct (N.eqb_spec x from); [contradiction|].
      destruct (p x) as [y|]; [|contradiction]. destruct (N.eqb y from); discriminate. }
    assert (NotTo : forall x y, p x = Some y -> y <> to).
    { intros x y Hy ->. destruct (W x to Hy) as [[Z|Z] _]; [congruence|unfold live in Z; congruence]. }
    destruct (N.eqb_spec s to) as [->|Hs].
    + destruct (W from q H) as [Q K]. assert (q <> to) by (eapply NotTo; eauto).
      destruct (N.eqb_spec q to); [contradiction|]. split; [|exact K].
      apply Keep; [intros ->; lia|exact Q].
    + destruct (N.eqb_spec s from) as [|Hf]; [discriminate|].
      destruct (p s) as [q0|] eqn:Es; [|discriminate]. destruct (W s q0 Es) as [Q K].
      destruct (N.eqb_spec q0 from) as [->|Hq]; inversion H; subst q.
      * rewrite N.eqb_refl. split; [|exact K]. right. unfold live, move. rewrite N.eqb_refl. exact L.
      * assert (q0 <> to) by (eapply NotTo; eauto).
        destruct (N.eqb_spec q0 to); [contradiction|]. split; [apply Keep; assumption|exact K].
Qed.

(* --- What deletion means: nothing, for everybody else ----------------------------------------- *)

Lemma no_loop : forall p s, wf p -> p s <> Some s.
Proof. intros p s [_ [rank W]] H. destruct (W s s H). lia. Qed.

Theorem delete_meaning : forall p d a s,
  wf p -> live p d -> a <> d -> s <> d -> (desc (delete p d) a s <-> desc p a s).
Proof.
  intros p d a s W L Ha. revert s.
  assert (Back : forall s, desc (delete p d) a s -> s <> d -> desc p a s).
  { induction 1 as [s H|s q H D IH]; intros Hs; unfold delete in H;
      (destruct (N.eqb_spec s d); [contradiction|]);
      (destruct (p s) as [q0|] eqn:E; [|discriminate]);
      destruct (N.eqb_spec q0 d) as [->|Hq].
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
      apply desc_child. unfold delete. destruct (N.eqb_spec s d); [contradiction|].
      rewrite H. destruct (N.eqb_spec a d); [contradiction|reflexivity].
    - destruct IH as [IH1 IH2]. split.
      + intros Hs. destruct (N.eq_dec q d) as [->|Hq].
        * apply IH2; [reflexivity|]. unfold delete. destruct (N.eqb_spec s d); [contradiction|].
          rewrite H, N.eqb_refl. reflexivity.
        * apply desc_deeper with q; [|apply IH1; exact Hq].
          unfold delete. destruct (N.eqb_spec s d); [contradiction|].
          rewrite H. destruct (N.eqb_spec q d); [contradiction|reflexivity].
      + intros -> x Hx. apply desc_deeper with q; [congruence|]. apply IH1.
        intros ->. exact (no_loop p d W H). }
  intros s Hs. split; intros H; [apply Back; assumption|exact (proj1 (Forth s H) Hs)].
Qed.

(* --- Revoke: one child after the other, until there is none ----------------------------------- *)

Inductive revoke (a : N) : tree -> tree -> Prop :=
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
  { unfold delete. destruct (N.eqb_spec s c); [contradiction|].
    destruct (p s) as [q|] eqn:E; [|reflexivity].
    destruct (N.eqb_spec q c) as [->|]; [|reflexivity].
    exfalso. apply D. eapply desc_deeper; [exact E|apply desc_child; exact C]. }
  rewrite IH; [exact Same|apply wf_delete; assumption|].
  intros D'. apply D. apply (delete_meaning p c a s W L Ac Sc). exact D'.
Qed.

(* --- It ends, after as many deletions as there are capabilities at most ----------------------- *)

Inductive revoke_in (a : N) : nat -> tree -> tree -> Prop :=
| revoke_in_none : forall p, (forall c, p c <> Some a) -> revoke_in a 0 p p
| revoke_in_more : forall n p c p', p c = Some a -> revoke_in a n (delete p c) p' ->
    revoke_in a (S n) p p'.

Definition is_live (p : tree) s := match p s with Some _ => true | None => false end.

Lemma delete_live : forall p c s, is_live (delete p c) s = true -> is_live p s = true /\ s <> c.
Proof.
  unfold is_live, delete. intros p c s H. destruct (N.eqb_spec s c); [discriminate|].
  destruct (p s); [auto|discriminate].
Qed.

Theorem revoke_ends : forall l p a, (forall s, is_live p s = true -> In s l) -> NoDup l ->
  exists n p', (n <= length l)%nat /\ revoke_in a n p p'.
Proof.
  intros l. remember (length l) as k. revert l Heqk.
  induction k as [|k IH]; intros l E p a H D.
  - exists 0%nat, p. split; [lia|]. apply revoke_in_none. intros c C.
    assert (L : is_live p c = true) by (unfold is_live; rewrite C; reflexivity).
    apply H in L. destruct l; [contradiction|discriminate E].
  - destruct (existsb (fun c => match p c with Some q => N.eqb q a | None => false end) l) eqn:X.
    + apply existsb_exists in X. destruct X as [c [I C]].
      destruct (p c) as [q|] eqn:Pc; [|discriminate]. apply N.eqb_eq in C. subst q.
      destruct (in_split c l I) as [l1 [l2 ->]].
      assert (D' : NoDup (l1 ++ l2)) by (eapply NoDup_remove_1; exact D).
      destruct (IH (l1 ++ l2)) with (p := delete p c) (a := a) as [n [p' [B R]]].
      * rewrite app_length in *. simpl in E. lia.
      * intros s L. apply delete_live in L. destruct L as [L N]. apply H in L.
        apply in_app_iff in L. apply in_app_iff. destruct L as [L|[L|L]]; auto. congruence.
      * exact D'.
      * exists (S n), p'. split; [lia|]. eapply revoke_in_more; eauto.
    + exists 0%nat, p. split; [lia|]. apply revoke_in_none. intros c C.
      assert (L : is_live p c = true) by (unfold is_live; rewrite C; reflexivity).
      apply H in L.
      assert (T : existsb (fun c => match p c with Some q => N.eqb q a | None => false end) l = true).
      { apply existsb_exists. exists c. split; [exact L|]. rewrite C. apply N.eqb_refl. }
      congruence.
Qed.

(* --- The model's state is such a tree, and its primitives are these operations ---------------- *)

Definition of_state (s : state) : tree := fun k => get k (s_up s).

(* Children in order are the children; and it is a tree. *)
Definition rooted (s : state) : Prop :=
  (forall a k, In k (children a s) <-> of_state s k = Some a) /\ wf (of_state s).

Lemma wf_same : forall p q : tree, (forall s, q s = p s) -> wf p -> wf q.
Proof.
  intros p q E [R [rank W]]. split; [rewrite E; exact R|]. exists rank. intros s x H.
  rewrite E in H. destruct (W s x H) as [L K]. split; [|exact K].
  unfold live. rewrite E. exact L.
Qed.

Lemma get_adopt : forall p l m k,
  get k (adopt p l m) = if existsb (N.eqb k) l then Some p else get k m.
Proof.
  unfold adopt. intros p l. induction l as [|x l IH]; simpl; intros m k; [reflexivity|].
  rewrite IH, get_set. destruct (N.eqb k x); destruct (existsb (N.eqb k) l); reflexivity.
Qed.

Lemma existsb_in : forall k l, existsb (N.eqb k) l = true <-> In k l.
Proof.
  intros. rewrite existsb_exists. split.
  - intros [x [I E]]. apply N.eqb_eq in E. subst. exact I.
  - intros I. exists k. split; [exact I|apply N.eqb_refl].
Qed.

Lemma in_replace : forall a l m k,
  In k (replace a l m) <-> (k <> a /\ In k m) \/ (In a m /\ In k l).
Proof.
  intros. unfold replace. rewrite in_flat_map. split.
  - intros [x [I H]]. destruct (N.eqb_spec x a) as [->|N]; [right; auto|].
    destruct H as [<-|[]]. left; auto.
  - intros [[N I]|[I H]].
    + exists k. split; [exact I|]. destruct (N.eqb_spec k a); [contradiction|left; reflexivity].
    + exists a. split; [exact I|]. rewrite N.eqb_refl. exact H.
Qed.

(* Deleting a capability is `delete`. *)
Lemma up_deleted : forall s a p, rooted s -> of_state s a = Some p -> forall k,
  get k (adopt p (children a s) (del a (s_up s))) = delete (of_state s) a k.
Proof.
  intros s a p [C W] P k. rewrite get_adopt, get_del. unfold delete.
  destruct (existsb (N.eqb k) (children a s)) eqn:E.
  - apply existsb_in, C in E. destruct (N.eqb_spec k a) as [->|N].
    + exfalso. exact (no_loop _ _ W E).
    + rewrite E, N.eqb_refl. symmetry. exact P.
  - destruct (N.eqb_spec k a) as [->|N]; [reflexivity|].
    change (get k (s_up s)) with (of_state s k). destruct (of_state s k) as [q|] eqn:Q; [|reflexivity].
    destruct (N.eqb_spec q a) as [->|Nq]; [|reflexivity].
    apply C, existsb_in in Q. congruence.
Qed.

Lemma up_moved : forall s a b p, rooted s -> of_state s a = Some p -> of_state s b = None -> forall k,
  get k (set b p (adopt b (children a s) (del a (s_up s)))) = move (of_state s) a b k.
Proof.
  intros s a b p [C W] P B k. rewrite get_set, get_adopt, get_del. unfold move.
  destruct (N.eqb_spec k b) as [->|Nb]; [symmetry; exact P|].
  destruct (existsb (N.eqb k) (children a s)) eqn:E.
  - apply existsb_in, C in E. destruct (N.eqb_spec k a) as [->|N].
    + exfalso. exact (no_loop _ _ W E).
    + rewrite E, N.eqb_refl. reflexivity.
  - destruct (N.eqb_spec k a) as [->|N]; [reflexivity|].
    change (get k (s_up s)) with (of_state s k). destruct (of_state s k) as [q|] eqn:Q; [|reflexivity].
    destruct (N.eqb_spec q a) as [->|Nq]; [|reflexivity].
    apply C, existsb_in in Q. congruence.
Qed.

Lemma opt_if : forall A (b : bool) (d x : A) o,
  opt d (if b then Some x else o) = if b then x else opt d o.
Proof. intros A [|]; reflexivity. Qed.

Lemma desc_same : forall p q : tree, (forall k, p k = q k) -> forall a k, desc p a k <-> desc q a k.
Proof.
  assert (One : forall p q : tree, (forall k, p k = q k) -> forall a k, desc p a k -> desc q a k).
  { intros p q E a k D. induction D as [k H|k j H D IH].
    - apply desc_child. rewrite <- E. exact H.
    - eapply desc_deeper; [rewrite <- E; exact H|exact IH]. }
  intros p q E a k. split; apply One; auto.
Qed.

Lemma rooted_put : forall p a c, keeps rooted (put_cap p a c).
Proof.
  intros p a c s x s' [C W] H. unfold put_cap in H. prim H.
  rewrite !andb_true_iff, !negb_true_iff, orb_true_iff in E. destruct E as [[[[A0 _] Up] L] _].
  apply N.eqb_neq in A0.
  assert (U : of_state s a = None).
  { unfold of_state. destruct (get a (s_up s)); [discriminate Up|reflexivity]. }
  assert (Lp : p = 0 \/ live (of_state s) p).
  { destruct L as [L|L]; [left; apply N.eqb_eq; exact L|right].
    unfold live, of_state. destruct (get p (s_up s)); discriminate. }
  assert (Npa : p <> a).
  { intros ->. destruct Lp as [?|Lp]; [contradiction|]. apply Lp. exact U. }
  split.
  - intros b k. unfold children at 1; simpl. rewrite !get_set, !opt_if. unfold of_state; simpl.
    rewrite get_set. fold (children b s). specialize (C b k). unfold of_state in C, U.
    destruct (N.eqb_spec k a) as [->|Nk]; destruct (N.eqb_spec b a) as [->|Nb].
    + split; [contradiction|intros E; congruence].
    + destruct (N.eqb_spec b p) as [->|Np]; simpl.
      * split; auto.
      * split; [intros I; apply C in I; congruence|congruence].
    + split; [contradiction|]. intros E. destruct W as [_ [rank W]].
      destruct (W k a E) as [[?|Q] _]; [contradiction|]. exfalso. apply Q. exact U.
    + destruct (N.eqb_spec b p) as [->|Np]; simpl; [|exact C].
      split; [intros [?|I]; [congruence|apply C; exact I]|intros E; right; apply C; exact E].
  - eapply wf_same; [|apply (wf_derive (of_state s) p a W A0 U Lp)].
    intros k. unfold of_state, derive, upd; simpl. apply get_set.
Qed.

Lemma rooted_drop : forall a, keeps rooted (drop_cap a).
Proof.
  intros a s x s' R H. unfold drop_cap in H. destruct (get a (s_up s)) as [p|] eqn:P; [|discriminate H].
  injection H as _ <-. pose proof R as [C W]. pose proof (up_deleted s a p R P) as Up.
  assert (Npa : p <> a) by (intros ->; exact (no_loop _ _ W P)).
  split.
  - intros b k. unfold children at 1; simpl. rewrite get_set, get_del, opt_if. unfold of_state at 1; simpl.
    rewrite get_adopt, get_del. fold (children b s). unfold of_state in C.
    destruct (N.eqb_spec b p) as [->|Np].
    + rewrite in_replace, !C. destruct (existsb (N.eqb k) (children a s)) eqn:E.
      * apply existsb_in, C in E. split; auto.
      * assert (Nk : get k (s_up s) <> Some a) by (intros Q; apply C, existsb_in in Q; congruence).
        destruct (N.eqb_spec k a) as [->|N]; [split; [tauto|discriminate]|tauto].
    + destruct (N.eqb_spec b a) as [->|Na]; simpl; [|fold (children b s); rewrite C];
        destruct (existsb (N.eqb k) (children a s)) eqn:E;
        try (apply existsb_in, C in E; split; [try contradiction|]; congruence).
      * split; [contradiction|]. destruct (N.eqb_spec k a); [discriminate|].
        intros Q. apply C, existsb_in in Q. congruence.
      * destruct (N.eqb_spec k a) as [->|N]; [split; congruence|tauto].
  - eapply wf_same; [|apply (wf_delete (of_state s) a W)].
    + intros k. unfold of_state; simpl. apply Up.
    + unfold live, of_state. congruence.
Qed.

Lemma rooted_move : forall a b, keeps rooted (move_cap a b).
Proof.
  intros a b s x s' R H. unfold move_cap in H.
  destruct (get a (s_up s)) as [p|] eqn:P; [|discriminate H].
  destruct (get a (s_caps s)) as [c|]; [|discriminate H].
  destruct (negb (b =? 0) && negb (is_some (get b (s_caps s))) && negb (is_some (get b (s_up s))))
    eqn:E; [|discriminate H]. injection H as _ <-.
  rewrite !andb_true_iff, !negb_true_iff in E. destruct E as [[B0 _] Ub]. apply N.eqb_neq in B0.
  assert (U : of_state s b = None).
  { unfold of_state. destruct (get b (s_up s)); [discriminate Ub|reflexivity]. }
  pose proof R as [C W]. pose proof (up_moved s a b p R P U) as Up.
  assert (Npa : p <> a) by (intros ->; exact (no_loop _ _ W P)).
  assert (Nab : a <> b) by (intros ->; unfold of_state in U; congruence).
  assert (NoKids : forall k, get k (s_up s) <> Some b).
  { intros k Q. destruct W as [_ [rank W]]. destruct (W k b Q) as [[?|L] _]; [contradiction|].
    apply L. exact U. }
  assert (Npb : p <> b) by (intros ->; exact (NoKids a P)).
  split.
  - intros d k. unfold children at 1; simpl. rewrite !get_set, get_del, !opt_if. unfold of_state at 1; simpl.
    rewrite get_set, get_adopt, get_del. fold (children d s). unfold of_state in C, U.
    destruct (N.eqb_spec d b) as [->|Nd].
    + rewrite C. destruct (N.eqb_spec k b) as [->|Nk]; [split; congruence|].
      destruct (existsb (N.eqb k) (children a s)) eqn:E.
      * apply existsb_in, C in E. split; auto.
      * split; [intros Q; apply C, existsb_in in Q; congruence|].
        destruct (N.eqb_spec k a); [discriminate|]. intros Q. destruct (NoKids k Q).
    + destruct (N.eqb_spec d p) as [->|Np].
      * rewrite in_replace, !C. destruct (N.eqb_spec k b) as [->|Nk].
        { split; [reflexivity|]. intros _. right. split; [exact P|left; reflexivity]. }
        destruct (existsb (N.eqb k) (children a s)) eqn:E.
        { apply existsb_in, C in E. simpl. split; [|congruence].
          intros [[_ Q]|[_ [Q|[]]]]; congruence. }
        destruct (N.eqb_spec k a) as [->|N]; simpl; [split; [|discriminate]|].
        { intros [[Q _]|[_ [Q|[]]]]; congruence. }
        { split; [intros [[_ Q]|[_ [Q|[]]]]; [exact Q|congruence]|auto]. }
      * assert (Rest : In k (if N.eqb d a then [] else children d s) <->
                  d <> a /\ get k (s_up s) = Some d).
        { destruct (N.eqb_spec d a) as [->|Na]; [split; [contradiction|tauto]|].
          rewrite C. tauto. }
        assert (Same : opt [] (if N.eqb d a then None else get d (s_kids s)) =
                  (if N.eqb d a then [] else children d s)).
        { destruct (N.eqb d a); reflexivity. }
        rewrite Same, Rest. clear Same Rest.
        destruct (N.eqb_spec k b) as [->|Nk]; [split; [intros [_ Q]; congruence|congruence]|].
        destruct (existsb (N.eqb k) (children a s)) eqn:E.
        { apply existsb_in, C in E. split; [intros [Q1 Q2]; congruence|congruence]. }
        destruct (N.eqb_spec k a) as [->|N]; [split; [intros [_ Q]; congruence|discriminate]|].
        split; [tauto|]. intros Q. split; [|exact Q]. intros ->.
        apply C, existsb_in in Q. congruence.
  - eapply wf_same; [|apply (wf_move (of_state s) a b W)].
    + intros k. unfold of_state; simpl. apply Up.
    + unfold live, of_state. congruence.
    + exact U.
    + exact B0.
Qed.

Theorem tree_is_basic : basic rooted.
Proof.
  constructor.
  { intros s s' E [C W]. unfold central in E. injection E as _ Eu Ek _ _ _ _ _.
    unfold rooted, of_state, children in *. rewrite <- Eu, <- Ek. split; assumption. }
  2: apply rooted_drop. 2: apply rooted_move. 1: apply rooted_put.
  all: intros; intros s1 v1 s1' [C W] H.
  2: { apply make_region_only in H. destruct H as [m ->]. split; assumption. }
  all: try (apply drop_region_only in H; rewrite H; split; assumption).
  all: unfold edit_cap, afresh, to_tables, from_tables, set_wait, arm, disarm,
      owe_reply, end_call, new_thread_wait, new_reply, forget_wait, forget_reply, new_budget,
      charge_budget, configure_budget, new_slice, forget_budget, write in H; prim H;
    split; assumption.
Qed.
Theorem tree_is_kept : kept rooted.
Proof. intros. apply basic_kept, tree_is_basic. Qed.
