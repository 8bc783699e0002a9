(* SPDX-License-Identifier: BSD-2-Clause *)
(* Sched.v and Message.v: what each function does for a partition depends on nothing but what the
   partition sees, and changes nothing else (Alike.v). *)
Require Import NArith List Bool Lia.
From Tessera Require Import Map Refills State Machine Sched Message Destroy Objects Authority View.
From Tessera Require Import Alike Written.
Import ListNotations.
Open Scope N_scope.

Existing Class quiet.
Existing Class alike.
#[local] Hint Constants Opaque : typeclass_instances.

(* --- Only time passes ------------------------------------------------------------------------- *)

Lemma still_refl : forall s, still s s.
Proof. intros s. split; [reflexivity|intros x _; reflexivity]. Qed.
Lemma still_trans : forall s t u, still s t -> still t u -> still s u.
Proof.
  intros s t u [E L] [F K]. split; [congruence|]. intros x X. rewrite (L x X). apply K. exact X.
Qed.
#[export] Instance quiet_ret : forall A (a : A), quiet (ret a).
Proof. intros A a s b s' E. injection E as _ <-. apply still_refl. Qed.
#[export] Instance quiet_gets : forall A (f : state -> A), quiet (gets f).
Proof. intros A f s b s' E. injection E as _ <-. apply still_refl. Qed.
#[export] Instance quiet_need : forall A (o : option A), quiet (need o).
Proof. intros A [a|]; [apply quiet_ret|intros s b s' E; discriminate E]. Qed.
Lemma quiet_bind : forall A B (m : M A) (k : A -> M B), quiet m -> (forall a, quiet (k a)) ->
  quiet (bind m k).
Proof.
  intros A B m k H K s b s' E. unfold bind in E. destruct (m s) as [[a s1]|] eqn:F; [|discriminate
    E].
  eapply still_trans; [exact (H _ _ _ F)|exact (K a _ _ _ E)].
Qed.
#[export] Instance quiet_put_cpu : forall f, (forall u, u_now (f u) = u_now u) -> quiet (put_cpu f).
Proof. exact quiet_cpu. Qed.
Lemma quiet_put_sc : forall x f, (forall c, links_of (Some (f c)) = links_of (Some c)) ->
  quiet (put_sc x f).
Proof.
  intros x f H s a s' E. unfold put_sc, sc_at, bind, gets, need, write in E.
  destruct (get x (s_scs s)) as [c|] eqn:G; [|discriminate E]. injection E as _ <-.
  split; [reflexivity|]. intros y _. simpl. rewrite get_set.
  destruct (N.eqb_spec y x) as [->|]; [|reflexivity]. rewrite G. symmetry. apply H.
Qed.
Ltac head m := match m with ?f _ => head f | _ => m end.
Ltac untouched := intros; match goal with |- quiet ?m =>
  let f := head m in unfold quiet, f, write end; intros s a s' E;
  repeat match type of E with
  | match ?x with _ => _ end = _ => destruct x; try discriminate E
  | (if ?x then _ else _) = _ => destruct x; try discriminate E
  end; injection E as _ <-; split; [reflexivity|intros ? _; reflexivity].
#[export] Instance quiet_charge_budget : forall x n m, quiet (charge_budget x n m).
Proof. untouched. Qed.
#[export] Instance quiet_configure_budget : forall x n m, quiet (configure_budget x n m).
Proof. untouched. Qed.
#[export] Instance quiet_new_slice : forall x, quiet (new_slice x).
Proof. untouched. Qed.
#[export] Instance quiet_new_budget : forall x, quiet (new_budget x).
Proof. untouched. Qed.
#[export] Instance quiet_forget_budget : forall x, quiet (forget_budget x).
Proof. untouched. Qed.
#[export] Instance quiet_put_due : forall n d, quiet (put_due n d).
Proof. untouched. Qed.
#[export] Instance quiet_drop_due : forall n, quiet (drop_due n).
Proof. untouched. Qed.

Ltac one_quiet := match goal with
  | |- quiet (bind _ _) => apply quiet_bind; [|intros ?]
  | |- quiet (put_sc _ _) => apply quiet_put_sc; intros []; reflexivity
  | |- quiet (put_cpu _) => apply quiet_put_cpu; intros []; reflexivity
  | |- quiet (when _ _) => unfold when
  | |- quiet (let _ := _ in _) => cbv zeta
  | |- quiet (if ?b then _ else _) => destruct b
  | |- quiet (match ?x with _ => _ end) => destruct x
  | |- quiet ((fun _ => _) _) => cbv beta
  | |- quiet _ => typeclasses eauto
  end.
