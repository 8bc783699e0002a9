(* SPDX-License-Identifier: BSD-2-Clause *)
(* Noninterference of partitions: what a partition's calls come to, and what it sees afterwards,
   does
   not depend on what other partitions do (Unseen.v).

   Who acts when is given from outside, as a list: that what one does changes when another runs,
   that
   is, time, is not spoken of. README.md says what else is left out. *)
Require Import NArith List Bool Lia.
From Tessera Require Import Map Refills State Machine Sched Message Destroy Objects Calls Authority.
From Tessera Require Import View Alike Written Inward Within Unseen.
Import ListNotations.
Open Scope N_scope.

(* --- One call --------------------------------------------------------------------------------- *)

(* A call of thread t's, without the decision who runs then. *)
Definition call (t : N) : M error := _ <- th_at t ;; e <- decode t ;; conclude t e ;;; ret e.

(* What is done in a partition: its threads make calls, its programs use registers and memory. *)
Inductive act := Calls (t : N) | Sets (t i v : N) | Stores (page i v : N).
Definition whose (a : act) : N := match a with Calls t => t | Sets t _ _ => t | Stores p _ _ => p
  end.
Definition does (a : act) : M (option error) :=
  match a with
  | Calls t => e <- call t ;; ret (Some e)
  | Sets t i v => put_reg t i v ;;; ret None
  | Stores p i v => put_mem p i v ;;; ret None
  end.
(* Calls of which nothing is said are left out: Unseen.told. *)
Definition said (a : act) (s : state) : Prop := match a with Calls t => spoken t s | _ => True end.

Section One.
Context (own : place -> bool) (Z : nobody own).
Notation inside a := (own (Granule (whose a)) = true).

Lemma does_alike : forall t1 t2 a s1 s2 x1 x2 s1' s2', inside a ->
  both (own := own) (t1 := t1) (t2 := t2) s1 s2 -> said a s1 -> said a s2 ->
  does a s1 = Some (x1, s1') -> does a s2 = Some (x2, s2') ->
  x1 = x2 /\ both (own := own) (t1 := t1) (t2 := t2) s1' s2'.
Proof.
  intros t1 t2 a s1 s2 x1 x2 s1' s2' In B S1 S2 E F. destruct a as [t|t i v|p i v]; simpl in In.
  - assert (K : alike_if (own := own) (t1 := t1) (t2 := t2) (spoken t) (does (Calls t)) any).
    { intros u1 u2 b1 b2 u1' u2' Bo P1 P2 E1 F1. unfold does, call in E1, F1.
      destruct (th_at t u1) as [[h1 v1]|] eqn:H1;
        [|unfold bind in E1; rewrite H1 in E1; discriminate E1].
      destruct (th_at t u2) as [[h2 v2]|] eqn:H2;
        [|unfold bind in F1; rewrite H2 in F1; discriminate F1].
      assert (V1 : v1 = u1).
      { unfold th_at, bind, gets, need in H1. destruct (get t (s_threads u1)); [|discriminate H1].
        unfold ret in H1. congruence. }
      assert (V2 : v2 = u2).
      { unfold th_at, bind, gets, need in H2. destruct (get t (s_threads u2)); [|discriminate H2].
        unfold ret in H2. congruence. }
      subst v1 v2.
      destruct (alike_th_at t In u1 u2 h1 h2 u1 u2 Bo H1 H2) as [_ [[W _] _]].
      unfold bind at 1 in E1. unfold bind at 1 in E1. rewrite H1 in E1.
      unfold bind at 1 in F1. unfold bind at 1 in F1. rewrite H2 in F1.
      assert (K2 : alike_if (own := own) (t1 := t1) (t2 := t2) (spoken t)
        (x <- (e <- decode t ;; conclude t e ;;; ret e) ;; ret (Some x)) any).
      { apply alike_if_bind with any; [|intros; apply alike_ret; exact I].
        apply alike_if_bind with any; [apply same_decode; assumption|]. intros e _.
        apply alike_bind with any; [apply same_conclude; exact In|].
        intros; apply alike_ret; exact I. }
      exact (K2 u1 u2 b1 b2 u1' u2' Bo P1 P2 E1 F1). }
    destruct (K s1 s2 x1 x2 s1' s2' B S1 S2 E F) as [? [_ ?]]. auto.
  - assert (K : alike (own := own) (t1 := t1) (t2 := t2) (does (Sets t i v)) any).
    { apply alike_bind with any; [apply alike_put_reg; exact In|intros; apply alike_ret; exact I]. }
    destruct (K s1 s2 x1 x2 s1' s2' B E F) as [? [_ ?]]. auto.
  - assert (K : alike (own := own) (t1 := t1) (t2 := t2) (does (Stores p i v)) any).
    { apply alike_bind with any; [apply alike_put_mem; exact In|intros; apply alike_ret; exact I]. }
    destruct (K s1 s2 x1 x2 s1' s2' B E F) as [? [_ ?]]. auto.
Qed.

Lemma agree_self : forall s, agree own s s.
Proof.
  intros s. unfold agree, caps_agree, kids_agree, same, same_links. repeat split; auto.
Qed.
Lemma rest_self : forall s, rest own s s.
Proof.
  intros s. unfold rest, kids_rest, same, same_links. repeat split; auto.
Qed.

(* In two states that look the same from inside, a call has the same outcome, and they look the same
   again. *)
Theorem outcome_is_its_own : forall a s1 s2 x1 x2 s1' s2', inside a ->
  closed own s1 -> closed own s2 -> agree own s1 s2 -> said a s1 -> said a s2 ->
  does a s1 = Some (x1, s1') -> does a s2 = Some (x2, s2') -> x1 = x2 /\ agree own s1' s2'.
Proof.
  intros a s1 s2 x1 x2 s1' s2' In C1 C2 A S1 S2 E F.
  destruct (does_alike s1 s2 a s1 s2 x1 x2 s1' s2' In) as [Eq B]; try assumption.
  { repeat apply conj; try apply C1; try apply C2; try apply A; apply rest_self. }
  split; [exact Eq|]. apply B.
Qed.

(* It changes nothing outside, and the partition stays closed. *)
Theorem nothing_outside_changes : forall a s x s', inside a -> closed own s -> said a s ->
  does a s = Some (x, s') -> rest own s s' /\ closed own s'.
Proof.
  intros a s x s' In C S E. destruct (does_alike s s a s s x x s' s' In) as [_ B]; try assumption.
  { repeat apply conj; try apply C; try apply agree_self; apply rest_self. }
  destruct B as (C' & _ & _ & R & _). auto.
Qed.

End One.

(* --- What others do --------------------------------------------------------------------------- *)

(* Nothing is at granule 0, which stands for none. *)
Definition none_at_0 (s : state) : Prop :=
  get 0 (s_caps s) = None /\ get 0 (s_kinds s) = None /\ get 0 (s_cnodes s) = None /\
  get 0 (s_eps s) = None /\ get 0 (s_ntfns s) = None /\ get 0 (s_replies s) = None /\
  get 0 (s_waits s) = None /\ get 0 (s_threads s) = None /\ get 0 (s_regs s) = None /\
  get 0 (s_scs s) = None /\ get 0 (s_spaces s) = None /\ get 0 (s_irqs s) = None /\
  get 0 (s_mem s) = None /\ get 0 (s_up s) = None /\
  (forall i, place_of i = 0 -> get i (s_regions s) = None) /\
  forall k c, get k (s_caps s) = Some c -> c_reg c <> 0 -> place_of (c_reg c) <> 0.

Section Seen.
Context (own other : place -> bool).
Context (Apart : forall g, own (Granule g) = true -> other (Granule g) = true -> g = 0).

Lemma seen_the_same : forall s s', none_at_0 s -> none_at_0 s' -> closed own s -> closed other s ->
  closed other s' -> rest other s s' -> agree own s s' /\ closed own s'.
Proof.
  intros s s' N N' C D D' R.
  assert (Out : forall k, own (Granule k) = true -> k <> 0 -> outside other k).
  { intros k K Nk. unfold outside. destruct (other (Granule k)) eqn:E; [|reflexivity].
    destruct (Nk (Apart k K E)). }
  destruct R as (R1 & R2 & [R3 R3'] & R4 & R5 & R6 & R7 & R8 & R9 & R10 & R11 & R12 & R13 & R14 &
    R15 & R16 & R17 & R18 & R19 & R20).
  destruct N as (N1 & N2 & N3 & N4 & N5 & N6 & N7 & N8 & N9 & N10 & N11 & N12 & N13 & N14 & N15 &
    N16).
  destruct N' as (M1 & M2 & M3 & M4 & M5 & M6 & M7 & M8 & M9 & M10 & M11 & M12 & M13 & M14 & M15 &
    M16).
  assert (Same : forall A (m n : map A), same (outside other) m n -> get 0 m = None ->
    get 0 n = None -> same (fun k => own (Granule k) = true) m n).
  { intros A m n H E F k K. destruct (N.eq_dec k 0) as [->|Nk]; [congruence|]. apply H.
    apply Out; assumption. }
  assert (Kids : forall a, own (Granule a) = true -> a <> 0 ->
    opt [] (get a (s_kids s)) = opt [] (get a (s_kids s'))).
  { intros a A Na. destruct C as (_ & _ & C & _). pose proof (Out a A Na) as Oa.
    assert (No : none_own other (opt [] (get a (s_kids s)))).
    { intros k K. destruct (C a k A Na K). apply Out; assumption. }
    assert (All : forall l, none_own other l -> theirs other l = l).
    { unfold theirs. induction l as [|k l IH]; intros H; [reflexivity|]. simpl.
      rewrite (H k (or_introl eq_refl)). simpl. f_equal. apply IH. intros j J. apply H. right.
      exact J. }
    rewrite <- (All _ No). rewrite <- (All _ (R3' a Oa No)). apply R3. right. exact Oa. }
  assert (Caps : same (fun k => own (Granule k) = true) (s_caps s) (s_caps s')) by auto.
  assert (G : agree own s s').
  { unfold agree. repeat match goal with |- _ /\ _ => split end; auto.
    - split; [exact Caps|]. intros k c Nz I.
      assert (Half : forall u v, same (outside other) (s_caps u) (s_caps v) -> closed other u ->
        (forall k c, get k (s_caps u) = Some c -> c_reg c <> 0 -> place_of (c_reg c) <> 0) ->
        get k (s_caps u) = Some c -> get k (s_caps v) = Some c).
      { intros u v H [Cu _] Nu E. rewrite <- H; [exact E|]. unfold outside.
        destruct (other (Granule k)) eqn:Ok; [|reflexivity]. exfalso.
        destruct (Cu k c Ok E) as [_ W]. exact (Nu k c E Nz (Apart _ I W)). }
      split; [apply (Half s s' R1 D N16)|]. apply (Half s' s); auto.
      intros j J. symmetry. apply R1. exact J.
    - intros i I. destruct (N.eq_dec (place_of i) 0) as [Zi|Ni]; [rewrite N15, M15; auto|].
      apply R4. apply Out; assumption.
    - intros x X. destruct (N.eq_dec x 0) as [->|Nx]; [rewrite N10, M10; reflexivity|].
      apply R13. apply Out; assumption. }
  split; [exact G|]. destruct G as (G1 & G2 & G3 & G4 & G5 & G6 & G7 & G8 & G9 & G10 & G11 & G12 &
    G13 & G14 & G15 & G16 & _).
  destruct C as (C1 & C2 & C3 & C4 & C5 & C6 & C7 & C8 & C9).
  unfold closed. repeat match goal with |- _ /\ _ => split end; auto.
  - intros k c K E. rewrite <- (Caps k K) in E. eauto.
  - intros a k A Na K. rewrite <- (Kids a A Na) in K. eauto.
  - intros e q K E. rewrite <- (G7 e K) in E. eauto.
  - intros e q K E. rewrite <- (G8 e K) in E. eauto.
  - intros e q K E. rewrite <- (G9 e K) in E. eauto.
  - intros e q K E. rewrite <- (G10 e K) in E. eauto.
  - intros e q K E. rewrite <- (G11 e K) in E. eauto.
  - intros x c X E. specialize (G13 x X). rewrite E in G13.
    destruct (get x (s_scs s)) as [d|] eqn:Dx; [|discriminate G13]. simpl in G13.
    injection G13 as <- <-. exact (C9 x d X Dx).
Qed.

End Seen.

Section Two.
Context (own other : place -> bool) (Z1 : nobody own) (Z2 : nobody other).
Context (Apart : forall g, own (Granule g) = true -> other (Granule g) = true -> g = 0).

(* What another partition does is not seen. *)
Theorem others_are_not_seen : forall a s x s', other (Granule (whose a)) = true ->
  none_at_0 s -> none_at_0 s' -> closed own s -> closed other s -> said a s ->
  does a s = Some (x, s') -> agree own s s' /\ closed own s' /\ closed other s'.
Proof.
  intros a s x s' In N N' C D S E.
  destruct (nothing_outside_changes other Z2 a s x s' In D S E) as [R D'].
  destruct (seen_the_same own other Apart s s' N N' C D D' R). auto.
Qed.

(* --- Noninterference -------------------------------------------------------------------------- *)

Lemma agree_trans : forall s t u, agree own s t -> agree own t u -> agree own s u.
Proof.
  assert (St : forall A (P : N -> Prop) (l m n : map A), same P l m -> same P m n -> same P l n).
  { intros A P l m n H K k Pk. rewrite (H k Pk). auto. }
  unfold agree. intros s t u A B.
  repeat match goal with H : _ /\ _ |- _ => destruct H end.
  repeat match goal with |- _ /\ _ => split end; try congruence; try (eapply St; eassumption).
  - match goal with H : caps_agree own (s_caps s) _, K : caps_agree own _ (s_caps u) |- _ =>
      destruct H as [H1' H2'], K as [K1' K2'] end.
    split; [eapply St; eassumption|]. intros k c N I. rewrite (H2' k c N I). auto.
  - match goal with H : kids_agree own (s_kids s) _, K : kids_agree own _ (s_kids u) |- _ =>
      intros a Oa N; rewrite (H a Oa N); auto end.
  - match goal with H : same_links _ (s_scs s) _, K : same_links _ _ (s_scs u) |- _ =>
      intros x X; rewrite (H x X); auto end.
Qed.
Lemma agree_sym : forall s t, agree own s t -> agree own t s.
Proof.
  assert (Ss : forall A (P : N -> Prop) (m n : map A), same P m n -> same P n m).
  { intros A P m n H k Pk. symmetry. auto. }
  unfold agree. intros s t A.
  repeat match goal with H : _ /\ _ |- _ => destruct H end.
  repeat match goal with |- _ /\ _ => split end; try congruence; try (apply Ss; assumption).
  - match goal with H : caps_agree own (s_caps s) _ |- _ => destruct H as [H1' H2'] end.
    split; [apply Ss; assumption|]. intros k c N I. rewrite (H2' k c N I). reflexivity.
  - match goal with H : kids_agree own (s_kids s) _ |- _ =>
      intros a Oa N; rewrite (H a Oa N); reflexivity end.
  - match goal with H : same_links _ (s_scs s) _ |- _ =>
      intros x X; rewrite (H x X); reflexivity end.
Qed.

Lemma own_keeps : forall a s x s', own (Granule (whose a)) = true -> none_at_0 s ->
  none_at_0 s' -> closed own s -> closed other s -> said a s -> does a s = Some (x, s') ->
  closed own s' /\ closed other s'.
Proof.
  intros a s x s' In N N' C D S E.
  destruct (nothing_outside_changes own Z1 a s x s' In C S E) as [R C'].
  destruct (seen_the_same other own (fun g A B => Apart g B A) s s' N N' D C C' R). auto.
Qed.

(* What both do, one after the other; the list is of what one's own calls came to. *)
Inductive acts : state -> list act -> list (option error) -> state -> Prop :=
| acts_none : forall s, acts s [] [] s
| acts_own : forall s a x s1 l o s', own (Granule (whose a)) = true -> said a s -> none_at_0 s1 ->
    does a s = Some (x, s1) -> acts s1 l o s' -> acts s (a :: l) (x :: o) s'
| acts_other : forall s a x s1 l o s', other (Granule (whose a)) = true -> said a s ->
    none_at_0 s1 -> does a s = Some (x, s1) -> acts s1 l o s' -> acts s (a :: l) o s'.

(* Only what is one's own. *)
Definition purge (l : list act) : list act := filter (fun a => own (Granule (whose a))) l.

(* Whatever the other partition does in between, or does not do: what is done here comes to the
   same,
   and in the end one sees the same. *)
Theorem noninterference : forall l m s u o p s' u', purge l = purge m ->
  (forall a, In a l \/ In a m -> whose a <> 0) ->
  none_at_0 s -> none_at_0 u -> closed own s -> closed other s -> closed own u -> closed other u ->
  agree own s u -> acts s l o s' -> acts u m p u' -> o = p /\ agree own s' u'.
Proof.
  assert (Skip : forall a, whose a <> 0 -> other (Granule (whose a)) = true ->
    own (Granule (whose a)) = false).
  { intros a Na Ot. destruct (own (Granule (whose a))) eqn:E; [|reflexivity].
    destruct (Na (Apart _ E Ot)). }
  induction l as [|a l IH].
  - induction m as [|b m IHm]; intros s u o p s' u' P Nz N M C D C' D' G R Q.
    + inversion R; subst. inversion Q; subst. auto.
    + inversion R; subst. inversion Q as [|? ? ? ? ? ? ? In|]; subst.
      * simpl in P. rewrite In in P. discriminate P.
      * simpl in P. rewrite (Skip b) in P; [|apply Nz; right; left; reflexivity|assumption].
        destruct (others_are_not_seen b u x s1) as [A1 [A2 A3]]; auto.
        eapply (IHm s' s1); eauto.
        { intros a [[]|K]. apply Nz. right. right. exact K. }
        { eapply agree_trans; eassumption. }
  - intros m s u o p s' u' P Nz N M C D C' D' G R Q.
    inversion R as [|? ? x s1 ? o1 ? In Sa Na Da Ra|? ? x s1 ? o1 ? In Sa Na Da Ra]; subst.
    + (* its own: skip what the other does in the second run first *)
      revert u p Nz M C' D' G Q P. induction m as [|b m IHm]; intros u p Nz M C' D' G Q P.
      { simpl in P. rewrite In in P. discriminate P. }
      inversion Q as [|? ? y u1 ? p1 ? Inb Sb Nb Db Rb|? ? y u1 ? p1 ? Inb Sb Nb Db Rb]; subst.
      * simpl in P. rewrite In, Inb in P. injection P as <- P.
        destruct (outcome_is_its_own own Z1 a s u x y s1 u1) as [<- A]; auto.
        destruct (own_keeps a s x s1) as [K1 K2]; auto.
        destruct (own_keeps a u x u1) as [K3 K4]; auto.
        destruct (IH m s1 u1 o1 p1 s' u' P) as [<- A']; auto.
        { intros c [K|K]; apply Nz; [left|right]; right; exact K. }
      * simpl in P. rewrite (Skip b) in P; [|apply Nz; right; left; reflexivity|assumption].
        destruct (others_are_not_seen b u y u1) as [A1 [A2 A3]]; auto.
        eapply (IHm u1); eauto.
        { intros c [K|K]; apply Nz; [left; exact K|right; right; exact K]. }
        { eapply agree_trans; eassumption. }
    + simpl in P. rewrite (Skip a) in P; [|apply Nz; left; left; reflexivity|assumption].
      destruct (others_are_not_seen a s x s1) as [A1 [A2 A3]]; auto.
      eapply (IH m s1 u); eauto.
      { intros c [K|K]; apply Nz; [left; right; exact K|right; exact K]. }
      { eapply agree_trans; [apply agree_sym; exact A1|exact G]. }
Qed.

End Two.
