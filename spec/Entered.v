(* SPDX-License-Identifier: BSD-2-Clause *)
(* Secured.v, continued: threads, time, address spaces, the four calls, every way into the
   kernel. *)
Require Import NArith List Bool Lia.
From Tessera Require Import Map Refills State Machine Sched Message Destroy Objects Calls.
From Tessera Require Import Authority Guarded Confined Secured.
Import ListNotations.
Open Scope N_scope.

#[local] Hint Constants Opaque : typeclass_instances.

Section Functions.
Context {label : Type} {lab : place -> label} {s0 : state} {Act : label -> Prop}
  {Timers : N -> Prop}.
Notation L g := (lab (Granule g)).
Notation may := (may lab s0).
Notation call_may := (call_may lab s0).
Notation grants := (grants lab s0).
Notation whole := (whole lab s0).
Notation mine := (mine lab s0).
Notation touch := (touch lab s0 Act).
Notation acts := (acts lab Act).
Notation opens := (opens lab s0 Act).
Notation passes := (passes lab s0).
Notation ok := (@ok label lab s0 Act Timers _).

(* --- Interrupts, timers ----------------------------------------------------------------------- *)

(* t may write the slots of this object. *)
Definition slots (t o : N) : Prop := forall i, i < 24 -> may (L t) Write (L (o + i)).

#[export] Instance says_bind_notification : forall t holder, acts t -> whole t ->
  may (L t) Write (L holder) -> ok (bind_notification t holder) any.
Proof.
  intros t h A W Wh. unfold bind_notification. one. apply says_find_cap; [exact W|].
  intros a' c M _ _ _. one. destruct (negb _); [one|]. one; [|one].
  apply said_copy; [eapply touch_write; eauto|].
  apply (passes_take t); [apply mine_takes|]; assumption.
Qed.

Lemma says_bound_signal : forall A h, Act A -> may A Write (L h) -> ok (bound_signal h) any.
Proof.
  intros A h HA W. unfold bound_signal. eapply ok_bind; [apply ok_cap_at|]. intros c G.
  apply ok_when. intros E. apply andb_true_iff in E. destruct E as [T E]. apply is_ty_eq in T.
  apply (says_signal A); [exact HA|]. eapply may_take; [right; exact W|].
  eapply grants_at; [exact G|unfold uses; rewrite T; exact E|].
  unfold size_of. rewrite T. reflexivity.
Qed.

#[export] Instance says_irq_find : forall f, ok (irq_find f) any. Proof. go. Qed.
#[export] Instance says_free_vector : ok free_vector any. Proof. go. Qed.
Ltac finds W := repeat one; apply says_find_cap; [exact W|intros ? ? ? ? ? ?]; repeat one.
#[export] Instance says_irq_attach : forall t, whole t -> ok (irq_attach t) any.
Proof. intros t W. unfold irq_attach. finds W. Qed.
#[export] Instance says_irq_attach_message : forall t, acts t -> whole t ->
  ok (irq_attach_message t) any.
Proof. intros t A W. unfold irq_attach_message. finds W. Qed.
#[export] Instance says_irq_acknowledge : forall o, ok (irq_acknowledge o) any. Proof. go. Qed.
#[export] Instance says_timer_set_op : forall t o, acts t -> may (L t) Write (L (o + 1)) ->
  ok (timer_set_op t o) any.
Proof.
  intros t o A W. unfold timer_set_op. one. one. one. destruct (_ <? _); [one|].
  destruct (null _); [one|]. one. one; [|one].
  destruct (_ <=? _); [apply (says_bound_signal (L t)); assumption|repeat one].
Qed.
#[export] Instance says_port_read : forall t c, acts t -> ok (port_read t c) any. Proof. go. Qed.
#[export] Instance says_port_write : forall t c, ok (port_write t c) any. Proof. go. Qed.

(* --- Threads ---------------------------------------------------------------------------------- *)

