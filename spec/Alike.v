(* SPDX-License-Identifier: BSD-2-Clause *)
(* The primitives of Machine.v, and what each keeps of what a partition sees (View.v).

   `alike m Q`: in two states that are closed and look the same from inside, m comes to the same
   result, of which Q holds, and to two states of which that holds again; outside, nothing changes
   in
   either. Where one of the two has no transition, nothing is said. *)
Require Import NArith List Bool Lia.
From Tessera Require Import Map Refills State Machine Sched Message Destroy Objects Authority View.
From Tessera Require Memory Tree.
Import ListNotations.
Open Scope N_scope.

Section Primitives.
Context {own : place -> bool} {t1 t2 : state}.
Notation O g := (own (Granule g) = true).
Notation I i := (O (place_of i)).
Notation closed := (closed own).
Notation agree := (agree own).
Notation rest := (rest own).
Notation owned := (owned own).
Notation whole := (whole own).
Notation all_own := (all_own own).

Definition both (s1 s2 : state) : Prop :=
  closed s1 /\ closed s2 /\ agree s1 s2 /\ rest t1 s1 /\ rest t2 s2.

Definition alike {A} (m : M A) (Q : A -> Prop) : Prop := forall s1 s2 a1 a2 s1' s2',
  both s1 s2 -> m s1 = Some (a1, s1') -> m s2 = Some (a2, s2') -> a1 = a2 /\ Q a1 /\ both s1' s2'.
Definition any {A} (a : A) : Prop := True.

Lemma alike_ret : forall A (a : A) (Q : A -> Prop), Q a -> alike (ret a) Q.
Proof. intros A a Q H s1 s2 b c s1' s2' B E F. injection E as <- <-. injection F as <- <-. auto.
  Qed.
Lemma alike_stuck : forall A (Q : A -> Prop), alike stuck Q.
Proof. intros A Q s1 s2 b c s1' s2' B E. discriminate E. Qed.
Lemma alike_bind : forall A B (m : M A) (k : A -> M B) Q R,
  alike m Q -> (forall a, Q a -> alike (k a) R) -> alike (bind m k) R.
