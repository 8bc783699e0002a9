(* SPDX-License-Identifier: BSD-2-Clause *)
(* That noninterference speaks of something: two partitions that are closed, and what each does
   while
   the other does the same, and while it does nothing. *)
Require Import NArith List Bool Lia.
From Tessera Require Import Map Refills State Machine Sched Message Destroy Objects Calls Authority.
From Tessera Require Import Boot View Inward Unseen Apart.
Import ListNotations.
Open Scope N_scope.

(* --- Looking at a whole state ----------------------------------------------------------------- *)

Definition all {A} (f : N -> A -> bool) (m : map A) : bool :=
  forallb (fun q => f (fst q) (snd q)) (pairs m).
Lemma all_get : forall A (f : N -> A -> bool) m, all f m = true ->
  forall k v, get k m = Some v -> f k v = true.
Proof.
  intros A f m H k v E. unfold all in H. rewrite forallb_forall in H. apply in_pairs in E.
  exact (H (k, v) E).
Qed.

Ltac parts H := repeat match type of H with _ && _ = true =>
  let K := fresh "K" in apply andb_true_iff in H; destruct H as [H K] end.

(* A partition is what lies between two granules. *)
Definition between (lo hi : N) (x : place) : bool :=
  match x with Granule g => (g =? 0) || ((lo <=? g) && (g <? hi)) | _ => false end.
#[local] Arguments between lo hi x : simpl never.

Section Checks.
Context (lo hi : N).
Notation own := (between lo hi).
Notation o g := (own (Granule g)).

Definition check_cap (c : cap) : bool :=
  match c_ty c with
  | TIoPort | TCpu | TIrqControl => false
  | _ => ((size_of c =? 0) || ((lo <=? c_obj c) && (c_obj c + size_of c <=? hi)))
         && o (place_of (c_reg c))
  end.
Lemma checked_cap : forall c, check_cap c = true -> owned own c.
Proof.
  intros c H. assert (K : c_ty c <> TIoPort /\ c_ty c <> TCpu /\ c_ty c <> TIrqControl).
  { unfold check_cap in H. destruct (c_ty c); repeat split; congruence. }
  assert (H' : ((size_of c =? 0) || ((lo <=? c_obj c) && (c_obj c + size_of c <=? hi)))
    && o (place_of (c_reg c)) = true).
  { unfold check_cap in H. destruct (c_ty c); try exact H; discriminate H. }
  apply andb_true_iff in H'. destruct H' as [H1 H2]. split; [|exact H2].
  intros [g|p|k] R; unfold reach in R.
  - apply orb_true_iff in H1. destruct H1 as [H1|H1].
    + apply N.eqb_eq in H1. lia.
    + apply andb_true_iff in H1. destruct H1 as [A B]. apply N.leb_le in A, B.
      unfold between. apply orb_true_iff. right. apply andb_true_iff.
      rewrite N.leb_le, N.ltb_lt. lia.
  - destruct R. tauto.
  - destruct R as [R [->| ->]]; tauto.
Qed.

Definition check_whole (t : N) : bool := forallb (fun i => o (t + i)) (seq_N 0 24).
Lemma checked_whole : forall t, check_whole t = true -> whole own t.
Proof.
  intros t H i I. unfold check_whole in H. rewrite forallb_forall in H. apply H.
  unfold seq_N. apply in_map_iff. exists (N.to_nat i). rewrite N2Nat.id. split; [reflexivity|].
  apply in_seq. lia.
Qed.
Definition check_list (l : list N) : bool := forallb (fun k => o k) l.
Lemma checked_list : forall l, check_list l = true -> all_own own l.
Proof. intros l H k K. unfold check_list in H. rewrite forallb_forall in H. auto. Qed.

Definition check_wait (w : wait) : bool :=
  match w with WSuspended | WReady => true | WSignal n => o n | _ => false end.