Lemma says_configure_sources : forall l t i, whole t -> ok (configure_sources t i l)
  (fun q => Forall (fun a => a = 0 \/ mine t a) (snd q)).
Proof.
  induction l as [|[k rights] l IH]; intros t i W; simpl; [apply ok_ret; constructor|].
  one. eapply ok_bind; [apply says_slot_of; exact W|]. intros b Hb.
  one; [destruct (_ =? 0); [one|apply says_find_cap; [exact W|intros; one]]|].
  destruct a0; try (apply ok_ret; constructor).
  eapply ok_bind; [apply IH; exact W|]. intros q Q. apply ok_ret. constructor; assumption.
Qed.

Lemma says_configure_one : forall t k source target, acts t -> source = 0 \/ mine t source ->
  may (L t) Write (L target) -> ok (configure_one k source target) any.
Proof.
  intros t k source target A S W. unfold configure_one.
  destruct (source =? 0) eqn:E; [one|]. apply N.eqb_neq in E.
  destruct S as [S|S]; [contradiction|]. one. one. apply ok_when. intros _.
  apply said_copy; [eapply touch_write; eauto|].
  apply (passes_take t); [apply mine_takes|]; assumption.
Qed.

#[export] Instance says_thread_configure : forall t o, acts t -> whole t -> slots t o ->
  ok (thread_configure t o) any.
Proof.
  intros t o A W S. unfold thread_configure. one. one. destruct (_ && _); [one|].
  eapply ok_bind; [apply says_configure_sources; exact W|]. intros [e l] Q. simpl in Q.
  destruct e; try (apply ok_ret; exact I). one; [|repeat one].
  apply ok_each. intros [[k src] dst] X. simpl.
  apply says_configure_one with t; [exact A| |].
  - apply in_combine_l, in_combine_r in X. rewrite Forall_forall in Q. apply Q; exact X.
  - apply in_combine_r in X. unfold slots_of in X. simpl in X.
    repeat (destruct X as [<-|X]; [apply S; reflexivity|]). contradiction.
Qed.

Lemma slots_touch : forall t o, acts t -> slots t o -> touch o.
Proof.
  intros t o A S. eapply touch_write; [exact A|]. specialize (S 0 eq_refl).
  rewrite N.add_0_r in S. exact S.
Qed.
#[export] Instance says_thread_write : forall t o, touch o -> ok (thread_write t o) any.
Proof. go. Qed.
#[export] Instance says_regs_of : forall t l, ok (regs_of t l) any.
Proof. intros t l; revert t; go_on l. Qed.
#[export] Instance says_thread_read : forall t o, acts t -> whole t -> ok (thread_read t o) any.
Proof.
  intros t o A W. unfold thread_read. one. one. eapply ok_bind; [apply says_buffer_of; exact W|].
  intros b B. one; [|repeat one]. apply ok_when. intros E. apply negb_true_iff, N.eqb_neq in E.
  destruct B as [B|B]; [contradiction|].
  assert (T : touch b) by (eapply touch_write; [exact A|exact B]). repeat one.
Qed.
#[export] Instance says_thread_resume : forall t o, ok (thread_resume t o) any. Proof. go. Qed.
#[export] Instance says_thread_suspend : forall t o, ok (thread_suspend t o) any.
Proof.
  intros t o. unfold thread_suspend. one.
  assert (Rest : ok (when (o =? t) (put_reg t r_ax 0) ;;; cancel o ;;; h <- th_at o ;;
    (if negb (t_fault h =? 0) then repeat_fault o
     else when (negb (is_ready a)) (put_reg o r_ax (code ECancelled))) ;;; ret EOk) any).
  { one; [apply ok_when; intros; apply said_answer; reflexivity|]. one. one.
    one; [destruct (negb _); [one|apply ok_when; intros; apply said_answer; reflexivity]|one]. }
  destruct a; first [exact Rest|one].
Qed.
#[export] Instance says_ntfn_set_bound : forall n t, bound_ok lab s0 n t ->
  ok (ntfn_set_bound n t) any.
