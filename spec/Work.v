(* SPDX-License-Identifier: BSD-2-Clause *)
(* How much there is to do for who dismantles: a number that each step of dismantling makes smaller,
   and that nothing on the way makes larger.

   Deleting capabilities, waking, giving budgets back, emptying address spaces: all of it goes on at
   the cost of this number. Ends.v makes of it that every call ends. *)
Require Import NArith List Bool Lia FMapPositive FMapFacts.
From Tessera Require Import Map Refills State Machine Sched Message Destroy.
Import ListNotations.
Open Scope N_scope.

(* --- Sums over maps --------------------------------------------------------------------------- *)

Module Sums := WProperties_fun PositiveMap.E PositiveMap.

Definition plus {A} (f : A -> nat) (_ : P.key) (v : A) (n : nat) : nat := (f v + n)%nat.
Definition total {A} (f : A -> nat) (m : map A) : nat := P.fold (plus f) m O.

Lemma plus_proper : forall A (f : A -> nat),
  Morphisms.Proper (Morphisms.respectful eq (Morphisms.respectful eq
    (Morphisms.respectful eq eq))) (plus f).
Proof. intros A f ? ? -> ? ? -> ? ? ->. reflexivity. Qed.
Lemma plus_order : forall A (f : A -> nat), Sums.transpose_neqkey eq (plus f).
Proof. intros A f ? ? ? ? ? _. unfold plus. lia. Qed.

Lemma total_add : forall A f (m : map A) k v, get k m = None ->
  total f (set k v m) = (f v + total f m)%nat.
Proof.
  intros A f m k v H. apply (@Sums.fold_add A nat eq eq_equivalence (plus f) (plus_proper A f)
    (plus_order A f) m (key k) v O).
  intros [w W]. apply P.find_1 in W. unfold get in H. congruence.
Qed.

Lemma total_same : forall A f (m n : map A), (forall k, get k m = get k n) ->
  total f m = total f n.
Proof.
  intros A f m n E. apply (@Sums.fold_Equal A nat eq eq_equivalence (plus f) (plus_proper A f)
    (plus_order A f) m n O).
  intros p. specialize (E (Pos.pred_N p)). unfold get, key in E.
  replace (N.succ_pos (Pos.pred_N p)) with p in E; [exact E|].
  destruct p; simpl; try rewrite Pos.succ_pred_double; reflexivity.
Qed.

Lemma total_del : forall A f (m : map A) k v, get k m = Some v ->
  total f m = (f v + total f (del k m))%nat.
Proof.
  intros A f m k v H. rewrite <- (total_add A f (del k m) k v).
  - apply total_same. intros j. rewrite get_set, get_del.
    destruct (N.eqb_spec j k) as [->|]; [exact H|reflexivity].
  - rewrite get_del, N.eqb_refl. reflexivity.
Qed.

Definition at_key {A} (f : A -> nat) (k : N) (m : map A) : nat :=
  match get k m with Some v => f v | None => O end.

Lemma total_gone : forall A f (m : map A) k, total f m = (at_key f k m + total f (del k m))%nat.
Proof.
  intros A f m k. unfold at_key. destruct (get k m) as [v|] eqn:E; [exact (total_del A f m k v E)|].
  apply total_same. intros j. rewrite get_del. destruct (N.eqb_spec j k) as [->|]; congruence.
Qed.

Lemma total_set : forall A f (m : map A) k v,
  (total f (set k v m) + at_key f k m)%nat = (total f m + f v)%nat.
Proof.
  intros A f m k v. rewrite (total_gone A f m k).
  rewrite (total_same A f (set k v m) (set k v (del k m))).
  - rewrite total_add by (rewrite get_del, N.eqb_refl; reflexivity). lia.
  - intros j. rewrite !get_set, get_del. destruct (N.eqb j k); reflexivity.
Qed.

(* --- The number ------------------------------------------------------------------------------- *)