Definition check (s : state) : bool :=
  all (fun k c => negb (o k) || check_cap c) (s_caps s) && negb (is_some (get 0 (s_up s))) &&
  all (fun a l => negb (o a) || (a =? 0) || (check_list l && forallb (fun k => negb (k =? 0)) l))
    (s_kids s) &&
  all (fun e q => negb (o e) || check_list (snd q)) (s_eps s) &&
  all (fun n x => negb (o n) || (check_list (n_queue x) && o (n_bound x))) (s_ntfns s) &&
  all (fun r x => negb (o r) || match x with RIdle => true | _ => false end) (s_replies s) &&
  all (fun t w => negb (o t) || (check_whole t && check_wait w)) (s_waits s) &&
  all (fun t h => negb (o t) || (check_whole t && o (t_sc h) && o (t_own h) && o (t_lent h)
    && o (t_ntfn h))) (s_threads s) &&
  all (fun x c => negb (o x) || (o (x_holder c) && check_list (x_stack c))) (s_scs s).

Theorem checked : forall s, check s = true -> closed own s.
Proof.
  assert (No : forall g b, o g = true -> negb (o g) || b = true -> b = true).
  { intros g b G H. rewrite G in H. exact H. }
  intros s H. unfold check in H. parts H. unfold closed.
  repeat match goal with |- _ /\ _ => split end.
  - intros k c O E. apply checked_cap. exact (No k _ O (all_get _ _ _ H k c E)).
  - destruct (get 0 (s_up s)); [discriminate K6|reflexivity].
  - intros a k O Nz I. destruct (get a (s_kids s)) as [l|] eqn:E; [|destruct I].
    pose proof (all_get _ _ _ K5 a l E) as X. cbv beta in X. rewrite O in X.
    destruct (N.eqb_spec a 0); [contradiction|]. cbn [negb orb] in X. apply andb_true_iff in X.
    destruct X as [X Y]. split; [exact (checked_list l X k I)|].
    rewrite forallb_forall in Y. specialize (Y k I). apply negb_true_iff, N.eqb_neq in Y. exact Y.
  - intros e q O E. apply checked_list. exact (No e _ O (all_get _ _ _ K4 e q E)).
  - intros n x O E. pose proof (No n _ O (all_get _ _ _ K3 n x E)) as X. parts X.
    split; [apply checked_list; exact X|assumption].
  - intros r x O E. pose proof (No r _ O (all_get _ _ _ K2 r x E)) as X.
    destruct x; [exact I|discriminate X..].
  - intros t w O E. pose proof (No t _ O (all_get _ _ _ K1 t w E)) as X. parts X.
    split; [apply checked_whole; exact X|]. destruct w; try discriminate; simpl; auto.
  - intros t h O E. pose proof (No t _ O (all_get _ _ _ K0 t h E)) as X. parts X.
    split; [apply checked_whole; exact X|]. unfold th_links. auto.
  - intros x c O E. pose proof (No x _ O (all_get _ _ _ K x c E)) as X. parts X.
    split; [exact X|apply checked_list; assumption].
Qed.

End Checks.

Definition none {A} (m : map A) : bool := negb (is_some (get 0 m)).
Definition check_0 (s : state) : bool :=
  none (s_caps s) && none (s_kinds s) && none (s_cnodes s) && none (s_eps s) && none (s_ntfns s)
  && none (s_replies s) && none (s_waits s) && none (s_threads s) && none (s_regs s)
  && none (s_scs s) && none (s_spaces s) && none (s_irqs s) && none (s_mem s) && none (s_up s)
  && all (fun i _ => negb (place_of i =? 0)) (s_regions s)
  && all (fun _ c => (c_reg c =? 0) || negb (place_of (c_reg c) =? 0)) (s_caps s).
