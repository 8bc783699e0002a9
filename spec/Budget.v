(* SPDX-License-Identifier: BSD-2-Clause *)
(* Budgets: a scheduling context never gets more than its budget in any window as long as its period.

   The state of kernel/sched/budget.h: refills, each a time from which on an amount may be used. A stretch of
   running that began at s takes what it used from refills that were due at s, and what it took comes
   back at s + period. The kernel's ring has eight places; when it is full an amount is put with a later one,
   which is a refill postponed. *)
Require Import List Arith Lia.
Import ListNotations.

Definition refill := (nat * nat)%type. (* time, amount *)

Definition total (l : list refill) := list_sum (map snd l).

(* Amounts that are not due before t. *)
Definition late (t : nat) (l : list refill) :=
  list_sum (map (fun r => if t <=? fst r then snd r else 0) l).

(* Stretches that were run: when they began, ticks used. *)
Definition used_in (from to : nat) (h : list refill) :=
  list_sum (map (fun r => if (from <=? fst r) && (fst r <? to) then snd r else 0) h)%bool.

Section Period.
Variable period : nat.

(* Take `n` from refills that are due at s, whatever their order. *)
Inductive take (s : nat) : nat -> list refill -> list refill -> Prop :=
| take_nothing : forall l, take s 0 l l
| take_part : forall n t a b l1 l2 l', t <= s -> b <= a ->
    take s n (l1 ++ (t, a - b) :: l2) l' -> take s (b + n) (l1 ++ (t, a) :: l2) l'.

Record state := { refills : list refill; history : list refill; now : nat }.

Inductive step : state -> state -> Prop :=
| step_charge : forall st s n l, (* a stretch that began at s, not before the last, used n *)
    now st <= s -> take s n (refills st) l ->
    step st {| refills := (s + period, n) :: l; history := (s, n) :: history st; now := s |}
| step_postpone : forall st t t' a l1 l2, (* the ring is full, or amounts are put together *)
    refills st = l1 ++ (t, a) :: l2 -> t <= t' ->
    step st {| refills := l1 ++ (t', a) :: l2; history := history st; now := now st |}
| step_merge : forall st t a b l1 l2,
    refills st = l1 ++ (t, a) :: (t, b) :: l2 ->
    step st {| refills := l1 ++ (t, a + b) :: l2; history := history st; now := now st |}
| step_reorder : forall st l1 l2 l3 l4,
    refills st = l1 ++ l2 ++ l3 ++ l4 ->
    step st {| refills := l1 ++ l3 ++ l2 ++ l4; history := history st; now := now st |}.

Inductive reach (b t : nat) : state -> Prop :=
| reach_start : reach b t {| refills := [(t, b)]; history := []; now := t |}
| reach_step : forall st st', reach b t st -> step st st' -> reach b t st'.

Lemma total_app : forall l1 l2, total (l1 ++ l2) = total l1 + total l2.
Proof. intros. unfold total. rewrite map_app, list_sum_app. reflexivity. Qed.

Lemma late_app : forall t l1 l2, late t (l1 ++ l2) = late t l1 + late t l2.
Proof. intros. unfold late. rewrite map_app, list_sum_app. reflexivity. Qed.

Lemma total_cons : forall t a l, total ((t, a) :: l) = a + total l.
Proof. reflexivity. Qed.

Lemma late_cons : forall w t a l, late w ((t, a) :: l) = (if w <=? t then a else 0) + late w l.
Proof. reflexivity. Qed.

Lemma take_total : forall s n l l', take s n l l' -> total l = n + total l'.
Proof.
  induction 1 as [|n t a b l1 l2 l' T B H IH]; [reflexivity|].
  rewrite total_app, total_cons in *. lia.
Qed.

Lemma take_late : forall s n l l' w, take s n l l' -> s < w -> late w l' = late w l.
Proof.
  induction 1 as [|n t a b l1 l2 l' T B H IH]; intros W; [reflexivity|].
  rewrite (IH W), !late_app, !late_cons. destruct (Nat.leb_spec w t); lia.
Qed.

Lemma late_total : forall w l, late w l <= total l.
Proof.
  intros w l. induction l as [|[t a] l IH]; [apply le_n|].
  rewrite late_cons, total_cons. destruct (w <=? t); lia.
Qed.

Theorem amounts_add_up : forall b t st, reach b t st -> total (refills st) = b.
Proof.
  induction 1 as [|st st' R IH S]; [unfold total; simpl; lia|].
  destruct S as [st s n l N T|st u u' a l1 l2 E L|st u a c l1 l2 E|st l1 l2 l3 l4 E]; simpl.
  - pose proof (take_total _ _ _ _ T). rewrite total_cons. lia.
  - rewrite E, total_app, total_cons in IH. rewrite total_app, total_cons. lia.
  - rewrite E, total_app, !total_cons in IH. rewrite total_app, total_cons. lia.
  - rewrite E, !total_app in IH. rewrite !total_app. lia.
Qed.

(* While a window is open, what was used in it is not due before it closes. *)
Lemma used_is_late : forall b t st, reach b t st ->
  forall w, (now st < w + period -> used_in w (w + period) (history st) <= late (w + period) (refills st)) /\
            used_in w (w + period) (history st) <= b.
Proof.
  induction 1 as [|st st' R IH S]; intros w.
  - unfold used_in; simpl; split; lia.
  - pose proof (amounts_add_up _ _ _ R) as Sum. destruct (IH w) as [Open Bound].
    assert (Sum' : total (refills st') = b) by (apply amounts_add_up with t; eapply reach_step; eauto).
    pose proof (late_total (w + period) (refills st')) as Most.
    assert (Rest : (now st' < w + period ->
              used_in w (w + period) (history st') <= late (w + period) (refills st')) /\
              (w + period <= now st' -> used_in w (w + period) (history st') <= b)).
    { destruct S as [st s n l N0 T|st u u' a l1 l2 E L|st u a c l1 l2 E|st l1 l2 l3 l4 E]; simpl in *.
      - unfold used_in in *; simpl. split; intros N.
        + assert (B0 : now st < w + period) by lia. specialize (Open B0).
          rewrite late_cons. rewrite (take_late _ _ _ _ (w + period) T) by lia.
          destruct (Nat.leb_spec w s); destruct (Nat.ltb_spec s (w + period));
            destruct (Nat.leb_spec (w + period) (s + period)); simpl; lia.
        + destruct (Nat.leb_spec w s); destruct (Nat.ltb_spec s (w + period)); simpl; lia.
      - split; [intros N; specialize (Open N)|intros; exact Bound].
        rewrite E, late_app, late_cons in Open. rewrite late_app, late_cons.
        destruct (Nat.leb_spec (w + period) u); destruct (Nat.leb_spec (w + period) u'); lia.
      - split; [intros N; specialize (Open N)|intros; exact Bound].
        rewrite E, late_app, !late_cons in Open. rewrite late_app, late_cons.
        destruct (Nat.leb_spec (w + period) u); lia.
      - split; [intros N; specialize (Open N)|intros; exact Bound].
        rewrite E, !late_app in Open. rewrite !late_app. lia. }
    destruct Rest as [A B]. split; [exact A|].
    destruct (le_lt_dec (w + period) (now st')) as [G|G]; [apply B; exact G|specialize (A G); lia].
Qed.

Theorem never_more_than_the_budget : forall b t st, reach b t st ->
  forall w, used_in w (w + period) (history st) <= b.
Proof. intros. eapply used_is_late; eauto. Qed.

End Period.
