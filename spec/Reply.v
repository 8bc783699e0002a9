(* SPDX-License-Identifier: BSD-2-Clause *)
(* Calls and answers: a reply right is used once, nobody is answered twice, and nobody who called is forgotten.

   A Reply object is idle, or armed by a thread that waits in Recv with it, or holds the call of a thread. A caller
   waits until it is answered, or told that it will not be (the object was destroyed, or the wait was cut short). *)
Require Import List Arith Lia.
Import ListNotations.

Inductive reply := Idle | Armed (server : nat) | Holds (caller : nat).

Inductive thread := Running | Receiving (r : option nat) | Waiting (r : nat) | Stopped.

Record state := { replies : nat -> reply; threads : nat -> thread }.

Definition set {A} (f : nat -> A) k v := fun x => if Nat.eqb x k then v else f x.

Inductive event :=
| Recv (t : nat) (r : option nat)  (* t waits, with an idle Reply object or without *)
| Call (c t r : nat)               (* c's call is received by t, which waited with r *)
| Take (t c r : nat)               (* t takes the queued call of c with the idle r *)
| Answer (c r : nat)               (* the holder of r answers c *)
| Gone (c r : nat)                 (* r is destroyed, or c's wait is cut short: c is told so *)
| Leave (t : nat)                  (* t no longer waits in Recv: a message, a signal, suspension *)
| Disarm (t r : nat).              (* r, with which t waits, is destroyed *)

Definition put (s : state) r x t y := {| replies := set (replies s) r x; threads := set (threads s) t y |}.

Inductive step (s : state) : event -> state -> Prop :=
| step_recv : forall t, threads s t = Running ->
    step s (Recv t None) {| replies := replies s; threads := set (threads s) t (Receiving None) |}
| step_recv_armed : forall t r, threads s t = Running -> replies s r = Idle ->
    step s (Recv t (Some r)) (put s r (Armed t) t (Receiving (Some r)))
| step_call : forall c t r, c <> t -> threads s c = Running -> threads s t = Receiving (Some r) ->
    step s (Call c t r) {| replies := set (replies s) r (Holds c);
                           threads := set (set (threads s) t Running) c (Waiting r) |}
| step_take : forall t c r, c <> t -> threads s t = Running -> threads s c = Stopped -> replies s r = Idle ->
    step s (Take t c r) (put s r (Holds c) c (Waiting r))
| step_answer : forall c r, replies s r = Holds c -> step s (Answer c r) (put s r Idle c Running)
| step_gone : forall c r, replies s r = Holds c -> step s (Gone c r) (put s r Idle c Running)
| step_leave_armed : forall t r, threads s t = Receiving (Some r) -> step s (Leave t) (put s r Idle t Running)
| step_leave : forall t, threads s t = Receiving None ->
    step s (Leave t) {| replies := replies s; threads := set (threads s) t Running |}
| step_disarm : forall t r, replies s r = Armed t -> step s (Disarm t r) (put s r Idle t (Receiving None)).

(* Objects and threads say the same. *)
Definition wf (s : state) :=
  (forall r c, replies s r = Holds c <-> threads s c = Waiting r) /\
  (forall r t, replies s r = Armed t <-> threads s t = Receiving (Some r)).

Ltac cases := repeat match goal with
  | |- context [Nat.eqb ?a ?b] => destruct (Nat.eqb_spec a b); subst
  | H : context [Nat.eqb ?a ?b] |- _ => destruct (Nat.eqb_spec a b); subst
  end.

Lemma wf_step : forall s e s', wf s -> step s e s' -> wf s'.
Proof.
  intros s e s' [H A] S.
  destruct S; split; intros x y; simpl; unfold set; cases; split; intros E;
    repeat match goal with
    | K : replies _ ?a = Holds ?b |- _ => apply H in K
    | K : replies _ ?a = Armed ?b |- _ => apply A in K
    end; try congruence; try (apply H; congruence); try (apply A; congruence).
  all: try (match goal with K : threads _ _ = Waiting _ |- _ => apply H in K; congruence end).
  all: try (match goal with K : threads _ _ = Receiving (Some _) |- _ => apply A in K; congruence end).
  all: repeat match goal with
    | K : threads _ _ = Waiting _ |- _ => apply H in K
    | K : threads _ _ = Receiving (Some _) |- _ => apply A in K
    end; congruence.
Qed.

Inductive trace (s0 : state) : list event -> state -> Prop :=
| trace_none : trace s0 [] s0
| trace_more : forall l s e s', trace s0 l s -> step s e s' -> trace s0 (e :: l) s'.

Lemma wf_trace : forall s0 l s, wf s0 -> trace s0 l s -> wf s.
Proof. induction 2; [assumption|eapply wf_step; eauto]. Qed.

(* --- Counting -------------------------------------------------------------------------------------------- *)

Definition received (r : nat) (e : event) : nat :=
  match e with Call _ _ q | Take _ _ q => if Nat.eqb q r then 1 else 0 | _ => 0 end.
Definition ended (r : nat) (e : event) : nat :=
  match e with Answer _ q | Gone _ q => if Nat.eqb q r then 1 else 0 | _ => 0 end.
Definition sum (f : event -> nat) (l : list event) := list_sum (map f l).
Definition open (s : state) r := match replies s r with Holds _ => 1 | _ => 0 end.

Lemma count_step : forall s e s' r, wf s -> step s e s' -> open s' r + ended r e = open s r + received r e.
Proof.
  intros s e s' r [H A] S. unfold open.
  destruct S; simpl; unfold set; cases; try lia;
    repeat match goal with
    | K : threads _ _ = Receiving (Some _) |- _ => apply A in K
    end;
    try (match goal with K : replies ?z ?q = _ |- context [replies ?z ?q] => rewrite K end; lia);
    rewrite ?Nat.eqb_refl; try lia.
Qed.

(* Every call that was received through r has ended once, but for the one that r holds now. *)
Theorem used_once : forall s0 l s r, wf s0 -> replies s0 r = Idle -> trace s0 l s ->
  sum (ended r) l + open s r = sum (received r) l.
Proof.
  intros s0 l s r W I T. induction T as [|l s e s' T IH S].
  - unfold open. rewrite I. reflexivity.
  - pose proof (count_step s e s' r (wf_trace _ _ _ W T) S). unfold sum in *; simpl. lia.
Qed.

(* Once used, it is refused until it holds another call. *)
Theorem no_second_answer : forall s c r s', step s (Answer c r) s' -> forall d s'', ~ step s' (Answer d r) s''.
Proof.
  intros s c r s' S d s'' S'. inversion S; subst. inversion S'; subst. simpl in *.
  unfold set in *. rewrite Nat.eqb_refl in *. discriminate.
Qed.

(* Who waits for an answer can be answered: some Reply object holds its call. *)
Theorem nobody_is_forgotten : forall s0 l s c r, wf s0 -> trace s0 l s -> threads s c = Waiting r -> replies s r = Holds c.
Proof. intros s0 l s c r W T E. destruct (wf_trace _ _ _ W T) as [H _]. apply H. exact E. Qed.