Ltac still_go := intros; match goal with |- quiet ?m => let f := head m in unfold f end;
  repeat one_quiet.

#[export] Instance quiet_sc_at : forall x, quiet (sc_at x). Proof. still_go. Qed.
#[export] Instance quiet_budget_at : forall x, quiet (budget_at x). Proof. still_go. Qed.
#[export] Instance quiet_th_at : forall x, quiet (th_at x). Proof. still_go. Qed.
#[export] Instance quiet_wait_at : forall x, quiet (wait_at x). Proof. still_go. Qed.
#[export] Instance quiet_decide : quiet decide. Proof. still_go. Qed.
#[export] Instance quiet_switch : quiet switch. Proof. still_go. Qed.
#[export] Instance quiet_ready_add : forall b x, quiet (ready_add b x). Proof. still_go. Qed.
#[export] Instance quiet_ready_remove : forall x, quiet (ready_remove x). Proof. still_go. Qed.
#[export] Instance quiet_due_add : forall n d, quiet (due_add n d). Proof. still_go. Qed.
#[export] Instance quiet_timer_set : forall d, quiet (timer_set d). Proof. still_go. Qed.
#[export] Instance quiet_charge_now : quiet charge_now. Proof. still_go. Qed.
#[export] Instance quiet_budget_left : forall x, quiet (budget_left x). Proof. still_go. Qed.
#[export] Instance quiet_may_go_on : forall x, quiet (may_go_on x). Proof. still_go. Qed.
#[export] Instance quiet_overtake : forall x, quiet (overtake x). Proof. still_go. Qed.
#[export] Instance quiet_start : forall b x, quiet (start b x). Proof. still_go. Qed.
#[export] Instance quiet_stop : forall x, quiet (stop x). Proof. still_go. Qed.
#[export] Instance quiet_settle : forall x, quiet (settle x). Proof. still_go. Qed.
#[export] Instance quiet_settle_of : forall x, quiet (settle_of x). Proof. still_go. Qed.
#[export] Instance quiet_block : forall x, quiet (block x). Proof. still_go. Qed.
#[export] Instance quiet_configure : forall x a p q, quiet (configure_context x a p q).
Proof. still_go. Qed.
#[export] Instance quiet_yield : quiet yield. Proof. still_go. Qed.
#[export] Instance quiet_run_thread : forall t, quiet (put_cpu (set_u_thread t)).
Proof. intros t. apply quiet_put_cpu. intros []; reflexivity. Qed.

(* --- Going through a function ----------------------------------------------------------------- *)

Class nobody (own : place -> bool) : Prop := nobody_own : own (Granule 0) = true.

Ltac learnt := cbv beta in *; repeat match goal with
  | H : any _ |- _ => clear H
  | H : _ /\ _ |- _ => destruct H
  | H : th_links _ _ |- _ => unfold th_links in H
  end.
(* What it waits for, what a Reply object holds. *)
Ltac linked := repeat match goal with
  | H : wait_links _ ?w |- _ => progress simpl in H; learnt
  | H : reply_links _ ?w |- _ => progress simpl in H
  end.
