(* SPDX-License-Identifier: BSD-2-Clause *)
(* Pays.v, continued: each step of deleting and of dismantling, by what is dismantled. *)
Require Import NArith List Bool Lia.
From Tessera Require Import Map Refills State Machine Sched Message Destroy Work Pays.
Import ListNotations.
Open Scope N_scope.

#[local] Hint Constants Opaque : typeclass_instances.

(* --- Deleting and dismantling ----------------------------------------------------------------- *)

#[export] Instance less_destroy_capability : forall a, does less (destroy_capability a).
Proof. go. Qed.
#[export] Instance less_destroy_slot : forall a, does less (destroy_slot a). Proof. go. Qed.
#[export] Instance less_empty_slots : forall l, does less (empty_slots l). Proof. go. Qed.
#[export] Instance less_forget_wait : forall t, does (keeping s_kinds) (forget_wait t).
Proof.
  intros t s u s' H. unfold forget_wait in H. prim H. split; [reflexivity|].
  pose proof (total_gone _ waiting (s_waits s) t) as T.
  split; [unfold work; simpl; lia|split; [reflexivity|intros v i _; reflexivity]].
Qed.

Lemma forget_pays : forall o s u s', forget o s = Some (u, s') -> pays 1 s s'.
Proof.
  intros o s u s' H. unfold forget in H. unfold bind at 1, gets at 1 in H.
  goes H x s1 E. assert (X : s1 = s /\ get o (s_kinds s) = Some x).
  { destruct (get o (s_kinds s)); [|discriminate E]. injection E as <- <-. auto. }
  destruct X as [-> X]. goes H u2 s2 E2.
  assert (K : keeping s_kinds s s2).
  { refine ((_ : does (keeping s_kinds) _) _ _ _ E2). destruct (fst x); one. }
  destruct K as [K L]. goes H u4 s4 E4.
  assert (P : pays 1 s2 s4).
  { unfold forget_fields, write in E4. injection E4 as _ <-.
    split; [|split; [reflexivity|intros v i _; reflexivity]].
    pose proof (total_gone _ (fun _ => 1%nat) (s_kinds s2) o) as T1.
    pose proof (total_gone _ slots_left (s_cnodes s2) o) as T2.
    pose proof (total_gone _ bound (s_threads s2) o) as T3.
    pose proof (total_gone _ supplied (s_spaces s2) o) as T4.
    unfold at_key at 1 in T1. rewrite K, X in T1. rewrite <- K in T1.
    unfold work; simpl. lia. }
  apply then_pays with s2; [exact L|]. apply pays_then with s4; [exact P|]. rest H.
Qed.
#[export] Instance less_forget : forall o, does less (forget o).
Proof. intros o s u s' H. exact (pays_less _ _ _ (forget_pays o s u s' H)). Qed.

