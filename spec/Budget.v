(* SPDX-License-Identifier: BSD-2-Clause *)
(* Budgets: a scheduling context never gets more than its budget in any window as long as its period,
   and what it got because the timer came late.

   A stretch of running that began at s takes what it used from the first refills, and that comes
   back at s + period, not earlier. A context whose budget is its period is never throttled: of it,
   nothing is said here. *)
Require Import NArith List Bool Lia.
From Tessera Require Import Map Refills State Machine Keeps Memory.
Import ListNotations.
Open Scope N_scope.

Fixpoint total (l : list (N * N)) : N := match l with [] => 0 | (_, a) :: l' => a + total l' end.

(* Of the stretches that began in a window: what they used, and what of that was not due. *)
Fixpoint used_in (from to : N) (h : list (N * N * N)) : N :=
  match h with
  | [] => 0
  | (s, u, _) :: h' => (if (from <=? s) && (s <? to) then u else 0) + used_in from to h'
  end.
Fixpoint undue_in (from to : N) (h : list (N * N * N)) : N :=
  match h with
  | [] => 0
  | (s, _, o) :: h' => (if (from <=? s) && (s <? to) then o else 0) + undue_in from to h'
  end.

(* --- Taking and giving back ------------------------------------------------------------------- *)

Lemma not_before_total : forall t l, not_before t l <= total l.
Proof. intros t l. induction l as [|[u a] l IH]; simpl; [lia|]. destruct (t <=? u); lia. Qed.

