(* SPDX-License-Identifier: BSD-2-Clause *)
(* What a partition sees of a state, and what it means that nothing leads out of it.

   A partition is a set of granules and ports, `own`. `agree`: two states look the same from inside.
   `rest`: two states are the same outside. `closed`: what is inside names only what is inside. Who
   runs, how much of its budget is used and what is due when are in none of them: time is left out,
   but for the clock, which is the same for all. *)
Require Import NArith List Bool Lia.
From Tessera Require Import Map Refills State Machine Sched Message Destroy Objects Authority.
Import ListNotations.
Open Scope N_scope.

Definition same {A} (P : N -> Prop) (m n : map A) : Prop := forall k, P k -> get k m = get k n.

(* Of a scheduling context: whose it is, and who lent it. *)
Definition links_of (o : option context) : option (N * list N) :=
  match o with Some c => Some (x_holder c, x_stack c) | None => None end.
Definition same_links (P : N -> Prop) (m n : map context) : Prop :=
  forall k, P k -> links_of (get k m) = links_of (get k n).

Section View.
Context (own : place -> bool).
Notation O g := (own (Granule g) = true).
(* Regions are called by where they are. *)
Definition place_of (i : N) : N := N.shiftr i 32.
Notation I i := (O (place_of i)).
Definition outside (g : N) : Prop := own (Granule g) = false.
Definition theirs (l : list N) : list N := filter (fun k => negb (own (Granule k))) l.

Definition owned (c : cap) : Prop := (forall x, reach c x -> own x = true) /\ I (c_reg c).
Definition whole (t : N) : Prop := forall i, i < 24 -> O (t + i).
Definition th_links (h : thread) : Prop := O (t_sc h) /\ O (t_own h) /\ O (t_lent h) /\ O (t_ntfn
  h).
Definition wait_links (w : wait) : Prop :=
  match w with
  | WSending e _ _ _ => O e
  | WReceiving e r => O e /\ forall q, r = Some q -> O q
  | WReply r _ => O r
  | WSignal n => O n
  | _ => True
  end.
Definition reply_links (x : reply) : Prop :=
  match x with RIdle => True | RArmed t | RHolds t => O t end.
Definition all_own (l : list N) : Prop := forall k, In k l -> O k.

(* --- Closed ----------------------------------------------------------------------------------- *)

Definition caps_closed (m : map cap) : Prop := forall k c, O k -> get k m = Some c -> owned c.
Definition kids_closed (m : map (list N)) : Prop := forall a k, O a -> a <> 0 ->
  In k (opt [] (get a m)) -> O k /\ k <> 0.
Definition eps_closed (m : map (bool * list N)) : Prop := forall e q, O e -> get e m = Some q ->
  all_own (snd q).
Definition ntfns_closed (m : map ntfn) : Prop := forall n x, O n -> get n m = Some x ->
  all_own (n_queue x) /\ O (n_bound x).
Definition replies_closed (m : map reply) : Prop := forall r x, O r -> get r m = Some x ->
  reply_links x.
Definition waits_closed (m : map wait) : Prop := forall t w, O t -> get t m = Some w ->
  whole t /\ wait_links w.
Definition threads_closed (m : map thread) : Prop := forall t h, O t -> get t m = Some h ->
  whole t /\ th_links h.
Definition scs_closed (m : map context) : Prop := forall x c, O x -> get x m = Some c ->
  O (x_holder c) /\ all_own (x_stack c).
Definition closed (s : state) : Prop :=
  caps_closed (s_caps s) /\ get 0 (s_up s) = None /\ kids_closed (s_kids s) /\
  eps_closed (s_eps s) /\ ntfns_closed (s_ntfns s) /\ replies_closed (s_replies s) /\
  waits_closed (s_waits s) /\ threads_closed (s_threads s) /\ scs_closed (s_scs s).

(* --- The same inside -------------------------------------------------------------------------- *)

Notation inside := (fun k => O k).
(* Capabilities inside; and whoever has one for a region inside. *)
Definition caps_agree (m n : map cap) : Prop := same inside m n /\
  forall k c, c_reg c <> 0 -> I (c_reg c) -> (get k m = Some c <-> get k n = Some c).
Definition kids_agree (m n : map (list N)) : Prop := forall a, O a -> a <> 0 ->
  opt [] (get a m) = opt [] (get a n).

Definition agree (s s' : state) : Prop :=
  caps_agree (s_caps s) (s_caps s') /\ same inside (s_up s) (s_up s') /\
  kids_agree (s_kids s) (s_kids s') /\ same (fun i => I i) (s_regions s) (s_regions s') /\
  same inside (s_kinds s) (s_kinds s') /\ same inside (s_cnodes s) (s_cnodes s') /\
  same inside (s_eps s) (s_eps s') /\ same inside (s_ntfns s) (s_ntfns s') /\
  same inside (s_replies s) (s_replies s') /\ same inside (s_waits s) (s_waits s') /\
  same inside (s_threads s) (s_threads s') /\ same inside (s_regs s) (s_regs s') /\
  same_links inside (s_scs s) (s_scs s') /\ same inside (s_spaces s) (s_spaces s') /\
  same inside (s_irqs s) (s_irqs s') /\ same inside (s_mem s) (s_mem s') /\
  s_doomed s = s_doomed s' /\ s_asids s = s_asids s' /\ s_lim s = s_lim s' /\
  u_now (s_cpu s) = u_now (s_cpu s').