Lemma put_cnode_work : forall o v w s u s', put_cnode o w s = Some (u, s') ->
  get o (s_cnodes s) = Some v -> (work s' + slots_left v = work s + slots_left w)%nat /\
  words_same s s' /\ get o (s_cnodes s') = Some w.
Proof.
  intros o v w s u s' H G. unfold put_cnode, write in H. injection H as _ <-.
  pose proof (total_set _ slots_left (s_cnodes s) o w) as T. unfold at_key in T. rewrite G in T.
  split; [unfold work; simpl; lia|]. split; [split; [reflexivity|intros t i _; reflexivity]|].
  simpl. rewrite get_set, N.eqb_refl. reflexivity.
Qed.

Lemma dismantle_cnode_pays : forall o s b s', 0 < l_empty (s_lim s) ->
  dismantle_cnode o s = Some (b, s') -> pays 1 s s'.
Proof.
  intros o s b s' L H. unfold dismantle_cnode in H. unfold bind at 1, gets at 1 in H.
  goes H v s1 E. assert (V : s1 = s /\ get o (s_cnodes s) = Some v).
  { destruct (get o (s_cnodes s)); [|discriminate E]. injection E as <- <-. auto. }
  destruct V as [-> V]. cbv zeta in H. set (cursor := if snd v =? 0 then 1 else snd v) in *.
  assert (C : snd v <= cursor) by (unfold cursor; destruct (N.eqb_spec (snd v) 0); lia).
  goes H u2 s2 E2. destruct (put_cnode_work _ _ _ _ _ _ E2 V) as [P [W G]].
  unfold slots_left in P. simpl in P.
  apply then_pays with s2; [split; [lia|exact W]|].
  destruct (N.leb_spec (fst v) cursor) as [Le|Lt].
  - goes H u3 s3 E3. injection H as _ <-. exact (forget_pays _ _ _ _ E3).
  - goes H c s3 E3. assert (s3 = s2) by (looked E3; reflexivity). subst s3.
    rewrite <- (proj1 W) in L. destruct (is_ty c TTables).
    + goes H e s4 E4. injection H as _ <-. exact (return_tables_pays _ _ _ _ _ L E4).
    + goes H u4 s4 E4. destruct (put_cnode_work _ _ _ _ _ _ E4 G) as [P4 [W4 _]].
      unfold slots_left in P4. simpl in P4.
      apply pays_then with s4; [split; [lia|exact W4]|]. rest H.
Qed.

Lemma queued_waits : forall e w, sends_at e w || receives_at e w = true -> waiting w = 2%nat.
Proof. intros e [] H; try discriminate H; reflexivity. Qed.

Lemma dismantle_endpoint_pays : forall o s b s', dismantle_endpoint o s = Some (b, s') ->
  pays 1 s s'.
Proof.
  intros o s b s' H. unfold dismantle_endpoint in H. goes H q s1 E.
  assert (s1 = s) by (looked E; reflexivity). subst s1. destruct (snd q) as [|t l].
  - goes H u s2 E2. injection H as _ <-. exact (forget_pays _ _ _ _ E2).
  - goes H w s2 E2. apply wait_looked in E2. destruct E2 as [-> G]. goes H h s3 E3.
    apply th_looked in E3. destruct E3 as [-> _]. goes H u s4 E4. apply guarded in E4.
    destruct E4 as [Q ->]. apply queued_waits in Q. goes H u5 s5 E5. injection H as _ <-.
    destruct (is_sending w && _).
    + unfold cancel in E5. goes E5 u6 s6 E6. destruct (leave_less _ _ _ _ E6) as [w' [G' [P W]]].
      assert (w' = w) by congruence. subst w'.
      apply pays_then with s6; [split; [lia|exact W]|]. rest E5.
    + exact (gone_pays _ _ _ _ _ G Q E5).
Qed.

Lemma dismantle_notification_pays : forall o s b s',
  dismantle_notification o s = Some (b, s') -> pays 1 s s'.
Proof.
  intros o s b s' H. unfold dismantle_notification in H. goes H n s1 E.
  assert (s1 = s) by (looked E; reflexivity). subst s1. destruct (n_queue n) as [|t l].
  - goes H u s2 E2. goes H u3 s3 E3. injection H as _ <-.
    apply then_pays with s2; [|exact (forget_pays _ _ _ _ E3)].
    refine ((_ : does less _) _ _ _ E2). one. apply less_put_th. intros h. unfold bound; simpl.
    apply le_n.
  - goes H w s2 E2. apply wait_looked in E2. destruct E2 as [-> G]. goes H u s4 E4.
    apply guarded in E4. destruct E4 as [Q ->]. goes H u5 s5 E5. injection H as _ <-.
    refine (gone_pays _ _ _ _ _ G _ E5). destruct w; try discriminate Q. reflexivity.
Qed.

#[export] Instance less_disarm : forall t w, (waiting w <= 2)%nat -> does less (disarm t w).
Proof.
  intros t w L s u s' H. destruct (disarm_tells t w s u s' H) as [e [r [_ [P [W _]]]]].
  simpl in P. split; [lia|exact W].
Qed.

Lemma dismantle_reply_pays : forall o s b s', dismantle_reply o s = Some (b, s') -> pays 1 s s'.
Proof.
  intros o s b s' H. unfold dismantle_reply in H. goes H x s1 E.
  assert (X : s1 = s /\ get o (s_replies s) = Some x).
  { looked E. split; [reflexivity|first [assumption|reflexivity]]. }
  destruct X as [-> X]. destruct x as [|t|c].
  - goes H u s2 E2. injection H as _ <-. exact (forget_pays _ _ _ _ E2).
  - goes H w s2 E2. apply wait_looked in E2. destruct E2 as [-> G]. goes H u3 s3 E3.
    goes H u4 s4 E4. injection H as _ <-.
    apply then_pays with s3; [|exact (forget_pays _ _ _ _ E4)].
    destruct w; try discriminate E3. exact (less_disarm _ (WReceiving e None) (le_n 2) _ _ _ E3).
  - goes H u s2 E2. injection H as _ <-. exact (abandon_pays _ _ _ _ _ X E2).
Qed.

Lemma leave_suspended : forall t s u s', get t (s_waits s) = Some WSuspended ->
  leave t s = Some (u, s') -> s' = s.
Proof.
  intros t s u s' G H. unfold leave in H. goes H w s1 E. apply wait_looked in E.
  destruct E as [-> E]. assert (w = WSuspended) by congruence. subst w.
  injection H as _ <-. reflexivity.
Qed.

Lemma dismantle_thread_pays : forall t s u s', dismantle_thread t s = Some (u, s') -> pays 1 s s'.
Proof.
  intros t s u s' H. unfold dismantle_thread in H. goes H w s1 E. apply wait_looked in E.
  destruct E as [-> Gw]. goes H h s2 E. apply th_looked in E. destruct E as [-> Gh].
  goes H b s3 E. unfold borrowing in E.
  assert (B : s3 = s /\ (b = true -> t_sc h <> 0 /\ exists c, get (t_sc h) (s_scs s) = Some c /\
    x_stack c <> [])).
  { destruct (N.eqb_spec (t_sc h) 0); [injection E as <- <-; split; [reflexivity|discriminate]|].
    goes E c s4 E4. assert (X : s4 = s /\ get (t_sc h) (s_scs s) = Some c).
    { looked E4. split; [reflexivity|first [assumption|reflexivity]]. }
    destruct X as [-> X]. injection E as <- <-. split; [reflexivity|]. intros T. split;
      [assumption|].
    exists c. split; [exact X|]. intros Z. rewrite Z in T. discriminate T. }
  destruct B as [-> B]. destruct (negb (is_suspended w) || b) eqn:C.
  - unfold cancel in H. goes H u4 s4 E4. destruct (leave_less _ _ _ _ E4) as [w' [G' [P W]]].
    assert (w' = w) by congruence. subst w'. destruct (is_suspended w) eqn:Sw.
    + simpl in C. subst b. destruct (B eq_refl) as [N0 [c [Gc St]]].
      destruct w; try discriminate Sw. rewrite (leave_suspended _ _ _ _ Gw E4) in *.
      destruct (give_back_pays _ _ _ _ H) as [_ K]. exact (K h c Gh N0 Gc St).
    + apply pays_then with s4; [|rest H].
      split; [destruct w; try discriminate Sw; simpl in P; lia|exact W].
  - destruct (N.eqb_spec (t_lent h) 0) as [L|L]; simpl in H.
    2:{ unfold unlend in H. goes H h' s4 E4. apply th_looked in E4. destruct E4 as [-> G'].
        assert (h' = h) by congruence. subst h'.
        destruct (N.eqb_spec (t_lent h) 0); [contradiction|]. goes H u5 s5 E5.
        apply pays_then with s5; [|rest H].
        destruct (leave_lenders_pays _ _ _ _ _ Gh L E5) as [P W]. split; [lia|exact W]. }
    destruct (N.eqb_spec (t_own h) 0) as [O|O]; simpl in H;
      [|exact (unbind_from_pays _ _ _ _ _ _ Gh O (or_introl eq_refl) H)].
    destruct (N.eqb_spec (t_sc h) 0) as [X|X]; simpl in H;
      [|exact (unbind_from_pays _ _ _ _ _ _ Gh X (or_intror eq_refl) H)].
    goes H u5 s5 E5. goes H u6 s6 E6. goes H u7 s7 E7.
    apply then_pays with s7; [|exact (forget_pays _ _ _ _ H)].
    eapply order_then; [|exact (less_empty_slots _ _ _ _ E7)].
    eapply order_then; [|exact (does_put_cpu (R := less) _ _ _ _ E6)]. rest E5.
Qed.

Lemma dismantle_context_pays : forall x s u s', dismantle_context x s = Some (u, s') ->
  pays 1 s s'.