Proof.
  intros A B m k Q R Hm Hk s1 s2 b1 b2 s1' s2' Bo E F. unfold bind in E, F.
  destruct (m s1) as [[a1 s3]|] eqn:M1; [|discriminate E].
  destruct (m s2) as [[a2 s4]|] eqn:M2; [|discriminate F].
  destruct (Hm s1 s2 a1 a2 s3 s4 Bo M1 M2) as [<- [Qa B']].
  exact (Hk a1 Qa s3 s4 b1 b2 s1' s2' B' E F).
Qed.
Lemma alike_weaker : forall A (m : M A) (Q R : A -> Prop),
  alike m Q -> (forall a, Q a -> R a) -> alike m R.
Proof.
  intros A m Q R H J s1 s2 a1 a2 s1' s2' B E F.
  destruct (H s1 s2 a1 a2 s1' s2' B E F) as [? [? ?]]. auto.
Qed.
Lemma alike_any : forall A (m : M A) Q, alike m Q -> alike m any.
Proof. intros A m Q H. eapply alike_weaker; [exact H|intros; exact Logic.I]. Qed.
Lemma alike_gets : forall A (f : state -> A) (Q : A -> Prop),
  (forall s1 s2, both s1 s2 -> f s1 = f s2 /\ Q (f s1)) -> alike (gets f) Q.
Proof.
  intros A f Q H s1 s2 a1 a2 s1' s2' B E F. injection E as <- <-. injection F as <- <-.
  destruct (H s1 s2 B). auto.
Qed.
Lemma alike_need : forall A (o : option A) (Q : A -> Prop), (forall a, o = Some a -> Q a) ->
  alike (need o) Q.
Proof. intros A [a|] Q H; [apply alike_ret; auto|apply alike_stuck]. Qed.
Lemma alike_guard : forall b, alike (guard b) (fun _ => b = true).
Proof. intros [|]; [apply alike_ret; reflexivity|apply alike_stuck]. Qed.
Lemma alike_when : forall (b : bool) m, (b = true -> alike m any) -> alike (when b m) any.
Proof. intros [|] m H; [apply H; reflexivity|apply alike_ret; exact Logic.I]. Qed.
Lemma alike_each : forall A (f : A -> M unit) l, (forall a, In a l -> alike (f a) any) ->
  alike (each f l) any.
Proof.
  intros A f l. induction l as [|a l IH]; intros H; simpl; [apply alike_ret; exact Logic.I|].
  apply alike_bind with any; [apply H; left; reflexivity|intros _ _; apply IH].
  intros b B. apply H. right; exact B.
Qed.

(* --- Looking ---------------------------------------------------------------------------------- *)

Lemma alike_look : forall A (f : state -> A), (forall s1 s2, both s1 s2 -> f s1 = f s2) ->
  alike (gets f) any.
Proof. intros A f H. apply alike_gets. intros s1 s2 B. split; [apply H; exact B|exact Logic.I]. Qed.

Lemma alike_found : forall A (f : state -> map A) (k : N) (Q : A -> Prop),
  (forall s1 s2, both s1 s2 -> get k (f s1) = get k (f s2)) ->
  (forall s a, closed s -> get k (f s) = Some a -> Q a) ->
  alike (bind (gets (fun s => get k (f s))) (fun o => need o)) Q.
Proof.
  intros A f k Q H C. apply alike_bind with (fun o => forall a, o = Some a -> Q a).
  - apply alike_gets. intros s1 s2 B. split; [apply H; exact B|].
    intros a E. exact (C s1 a (proj1 B) E).
  - intros o Ho. apply alike_need. exact Ho.
Qed.

Ltac views A := destruct A as (Acap & Aup & Akid & Areg & Akind & Acn & Aep & Ant & Are & Awa & Ath
  & Args & Asc & Asp & Air & Ame & Ado & Aas & Ali & Ano).
Ltac same_in := intros s1 s2 (_ & _ & A & _); views A; auto.
Ltac closed_in := intros s y (C1 & C2 & C3 & C4 & C5 & C6 & C7 & C8 & C9) E;
  eauto.

Lemma owned_nil : O 0 -> owned nil_cap.
Proof.
  intros Z. split; [|exact Z]. intros [g|p|k] R.
  - change (0 <= g < 0 + 0) in R. lia.
  - destruct R as [R _]. discriminate R.
  - destruct R as [<- [R|R]]; discriminate R.
Qed.

Lemma alike_cap_at : O 0 -> forall a, O a -> alike (cap_at a) owned.
Proof.
  intros Z a Oa. apply alike_gets. intros s1 s2 (C & _ & A & _). views A.
  rewrite (proj1 Acap a Oa). split; [reflexivity|].
  destruct (get a (s_caps s2)) as [c|] eqn:E; [|apply owned_nil; exact Z].
  rewrite <- (proj1 Acap a Oa) in E. exact (proj1 C a c Oa E).
Qed.
Lemma alike_th_at : forall t, O t -> alike (th_at t) (fun h => whole t /\ th_links own h).
Proof. intros t T. apply alike_found; [same_in|closed_in]. Qed.
Lemma alike_wait_at : forall t, O t -> alike (wait_at t) (fun w => whole t /\ wait_links own w).
Proof. intros t T. apply alike_found; [same_in|closed_in]. Qed.
Lemma alike_ep_at : forall e, O e -> alike (ep_at e) (fun q => all_own (snd q)).
Proof. intros t T. apply alike_found; [same_in|closed_in]. Qed.
Lemma alike_ntfn_at : forall n, O n ->
  alike (ntfn_at n) (fun x => all_own (n_queue x) /\ O (n_bound x)).
Proof. intros t T. apply alike_found; [same_in|closed_in]. Qed.
Lemma alike_reply_at : forall r, O r -> alike (reply_at r) (reply_links own).
Proof. intros t T. apply alike_found; [same_in|closed_in]. Qed.
Lemma alike_irq_at : forall i, O i -> alike (irq_at i) any.
Proof. intros t T. apply alike_found; [same_in|intros; exact Logic.I]. Qed.
(* Of a scheduling context only whose it is may matter. *)
Definition same_use {A} (k : context -> A) : Prop := forall p q v w h l,
  k (Sc p v h l) = k (Sc q w h l).
Lemma alike_use_sc : forall A x (k : context -> M A) Q, O x -> same_use k ->
  (forall c, O (x_holder c) -> all_own (x_stack c) -> alike (k c) Q) ->
  alike (bind (sc_at x) k) Q.
Proof.
  intros A x k Q X U K s1 s2 a1 a2 s1' s2' B E F. pose proof B as B'.
  destruct B' as (C & _ & G & _). views G. specialize (Asc x X).
  unfold sc_at, bind, gets, need in E, F.
  destruct (get x (s_scs s1)) as [[p v h l]|] eqn:E1; [|discriminate E].
  destruct (get x (s_scs s2)) as [[q w h' l']|] eqn:E2; [|discriminate F].
  simpl in Asc. injection Asc as <- <-. unfold ret in E, F.
  rewrite <- (U p q v w h l) in F.
  destruct C as (_ & _ & _ & _ & _ & _ & _ & _ & C).
  destruct (C x _ X E1) as [Ch Cl]. exact (K _ Ch Cl s1 s2 a1 a2 s1' s2' B E F).
Qed.

(* --- Writing ---------------------------------------------------------------------------------- *)

(* One that keeps what is said of each. *)
Lemma alike_write : forall A (m : M A) (Q : A -> Prop),
  (forall s1 s2 a1 a2 s1' s2', closed s1 -> closed s2 -> agree s1 s2 ->
    m s1 = Some (a1, s1') -> m s2 = Some (a2, s2') -> a1 = a2 /\ Q a1 /\ agree s1' s2') ->
  (forall s a s', closed s -> m s = Some (a, s') -> closed s') ->
  (forall t s a s', closed s -> rest t s -> m s = Some (a, s') -> rest t s') ->
  alike m Q.
Proof.
  intros A m Q Ha Hc Hr s1 s2 a1 a2 s1' s2' (C1 & C2 & G & R1 & R2) E F.
  destruct (Ha s1 s2 a1 a2 s1' s2' C1 C2 G E F) as [H1 [H2 H3]].
  refine (conj H1 (conj H2 (conj (Hc s1 a1 s1' C1 E) (conj (Hc s2 a2 s2' C2 F) (conj H3 _))))).
  exact (conj (Hr t1 s1 a1 s1' C1 R1 E) (Hr t2 s2 a2 s2' C2 R2 F)).
Qed.

(* Only time passes. *)
Definition quiet {A} (m : M A) : Prop := forall s a s', m s = Some (a, s') -> still s s'.
Lemma alike_quiet : forall m : M unit, quiet m -> alike m any.
Proof.
  intros m H. apply alike_write.
  - intros s1 s2 [] [] s1' s2' _ _ A E F. split; [reflexivity|split; [exact Logic.I|]].
    eapply still_agree; [apply (H _ _ _ E)|apply (H _ _ _ F)|exact A].
  - intros s a s' C E. eapply still_closed; [apply (H _ _ _ E)|exact C].
  - intros t s a s' _ R E. eapply still_rest; [apply (H _ _ _ E)|exact R].
Qed.

Lemma not_both : forall g h, O g -> outside own h -> h <> g.
Proof. unfold outside. intros g h G H ->. congruence. Qed.

Lemma same_set : forall A (P : N -> Prop) k (v : A) m n, same P m n -> same P (set k v m) (set k v
  n).
Proof. intros A P k v m n H j J. rewrite !get_set. destruct (N.eqb j k); auto. Qed.
Lemma same_del : forall A (P : N -> Prop) k (m n : map A), same P m n -> same P (del k m) (del k n).
Proof. intros A P k m n H j J. rewrite !get_del. destruct (N.eqb j k); auto. Qed.
Lemma rest_set : forall A (P : N -> Prop) k (v : A) m n, (forall j, P j -> j <> k) -> same P m n ->
  same P m (set k v n).
Proof.
  intros A P k v m n K H j J. rewrite get_set. destruct (N.eqb_spec j k); [destruct (K j J e)|auto].
Qed.
Lemma rest_del : forall A (P : N -> Prop) k (m n : map A), (forall j, P j -> j <> k) -> same P m n
  ->
  same P m (del k n).
Proof.
  intros A P k m n K H j J. rewrite get_del. destruct (N.eqb_spec j k); [destruct (K j J e)|auto].
Qed.
Lemma links_set : forall (P : N -> Prop) k v w m n, links_of (Some v) = links_of (Some w) ->
  same_links P m n -> same_links P (set k v m) (set k w n).
Proof. intros P k v w m n E H j J. rewrite !get_set. destruct (N.eqb j k); auto. Qed.
Lemma links_del : forall (P : N -> Prop) k m n, same_links P m n ->
  same_links P (del k m) (del k n).
Proof. intros P k m n H j J. rewrite !get_del. destruct (N.eqb j k); auto. Qed.
Lemma links_rest_set : forall (P : N -> Prop) k v m n, (forall j, P j -> j <> k) ->
  same_links P m n -> same_links P m (set k v n).
Proof.
  intros P k v m n K H j J. rewrite get_set. destruct (N.eqb_spec j k); [destruct (K j J e)|auto].
Qed.
Lemma links_rest_del : forall (P : N -> Prop) k m n, (forall j, P j -> j <> k) ->
  same_links P m n -> same_links P m (del k n).
Proof.
  intros P k m n K H j J. rewrite get_del. destruct (N.eqb_spec j k); [destruct (K j J e)|auto].
Qed.

Lemma quiet_cpu : forall f, (forall u, u_now (f u) = u_now u) -> quiet (put_cpu f).
Proof.
  intros f H s a s' E. injection E as _ <-. split; [|intros x _; reflexivity].
  unfold seen. simpl. rewrite H. reflexivity.
Qed.

End Primitives.

(* --- Tactics ---------------------------------------------------------------------------------- *)

Ltac parts := unfold View.agree, View.closed, View.rest in *; simpl in *;
  repeat match goal with H : _ /\ _ |- _ => destruct H end;
  repeat match goal with |- _ /\ _ => split end; try assumption.

(* A map of which one entry changes, or goes. *)
Ltac entry := match goal with
  | |- same (outside _) _ (set _ _ _) => apply rest_set; [intros; eapply not_both;
    eassumption|assumption]
  | |- same (outside _) _ (del _ _) => apply rest_del; [intros; eapply not_both;
    eassumption|assumption]
  | |- same_links (outside _) _ (set _ _ _) =>
      apply links_rest_set; [intros; eapply not_both; eassumption|assumption]
  | |- same_links (outside _) _ (del _ _) =>
      apply links_rest_del; [intros; eapply not_both; eassumption|assumption]
  | |- same (fun i => outside _ (place_of i)) _ (set _ _ _) =>
      apply rest_set; [intros ? ? ->; unfold outside in *; congruence|try assumption]
  | |- same (fun i => outside _ (place_of i)) _ (del _ _) =>
      apply rest_del; [intros ? ? ->; unfold outside in *; congruence|try assumption]
  | |- same _ (set _ _ _) (set _ _ _) => apply same_set; try assumption
  | |- same _ (del _ _) (del _ _) => apply same_del; try assumption
  | |- same_links _ (set _ _ _) (set _ _ _) => apply links_set; [reflexivity|assumption]
  | |- same_links _ (del _ _) (del _ _) => apply links_del; assumption
  end.
(* Closed: the entry that is new, and the others. *)
Ltac others := intros ? ? ? E; rewrite ?get_set, ?get_del in E;
  match type of E with (if ?a =? ?b then _ else _) = _ =>
    destruct (N.eqb_spec a b) as [->|]; [first [discriminate E|injection E as <-]|] end;
  eauto.

(* What is written is the same in both states, and names what is inside. *)
Ltac wrote := first [entry|others].

Ltac both_write := apply alike_write;
  [intros ? ? ? ? ? ? ? ? ? E F|intros ? ? ? ? E|intros ? ? ? ? ? ? E].
Ltac prim H := repeat match type of H with
  | Some _ = Some _ => injection H as ? H; subst
  | (if ?b then _ else _) = _ => let E := fresh "E" in destruct b eqn:E; [|discriminate H]
  | match ?x with _ => _ end = _ => let E := fresh "E" in destruct x eqn:E; try discriminate H
  end.
Ltac wr f := both_write; unfold f, write in *;
  repeat match goal with H : _ = Some (_, _) |- _ => progress prim H end;
  try (split; [reflexivity|split; [exact Logic.I|]]); parts; try solve [wrote].

(* What one looks at is there in both, the same. *)
Ltac meet := repeat match goal with
  | A : same _ ?m ?n, E : get ?k ?m = Some _, F : get ?k ?n = _ |- _ =>
      let K := fresh in assert (K : get k m = get k n) by (apply A; assumption);
      rewrite E, F in K; clear E; (discriminate K || (injection K as ?; subst))
  end.

(* --- Capabilities and the tree ---------------------------------------------------------------- *)

Section Tree.
Context {own : place -> bool} {t1 t2 : state}.
Notation O g := (own (Granule g) = true).
Notation I i := (O (place_of i)).
Notation closed := (closed own).
Notation owned := (owned own).
Notation whole := (whole own).
Notation all_own := (all_own own).
Notation alike := (@alike own t1 t2 _).

Lemma caps_agree_set : forall a c m n, O a -> caps_agree own m n ->
  caps_agree own (set a c m) (set a c n).
Proof.
  intros a c m n Oa [H K]. split; [apply same_set; exact H|]. intros k d N R.
  rewrite !get_set. destruct (N.eqb k a); [tauto|apply K; assumption].
Qed.
Lemma caps_agree_del : forall a m n, caps_agree own m n -> caps_agree own (del a m) (del a n).
Proof.
  intros a m n [H K]. split; [apply same_del; exact H|]. intros k d N R.
  rewrite !get_del. destruct (N.eqb k a); [tauto|apply K; assumption].
Qed.
Lemma caps_closed_set : forall a c m, owned c -> caps_closed own m ->
  caps_closed own (set a c m).
Proof.
  intros a c m W H k d K E. rewrite get_set in E.
  destruct (N.eqb k a); [injection E as <-; auto|eauto].
Qed.
Lemma caps_closed_del : forall a m, caps_closed own m -> caps_closed own (del a m).
Proof.
  intros a m H k d K E. rewrite get_del in E. destruct (N.eqb k a); [discriminate E|eauto].
Qed.

Lemma theirs_own : forall l, all_own l -> theirs own l = [].
Proof.
  unfold theirs. induction l as [|k l IH]; intros H; [reflexivity|]. simpl.
  rewrite (H k (or_introl eq_refl)). simpl. apply IH. intros j J. apply H. right; exact J.
Qed.
Lemma theirs_app : forall l m, theirs own (l ++ m) = theirs own l ++ theirs own m.
Proof.
  unfold theirs. induction l as [|k l IH]; intros m; simpl; [reflexivity|].
  destruct (negb _); simpl; rewrite IH; reflexivity.
Qed.
Lemma theirs_replace : forall a l m, O a -> all_own l -> theirs own (replace a l m) = theirs own m.
Proof.
  intros a l m Oa L. unfold replace. induction m as [|k m IH]; simpl; [reflexivity|].
  rewrite theirs_app, IH. destruct (N.eqb_spec k a) as [->|].
  - rewrite (theirs_own l L), Oa. reflexivity.
  - unfold theirs; simpl. destruct (negb _); reflexivity.
Qed.

Lemma kids_own : forall m a, kids_closed own m -> O a -> a <> 0 -> all_own (opt [] (get a m)).
Proof. intros m a K Oa N k H. exact (proj1 (K a k Oa N H)). Qed.

Lemma alike_put_cap : forall p to c, O p -> O to -> owned c -> alike (put_cap p to c) any.
Proof.
  intros p to c Op Ot W.
  both_write; unfold put_cap in *;
    repeat match goal with H : _ = Some (_, _) |- _ => progress prim H end;
    try (split; [reflexivity|split; [exact Logic.I|]]).
  all: repeat match goal with E : _ && _ = true |- _ => apply andb_true_iff in E; destruct E end.
  all: repeat match goal with E : negb (?x =? 0) = true |- _ =>
    apply negb_true_iff, N.eqb_neq in E end.
  all: parts; try solve [wrote]; unfold children in *.
  - apply caps_agree_set; assumption.
  - intros a A Z. rewrite !get_set. destruct (N.eqb a to); [reflexivity|].
    destruct (N.eqb_spec a p) as [->|]; [simpl; f_equal|]; auto.
  - rewrite get_set. destruct (N.eqb_spec 0 to); [congruence|assumption].
  - intros a k A Z. rewrite !get_set. destruct (N.eqb a to); [intros []|].
    destruct (N.eqb_spec a p) as [->|]; [|eauto]. intros [<-|K]; [auto|eauto].
  - match goal with K : kids_rest _ _ (s_kids s) |- _ => destruct K as [K1 K2] end.
    assert (No : outside own to -> False) by (unfold outside; congruence).
    split; intros a A; rewrite !get_set.
    + destruct (N.eqb_spec a to) as [->|]; [destruct A; [congruence|contradiction]|].
      destruct (N.eqb_spec a p) as [->|]; [|auto].
      simpl. unfold theirs at 2. simpl. rewrite Ot. simpl. auto.
    + destruct (N.eqb_spec a to) as [->|]; [contradiction|].
      destruct (N.eqb_spec a p) as [->|]; [|auto]. unfold outside in A. congruence.
Qed.

(* The tree without a slot, whose children are p's. *)
Lemma kids_closed_drop : forall a p m l, (forall k, In k l -> O k /\ k <> 0) ->
  kids_closed own m -> kids_closed own (set p (replace a l (opt [] (get p m))) (del a m)).
Proof.
  intros a p m l L H b k B N. rewrite get_set, get_del.
  destruct (N.eqb_spec b p) as [->|].
  - simpl. intros K. apply Tree.in_replace in K. destruct K as [[_ K]|[_ K]]; eauto.
  - destruct (N.eqb b a); [intros []|apply H; assumption].
Qed.
Lemma replace_none : forall a l m, ~ In a m -> replace a l m = m.
Proof.
  intros a l m. unfold replace. induction m as [|k m IH]; intros H; simpl; [reflexivity|].
  destruct (N.eqb_spec k a) as [->|]; [destruct H; left; reflexivity|]. simpl. f_equal. apply IH.
  intros K. apply H. right; exact K.
Qed.
Lemma kids_rest_drop : forall a p m l t, O a -> all_own l -> a <> 0 -> kids_rest own t m ->
  kids_rest own t (set p (replace a l (opt [] (get p m))) (del a m)).
Proof.
  intros a p m l t Oa L Z [H1 H2]. split.
  - intros b B. rewrite get_set, get_del. destruct (N.eqb_spec b p) as [->|].
    + simpl. rewrite theirs_replace by assumption. auto.
    + destruct (N.eqb_spec b a) as [->|]; [|auto]. destruct B as [B|B]; [congruence|].
      unfold outside in B. congruence.
  - intros b B K. rewrite get_set, get_del. destruct (N.eqb_spec b p) as [->|].
    + simpl. rewrite replace_none; [auto|]. intros J. apply (H2 p B K) in J.
      unfold outside in J. congruence.
    + destruct (N.eqb_spec b a) as [->|]; [|auto]. unfold outside in B. congruence.
Qed.
Lemma same_adopt : forall (P : N -> Prop) p l m n, same P m n -> same P (adopt p l m) (adopt p l n).
Proof. intros P p l m n H k K. rewrite !Tree.get_adopt. destruct (existsb _ l); auto. Qed.
Lemma rest_adopt : forall p l m n, all_own l -> same (outside own) m n ->
  same (outside own) m (adopt p l n).
Proof.
  intros p l m n L H k K. rewrite Tree.get_adopt. destruct (existsb (N.eqb k) l) eqn:E; [|auto].
  apply Tree.existsb_in, L in E. unfold outside in K. congruence.
Qed.

Lemma alike_move_cap : forall a b, O a -> O b -> alike (move_cap a b) any.
Proof.
  intros a b Oa Ob.
  assert (Z : forall s p, closed s -> get a (s_up s) = Some p -> a <> 0).
  { intros s p C E ->. destruct C as [_ [C _]]. congruence. }
  assert (L1 : all_own [b]) by (intros k [<-|[]]; exact Ob).
  both_write; unfold move_cap in *;
    repeat match goal with H : _ = Some (_, _) |- _ => progress prim H end.
  all: repeat match goal with E : _ && _ = true |- _ => apply andb_true_iff in E; destruct E end.
  all: repeat match goal with E : negb (?x =? 0) = true |- _ =>
    apply negb_true_iff, N.eqb_neq in E end.
  - split; [reflexivity|split; [exact Logic.I|]].
    assert (Na : a <> 0) by (eapply Z; [|eassumption]; eassumption). clear Z.
    assert (K : opt [] (get a (s_kids s1)) = opt [] (get a (s_kids s2))).
    { destruct H1 as (_ & _ & H1 & _). apply H1; assumption. }
    unfold children. destruct H1 as ((H1 & Hc) & Hu & Hk & Hr).
    assert (Hc' : caps_agree own (s_caps s1) (s_caps s2)) by (split; assumption).
    meet. clear H1 Hc. parts.
    + apply caps_agree_set; [assumption|]. apply caps_agree_del; assumption.
    + rewrite K. apply same_set, same_adopt, same_del; assumption.
    + rewrite K. intros x X N. rewrite !(get_set _ x b). destruct (N.eqb x b); [reflexivity|].
      rewrite !get_set, !get_del. match goal with |- context [N.eqb x ?p] =>
        destruct (N.eqb_spec x p) as [->|]; [simpl; rewrite (Hk _ X N); reflexivity|] end.
      destruct (N.eqb x a); [reflexivity|auto].
  - assert (Na : a <> 0) by (eapply Z; [|eassumption]; eassumption). clear Z.
    unfold children. parts.
    + match goal with G : get a (s_caps s) = Some ?c, C : caps_closed _ _ |- _ =>
        pose proof (C a c Oa G) end.
      apply caps_closed_set; [assumption|]. apply caps_closed_del; assumption.
    + rewrite get_set. destruct (N.eqb_spec 0 b); [congruence|].
      rewrite Tree.get_adopt, get_del. destruct (existsb _ _) eqn:X.
      * apply Tree.existsb_in in X.
        match goal with C : kids_closed _ _ |- _ => destruct (C a 0 Oa Na X) end. congruence.
      * destruct (N.eqb 0 a); [reflexivity|assumption].
    + intros x k X N. rewrite get_set. destruct (N.eqb_spec x b) as [->|].
      * simpl. intros K. match goal with C : kids_closed _ _ |- _ => exact (C a k Oa Na K) end.
      * refine (kids_closed_drop a _ (s_kids s) [b] _ _ x k X N); [|assumption].
        intros j [<-|[]]. auto.
  - assert (Na : a <> 0) by (eapply Z; [|eassumption]; eassumption). clear Z.
    assert (L : all_own (opt [] (get a (s_kids s)))).
    { destruct H as (_ & _ & H & _). apply kids_own; assumption. }
    unfold children. parts; try solve [wrote].
    + apply rest_set; [intros; eapply not_both; eassumption|]. wrote.
    + apply rest_set; [intros; eapply not_both; eassumption|]. apply rest_adopt; [exact L|wrote].
    + match goal with K : kids_rest _ _ (s_kids s) |- context [set ?p (replace a [b] _) _] =>
        destruct (kids_rest_drop a p (s_kids s) [b] _ Oa L1 Na K) as [K1 K2] end.
      assert (No : outside own b -> False) by (unfold outside; congruence).
      split; intros x X; rewrite get_set; destruct (N.eqb_spec x b) as [->|]; auto;
        [destruct X; [congruence|contradiction]|contradiction].
Qed.

End Tree.