Lemma none_none : forall A (m : map A), none m = true -> get 0 m = None.
Proof. unfold none. intros A m H. destruct (get 0 m); [discriminate H|reflexivity]. Qed.
Lemma checked_0 : forall s, check_0 s = true -> none_at_0 s.
Proof.
  intros s H. unfold check_0 in H. parts H. unfold none_at_0.
  repeat match goal with |- _ /\ _ => split end; try (apply none_none; assumption).
  - intros i Z. destruct (get i (s_regions s)) eqn:E; [|reflexivity].
    pose proof (all_get _ _ _ K0 i _ E) as X. cbv beta in X. rewrite Z in X. discriminate X.
  - intros k c E N Z. pose proof (all_get _ _ _ K k c E) as X. cbv beta in X. rewrite Z in X.
    destruct (N.eqb_spec (c_reg c) 0); [contradiction|discriminate X].
Qed.

Definition check_said (a : act) (s : state) : bool :=
  match a with
  | Calls t =>
      match slot_of t (reg_of s t r_di) s with
      | Some (b, _) => told (c_ty (opt nil_cap (get b (s_caps s)))) (tag_label (reg_of s t r_tag))
      | None => false
      end
  | _ => true
  end.
Lemma checked_said : forall a s, check_said a s = true -> said a s.
Proof.
  intros [t| |] s H; try exact I. intros i a s1 s2 E F. unfold check_said in H.
  unfold reg, gets in E. injection E as <- _. rewrite F in H. exact H.
Qed.

(* --- Two partitions --------------------------------------------------------------------------- *)

Definition given (b slot : N) (k : ty) (o size badge : N) : M unit :=
  i <- first_region o size WObject ;; _ <- new_object k o badge ;; put_kind o (k, i) ;;;
  put_cap 0 (b + slot) (Cap k o 15 badge 0 i).
Definition partition (b : N) : M unit :=
  given b 1 TCNode b 80 80 ;;; given b 2 TThread (b + 96) 24 0 ;;;
  given b 3 TEndpoint (b + 120) 1 0 ;;; given b 4 TNotification (b + 121) 1 0 ;;;
  given b 5 TReply (b + 122) 1 0 ;;; given b 6 TSchedContext (b + 123) 6 0 ;;;
  copy_cap (b + 1) (cspace_slot (b + 96)) 15 ;;; set_wait (b + 96) WReady.
Definition two : option state :=
  match (partition 64 ;;; partition 512) (nothing (Lim 1 1 1 1 1 1 16 1)) with
  | Some (_, s) => Some s
  | None => None
  end.

(* The thread of a partition copies a capability, and signals; then it waits for a call. *)
Definition program (b : N) : list act :=
  let t := b + 96 in
  List.map (fun q => Sets t (fst q) (snd q))
    [(0, 30); (1, 0); (2, 3); (3, 15); (4, 1); (r_ax, 0); (r_di, 1); (r_tag, 65541)] ++
  [Calls t; Sets t r_ax 1; Sets t r_di 4; Sets t r_tag 0; Calls t;
   Sets t r_ax 2; Sets t r_di 3; Sets t r_bx 5; Calls t].

Fixpoint goes (l : list act) (s : state) : option (list (option error) * state) :=
  match l with
  | [] => Some ([], s)
  | a :: l' =>
      match does a s with
      | Some (x, s1) =>
          if check_said a s && check_0 s1 then
            match goes l' s1 with
            | Some (o, s') => Some (if between 64 512 (Granule (whose a)) then x :: o else o, s')
            | None => None
            end
          else None
      | None => None
      end
  end.