Proof.
  intros x s u s' H. unfold dismantle_context in H. goes H c s1 E.
  rewrite (sc_looked _ _ _ _ E) in *.
  destruct (x_stack c); [|exact (take_away_pays _ _ _ _ H)]. goes H u2 s2 E2.
  apply then_pays with s2; [rest E2|exact (forget_pays _ _ _ _ H)].
Qed.

Lemma dismantle_space_pays : forall p s u s', 0 < l_empty (s_lim s) ->
  dismantle_space p s = Some (u, s') -> pays 1 s s'.
Proof.
  intros p s u s' L H. unfold dismantle_space in H. goes H e s1 E.
  assert (D : e = EOk \/ e <> EOk) by (destruct e; first [left; reflexivity|right; discriminate]).
  destruct D as [->|D].
  - goes H x s2 E2. apply space_looked in E2. destruct E2 as [-> _]. goes H u3 s3 E3.
    apply then_pays with s3; [|exact (forget_pays _ _ _ _ H)].
    eapply order_then; [exact (less_empty_space _ _ _ _ E)|rest E3].
  - pose proof (empty_space_again _ _ _ L _ D E) as P.
    destruct e; try contradiction; injection H as _ <-; exact P.
Qed.

(* Each step of dismantling. *)
Theorem dismantle_pays : forall o s b s', 0 < l_empty (s_lim s) -> dismantle o s = Some (b, s') ->
  pays 1 s s'.
