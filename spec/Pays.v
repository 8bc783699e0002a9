(* SPDX-License-Identifier: BSD-2-Clause *)
(* Work.v, continued: what stops, wakes and gives back, and what is paid for it out of the number. *)
Require Import NArith List Bool Lia.
From Tessera Require Import Map Refills State Machine Sched Message Destroy Work.
Import ListNotations.
Open Scope N_scope.

#[local] Hint Constants Opaque : typeclass_instances.

(* --- What costs, and what it pays ------------------------------------------------------------- *)

(* Whoever waits is stopped: n is paid. *)
Definition pays (n : nat) (s s' : state) : Prop :=
  (work s' + n <= work s)%nat /\ words_same s s'.
Lemma pays_less : forall n s s', pays n s s' -> less s s'.
Proof. intros n s s' [P W]. split; [lia|exact W]. Qed.
Lemma pays_then : forall n s s1 s2, pays n s s1 -> less s1 s2 -> pays n s s2.
Proof.
  intros n s s1 s2 [P W] [P' W']. split; [lia|eapply words_then; eassumption].
Qed.
Lemma then_pays : forall n s s1 s2, less s s1 -> pays n s1 s2 -> pays n s s2.
Proof.
  intros n s s1 s2 [P W] [P' W']. split; [lia|eapply words_then; eassumption].
Qed.

Ltac parts H := repeat match type of H with
  | bind ?m _ ?s = _ => unfold bind at 1 in H;
      let E := fresh "E" in destruct (m s) as [[? ?]|] eqn:E; [|discriminate H]
  end.
(* What looks does not change. *)
Ltac looked E := unfold th_at, wait_at, sc_at, ep_at, ntfn_at, reply_at, space_at, cap_at, kind_of,
  gets, need, bind, ret in E;
  repeat match type of E with
  | match ?x with _ => _ end _ = _ => let F := fresh "F" in destruct x eqn:F; [|discriminate E]
  end; injection E as ? ?; subst.

Lemma guarded : forall b s u s', guard b s = Some (u, s') -> b = true /\ s' = s.
Proof. intros [|] s u s' E; [injection E as _ <-; auto|discriminate E]. Qed.

Lemma waits_work : forall t w s, (work (with_wait t w s) + at_key waiting t (s_waits s) =
  work s + waiting w)%nat.
Proof.
  intros t w s. pose proof (total_set _ waiting (s_waits s) t w) as T. unfold work, with_wait.
  simpl. lia.
Qed.

(* Now t waits for nothing but w. *)
Definition told_to (t : N) (v w : wait) (s s' : state) : Prop :=
  get t (s_waits s) = Some v /\ (work s' + waiting v = work s + waiting w)%nat /\
  words_same s s' /\ get t (s_waits s') = Some w.
Lemma told_by : forall t v w s r x, get t (s_waits s) = Some v ->
  told_to t v w s (with_wait t w s) /\
  told_to t v w s (with_wait t w (with_reply r x s)).
Proof.
  intros t v w s r x E. split; (split; [exact E|]; split; [|split;
    [split; [reflexivity|intros u i _; reflexivity]|
     unfold with_wait; simpl; rewrite get_set, N.eqb_refl; reflexivity]]).
  - pose proof (waits_work t w s) as W. unfold at_key in W. rewrite E in W. exact W.
  - pose proof (waits_work t w (with_reply r x s)) as W. unfold at_key in W.
    change (s_waits (with_reply r x s)) with (s_waits s) in W. rewrite E in W. exact W.
Qed.
Lemma set_wait_tells : forall t w s u s', set_wait t w s = Some (u, s') ->
  exists v, told_to t v w s s'.
Proof.
  intros t w s u s' H. unfold set_wait in H. prim H. eexists. eapply told_by with (r := 0)
    (x := RIdle). eassumption.
Qed.
Lemma disarm_tells : forall t w s u s', disarm t w s = Some (u, s') ->
  exists e r, told_to t (WReceiving e (Some r)) w s s'.
Proof.
  intros t w s u s' H. unfold disarm in H. prim H. do 2 eexists. eapply told_by. eassumption.
Qed.
Lemma end_call_tells : forall t w s u s', end_call t w s = Some (u, s') ->
  exists r g, told_to t (WReply r g) w s s'.
Proof.
  intros t w s u s' H. unfold end_call in H. prim H. do 2 eexists. eapply told_by. eassumption.
Qed.
Lemma told_after : forall t v w s s1 s2, still s s1 -> told_to t v w s1 s2 -> told_to t v w s s2.
Proof.
  intros t v w s s1 s2 [B W] [G [T [W' G']]]. pose proof (waits_part s s1 B) as E.
  rewrite (busy_work s s1 B) in T. split; [congruence|split; [exact T|split; [|exact G']]].
  eapply words_then; eassumption.
Qed.
Lemma told_before : forall t v w s s1 s2, told_to t v w s s1 -> still s1 s2 -> told_to t v w s s2.
Proof.
  intros t v w s s1 s2 [G [T [W G']]] [B W']. pose proof (waits_part s1 s2 B) as E.
  split; [exact G|split; [rewrite (busy_work s1 s2 B); exact T|split; [|congruence]]].
  eapply words_then; eassumption.
Qed.

Lemma leave_recv_tells : forall t w s u s', leave_recv t w s = Some (u, s') ->
  exists v, told_to t v w s s'.
Proof.
  intros t w s u s' H. unfold leave_recv in H. parts H. looked E.
  repeat match type of H with match ?x with _ => _ end _ = _ => destruct x end;
    first [exact (set_wait_tells _ _ _ _ _ H)
          |destruct (disarm_tells _ _ _ _ _ H) as [? [? T]]; eexists; exact T].
Qed.

(* Whatever it waited for or did, it does so no longer. *)
Lemma leave_tells : forall t s u s', leave t s = Some (u, s') ->
  exists v, told_to t v WSuspended s s'.
Proof.
  intros t s u s' H. unfold leave in H. unfold bind at 1 in H.
  destruct (wait_at t s) as [[v s1]|] eqn:E; [|discriminate H]. looked E.
  destruct v; parts H.
  - injection H as _ <-. exists WSuspended. split; [exact F|split; [lia|split; [|exact F]]].
    apply words_first.
  - assert (S : still s1 s) by exact (does_block t s1 u0 s E).
    destruct (set_wait_tells _ _ _ _ _ H) as [v T]. exists v. eapply told_after; eassumption.
  - assert (S : still s1 s) by exact (does_ep_remove e t s1 u0 s E).
    destruct (set_wait_tells _ _ _ _ _ H) as [v T]. exists v. eapply told_after; eassumption.
  - assert (S : still s1 s) by exact (does_ep_remove e t s1 u0 s E).
    destruct (leave_recv_tells _ _ _ _ _ H) as [v T]. exists v. eapply told_after; eassumption.
  - destruct (end_call_tells _ _ _ _ _ H) as [q [g T]]. exists (WReply q g). exact T.
  - assert (S : still s1 s) by exact (does_ntfn_remove n t s1 u0 s E).
    destruct (set_wait_tells _ _ _ _ _ H) as [v T]. exists v. eapply told_after; eassumption.
Qed.

Lemma wake_tells : forall t s u s', wake t s = Some (u, s') -> exists v, told_to t v WReady s s'.
Proof.
  intros t s u s' H. unfold wake in H. parts H. destruct (set_wait_tells _ _ _ _ _ E) as [v T].
  exists v. eapply told_before; [exact T|]. exact (does_settle_of t _ _ _ H).
Qed.
Lemma finish_tells : forall t e s u s', finish t e s = Some (u, s') ->
  exists v, told_to t v WReady s s'.
Proof.
  intros t e s u s' H. unfold finish in H. parts H. destruct (wake_tells _ _ _ _ H) as [v T].
  exists v. assert (P : forall i v, 8 <= i -> does still (put_reg t i v))
    by (intros; apply does_put_reg; assumption).
  eapply told_after; [|exact T].
  eapply order_then; [exact (P r_ax _ ltac:(discriminate) _ _ _ E)|].
  eapply order_then; [exact (P r_di _ ltac:(discriminate) _ _ _ E0)|].
  exact (P r_tag _ ltac:(discriminate) _ _ _ E1).
Qed.

(* Who waited for something is told, and runs. *)
Lemma gone_pays : forall t w s u s', get t (s_waits s) = Some w -> waiting w = 2%nat ->
  gone t s = Some (u, s') -> pays 1 s s'.
Proof.
  intros t w s u s' G W H. unfold gone in H. parts H. destruct (leave_tells _ _ _ _ E) as [v T].
  destruct (finish_tells _ _ _ _ _ H) as [v' T']. destruct T as [T1 [T2 [T3 T4]]].
  destruct T' as [T5 [T6 [T7 T8]]]. rewrite G in T1. injection T1 as <-. rewrite T4 in T5.
  injection T5 as <-. simpl in *. split; [lia|eapply words_then; eassumption].
Qed.

(* --- Threads and what they run on ------------------------------------------------------------- *)

Lemma put_th_work : forall t f s u s', put_th t f s = Some (u, s') -> exists h,
  get t (s_threads s) = Some h /\ (work s' + bound h = work s + bound (f h))%nat /\
  words_same s s' /\ s_waits s' = s_waits s /\ s_threads s' = set t (f h) (s_threads s).
Proof.
  intros t f s u s' H. unfold put_th in H. unfold bind at 1 in H.
  destruct (th_at t s) as [[h s1]|] eqn:E; [|discriminate H]. looked E.
  unfold write in H. injection H as _ <-. exists h. split; [first [exact F|reflexivity]|].
  pose proof (total_set _ bound (s_threads s1) t (f h)) as T. unfold at_key in T. rewrite F in T.
  split; [unfold work; simpl; lia|]. split; [split; [reflexivity|intros v i _; reflexivity]|].
  split; reflexivity.
Qed.
Lemma does_put_th : forall t f, (forall h, (bound (f h) <= bound h)%nat) ->
  does (keeping s_waits) (put_th t f).
Proof.
  intros t f L s u s' H. destruct (put_th_work t f s u s' H) as [h [_ [W [S [E _]]]]].
  split; [exact E|]. specialize (L h). split; [lia|exact S].
Qed.
Lemma less_put_th : forall t f, (forall h, (bound (f h) <= bound h)%nat) -> does less (put_th t f).
Proof. intros t f L s u s' H. exact (proj2 (does_put_th t f L s u s' H)). Qed.