Lemma not_before_less : forall t t' l, t <= t' -> not_before t' l <= not_before t l.
Proof.
  intros t t' l L. induction l as [|[u a] l IH]; simpl; [lia|].
  destruct (N.leb_spec t' u); destruct (N.leb_spec t u); lia.
Qed.

Lemma take_total : forall l used over rest, take used l = (over, rest) ->
  over <= used /\ total rest + (used - over) = total l /\ (over <> 0 -> rest = []).
Proof.
  induction l as [|[t a] l IH]; simpl; intros used over rest E.
  - injection E as <- <-. split; [lia|]. split; [simpl; lia|reflexivity].
  - destruct (N.eqb_spec used 0) as [->|U]; [injection E as <- <-; simpl; split; [lia|]; split;
      [lia|congruence]|].
    destruct (N.ltb_spec used a); [injection E as <- <-; simpl; split; [lia|]; split;
      [lia|congruence]|].
    destruct (IH _ _ _ E) as [O [T R]]. split; [lia|]. split; [lia|exact R].
Qed.

(* The later of two times loses no more than the earlier. *)
Lemma take_not_before : forall l used over rest t t', take used l = (over, rest) -> t <= t' ->
  not_before t' l + not_before t rest <= not_before t l + not_before t' rest /\
  not_before t rest <= not_before t l.
Proof.
  induction l as [|[u a] l IH]; simpl; intros used over rest t t' E L.
  - injection E as <- <-. simpl. lia.
  - destruct (N.eqb_spec used 0); [injection E as <- <-; simpl; lia|].
    destruct (N.ltb_spec used a).
    + injection E as <- <-. simpl. destruct (N.leb_spec t' u); destruct (N.leb_spec t u); lia.
    + destruct (IH _ _ _ t t' E L). destruct (N.leb_spec t' u); destruct (N.leb_spec t u); lia.
Qed.

Lemma join_total : forall t a l, total (join_last t a l) = a + total l.
Proof.
  intros t a l. induction l as [|[u b] l IH]; simpl; [lia|].
  destruct l as [|r l]; simpl in *; lia.
Qed.

Lemma join_not_before : forall t a l w, w <= t -> a + not_before w l <= not_before w (join_last t a l).
Proof.
  intros t a l w L. induction l as [|[u b] l IH]; simpl.
  - destruct (N.leb_spec w t); lia.
  - destruct l as [|r l]; simpl in *; destruct (N.leb_spec w u); destruct (N.leb_spec w t); lia.
Qed.

Lemma total_app : forall l m, total (l ++ m) = total l + total m.
Proof. intros l m. induction l as [|[t a] l IH]; simpl; lia. Qed.
Lemma not_before_app : forall w l m, not_before w (l ++ m) = not_before w l + not_before w m.
Proof. intros w l m. induction l as [|[t a] l IH]; simpl; [lia|]. rewrite IH. lia. Qed.

Lemma give_total : forall t a l, total (give t a l) = a + total l.
Proof.
  intros. unfold give. destruct (Nat.ltb _ _); [rewrite total_app; simpl; lia|apply join_total].
Qed.
Lemma give_not_before : forall t a l w, w <= t -> a + not_before w l <= not_before w (give t a l).
Proof.
  intros t a l w L. unfold give. destruct (Nat.ltb _ _); [|apply join_not_before; exact L].
  rewrite not_before_app. simpl. destruct (N.leb_spec w t); lia.
Qed.

Lemma overrun_all : forall p t a o w, a <> 0 -> w <= t -> t <= N.shiftr word_max 1 ->
  total (overrun p t a o) = a /\ not_before w (overrun p t a o) = a.
Proof.
  intros p t a o w A L B. unfold overrun.
  assert (M : o mod a < a) by (apply N.mod_lt; exact A).
  set (begin := if o / a <=? N.shiftr word_max 2 / p then t + o / a * p else N.shiftr word_max 1).
  assert (Bg : w <= begin).
  { unfold begin. destruct (_ <=? _); [|lia].
    apply N.le_trans with t; [exact L|apply N.le_add_r]. }
  clearbody begin.
  destruct (N.eqb_spec (o mod a) 0) as [E|E]; simpl; split; try lia;
    repeat match goal with |- context [?x <=? ?y] => destruct (N.leb_spec x y) end; lia.
Qed.

(* Whatever was used: amounts still add up, and what is not due before w has grown by at least what was
   used and was due. *)
Lemma charge_moves : forall p s u l, s + p <= N.shiftr word_max 1 ->
  total (charge_refills p s u l) = total l /\
  forall w, s < w -> w <= s + p ->
    not_before w l + u <= not_before w (charge_refills p s u l) + undue s u l.
Proof.
  intros p s u l B. unfold charge_refills, undue.
  destruct (take u l) as [over rest] eqn:T. destruct (take_total _ _ _ _ T) as [O [S R]].
  destruct (N.eqb_spec (u - over) 0) as [Z|Z].
  - split; [lia|]. intros w L1 L2.
    destruct (take_not_before _ _ _ _ (s + 1) w T) as [X Y]; lia.
  - destruct (N.eqb_spec over 0) as [->|V].
    + rewrite give_total. split; [lia|]. intros w L1 L2.
      destruct (take_not_before _ _ _ _ (s + 1) w T) as [X Y]; [lia|].
      pose proof (give_not_before (s + p) u rest w L2). lia.
    + rewrite (R V) in *. simpl in S. split.
      * destruct (overrun_all p (s + p) (u - over) over 0 Z) as [X _]; [lia|exact B|lia].
      * intros w L1 L2. destruct (overrun_all p (s + p) (u - over) over w Z L2 B) as [_ ->].
        simpl. pose proof (not_before_less (s + 1) w l). pose proof (not_before_total w l). lia.
Qed.

(* --- The invariant ---------------------------------------------------------------------------- *)

(* While a window is open, what was used in it is not due before it closes. *)
Definition bounded (b : budget) : Prop :=
  total (b_refills b) = b_budget b /\
  (forall s u o, In (s, u, o) (b_history b) -> s <= b_last b) /\
  forall w,
    (b_last b < w + b_period b -> used_in w (w + b_period b) (b_history b) <=
       not_before (w + b_period b) (b_refills b) + undue_in w (w + b_period b) (b_history b)) /\
    used_in w (w + b_period b) (b_history b) <=
      b_budget b + undue_in w (w + b_period b) (b_history b).

Lemma nothing_yet : forall h w to, (forall s u o, In (s, u, o) h -> s < w) -> used_in w to h = 0.
Proof.
  induction h as [|[[s u] o] h IH]; simpl; intros w to H; [reflexivity|].
  destruct (N.leb_spec w s) as [L|L].
  - specialize (H s u o (or_introl eq_refl)). lia.
  - simpl. apply IH. intros s' u' o' I. eapply H; eauto.
Qed.

Lemma bounded_charge : forall b s u, bounded b -> full b = false -> b_last b <= s ->
  s + b_period b <= N.shiftr word_max 1 -> bounded (charge s u b).
Proof.
  intros b s u [T [H W]] F L B. unfold charge. rewrite F.
  destruct (charge_moves (b_period b) s u (b_refills b) B) as [T' M].
  split; [simpl; congruence|]. split.
  - simpl. intros s' u' o' [E|I]; [injection E as <- _ _; lia|]. specialize (H _ _ _ I). lia.
  - simpl. intros w. destruct (W w) as [Open Bound]. set (P := b_period b) in *.
    pose proof (not_before_total (w + P) (charge_refills P s u (b_refills b))) as Most.
    destruct (N.leb_spec w s) as [Lw|Lw]; simpl.
    + destruct (N.ltb_spec s (w + P)) as [Ls|Ls]; simpl.
      * assert (O : b_last b < w + P) by lia. specialize (Open O).
        specialize (M (w + P)). split; intros; lia.
      * split; intros; lia.
    + rewrite (nothing_yet (b_history b)) by (intros s' u' o' I; specialize (H _ _ _ I); lia).
      split; intros; lia.
Qed.

Lemma bounded_configure : forall b a p now, bounded (configure a p now b).
Proof.
  intros. split; [simpl; lia|]. split; [simpl; contradiction|]. intros w. simpl. split; intros; lia.
Qed.

Definition budgets_hold (s : state) : Prop :=
  forall x b, get x (s_budgets s) = Some b -> full b = true \/ bounded b.

Lemma hold_set : forall s s' x b, budgets_hold s -> s_budgets s' = set x b (s_budgets s) ->
  full b = true \/ bounded b -> budgets_hold s'.
Proof.
  intros s s' x b H E B y c G. rewrite E, get_set in G.
  destruct (N.eqb y x); [injection G as <-; exact B|eauto].
Qed.

Theorem budgets_are_basic : basic budgets_hold.
Proof.
  constructor.
  { intros s s' E H. unfold central in E. injection E as _ _ _ _ _ _ Eb _.
    unfold budgets_hold in *. rewrite <- Eb. exact H. }
  all: intros; intros s1 v1 s1' H E.
  4: { unfold edit_cap in E. prim E; exact H. }
  4: { apply make_region_only in E. destruct E as [m ->]. exact H. }
  all: try solve [apply drop_region_only in E; rewrite E; exact H].
  all: try solve [unfold put_cap, drop_cap, move_cap, afresh, to_tables, from_tables,
      set_wait, arm, disarm, owe_reply, end_call, new_thread_wait, new_reply, forget_wait,
      forget_reply, write in E; prim E; exact H].
  - unfold new_budget in E. prim E. eapply hold_set; [exact H|reflexivity|left; reflexivity].
  - unfold charge_budget in E. prim E. eapply hold_set; [exact H|reflexivity|].
    apply orb_true_iff in E1. destruct E1 as [E1|E1].
    + left. unfold charge. rewrite E1. exact E1.
    + destruct (full b) eqn:F; [left; unfold charge; rewrite F; exact F|right].
      apply andb_true_iff in E1. rewrite !N.leb_le in E1. destruct E1.
      destruct (H _ _ E0) as [X|X]; [congruence|]. apply bounded_charge; assumption.
  - unfold configure_budget in E. prim E. eapply hold_set; [exact H|reflexivity|].
    right. apply bounded_configure.
  - unfold new_slice in E. prim E. eapply hold_set; [exact H|reflexivity|].
    destruct (H _ _ E0) as [X|X]; [left; exact X|right; exact X].
  - unfold forget_budget, write in E. injection E as _ <-. intros y c G. simpl in G.
    rewrite get_del in G. destruct (N.eqb y x); [discriminate G|eauto].
Qed.
Theorem budgets_are_kept : kept budgets_hold.
Proof. intros. apply basic_kept, budgets_are_basic. Qed.

(* --- What follows, of every state that the kernel comes to ------------------------------------ *)

Theorem never_more_than_the_budget : forall s x b, budgets_hold s -> get x (s_budgets s) = Some b ->
  full b = false -> forall w, used_in w (w + b_period b) (b_history b) <=
    b_budget b + undue_in w (w + b_period b) (b_history b).
Proof.
  intros s x b H G F w. destruct (H x b G) as [X|[_ [_ X]]]; [congruence|]. apply X.
Qed.

(* With a timer that comes in time nothing is undue. *)
Theorem nothing_undue : forall s u l,
  u + not_before (s + 1) l <= total l -> (forall over rest, take u l = (over, rest) ->
    not_before (s + 1) rest = not_before (s + 1) l) -> undue s u l = 0.
Proof.
  intros s u l L D. unfold undue. destruct (take u l) as [over rest] eqn:T.
  rewrite (D over rest eq_refl), N.sub_diag, N.add_0_r.
  destruct (take_total _ _ _ _ T) as [O [S R]]. destruct (N.eq_dec over 0) as [E|E]; [exact E|].
  specialize (R E). subst rest. simpl in S. lia.
Qed.

Theorem amounts_add_up : forall s x b, budgets_hold s -> get x (s_budgets s) = Some b ->
  full b = false -> total (b_refills b) = b_budget b.
Proof. intros s x b H G F. destruct (H x b G) as [X|[X _]]; [congruence|exact X]. Qed.
