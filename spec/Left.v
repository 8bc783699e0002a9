(* SPDX-License-Identifier: BSD-2-Clause *)
(* Every call ends: whenever one is preempted, to be made again, there is less to do than before.

   `left` says how much, for the thread that made the call: what its arguments still ask for, what is
   to be dismantled, capabilities, pages for tables, memory to be cleared. Of two states, that one
   has less to do in which the first number of these that differs is smaller. *)
Require Import Arith NArith List Bool Lia.
From Tessera Require Import Map Refills State Machine Sched Message Destroy Objects Calls.
From Tessera Require Import Keeps Tree Revoke Again Work Pays Dismantled.
Import ListNotations.
Open Scope N_scope.

#[local] Hint Constants Opaque : typeclass_instances.

(* --- The measure ------------------------------------------------------------------------------ *)

Definition pages (s : state) : nat := total (fun x => N.to_nat (p_free x)) (s_spaces s).
Definition handed_of (r : region) : nat :=
  match r_what r with WUntyped u => N.to_nat u | _ => O end.
Definition handed (s : state) : nat := total handed_of (s_regions s).
Definition unclear_of (c : cap) : nat :=
  if has_memory (c_ty c) then N.to_nat (c_badge c - c_rights c) else O.
Definition unclear (s : state) : nat := total unclear_of (s_caps s).

Definition word (s : state) (t i : N) : nat := N.to_nat (reg_of s t i).
Definition left (t : N) (s : state) : list nat :=
  [word s t 4; work s; capabilities s; word s t 2; word s t 1; pages s; handed s; unclear s].

Inductive before : list nat -> list nat -> Prop :=
| before_here : forall a b l m, (a < b)%nat -> length l = length m -> before (a :: l) (b :: m)
| before_there : forall a l m, before l m -> before (a :: l) (a :: m).

Lemma before_length : forall l m, before l m -> length l = length m.
Proof. intros l m H. induction H; simpl; congruence. Qed.