Proof. go. Qed.
#[export] Instance says_thread_bind : forall t o, acts t -> whole t -> slots t o ->
  ok (thread_bind t o) any.
Proof.
  intros t o A W S. pose proof (slots_touch t o A S) as T. unfold thread_bind. one. one.
  destruct (_ =? 0); [repeat one|]. apply says_find_cap; [exact W|]. intros b c _ G K B.
  one. destruct (_ || _ || _); [one|].
  assert (Bo : bound_ok lab s0 (c_obj c) o).
  { intros _. eapply may_put.
    - specialize (S 0 eq_refl). rewrite N.add_0_r in S. exact S.
    - eapply grants_at; [exact G|unfold uses; rewrite K; exact B|]. unfold size_of.
      rewrite K. reflexivity. }
  repeat one.
Qed.
#[export] Instance says_thread_set_flags : forall t o, ok (thread_set_flags t o) any.
Proof. go. Qed.
#[export] Instance says_thread_inspect : forall t o, acts t -> ok (thread_inspect t o) any.
Proof. go. Qed.
#[export] Instance says_thread_set_tls : forall t o, touch o -> ok (thread_set_tls t o) any.
Proof. go. Qed.

(* --- Time, address spaces --------------------------------------------------------------------- *)

#[export] Instance says_context_bind : forall t x, whole t -> ok (context_bind t x) any.
Proof. intros t x W. unfold context_bind. finds W. Qed.
#[export] Instance says_context_unbind : forall x, ok (context_unbind x) any. Proof. go. Qed.
#[export] Instance says_context_consumed : forall t x, acts t -> ok (context_consumed t x) any.
Proof. go. Qed.
#[export] Instance says_context_yield : forall x, ok (context_yield x) any. Proof. go. Qed.
#[export] Instance says_cpu_configure : forall t c, whole t -> ok (cpu_configure t c) any.
Proof. intros t c W. unfold cpu_configure. finds W. Qed.
#[export] Instance says_cpu_clock : forall t, acts t -> ok (cpu_clock t) any. Proof. go. Qed.

Lemma tables_fit : forall b, N.shiftr b 6 * 64 <= b.
Proof.
  intros b. rewrite N.shiftr_div_pow2, N.mul_comm. apply N.mul_div_le. discriminate.
Qed.
#[export] Instance says_to_tables_cap : forall a p, ok (edit_cap a (fun c => if is_ty c TUntyped
  then Cap TTables 0 p (N.shiftr (c_badge c) 6) 0 0 else c)) any.
Proof.
  intros a p. apply ok_edit_cap. intros c. destruct (is_ty c TUntyped) eqn:T;
    [|left; apply same_books]. right. pose proof (is_ty_eq _ _ T) as T'.
  unfold books. simpl. rewrite T'. repeat split; try reflexivity.
  - unfold uses. rewrite T'. reflexivity.
  - pose proof (tables_fit (c_badge c)) as F. unfold reach, size_of in *. simpl in *.
    rewrite T'. destruct x as [g|q|k]; [lia| |].
    + destruct H0 as [H0 _]. discriminate H0.
    + destruct H0 as [<- [H0|H0]]; discriminate H0.
Qed.
#[export] Instance says_space_supply : forall t p, whole t -> ok (space_supply t p) any.
Proof.
  intros t p W. unfold space_supply. one. apply says_find_cap; [exact W|].
  intros b c _ _ _ _. cbv zeta. destruct (_ || _ || _ || _); [one|]. one.
  destruct (negb _); [one|]. one. destruct (negb _); [one|]. one. one.
  destruct (negb _); [repeat one|].
  one. one. one; [spaces|one].
Qed.

Lemma says_range_some : forall steps what t p d flags first count vaddr, acts t ->
  may (L t) Write (L p) -> reads (lab := lab) (s0 := s0) t d -> first <> 0 -> count <> 0 ->
  first + count <= c_badge d -> ok (range_some steps what t p d flags first count vaddr) any.
