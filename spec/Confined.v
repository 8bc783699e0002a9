(* SPDX-License-Identifier: BSD-2-Clause *)
(* Every function of the model, by what each primitive of Guarded.v must be allowed: none leaves the
   closure, and none changes what those who act may not affect. *)
Require Import NArith List Bool Lia.
From Tessera Require Import Map Refills State Machine Sched Message Destroy Authority Guarded.
Import ListNotations.
Open Scope N_scope.

Existing Class ok.
Existing Class may.
Existing Class whole.
Existing Class touch.
Existing Class wait_ok.
Existing Class bound_ok.
Existing Class grants.
Existing Class call_may.

(* Bits of rights. *)
Lemma bits_testbit : forall m w i, bits m w = true -> N.testbit m i = true -> N.testbit w i = true.
Proof.
  unfold bits. intros m w i H T. apply N.eqb_eq in H. rewrite <- H, N.land_spec in T.
  apply andb_true_iff in T. apply T.
Qed.
Lemma bit_bits : forall i w, N.testbit w i = true -> bits (N.shiftl 1 i) w = true.
Proof.
  intros i w H. unfold bits. apply N.eqb_eq, N.bits_inj. intros j. rewrite N.land_spec.
  destruct (N.eq_dec i j) as [<-|D]; [rewrite H; apply andb_true_r|].
  rewrite !N.shiftl_1_l, N.pow2_bits_false by exact D. reflexivity.
Qed.
Lemma bits_land : forall m a b, bits m (N.land a b) = true -> bits m a = true.
Proof.
  unfold bits. intros m a b H. apply N.eqb_eq in H. apply N.eqb_eq. rewrite <- H at 2.
  rewrite N.land_assoc. rewrite <- H at 1. apply N.bits_inj. intros i. rewrite !N.land_spec.
  destruct (N.testbit m i), (N.testbit a i), (N.testbit b i); reflexivity.
Qed.
Lemma bits_3 : forall w, bits 3 w = true -> is_r w = true /\ is_w w = true.
Proof.
  intros w H. split.
  - apply (bit_bits 0). eapply bits_testbit; [exact H|reflexivity].
  - apply (bit_bits 1). eapply bits_testbit; [exact H|reflexivity].
Qed.
Lemma is_ty_eq : forall c k, is_ty c k = true -> c_ty c = k.
Proof. unfold is_ty. intros c k H. destruct (c_ty c), k; try discriminate H; reflexivity. Qed.

(* Goes through a function, step by step; what it is made of is there already. *)
#[local] Hint Constants Opaque : typeclass_instances.

Ltac learnt := cbv beta in *; repeat match goal with
  | H : any _ |- _ => clear H
  | H : _ /\ _ |- _ => destruct H
  end.
Ltac known := first
  [ solve [typeclasses eauto]
  | assumption
  | match goal with H : _ |- _ => solve [simple apply H; typeclasses eauto] end ].
Ltac one := match goal with
  | |- Guarded.ok (bind _ _) _ => eapply ok_bind; [known|intros ? ?; learnt]
  | |- Guarded.ok (bind _ _) _ => apply ok_bind with any; [|intros ? _]
  | |- Guarded.ok (ret _) _ => apply ok_ret; first [exact I|assumption]
  | |- Guarded.ok (when _ _) _ => apply ok_when; intros ?
  | |- Guarded.ok (each _ _) _ => apply ok_each; intros ? ?
  | |- Guarded.ok (need _) _ => apply ok_need; intros ? ?
  | |- Guarded.ok (let _ := _ in _) _ => cbv zeta
  | |- Guarded.ok (if ?b then _ else _) _ => let E := fresh "E" in destruct b eqn:E
  | |- Guarded.ok (match ?x with _ => _ end) _ => let E := fresh "E" in destruct x eqn:E
  | |- Guarded.ok (write _) _ => apply ok_untold; intros; reflexivity
  | |- Guarded.ok ((fun _ => _) _) _ => cbv beta
  | |- Guarded.ok _ any => known
  | |- Guarded.ok _ any => eapply ok_any; known
  end.
Ltac head m := match m with ?f _ => head f | _ => m end.
Ltac go := intros; match goal with |- Guarded.ok ?m _ => let f := head m in unfold f end;
  repeat one.
