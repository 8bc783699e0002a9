(* SPDX-License-Identifier: BSD-2-Clause *)
(* What every primitive of Machine.v keeps, every entry into the kernel keeps.

   So an invariant has to be looked at once for each primitive that changes what it speaks of, and
   never again for an operation. *)
Require Import NArith List Bool.
From Tessera Require Import Map Refills State Machine Sched Message Destroy Objects Calls Boot.
Import ListNotations.
Open Scope N_scope.

Definition keeps (I : state -> Prop) {A} (m : M A) : Prop :=
  forall s a s', I s -> m s = Some (a, s') -> I s'.
Existing Class keeps.

(* What theorems speak of; most of them only of the central part. *)
Definition central (s : state) :=
  (s_caps s, s_up s, s_kids s, s_regions s, s_replies s, s_waits s, s_budgets s, s_lim s).
Definition core (s : state) := (central s, s_spaces s, s_kinds s).

(* No mapping comes. *)
Definition calm (f : space -> space) : Prop :=
  forall x k l, get k (p_maps (f x)) = Some l -> get k (p_maps x) = Some l.
Existing Class calm.
#[export] Hint Extern 1 (calm _) => intros ? ? ?; simpl; rewrite ?get_del, ?get_empty;
  try match goal with |- context [N.eqb ?a ?b] => destruct (N.eqb a b) end;
  first [exact id|discriminate|intros; assumption] : typeclass_instances.

Record kept (I : state -> Prop) : Prop := {
  kept_other : forall s s', core s = core s' -> I s -> I s';
  kept_put_cap : forall p a c, keeps I (put_cap p a c);
  kept_drop_cap : forall a, keeps I (drop_cap a);
  kept_move_cap : forall a b, keeps I (move_cap a b);
  kept_edit_cap : forall a f, keeps I (edit_cap a f);
  kept_make_region : forall u p n w, keeps I (make_region u p n w);
  kept_drop_region : forall i, keeps I (drop_region i);
  kept_afresh : forall u, keeps I (afresh u);
  kept_to_tables : forall u, keeps I (to_tables u);
  kept_from_tables : forall u, keeps I (from_tables u);
  kept_set_wait : forall t w, keeps I (set_wait t w);
  kept_arm : forall t e r, keeps I (arm t e r);
  kept_disarm : forall t w, keeps I (disarm t w);
  kept_owe_reply : forall c r g, keeps I (owe_reply c r g);
  kept_end_call : forall c w, keeps I (end_call c w);
  kept_new_thread_wait : forall t, keeps I (new_thread_wait t);
  kept_new_reply : forall r, keeps I (new_reply r);
  kept_forget_wait : forall t, keeps I (forget_wait t);
  kept_forget_reply : forall r, keeps I (forget_reply r);
  kept_new_budget : forall x, keeps I (new_budget x);
  kept_charge_budget : forall x n m, keeps I (charge_budget x n m);
  kept_configure_budget : forall x n m, keeps I (configure_budget x n m);
  kept_new_slice : forall x, keeps I (new_slice x);
  kept_forget_budget : forall x, keeps I (forget_budget x);
  kept_put_kind : forall o k, keeps I (put_kind o k);
  kept_show : forall p k l i, keeps I (show p k l i);
  kept_reflag : forall p k l, keeps I (reflag p k l);
  kept_put_space : forall p f, calm f -> keeps I (put_space p f);
  kept_new_space : forall p n, keeps I (new_space p n);
  kept_forget_fields : forall o, keeps I (forget_fields o)
}.
Existing Class kept.

(* The same of those that make no capability, no object, no mapping and no call. *)
Record shrinks (I : state -> Prop) : Prop := {
  shrinks_other : forall s s', core s = core s' -> I s -> I s';
  shrinks_drop_cap : forall a, keeps I (drop_cap a);
  shrinks_edit_cap : forall a f, keeps I (edit_cap a f);
  shrinks_drop_region : forall i, keeps I (drop_region i);
  shrinks_from_tables : forall u, keeps I (from_tables u);
  shrinks_set_wait : forall t w, keeps I (set_wait t w);
  shrinks_disarm : forall t w, keeps I (disarm t w);
  shrinks_end_call : forall c w, keeps I (end_call c w);
  shrinks_forget_wait : forall t, keeps I (forget_wait t);
  shrinks_forget_reply : forall r, keeps I (forget_reply r);
  shrinks_charge_budget : forall x n m, keeps I (charge_budget x n m);
  shrinks_configure_budget : forall x n m, keeps I (configure_budget x n m);
  shrinks_new_slice : forall x, keeps I (new_slice x);
  shrinks_forget_budget : forall x, keeps I (forget_budget x);
  shrinks_put_space : forall p f, calm f -> keeps I (put_space p f);
  shrinks_forget_fields : forall o, keeps I (forget_fields o)
}.
Existing Class shrinks.

Lemma kept_shrinks : forall I, kept I -> shrinks I.
Proof. intros I K. constructor; apply K. Qed.