Lemma some_less : forall n k, (some n k <= N.to_nat k)%nat.
Proof. intros n k. unfold some. destruct (n =? 0); lia. Qed.
Lemma some_zero : forall k, some 0 k = O.
Proof. reflexivity. Qed.
Lemma some_not : forall n k, n <> 0 -> some n k = N.to_nat k.
Proof. intros n k H. unfold some. destruct (N.eqb_spec n 0); [contradiction|reflexivity]. Qed.

#[export] Instance less_leave_lenders : forall t, does less (leave_lenders t).
Proof.
  intros t. unfold leave_lenders. one; [one|]. one; [one|].
  apply less_put_th. intros h. unfold bound, some. simpl. lia.
Qed.
Lemma leave_lenders_pays : forall t h s u s', get t (s_threads s) = Some h -> t_lent h <> 0 ->
  leave_lenders t s = Some (u, s') -> pays 2 s s'.
Proof.
  intros t h s u s' G L H. unfold leave_lenders in H. parts H. looked E.
  pose proof (does_put_sc (R := still) _ _ _ _ _ E0) as S.
  destruct (put_th_work _ _ _ _ _ H) as [h' [G' [W [S' _]]]]. destruct S as [B S].
  rewrite (threads_part _ _ B) in G'. assert (h' = h) by congruence. subst h'.
  rewrite (busy_work _ _ B) in W. unfold bound in W. simpl in W.
  rewrite ?some_zero in W.
  rewrite (some_not _ _ L) in W. change (N.to_nat 2) with 2%nat in W.
  split; [lia|eapply words_then; eassumption].
Qed.

#[export] Instance less_fall_back : forall t, does less (fall_back t).
Proof.
  intros t. unfold fall_back. one; [one|]. apply does_bind; [|intros _; repeat one].
  apply less_put_th. intros h. unfold bound, some. simpl. destruct (t_own h =? 0); lia.
Qed.
(* H goes one step on, to s1. *)
Ltac goes H x s1 E := unfold bind at 1 in H;
  match type of H with match ?m ?s with _ => _ end = _ =>
    destruct (m s) as [[x s1]|] eqn:E; [|discriminate H] end.
Lemma th_looked : forall t s h s1, th_at t s = Some (h, s1) ->
  s1 = s /\ get t (s_threads s) = Some h.
Proof. intros t s h s1 E. looked E. split; [reflexivity|first [assumption|reflexivity]]. Qed.
Lemma wait_looked : forall t s w s1, wait_at t s = Some (w, s1) ->
  s1 = s /\ get t (s_waits s) = Some w.
Proof. intros t s w s1 E. looked E. split; [reflexivity|first [assumption|reflexivity]]. Qed.
Lemma space_looked : forall p s x s1, space_at p s = Some (x, s1) ->
  s1 = s /\ get p (s_spaces s) = Some x.
Proof. intros p s x s1 E. looked E. split; [reflexivity|first [assumption|reflexivity]]. Qed.
Lemma sc_looked : forall p s x s1, sc_at p s = Some (x, s1) -> s1 = s.
Proof. intros p s x s1 E. looked E. reflexivity. Qed.
(* Whatever is left to do does not cost. *)
Ltac rest H := refine ((_ : does less _) _ _ _ H); repeat one.

Lemma fall_back_pays : forall t h s u s', get t (s_threads s) = Some h -> t_sc h <> 0 ->
  fall_back t s = Some (u, s') -> pays 1 s s'.
Proof.
  intros t h s u s' G L H. unfold fall_back in H. goes H h0 s1 E. apply th_looked in E.
  destruct E as [-> E]. goes H u1 s2 E2.
  destruct (put_th_work _ _ _ _ _ E2) as [h' [G' [W [S' _]]]].
  assert (h' = h) by congruence. subst h'. unfold bound in W. simpl in W.
  rewrite ?some_zero in W.
  rewrite (some_not _ _ L) in W. change (N.to_nat 1) with 1%nat in W.
  apply pays_then with s2; [|rest H].
  split; [|exact S']. unfold some in *. destruct (t_own h =? 0); simpl in *; lia.
Qed.

#[export] Instance less_unlend : forall t, does less (unlend t). Proof. go. Qed.
Lemma take_away_pays : forall t s u s', take_away t s = Some (u, s') -> pays 1 s s'.
Proof.
  intros t s u s' H. unfold take_away in H. goes H u1 s1 E. unfold lends in E.
  goes E h s2 E2. apply th_looked in E2. destruct E2 as [-> G]. apply guarded in E.
  destruct E as [L ->]. apply negb_true_iff, N.eqb_neq in L.
  unfold unlend in H. goes H h' s3 E3. apply th_looked in E3. destruct E3 as [-> G'].
  assert (h' = h) by congruence. subst h'.
  destruct (N.eqb_spec (t_lent h) 0); [contradiction|]. goes H u2 s4 E4.
  apply pays_then with s4; [|rest H].
  destruct (leave_lenders_pays _ h _ _ _ G L E4) as [P W]. split; [lia|exact W].
Qed.

#[export] Instance less_unbind_context : forall x, does less (unbind_context x).
Proof.
  intros x. unfold unbind_context. repeat one.
  apply less_put_th. intros h. unfold bound, some. simpl. lia.
Qed.
(* The thread that has this context as its own, or runs on it. *)
Lemma unbind_from_pays : forall t h x s u s', get t (s_threads s) = Some h -> x <> 0 ->
  x = t_own h \/ x = t_sc h -> unbind_from t x s = Some (u, s') -> pays 1 s s'.
Proof.
  intros t h x s u s' G X Own H. unfold unbind_from in H. goes H c s1 E. goes H u1 s2 E2.
  apply guarded in E2. destruct E2 as [T ->]. apply andb_true_iff in T. destruct T as [T1 T2].
  apply N.eqb_eq in T1. apply negb_true_iff, N.eqb_neq in T2.
  unfold unbind_context in H. goes H c' s3 E3. cbv zeta in H. goes H u2 s4 E4. goes H u3 s5 E5.
  assert (Same : c' = c /\ s3 = s1 /\ s1 = s).
  { pose proof (sc_looked _ _ _ _ E). pose proof (sc_looked _ _ _ _ E3). subst.
    rewrite E in E3. injection E3 as <-. auto. }
  destruct Same as [-> [-> ->]]. rewrite T1 in H.
  destruct (N.eqb_spec t 0); [contradiction|]. goes H h' s6 E6. apply th_looked in E6.
  destruct E6 as [-> G'].
  assert (S : still s s5).
  { eapply order_then; [exact (does_stop x _ _ _ E4)|]. exact (does_put_sc _ _ _ _ _ E5). }
  assert (h' = h).
  { pose proof (threads_part _ _ (proj1 S)). congruence. }
  subst h'. apply then_pays with s5; [apply order_still; exact S|].
  destruct (N.eqb_spec (t_sc h) x) as [Sc|Sc].
  - refine (fall_back_pays t h _ _ _ G' _ H). congruence.
  - destruct Own as [Own|Own]; [|congruence].
    destruct (put_th_work _ _ _ _ _ H) as [h' [G2 [W [S' _]]]].
    assert (h' = h) by congruence. subst h'. unfold bound in W. simpl in W.
  rewrite ?some_zero in W.
    rewrite (some_not (t_own h) _) in W by congruence. change (N.to_nat 1) with 1%nat in W.
    split; [lia|exact S'].
Qed.

(* What was borrowed is given back. *)
Lemma give_back_pays : forall t s u s', give_back t s = Some (u, s') -> less s s' /\
  forall h c, get t (s_threads s) = Some h -> t_sc h <> 0 -> get (t_sc h) (s_scs s) = Some c ->
    x_stack c <> [] -> pays 1 s s'.
Proof.
  intros t s u s' H. unfold give_back in H. goes H h s1 E. apply th_looked in E.
  destruct E as [-> G]. cbv zeta in H. destruct (N.eqb_spec (t_sc h) 0) as [Z|Z].
  { injection H as _ <-. split; [apply order_same|]. intros h' c G'. congruence. }
  goes H c s1 E. assert (Ec : s1 = s /\ get (t_sc h) (s_scs s) = Some c).
  { looked E. split; [reflexivity|first [assumption|reflexivity]]. }
  destruct Ec as [-> Ec]. destruct (x_stack c) as [|to l] eqn:St.
  { split; [rest H|]. intros h' c' G' _ Gc N. destruct N. congruence. }
  assert (P : pays 1 s s').
  { goes H u1 s2 E2. unfold lends in E2. goes E2 g s3 E3. apply th_looked in E3.
    destruct E3 as [-> Gt]. apply guarded in E2. destruct E2 as [L ->].
    apply negb_true_iff, N.eqb_neq in L. goes H u2 s4 E4.
    destruct (leave_lenders_pays _ _ _ _ _ Gt L E4) as [P W].
    goes H u3 s5 E5. pose proof (does_put_sc (R := still) _ _ _ _ _ E5) as [B5 W5].
    goes H u4 s6 E6. destruct (put_th_work _ _ _ _ _ E6) as [k [_ [P6 [W6 _]]]].
    rewrite (busy_work _ _ B5) in P6. unfold bound in P6. simpl in P6.
    assert (L6 : less s6 s') by rest H. destruct L6 as [L6 W7].
    pose proof (some_less (t_sc h) 1) as M. change (N.to_nat 1) with 1%nat in M.
    split; [lia|]. repeat (eapply words_then; [eassumption|]). apply words_first. }
  split; [exact (pays_less _ _ _ P)|intros; exact P].
Qed.
#[export] Instance less_give_back : forall t, does less (give_back t).
Proof. intros t s u s' H. exact (proj1 (give_back_pays t s u s' H)). Qed.

Lemma leave_less : forall t s u s', leave t s = Some (u, s') -> exists w,
  get t (s_waits s) = Some w /\ pays (waiting w) s s'.
Proof.
  intros t s u s' H. destruct (leave_tells t s u s' H) as [v [G [P [W _]]]]. exists v.
  split; [exact G|split; [simpl in P; lia|exact W]].
Qed.
#[export] Instance less_cancel : forall t, does less (cancel t).
Proof.
  intros t. unfold cancel. apply does_bind; [|intros _; one]. intros s u s' H.
  destruct (leave_less t s u s' H) as [w [_ P]]. exact (pays_less _ _ _ P).
Qed.

(* Who called is told that there will be no answer. *)
Lemma abandon_pays : forall r c s u s', get r (s_replies s) = Some (RHolds c) ->
  abandon r s = Some (u, s') -> pays 1 s s'.
Proof.
  intros r c s u s' G H. unfold abandon in H. goes H x s1 E.
  assert (X : x = RHolds c /\ s1 = s). { looked E. split; [congruence|reflexivity]. }
  destruct X as [-> ->]. goes H u1 s2 E2. destruct (end_call_tells _ _ _ _ _ E2) as [q [g T]].
  destruct T as [_ [P [W G2]]]. simpl in P. goes H h s3 E3. apply th_looked in E3.
  destruct E3 as [-> _].
  assert (F : exists v s4, less s2 s4 /\ s_waits s4 = s_waits s2 /\ told_to c v WReady s4 s').
  { destruct (t_fault h =? 0).
    - destruct (finish_tells _ _ _ _ _ H) as [v T]. exists v, s2. split; [apply order_same|auto].
    - goes H u2 s4 E4. destruct (wake_tells _ _ _ _ H) as [v T]. exists v, s4.
      assert (K : does (keeping s_waits) (repeat_fault c)).
      { unfold repeat_fault. one; [one|]. one; [|apply does_put_th; intros; apply le_n].
        one. one; [one|]. apply does_put_reg. discriminate. }
      destruct (K _ _ _ E4) as [K1 K2]. auto. }
  destruct F as [v [s4 [[L L2] [K T]]]]. destruct T as [T1 [T2 [T3 _]]].
  rewrite K, G2 in T1. injection T1 as <-. simpl in T2.
  split; [lia|]. repeat (eapply words_then; [eassumption|]). apply words_first.
Qed.

(* --- Address spaces --------------------------------------------------------------------------- *)

Lemma put_space_work : forall p f s u s', put_space p f s = Some (u, s') -> exists x,
  get p (s_spaces s) = Some x /\ (work s' + supplied x = work s + supplied (f x))%nat /\
  words_same s s' /\ s_spaces s' = set p (f x) (s_spaces s).
Proof.
  intros p f s u s' H. unfold put_space in H. goes H x s1 E. apply space_looked in E.
  destruct E as [-> E]. unfold write in H. injection H as _ <-. exists x. split; [exact E|].
  pose proof (total_set _ supplied (s_spaces s) p (f x)) as T. unfold at_key in T.
  rewrite E in T.
  split; [unfold work; simpl; lia|]. split; [split; [reflexivity|intros v i _; reflexivity]|].
  reflexivity.
Qed.
Lemma less_put_space : forall p f, (forall x, (supplied (f x) <= supplied x)%nat) ->
  does less (put_space p f).
Proof.
  intros p f L s u s' H. destruct (put_space_work p f s u s' H) as [x [_ [W [S _]]]].
  specialize (L x). split; [lia|exact S].
Qed.
#[export] Instance less_unmap : forall a, does less (unmap a).
Proof. intros a. unfold unmap. repeat one; apply less_put_space; intros; apply le_n. Qed.
#[export] Instance less_cut : forall p, does less (cut p).
Proof. intros p. unfold cut. repeat one; apply less_put_space; intros; apply le_n. Qed.
#[export] Instance less_tables_back : forall n p, does less (tables_back n p).
Proof.
  intros n p. revert n. assert (K : forall n x, does less (tables_back n p) ->
    does less (put_space p (set_p_supplies x)) -> does less (tables_back n p)) by auto. clear K.
  induction n as [|n IH]; simpl.
  - repeat one.
  - intros s e s' H. goes H x s1 E. apply space_looked in E. destruct E as [-> E].
    destruct (p_supplies x) as [|a l] eqn:Sup; [injection H as _ <-; apply order_same|].
    goes H u s2 E2. destruct (put_space_work _ _ _ _ _ E2) as [y [G [W [S _]]]].
    assert (y = x) by congruence. subst y. unfold supplied in W at 1. rewrite Sup in W.
    simpl in W.
    apply order_then with s2; [split; [unfold supplied in W; simpl in W; lia|exact S]|].
    rest H.
Qed.
(* One page supplied is given back at least. *)
Lemma tables_back_pays : forall n p x s e s', get p (s_spaces s) = Some x ->
  p_supplies x <> [] -> tables_back (S n) p s = Some (e, s') -> pays 1 s s'.
Proof.
  intros n p x s e s' G Sup H. simpl in H. goes H x' s1 E. apply space_looked in E.
  destruct E as [-> E]. assert (x' = x) by congruence. subst x'.
  destruct (p_supplies x) as [|a l] eqn:Sx; [contradiction|].
  goes H u s2 E2. destruct (put_space_work _ _ _ _ _ E2) as [y [G2 [W [S _]]]].
  assert (y = x) by congruence. subst y. unfold supplied in W. rewrite Sx in W. simpl in W.
  apply pays_then with s2; [split; [lia|exact S]|]. rest H.
Qed.
#[export] Instance less_empty_space : forall p, does less (empty_space p). Proof. go. Qed.
Lemma cut_keeps : forall p x s u s', get p (s_spaces s) = Some x -> cut p s = Some (u, s') ->
  exists y, get p (s_spaces s') = Some y /\ p_supplies y = p_supplies x.
Proof.
  intros p x s u s' G H. unfold cut in H. goes H x' s1 E. apply space_looked in E.
  destruct E as [-> E]. goes H u1 s2 E2. goes H n s3 E3.
  destruct (put_space_work _ _ _ _ _ H) as [y [G2 [_ [_ Sp]]]].
  pose proof (spaces_part _ _ (proj1 (does_asid_drop (R := still) _ _ _ _ E2))).
  pose proof (spaces_part _ _ (proj1 (does_asid_take (R := still) _ _ _ _ E3))).
  assert (y = x) by congruence. subst y. rewrite Sp. eexists. rewrite get_set, N.eqb_refl.
  split; reflexivity.
Qed.
Lemma empty_space_pays : forall p x s e s', 0 < l_empty (s_lim s) -> get p (s_spaces s) = Some x ->
  p_supplies x <> [] -> empty_space p s = Some (e, s') -> pays 1 s s'.
Proof.
  intros p x s e s' L G Sup H. unfold empty_space in H. goes H x' s1 E. apply space_looked in E.
  destruct E as [-> E]. assert (x' = x) by congruence. subst x'. goes H u s2 E2.
  assert (L2 : less s s2) by rest E2.
  assert (K : exists y, get p (s_spaces s2) = Some y /\ p_supplies y = p_supplies x).
  { unfold when in E2. destruct (_ || _) in E2; [eapply cut_keeps; eassumption|].
    injection E2 as _ <-. exists x. auto. }
  destruct K as [y [G2 Sy]]. unfold bind at 1, gets at 1 in H.
  rewrite <- (proj1 (proj2 L2)) in L. destruct (N.to_nat (l_empty (s_lim s2))) eqn:Nn; [lia|].
  apply then_pays with s2; [exact L2|]. eapply tables_back_pays; [exact G2| |exact H]. congruence.
Qed.
Lemma empty_space_again : forall p s s', 0 < l_empty (s_lim s) ->
  forall e, e <> EOk -> empty_space p s = Some (e, s') -> pays 1 s s'.
Proof.
  intros p s s' L e Ne H. pose proof H as H'. unfold empty_space in H'. goes H' x s1 E.
  apply space_looked in E. destruct E as [-> E]. destruct (p_supplies x) as [|a l] eqn:Sx.
  - exfalso. goes H' u s2 E2.
    assert (K : exists y, get p (s_spaces s2) = Some y /\ p_supplies y = p_supplies x).
    { unfold when in E2. destruct (_ || _) in E2; [eapply cut_keeps; eassumption|].
      injection E2 as _ <-. exists x. auto. }
    destruct K as [y [G2 Sy]]. unfold bind at 1, gets at 1 in H'. rewrite Sx in Sy.
    destruct (N.to_nat (l_empty (s_lim s2))); simpl in H'; goes H' y' s3 E3;
      apply space_looked in E3; destruct E3 as [-> E3];
      assert (y' = y) by congruence; subst y'; rewrite Sy in H'; injection H' as <- _;
      contradiction.
  - eapply empty_space_pays; [exact L|exact E|congruence|exact H].
Qed.
Lemma return_tables_pays : forall a c s e s', 0 < l_empty (s_lim s) ->
  return_tables a c s = Some (e, s') -> pays 1 s s'.
Proof.
  intros a c s e s' L H. unfold return_tables in H. goes H x s1 E. apply space_looked in E.
  destruct E as [-> E]. goes H u s2 E2. apply guarded in E2. destruct E2 as [X ->].
  eapply empty_space_pays; [exact L|exact E| |exact H]. intros Z. rewrite Z in X. discriminate X.
Qed.
#[export] Instance less_return_tables : forall a c, does less (return_tables a c). Proof. go. Qed.