Ltac go_on n := induction n; intros; simpl; repeat one.

(* t is among those who act; what t may write may be touched; what is a's becomes b's. *)
Section Words.
Context {label : Type} (lab : place -> label) (s0 : state) (Act : label -> Prop).
Notation L g := (lab (Granule g)).
Definition acts (t : N) : Prop := Act (L t).
Definition opens (t : N) : Prop :=
  forall g, may lab s0 (L t) Write (L g) -> touch lab s0 Act g.
Definition passes (a b : N) : Prop :=
  forall r X, may lab s0 (L a) r X -> may lab s0 (L b) r X.
End Words.
Existing Class acts.
Existing Class opens.

Section Functions.
Context {label : Type} {lab : place -> label} {s0 : state} {Act : label -> Prop}
  {Timers : N -> Prop}.
Notation L g := (lab (Granule g)).
Notation may := (may lab s0).
Notation call_may := (call_may lab s0).
Notation grants := (grants lab s0).
Notation whole := (whole lab s0).
Notation mine := (mine lab s0).
Notation wait_ok := (wait_ok lab s0).
Notation bound_ok := (bound_ok lab s0).
Notation maps_ok := (maps_ok lab s0).
Notation touch := (touch lab s0 Act).
Notation acts := (acts lab Act).
Notation opens := (opens lab s0 Act).
Notation passes := (passes lab s0).
Notation ok := (@ok label lab s0 Act Timers _).

#[export] Instance opens_own : forall t, acts t -> opens t.
Proof. intros t A g W. eapply touch_write; [exact A|exact W]. Qed.
#[export] Instance touch_opens : forall t, opens t -> touch t.
Proof. intros t O. apply O, may_self. Qed.
Lemma opens_message : forall A E t, Act A -> may A Write E -> may (L t) Read E -> opens t.
Proof. intros A E t HA W R g H. exists A. split; [exact HA|]. eapply affects_message; eauto. Qed.
Lemma opens_answer : forall A R t g, Act A -> may A Write R -> call_may (L t) R g -> opens t.
Proof. intros A R t b HA W C g H. exists A. split; [exact HA|]. eapply affects_answer; eauto. Qed.
Lemma passes_write : forall t a b, mine t a -> mine t b -> passes a b.
Proof.
  intros t a b [R W] [_ W'] r X H. eapply may_put; [exact W'|]. eapply may_take; [left; exact R|].
  exact H.
Qed.

#[export] Instance suspended_ok : forall t, wait_ok t WSuspended. Proof. intros; exact I. Qed.
#[export] Instance ready_ok : forall t, wait_ok t WReady. Proof. intros; exact I. Qed.
#[export] Instance signal_ok : forall t n, may (L t) Read (L n) -> wait_ok t (WSignal n).
Proof. intros t n H. exact H. Qed.
#[export] Instance receive_ok : forall t e, may (L t) Read (L e) -> wait_ok t (WReceiving e None).
Proof. intros t e H. split; [exact H|discriminate]. Qed.
#[export] Instance unbound_ok : forall n, bound_ok n 0.
Proof. intros n H. destruct (H eq_refl). Qed.

#[export] Instance said_ret : forall A (a : A), ok (ret a) any.
Proof. intros. apply ok_ret. exact I. Qed.
#[export] Instance said_stuck : forall A, ok (@stuck A) any.
Proof. intros. apply ok_stuck. Qed.
#[export] Instance said_write : forall f, (forall s, told s = told (f s)) -> ok (write f) any.
Proof. exact ok_untold. Qed.
#[export] Instance said_need : forall A (o : option A), ok (need o) any.
Proof. intros. apply ok_need. intros; exact I. Qed.
#[export] Instance said_ntfn : forall n b q t, bound_ok n t -> ok (put_ntfn n (Nt b q t)) any.
Proof. intros. apply ok_put_ntfn. assumption. Qed.
#[export] Instance said_answer : forall t i v, answer_reg i = true -> ok (put_reg t i v) any.
Proof. intros. apply ok_put_reg. left; assumption. Qed.
#[export] Instance said_reg : forall t i v, touch t -> ok (put_reg t i v) any.
Proof. intros. apply ok_put_reg. right; assumption. Qed.
#[export] Existing Instances ok_look ok_guard ok_cap_at ok_th_at ok_wait_at ok_sc_at ok_budget_at
  ok_ep_at ok_irq_at ok_ntfn_at ok_reply_at ok_space_at ok_kind_of ok_drop_cap ok_make_region
  ok_drop_region ok_afresh ok_to_tables ok_from_tables ok_set_wait ok_arm ok_disarm ok_owe_reply
  ok_end_call ok_new_thread_wait ok_new_reply ok_forget_wait ok_forget_reply ok_new_budget
  ok_charge_budget ok_configure_budget ok_new_slice ok_forget_budget ok_clear_regs ok_put_mem
  ok_clear_mem ok_put_th ok_new_th ok_new_space ok_put_sc ok_forget_fields ok_put_cap.