Proof.
  induction steps as [|steps IH]; intros what t p d flags first count vaddr A W R F C B; simpl;
    [one|].
  one. one; [apply says_frame_act with t; try assumption; apply R; lia|].
  destruct a0; try (apply ok_ret; exact I). destruct (count =? 1) eqn:C1; [one|].
  apply N.eqb_neq in C1. one. one. one; [destruct what; one|]. apply IH; try assumption; lia.
Qed.
#[export] Instance says_space_range : forall what t p, acts t -> whole t ->
  may (L t) Write (L p) -> ok (space_range what t p) any.
Proof.
  intros what t p A W Wp. unfold space_range. do 5 one.
  apply says_find_cnode; [exact W|auto|]. intros cn c R _ _. specialize (R eq_refl).
  destruct (_ || _) eqn:E; [one|]. apply orb_false_iff in E. destruct E as [C _].
  apply N.eqb_neq in C. destruct (in_range c a0 a1) eqn:Q; simpl; [|one].
  apply range_of in Q. destruct Q. one. apply says_range_some; assumption.
Qed.

(* --- The calls -------------------------------------------------------------------------------- *)

Lemma operations_ok : forall t slot c l op, acts t -> whole t -> (forall x, Timers x) ->
  mine t slot -> grants (L t) c -> operation_of t slot c l = Some op ->
  lacks (op_right op) (c_rights c) = false -> ok (op_act op) any.
Proof.
  intros t slot c l op A W AT M G E Lk. apply negb_false_iff in Lk. unfold operation_of in E.
  cbv zeta in E.
  assert (At : forall g, is_w (c_rights c) = true -> has_memory (c_ty c) = false ->
    reach c (Granule g) -> may (L t) Write (L g)).
  { intros g R K X. apply (G Write (Granule g)); [|exact X]. unfold uses.
    destruct (c_ty c); try discriminate K; try exact R; reflexivity. }
  assert (Own : c_ty c = TThread -> is_w (c_rights c) = true -> slots t (c_obj c)).
  { intros K R i I'. apply At; [exact R|rewrite K; reflexivity|].
    unfold reach, size_of. rewrite K. lia. }
  assert (Wr : c_ty c = TCNode -> is_w (c_rights c) = true -> writes (lab := lab) (s0 := s0) t c).
  { intros K R i _ B. apply At; [exact R|rewrite K; reflexivity|].
    unfold reach, size_of. rewrite K. lia. }
  assert (Here : forall i, i < size_of c -> is_w (c_rights c) = true ->
    has_memory (c_ty c) = false -> may (L t) Write (L (c_obj c + i))).
  { intros i B R K. apply At; [exact R|exact K|]. unfold reach. lia. }
  assert (Here0 : 0 < size_of c -> is_w (c_rights c) = true ->
    has_memory (c_ty c) = false -> may (L t) Write (L (c_obj c))).
  { intros B R K. apply At; [exact R|exact K|]. unfold reach. lia. }
  clear At. unfold size_of in *.
  destruct (c_ty c) eqn:K; repeat match type of E with context [match ?x with _ => _ end] =>
    destruct x end; try discriminate E; injection E as <-; simpl op_act; simpl op_right in Lk;
    match goal with
    | |- Guarded.ok (retype _ _) _ => apply says_retype; assumption
    | |- Guarded.ok (cnode_copy _ _) _ => apply says_cnode_copy; auto
    | |- Guarded.ok (cnode_mint _ _) _ => apply says_cnode_mint; auto
    | |- Guarded.ok (cnode_move _ _) _ => apply says_cnode_move; auto
    | |- Guarded.ok (thread_configure _ _) _ => apply says_thread_configure; auto
    | |- Guarded.ok (thread_bind _ _) _ => apply says_thread_bind; auto
    | |- Guarded.ok (thread_write _ _) _ =>
        apply says_thread_write; apply (slots_touch t); auto
    | |- Guarded.ok (thread_set_tls _ _) _ =>
        apply says_thread_set_tls; apply (slots_touch t); auto
    | |- Guarded.ok (space_range _ _ _) _ =>
        apply says_space_range; [assumption..|apply Here0; auto; reflexivity]
    | |- Guarded.ok (bind_notification _ _) _ =>
        apply says_bind_notification; [assumption..|apply Here; auto; reflexivity]
    | |- Guarded.ok (timer_set_op _ _) _ =>
        apply says_timer_set_op; [assumption|apply Here; auto; reflexivity]
    | |- _ => solve [repeat one]
    end.