(* What speaks of the central part only. *)
Record basic (I : state -> Prop) : Prop := {
  basic_other : forall s s', central s = central s' -> I s -> I s';
  basic_put_cap : forall p a c, keeps I (put_cap p a c);
  basic_drop_cap : forall a, keeps I (drop_cap a);
  basic_move_cap : forall a b, keeps I (move_cap a b);
  basic_edit_cap : forall a f, keeps I (edit_cap a f);
  basic_make_region : forall u p n w, keeps I (make_region u p n w);
  basic_drop_region : forall i, keeps I (drop_region i);
  basic_afresh : forall u, keeps I (afresh u);
  basic_to_tables : forall u, keeps I (to_tables u);
  basic_from_tables : forall u, keeps I (from_tables u);
  basic_set_wait : forall t w, keeps I (set_wait t w);
  basic_arm : forall t e r, keeps I (arm t e r);
  basic_disarm : forall t w, keeps I (disarm t w);
  basic_owe_reply : forall c r g, keeps I (owe_reply c r g);
  basic_end_call : forall c w, keeps I (end_call c w);
  basic_new_thread_wait : forall t, keeps I (new_thread_wait t);
  basic_new_reply : forall r, keeps I (new_reply r);
  basic_forget_wait : forall t, keeps I (forget_wait t);
  basic_forget_reply : forall r, keeps I (forget_reply r);
  basic_new_budget : forall x, keeps I (new_budget x);
  basic_charge_budget : forall x n m, keeps I (charge_budget x n m);
  basic_configure_budget : forall x n m, keeps I (configure_budget x n m);
  basic_new_slice : forall x, keeps I (new_slice x);
  basic_forget_budget : forall x, keeps I (forget_budget x)
}.
Record small (I : state -> Prop) : Prop := {
  small_other : forall s s', central s = central s' -> I s -> I s';
  small_drop_cap : forall a, keeps I (drop_cap a);
  small_edit_cap : forall a f, keeps I (edit_cap a f);
  small_drop_region : forall i, keeps I (drop_region i);
  small_from_tables : forall u, keeps I (from_tables u);
  small_set_wait : forall t w, keeps I (set_wait t w);
  small_disarm : forall t w, keeps I (disarm t w);
  small_end_call : forall c w, keeps I (end_call c w);
  small_forget_wait : forall t, keeps I (forget_wait t);
  small_forget_reply : forall r, keeps I (forget_reply r);
  small_charge_budget : forall x n m, keeps I (charge_budget x n m);
  small_configure_budget : forall x n m, keeps I (configure_budget x n m);
  small_new_slice : forall x, keeps I (new_slice x);
  small_forget_budget : forall x, keeps I (forget_budget x)
}.

Lemma basic_small : forall I, basic I -> small I.
Proof. intros I P. constructor; apply P. Qed.
Lemma put_space_only : forall p f s u s', put_space p f s = Some (u, s') -> exists x,
  get p (s_spaces s) = Some x /\ s' = set_s_spaces (set p (f x) (s_spaces s)) s.
Proof.
  intros p f s u s' E. unfold put_space, space_at, bind, gets, need, write in E.
  destruct (get p (s_spaces s)) as [x|]; [|discriminate E]. simpl in E. injection E as _ <-.
  exists x. auto.
Qed.
Ltac outside P := intros; intros s1 v s2 H0 E; apply (P s1 s2); [|exact H0];
  try (apply put_space_only in E; destruct E as [? [_ ->]]; reflexivity);
  unfold put_kind, show, reflag, new_space, forget_fields, write in E;
  repeat match type of E with
  | match ?x with _ => _ end = _ => destruct x; try discriminate E
  end; injection E as _ <-; reflexivity.
Lemma small_shrinks : forall I, small I -> shrinks I.
Proof.
  intros I P. constructor; try solve [apply P].
  - intros s s' E. apply (small_other I P). unfold core in E. congruence.
  - outside (small_other I P).
  - outside (small_other I P).
Qed.
Lemma basic_kept : forall I, basic I -> kept I.
Proof.
  intros I P. constructor; try solve [apply P].
  - intros s s' E. apply (basic_other I P). unfold core in E. congruence.
  - outside (basic_other I P).
  - outside (basic_other I P).
  - outside (basic_other I P).
  - outside (basic_other I P).
  - outside (basic_other I P).
  - outside (basic_other I P).
Qed.

Section Less.
Context (I : state -> Prop) {K : shrinks I}.

#[export] Instance keeps_ret : forall A (a : A), keeps I (ret a).
Proof. intros A a s b s' H E. injection E as _ <-. exact H. Qed.
#[export] Instance keeps_stuck : forall A, keeps I (@stuck A).
Proof. intros A s b s' H E. discriminate E. Qed.
#[export] Instance keeps_gets : forall A (f : state -> A), keeps I (gets f).
Proof. intros A f s b s' H E. injection E as _ <-. exact H. Qed.
Lemma keeps_bind : forall A B (m : M A) (k : A -> M B),
  keeps I m -> (forall a, keeps I (k a)) -> keeps I (bind m k).