(* --- The same outside ------------------------------------------------------------------------- *)

(* The root of the tree is everybody's, but what hangs there is not. Where nothing of the partition
   hangs, nothing comes to hang. *)
Definition none_own (l : list N) : Prop := forall k, In k l -> outside k.
Definition kids_rest (m n : map (list N)) : Prop :=
  (forall a, a = 0 \/ outside a -> theirs (opt [] (get a m)) = theirs (opt [] (get a n))) /\
  forall a, outside a -> none_own (opt [] (get a m)) -> none_own (opt [] (get a n)).

Definition rest (s s' : state) : Prop :=
  same outside (s_caps s) (s_caps s') /\ same outside (s_up s) (s_up s') /\
  kids_rest (s_kids s) (s_kids s') /\
  same (fun i => outside (place_of i)) (s_regions s) (s_regions s') /\
  same outside (s_kinds s) (s_kinds s') /\ same outside (s_cnodes s) (s_cnodes s') /\
  same outside (s_eps s) (s_eps s') /\ same outside (s_ntfns s) (s_ntfns s') /\
  same outside (s_replies s) (s_replies s') /\ same outside (s_waits s) (s_waits s') /\
  same outside (s_threads s) (s_threads s') /\ same outside (s_regs s) (s_regs s') /\
  same_links outside (s_scs s) (s_scs s') /\ same outside (s_spaces s) (s_spaces s') /\
  same outside (s_irqs s) (s_irqs s') /\ same outside (s_mem s) (s_mem s') /\
  s_doomed s = s_doomed s' /\ s_asids s = s_asids s' /\ s_lim s = s_lim s' /\
  u_now (s_cpu s) = u_now (s_cpu s').

(* --- Only time passes ------------------------------------------------------------------------- *)

Definition seen (s : state) := (s_caps s, s_up s, s_kids s, s_regions s, s_kinds s, s_cnodes s,
  s_eps s, s_ntfns s, s_replies s, s_waits s, s_threads s, s_regs s, s_spaces s, s_irqs s,
  s_doomed s, s_asids s, s_mem s, s_lim s, u_now (s_cpu s)).
Definition still (s s' : state) : Prop := seen s = seen s' /\
  same_links (fun _ => True) (s_scs s) (s_scs s').

Lemma still_closed : forall s s', still s s' -> closed s -> closed s'.
Proof.
  intros s s' [E L] C. unfold seen in E. injection E as E1 E2 E3 E4 E5 E6 E7 E8 E9 E10 E11 E12 E13
    E14 E15 E16 E17 E18 E19. unfold closed in *. rewrite <- E1, <- E2, <- E3, <- E7, <- E8, <- E9,
    <- E10, <- E11.
  destruct C as (C1 & C2 & C3 & C4 & C5 & C6 & C7 & C8 & C9).
  repeat apply conj; try assumption.
  intros x c X G. specialize (L x Logic.I). rewrite G in L.
  destruct (get x (s_scs s)) as [d|] eqn:D; [|discriminate L]. simpl in L. injection L as <- <-.
  exact (C9 x d X D).
Qed.

Lemma still_agree : forall s s' t t', still s t -> still s' t' -> agree s s' -> agree t t'.
Proof.
  intros s s' t t' [E L] [F K] A. unfold seen in E, F.
  injection E as E1 E2 E3 E4 E5 E6 E7 E8 E9 E10 E11 E12 E13 E14 E15 E16 E17 E18 E19.
  injection F as F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 F11 F12 F13 F14 F15 F16 F17 F18 F19.
  unfold agree in *. rewrite <- E1, <- E2, <- E3, <- E4, <- E5, <- E6, <- E7, <- E8, <- E9,
    <- E10, <- E11, <- E12, <- E13, <- E14, <- E15, <- E16, <- E17, <- E18, <- E19,
    <- F1, <- F2, <- F3, <- F4, <- F5, <- F6, <- F7, <- F8, <- F9, <- F10, <- F11, <- F12,
    <- F13, <- F14, <- F15, <- F16, <- F17, <- F18, <- F19.
  repeat apply conj; try apply A. intros x X.
  rewrite <- (L x Logic.I), <- (K x Logic.I).
  destruct A as (_ & _ & _ & _ & _ & _ & _ & _ & _ & _ & _ & _ & A & _). exact (A x X).
Qed.

Lemma still_rest : forall t s s', still s s' -> rest t s -> rest t s'.
Proof.
  intros t s s' [E L] A. unfold seen in E.
  injection E as E1 E2 E3 E4 E5 E6 E7 E8 E9 E10 E11 E12 E13 E14 E15 E16 E17 E18 E19.
  unfold rest in *. rewrite <- E1, <- E2, <- E3, <- E4, <- E5, <- E6, <- E7, <- E8, <- E9,
    <- E10, <- E11, <- E12, <- E13, <- E14, <- E15, <- E16, <- E17, <- E18, <- E19.
  repeat apply conj; try apply A. intros x X.
  rewrite <- (L x Logic.I).
  destruct A as (_ & _ & _ & _ & _ & _ & _ & _ & _ & _ & _ & _ & A & _). exact (A x X).
Qed.

End View.