Proof.
  intros o s b s' L H. unfold dismantle in H. goes H k s1 E.
  assert (s1 = s) by (looked E; reflexivity). subst s1.
  destruct k; try discriminate H;
    try (goes H u2 s2 E2); try (injection H as _ <-).
  - exact (dismantle_cnode_pays _ _ _ _ L H).
  - exact (dismantle_endpoint_pays _ _ _ _ H).
  - exact (dismantle_notification_pays _ _ _ _ H).
  - exact (dismantle_reply_pays _ _ _ _ H).
  - exact (dismantle_thread_pays _ _ _ _ E2).
  - exact (dismantle_context_pays _ _ _ _ E2).
  - exact (dismantle_space_pays _ _ _ _ L E2).
  - goes H u3 s3 E3. goes H u4 s4 E4. injection H as _ <-.
    apply then_pays with s3; [|exact (forget_pays _ _ _ _ E4)].
    eapply order_then; [exact (does_detach (R := less) _ _ _ _ E2)|rest E3].
  - goes H u3 s3 E3. goes H u4 s4 E4. injection H as _ <-.
    apply then_pays with s3; [|exact (forget_pays _ _ _ _ E4)].
    eapply order_then; [exact (does_drop_due (R := less) _ _ _ _ E2)|rest E3].
Qed.

Lemma dismantle_less : forall n s u s', 0 < l_empty (s_lim s) ->
  dismantle_some n s = Some (u, s') -> less s s'.
Proof.
  induction n as [|n IH]; intros s u s' L H; simpl in H; unfold bind at 1, gets at 1 in H.
  - destruct (s_doomed s); injection H as _ <-; apply order_same.
  - destruct (s_doomed s) as [|o l]; [injection H as _ <-; apply order_same|]. goes H m s1 E.
    pose proof (dismantle_pays _ _ _ _ L E) as P. apply pays_less in P.
    destruct m; [|injection H as _ <-; exact P]. eapply order_then; [exact P|].
    refine (IH _ _ _ _ H). rewrite (proj1 (proj2 P)). exact L.
Qed.

(* As much as is done in one go, when there is something to be done. *)
Theorem dismantling_pays : forall s e s', 0 < l_empty (s_lim s) -> 0 < l_doomed (s_lim s) ->
  destroy_doomed s = Some (e, s') -> less s s' /\ (s_doomed s <> [] \/ e <> EOk -> pays 1 s s').
Proof.
  intros s e s' L D H. unfold destroy_doomed in H. unfold bind at 1, gets at 1 in H.
  goes H u s1 E. unfold bind, gets in H. pose proof (dismantle_less _ _ _ _ L E) as Le.
  assert (Same : s' = s1) by (destruct (s_doomed s1); injection H as _ <-; reflexivity).
  subst s1. split; [exact Le|]. intros Do.
  destruct (N.to_nat (l_doomed (s_lim s))) as [|n] eqn:Nn; [lia|].
  simpl in E. unfold bind at 1, gets at 1 in E. destruct (s_doomed s) as [|o l] eqn:Ds.
  - injection E as _ <-. exfalso. rewrite Ds in H. injection H as <-.
    destruct Do as [Do|Do]; apply Do; reflexivity.
  - goes E m s2 E2. pose proof (dismantle_pays _ _ _ _ L E2) as P. destruct m.
    + eapply pays_then; [exact P|]. refine (dismantle_less _ _ _ _ _ E).
      rewrite (proj1 (proj2 P)). exact L.
    + injection E as _ <-. exact P.
Qed.