(* Machine.v *)
#[export] Instance says_cpu_now : ok cpu_now any. Proof. go. Qed.
#[export] Instance says_reg : forall t i, ok (reg t i) any. Proof. go. Qed.
#[export] Instance says_region_used : forall u, ok (region_used u) any. Proof. go. Qed.
#[export] Instance says_mem_at : forall page i, ok (mem_at page i) any. Proof. go. Qed.
#[export] Instance says_put_ep : forall e v, ok (put_ep e v) any. Proof. go. Qed.
#[export] Instance says_put_irq : forall i v, ok (put_irq i v) any. Proof. go. Qed.
#[export] Instance says_put_due : forall n d, ok (put_due n d) any. Proof. go. Qed.
#[export] Instance says_drop_due : forall n, ok (drop_due n) any. Proof. go. Qed.
#[export] Instance says_put_cpu : forall f, ok (put_cpu f) any. Proof. go. Qed.
#[export] Instance says_put_doomed : forall l, ok (put_doomed l) any. Proof. go. Qed.
#[export] Instance says_put_asids : forall a, ok (put_asids a) any. Proof. go. Qed.
#[export] Instance says_put_cnode : forall c v, ok (put_cnode c v) any. Proof. go. Qed.
(* Sched.v *)
#[export] Instance says_flag : forall t f, ok (flag t f) (fun _ => whole t).
Proof. intros. unfold flag. one. apply ok_ret. assumption. Qed.
#[export] Instance says_decide : ok decide any. Proof. go. Qed.
#[export] Instance says_switch : ok switch any. Proof. go. Qed.
#[export] Instance says_ready_add : forall front x, ok (ready_add front x) any. Proof. go. Qed.
#[export] Instance says_ready_remove : forall x, ok (ready_remove x) any. Proof. go. Qed.
#[export] Instance says_due_add : forall n d, ok (due_add n d) any. Proof. go. Qed.
#[export] Instance says_due_take : forall ties, ok (due_take ties) any. Proof. go. Qed.
#[export] Instance says_timer_set : forall d, ok (timer_set d) any. Proof. go. Qed.
#[export] Instance says_charge_now : ok charge_now any. Proof. go. Qed.
#[export] Instance says_budget_left : forall x, ok (budget_left x) any. Proof. go. Qed.
#[export] Instance says_may_go_on : forall x, ok (may_go_on x) any. Proof. go. Qed.
#[export] Instance says_overtake : forall x, ok (overtake x) any. Proof. go. Qed.
#[export] Instance says_start : forall front x, ok (start front x) any. Proof. go. Qed.
#[export] Instance says_stop : forall x, ok (stop x) any. Proof. go. Qed.
#[export] Instance says_settle : forall x, ok (settle x) any. Proof. go. Qed.
#[export] Instance says_settle_of : forall t, ok (settle_of t) any. Proof. go. Qed.
#[export] Instance says_block : forall t, ok (block t) any. Proof. go. Qed.
#[export] Instance says_bind_context : forall x t, ok (bind_context x t) any. Proof. go. Qed.
#[export] Instance says_fall_back : forall t, ok (fall_back t) any. Proof. go. Qed.
#[export] Instance says_unbind_context : forall x, ok (unbind_context x) any. Proof. go. Qed.
#[export] Instance says_borrows : forall t, ok (borrows t) any. Proof. go. Qed.
#[export] Instance says_hand_over : forall from to, ok (hand_over from to) any. Proof. go. Qed.
#[export] Instance says_lend : forall from to, ok (lend from to) any. Proof. go. Qed.
#[export] Instance says_leave_lenders : forall t, ok (leave_lenders t) any. Proof. go. Qed.
#[export] Instance says_lends : forall t, ok (lends t) any. Proof. go. Qed.
#[export] Instance says_unlend : forall t, ok (unlend t) any. Proof. go. Qed.
#[export] Instance says_take_away : forall t, ok (take_away t) any. Proof. go. Qed.
#[export] Instance says_give_back : forall t, ok (give_back t) any. Proof. go. Qed.
#[export] Instance says_configure_context : forall x amount period prio,
  ok (configure_context x amount period prio) any.