(* Who waits has to be woken and stopped, who runs has to be stopped. *)
Definition waiting (w : wait) : nat :=
  match w with WSuspended => 0 | WReady => 1 | _ => 2 end.
(* What a thread has to give back. *)
Definition some (n k : N) : nat := if n =? 0 then O else N.to_nat k.
Arguments some : simpl never.
Definition bound (h : thread) : nat :=
  (some (t_lent h) 2 + some (t_own h) 1 + some (t_sc h) 1)%nat.
(* Slots of a CNode that have not been looked at; pages that an address space has to give back. *)
Definition slots_left (v : N * N) : nat := N.to_nat (fst v - snd v).
Definition supplied (x : space) : nat := length (p_supplies x).

Definition work (s : state) : nat :=
  (total (fun _ => 1) (s_kinds s) + total slots_left (s_cnodes s) + total waiting (s_waits s) +
   total bound (s_threads s) + total supplied (s_spaces s))%nat.

(* What it is made of. *)
Definition busy (s : state) := (s_kinds s, s_cnodes s, s_waits s, s_threads s, s_spaces s).
Lemma busy_work : forall s s', busy s' = busy s -> work s' = work s.
Proof.
  intros s s' E. unfold busy in E. injection E as E1 E2 E3 E4 E5. unfold work.
  rewrite E1, E2, E3, E4, E5. reflexivity.
Qed.

