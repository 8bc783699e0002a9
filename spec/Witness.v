(* SPDX-License-Identifier: BSD-2-Clause *)
(* That the theorems speak of something: the machine starts, states are reached in which calls were
   preempted and made again, in which memory is mapped, and objects were made and are gone. *)
Require Import NArith List Bool.
From Tessera Require Import Map Refills State Machine Sched Message Destroy Objects Calls Boot.
From Tessera Require Import Keeps Theorems Revoke Restarts.
Import ListNotations.
Open Scope N_scope.

(* The kernel's steps are known by their names, but where they are made. *)
#[local] Strategy 1000 [boot_steps step boot decode].

(* One step in each go: as many preemptions as there can be. *)
Definition little : limits := Lim 1 1 1 1 1 1 16 1.

Fixpoint after (l : list event) (s : state) : option state :=
  match l with
  | [] => Some s
  | e :: l' => match step e s with Some (_, s') => after l' s' | None => None end
  end.
Lemma after_reached : forall n l s s', reached n s -> after l s = Some s' -> reached n s'.
Proof.
  intros n. induction l as [|e l IH]; intros s s' R H; simpl in H; [injection H as <-; exact R|].
  destruct (step e s) as [[[] s1]|] eqn:E; [|discriminate H].
  exact (IH s1 s' (reached_step n s e s1 R E) H).
Qed.

(* A call of the first thread to the capability in a slot, made `times` times. *)
Definition calls (slot label : N) (words : list N) (times : nat) : list event :=
  List.map (fun q => Register at_thread (fst q) (snd q))
    (combine (seq_N 0 8) words ++ [(r_ax, 0); (r_di, slot); (r_tag, N.shiftl label 16 + 5)]) ++
  repeat SystemCall times.

(* An Untyped for page tables, and a frame; the tables are supplied, the frame is mapped. *)
Definition mapping_made : list event :=
  calls 16 1 [1; 256; 0; 30; 1] 1 ++ calls 16 1 [10; 0; 0; 31; 1] 5 ++
  calls 2 1 [30] 18 ++ calls 2 2 [0; 31; 1; 4096; 3] 2.
(* The frame is deleted, and what is derived from all memory is revoked. *)
Definition all_revoked : list event := mapping_made ++ calls 1 4 [31; 1] 2 ++ calls 1 5 [16] 11.

Definition run (l : list event) : option state :=
  match boot little with Some s => after l s | None => None end.
Lemma run_reached : forall l s, run l = Some s -> reached little s.
Proof.
  intros l s. unfold run. remember (boot little) as b eqn:B. destruct b as [s0|]; [|discriminate].
  apply after_reached. apply reached_boot. symmetry. exact B.
Qed.

Definition checks (f : state -> bool) (l : list event) : bool :=
  match run l with Some s => f s | None => false end.
Lemma checked : forall f l, checks f l = true -> exists s, reached little s /\ f s = true.
Proof.
  intros f l H. unfold checks in H. destruct (run l) as [s|] eqn:R; [|discriminate H].
  exists s. split; [exact (run_reached l s R)|exact H].
Qed.

Theorem the_machine_starts : exists s, reached little s.
Proof.
  destruct (checked (fun _ => true) []) as [s [R _]]; [lazy; reflexivity|]. eauto.
Qed.

(* Memory is mapped somewhere. *)
Theorem memory_is_mapped : exists s x f, reached little s /\ get at_space (s_spaces s) = Some x /\
  get 4096 (p_maps x) = Some f.
Proof.
  destruct (checked (fun s => match get at_space (s_spaces s) with
    | Some x => is_some (get 4096 (p_maps x)) | None => false end) mapping_made)
    as [s [R H]]; [lazy; reflexivity|].
  destruct (get at_space (s_spaces s)) as [x|] eqn:X; [|discriminate H].
  destruct (get 4096 (p_maps x)) as [f|] eqn:F; [|discriminate H]. exists s, x, f. auto.
Qed.

(* A call is preempted, and made again. *)
Theorem calls_are_made_again : exists s s', reached little s /\ again at_thread s s'.
Proof.
  set (l := calls 16 1 [1; 256; 0; 30; 1] 1 ++ calls 16 1 [10; 0; 0; 31; 1] 0).
  destruct (checked (fun s => match decode at_thread s with
    | Some (ERestart, s1) => is_some (conclude at_thread ERestart s1) | _ => false end) l)
    as [s [R H]]; [lazy; reflexivity|].
  destruct (decode at_thread s) as [[[] s1]|] eqn:D; try discriminate H.
  destruct (conclude at_thread ERestart s1) as [[[] s']|] eqn:C; [|discriminate H].
  exists s, s'. split; [exact R|]. exists s1. auto.
Qed.

(* All that was derived from all memory is revoked, and gone. *)
Theorem revokes_are_over : exists s, reached little s /\ children (at_cnode + 16) s = [] /\
  get (at_cnode + 31) (s_caps s) = None.
Proof.
  destruct (checked (fun s => match children (at_cnode + 16) s with [] => true | _ => false end &&
    negb (is_some (get (at_cnode + 31) (s_caps s)))) all_revoked)
    as [s [R H]]; [lazy; reflexivity|].
  apply andb_true_iff in H. destruct H as [H G].
  exists s. split; [exact R|]. split; [destruct (children _ s); [reflexivity|discriminate H]|].
  destruct (get _ (s_caps s)); [discriminate G|reflexivity].
Qed.

(* And every_call_ends speaks of them. *)
Theorem little_goes_on : goes_on little.
Proof. unfold goes_on, little. simpl. repeat split. Qed.