Proof.
  intros A B m k Hm Hk s b s' H E. unfold bind in E.
  destruct (m s) as [[a s1]|] eqn:F; [|discriminate E]. exact (Hk a s1 b s' (Hm s a s1 H F) E).
Qed.
#[export] Instance keeps_need : forall A (o : option A), keeps I (need o).
Proof. intros A [a|]; [apply keeps_ret|apply keeps_stuck]. Qed.
#[export] Instance keeps_guard : forall b, keeps I (guard b).
Proof. intros [|]; [apply keeps_ret|apply keeps_stuck]. Qed.
Lemma keeps_when : forall b m, keeps I m -> keeps I (when b m).
Proof. intros [|] m H; [exact H|apply keeps_ret]. Qed.
Lemma keeps_other : forall f, (forall s, core s = core (f s)) -> keeps I (write f).
Proof.
  intros f C s b s' H E. injection E as _ <-. exact (shrinks_other I K s (f s) (C s) H).
Qed.
Lemma keeps_each : forall A (f : A -> M unit) l, (forall a, keeps I (f a)) -> keeps I (each f l).
Proof.
  intros A f l H. induction l as [|a l IH]; simpl; [apply keeps_ret|].
  apply keeps_bind; [apply H|intros _; exact IH].
Qed.

#[local] Existing Instances shrinks_drop_cap shrinks_edit_cap shrinks_drop_region
  shrinks_from_tables shrinks_set_wait shrinks_disarm shrinks_end_call shrinks_forget_wait
  shrinks_forget_reply shrinks_charge_budget shrinks_configure_budget shrinks_new_slice
  shrinks_forget_budget shrinks_put_space shrinks_forget_fields.

End Less.

(* An operation is known by its name: it is not unfolded to find out. *)
#[local] Hint Constants Opaque : typeclass_instances.

(* Goes through an operation, step by step; what it is made of is there already. *)
Ltac one := first
  [ solve [typeclasses eauto]
  | assumption
  | match goal with H : forall _, keeps _ _ |- keeps _ _ => simple apply H end
  | match goal with H : forall _ _, keeps _ _ |- keeps _ _ => simple apply H end
  | match goal with |- keeps _ (write _) =>
      apply keeps_other; try typeclasses eauto; intros; reflexivity end
  | match goal with |- keeps _ (bind _ _) => apply keeps_bind; intros end
  | match goal with |- keeps _ (when _ _) => apply keeps_when end
  | match goal with |- keeps _ (each _ _) => apply keeps_each; intros end
  | match goal with
    | |- keeps _ (let _ := _ in _) => cbv zeta
    | |- keeps _ (if ?b then _ else _) => destruct b
    | |- keeps _ (match ?x with _ => _ end) => destruct x
    | |- keeps _ ((fun _ => _) _) => cbv beta
    | |- keeps _ (find_cap _ _ _ _ _) => unfold find_cap
    | |- keeps _ (find_cnode _ _ _ _) => unfold find_cnode
    | |- keeps _ (find_pair _ _ _ _) => unfold find_pair
    | |- keeps _ (find_reply _ _) => unfold find_reply
    end ].
Ltac head m := match m with ?f _ => head f | _ => m end.
Ltac go := intros;
  match goal with |- keeps _ ?m => let f := head m in unfold f end; repeat one.
Ltac go_on n := induction n; intros; simpl; repeat one.

Section Shrinking.
Context (I : state -> Prop) {K : shrinks I}.
#[local] Existing Instances shrinks_drop_cap shrinks_edit_cap shrinks_drop_region
  shrinks_from_tables shrinks_set_wait shrinks_disarm shrinks_end_call shrinks_forget_wait
  shrinks_forget_reply shrinks_charge_budget shrinks_configure_budget shrinks_new_slice
  shrinks_forget_budget shrinks_put_space shrinks_forget_fields.

(* Machine.v *)
#[export] Instance keeps_cap_at : forall a, keeps I (cap_at a). Proof. go. Qed.
#[export] Instance keeps_kind_of : forall o, keeps I (kind_of o). Proof. go. Qed.
#[export] Instance keeps_th_at : forall t, keeps I (th_at t). Proof. go. Qed.
#[export] Instance keeps_wait_at : forall t, keeps I (wait_at t). Proof. go. Qed.
#[export] Instance keeps_sc_at : forall x, keeps I (sc_at x). Proof. go. Qed.
#[export] Instance keeps_budget_at : forall x, keeps I (budget_at x). Proof. go. Qed.
#[export] Instance keeps_ep_at : forall e, keeps I (ep_at e). Proof. go. Qed.
#[export] Instance keeps_ntfn_at : forall n, keeps I (ntfn_at n). Proof. go. Qed.
#[export] Instance keeps_reply_at : forall r, keeps I (reply_at r). Proof. go. Qed.
#[export] Instance keeps_space_at : forall p, keeps I (space_at p). Proof. go. Qed.
#[export] Instance keeps_irq_at : forall i, keeps I (irq_at i). Proof. go. Qed.
#[export] Instance keeps_cpu_now : keeps I cpu_now. Proof. go. Qed.
#[export] Instance keeps_reg : forall t i, keeps I (reg t i). Proof. go. Qed.
#[export] Instance keeps_region_used : forall u, keeps I (region_used u). Proof. go. Qed.
#[export] Instance keeps_put_reg : forall t i v, keeps I (put_reg t i v). Proof. go. Qed.
#[export] Instance keeps_put_mem : forall page i v, keeps I (put_mem page i v). Proof. go. Qed.
#[export] Instance keeps_mem_at : forall page i, keeps I (mem_at page i). Proof. go. Qed.
#[export] Instance keeps_put_th : forall t f, keeps I (put_th t f). Proof. go. Qed.
#[export] Instance keeps_put_sc : forall x f, keeps I (put_sc x f). Proof. go. Qed.
#[export] Instance keeps_put_ep : forall e v, keeps I (put_ep e v). Proof. go. Qed.
#[export] Instance keeps_put_ntfn : forall n v, keeps I (put_ntfn n v). Proof. go. Qed.
#[export] Instance keeps_put_irq : forall i v, keeps I (put_irq i v). Proof. go. Qed.
#[export] Instance keeps_put_due : forall n d, keeps I (put_due n d). Proof. go. Qed.
#[export] Instance keeps_drop_due : forall n, keeps I (drop_due n). Proof. go. Qed.
#[export] Instance keeps_put_cpu : forall f, keeps I (put_cpu f). Proof. go. Qed.
#[export] Instance keeps_put_doomed : forall l, keeps I (put_doomed l). Proof. go. Qed.
#[export] Instance keeps_put_asids : forall a, keeps I (put_asids a). Proof. go. Qed.
#[export] Instance keeps_put_cnode : forall c v, keeps I (put_cnode c v). Proof. go. Qed.
#[export] Instance keeps_clear_regs : forall t, keeps I (clear_regs t). Proof. go. Qed.
#[export] Instance keeps_clear_mem : forall page, keeps I (clear_mem page). Proof. go. Qed.
#[export] Instance keeps_new_th : forall t, keeps I (new_th t). Proof. go. Qed.
#[export] Instance keeps_new_sc : forall x, keeps I (new_sc x). Proof. go. Qed.
(* Sched.v *)
#[export] Instance keeps_flag : forall t f, keeps I (flag t f). Proof. go. Qed.
#[export] Instance keeps_decide : keeps I decide. Proof. go. Qed.
#[export] Instance keeps_switch : keeps I switch. Proof. go. Qed.
#[export] Instance keeps_ready_add : forall front x, keeps I (ready_add front x). Proof. go. Qed.
#[export] Instance keeps_ready_remove : forall x, keeps I (ready_remove x). Proof. go. Qed.
#[export] Instance keeps_due_add : forall n d, keeps I (due_add n d). Proof. go. Qed.
#[export] Instance keeps_due_take : forall ties, keeps I (due_take ties). Proof. go. Qed.
#[export] Instance keeps_timer_set : forall d, keeps I (timer_set d). Proof. go. Qed.
#[export] Instance keeps_charge_now : keeps I charge_now. Proof. go. Qed.
#[export] Instance keeps_budget_left : forall x, keeps I (budget_left x). Proof. go. Qed.
#[export] Instance keeps_may_go_on : forall x, keeps I (may_go_on x). Proof. go. Qed.
#[export] Instance keeps_overtake : forall x, keeps I (overtake x). Proof. go. Qed.
#[export] Instance keeps_start : forall front x, keeps I (start front x). Proof. go. Qed.
#[export] Instance keeps_stop : forall x, keeps I (stop x). Proof. go. Qed.
#[export] Instance keeps_settle : forall x, keeps I (settle x). Proof. go. Qed.
#[export] Instance keeps_settle_of : forall t, keeps I (settle_of t). Proof. go. Qed.
#[export] Instance keeps_block : forall t, keeps I (block t). Proof. go. Qed.
#[export] Instance keeps_bind_context : forall x t, keeps I (bind_context x t). Proof. go. Qed.
#[export] Instance keeps_fall_back : forall t, keeps I (fall_back t). Proof. go. Qed.
#[export] Instance keeps_unbind_context : forall x, keeps I (unbind_context x). Proof. go. Qed.
#[export] Instance keeps_borrows : forall t, keeps I (borrows t). Proof. go. Qed.
#[export] Instance keeps_hand_over : forall from to, keeps I (hand_over from to). Proof. go. Qed.
#[export] Instance keeps_lend : forall from to, keeps I (lend from to). Proof. go. Qed.
#[export] Instance keeps_leave_lenders : forall t, keeps I (leave_lenders t). Proof. go. Qed.
#[export] Instance keeps_lends : forall t, keeps I (lends t). Proof. go. Qed.
#[export] Instance keeps_unlend : forall t, keeps I (unlend t). Proof. go. Qed.
#[export] Instance keeps_take_away : forall t, keeps I (take_away t). Proof. go. Qed.
#[export] Instance keeps_give_back : forall t, keeps I (give_back t). Proof. go. Qed.
#[export] Instance keeps_configure_context : forall x amount period prio,
  keeps I (configure_context x amount period prio).
Proof. go. Qed.
#[export] Instance keeps_yield : keeps I yield. Proof. go. Qed.
#[export] Instance keeps_take_due : forall ties, keeps I (take_due ties). Proof. go. Qed.
#[export] Instance keeps_expire : forall x, keeps I (expire x). Proof. go. Qed.
#[export] Instance keeps_preempt : keeps I preempt. Proof. go. Qed.
#[export] Instance keeps_next_decision : forall x, keeps I (next_decision x). Proof. go. Qed.
#[export] Instance keeps_enter : keeps I enter. Proof. go. Qed.
#[export] Instance keeps_pick : keeps I pick. Proof. go. Qed.
#[export] Instance keeps_go_on : keeps I go_on. Proof. go. Qed.
#[export] Instance keeps_reschedule : keeps I reschedule. Proof. go. Qed.
(* Message.v, of it what deleting needs *)
#[export] Instance keeps_ep_remove : forall e t, keeps I (ep_remove e t). Proof. go. Qed.
#[export] Instance keeps_ntfn_remove : forall n t, keeps I (ntfn_remove n t). Proof. go. Qed.
#[export] Instance keeps_ntfn_set_bits : forall n v, keeps I (ntfn_set_bits n v). Proof. go. Qed.
#[export] Instance keeps_wake : forall t, keeps I (wake t). Proof. go. Qed.
#[export] Instance keeps_finish : forall t e, keeps I (finish t e). Proof. go. Qed.
#[export] Instance keeps_leave_recv : forall t w, keeps I (leave_recv t w). Proof. go. Qed.
#[export] Instance keeps_leave : forall t, keeps I (leave t). Proof. go. Qed.
#[export] Instance keeps_cancel : forall t, keeps I (cancel t). Proof. go. Qed.
#[export] Instance keeps_gone : forall t, keeps I (gone t). Proof. go. Qed.
#[export] Instance keeps_repeat_fault : forall t, keeps I (repeat_fault t). Proof. go. Qed.
#[export] Instance keeps_abandon : forall r, keeps I (abandon r). Proof. go. Qed.
(* Destroy.v *)
#[export] Instance keeps_asid_take : forall p, keeps I (asid_take p). Proof. go. Qed.
#[export] Instance keeps_asid_drop : forall n, keeps I (asid_drop n). Proof. go. Qed.
#[export] Instance keeps_asid_space : forall n, keeps I (asid_space n). Proof. go. Qed.
#[export] Instance keeps_mapping : forall c, keeps I (mapping c). Proof. go. Qed.
#[export] Instance keeps_unmap : forall slot, keeps I (unmap slot). Proof. go. Qed.
#[export] Instance keeps_take_page : forall p, keeps I (take_page p). Proof. go. Qed.
#[export] Instance keeps_make_tables : forall p vaddr levels, keeps I (make_tables p vaddr levels).
Proof. intros p vaddr levels; revert p vaddr; go_on levels. Qed.
#[export] Instance keeps_make_root : forall p, keeps I (make_root p). Proof. go. Qed.
#[export] Instance keeps_cut : forall p, keeps I (cut p). Proof. go. Qed.
#[export] Instance keeps_tables_back : forall n p, keeps I (tables_back n p). Proof. go_on n. Qed.
#[export] Instance keeps_empty_space : forall p, keeps I (empty_space p). Proof. go. Qed.
#[export] Instance keeps_return_tables : forall a c, keeps I (return_tables a c). Proof. go. Qed.
#[export] Instance keeps_others : forall i, keeps I (others i). Proof. go. Qed.
#[export] Instance keeps_doom : forall o, keeps I (doom o). Proof. go. Qed.
#[export] Instance keeps_destroy_capability : forall a, keeps I (destroy_capability a).
Proof. go. Qed.
#[export] Instance keeps_destroy_slot : forall a, keeps I (destroy_slot a). Proof. go. Qed.
#[export] Instance keeps_empty_slots : forall l, keeps I (empty_slots l). Proof. go. Qed.
#[export] Instance keeps_forget : forall o, keeps I (forget o). Proof. go. Qed.
#[export] Instance keeps_dismantle_cnode : forall o, keeps I (dismantle_cnode o). Proof. go. Qed.
#[export] Instance keeps_dismantle_endpoint : forall o, keeps I (dismantle_endpoint o).
Proof. go. Qed.
#[export] Instance keeps_dismantle_notification : forall o, keeps I (dismantle_notification o).
Proof. go. Qed.
#[export] Instance keeps_dismantle_reply : forall o, keeps I (dismantle_reply o). Proof. go. Qed.
#[export] Instance keeps_borrowing : forall h, keeps I (borrowing h). Proof. go. Qed.
#[export] Instance keeps_unbind_from : forall t x, keeps I (unbind_from t x). Proof. go. Qed.
#[export] Instance keeps_dismantle_thread : forall t, keeps I (dismantle_thread t). Proof. go. Qed.
#[export] Instance keeps_dismantle_context : forall x, keeps I (dismantle_context x). Proof. go.
  Qed.
#[export] Instance keeps_dismantle_space : forall p, keeps I (dismantle_space p). Proof. go. Qed.
#[export] Instance keeps_detach : forall i, keeps I (detach i). Proof. go. Qed.
#[export] Instance keeps_dismantle : forall o, keeps I (dismantle o). Proof. go. Qed.
#[export] Instance keeps_dismantle_some : forall n, keeps I (dismantle_some n). Proof. go_on n. Qed.
#[export] Instance keeps_destroy_doomed : keeps I destroy_doomed. Proof. go. Qed.
End Shrinking.

Section Steps.
Context (I : state -> Prop) {K : kept I}.
#[local] Instance shrinking : shrinks I := kept_shrinks I K.
#[local] Existing Instances shrinks_drop_cap shrinks_edit_cap shrinks_drop_region
  shrinks_from_tables shrinks_set_wait shrinks_disarm shrinks_end_call shrinks_forget_wait
  shrinks_forget_reply shrinks_charge_budget shrinks_configure_budget shrinks_new_slice
  shrinks_forget_budget shrinks_put_space shrinks_forget_fields.
#[local] Existing Instances kept_put_cap kept_move_cap kept_make_region kept_afresh kept_to_tables
  kept_arm kept_owe_reply kept_new_thread_wait kept_new_reply kept_new_budget kept_put_kind
  kept_show kept_reflag kept_new_space.

(* Message.v, the rest *)
#[local] Instance keeps_slot_of : forall t i, keeps I (slot_of t i). Proof. go. Qed.
#[local] Instance keeps_buffer_of : forall t, keeps I (buffer_of t). Proof. go. Qed.
#[local] Instance keeps_copy_cap : forall from to rights, keeps I (copy_cap from to rights).
Proof. go. Qed.
#[local] Instance keeps_word_of : forall t i, keeps I (word_of t i). Proof. go. Qed.
#[local] Instance keeps_check_message : forall t grant, keeps I (check_message t grant).
Proof. go. Qed.
#[local] Instance keeps_carry : forall from to given wanted, keeps I (carry from to given wanted).
Proof. go. Qed.
#[local] Instance keeps_copy_words : forall from to, keeps I (copy_words from to). Proof. go. Qed.
#[local] Instance keeps_transfer : forall from to grant, keeps I (transfer from to grant). Proof.
  go. Qed.
#[local] Instance keeps_fault_message : forall from to, keeps I (fault_message from to).
Proof. go. Qed.
#[local] Instance keeps_deliver : forall from to badge grant, keeps I (deliver from to badge grant).
Proof. go. Qed.
#[local] Instance keeps_ep_add : forall e t senders, keeps I (ep_add e t senders). Proof. go. Qed.
#[local] Instance keeps_ntfn_add : forall n t, keeps I (ntfn_add n t). Proof. go. Qed.
#[local] Instance keeps_owe : forall r caller server grant, keeps I (owe r caller server grant).
Proof. go. Qed.
#[local] Instance keeps_send : forall t c calls may_wait, keeps I (send t c calls may_wait).
Proof. go. Qed.
#[local] Instance keeps_give_signal : forall t n, keeps I (give_signal t n). Proof. go. Qed.
#[local] Instance keeps_leave_client : forall t, keeps I (leave_client t). Proof. go. Qed.
#[local] Instance keeps_can_take : forall t from r, keeps I (can_take t from r). Proof. go. Qed.
#[local] Instance keeps_take_sender : forall t e from r, keeps I (take_sender t e from r).
Proof. go. Qed.
#[local] Instance keeps_recv : forall t e r may_wait, keeps I (recv t e r may_wait). Proof. go. Qed.
#[local] Instance keeps_wait_signal : forall t n may_wait, keeps I (wait_signal t n may_wait).
Proof. go. Qed.
#[local] Instance keeps_signal_bound : forall n t, keeps I (signal_bound n t). Proof. go. Qed.
#[local] Instance keeps_signal : forall n more, keeps I (signal n more). Proof. go. Qed.
#[local] Instance keeps_check_registers : forall from, keeps I (check_registers from).
Proof. go. Qed.
#[local] Instance keeps_write_registers : forall t from, keeps I (write_registers t from).
Proof. go. Qed.
#[local] Instance keeps_check_fault_reply : forall caller from,
  keeps I (check_fault_reply caller from).
Proof. go. Qed.
#[local] Instance keeps_resume_fault : forall caller from, keeps I (resume_fault caller from).
Proof. go. Qed.
#[local] Instance keeps_answer : forall t r, keeps I (answer t r). Proof. go. Qed.
#[local] Instance keeps_raise : forall t label a b, keeps I (raise t label a b). Proof. go. Qed.
(* Objects.v *)
#[local] Instance keeps_arg : forall t i, keeps I (arg t i). Proof. go. Qed.
#[local] Instance keeps_result : forall t l, keeps I (result t l). Proof. go. Qed.
#[local] Instance keeps_clear_memory : forall slot used end_, keeps I (clear_memory slot used end_).
Proof. go. Qed.
#[local] Instance keeps_new_object : forall k o size, keeps I (new_object k o size). Proof. go. Qed.
#[local] Instance keeps_make_one : forall slot to k n size, keeps I (make_one slot to k n size).
Proof. go. Qed.
#[local] Instance keeps_make_some : forall steps t slot c k n size first count,
  keeps I (make_some steps t slot c k n size first count).
Proof. go_on steps. Qed.
#[local] Instance keeps_all_empty : forall n a, keeps I (all_empty n a). Proof. go_on n. Qed.
#[local] Instance keeps_start_afresh : forall slot, keeps I (start_afresh slot). Proof. go. Qed.
#[local] Instance keeps_retype : forall t slot, keeps I (retype t slot). Proof. go. Qed.
#[local] Instance keeps_copy_one : forall to from rights, keeps I (copy_one to from rights).
Proof. go. Qed.
#[local] Instance keeps_copy_some : forall steps t d c rights to from count,
  keeps I (copy_some steps t d c rights to from count).
Proof. go_on steps. Qed.
#[local] Instance keeps_cnode_copy : forall t d, keeps I (cnode_copy t d). Proof. go. Qed.
#[local] Instance keeps_cnode_mint : forall t d, keeps I (cnode_mint t d). Proof. go. Qed.
#[local] Instance keeps_cnode_move : forall t d, keeps I (cnode_move t d). Proof. go. Qed.
#[local] Instance keeps_still_cnode : forall slot, keeps I (still_cnode slot). Proof. go. Qed.
#[local] Instance keeps_delete_some : forall steps t slot, keeps I (delete_some steps t slot).
Proof. go_on steps. Qed.
#[local] Instance keeps_cnode_delete : forall t slot, keeps I (cnode_delete t slot). Proof. go. Qed.
#[local] Instance keeps_revoke_some : forall steps target, keeps I (revoke_some steps target).
Proof. go_on steps. Qed.
#[local] Instance keeps_cnode_revoke : forall t slot, keeps I (cnode_revoke t slot). Proof. go. Qed.
#[local] Instance keeps_cnode_inspect : forall t slot, keeps I (cnode_inspect t slot).
Proof. go. Qed.
#[local] Instance keeps_bind_notification : forall t holder, keeps I (bind_notification t holder).
Proof. go. Qed.
#[local] Instance keeps_bound_signal : forall holder, keeps I (bound_signal holder). Proof. go. Qed.
#[local] Instance keeps_irq_find : forall f, keeps I (irq_find f). Proof. go. Qed.
#[local] Instance keeps_free_vector : keeps I free_vector. Proof. go. Qed.
#[local] Instance keeps_irq_attach : forall t, keeps I (irq_attach t). Proof. go. Qed.
#[local] Instance keeps_irq_attach_message : forall t, keeps I (irq_attach_message t).
Proof. go. Qed.
#[local] Instance keeps_irq_acknowledge : forall o, keeps I (irq_acknowledge o). Proof. go. Qed.
#[local] Instance keeps_timer_set_op : forall t o, keeps I (timer_set_op t o). Proof. go. Qed.
#[local] Instance keeps_port_read : forall t c, keeps I (port_read t c). Proof. go. Qed.
#[local] Instance keeps_port_write : forall t c, keeps I (port_write t c). Proof. go. Qed.
(* Calls.v *)
#[local] Instance keeps_configure_sources : forall t i l, keeps I (configure_sources t i l).
Proof. intros t i l; revert t i; go_on l. Qed.
#[local] Instance keeps_configure_one : forall k source target,
  keeps I (configure_one k source target).
Proof. go. Qed.
#[local] Instance keeps_thread_configure : forall t o, keeps I (thread_configure t o).
Proof. go. Qed.
#[local] Instance keeps_thread_write : forall t o, keeps I (thread_write t o). Proof. go. Qed.
#[local] Instance keeps_regs_of : forall t l, keeps I (regs_of t l).
Proof. intros t l; revert t; go_on l. Qed.
#[local] Instance keeps_thread_read : forall t o, keeps I (thread_read t o). Proof. go. Qed.
#[local] Instance keeps_thread_resume : forall t o, keeps I (thread_resume t o). Proof. go. Qed.
#[local] Instance keeps_thread_suspend : forall t o, keeps I (thread_suspend t o). Proof. go. Qed.
#[local] Instance keeps_ntfn_set_bound : forall n t, keeps I (ntfn_set_bound n t). Proof. go. Qed.
#[local] Instance keeps_thread_bind : forall t o, keeps I (thread_bind t o). Proof. go. Qed.
#[local] Instance keeps_thread_set_flags : forall t o, keeps I (thread_set_flags t o).
Proof. go. Qed.
#[local] Instance keeps_thread_inspect : forall t o, keeps I (thread_inspect t o). Proof. go. Qed.
#[local] Instance keeps_thread_set_tls : forall t o, keeps I (thread_set_tls t o). Proof. go. Qed.
#[local] Instance keeps_context_bind : forall t x, keeps I (context_bind t x). Proof. go. Qed.
#[local] Instance keeps_context_unbind : forall x, keeps I (context_unbind x). Proof. go. Qed.
#[local] Instance keeps_context_consumed : forall t x, keeps I (context_consumed t x).
Proof. go. Qed.
#[local] Instance keeps_context_yield : forall x, keeps I (context_yield x). Proof. go. Qed.
#[local] Instance keeps_cpu_configure : forall t c, keeps I (cpu_configure t c). Proof. go. Qed.
#[local] Instance keeps_cpu_clock : forall t, keeps I (cpu_clock t). Proof. go. Qed.
#[local] Instance keeps_space_supply : forall t p, keeps I (space_supply t p). Proof. go. Qed.
#[local] Instance keeps_map_frame : forall p slot c vaddr flags,
  keeps I (map_frame p slot c vaddr flags).
Proof. go. Qed.
#[local] Instance keeps_frame_act : forall what p a vaddr flags,
  keeps I (frame_act what p a vaddr flags).
Proof. go. Qed.
#[local] Instance keeps_range_some : forall steps what t p d flags first count vaddr,
  keeps I (range_some steps what t p d flags first count vaddr).
Proof. go_on steps. Qed.
#[local] Instance keeps_space_range : forall what t p, keeps I (space_range what t p).
Proof. go. Qed.
Lemma operations_keep : forall t slot c label op,
  operation_of t slot c label = Some op -> keeps I (op_act op).
Proof.
  intros t slot c label op H. unfold operation_of in H. cbv zeta in H.
  destruct (c_ty c); repeat match type of H with context [match ?x with _ => _ end] => destruct x
    end; try discriminate H; injection H as <-; simpl op_act; repeat one.
Qed.
#[local] Instance keeps_invoke : forall t slot c, keeps I (invoke t slot c).
Proof.
  intros. unfold invoke. apply keeps_bind; [one|intros tag].
  destruct (operation_of t slot c (tag_label tag)) as [op|] eqn:E; [|one].
  apply operations_keep in E. repeat one.
Qed.
#[local] Instance keeps_send_checked : forall t c calls may_wait,
  keeps I (send_checked t c calls may_wait).
Proof. go. Qed.
#[local] Instance keeps_do_send : forall t c may_wait, keeps I (do_send t c may_wait).
Proof. go. Qed.
#[local] Instance keeps_do_recv : forall t c may_wait, keeps I (do_recv t c may_wait).
Proof. go. Qed.
#[local] Instance keeps_do_reply_recv : forall t c may_wait, keeps I (do_reply_recv t c may_wait).
Proof. go. Qed.
#[local] Instance keeps_decode : forall t, keeps I (decode t). Proof. go. Qed.
#[local] Instance keeps_reschedule_if : keeps I reschedule_if. Proof. go. Qed.
#[local] Instance keeps_tell_expired : forall t, keeps I (tell_expired t). Proof. go. Qed.
#[local] Instance keeps_tell : keeps I tell. Proof. go. Qed.
#[local] Instance keeps_server_of : forall e, keeps I (server_of e). Proof. go. Qed.
#[local] Instance keeps_run_thread : forall t, keeps I (run_thread t). Proof. go. Qed.
#[local] Instance keeps_pass_to : forall t e v grant, keeps I (pass_to t e v grant). Proof. go. Qed.
#[local] Instance keeps_short_call : forall t, keeps I (short_call t). Proof. go. Qed.
#[local] Instance keeps_nothing_waits : forall t e, keeps I (nothing_waits t e). Proof. go. Qed.
#[local] Instance keeps_pass_back : forall t c e r, keeps I (pass_back t c e r). Proof. go. Qed.
#[local] Instance keeps_waits_for_answer : forall c, keeps I (waits_for_answer c). Proof. go. Qed.
#[local] Instance keeps_short_reply_recv : forall t, keeps I (short_reply_recv t). Proof. go. Qed.
#[local] Instance keeps_raise_from_user : forall t label a b, keeps I (raise_from_user t label a b).
Proof. go. Qed.
#[local] Instance keeps_conclude : forall t e, keeps I (conclude t e). Proof. go. Qed.
#[local] Instance keeps_complete_way : forall t, keeps I (complete_way t). Proof. go. Qed.
#[local] Instance keeps_system_call : keeps I system_call. Proof. go. Qed.
#[local] Instance keeps_fire_timers : forall n ties, keeps I (fire_timers n ties).
Proof. go_on n. Qed.
#[local] Instance keeps_timer_interrupt : forall ties, keeps I (timer_interrupt ties).
Proof. go. Qed.
#[local] Instance keeps_device_interrupt : forall v, keeps I (device_interrupt v). Proof. go. Qed.
#[local] Instance keeps_exception : forall vector code_ address,
  keeps I (exception vector code_ address).
Proof. go. Qed.
#[local] Instance keeps_enter_kernel : forall e, keeps I (enter_kernel e). Proof. go. Qed.
#[local] Instance keeps_step : forall e, keeps I (step e). Proof. go. Qed.

Theorem every_entry_keeps : forall e, keeps I (step e).
Proof. typeclasses eauto. Qed.

Theorem boot_keeps : (forall b z w, keeps I (first_region b z w)) -> keeps I boot_steps.
Proof.
  intros F. assert (G : forall i k o z r b, keeps I (give_first i k o z r b)).
  { intros. unfold give_first. repeat one. }
  unfold boot_steps. repeat one.
Qed.

End Steps.