Proof. go. Qed.
#[export] Instance says_yield : ok yield any. Proof. go. Qed.
#[export] Instance says_expire : forall x, ok (expire x) any. Proof. go. Qed.
#[export] Instance says_preempt : ok preempt any. Proof. go. Qed.
#[export] Instance says_next_decision : forall x, ok (next_decision x) any. Proof. go. Qed.
#[export] Instance says_enter : ok enter any. Proof. go. Qed.
#[export] Instance says_pick : ok pick any. Proof. go. Qed.
#[export] Instance says_go_on : ok go_on any. Proof. go. Qed.
#[export] Instance says_reschedule : ok reschedule any. Proof. go. Qed.
#[export] Instance says_take_due : forall ties, ok (take_due ties) any. Proof. go. Qed.


(* --- Message.v -------------------------------------------------------------------------------- *)

(* A slot that a thread names: nothing, or one that it may read and write. *)
#[export] Instance says_slot_of : forall t i, whole t ->
  ok (slot_of t i) (fun a => a = 0 \/ mine t a).
Proof.
  intros t i W. unfold slot_of. eapply ok_bind; [apply ok_cap_at|]. intros c G. apply ok_ret.
  destruct (is_ty c TCNode && bits 3 (c_rights c)) eqn:E; [|left; reflexivity].
  unfold slot_in. destruct ((i =? 0) || (c_badge c <=? i)) eqn:F; [left; reflexivity|right].
  apply andb_true_iff in E. destruct E as [T B]. apply is_ty_eq in T. apply bits_3 in B.
  apply orb_false_iff in F. destruct F as [F1 F2]. apply N.eqb_neq in F1. apply N.leb_gt in F2.
  apply (whole_grants lab s0 t 5) in G; [|exact W|reflexivity].
  assert (X : reach c (Granule (c_obj c + i))) by (unfold reach, size_of; rewrite T; lia).
  split; apply G; try exact X; unfold uses; rewrite T; apply B.
Qed.
#[export] Instance says_slot_any : forall t i, ok (slot_of t i) any | 10. Proof. go. Qed.

#[export] Instance says_buffer_of : forall t, whole t ->
  ok (buffer_of t) (fun b => b = 0 \/ may (L t) Write (L b)).
Proof.
  intros t W. unfold buffer_of. eapply ok_bind; [apply ok_cap_at|]. intros c G. apply ok_ret.
  destruct (is_ty c TFrame && is_w (c_rights c)) eqn:E; [right|left; reflexivity].
  apply andb_true_iff in E. destruct E as [T B]. apply is_ty_eq in T.
  apply (whole_grants lab s0 t 7) in G; [|exact W|reflexivity].
  eapply grants_at; [exact G|unfold uses; rewrite T; exact B|].
  unfold size_of. rewrite T. reflexivity.
Qed.
#[export] Instance says_buffer_any : forall t, ok (buffer_of t) any | 10. Proof. go. Qed.

Lemma copy_less : forall c rights, less (copy_of c rights) c.
Proof.
  intros c rights r x U X. unfold copy_of in *. unfold uses in *; simpl in *. split.
  - assert (B : forall m, bits m (N.land (c_rights c) rights) = true ->
      bits m (c_rights c) = true) by (intros m; apply bits_land).
    unfold is_ty in *; simpl in U. destruct (c_ty c) eqn:T; try reflexivity; destruct r;
      unfold is_r, is_w, is_g in *; try (apply B; exact U); try discriminate U;
      simpl in *; try discriminate U; apply B; exact U.
  - unfold reach in *. destruct x as [g|p|k]; simpl in *; [| |exact X].
    + unfold size_of in *; simpl in *. destruct (c_ty c) eqn:T; simpl in X; exact X.
    + destruct X as [T X]. rewrite T in X. auto.
