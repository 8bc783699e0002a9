(* SPDX-License-Identifier: BSD-2-Clause *)
(* Inward.v, continued: operations on objects, and the four calls (Objects.v, Calls.v). *)
Require Import NArith List Bool Lia.
From Tessera Require Import Map Refills State Machine Sched Message Destroy Objects Calls Authority.
From Tessera Require Import View Alike Written Inward.
Import ListNotations.
Open Scope N_scope.

#[local] Hint Constants Opaque : typeclass_instances.

Section Functions.
Context {own : place -> bool} {t1 t2 : state} {Z : nobody own}.
Notation O g := (own (Granule g) = true).
Notation I i := (O (place_of i)).
Notation owned := (owned own).
Notation whole := (whole own).
Notation all_own := (all_own own).
Notation alike := (@alike own t1 t2 _).

Hint Resolve same_word_of same_check_message same_copy_cap alike_move_cap same_answer same_recv
  same_send same_signal same_wait_signal same_cancel same_repeat_fault same_wake same_finish
  same_bind_context same_unbind_context same_take_away same_check_registers same_write_registers
  same_signal_bound : core.

(* --- Finding what arguments name -------------------------------------------------------------- *)

Lemma same_find_cap : forall t i k right then_, whole t -> O t ->
  (forall a c, O a -> a <> 0 -> owned c -> c_ty c = k -> bits right (c_rights c) = true ->
    alike (then_ a c) any) -> alike (find_cap t i k right then_) any.
Proof.
  intros t i k right then_ W T H. unfold find_cap. one. one.
  destruct ((a =? 0) || null a0) eqn:E; [one|].
  apply orb_false_iff in E. destruct E as [E _]. apply N.eqb_neq in E.
  destruct (is_ty a0 k) eqn:K; [|simpl; one]. apply is_ty_is in K. simpl.
  unfold lacks. destruct (bits right (c_rights a0)) eqn:B; [|simpl; one]. simpl. apply H;
    assumption.
Qed.

Lemma same_find_cnode : forall t i right then_, whole t -> O t ->
  (forall a c, owned c -> c_ty c = TCNode -> alike (then_ a c) any) ->
  alike (find_cnode t i right then_) any.
Proof.
  intros t i right then_ W T H. unfold find_cnode.
  apply alike_bind with (fun a => O a).
  { destruct (i =? 0); [apply alike_ret; exact (W 5 eq_refl)|apply alike_slot_of; exact W]. }
  intros a A. one. destruct ((a =? 0) || null a0); [one|].
  destruct (is_ty a0 TCNode) eqn:K; [|simpl; one]. apply is_ty_is in K. simpl.
  destruct (_ =? _); [one|]. apply H; assumption.
Qed.

Lemma cnode_at : forall c i, owned c -> c_ty c = TCNode -> i < c_badge c -> O (c_obj c + i).
Proof. intros c i W K L. apply owned_at; [exact W|]. unfold size_of. rewrite K. exact L. Qed.
Lemma range_of : forall c first count, in_range c first count = true ->
  first <> 0 /\ first + count <= c_badge c.
Proof.
  unfold in_range. intros c first count H. apply andb_true_iff in H. destruct H as [H H3].
  apply andb_true_iff in H. destruct H as [H1 H2]. apply negb_true_iff, N.eqb_neq in H1.
  apply N.ltb_lt in H2. apply N.leb_le in H3. lia.
Qed.

