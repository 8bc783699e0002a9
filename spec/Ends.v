(* SPDX-License-Identifier: BSD-2-Clause *)
(* Left.v, continued: the calls that can be preempted, one by one; and all of them. *)
Require Import Arith NArith List Bool Lia.
From Tessera Require Import Map Refills State Machine Sched Message Destroy Objects Calls Boot.
From Tessera Require Import Keeps Memory Tree Theorems Revoke Again Work Pays Dismantled Left.
Import ListNotations.
Open Scope N_scope.

#[local] Hint Constants Opaque : typeclass_instances.

Lemma found_cap : forall t i k r f s e s', find_cap t i k r f s = Some (e, s') -> e = ERestart ->
  exists a, c_ty (opt nil_cap (get a (s_caps s))) = k /\
    f a (opt nil_cap (get a (s_caps s))) s = Some (ERestart, s').
Proof.
  intros t i k r f s e s' H ->. unfold find_cap in H. sees H a E. sees H c E2.
  destruct (_ || _) in H; [discriminate H|]. destruct (is_ty c k) eqn:T; [|discriminate H].
  simpl in H. destruct (lacks _ _) in H; [discriminate H|]. injection E2 as <-.
  exists a. split; [|exact H]. unfold is_ty in T.
  destruct (c_ty (opt nil_cap (get a (s_caps s)))), k; try discriminate T; reflexivity.
Qed.
Lemma found_cnode : forall t i r f s s', find_cnode t i r f s = Some (ERestart, s') ->
  exists a c, f a c s = Some (ERestart, s').
Proof.
  intros t i r f s s' H. unfold find_cnode in H.
  assert (L : looks (if i =? 0 then ret (cspace_slot t) else slot_of t i)) by look.
  goes H a s1 E. rewrite (L _ _ _ E) in H. clear L E. sees H c E2.
  destruct (_ || _) in H; [discriminate H|]. destruct (is_ty c TCNode) in H; [|discriminate H].
  simpl in H. destruct (_ =? 0) in H; [discriminate H|]. exists a, c. exact H.
Qed.

(* --- Receiving, giving an answer -------------------------------------------------------------- *)

Lemma recv_pays : forall t e r w s s', recv t e r w s = Some (ERestart, s') -> pays 1 s s'.
Proof.
  intros t e r w s s' H. unfold recv in H. sees H h E. goes H x s1 E1. injection E1 as <- <-.
  sees H q E2. destruct (match get (t_ntfn h) (s_ntfns s) with Some _ => _ | None => _ end) in H.
  { exfalso. parts H. discriminate H. }
  destruct q as [[|] [|from l]]; simpl in H;
    try (exfalso; destruct w; simpl in H; parts H; discriminate H).
  sees H b E3. destruct b; [exfalso; parts H; discriminate H|].
  goes H v s1 E4. apply wait_looked in E4. destruct E4 as [-> G]. goes H u s2 E5.
  apply guarded in E5. destruct E5 as [Q ->]. goes H u3 s3 E6.
  pose proof (does_ep_remove (R := still) _ _ _ _ _ E6) as S. goes H u4 s4 E7.
  injection H as <-. destruct (finish_tells _ _ _ _ _ E7) as [v' T].
  apply (told_after _ _ _ _ _ _ S) in T. destruct T as [G' [P [W _]]].
  assert (v' = v) by congruence. subst v'. destruct v; try discriminate Q. simpl in P.
  split; [lia|exact W].
Qed.

(* What an answer does to others than the caller. *)
Definition aside (c : N) (s s' : state) : Prop :=
  s_waits s' = s_waits s /\ (work s' <= work s)%nat /\ s_lim s' = s_lim s /\
  forall t i, t <> c -> i < 8 -> reg_of s' t i = reg_of s t i.
#[local] Instance aside_order : forall c, order (aside c).
Proof.
  intros c. constructor; [constructor|].
  - intros s. repeat split; lia.
  - intros s s1 s2 [A [B [C D]]] [A' [B' [C' D']]]. repeat split; try congruence; try lia.
    intros t i N L. rewrite (D' t i N L). exact (D t i N L).
  - intros s s' [B [L W]]. split; [exact (waits_part s s' B)|]. split; [rewrite (busy_work s s' B);
      lia|]. split; [exact L|]. intros t i _ H. exact (W t i H).
Qed.
#[local] Instance aside_put_reg : forall c i v, does (aside c) (put_reg c i v).
Proof.
  intros c i v s u s' H. unfold put_reg, write in H. injection H as _ <-.
  split; [reflexivity|split; [apply le_n|split; [reflexivity|]]]. intros t j N _. unfold reg_of.
  simpl. rewrite get_set. destruct (N.eqb_spec t c); [contradiction|reflexivity].
Qed.
#[local] Instance aside_put_cap : forall c p a k, does (aside c) (put_cap p a k).
Proof. intros c p a k s u s' H. unfold put_cap in H. alone H. Qed.
#[local] Instance aside_move_cap : forall c a b, does (aside c) (move_cap a b).
Proof. intros c a b s u s' H. unfold move_cap in H. alone H. Qed.
#[local] Instance aside_looks : forall c A (m : M A), looks m -> does (aside c) m.
Proof. intros c A m L s a s' H. rewrite (L _ _ _ H). apply order_same. Qed.
#[local] Instance aside_put_th : forall c, does (aside c) (put_th c (set_t_fault 0)).
Proof.
  intros c s u s' H. destruct (put_th_work _ _ _ _ _ H) as [h [_ [P [[L W] [E _]]]]].
  split; [exact E|]. unfold bound in P; simpl in P. split; [lia|]. split; [exact L|].
  intros t i _ Hi. exact (W t i Hi).
Qed.
#[local] Instance aside_copy_cap : forall c a b r, does (aside c) (copy_cap a b r).
Proof. intros. unfold copy_cap. repeat one. Qed.
#[local] Instance aside_carry : forall c a b g w, does (aside c) (carry a b g w). Proof. go. Qed.
#[local] Instance aside_copy_words : forall t c, does (aside c) (copy_words t c). Proof. go. Qed.
#[local] Instance aside_word_of : forall c t i, does (aside c) (word_of t i). Proof. go. Qed.
#[local] Instance aside_transfer : forall t c g, does (aside c) (transfer t c g). Proof. go. Qed.
#[local] Instance aside_write_registers : forall c t, does (aside c) (write_registers c t).
Proof. go. Qed.
#[local] Instance aside_resume_fault : forall c t, does (aside c) (resume_fault c t).
Proof. go. Qed.

Lemma answer_pays : forall t r s s', answer t r s = Some (EOk, s') ->
  (work s' + 1 <= work s)%nat /\ s_lim s' = s_lim s /\
  forall i, i < 8 -> reg_of s' t i = reg_of s t i.
Proof.
  intros t r s s' H. unfold answer in H. sees H x E. destruct x as [| |c]; try discriminate H.
  goes H u s1 E1. apply guarded in E1. destruct E1 as [N ->]. apply negb_true_iff, N.eqb_neq in N.
  sees H h E2. sees H w E3. cbv zeta in H. goes H e s1 E4.
  assert (L : s1 = s).
  { match type of E4 with ?m _ = _ => assert (L : looks m) end.
    { destruct (t_fault h =? 0); [unfold check_message|unfold check_fault_reply,
        check_registers]; look. }
    exact (L _ _ _ E4). }
  subst s1. destruct e; try discriminate H. goes H u2 s2 E5.
  destruct (end_call_tells _ _ _ _ _ E5) as [q [g [_ [P [W G]]]]]. simpl in P. goes H u3 s3 E6.
  assert (A : aside c s2 s3).
  { refine ((_ : does (aside c) _) _ _ _ E6). destruct (t_fault h =? 0); repeat one. }
  goes H u4 s4 E7. injection H as <-. destruct (wake_tells _ _ _ _ E7) as [v [G' [P' [W' _]]]].
  destruct A as [Aw [Al [Am Ar]]]. rewrite Aw, G in G'. injection G' as <-. simpl in P'.
  split; [lia|]. split; [rewrite (proj1 W'), Am; apply W|]. intros i L.
  rewrite (proj2 W' t i L), (Ar t i ltac:(congruence) L). exact (proj2 W t i L).
Qed.

Lemma restarts_recv : forall t e r w, restarts t (recv t e r w).
Proof. intros t e r w s s' _ _ _ H. apply pays_shorter. eapply recv_pays; exact H. Qed.

Lemma restarts_do_recv : forall t c w, restarts t (do_recv t c w).
Proof.
  intros t c w. unfold do_recv. destruct (c_ty c); try (apply never_restarts; solve [nevers]).
  - destruct (negb _); [apply never_restarts; solve [nevers]|]. unfold find_reply.
    apply restarts_look; [typeclasses eauto|intros i]. apply restarts_look; [typeclasses eauto|].
    intros a. apply restarts_look; [typeclasses eauto|intros d].
    destruct (i =? 0); [apply restarts_recv|].
    destruct (_ || _); [apply never_restarts; solve [nevers]|].
    destruct (is_ty d TReply); [|apply never_restarts; solve [nevers]].
    apply restarts_look; [typeclasses eauto|intros []]; try (apply never_restarts; solve [nevers]).
    apply restarts_recv.
Qed.

Lemma restarts_do_reply_recv : forall t c w, restarts t (do_reply_recv t c w).
Proof.
  intros t c w. unfold do_reply_recv. destruct (negb _); [apply never_restarts; solve [nevers]|].
  destruct (negb _); [apply never_restarts; solve [nevers]|]. unfold find_reply.
  apply restarts_look; [typeclasses eauto|intros i]. apply restarts_look; [typeclasses eauto|].
  intros a. apply restarts_look; [typeclasses eauto|intros d].
  destruct (i =? 0); [apply never_restarts; solve [nevers]|].
  destruct (_ || _); [apply never_restarts; solve [nevers]|].
  destruct (is_ty d TReply); [|apply never_restarts; solve [nevers]].
  intros s s' _ _ _ H. goes H e s1 E. assert (N : e <> ERestart).
  { intros ->. exact (never_answer _ _ _ _ E). }
  destruct e; try contradiction; try discriminate H. destruct (answer_pays _ _ _ _ E) as [P [L R]].
  goes H e s2 E2. destruct e; try discriminate H. destruct (recv_pays _ _ _ _ _ _ E2) as [P2 W2].
  goes H u s3 E3. injection H as <-.
  destruct (does_put_reg (R := less) t r_ax (if w then 2 else 18) ltac:(discriminate) _ _ _ E3)
    as [P3 W3].
  apply shorter_work; [|lia]. unfold word.
  rewrite (proj2 W3 t 4) by reflexivity. rewrite (proj2 W2 t 4) by reflexivity.
  rewrite R by reflexivity. apply le_n.
Qed.

(* --- Dismantling ------------------------------------------------------------------------------ *)

Lemma restarts_unbind : forall t x, restarts t (context_unbind x).
Proof.
  intros t x s s' _ _ _ H. unfold context_unbind in H. sees H y E.
  destruct (x_stack y) as [|h l]; [exfalso; parts H; discriminate H|]. goes H u s1 E1.
  injection H as <-. apply pays_shorter. eapply take_away_pays; exact E1.
Qed.

#[local] Instance less_put_cap : forall p a k, does less (put_cap p a k).
Proof. intros p a k s u s' H. unfold put_cap in H. alone H. Qed.
#[local] Instance less_configure_one : forall k a b, does less (configure_one k a b).
Proof. intros. unfold configure_one, copy_cap. repeat one. Qed.

Lemma sources_end : forall l t i s r s', configure_sources t i l s = Some (r, s') ->
  s' = s /\ fst r <> ERestart.
Proof.
  induction l as [|[k rights] l IH]; intros t i s r s' H; simpl in H.
  - injection H as <- <-. split; [reflexivity|discriminate].
  - sees H index E. sees H a E1. goes H e s1 E2.
    assert (X : s1 = s /\ e <> ERestart).
    { split.
      - match type of E2 with ?m _ = _ => assert (L : looks m) end;
          [unfold find_cap; look|exact (L _ _ _ E2)].
      - match type of E2 with ?m _ = _ => assert (L : never m) end; [nevers|].
        intros ->. exact (L _ _ E2). }
    destruct X as [-> N]. destruct e; try (injection H as <- <-; split; [reflexivity|];
      simpl; exact N). goes H q s1 E3. injection H as <- <-. exact (IH _ _ _ _ _ E3).
Qed.

Lemma restarts_configure : forall t o, restarts t (thread_configure t o).
Proof.
  intros t o s s' L D _ H. unfold thread_configure in H. sees H i E. sees H b E1.
  destruct (_ && _) in H; [discriminate H|]. goes H q s1 E2.
  destruct (sources_end _ _ _ _ _ _ E2) as [-> N]. destruct q as [e l]. simpl in N.
  destruct e; try discriminate H; try contradiction. goes H u s1 E3.
  assert (P1 : less s s1) by rest E3. goes H u2 s2 E4.
  assert (P2 : less s1 s2) by rest E4. goes H e s3 E5. injection H as E6 <-.
  pose proof (order_then _ _ _ P1 P2) as P. rewrite <- (proj1 (proj2 P)) in L, D.
  destruct (dismantling_pays _ _ _ L D E5) as [_ K].
  apply pays_shorter. eapply then_pays; [exact P|]. apply K. right. intros ->. discriminate E6.
Qed.

(* --- Revoke, Delete --------------------------------------------------------------------------- *)

Lemma made_none : forall A (m : M A) s a s', (forall n, keeps (at_most n) m) -> filled s ->
  m s = Some (a, s') -> (capabilities s' <= capabilities s)%nat.
Proof.
  intros A m s a s' K [R _] H. exact (proj2 (K (capabilities s) s a s' (conj R (le_n _)) H)).
Qed.
Lemma slot_made_none : forall a n, keeps (at_most n) (destroy_slot a).
Proof. intros. apply keeps_destroy_slot, deleting_makes_none. Qed.
Lemma doomed_made_none : forall n, keeps (at_most n) destroy_doomed.
Proof. intros. apply keeps_destroy_doomed, deleting_makes_none. Qed.
Lemma slot_filled : forall a, keeps filled (destroy_slot a).
Proof. intros. apply keeps_destroy_slot, kept_shrinks, tree_is_filled. Qed.

(* A slot: it is empty already, or there is one capability less, or page tables have gone back. *)
Lemma slot_goes : forall a s e s', 0 < l_empty (s_lim s) -> filled s ->
  destroy_slot a s = Some (e, s') -> less s s' /\ (capabilities s' <= capabilities s)%nat /\
  match e with
  | EOk => s' = s \/ (capabilities s' < capabilities s)%nat
  | _ => pays 1 s s'
  end.
Proof.
  intros a s e s' L F H. split; [exact (less_destroy_slot _ _ _ _ H)|].
  split; [exact (made_none _ _ _ _ _ (slot_made_none a) F H)|].
  unfold destroy_slot in H. sees H c E. destruct (is_ty c TTables).
  - goes H e1 s1 E1. injection H as <- <-. eapply return_tables_pays; [exact L|exact E1].
  - goes H u s1 E1. injection H as <- <-. unfold cap_at, gets in E. injection E as E.
    destruct (null c) eqn:N.
    + left. unfold destroy_capability, cap_at, bind at 1, gets at 1 in E1.
      rewrite E, N in E1. injection E1 as _ <-. reflexivity.
    + right. apply (destroy_is_less a); [apply F|rewrite E; exact N|destruct u; exact E1].
Qed.

Lemma revoke_goes : forall n a s s', 0 < l_empty (s_lim s) -> 0 < l_doomed (s_lim s) -> filled s ->
  revoke_some n a s = Some (ERestart, s') -> less s s' /\
  (capabilities s' <= capabilities s)%nat /\
  ((0 < n)%nat -> (work s' < work s)%nat \/ (capabilities s' < capabilities s)%nat).
Proof.
  induction n as [|n IH]; intros a s s' L D F H; simpl in H.
  - goes H e s1 E. injection H as <-. destruct (dismantling_pays _ _ _ L D E) as [P _].
    split; [exact P|]. split; [exact (made_none _ _ _ _ _ doomed_made_none F E)|lia].
  - goes H l s1 E. injection E as <- <-. destruct (children a s) as [|c l] eqn:C.
    + destruct (dismantling_pays _ _ _ L D H) as [P K]. split; [exact P|].
      split; [exact (made_none _ _ _ _ _ doomed_made_none F H)|]. intros _. left.
      destruct K as [K _]; [right; discriminate|lia].
    + goes H e s1 E. destruct (slot_goes _ _ _ _ L F E) as [P [M K]].
      destruct e; try (injection H as <-; split; [exact P|split; [exact M|]]; intros _; left;
        destruct K as [K _]; lia).
      assert (F1 : filled s1) by exact (slot_filled c s EOk s1 F E).
      pose proof (proj1 (proj2 P)) as Lim. pose proof L as L1. pose proof D as D1.
      rewrite <- Lim in L1, D1. destruct (IH _ _ _ L1 D1 F1 H) as [P' [M' _]].
      split; [eapply order_then; eassumption|]. split; [lia|]. intros _. right.
      destruct K as [->|K]; [|lia]. exfalso.
      (* a child is a capability: it was not empty *)
      destruct F as [[Kids Wf] Full].
      assert (I : In c (children a s)) by (rewrite C; left; reflexivity).
      apply Kids in I. unfold of_state in I.
      assert (N : null (opt nil_cap (get c (s_caps s))) = false) by (apply Full; congruence).
      unfold destroy_slot in E. sees E d E2. unfold cap_at, gets in E2. injection E2 as E2.
      destruct (is_ty d TTables); [goes E e1 s2 E3; discriminate E|].
      goes E u s2 E3. injection E as ->.
      pose proof (destroy_is_less c s s (conj Kids Wf) N ltac:(destruct u; exact E3)). lia.
Qed.

Lemma restarts_revoke : forall t slot s s', 0 < l_delete (s_lim s) -> 0 < l_empty (s_lim s) ->
  0 < l_doomed (s_lim s) ->
  filled s -> cnode_revoke t slot s = Some (ERestart, s') -> shorter t s s'.
Proof.
  intros t slot s s' Ld L D F H. unfold cnode_revoke in H. sees H i E. sees H d E1.
  cbv zeta in H. sees H c E2. destruct (_ || _) in H; [discriminate H|].
  goes H n s1 E3. injection E3 as <- <-.
  destruct (revoke_goes _ _ _ _ L D F H) as [P [M K]].
  assert (W : word s' t 4 = word s t 4) by (apply words_word; [apply P|reflexivity]).
  apply before_le; [lia|].
  destruct K as [K|K]; [lia|apply before_here; [exact K|reflexivity]|].
  apply before_le; [apply P|]. apply before_here; [exact K|reflexivity].
Qed.