Qed.

#[export] Instance says_invoke : forall t slot c, acts t -> whole t -> (forall x, Timers x) ->
  mine t slot -> grants (L t) c -> ok (invoke t slot c) any.
Proof.
  intros t slot c A W AT M G. unfold invoke. one.
  destruct (operation_of t slot c (tag_label a)) as [op|] eqn:E; [|one].
  destruct (lacks _ _) eqn:Lk; [one|].
  one; [eapply operations_ok; eauto|]. destruct a0; try (apply ok_ret; exact I). repeat one.
Qed.

Lemma endpoint_at : forall A c r, grants A c -> c_ty c = TEndpoint -> uses c r = true ->
  may A r (L (c_obj c)).
Proof.
  intros A c r G K U. eapply grants_at; [exact G|exact U|]. unfold size_of. rewrite K. reflexivity.
Qed.

Lemma says_send_checked : forall t c calls may_wait, acts t -> whole t -> grants (L t) c ->
  c_ty c = TEndpoint -> ok (send_checked t c calls may_wait) any.
Proof.
  intros t c calls mw A W G K. unfold send_checked. one.
  destruct (is_w (c_rights c)) eqn:R; simpl; [|one]. destruct (N.testbit _ _); [one|].
  one. destruct a0; try (apply ok_ret; exact I).
  apply says_send; try assumption.
  - apply endpoint_at; [exact G|exact K|]. unfold uses. rewrite K. exact R.
  - intros Gr. apply endpoint_at; [exact G|exact K|]. unfold uses, is_ty. rewrite K. exact Gr.
Qed.

Lemma reply_at_may : forall t c, grants (L t) c -> c_ty c = TReply ->
  may (L t) Write (L (c_obj c)).
Proof.
  intros t c G K. eapply grants_at; [exact G| |]; unfold uses, size_of; rewrite K; reflexivity.
Qed.

#[export] Instance says_do_send : forall t c may_wait, acts t -> whole t -> grants (L t) c ->
  ok (do_send t c may_wait) any.
Proof.
  intros t c mw A W G. unfold do_send. destruct (c_ty c) eqn:K; try (apply ok_ret; exact I).
  - apply says_send_checked; assumption.
  - destruct (is_w (c_rights c)) eqn:R; [|one]. one; [|one]. apply (says_signal (L t)); [exact A|].
    eapply grants_at; [exact G|unfold uses; rewrite K; exact R|]. unfold size_of. rewrite K.
    reflexivity.
  - apply says_answer; try assumption. apply reply_at_may; assumption.
Qed.

Lemma says_find_reply : forall t then_, whole t ->
  (forall o, (forall r, o = Some r -> may (L t) Write (L r)) -> ok (then_ o) any) ->
  ok (find_reply t then_) any.
Proof.
  intros t then_ W H. unfold find_reply. one.
  eapply ok_bind; [apply says_slot_of; exact W|]. intros b Hb.
  eapply ok_bind; [apply ok_cap_at|]. intros c G.
  destruct (a =? 0); [apply H; discriminate|].
  destruct ((b =? 0) || null c) eqn:E; [one|]. apply orb_false_iff in E. destruct E as [E _].
  apply N.eqb_neq in E. destruct Hb as [Hb|Hb]; [contradiction|].
  destruct (is_ty c TReply) eqn:K; [|one]. apply is_ty_eq in K.
  apply H. intros r Q. injection Q as <-. apply reply_at_may; [|exact K].
  eapply grants_take; [apply (mine_takes t b Hb)|exact G].