Lemma same_limit : forall f, (forall s s', s_lim s = s_lim s' -> f s = f s') ->
  alike (gets (A := N) f) any.
Proof.
  intros f H. apply alike_look. intros s1 s2 (_ & _ & A & _). apply H. apply A.
Qed.
Lemma same_children : forall a, O a -> a <> 0 -> alike (gets (children a)) all_own.
Proof.
  intros a A N. apply alike_gets. intros s1 s2 (C & _ & G & _). unfold children.
  destruct G as (_ & _ & G & _). split; [apply G; assumption|].
  destruct C as (_ & _ & C & _). apply kids_own; assumption.
Qed.
Lemma same_region_used : forall u, I u -> alike (region_used u) any.
Proof.
  intros u U. apply alike_look. intros s1 s2 (_ & _ & (_ & _ & _ & A & _) & _).
  rewrite (A u U). reflexivity.
Qed.
Lemma same_now : alike cpu_now any.
Proof. apply alike_look. intros s1 s2 (_ & _ & A & _). apply A. Qed.

(* --- CNode ------------------------------------------------------------------------------------ *)

Lemma same_result : forall t l, O t -> alike (result t l) any.
Proof. go. Qed.
Lemma same_copy_one : forall a b r, O a -> O b -> alike (copy_one a b r) any.
Proof. go. Qed.
Hint Resolve same_result same_copy_one : core.
Lemma same_copy_some : forall steps t d c rights to from count, O t -> owned d -> owned c ->
  c_ty d = TCNode -> c_ty c = TCNode -> count <> 0 -> to + count <= c_badge d ->
  from + count <= c_badge c -> alike (copy_some steps t d c rights to from count) any.
Proof.
  induction steps as [|steps IH]; intros t d c rights to from count T D C Kd Kc N Bd Bc; simpl;
    [one|].
  assert (O (c_obj d + to)) by (apply cnode_at; auto; lia).
  assert (O (c_obj c + from)) by (apply cnode_at; auto; lia).
  one; [one|]. destruct a; try (apply alike_ret; exact Logic.I). destruct (count =? 1) eqn:C1;
    [one|]. apply N.eqb_neq in C1.
  one; [one|]. one; [one|]. one; [one|]. apply IH; try assumption; lia.
Qed.
Lemma same_cnode_copy : forall t d, whole t -> O t -> owned d -> c_ty d = TCNode ->
  alike (cnode_copy t d) any.
Proof.
  intros t d W T D K. unfold cnode_copy. do 5 one.
  apply same_find_cnode; [exact W|exact T|]. intros cn c C Kc.
  destruct (_ || _ || _) eqn:E; [one|]. apply orb_false_iff in E. destruct E as [E _].
  apply orb_false_iff in E. destruct E as [_ N]. apply N.eqb_neq in N.
  destruct (_ || _) eqn:Q; [one|]. apply orb_false_iff in Q. destruct Q as [Q1 Q2].
  apply negb_false_iff, range_of in Q1, Q2. destruct Q1, Q2.
  eapply alike_bind; [apply same_limit; intros s s' ->; reflexivity|]. intros n _.
  apply same_copy_some; assumption.
Qed.
Lemma same_find_pair : forall t d right then_, whole t -> O t -> owned d -> c_ty d = TCNode ->
  (forall a b, O a -> O b -> alike (then_ a b) any) -> alike (find_pair t d right then_) any.
Proof.
  intros t d right then_ W T D K H. unfold find_pair. do 3 one.
  apply same_find_cnode; [exact W|exact T|]. intros cn c C Kc. cbv zeta.
  assert (O (slot_in d a)) by (apply slot_in_own; assumption).
  assert (O (slot_in c a1)) by (apply slot_in_own; assumption).
  one. one. destruct (_ || _ || _); [one|]. destruct (negb _); [one|]. apply H; assumption.
Qed.
Lemma owned_badge : forall c badge, check_badge c badge = EOk -> owned c ->
  owned (with_badge c badge).
Proof.
  intros c badge K [W R]. unfold check_badge in K. destruct (badge =? 0); [discriminate K|].
  unfold with_badge. split; [|destruct (c_ty c); exact R]. intros x X. apply W.
  clear W R t1 t2 Z.
  set (n := N.shiftr badge 16) in *. set (m := N.land badge 65535) in *.
  destruct (c_ty c) eqn:T; try discriminate K;
    unfold reach, size_of in *; destruct x as [g|p|q]; simpl in X; rewrite T in *; simpl in X;
    try exact X; try (destruct X; discriminate).
  - simpl. lia.
  - destruct ((0 <? n) && (c_obj c <=? m) && (m + n <=? c_obj c + c_badge c)) eqn:Q;
      [|discriminate K]. apply andb_true_iff in Q. destruct Q as [Q Q2].
    apply andb_true_iff in Q. destruct Q as [_ Q1]. apply N.leb_le in Q1, Q2.
    split; [reflexivity|]. lia.
Qed.
Lemma check_badge_copy : forall c rights badge, check_badge c badge = EOk ->
  check_badge (copy_of c rights) badge = EOk.
Proof.
  intros c rights badge K. unfold check_badge in *. destruct (badge =? 0); [discriminate K|].
  unfold copy_of. cbn [c_ty c_obj c_badge].
  destruct (c_ty c); try discriminate K; exact K.
Qed.
Lemma same_cnode_mint : forall t d, whole t -> O t -> owned d -> c_ty d = TCNode ->
  alike (cnode_mint t d) any.
Proof.
  intros t d W T D K. unfold cnode_mint. one. one. apply same_find_pair; auto.
  intros x b X B. one. destruct (_ <? _); [one|].
  destruct (check_badge a1 a0) eqn:Cb; try (apply alike_ret; exact Logic.I).
  pose proof (check_badge_copy a1 a a0 Cb) as Cc.
  one; [|one]. apply alike_put_cap; auto.
  apply owned_badge; [exact Cc|apply owned_copy; assumption].
Qed.
Lemma same_cnode_move : forall t d, whole t -> O t -> owned d -> c_ty d = TCNode ->
  alike (cnode_move t d) any.
Proof.
  intros t d W T D K. unfold cnode_move. apply same_find_pair; auto. intros a b A B. repeat one.
Qed.

(* In states in which a slot holds this capability. *)
Definition at_slot (a : N) (c : cap) (s : state) : Prop := opt nil_cap (get a (s_caps s)) = c.
Definition alike_if {A} (P : state -> Prop) (m : M A) (Q : A -> Prop) : Prop :=
  forall s1 s2 a1 a2 s1' s2', both (own := own) (t1 := t1) (t2 := t2) s1 s2 -> P s1 -> P s2 ->
  m s1 = Some (a1, s1') -> m s2 = Some (a2, s2') ->
  a1 = a2 /\ Q a1 /\ both (own := own) (t1 := t1) (t2 := t2) s1' s2'.
Lemma alike_always : forall A P (m : M A) Q, alike m Q -> alike_if P m Q.
Proof. intros A P m Q H s1 s2 a1 a2 s1' s2' B _ _ E F. exact (H _ _ _ _ _ _ B E F). Qed.
Lemma alike_slot : forall A a (k : cap -> M A) Q, O a ->
  (forall c, owned c -> alike_if (at_slot a c) (k c) Q) -> alike (bind (cap_at a) k) Q.
Proof.
  intros A a k Q Oa H s1 s2 a1 a2 s1' s2' B E F.
  destruct (cap_at_ (t1 := t1) (t2 := t2) a Oa s1 s2 _ _ s1 s2 B eq_refl eq_refl) as [Eq [W _]].
  unfold bind in E, F. simpl in E, F.
  assert (P2 : at_slot a (opt nil_cap (get a (s_caps s1))) s2) by (symmetry; exact Eq).
  rewrite <- Eq in F. exact (H _ W s1 s2 a1 a2 s1' s2' B eq_refl P2 E F).
Qed.
Lemma alike_if_look : forall A B P (f : state -> A) (k : A -> M B) R,
  alike (gets f) any -> (forall a, alike_if P (k a) R) -> alike_if P (bind (gets f) k) R.
Proof.
  intros A B P f k R G K s1 s2 a1 a2 s1' s2' Bo P1 P2 E F. unfold bind, gets in E, F.
  destruct (G s1 s2 _ _ s1 s2 Bo eq_refl eq_refl) as [Eq _]. rewrite <- Eq in F.
  exact (K _ s1 s2 a1 a2 s1' s2' Bo P1 P2 E F).
Qed.
Lemma alike_if_slot : forall B a c (k : cap -> M B) R, alike_if (at_slot a c) (k c) R ->
  alike_if (at_slot a c) (bind (cap_at a) k) R.
Proof.
  intros B a c k R K s1 s2 a1 a2 s1' s2' Bo P1 P2 E F. unfold bind, cap_at, gets in E, F.
  unfold at_slot in P1, P2. rewrite P1 in E. rewrite P2 in F.
  exact (K s1 s2 a1 a2 s1' s2' Bo P1 P2 E F).
Qed.

Lemma same_cnode_inspect : forall t slot c, O t -> owned c -> c_ty c = TCNode ->
  alike_if (at_slot slot c) (cnode_inspect t slot) any.
Proof.
  intros t slot c T W K. unfold cnode_inspect. apply alike_if_look; [apply alike_reg; exact T|].
  intros i. apply alike_if_slot. apply alike_always. cbv zeta.
  pose proof (slot_in_own c i W K) as S. destruct (slot_in c i =? 0) eqn:E; [one|].
  apply N.eqb_neq in E. one. eapply alike_bind; [apply same_children; assumption|]. intros l _.
  match goal with H : View.owned own ?d |- _ =>
    eapply alike_bind; [apply same_region_used; exact (proj2 H)|] end.
  intros u _. repeat one.
Qed.

(* --- Interrupts, timers, ports ---------------------------------------------------------------- *)

Lemma same_bind_notification : forall t h, whole t -> O t -> O h ->
  alike (bind_notification t h) any.
Proof.
  intros t h W T H. unfold bind_notification. one. apply same_find_cap; [exact W|exact T|].
  intros. repeat one.
Qed.
Lemma same_bound_signal : forall h, O h -> alike (bound_signal h) any.
Proof.
  intros h H. unfold bound_signal. one. apply alike_when. intros E.
  apply andb_true_iff in E. destruct E as [E _]. apply is_ty_is in E.
  apply same_signal. apply owned_obj; [assumption|]. unfold size_of. rewrite E. reflexivity.
Qed.
Lemma same_irq_acknowledge : forall o, O o -> alike (irq_acknowledge o) any.
Proof. go. Qed.
Hint Resolve same_bound_signal : core.
Lemma same_timer_set : forall t o, O t -> O o -> O (o + 1) -> alike (timer_set_op t o) any.
Proof.
  intros t o T Oo S. unfold timer_set_op. one. one.
  eapply alike_bind; [apply same_now|]. intros now _. repeat one.
Qed.
Lemma same_port_read : forall t c, O t -> alike (port_read t c) any.
Proof. go. Qed.
Lemma same_port_write : forall t c, O t -> alike (port_write t c) any.
Proof. go. Qed.

(* --- Threads ---------------------------------------------------------------------------------- *)

Lemma same_thread_write : forall t o, whole t -> O t -> O o -> alike (thread_write t o) any.
Proof. go. Qed.
Lemma same_regs_of : forall l t, O t -> alike (regs_of t l) any.
Proof. induction l; intros; simpl; repeat one; apply alike_any with any; auto. Qed.
Hint Resolve same_regs_of : core.
Lemma same_thread_read : forall t o, whole t -> O t -> O o -> alike (thread_read t o) any.
Proof. go. Qed.
Lemma same_thread_resume : forall t o, O o -> whole o -> alike (thread_resume t o) any.
Proof. go. Qed.
Lemma same_thread_suspend : forall t o, O t -> O o -> alike (thread_suspend t o) any.
Proof. go. Qed.
Lemma same_ntfn_set_bound : forall n t, O n -> O t -> alike (ntfn_set_bound n t) any.
Proof. go. Qed.
Hint Resolve same_ntfn_set_bound : core.
Lemma same_thread_bind : forall t o, whole t -> O t -> O o -> alike (thread_bind t o) any.
Proof.
  intros t o W T Oo. unfold thread_bind. one. one. destruct (_ =? 0); [repeat one|].
  apply same_find_cap; [exact W|exact T|]. intros b0 c A N C K R.
  assert (O (c_obj c)). { apply owned_obj; [exact C|]. unfold size_of. rewrite K. reflexivity. }
  repeat one.
Qed.
Lemma same_thread_set_flags : forall t o, O t -> O o -> whole o ->
  alike (thread_set_flags t o) any.
Proof. go. Qed.
Lemma same_thread_inspect : forall t o, O t -> O o -> alike (thread_inspect t o) any.
Proof. go. Qed.
Lemma same_thread_set_tls : forall t o, O t -> O o -> alike (thread_set_tls t o) any.
Proof. go. Qed.

(* --- Scheduling contexts ---------------------------------------------------------------------- *)

Lemma same_context_bind : forall t x, whole t -> O t -> O x -> alike (context_bind t x) any.
Proof.
  intros t x W T X. unfold context_bind. one. apply same_find_cap; [exact W|exact T|].
  intros b0 c A N C K R.
  assert (O (c_obj c)). { apply owned_obj; [exact C|]. unfold size_of. rewrite K. reflexivity. }
  repeat one.
Qed.
Lemma same_context_unbind : forall x, O x -> alike (context_unbind x) any.
Proof. go. Qed.
Lemma same_context_yield : forall x, O x -> alike (context_yield x) any.
Proof.
  intros x X s1 s2 a1 a2 s1' s2' B E F. unfold context_yield, bind, gets, when in E, F.
  assert (Y : forall s b s', (if x =? u_sc (s_cpu s) then yield else ret tt) s = Some (b, s') ->
    still s s').
  { intros s b s' G. destruct (x =? u_sc (s_cpu s)); [exact (quiet_yield s b s' G)|].
    injection G as _ <-. apply still_refl. }
  destruct ((if x =? u_sc (s_cpu s1) then yield else ret tt) s1) as [[u v]|] eqn:E1;
    [|discriminate E].
  destruct ((if x =? u_sc (s_cpu s2) then yield else ret tt) s2) as [[w z]|] eqn:F1;
    [|discriminate F].
  injection E as <- <-. injection F as <- <-. split; [reflexivity|split; [exact Logic.I|]].
  apply Y in E1, F1. destruct B as (C1 & C2 & A & R1 & R2).
  repeat apply conj; try (eapply still_closed; eassumption); try (eapply still_rest; eassumption).
  all: try (eapply still_agree; eassumption).
Qed.
Lemma same_cpu_configure : forall t c, whole t -> O t -> alike (cpu_configure t c) any.
Proof.
  intros t c W T. unfold cpu_configure. do 4 one. apply same_find_cap; [exact W|exact T|].
  intros. repeat one.
Qed.
Lemma same_cpu_clock : forall t, O t -> alike (cpu_clock t) any.
Proof. intros t T. unfold cpu_clock. eapply alike_bind; [apply same_now|]. intros now _. repeat
  one. Qed.

End Functions.