Notation one := (between 64 512).
Notation another := (between 512 1024).
Lemma goes_acts : forall l s o s', forallb (fun a => one (Granule (whose a)) ||
  another (Granule (whose a))) l = true -> goes l s = Some (o, s') -> acts one another s l o s'.
Proof.
  induction l as [|a l IH]; intros s o s' W H; simpl in H; [injection H as <- <-; constructor|].
  simpl in W. apply andb_true_iff in W. destruct W as [W1 W2].
  destruct (does a s) as [[x s1]|] eqn:E; [|discriminate H].
  destruct (check_said a s && check_0 s1) eqn:C; [|discriminate H].
  apply andb_true_iff in C. destruct C as [C1 C2].
  destruct (goes l s1) as [[p u]|] eqn:G; [|discriminate H]. injection H as <- <-.
  apply checked_said in C1. apply checked_0 in C2.
  destruct (one (Granule (whose a))) eqn:O.
  - eapply acts_own; eauto.
  - eapply acts_other; eauto.
Qed.

(* Both run their programs; or one alone: it comes to the same there, and not for the other. *)
Theorem partitions_run : exists s l m o s' u', closed one s /\ closed another s /\ none_at_0 s /\
  acts one another s l o s' /\ acts one another s m o u' /\ purge one l = purge one m /\
  In (Some EOk) o /\ get 542 (s_caps s') <> get 542 (s_caps u').
Proof.
  set (both_run := program 64 ++ program 512).
  assert (H : match two with
    | Some s => check 64 512 s && check 512 1024 s && check_0 s &&
        match goes both_run s, goes (program 64) s with
        | Some (o, s'), Some (p, u') =>
            match o, p with
            | [_; _; _; _; _; _; _; _; Some EOk; _; _; _; Some EOk; _; _; _; Some EOk],
              [_; _; _; _; _; _; _; _; Some EOk; _; _; _; Some EOk; _; _; _; Some EOk] =>
                forallb (fun x => match x with None | Some EOk => true | _ => false end) (o ++ p)
                && is_some (get 542 (s_caps s')) && negb (is_some (get 542 (s_caps u')))
            | _, _ => false
            end
        | _, _ => false
        end
    | None => false
    end = true) by (vm_compute; reflexivity).
  destruct two as [s|]; [|discriminate H].
  apply andb_true_iff in H. destruct H as [H G]. parts H.
  destruct (goes both_run s) as [[o s']|] eqn:E; [|discriminate G].
  destruct (goes (program 64) s) as [[p u']|] eqn:F; [|discriminate G].
  assert (Ws : forallb (fun a => one (Granule (whose a)) || another (Granule (whose a))) both_run
    = true) by (vm_compute; reflexivity).
  assert (Wu : forallb (fun a => one (Granule (whose a)) || another (Granule (whose a)))
    (program 64) = true) by (vm_compute; reflexivity).
  pose proof (goes_acts _ _ _ _ Ws E) as Rs. pose proof (goes_acts _ _ _ _ Wu F) as Ru.
  assert (P : purge one both_run = purge one (program 64)) by (vm_compute; reflexivity).
  apply checked in H, K0. apply checked_0 in K.
  destruct (noninterference one another) with (l := both_run) (m := program 64) (s := s) (u := s)
    (o := o) (p := p) (s' := s') (u' := u') as [<- _]; auto; try reflexivity.
  { intros g A B. unfold between in A, B. destruct (N.eq_dec g 0) as [Eg|Ng]; [exact Eg|].
    apply N.eqb_neq in Ng. rewrite Ng in A, B. cbn [orb] in A, B. apply andb_true_iff in A, B.
      destruct A as [_ A], B as [B _].
    apply N.ltb_lt in A. apply N.leb_le in B. lia. }
  { intros a [A|A]; (assert (Q : forallb (fun a => negb (whose a =? 0)) both_run = true)
      by (vm_compute; reflexivity)); rewrite forallb_forall in Q;
      apply N.eqb_neq, negb_true_iff, Q; [exact A|apply in_or_app; left; exact A]. }
  { apply agree_self. }
  exists s, both_run, (program 64), o, s', u'. repeat match goal with |- _ /\ _ => split end; auto.
  - destruct o as [|? [|? [|? [|? [|? [|? [|? [|? [|[[]|] o]]]]]]]]]; try discriminate G.
    do 8 right. left. reflexivity.
  - repeat match type of G with match ?x with _ => _ end = _ => destruct x; try discriminate G end.
    apply andb_true_iff in G. destruct G as [G G2]. apply andb_true_iff in G. destruct G as [_ G].
    destruct (get 542 (s_caps s')); [|discriminate G].
    destruct (get 542 (s_caps u')); [discriminate G2|discriminate].
Qed.
