(* SPDX-License-Identifier: BSD-2-Clause *)
(* The primitives of Machine.v, and what each must be allowed, so that authority stays confined.

   `ok m Q`: whatever m does in a confined state, the state stays confined, and Q holds of the
   result. What is learnt by looking (whose a capability is, who waits where) are facts about
   labels, which no later step makes untrue. *)
Require Import NArith List Bool Lia.
From Tessera Require Import Map Refills State Machine Sched Message Destroy Objects Authority.
Import ListNotations.
Open Scope N_scope.

Section Primitives.
Context {label : Type} {lab : place -> label} {s0 : state} {Act : label -> Prop}
  {Timers : N -> Prop}.
Notation L g := (lab (Granule g)).
Notation may := (may lab s0).
Notation call_may := (call_may lab s0).
Notation confined := (confined lab s0 Act Timers).
Notation grants := (grants lab s0).
Notation whole := (whole lab s0).
Notation wait_ok := (wait_ok lab s0).
Notation bound_ok := (bound_ok lab s0).
Notation maps_ok := (maps_ok lab s0).
Notation touch := (touch lab s0 Act).

Definition ok {A} (m : M A) (Q : A -> Prop) : Prop :=
  forall s a s', confined s -> m s = Some (a, s') -> confined s' /\ Q a.
Definition any {A} (a : A) : Prop := True.

Lemma ok_ret : forall A (a : A) (Q : A -> Prop), Q a -> ok (ret a) Q.
Proof. intros A a Q H s b s' C E. injection E as <- <-. auto. Qed.
Lemma ok_stuck : forall A (Q : A -> Prop), ok stuck Q.
Proof. intros A Q s b s' C E. discriminate E. Qed.
Lemma ok_bind : forall A B (m : M A) (k : A -> M B) Q R,
  ok m Q -> (forall a, Q a -> ok (k a) R) -> ok (bind m k) R.
Proof.
  intros A B m k Q R Hm Hk s b s' C E. unfold bind in E.
  destruct (m s) as [[a s1]|] eqn:F; [|discriminate E].
  destruct (Hm s a s1 C F) as [C1 Qa]. exact (Hk a Qa s1 b s' C1 E).
Qed.
Lemma ok_weaker : forall A (m : M A) (Q R : A -> Prop), ok m Q -> (forall a, Q a -> R a) -> ok m R.
Proof. intros A m Q R H I s a s' C E. destruct (H s a s' C E). auto. Qed.
Lemma ok_any : forall A (m : M A) Q, ok m Q -> ok m any.
Proof. intros A m Q H. eapply ok_weaker; [exact H|intros; exact I]. Qed.
Lemma ok_gets : forall A (f : state -> A) (Q : A -> Prop), (forall s, confined s -> Q (f s)) ->
  ok (gets f) Q.
Proof. intros A f Q H s a s' C E. injection E as <- <-. auto. Qed.
Lemma ok_look : forall A (f : state -> A), ok (gets f) any.
Proof. intros. apply ok_gets. intros; exact I. Qed.
Lemma ok_need : forall A (o : option A) (Q : A -> Prop), (forall a, o = Some a -> Q a) ->
  ok (need o) Q.
Proof. intros A [a|] Q H; [apply ok_ret; auto|apply ok_stuck]. Qed.
Lemma ok_guard : forall b, ok (guard b) (fun _ => b = true).
Proof. intros [|]; [apply ok_ret; reflexivity|apply ok_stuck]. Qed.
Lemma ok_when : forall (b : bool) m, (b = true -> ok m any) -> ok (when b m) any.
Proof. intros [|] m H; [apply H; reflexivity|apply ok_ret; exact I]. Qed.
Lemma ok_each : forall A (f : A -> M unit) l, (forall a, In a l -> ok (f a) any) ->
  ok (each f l) any.
Proof.
  intros A f l. induction l as [|a l IH]; intros H; simpl; [apply ok_ret; exact I|].
  apply ok_bind with any; [apply H; left; reflexivity|intros _ _; apply IH].
  intros b B. apply H. right; exact B.
Qed.

(* --- Looking ---------------------------------------------------------------------------------- *)

Lemma ok_cap_at : forall a, ok (cap_at a) (grants (L a)).
Proof.
  intros a. apply ok_gets. intros s [[C _] _].
  destruct (get a (s_caps s)) as [c|] eqn:E; simpl; [exact (C a c E)|apply grants_nil].