Qed.

Lemma said_copy : forall a b rights, touch b -> passes a b -> ok (copy_cap a b rights) any.
Proof.
  intros a b rights T P. unfold copy_cap. eapply ok_bind; [apply ok_cap_at|]. intros c G.
  apply ok_put_cap; [exact T|]. eapply grants_less; [|apply copy_less].
  intros r x U X. apply P, G; assumption.
Qed.
Lemma said_move : forall a b, touch b -> passes a b -> ok (move_cap a b) any.
Proof.
  intros a b T P. apply ok_move_cap; [exact T|]. intros c G r x U X. apply P, G; assumption.
Qed.

#[export] Instance says_word_of : forall t i, ok (word_of t i) any. Proof. go. Qed.
#[export] Instance says_check_message : forall t grant, ok (check_message t grant) any.
Proof. go. Qed.

Lemma says_carry : forall from to given wanted, opens to -> whole from -> whole to ->
  passes from to -> ok (carry from to given wanted) any.
Proof.
  intros from to given wanted O Wf Wt P. unfold carry.
  eapply ok_bind; [apply says_slot_of; exact Wf|]. intros src Hs.
  eapply ok_bind; [apply says_slot_of; exact Wt|]. intros dst Hd. one. one.
  destruct ((src =? 0) || (dst =? 0) || null a || negb (null a0)) eqn:E; [one|].
  apply orb_false_iff in E. destruct E as [E _]. apply orb_false_iff in E.
  destruct E as [E _]. apply orb_false_iff in E. destruct E as [E1 E2].
  apply N.eqb_neq in E1, E2. destruct Hs as [Hs|[Rs Ws]]; [contradiction|].
  destruct Hd as [Hd|[Rd Wd]]; [contradiction|].
  assert (Pass : passes src dst).
  { intros r X F. eapply may_put; [exact Wd|]. apply P. eapply may_take; [left; exact Rs|exact F]. }
  assert (T : touch dst) by (apply O; exact Wd).
  one; (one; [one|]).
  - one; [apply said_move; assumption|one].
  - one; [apply said_copy; assumption|one].
Qed.

#[export] Instance says_copy_words : forall from to, opens to -> ok (copy_words from to) any.
Proof. go. Qed.

#[export] Instance says_transfer : forall from to grant, opens to -> whole from -> whole to ->
  (grant = true -> passes from to) -> ok (transfer from to grant) any.
Proof.
  intros from to grant O Wf Wt P. unfold transfer. one. one. destruct (_ <=? 8); [one|].
  eapply ok_bind; [apply ok_guard|]. intros [] G. one.
  eapply ok_bind; [apply says_buffer_of; exact Wt|]. intros b Hb.
  destruct ((_ =? 0) || (b =? 0)) eqn:E; [solve [repeat one]|].
  apply orb_false_iff in E. destruct E as [_ E]. apply N.eqb_neq in E.
  destruct Hb as [Hb|Hb]; [contradiction|]. assert (T : touch b) by (apply O; exact Hb).
  one; [repeat one|]. one; [|repeat one].
  match type of G with _ || (?n =? 0) = true => destruct n eqn:C; [simpl; repeat one|] end.
  rewrite orb_false_r in G. specialize (P G). one. one. one. one; [|one].
  apply says_carry; assumption.
Qed.

#[export] Instance says_fault_message : forall from to, opens to -> ok (fault_message from to) any.
Proof. go. Qed.
#[export] Instance says_deliver : forall from to badge grant, opens to -> whole from -> whole to ->
  (grant = true -> passes from to) -> ok (deliver from to badge grant) any.
Proof.
  intros. unfold deliver. one. one; [destruct (_ =? 0); [apply says_transfer|]; repeat one; auto|].
  repeat one.
Qed.