(* This granule is the partition's. *)
Ltac inside := cbv beta; match goal with
  | |- _ = true => first
    [ assumption
    | exact nobody_own
    | match goal with
      | W : whole _ ?t |- _ (Granule (_ ?t)) = true => solve
          [ exact (W 5 eq_refl)|exact (W 6 eq_refl)|exact (W 7 eq_refl)
          | exact (W 8 eq_refl)|exact (W 9 eq_refl)]
      | H : forall q, Some _ = Some q -> _ |- _ => apply H; reflexivity
      | H : forall q, ?r = Some q -> _, E : ?r = Some ?k |- _ (Granule ?k) = true =>
          apply H; exact E
      | H : all_own _ ?l, E : ?l = ?k :: _ |- _ (Granule ?k) = true =>
          apply H; rewrite E; left; reflexivity
      | H : all_own _ (snd (_, ?k :: _)) |- _ (Granule ?k) = true => apply H; left; reflexivity
      | H : all_own _ (?k :: _) |- _ (Granule ?k) = true => apply H; left; reflexivity
      end ]
  | |- _ => idtac
  end.
#[export] Hint Extern 1 (_ (Granule _) = true) => solve [inside] : core.
#[export] Hint Extern 1 (wait_links _ _) => solve [simpl; auto] : core.

Section Functions.
Context {own : place -> bool} {t1 t2 : state} {Z : nobody own}.
Notation O g := (own (Granule g) = true).
Notation I i := (O (place_of i)).
Notation owned := (owned own).
Notation whole := (whole own).
Notation all_own := (all_own own).
Notation alike := (@alike own t1 t2 _).

Definition cap_at_ : forall a, O a -> alike (cap_at a) owned := alike_cap_at nobody_own.

Lemma alike_reg : forall t i, O t -> alike (reg t i) any.
Proof.
  intros t i T. apply alike_look. intros s1 s2 (_ & _ & A & _). unfold reg_of.
  destruct A as (_ & _ & _ & _ & _ & _ & _ & _ & _ & _ & _ & A & _). rewrite (A t T). reflexivity.
Qed.
Lemma alike_mem_at : forall p i, O p -> alike (mem_at p i) any.
Proof.
  intros t i T. apply alike_look. intros s1 s2 (_ & _ & A & _).
  destruct A as (_ & _ & _ & _ & _ & _ & _ & _ & _ & _ & _ & _ & _ & _ & _ & A & _).
  rewrite (A t T). reflexivity.
Qed.
Lemma alike_bound : forall n, O n -> alike (gets (fun s => get n (s_ntfns s))) any.
Proof.
  intros t T. apply alike_look. intros s1 s2 (_ & _ & A & _).
  destruct A as (_ & _ & _ & _ & _ & _ & _ & A & _). exact (A t T).
Qed.

Lemma alike_flag : forall t f, O t -> alike (flag t f) (fun _ => whole t).
Proof.
  intros t f T. unfold flag. eapply alike_bind; [apply alike_th_at; exact T|].
  intros h [W _]. apply alike_ret. exact W.
Qed.

Lemma owned_at : forall c i, owned c -> i < size_of c -> O (c_obj c + i).
Proof. intros c i [W _] H. apply (W (Granule (c_obj c + i))). unfold reach. lia. Qed.
Lemma owned_obj : forall c, owned c -> 0 < size_of c -> O (c_obj c).
Proof. intros c W H. apply (owned_at c 0) in H; [|exact W]. rewrite N.add_0_r in H. exact H. Qed.
Lemma is_ty_is : forall c k, is_ty c k = true -> c_ty c = k.
Proof. unfold is_ty. intros c k H. destruct (c_ty c), k; try discriminate H; reflexivity. Qed.
Lemma slot_in_own : forall c i, owned c -> c_ty c = TCNode -> O (slot_in c i).
Proof.
  intros c i W K. unfold slot_in. destruct ((i =? 0) || (c_badge c <=? i)) eqn:E; [exact Z|].
  apply orb_false_iff in E. destruct E as [_ E]. apply N.leb_gt in E.
  apply owned_at; [exact W|]. unfold size_of. rewrite K. exact E.
Qed.

Lemma alike_slot_of : forall t i, whole t -> alike (slot_of t i) (fun a => O a).
Proof.
  intros t i W. unfold slot_of. eapply alike_bind; [apply cap_at_; exact (W 5 eq_refl)|].
  intros c C. apply alike_ret. destruct (is_ty c TCNode && _) eqn:E; [|exact Z].
  apply andb_true_iff in E. destruct E as [E _]. apply slot_in_own; [exact C|].
  apply is_ty_is; exact E.
Qed.
Lemma alike_buffer_of : forall t, whole t -> alike (buffer_of t) (fun a => O a).
Proof.
  intros t W. unfold buffer_of. eapply alike_bind; [apply cap_at_; exact (W 7 eq_refl)|].
  intros c C. apply alike_ret. destruct (is_ty c TFrame && _) eqn:E; [|exact Z].
  apply andb_true_iff in E. destruct E as [E _]. apply is_ty_is in E.
  apply owned_obj; [exact C|]. unfold size_of. rewrite E. reflexivity.
Qed.

End Functions.

Ltac looks := lazymatch goal with
  | |- Alike.alike (cap_at _) _ => eapply cap_at_
  | |- Alike.alike (th_at _) _ => eapply alike_th_at
  | |- Alike.alike (wait_at _) _ => eapply alike_wait_at
  | |- Alike.alike (ep_at _) _ => eapply alike_ep_at
  | |- Alike.alike (ntfn_at _) _ => eapply alike_ntfn_at
  | |- Alike.alike (reply_at _) _ => eapply alike_reply_at
  | |- Alike.alike (irq_at _) _ => eapply alike_irq_at
  | |- Alike.alike (reg _ _) _ => eapply alike_reg
  | |- Alike.alike (mem_at _ _) _ => eapply alike_mem_at
  | |- Alike.alike (flag _ _) _ => eapply alike_flag
  | |- Alike.alike (guard _) _ => eapply alike_guard
  | |- Alike.alike (slot_of _ _) _ => eapply alike_slot_of
  | |- Alike.alike (buffer_of _) _ => eapply alike_buffer_of
  | |- Alike.alike (arg _ _) _ => eapply alike_reg
  | |- Alike.alike (gets (fun s => get _ (s_ntfns s))) _ => eapply alike_bound
  end; try inside; try assumption.
Ltac writes := lazymatch goal with
  | |- Alike.alike (put_ep _ _) _ => apply alike_put_ep
  | |- Alike.alike (put_ntfn _ _) _ => apply alike_put_ntfn
  | |- Alike.alike (set_wait _ _) _ => apply alike_set_wait
  | |- Alike.alike (arm _ _ _) _ => apply alike_arm
  | |- Alike.alike (disarm _ _) _ => apply alike_disarm
  | |- Alike.alike (owe_reply _ _ _) _ => apply alike_owe_reply
  | |- Alike.alike (end_call _ _) _ => apply alike_end_call
  | |- Alike.alike (put_reg _ _ _) _ => apply alike_put_reg
  | |- Alike.alike (put_mem _ _ _) _ => apply alike_put_mem
  | |- Alike.alike (put_irq _ _) _ => apply alike_put_irq
  end; simpl; try inside; auto.
Ltac one := match goal with
  | |- Alike.alike (bind (sc_at _) _) _ =>
      apply alike_use_sc; [inside|intros ? ? ? ? ? ?; reflexivity|intros ? ? ?]
  | |- Alike.alike (bind _ _) _ => eapply alike_bind; [looks|intros ? ?; learnt]
  | |- Alike.alike (bind _ _) _ => apply alike_bind with any; [|intros ? _]
  | |- Alike.alike (ret _) _ => apply alike_ret; first [exact Logic.I|assumption]
  | |- Alike.alike stuck _ => apply alike_stuck
  | |- Alike.alike (when _ _) _ => apply alike_when; intros ?
  | |- Alike.alike (each _ _) _ => apply alike_each; intros ? ?
  | |- Alike.alike (let _ := _ in _) _ => cbv zeta
  | |- Alike.alike (if ?b then _ else _) _ => let E := fresh "E" in destruct b eqn:E
  | |- Alike.alike (match ?x with _ => _ end) _ =>
      let E := fresh "E" in destruct x eqn:E; linked
  | |- Alike.alike ((fun _ => _) _) _ => cbv beta
  | |- Alike.alike (put_th _ _) _ =>
      apply alike_put_th; [inside|intros ? ?; learnt; repeat split; simpl; inside]
  | |- Alike.alike (put_sc _ _) _ => apply alike_put_sc;
      [inside|intros [] [] Q; simpl in *; injection Q as -> ->; reflexivity
      |intros [] ? ?; simpl in *; split; auto; try inside]
  | |- Alike.alike _ any => writes
  | |- Alike.alike _ any => eapply alike_any; looks
  | |- Alike.alike _ any => solve [apply alike_quiet; typeclasses eauto]
  | |- Alike.alike ?m any => solve [auto]
  | |- _ (Granule _) = true => inside
  end.
Ltac go := intros; match goal with |- Alike.alike ?m _ => let f := head m in unfold f end;
  repeat one.

Section Functions.
Context {own : place -> bool} {t1 t2 : state} {Z : nobody own}.
Notation O g := (own (Granule g) = true).
Notation I i := (O (place_of i)).
Notation owned := (owned own).
Notation whole := (whole own).
Notation all_own := (all_own own).
Notation alike := (@alike own t1 t2 _).

(* --- Sched.v ---------------------------------------------------------------------------------- *)

Lemma own_in : forall l k, all_own l -> In k l -> O k. Proof. auto. Qed.
Lemma all_without : forall t l, all_own l -> all_own (without t l).
Proof. intros t l H k K. apply filter_In in K. apply H, K. Qed.
Lemma all_filter : forall f l, all_own l -> all_own (filter f l).
Proof. intros f l H k K. apply filter_In in K. apply H, K. Qed.
Lemma all_end : forall t l, O t -> all_own l -> all_own (l ++ [t]).
Proof. intros t l T H k K. apply in_app_iff in K. destruct K as [K|[<-|[]]]; auto. Qed.
Lemma all_front : forall t l, O t -> all_own l -> all_own (t :: l).
Proof. intros t l T H k [<-|K]; auto. Qed.
Hint Resolve all_without all_filter all_end all_front : core.

Lemma same_bind_context : forall x t, O x -> O t -> alike (bind_context x t) any.
Proof. go. Qed.
Lemma same_fall_back : forall t, O t -> alike (fall_back t) any.
Proof. go. Qed.
Hint Resolve same_fall_back : core.
Lemma same_unbind_context : forall x, O x -> alike (unbind_context x) any.
Proof. go. Qed.
Lemma same_borrows : forall t, O t -> alike (borrows t) any.
Proof. go. Qed.
Lemma same_hand_over : forall a b, O a -> O b -> alike (hand_over a b) any.
Proof. go. Qed.
Hint Resolve same_hand_over same_borrows : core.
Lemma same_lend : forall a b, O a -> O b -> alike (lend a b) any.
Proof. go. Qed.
Lemma same_leave_lenders : forall t, O t -> alike (leave_lenders t) any.
Proof. go. Qed.
Hint Resolve same_leave_lenders : core.
Lemma same_unlend : forall t, O t -> alike (unlend t) any.
Proof. go. Qed.
Hint Resolve same_unlend : core.
Lemma same_take_away : forall t, O t -> alike (take_away t) any.
Proof. intros t T. unfold take_away, lends. repeat one. Qed.
Hint Resolve same_unbind_context : core.
Lemma same_give_back : forall t, O t -> alike (give_back t) any.
Proof. intros t T. unfold give_back, lends. repeat one. Qed.


(* --- Message.v -------------------------------------------------------------------------------- *)

Hint Resolve same_take_away same_give_back same_lend : core.

Lemma same_word_of : forall t i, whole t -> O t -> alike (word_of t i) any.
Proof. go. Qed.
Lemma same_check_message : forall t g, whole t -> O t -> alike (check_message t g) any.
Proof. go. Qed.
Lemma owned_copy : forall c rights, owned c -> owned (copy_of c rights).
Proof.
  intros c rights [W R]. split; [|exact R]. intros x X. apply W.
  unfold copy_of, reach, size_of in *. destruct x as [g|p|k]; simpl in *; [| |exact X].
  - destruct (c_ty c) eqn:T; simpl in X; exact X.
  - destruct X as [T X]. rewrite T in X. auto.
Qed.
Lemma same_copy_cap : forall a b rights, O a -> O b -> alike (copy_cap a b rights) any.
Proof.
  intros a b r A B. unfold copy_cap. one. apply alike_put_cap; auto.
  apply owned_copy. assumption.
Qed.
Hint Resolve same_word_of same_check_message same_copy_cap alike_move_cap : core.
Lemma same_carry : forall a b g w, whole a -> whole b -> alike (carry a b g w) any.
Proof. go. Qed.
Lemma same_copy_words : forall a b, O a -> O b -> alike (copy_words a b) any.
Proof. go. Qed.
Hint Resolve same_carry same_copy_words : core.
Lemma same_transfer : forall a b g, O a -> O b -> whole a -> whole b ->
  alike (transfer a b g) any.
Proof. go. Qed.
Lemma same_fault_message : forall a b, O a -> O b -> alike (fault_message a b) any.
Proof. go. Qed.
Hint Resolve same_transfer same_fault_message : core.
Lemma same_deliver : forall a b x g, O a -> O b -> whole b -> alike (deliver a b x g) any.
Proof. go. Qed.

Lemma same_ep_remove : forall e t, O e -> O t -> alike (ep_remove e t) any.
Proof. go. Qed.
Lemma same_ep_add : forall e t b, O e -> O t -> alike (ep_add e t b) any.
Proof. go. Qed.
Lemma same_ntfn_remove : forall e t, O e -> O t -> alike (ntfn_remove e t) any.
Proof. go. Qed.
Lemma same_ntfn_add : forall e t, O e -> O t -> alike (ntfn_add e t) any.
Proof. go. Qed.
Lemma same_ntfn_set_bits : forall e t, O e -> alike (ntfn_set_bits e t) any.
Proof. go. Qed.
Hint Resolve same_deliver same_ep_remove same_ep_add same_ntfn_remove same_ntfn_add
  same_ntfn_set_bits : core.
Lemma same_wake : forall t, O t -> alike (wake t) any.
Proof. go. Qed.
Hint Resolve same_wake : core.
Lemma same_finish : forall t e, O t -> alike (finish t e) any.
Proof. go. Qed.
Lemma same_leave_recv : forall t w, O t -> wait_links own w -> alike (leave_recv t w) any.
Proof. go. Qed.
Hint Resolve same_finish same_leave_recv : core.
Lemma same_leave : forall t, O t -> alike (leave t) any.
Proof. go. Qed.
Hint Resolve same_leave : core.
Lemma same_cancel : forall t, O t -> alike (cancel t) any.
Proof. go. Qed.
Lemma same_gone : forall t, O t -> alike (gone t) any.
Proof. go. Qed.
Lemma same_repeat_fault : forall t, O t -> alike (repeat_fault t) any.
Proof. go. Qed.
Hint Resolve same_cancel same_gone same_repeat_fault : core.
Lemma same_abandon : forall r, O r -> alike (abandon r) any.
Proof. go. Qed.
Lemma same_owe : forall r c s g, O r -> O c -> O s -> alike (owe r c s g) any.
Proof. go. Qed.
Lemma same_give_signal : forall t n, O t -> O n -> alike (give_signal t n) any.
Proof. go. Qed.
Lemma same_leave_client : forall t, O t -> alike (leave_client t) any.
Proof. go. Qed.
Hint Resolve same_abandon same_owe same_give_signal same_leave_client : core.


Lemma same_can_take : forall t from r, O t -> O from -> alike (can_take t from r) any.
Proof. go. Qed.
Definition some_own (r : option N) : Prop := forall q, r = Some q -> O q.
Lemma receives_own : forall w, wait_links own w -> some_own (reply_option w).
Proof. intros w H q Q. destruct w; try discriminate Q. apply H. exact Q. Qed.
Lemma same_send : forall t c calls may_wait, O t -> O (c_obj c) -> alike (send t c calls may_wait)
  any.
Proof.
  intros t c calls mw T E. unfold send. cbv zeta. one. destruct a as [[|] [|to q]]; simpl in *.
  1-3: repeat one.
  one. pose proof (receives_own a H1) as R. unfold some_own in R. repeat one.
Qed.
Lemma same_take_sender : forall t e from r, whole t -> O t -> O e -> O from -> some_own r ->
  alike (take_sender t e from r) any.
Proof. intros t e from r W T E F R. unfold some_own in R. go. Qed.
Hint Resolve same_can_take same_take_sender : core.
Lemma same_recv : forall t e r may_wait, O t -> O e -> some_own r -> alike (recv t e r may_wait)
  any.
Proof.
  intros t e r mw T E R. pose proof R as R'. unfold some_own in R. unfold recv. one. one. one.
  simpl in *. repeat one.
Qed.
Lemma same_wait_signal : forall t n may_wait, O t -> O n -> alike (wait_signal t n may_wait) any.
Proof. go. Qed.
Lemma same_signal_bound : forall n t, O n -> O t -> alike (signal_bound n t) any.
Proof. go. Qed.
Hint Resolve same_signal_bound : core.
Lemma same_signal : forall n more, O n -> alike (signal n more) any.
Proof. go. Qed.
Lemma same_check_registers : forall t, whole t -> O t -> alike (check_registers t) any.
Proof. go. Qed.
Lemma same_write_registers : forall t from, O t -> O from -> whole from ->
  alike (write_registers t from) any.
Proof. go. Qed.
Hint Resolve same_check_registers same_write_registers : core.
Lemma same_check_fault_reply : forall c t, O c -> O t -> whole t -> alike (check_fault_reply c t)
  any.
Proof. go. Qed.
Lemma same_resume_fault : forall c t, O c -> O t -> whole t -> alike (resume_fault c t) any.
Proof. go. Qed.
Hint Resolve same_check_fault_reply same_resume_fault : core.
Lemma same_answer : forall t r, whole t -> O t -> O r -> alike (answer t r) any.
Proof. go. Qed.

End Functions.