Qed.

Lemma receives_from : forall t c, grants (L t) c -> c_ty c = TEndpoint \/ c_ty c = TNotification ->
  is_r (c_rights c) = true -> may (L t) Read (L (c_obj c)).
Proof.
  intros t c G K R. eapply grants_at; [exact G| |]; unfold uses, size_of;
    destruct K as [->| ->]; try exact R; reflexivity.
Qed.

#[export] Instance says_do_recv : forall t c may_wait, acts t -> whole t -> grants (L t) c ->
  ok (do_recv t c may_wait) any.
Proof.
  intros t c mw A W G. unfold do_recv.
  destruct (c_ty c) eqn:K; try (apply ok_ret; exact I);
    (destruct (is_r (c_rights c)) eqn:R; simpl; [|one]).
  - pose proof (receives_from t c G (or_introl K) R) as Rd.
    apply says_find_reply; [exact W|]. intros [r|] Q.
    + one. destruct a; try (apply ok_ret; exact I). apply says_recv; assumption.
    + apply says_recv; try assumption; discriminate.
  - apply says_wait_signal; [exact A|]. apply receives_from; auto.
Qed.

#[export] Instance says_do_reply_recv : forall t c may_wait, acts t -> whole t ->
  grants (L t) c -> ok (do_reply_recv t c may_wait) any.
Proof.
  intros t c mw A W G. unfold do_reply_recv.
  destruct (is_ty c TEndpoint) eqn:K; simpl; [|one]. apply is_ty_eq in K.
  destruct (is_r (c_rights c)) eqn:R; simpl; [|one].
  pose proof (receives_from t c G (or_introl K) R) as Rd.
  apply says_find_reply; [exact W|]. intros [r|] Q; [|one].
  eapply ok_bind; [apply says_answer; auto|intros e _]. destruct e; try (apply ok_ret; exact I).
  eapply ok_bind; [apply says_recv; auto|intros e _]. destruct e; try (apply ok_ret; exact I).
  repeat one.
Qed.

#[export] Instance says_decode : forall t, acts t -> whole t -> (forall x, Timers x) ->
  ok (decode t) any.
Proof.
  intros t A W AT. unfold decode. one. one.
  eapply ok_bind; [apply says_slot_of; exact W|]. intros b Hb.
  eapply ok_bind; [apply ok_cap_at|]. intros c G. cbv zeta.
  destruct (3 <? _); [one|]. destruct ((b =? 0) || null c) eqn:E; [one|].
  apply orb_false_iff in E. destruct E as [E _]. apply N.eqb_neq in E.
  destruct Hb as [Hb|Hb]; [contradiction|].
  apply (grants_take lab s0 (L t)) in G; [|apply mine_takes; exact Hb].
  repeat match goal with |- Guarded.ok (match ?x with _ => _ end) _ => destruct x eqn:? end;
    match goal with
    | |- Guarded.ok (send_checked _ _ _ _) _ =>
        apply says_send_checked; [assumption..|apply is_ty_eq; assumption]
    | |- Guarded.ok (invoke _ _ _) _ => apply says_invoke; assumption
    | |- _ => typeclasses eauto
    end.
Qed.

(* --- Leaving, short ways ---------------------------------------------------------------------- *)

#[export] Instance says_reschedule_if : ok reschedule_if any. Proof. go. Qed.
#[export] Instance says_tell_expired : forall t, acts t -> ok (tell_expired t) any.
Proof. go. Qed.

Lemma says_server_of : forall e, ok (server_of e) (fun o => forall v, o = Some v ->
  whole (v_thread v) /\ may (L (v_thread v)) Read (L e) /\
  may (L (v_thread v)) Write (L (v_reply v))).