Theorem before_ends : well_founded before.
Proof.
  assert (N : forall n l, length l = n -> Acc before l).
  { induction n as [|n IH]; intros l H.
    - destruct l; [|discriminate H]. constructor. intros m B. inversion B.
    - destruct l as [|a l]; [discriminate H|]. injection H as H. revert l H.
      induction a as [a IHa] using (well_founded_induction Wf_nat.lt_wf). intros l H.
      pose proof (IH l H) as A. revert H. induction A as [l _ IHl]. intros H.
      constructor. intros m B. inversion B as [b a' l' m' L Len|a' l' m' B']; subst.
      + apply IHa; [exact L|congruence].
      + apply IHl; [exact B'|]. exact (before_length _ _ B'). }
  intros l. exact (N _ l eq_refl).
Qed.

Lemma before_le : forall a b l m, (a <= b)%nat -> before l m -> before (a :: l) (b :: m).
Proof.
  intros a b l m L B. destruct (Nat.eq_dec a b) as [->|D]; [apply before_there; exact B|].
  apply before_here; [lia|exact (before_length _ _ B)].
Qed.

Definition shorter (t : N) (s s' : state) : Prop := before (left t s') (left t s).

Lemma words_word : forall s s' t i, words_same s s' -> i < 8 -> word s' t i = word s t i.
Proof. intros s s' t i [_ W] L. unfold word. rewrite (W t i L). reflexivity. Qed.

Lemma shorter_work : forall t s s', (word s' t 4 <= word s t 4)%nat -> (work s' < work s)%nat ->
  shorter t s s'.
Proof.
  intros t s s' W L. apply before_le; [exact W|]. apply before_here; [exact L|reflexivity].
Qed.
Lemma pays_shorter : forall t s s', pays 1 s s' -> shorter t s s'.
Proof.
  intros t s s' [P W]. apply shorter_work; [|lia].
  rewrite (words_word s s' t 4 W) by reflexivity. apply le_n.
Qed.

(* --- Calls that are never preempted ----------------------------------------------------------- *)

Definition never (m : M error) : Prop := forall s s', m s <> Some (ERestart, s').
Existing Class never.
(* Those that are, have less to do. *)
Definition restarts (t : N) (m : M error) : Prop := forall s s', 0 < l_empty (s_lim s) ->
  0 < l_doomed (s_lim s) -> filled s -> m s = Some (ERestart, s') -> shorter t s s'.

Lemma never_restarts : forall t m, never m -> restarts t m.
Proof. intros t m H s s' _ _ _ E. destruct (H s s' E). Qed.
Lemma never_ret : forall e, e <> ERestart -> never (ret e).
Proof. intros e N s s' E. injection E as E _. contradiction. Qed.
#[export] Instance never_stuck : never stuck.
Proof. intros s s' E. discriminate E. Qed.
Lemma never_bind : forall A (m : M A) k, (forall a, never (k a)) -> never (bind m k).
Proof.
  intros A m k H s s' E. unfold bind in E. destruct (m s) as [[a s1]|]; [|discriminate E].
  exact (H a s1 s' E).
Qed.
Lemma never_error : forall (m : M error) k, never m -> (forall e, e <> ERestart -> never (k e)) ->
  never (bind m k).
Proof.
  intros m k Hm H s s' E. unfold bind in E. destruct (m s) as [[e s1]|] eqn:F; [|discriminate E].
  refine (H e _ s1 s' E). intros ->. exact (Hm s s1 F).
Qed.

(* Looking for what arguments name. *)
Definition looks {A} (m : M A) : Prop := forall s a s', m s = Some (a, s') -> s' = s.
Existing Class looks.
#[export] Instance looks_ret : forall A (a : A), looks (ret a).
Proof. intros A a s b s' E. injection E as _ <-. reflexivity. Qed.
#[export] Instance looks_gets : forall A (f : state -> A), looks (gets f).
Proof. intros A f s b s' E. injection E as _ <-. reflexivity. Qed.
#[export] Instance looks_need : forall A (o : option A), looks (need o).
Proof. intros A [a|] s b s' E; [injection E as _ <-; reflexivity|discriminate E]. Qed.
#[export] Instance looks_guard : forall b, looks (guard b).
Proof. intros [] s b s' E; [injection E as _ <-; reflexivity|discriminate E]. Qed.
Lemma looks_bind : forall A B (m : M A) (k : A -> M B), looks m -> (forall a, looks (k a)) ->
  looks (bind m k).
Proof.
  intros A B m k Hm Hk s b s' E. unfold bind in E. destruct (m s) as [[a s1]|] eqn:F;
    [|discriminate E]. rewrite (Hk a s1 b s' E). exact (Hm s a s1 F).
Qed.
Ltac look := repeat first [solve [typeclasses eauto]|apply looks_bind; intros
  |match goal with |- looks (if ?b then _ else _) => destruct b
   | |- looks (match ?x with _ => _ end) => destruct x end].
#[export] Instance looks_reg : forall t i, looks (reg t i).
Proof. intros. apply looks_gets. Qed.
#[export] Instance looks_arg : forall t i, looks (arg t i).
Proof. intros. apply looks_gets. Qed.
#[export] Instance looks_cap_at : forall a, looks (cap_at a).
Proof. intros. apply looks_gets. Qed.
#[export] Instance looks_th_at : forall t, looks (th_at t). Proof. intros. unfold th_at. look. Qed.
#[export] Instance looks_wait_at : forall t, looks (wait_at t).
Proof. intros. unfold wait_at. look. Qed.
#[export] Instance looks_sc_at : forall x, looks (sc_at x). Proof. intros. unfold sc_at. look. Qed.
#[export] Instance looks_ep_at : forall e, looks (ep_at e). Proof. intros. unfold ep_at. look. Qed.
#[export] Instance looks_reply_at : forall r, looks (reply_at r).
Proof. intros. unfold reply_at. look. Qed.
#[export] Instance looks_space_at : forall p, looks (space_at p).
Proof. intros. unfold space_at. look. Qed.
#[export] Instance looks_slot_of : forall t i, looks (slot_of t i).
Proof. intros. unfold slot_of. look. Qed.
#[export] Instance looks_buffer_of : forall t, looks (buffer_of t).
Proof. intros. unfold buffer_of. look. Qed.
#[export] Instance looks_flag : forall t f, looks (flag t f).
Proof. intros. unfold flag. look. Qed.
#[export] Instance looks_can_take : forall t from r, looks (can_take t from r).
Proof. intros. unfold can_take. look. Qed.
#[export] Instance looks_region_used : forall u, looks (region_used u).
Proof. intros. apply looks_gets. Qed.
#[export] Instance looks_asid_space : forall n, looks (asid_space n).
Proof. intros. apply looks_gets. Qed.
#[export] Instance looks_all_empty : forall n a, looks (all_empty n a).
Proof. induction n; intros; simpl; look. Qed.

(* H looks, and nothing else. *)
Ltac sees H x E := let s1 := fresh "s" in goes H x s1 E;
  match type of E with ?m ?s = _ =>
    let L := fresh "L" in assert (L : looks m) by (solve [typeclasses eauto]);
    let Q := fresh "Q" in pose proof (L _ _ _ E) as Q; subst s1; clear L end.

Lemma restarts_look : forall A t (m : M A) k, looks m -> (forall a, restarts t (k a)) ->
  restarts t (bind m k).
Proof.
  intros A t m k L H s s' L1 L2 F E. goes E a s1 E1. rewrite (L _ _ _ E1) in E.
  exact (H a s s' L1 L2 F E).
Qed.

Lemma badge_ends : forall c b, check_badge c b <> ERestart.
Proof.
  intros c b. unfold check_badge. destruct (b =? 0); [discriminate|].
  destruct (c_ty c); try discriminate; match goal with |- (if ?x then _ else _) <> _ =>
    destruct x; discriminate end.
Qed.
Lemma map_ends : forall c v f, check_map c v f <> ERestart.
Proof.
  intros c v f. unfold check_map. cbv zeta.
  repeat match goal with |- (if ?x then _ else _) <> _ => destruct x end; discriminate.
Qed.

Ltac nevers := repeat first
  [ solve [typeclasses eauto]
  | match goal with
    | |- never (ret _) => apply never_ret; first [assumption|discriminate]
    | |- never (bind (A := error) _ _) => apply never_error; [|intros ? ?]
    | |- never (bind _ _) => apply never_bind; intros
    | |- never (let _ := _ in _) => cbv zeta
    | |- never (if ?b then _ else _) => destruct b
    | |- never (ret (if ?b then _ else _)) => destruct b
    | |- never (ret (match ?x with _ => _ end)) => destruct x
    | |- never (match check_badge ?c ?b with _ => _ end) =>
        pose proof (badge_ends c b); destruct (check_badge c b)
    | |- never (match ?x with _ => _ end) => destruct x
    | H : ?e <> ?e |- _ => destruct (H eq_refl)
    | |- never (find_cap _ _ _ _ _) => unfold find_cap
    | |- never (find_cnode _ _ _ _) => unfold find_cnode
    | |- never (find_pair _ _ _ _) => unfold find_pair
    end ].

Tactic Notation "no" := intros; match goal with |- never ?x => let f := head x in unfold f end;
  nevers.

#[export] Instance never_check_message : forall t g, never (check_message t g). Proof. no. Qed.
#[export] Instance never_check_registers : forall t, never (check_registers t). Proof. no. Qed.
#[export] Instance never_check_fault_reply : forall c t, never (check_fault_reply c t).
Proof. no. Qed.
#[export] Instance never_send : forall t c calls w, never (send t c calls w). Proof. no. Qed.
#[export] Instance never_answer : forall t r, never (answer t r). Proof. no. Qed.
#[export] Instance never_wait_signal : forall t n w, never (wait_signal t n w). Proof. no. Qed.
#[export] Instance never_cnode_mint : forall t d, never (cnode_mint t d). Proof. no. Qed.
#[export] Instance never_cnode_move : forall t d, never (cnode_move t d). Proof. no. Qed.
#[export] Instance never_cnode_inspect : forall t s, never (cnode_inspect t s). Proof. no. Qed.
#[export] Instance never_bind_notification : forall t h, never (bind_notification t h).
Proof. no. Qed.
#[export] Instance never_irq_attach : forall t, never (irq_attach t). Proof. no. Qed.
#[export] Instance never_irq_attach_message : forall t, never (irq_attach_message t).
Proof. no. Qed.
#[export] Instance never_irq_acknowledge : forall o, never (irq_acknowledge o). Proof. no. Qed.
#[export] Instance never_timer_set_op : forall t o, never (timer_set_op t o). Proof. no. Qed.
#[export] Instance never_port_read : forall t c, never (port_read t c). Proof. no. Qed.
#[export] Instance never_port_write : forall t c, never (port_write t c). Proof. no. Qed.
#[export] Instance never_thread_write : forall t o, never (thread_write t o). Proof. no. Qed.
#[export] Instance never_thread_read : forall t o, never (thread_read t o). Proof. no. Qed.
#[export] Instance never_thread_resume : forall t o, never (thread_resume t o). Proof. no. Qed.
#[export] Instance never_thread_suspend : forall t o, never (thread_suspend t o). Proof. no. Qed.
#[export] Instance never_thread_bind : forall t o, never (thread_bind t o). Proof. no. Qed.
#[export] Instance never_thread_set_flags : forall t o, never (thread_set_flags t o).
Proof. no. Qed.
#[export] Instance never_thread_inspect : forall t o, never (thread_inspect t o). Proof. no. Qed.
#[export] Instance never_thread_set_tls : forall t o, never (thread_set_tls t o). Proof. no. Qed.
#[export] Instance never_context_bind : forall t x, never (context_bind t x). Proof. no. Qed.
#[export] Instance never_context_consumed : forall t x, never (context_consumed t x).
Proof. no. Qed.
#[export] Instance never_context_yield : forall x, never (context_yield x). Proof. no. Qed.
#[export] Instance never_cpu_configure : forall t c, never (cpu_configure t c). Proof. no. Qed.
#[export] Instance never_cpu_clock : forall t, never (cpu_clock t). Proof. no. Qed.
#[export] Instance never_send_checked : forall t c calls w, never (send_checked t c calls w).
Proof. no. Qed.
#[export] Instance never_do_send : forall t c w, never (do_send t c w). Proof. no. Qed.