#[export] Instance says_ep_remove : forall e t, ok (ep_remove e t) any. Proof. go. Qed.
#[export] Instance says_ep_add : forall e t senders, ok (ep_add e t senders) any. Proof. go. Qed.
#[export] Instance says_ntfn_remove : forall n t, ok (ntfn_remove n t) any. Proof. go. Qed.
#[export] Instance says_ntfn_add : forall n t, ok (ntfn_add n t) any. Proof. go. Qed.
#[export] Instance says_ntfn_set_bits : forall n v, ok (ntfn_set_bits n v) any. Proof. go. Qed.
#[export] Instance says_wake : forall t, ok (wake t) any. Proof. go. Qed.
#[export] Instance says_finish : forall t e, ok (finish t e) any.
Proof.
  intros. unfold finish. one; [apply said_answer; reflexivity|].
  one; [apply said_answer; reflexivity|]. one; [apply said_answer; reflexivity|one].
Qed.
#[export] Instance says_leave_recv : forall t w, wait_ok t w -> ok (leave_recv t w) any.
Proof. go. Qed.
#[export] Instance says_leave : forall t, ok (leave t) any. Proof. go. Qed.
#[export] Instance says_cancel : forall t, ok (cancel t) any. Proof. go. Qed.
#[export] Instance says_gone : forall t, ok (gone t) any. Proof. go. Qed.
#[export] Instance says_repeat_fault : forall t, ok (repeat_fault t) any.
Proof.
  intros. unfold repeat_fault. one. one; [|one]. one. one. apply said_answer. reflexivity.
Qed.
#[export] Instance says_abandon : forall r, ok (abandon r) any. Proof. go. Qed.
#[export] Instance says_owe : forall r caller server grant, call_may (L caller) (L r) grant ->
  ok (owe r caller server grant) any.
Proof. go. Qed.
#[export] Instance says_give_signal : forall t n, touch t -> ok (give_signal t n) any.
Proof. go. Qed.
#[export] Instance says_leave_client : forall t, ok (leave_client t) any. Proof. go. Qed.
#[export] Instance says_can_take : forall t from r, ok (can_take t from r) any. Proof. go. Qed.

Lemma receives : forall t e w, receives_at e w = true -> wait_ok t w ->
  may (L t) Read (L e) /\ forall r, reply_option w = Some r -> may (L t) Write (L r).
Proof.
  intros t e w H O. destruct w; try discriminate H. apply N.eqb_eq in H. subst. exact O.
Qed.

(* An endpoint that t may use to send. *)
#[export] Instance says_send : forall t c calls may_wait, acts t -> whole t ->
  may (L t) Write (L (c_obj c)) -> (is_g (c_rights c) = true -> may (L t) Grant (L (c_obj c))) ->
  ok (send t c calls may_wait) any.
Proof.
  intros t c calls may_wait A W Wr Gr. unfold send. cbv zeta. one.
  destruct a as [[|] [|to q]]; try solve [repeat one; apply ok_set_wait; split; assumption].
  one. one. one. one.
  destruct (receives to (c_obj c) a H3 H0) as [R Q].
  assert (O : opens to) by (eapply opens_message; eauto).
  assert (P : is_g (c_rights c) = true -> passes t to).
  { intros G r X F. eapply may_grant; [exact Wr|apply Gr; exact G|exact R|exact F]. }
  one; [one|]. one. one. one; [apply says_deliver; assumption|].
  one; [|repeat one].
  destruct calls; [|one]. destruct (reply_option a) as [r|] eqn:E0; [|one].
  apply says_owe. right. exists (L (c_obj c)), (L to). auto.
Qed.

#[export] Instance says_take_sender : forall t e from r, acts t -> whole t ->
  may (L t) Read (L e) -> (forall q, r = Some q -> may (L t) Write (L q)) ->
  ok (take_sender t e from r) any.
Proof.
  intros t e from r A W R Q. unfold take_sender. one. one. destruct a; try solve [one].
  one. apply N.eqb_eq in H1. subst e0. destruct H0 as [Wr Gr].
  assert (P : grant = true -> passes from t).
  { intros G x X F. eapply may_grant; [exact Wr|apply Gr; exact G|exact R|exact F]. }
  one. one; [apply says_deliver; try assumption; apply opens_own; assumption|]. one; [|repeat one].
  destruct calls; [|one]. destruct r as [r|]; [|one].
  apply says_owe. right. exists (L e), (L t). auto.