Proof.
  intros e. unfold server_of. one. destruct a as [[|] [|t q]]; try (apply ok_ret; discriminate).
  one. one. one. one. apply ok_ret. intros v Q.
  destruct (reply_option a) as [r|] eqn:E; [|discriminate Q].
  destruct (receives_at e a) eqn:Re; [|discriminate Q]. simpl in Q.
  destruct (_ && _) in Q; [|discriminate Q]. injection Q as <-. simpl.
  destruct (receives (lab := lab) (s0 := s0) t e a Re) as [R Q]; [assumption|]. auto.
Qed.

#[export] Instance says_run_thread : forall t, ok (run_thread t) any. Proof. go. Qed.
Lemma says_pass_to : forall t e v grant, call_may (L t) (L (v_reply v)) grant ->
  ok (pass_to t e v grant) any.
Proof. go. Qed.

#[export] Instance says_short_call : forall t, acts t -> whole t -> ok (short_call t) any.
Proof.
  intros t A W. unfold short_call. one. one.
  eapply ok_bind; [apply says_slot_of; exact W|]. intros b Hb.
  eapply ok_bind; [apply ok_cap_at|]. intros c G.
  destruct (_ || _ || _ || _ || _) eqn:E; [one|].
  do 2 (apply orb_false_iff in E; destruct E as [E _]). apply orb_false_iff in E.
  destruct E as [E E3]. apply orb_false_iff in E. destruct E as [E1 E2].
  apply N.eqb_neq in E1. apply negb_false_iff in E2, E3. apply is_ty_eq in E2.
  destruct Hb as [Hb|Hb]; [contradiction|].
  apply (grants_take lab s0 (L t)) in G; [|apply mine_takes; exact Hb].
  eapply ok_bind; [apply says_server_of|]. intros [v|] Q; [|one].
  destruct (Q v eq_refl) as [Wv [Rv Wr]].
  assert (Ws : may (L t) Write (L (c_obj c))).
  { apply endpoint_at; [exact G|exact E2|]. unfold uses. rewrite E2. exact E3. }
  assert (O : opens (v_thread v)) by (eapply opens_message; [exact A|exact Ws|exact Rv]).
  do 4 one. one; [|one]. apply says_pass_to. right. exists (L (c_obj c)), (L (v_thread v)).
  repeat split; try assumption. intros Gr. apply endpoint_at; [exact G|exact E2|].
  unfold uses, is_ty. rewrite E2. exact Gr.
Qed.

#[export] Instance says_nothing_waits : forall t e, ok (nothing_waits t e) any. Proof. go. Qed.
Lemma says_pass_back : forall t c e r, may (L t) Read (L e) -> may (L t) Write (L r) ->
  ok (pass_back t c e r) any.
Proof. go. Qed.
#[export] Instance says_waits_for_answer : forall c, ok (waits_for_answer c) any. Proof. go. Qed.

#[export] Instance says_short_reply_recv : forall t, acts t -> whole t ->
  ok (short_reply_recv t) any.