(* Words of messages, with the arguments of calls: outcomes are told in other registers. *)
Definition words_same (s s' : state) : Prop :=
  s_lim s' = s_lim s /\ forall t i, i < 8 -> reg_of s' t i = reg_of s t i.
Lemma words_first : forall s, words_same s s.
Proof. intros s. split; [reflexivity|intros t i _; reflexivity]. Qed.
Lemma words_then : forall s s1 s2, words_same s s1 -> words_same s1 s2 -> words_same s s2.
Proof.
  intros s s1 s2 [L W] [L' W']. split; [congruence|]. intros t i H. rewrite (W' t i H).
  exact (W t i H).
Qed.

(* --- What functions do to it ------------------------------------------------------------------ *)

Definition does (R : state -> state -> Prop) {A} (m : M A) : Prop :=
  forall s a s', m s = Some (a, s') -> R s s'.
Existing Class does.

(* Nothing of it changes; it does not become more. *)
Definition still (s s' : state) : Prop := busy s' = busy s /\ words_same s s'.
Definition less (s s' : state) : Prop := (work s' <= work s)%nat /\ words_same s s'.

Class chain (R : state -> state -> Prop) : Prop := {
  order_same : forall s, R s s;
  order_then : forall s s1 s2, R s s1 -> R s1 s2 -> R s s2
}.
Class order (R : state -> state -> Prop) : Prop := {
  order_chain :> chain R;
  order_still : forall s s', still s s' -> R s s'
}.
#[export] Instance still_order : order still.
Proof.
  constructor; [constructor|].
  - intros s. split; [reflexivity|apply words_first].
  - intros s s1 s2 [B W] [B' W']. split; [congruence|eapply words_then; eassumption].
  - auto.
Qed.
#[export] Instance less_order : order less.
Proof.
  constructor; [constructor|].
  - intros s. split; [lia|apply words_first].
  - intros s s1 s2 [B W] [B' W']. split; [lia|eapply words_then; eassumption].
  - intros s s' [B W]. split; [|exact W]. rewrite (busy_work s s' B). lia.
Qed.

(* The same, and a part of the state stays. *)
Definition keeping {X} (F : state -> X) (s s' : state) : Prop := F s' = F s /\ less s s'.
Class part {X} (F : state -> X) : Prop := same_part : forall s s', busy s' = busy s -> F s' = F s.
#[export] Instance kinds_part : part s_kinds.
Proof. intros s s' E. unfold busy in E. congruence. Qed.
#[export] Instance waits_part : part s_waits.
Proof. intros s s' E. unfold busy in E. congruence. Qed.
#[export] Instance threads_part : part s_threads.
Proof. intros s s' E. unfold busy in E. congruence. Qed.
#[export] Instance spaces_part : part s_spaces.
Proof. intros s s' E. unfold busy in E. congruence. Qed.
#[export] Instance keeping_order : forall X (F : state -> X), part F -> order (keeping F).
Proof.
  intros X F P. constructor; [constructor|].
  - intros s. split; [reflexivity|apply order_same].
  - intros s s1 s2 [B W] [B' W']. split; [congruence|eapply order_then; eassumption].
  - intros s s' S. split; [apply P, S|apply order_still; exact S].
Qed.

Section Order.
Context {R : state -> state -> Prop} {O : chain R}.
#[export] Instance does_ret : forall A (a : A), does R (ret a).
Proof. intros A a s b s' E. injection E as _ <-. apply order_same. Qed.
#[export] Instance does_stuck : forall A, does R (@stuck A).
Proof. intros A s b s' E. discriminate E. Qed.
#[export] Instance does_gets : forall A (f : state -> A), does R (gets f).
Proof. intros A f s b s' E. injection E as _ <-. apply order_same. Qed.
Lemma does_bind : forall A B (m : M A) (k : A -> M B), does R m -> (forall a, does R (k a)) ->
  does R (bind m k).
Proof.
  intros A B m k Hm Hk s b s' E. unfold bind in E. destruct (m s) as [[a s1]|] eqn:F;
    [|discriminate E]. exact (order_then _ _ _ (Hm s a s1 F) (Hk a s1 b s' E)).
Qed.
#[export] Instance does_need : forall A (o : option A), does R (need o).
Proof. intros A [a|]; [apply does_ret|apply does_stuck]. Qed.
#[export] Instance does_guard : forall b, does R (guard b).
Proof. intros [|]; [apply does_ret|apply does_stuck]. Qed.
Lemma does_when : forall b m, does R m -> does R (when b m).
Proof. intros [|] m H; [exact H|apply does_ret]. Qed.
Lemma does_each : forall A (f : A -> M unit) l, (forall a, does R (f a)) -> does R (each f l).
Proof.
  intros A f l H. induction l as [|a l IH]; simpl; [apply does_ret|].
  apply does_bind; [apply H|intros _; exact IH].
Qed.
End Order.
Lemma does_other : forall (R : state -> state -> Prop) (O : order R) f, (forall s,
  busy (f s) = busy s /\ s_lim (f s) = s_lim s /\
  s_regs (f s) = s_regs s) -> does R (write f).
Proof.
  intros R O f H s a s' E. injection E as _ <-. apply order_still. destruct (H s) as [B [L G]].
  split; [exact B|split; [exact L|]]. intros t i _. unfold reg_of. rewrite G. reflexivity.
Qed.
Lemma does_still : forall R A (m : M A), order R -> does still m -> does R m.
Proof. intros R A m O H s a s' E. apply order_still. exact (H s a s' E). Qed.

#[local] Hint Constants Opaque : typeclass_instances.

Ltac known := first
  [ solve [typeclasses eauto]
  | assumption
  | match goal with H : forall _, does _ _ |- does _ _ => simple apply H end
  | match goal with H : forall _ _, does _ _ |- does _ _ => simple apply H end ].
Ltac one := first
  [ known
  | match goal with |- does _ (write _) =>
      apply does_other; try typeclasses eauto; intros; repeat split; reflexivity end
  | match goal with |- does _ (bind _ _) => apply does_bind; intros end
  | match goal with |- does _ (when _ _) => apply does_when end
  | match goal with |- does _ (each _ _) => apply does_each; intros end
  | match goal with
    | |- does _ (let _ := _ in _) => cbv zeta
    | |- does _ (if ?b then _ else _) => destruct b
    | |- does _ (match ?x with _ => _ end) => destruct x
    | |- does _ ((fun _ => _) _) => cbv beta
    end ].
Ltac head m := match m with ?f _ => head f | _ => m end.
Ltac go := intros; match goal with |- does _ ?m => let f := head m in unfold f end; repeat one.
Ltac go_on n := induction n; intros; simpl; repeat one.

Ltac prim H := repeat match type of H with
  | Some _ = Some _ => injection H as ? H; subst
  | (if ?b then _ else _) = _ => let E := fresh "E" in destruct b eqn:E; [|discriminate H]
  | match ?x with _ => _ end = _ => let E := fresh "E" in destruct x eqn:E; try discriminate H
  end.
Ltac alone H := apply order_still; prim H; (split; [reflexivity|split; [reflexivity|intros ? ? _;
  reflexivity]]).

Section Still.
Context {R : state -> state -> Prop} {O : order R}.
#[export] Instance does_drop_cap : forall a, does R (drop_cap a).
Proof. intros a s v s' H. unfold drop_cap in H. alone H. Qed.
#[export] Instance does_edit_cap : forall a f, does R (edit_cap a f).
Proof. intros a f s v s' H. unfold edit_cap in H. alone H. Qed.
#[export] Instance does_drop_region : forall i, does R (drop_region i).
Proof. intros i s v s' H. unfold drop_region in H. alone H. Qed.
#[export] Instance does_from_tables : forall u, does R (from_tables u).
Proof. intros u s v s' H. unfold from_tables in H. alone H. Qed.
#[export] Instance does_afresh : forall u, does R (afresh u).
Proof. intros u s v s' H. unfold afresh in H. alone H. Qed.
#[export] Instance does_forget_reply : forall r, does R (forget_reply r).
Proof. intros r s v s' H. unfold forget_reply in H. alone H. Qed.
#[export] Instance does_charge_budget : forall x n m, does R (charge_budget x n m).
Proof. intros x n m s v s' H. unfold charge_budget in H. alone H. Qed.
#[export] Instance does_configure_budget : forall x n m, does R (configure_budget x n m).
Proof. intros x n m s v s' H. unfold configure_budget in H. alone H. Qed.
#[export] Instance does_new_slice : forall x, does R (new_slice x).
Proof. intros x s v s' H. unfold new_slice in H. alone H. Qed.
#[export] Instance does_forget_budget : forall x, does R (forget_budget x). Proof. go. Qed.

#[export] Instance does_cap_at : forall a, does R (cap_at a). Proof. go. Qed.
#[export] Instance does_kind_of : forall o, does R (kind_of o). Proof. go. Qed.
#[export] Instance does_th_at : forall t, does R (th_at t). Proof. go. Qed.
#[export] Instance does_wait_at : forall t, does R (wait_at t). Proof. go. Qed.
#[export] Instance does_sc_at : forall x, does R (sc_at x). Proof. go. Qed.
#[export] Instance does_budget_at : forall x, does R (budget_at x). Proof. go. Qed.
#[export] Instance does_ep_at : forall e, does R (ep_at e). Proof. go. Qed.
#[export] Instance does_ntfn_at : forall n, does R (ntfn_at n). Proof. go. Qed.
#[export] Instance does_reply_at : forall r, does R (reply_at r). Proof. go. Qed.
#[export] Instance does_space_at : forall p, does R (space_at p). Proof. go. Qed.
#[export] Instance does_irq_at : forall i, does R (irq_at i). Proof. go. Qed.
#[export] Instance does_cpu_now : does R cpu_now. Proof. go. Qed.
#[export] Instance does_reg : forall t i, does R (reg t i). Proof. go. Qed.
#[export] Instance does_region_used : forall u, does R (region_used u). Proof. go. Qed.
#[export] Instance does_mem_at : forall page i, does R (mem_at page i). Proof. go. Qed.
#[export] Instance does_put_mem : forall page i v, does R (put_mem page i v). Proof. go. Qed.
#[export] Instance does_put_sc : forall x f, does R (put_sc x f). Proof. go. Qed.
#[export] Instance does_put_ep : forall e v, does R (put_ep e v). Proof. go. Qed.
#[export] Instance does_put_ntfn : forall n v, does R (put_ntfn n v). Proof. go. Qed.
#[export] Instance does_put_irq : forall i v, does R (put_irq i v). Proof. go. Qed.
#[export] Instance does_put_due : forall n d, does R (put_due n d). Proof. go. Qed.
#[export] Instance does_drop_due : forall n, does R (drop_due n). Proof. go. Qed.
#[export] Instance does_put_cpu : forall f, does R (put_cpu f). Proof. go. Qed.
#[export] Instance does_put_doomed : forall l, does R (put_doomed l). Proof. go. Qed.
#[export] Instance does_put_asids : forall a, does R (put_asids a). Proof. go. Qed.
#[export] Instance does_clear_mem : forall page, does R (clear_mem page). Proof. go. Qed.
Lemma does_put_reg : forall t i v, 8 <= i -> does R (put_reg t i v).
Proof.
  intros t i v L s a s' E. apply order_still. unfold put_reg, write in E. injection E as _ <-.
  split; [reflexivity|split; [reflexivity|]]. intros u j J. unfold reg_of. simpl. rewrite get_set.
  destruct (N.eqb_spec u t) as [->|]; [|reflexivity]. rewrite get_set.
  destruct (N.eqb_spec j i) as [->|]; [lia|]. destruct (get t (s_regs s)); simpl;
    [reflexivity|]. rewrite get_empty. reflexivity.
Qed.

#[export] Instance does_decide : does R decide. Proof. go. Qed.
#[export] Instance does_switch : does R switch. Proof. go. Qed.
#[export] Instance does_ready_add : forall front x, does R (ready_add front x). Proof. go. Qed.
#[export] Instance does_ready_remove : forall x, does R (ready_remove x). Proof. go. Qed.
#[export] Instance does_due_add : forall n d, does R (due_add n d). Proof. go. Qed.
#[export] Instance does_timer_set : forall d, does R (timer_set d). Proof. go. Qed.
#[export] Instance does_charge_now : does R charge_now. Proof. go. Qed.
#[export] Instance does_budget_left : forall x, does R (budget_left x). Proof. go. Qed.
#[export] Instance does_may_go_on : forall x, does R (may_go_on x). Proof. go. Qed.
#[export] Instance does_overtake : forall x, does R (overtake x). Proof. go. Qed.
#[export] Instance does_start : forall front x, does R (start front x). Proof. go. Qed.
#[export] Instance does_stop : forall x, does R (stop x). Proof. go. Qed.
#[export] Instance does_settle : forall x, does R (settle x). Proof. go. Qed.
#[export] Instance does_settle_of : forall t, does R (settle_of t). Proof. go. Qed.
#[export] Instance does_block : forall t, does R (block t). Proof. go. Qed.
#[export] Instance does_ep_remove : forall e t, does R (ep_remove e t). Proof. go. Qed.
#[export] Instance does_ntfn_remove : forall n t, does R (ntfn_remove n t). Proof. go. Qed.
#[export] Instance does_lends : forall t, does R (lends t). Proof. go. Qed.
#[export] Instance does_asid_take : forall p, does R (asid_take p). Proof. go. Qed.
#[export] Instance does_asid_drop : forall n, does R (asid_drop n). Proof. go. Qed.
#[export] Instance does_asid_space : forall n, does R (asid_space n). Proof. go. Qed.
#[export] Instance does_mapping : forall c, does R (mapping c). Proof. go. Qed.
#[export] Instance does_others : forall i, does R (others i). Proof. go. Qed.
#[export] Instance does_doom : forall o, does R (doom o). Proof. go. Qed.
#[export] Instance does_borrowing : forall h, does R (borrowing h). Proof. go. Qed.
#[export] Instance does_detach : forall i, does R (detach i). Proof. go. Qed.
End Still.