Qed.

#[export] Instance says_recv : forall t e r may_wait, acts t -> whole t ->
  may (L t) Read (L e) -> (forall q, r = Some q -> may (L t) Write (L q)) ->
  ok (recv t e r may_wait) any.
Proof.
  intros t e r mw A W R Q. unfold recv. one. one. one.
  destruct (match a0 with Some x => negb (n_bits x =? 0) | None => false end); [repeat one|].
  destruct a1 as [[|] [|from q]]; repeat one; try (apply ok_arm; auto);
    apply ok_set_wait; split; auto; discriminate.
Qed.

#[export] Instance says_wait_signal : forall t n may_wait, acts t -> may (L t) Read (L n) ->
  ok (wait_signal t n may_wait) any.
Proof. go. Qed.

#[export] Instance says_signal_bound : forall n t, touch t -> ok (signal_bound n t) any.
Proof. go. Qed.
Lemma says_signal : forall A n more, Act A -> may A Write (L n) -> ok (signal n more) any.
Proof.
  intros A n more HA Wr. unfold signal. one. one. one; [one|].
  destruct (n_queue a) as [|t q].
  - one; [one|]. apply says_signal_bound, touch_opens.
    eapply opens_message; [exact HA|exact Wr|]. apply H. apply N.eqb_neq. assumption.
  - one. one. match goal with W : waits_at _ ?w = true |- _ =>
      destruct w; try discriminate W; apply N.eqb_eq in W; subst end.
    assert (O : opens t) by (eapply opens_message; [exact HA|exact Wr|assumption]).
    repeat one.
Qed.

#[export] Instance says_check_registers : forall from, ok (check_registers from) any.
Proof. go. Qed.
#[export] Instance says_write_registers : forall t from, touch t ->
  ok (write_registers t from) any.
Proof. go. Qed.
#[export] Instance says_check_fault_reply : forall caller from,
  ok (check_fault_reply caller from) any.
Proof. go. Qed.
#[export] Instance says_resume_fault : forall caller from, touch caller ->
  ok (resume_fault caller from) any.
Proof. go. Qed.

#[export] Instance says_answer : forall t r, acts t -> whole t -> may (L t) Write (L r) ->
  ok (answer t r) any.
Proof.
  intros t r A W Wr. unfold answer. one. destruct a as [| |c]; try solve [one].
  specialize (H c eq_refl). assert (O : opens c) by (eapply opens_answer; eauto).
  eapply ok_bind; [apply ok_guard|intros [] _]. one. one. cbv zeta. one; [repeat one|].
  destruct a1; try solve [one].
  one. one; [|repeat one]. destruct (t_fault a =? 0); [|one].
  one; [|repeat one]. apply says_transfer; try assumption. intros G.
  destruct a0 as [| | | |q g|]; try discriminate G. apply andb_true_iff in G. destruct G as [G ->].
  apply N.eqb_eq in G. subst q. intros x X HX. eapply answer_gives; eauto.
Qed.

#[export] Instance says_raise : forall t label a b, acts t -> whole t ->
  ok (raise t label a b) any.
Proof.
  intros t l a b A W. unfold raise. cbv zeta.
  set (slot := if l =? fault_timeout then timeout_slot t else handler_slot t).
  assert (G : ok (cap_at slot) (grants (L t))).
  { unfold slot, timeout_slot, handler_slot. destruct (l =? fault_timeout);
      (eapply ok_weaker; [apply ok_cap_at|intros c G; eapply whole_grants; [exact W| |exact G];
       reflexivity]). }
  eapply ok_bind; [exact G|]. intros c Gc. one.
  destruct (is_ty c TEndpoint && _) eqn:E; [|repeat one].
  apply andb_true_iff in E. destruct E as [T E]. one; [|one].
  pose proof (is_ty_eq _ _ T) as T'.
  apply says_send; [assumption|assumption|eapply grants_at; [exact Gc| |]
                   |intros Eg; eapply grants_at; [exact Gc| |]];
    unfold uses, size_of; rewrite T'; try exact E; try reflexivity. rewrite T. exact Eg.
Qed.

End Functions.