Proof.
  intros t A W. unfold short_reply_recv. one. one. one.
  eapply ok_bind; [apply says_slot_of; exact W|]. intros b Hb.
  eapply ok_bind; [apply ok_cap_at|]. intros c G.
  eapply ok_bind; [apply says_slot_of; exact W|]. intros b' Hb'.
  eapply ok_bind; [apply ok_cap_at|]. intros d G'.
  destruct (_ || _ || _ || _ || _) eqn:E; [one|].
  apply orb_false_iff in E. destruct E as [E E5]. apply orb_false_iff in E.
  destruct E as [E E4]. apply orb_false_iff in E. destruct E as [E E3]. apply orb_false_iff in E.
  destruct E as [E1 E2]. apply N.eqb_neq in E1, E2. apply negb_false_iff in E3, E4, E5.
  apply is_ty_eq in E3, E5.
  destruct Hb as [Hb|Hb]; [contradiction|]. destruct Hb' as [Hb'|Hb']; [contradiction|].
  apply (grants_take lab s0 (L t)) in G; [|apply mine_takes; exact Hb].
  apply (grants_take lab s0 (L t)) in G'; [|apply mine_takes; exact Hb'].
  pose proof (receives_from t c G (or_introl E3) E4) as Re.
  pose proof (reply_at_may t d G' E5) as Wr.
  one. destruct a2 as [| |y]; try (apply ok_ret; exact I). specialize (H y eq_refl).
  assert (O : opens y) by (eapply opens_answer; [exact A|exact Wr|exact H]).
  pose proof (says_pass_back t y (c_obj c) (c_obj d) Re Wr).
  repeat one.
Qed.

#[export] Instance says_raise_from_user : forall t l a b, acts t ->
  ok (raise_from_user t l a b) any.
Proof.
  intros t l x y A. unfold raise_from_user. one.
  eapply ok_bind; [apply ok_cap_at|]. intros c G.
  apply ok_bind with (fun o => forall v, o = Some v ->
    (is_ty c TEndpoint && is_w (c_rights c) = true) /\ whole (v_thread v) /\
    may (L (v_thread v)) Read (L (c_obj c)) /\
    may (L (v_thread v)) Write (L (v_reply v))).
  { destruct (is_ty c TEndpoint && is_w (c_rights c)); [|apply ok_ret; discriminate].
    eapply ok_weaker; [apply says_server_of|]. intros o Q v E. destruct (Q v E). auto. }
  intros [v|] Q; [|repeat one]. destruct (Q v eq_refl) as [E [Wv [Rv Wr]]].
  apply andb_true_iff in E. destruct E as [E R]. apply is_ty_eq in E.
  apply (whole_grants lab s0 t 8) in G; [|assumption|reflexivity].
  assert (Ws : may (L t) Write (L (c_obj c))).
  { apply endpoint_at; [exact G|exact E|]. unfold uses. rewrite E. exact R. }
  assert (O : opens (v_thread v)) by (eapply opens_message; [exact A|exact Ws|exact Rv]).
  do 4 one. apply says_pass_to. right. exists (L (c_obj c)), (L (v_thread v)).
  repeat split; try assumption. intros Gr. apply endpoint_at; [exact G|exact E|].
  unfold uses, is_ty. rewrite E. exact Gr.
Qed.

(* --- Entries ---------------------------------------------------------------------------------- *)

#[export] Instance says_conclude : forall t e, acts t -> ok (conclude t e) any. Proof. go. Qed.
#[export] Instance says_complete_way : forall t, acts t -> (forall x, Timers x) ->
  ok (complete_way t) any.
Proof.
  intros t A AT. unfold complete_way. one. eapply ok_bind; [apply says_decode; assumption|].
  intros e _. repeat one.
Qed.
Lemma says_system_call_of : forall t, acts t -> (forall x, Timers x) ->
  ok (foreign <- flag t flag_foreign ;;
      if foreign : bool then raise_from_user t fault_syscall 0 0 else
      number <- reg t r_ax ;;
      done <- (if number =? 0 then short_call t
               else if number =? 3 then short_reply_recv t else ret false) ;;
      if done : bool then ret tt else complete_way t) any.
Proof.
  intros t A AT. one. destruct a; [one|]. one.
  one; [destruct (_ =? 0); [|destruct (_ =? 3)]; repeat one|].
  destruct a0; [one|apply says_complete_way; assumption].
Qed.
Lemma says_fire_timers : (forall x, Timers x -> Act (L (x + 1))) ->
  forall n ties, ok (fire_timers n ties) any.
Proof.
  intros T n. induction n as [|n IH]; intros ties; simpl; [one|]. one.
  destruct a as [x|]; [|one]. one. one; [|apply IH]. apply ok_when. intros E.
  apply (says_bound_signal (L (x + 1))); [|apply may_self]. apply T, H.
  destruct a; try discriminate E. reflexivity.
Qed.

End Functions.