Qed.

Lemma ok_found : forall A (f : state -> map A) (k : N) (Q : A -> Prop),
  (forall s a, confined s -> get k (f s) = Some a -> Q a) ->
  ok (bind (gets (fun s => get k (f s))) (fun o => need o)) Q.
Proof.
  intros A f k Q H. apply ok_bind with (fun o => forall a, o = Some a -> Q a).
  - apply ok_gets. intros s C a E. eapply H; eauto.
  - intros o Ho. apply ok_need. exact Ho.
Qed.

Ltac found := apply ok_found; intros s y C E.

Lemma ok_th_at : forall t, ok (th_at t) (fun _ => whole t).
Proof. intros t. found. apply C. congruence. Qed.
Lemma ok_wait_at : forall t, ok (wait_at t) (fun w => whole t /\ wait_ok t w).
Proof. intros t. found. apply C. exact E. Qed.
Lemma ok_sc_at : forall x, ok (sc_at x) any.
Proof. intros x. found. exact I. Qed.
Lemma ok_budget_at : forall x, ok (budget_at x) any.
Proof. intros x. found. exact I. Qed.
Lemma ok_ep_at : forall x, ok (ep_at x) any.
Proof. intros x. found. exact I. Qed.
Lemma ok_irq_at : forall x, ok (irq_at x) any.
Proof. intros x. found. exact I. Qed.
Lemma ok_ntfn_at : forall n, ok (ntfn_at n) (fun x => bound_ok n (n_bound x)).
Proof. intros n. found. destruct C as (_ & _ & _ & _ & C & _). exact (C n y E). Qed.
Lemma ok_reply_at : forall r, ok (reply_at r)
  (fun x => forall c, x = RHolds c -> call_may (L c) (L r) false).
Proof.
  intros r. found. intros c ->. destruct C as (_ & _ & _ & C & _). exact (C r c E).
Qed.
Lemma ok_space_at : forall p, ok (space_at p) (fun x => maps_ok p (p_maps x)).
Proof. intros p. found. destruct C as (_ & _ & _ & _ & _ & [C _] & _). exact (C p y E). Qed.
Lemma ok_kind_of : forall x, ok (kind_of x) (fun k => k = TTimer -> Timers x).
Proof.
  intros x. apply ok_gets. intros s (_ & _ & _ & _ & _ & _ & _ & _ & C).
  destruct (get x (s_kinds s)) as [[k i]|] eqn:E; [|discriminate]. intros ->.
  exact (C x TTimer i E eq_refl).
Qed.

(* --- Writing ---------------------------------------------------------------------------------- *)

(* What `confined` speaks of. *)
Definition told (s : state) := (s_caps s, s_threads s, s_waits s, s_replies s, s_ntfns s,
  s_spaces s, s_regs s, s_mem s, s_kinds s).
Lemma confined_told : forall s s', told s = told s' -> confined s -> confined s'.
Proof.
  intros s s' E. unfold told in E. injection E as E1 E2 E3 E4 E5 E6 E7 E8 E9.
  unfold Authority.confined. rewrite <- E1, <- E2, <- E3, <- E4, <- E5, <- E6, <- E7, <- E8, <- E9.
  exact id.
Qed.
Lemma ok_untold : forall f, (forall s, told s = told (f s)) -> ok (write f) any.
Proof.
  intros f H s a s' C E. injection E as _ <-. split; [|exact I].
  exact (confined_told _ _ (H s) C).
Qed.

Ltac prim H := repeat match type of H with
  | Some _ = Some _ => injection H as ? H; subst
  | (if ?b then _ else _) = _ => let E := fresh "E" in destruct b eqn:E; [|discriminate H]
  | match ?x with _ => _ end = _ => let E := fresh "E" in destruct x eqn:E; try discriminate H
  end.

(* All that `confined` says but of one or two parts, which are left. *)
Ltac parts := split; [|exact I]; unfold Authority.confined in *; simpl;
  match goal with C : Authority.caps_in _ _ _ _ /\ _ |- _ =>
    let HC := fresh "HC" in let HT := fresh "HT" in let HW := fresh "HW" in
    let HR := fresh "HR" in let HN := fresh "HN" in let HS := fresh "HS" in
    let HG := fresh "HG" in let HM := fresh "HM" in let HK := fresh "HK" in
    destruct C as (HC & HT & HW & HR & HN & HS & HG & HM & HK);
    repeat apply conj; try assumption; try apply HC; try apply HS end.
Ltac known := match goal with
  | |- context [get _ (set ?k _ _)] => rewrite get_set
  | H : context [get _ (set ?k _ _)] |- _ => rewrite get_set in H
  | |- context [get _ (del ?k _)] => rewrite get_del
  | H : context [get _ (del ?k _)] |- _ => rewrite get_del in H
  end.
Ltac same := match goal with
  | H : context [N.eqb ?a ?b] |- _ => destruct (N.eqb_spec a b) as [->|]
  | |- context [N.eqb ?a ?b] => destruct (N.eqb_spec a b) as [->|]
  end.

Lemma caps_set : forall a c m, caps_in lab s0 Act m -> grants (L a) c ->
  (touch a \/ exists d, get a m = Some d /\ same_cap c d) -> caps_in lab s0 Act (set a c m).
Proof.
  intros a c m [G S] H T. split.
  - intros b d E. rewrite get_set in E. destruct (N.eqb_spec b a) as [->|]; [|exact (G b d E)].
    injection E as <-. exact H.
  - intros b N. rewrite get_set. destruct (N.eqb_spec b a) as [->|]; [|apply S; exact N].
    destruct T as [T|[d [D K]]]; [contradiction|]. right.
    destruct (S a N) as [E|[d' [e [E1 [E2 E3]]]]]; [congruence|].
    rewrite D in E1. injection E1 as <-. exists c, e. repeat split; [exact E2|].
    destruct K as [->|[B1 [B2 K]]]; [exact E3|]. right.
    destruct E3 as [->|[B3 [B4 E3]]]; [auto|]. split; [exact B1|split; [exact B4|]].
    intros r x U X. destruct (K r x U X). apply E3; assumption.
Qed.

Lemma caps_del : forall a m, caps_in lab s0 Act m -> caps_in lab s0 Act (del a m).
Proof.
  intros a m [G S]. split.
  - intros b d E. rewrite get_del in E. destruct (N.eqb b a); [discriminate|exact (G b d E)].
  - intros b N. rewrite get_del. destruct (N.eqb b a); [left; reflexivity|apply S; exact N].
Qed.

Lemma ok_put_cap : forall p a c, touch a -> grants (L a) c -> ok (put_cap p a c) any.
Proof.
  intros p a c T G s v s' C H. unfold put_cap in H. prim H. parts; apply caps_set; auto.
Qed.
Lemma ok_drop_cap : forall a, ok (drop_cap a) any.
Proof. intros a s v s' C H. unfold drop_cap in H. prim H. parts; apply caps_del; auto. Qed.
Lemma ok_move_cap : forall a b, touch b -> (forall c, grants (L a) c -> grants (L b) c) ->
  ok (move_cap a b) any.
Proof.
  intros a b T P s v s' C H. unfold move_cap in H. prim H. parts; apply caps_set; auto;
    try (apply caps_del; assumption); apply P; apply HC; assumption.
Qed.

(* Only the kernel's books change. *)
Definition modest (f : cap -> cap) : Prop :=
  forall c, same_cap (set_c_obj (c_obj c) (set_c_reg (c_reg c) (f c))) c.
Lemma ok_edit_cap : forall a f, modest f -> ok (edit_cap a f) any.
Proof.
  intros a f D s v s' C H. unfold edit_cap in H. prim H.
  parts; apply caps_set; auto;
    try (right; eexists; split; [eassumption|apply D]).
  all: destruct (D c) as [->|[_ [_ K]]];
    [apply HC; assumption|eapply grants_less; [apply HC; eassumption|exact K]].
Qed.

Lemma ok_make_region : forall u p n w, ok (make_region u p n w) any.
Proof. intros u p n w s v s' C H. unfold make_region in H. prim H; parts. Qed.
Lemma ok_drop_region : forall i, ok (drop_region i) any.
Proof. intros i s v s' C H. unfold drop_region in H. prim H; parts. Qed.
Lemma ok_afresh : forall u, ok (afresh u) any.
Proof. intros u s v s' C H. unfold afresh in H. prim H; parts. Qed.
Lemma ok_to_tables : forall u, ok (to_tables u) any.
Proof. intros u s v s' C H. unfold to_tables in H. prim H; parts. Qed.
Lemma ok_from_tables : forall u, ok (from_tables u) any.
Proof. intros u s v s' C H. unfold from_tables in H. prim H; parts. Qed.

Lemma waits_set : forall t w m, waits_in lab s0 m -> whole t -> wait_ok t w ->
  waits_in lab s0 (set t w m).
Proof.
  intros t w m H W O u v E. rewrite get_set in E. destruct (N.eqb_spec u t) as [->|]; [|eauto].
  injection E as <-. auto.
Qed.
Lemma replies_set : forall r x m, replies_in lab s0 m ->
  (forall c, x = RHolds c -> call_may (L c) (L r) false) -> replies_in lab s0 (set r x m).
Proof.
  intros r x m H O q c E. rewrite get_set in E. destruct (N.eqb_spec q r) as [->|]; [|eauto].
  injection E as ->. auto.
Qed.

(* Waiting for nothing that could be somebody's. *)
Definition idle (w : wait) : Prop := w = WSuspended \/ w = WReady.
Lemma idle_ok : forall t w, idle w -> wait_ok t w.
Proof. intros t w [->| ->]; exact I. Qed.

Ltac waiting := parts; try (apply waits_set; [assumption| |]);
  try (apply replies_set; [assumption|try discriminate]);
  try match goal with
  | W : waits_in _ _ _, H : get ?t _ = Some _ |- Authority.whole _ _ ?t => exact (proj1 (W t _ H))
  | |- Authority.wait_ok _ _ _ _ => first [assumption|apply idle_ok; assumption]
  end.

Lemma ok_set_wait : forall t w, wait_ok t w -> ok (set_wait t w) any.
Proof. intros t w O s v s' C H. unfold set_wait, with_wait in H. prim H. waiting. Qed.
Lemma ok_arm : forall t e r, may (L t) Read (L e) -> may (L t) Write (L r) -> ok (arm t e r) any.
Proof.
  intros t e r R W s v s' C H. unfold arm, with_wait, with_reply in H. prim H. waiting.
  simpl. split; [exact R|]. intros q Q. injection Q as <-. exact W.
Qed.
Lemma ok_disarm : forall t w, wait_ok t w -> ok (disarm t w) any.
Proof.
  intros t w O s v s' C H. unfold disarm, with_wait, with_reply in H. prim H. waiting.
Qed.
Lemma ok_owe_reply : forall c r g, call_may (L c) (L r) g -> ok (owe_reply c r g) any.
Proof.
  intros c r g M s v s' C H. unfold owe_reply, with_wait, with_reply in H. prim H. waiting.
  intros d D. injection D as <-. eapply call_less; exact M.
Qed.
Lemma ok_end_call : forall c w, wait_ok c w -> ok (end_call c w) any.
Proof.
  intros c w O s v s' C H. unfold end_call, with_wait, with_reply in H. prim H. waiting.
Qed.
Lemma ok_new_thread_wait : forall t, whole t -> ok (new_thread_wait t) any.
Proof.
  intros t W s v s' C H. unfold new_thread_wait, with_wait in H.
  destruct (is_some _); [discriminate H|]. injection H as _ <-. waiting; [exact W|exact I].
Qed.
Lemma ok_new_reply : forall r, ok (new_reply r) any.
Proof.
  intros r s v s' C H. unfold new_reply, with_reply in H.
  destruct (is_some _); [discriminate H|]. injection H as _ <-. waiting.
Qed.
Lemma ok_forget_wait : forall t, ok (forget_wait t) any.
Proof.
  intros t s v s' C H. unfold forget_wait in H. prim H. parts.
  intros u x G. rewrite get_del in G. destruct (N.eqb u t); [discriminate G|eauto].
Qed.
Lemma ok_forget_reply : forall r, ok (forget_reply r) any.
Proof.
  intros r s v s' C H. unfold forget_reply in H. prim H. parts.
  intros q c G. rewrite get_del in G. destruct (N.eqb q r); [discriminate G|eauto].
Qed.

Lemma ok_new_budget : forall x, ok (new_budget x) any.
Proof.
  intros x s v s' C H. unfold new_budget in H. destruct (is_some _); [discriminate H|].
  injection H as _ <-. parts.
Qed.
Lemma ok_charge_budget : forall x n m, ok (charge_budget x n m) any.
Proof. intros x n m s v s' C H. unfold charge_budget in H. prim H; parts. Qed.
Lemma ok_configure_budget : forall x n m, ok (configure_budget x n m) any.
Proof. intros x n m s v s' C H. unfold configure_budget in H. prim H; parts. Qed.
Lemma ok_new_slice : forall x, ok (new_slice x) any.
Proof. intros x s v s' C H. unfold new_slice in H. prim H; parts. Qed.
Lemma ok_forget_budget : forall x, ok (forget_budget x) any.
Proof. intros. apply ok_untold. reflexivity. Qed.

Lemma ok_put_reg : forall t i v, answer_reg i = true \/ touch t -> ok (put_reg t i v) any.
Proof.
  intros t i v T s a s' C H. unfold put_reg, write in H. injection H as _ <-. parts.
  intros u j N A. unfold reg_in. rewrite get_set. destruct (N.eqb_spec u t) as [->|].
  - rewrite get_set. destruct (N.eqb_spec j i) as [->|].
    + destruct T as [T|T]; [congruence|contradiction].
    + specialize (HG t j N A). unfold reg_in in HG. rewrite <- HG.
      destruct (get t (s_regs s)) as [x|]; simpl; [reflexivity|].
      rewrite get_empty. reflexivity.
  - apply (HG u j N A).
Qed.
Lemma ok_clear_regs : forall t, touch t -> ok (clear_regs t) any.
Proof.
  intros t T s a s' C H. unfold clear_regs, write in H. injection H as _ <-. parts.
  intros u j N A. unfold reg_in. rewrite get_set. destruct (N.eqb_spec u t) as [->|];
    [contradiction|]. apply (HG u j N A).
Qed.
Lemma ok_put_mem : forall p i v, touch p -> ok (put_mem p i v) any.
Proof.
  intros p i v T s a s' C H. unfold put_mem, write in H. injection H as _ <-. parts.
  intros q N. rewrite get_set. destruct (N.eqb_spec q p) as [->|]; [contradiction|].
  apply HM; exact N.
Qed.
Lemma ok_clear_mem : forall p, ok (clear_mem p) any.
Proof.
  intros p s a s' C H. unfold clear_mem, write in H. injection H as _ <-. parts.
  intros q N. rewrite get_del. destruct (N.eqb q p); [left; reflexivity|apply HM; exact N].
Qed.

Lemma threads_set : forall t v m, threads_in lab s0 m -> whole t -> threads_in lab s0 (set t v m).
Proof.
  intros t v m H W u E. destruct (N.eqb_spec u t) as [Eu|Nu]; [rewrite Eu; exact W|].
  apply H. rewrite get_set in E. destruct (N.eqb_spec u t); [contradiction|exact E].
Qed.
Lemma ok_put_th : forall t f, ok (put_th t f) any.
Proof.
  intros t f. unfold put_th. eapply ok_bind; [apply ok_th_at|]. intros h W s a s' C H.
  unfold write in H. injection H as _ <-. parts. apply threads_set; assumption.
Qed.
Lemma ok_new_th : forall t, whole t -> ok (new_th t) any.
Proof.
  intros t W s a s' C H. unfold new_th, write in H. injection H as _ <-. parts.
  apply threads_set; assumption.
Qed.
Lemma ok_put_ntfn : forall n v, bound_ok n (n_bound v) -> ok (put_ntfn n v) any.
Proof.
  intros n v B s a s' C H. unfold put_ntfn, write in H. injection H as _ <-. parts.
  intros m x E. rewrite get_set in E. destruct (N.eqb_spec m n) as [Em|]; [|eauto].
  injection E as <-. rewrite Em. exact B.
Qed.

Lemma spaces_set : forall p x m, spaces_in lab s0 Act m -> maps_ok p (p_maps x) ->
  (touch p \/ forall k l, get k (p_maps x) = Some l -> leaf_in m p k = Some l) ->
  spaces_in lab s0 Act (set p x m).
Proof.
  intros p x m [S1 S2] O T. split.
  - intros q y E. rewrite get_set in E. destruct (N.eqb_spec q p) as [->|]; [|eauto].
    injection E as <-. exact O.
  - intros q k l N E. unfold leaf_in at 1 in E. rewrite get_set in E.
    destruct (N.eqb_spec q p) as [->|]; [|apply S2; assumption].
    destruct T as [T|T]; [contradiction|]. apply S2; [exact N|]. apply T; exact E.
Qed.
Lemma ok_change_space : forall p f,
  (forall x, maps_ok p (p_maps x) -> maps_ok p (p_maps (f x))) -> touch p -> ok (put_space p f) any.
Proof.
  intros p f O T. unfold put_space. eapply ok_bind; [apply ok_space_at|]. intros x M s a s' C H.
  unfold write in H. injection H as _ <-. parts; apply spaces_set; auto.
Qed.
(* Mappings only go. *)
Lemma ok_put_space : forall p f,
  (forall x k l, get k (p_maps (f x)) = Some l -> get k (p_maps x) = Some l) ->
  ok (put_space p f) any.
Proof.
  intros p f O s a s' C H. unfold put_space, space_at, bind, gets, write in H.
  destruct (get p (s_spaces s)) as [x|] eqn:G; [|discriminate H].
  simpl in H. injection H as _ <-. parts; apply spaces_set; auto;
    try (intros k l g K; apply (proj1 HS p x G k l g); apply O; exact K);
    right; intros k l K; unfold leaf_in; rewrite G; apply O; exact K.
Qed.
Lemma ok_show : forall p k l i, touch p -> (forall g, mapped k l g ->
  may (L p) Read (L g) /\ (is_w (f_flags l) = true -> may (L p) Write (L g))) ->
  ok (show p k l i) any.
Proof.
  intros p k l i T O s a s' C H. unfold show in H. prim H. parts; apply spaces_set; auto;
    intros k' l' g G; simpl in G; rewrite get_set in G; destruct (N.eqb_spec k' k) as [->|];
    try (injection G as <-; apply O);
    match goal with E : get p (s_spaces s) = Some ?x |- _ => exact (proj1 HS p x E k' l' g G) end.
Qed.
Lemma ok_reflag : forall p k l, touch p -> (forall g, mapped k l g ->
  may (L p) Read (L g) /\ (is_w (f_flags l) = true -> may (L p) Write (L g))) ->
  ok (reflag p k l) any.
Proof.
  intros p k l T O s a s' C H. unfold reflag in H. prim H. parts; apply spaces_set; auto;
    intros k' l' g G; simpl in G; rewrite get_set in G; destruct (N.eqb_spec k' k) as [->|];
    try (injection G as <-; apply O);
    match goal with E : get p (s_spaces s) = Some ?x |- _ => exact (proj1 HS p x E k' l' g G) end.
Qed.
Lemma ok_new_space : forall p n, ok (new_space p n) any.
Proof.
  intros p n s a s' C H. unfold new_space, write in H. injection H as _ <-.
  parts; apply spaces_set; auto; try (right; intros k l K); try (intros k l g K);
    simpl in K; rewrite get_empty in K; discriminate K.
Qed.

Lemma ok_put_sc : forall x f, ok (put_sc x f) any.
Proof.
  intros x f. unfold put_sc. eapply ok_bind; [apply ok_sc_at|]. intros v _.
  apply ok_untold. reflexivity.
Qed.
Lemma ok_put_kind : forall o k, (fst k = TTimer -> Timers o) -> ok (put_kind o k) any.
Proof.
  intros o [k i] T s a s' C H. unfold put_kind in H. prim H. parts.
  intros x k' i' F. rewrite get_set in F. destruct (N.eqb_spec x o) as [->|]; [|eauto].
  injection F as <- <-. exact T.
Qed.
Lemma ok_forget_fields : forall o, ok (forget_fields o) any.
Proof.
  intros o s a s' C H. unfold forget_fields, write in H. injection H as _ <-. parts.
  - intros t E. rewrite get_del in E. destruct (N.eqb t o); [congruence|apply HT; exact E].
  - intros n x E. rewrite get_del in E. destruct (N.eqb n o); [discriminate E|eauto].
  - intros p x E. rewrite get_del in E. destruct (N.eqb p o); [discriminate E|].
    apply HS; exact E.
  - intros p k l N E. unfold leaf_in at 1 in E. rewrite get_del in E.
    destruct (N.eqb p o); [discriminate E|]. apply HS; assumption.
  - intros x k i E. rewrite get_del in E. destruct (N.eqb x o); [discriminate E|eauto].
Qed.

End Primitives.
