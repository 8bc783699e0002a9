(* SPDX-License-Identifier: BSD-2-Clause *)
(* Calls and answers: a reply right is used once, nobody is answered twice, and nobody who called is
   forgotten.

   A Reply object is idle, or armed by a thread that waits in Recv with it, or holds the call of a
   thread. That thread waits until it is answered, or told that it will not be (the object was
   destroyed, or its wait was cut short). *)
Require Import NArith List Bool Arith Lia.
From Tessera Require Import Map Refills State Machine Keeps Memory.
From Tessera Require Message.
Import ListNotations.
Open Scope nat_scope.

(* What happened to Reply objects: c's call came to be held by r; it ended. *)
Inductive event := Held (c r : N) | Ended (c r : N).

(* Which Reply object a thread is tied to, and which thread a Reply object; true: it holds its call. *)
Definition tied (o : option wait) : option (N * bool) :=
  match o with
  | Some (WReply r _) => Some (r, true)
  | Some (WReceiving _ (Some r)) => Some (r, false)
  | _ => None
  end.
Definition of_reply (o : option reply) : option (N * bool) :=
  match o with
  | Some (RHolds c) => Some (c, true)
  | Some (RArmed t) => Some (t, false)
  | _ => None
  end.

Definition ties := ((N -> option (N * bool)) * (N -> option (N * bool)))%type.
Definition of_state (s : state) : ties :=
  (fun r => of_reply (get r (s_replies s)), fun t => tied (get t (s_waits s))).

(* Objects and threads say the same. *)
Definition agree (x : ties) := forall r t b, fst x r = Some (t, b) <-> snd x t = Some (r, b).

Inductive goes (x y : ties) : list event -> Prop :=
| goes_quietly : (forall r, fst y r = fst x r) -> (forall t, snd y t = snd x t) -> goes x y []
| goes_tied : forall r t b, fst x r = None -> snd x t = None ->
    (forall q, fst y q = if N.eqb q r then Some (t, b) else fst x q) ->
    (forall u, snd y u = if N.eqb u t then Some (r, b) else snd x u) ->
    goes x y (if b then [Held t r] else [])
| goes_free : forall r t b, snd x t = Some (r, b) ->
    (forall q, fst y q = if N.eqb q r then None else fst x q) ->
    (forall u, snd y u = if N.eqb u t then None else snd x u) ->
    goes x y (if b then [Ended t r] else []).

Lemma agree_goes : forall x y e, agree x -> goes x y e -> agree y.
Proof.
  intros x y e A G r t b. destruct G as [Hf Hs|r' t' b' Fr Ft Hf Hs|r' t' b' Ft Hf Hs];
    rewrite Hf, Hs.
  - apply A.
  - destruct (N.eqb_spec r r') as [->|Nr]; destruct (N.eqb_spec t t') as [->|Nt].
    + split; intros E; injection E as <-; reflexivity.
    + split; intros E; [injection E as <- <-; contradiction|].
      apply A in E. rewrite Fr in E. discriminate E.
    + split; intros E; [|injection E as <- <-; contradiction].
      apply A in E. rewrite Ft in E. discriminate E.
    + apply A.
  - assert (Fr : fst x r' = Some (t', b')) by (apply A; exact Ft).
    destruct (N.eqb_spec r r') as [->|Nr]; destruct (N.eqb_spec t t') as [->|Nt];
      split; intros E; try discriminate E; try (apply A in E; congruence); try (apply A; exact E).
Qed.

(* --- Counting --------------------------------------------------------------------------------- *)

Definition held (r : N) (e : event) : nat :=
  match e with Held _ q => if N.eqb q r then 1 else 0 | _ => 0 end.
Definition ended (r : N) (e : event) : nat :=
  match e with Ended _ q => if N.eqb q r then 1 else 0 | _ => 0 end.
Definition sum (f : event -> nat) (l : list event) := list_sum (List.map f l).
Definition holds_now (r : N) (x : ties) : nat :=
  match fst x r with Some (_, true) => 1 | _ => 0 end.

Lemma count_goes : forall x y e r, agree x -> goes x y e ->
  holds_now r y + sum (ended r) e = holds_now r x + sum (held r) e.
Proof.
  intros x y e r A G. unfold holds_now.
  destruct G as [Hf Hs|r' t' b' Fr Ft Hf Hs|r' t' b' Ft Hf Hs]; rewrite Hf.
  - reflexivity.
  - destruct (N.eqb_spec r r') as [->|Nr]; destruct b'; unfold sum; cbn -[N.eqb];
      rewrite ?N.eqb_refl, ?Fr; try (destruct (N.eqb_spec r' r); [congruence|]); lia.
  - assert (Fr : fst x r' = Some (t', b')) by (apply A; exact Ft).
    destruct (N.eqb_spec r r') as [->|Nr]; destruct b'; unfold sum; cbn -[N.eqb];
      rewrite ?N.eqb_refl, ?Fr; try (destruct (N.eqb_spec r' r); [congruence|]); lia.
Qed.

Inductive history (x0 : ties) : list event -> ties -> Prop :=
| history_none : history x0 [] x0
| history_more : forall l x e y, history x0 l x -> goes x y e -> history x0 (e ++ l) y.

Lemma sum_app : forall f l m, sum f (l ++ m) = sum f l + sum f m.
Proof. intros. unfold sum. rewrite map_app, list_sum_app. reflexivity. Qed.

Lemma agree_history : forall x0 l x, agree x0 -> history x0 l x -> agree x.
Proof. intros x0 l x A H. induction H; [exact A|eapply agree_goes; eauto]. Qed.

(* --- Every primitive, so every entry ---------------------------------------------------------- *)

Definition followed (x0 : ties) (s : state) : Prop :=
  agree (of_state s) /\ exists l, history x0 l (of_state s).

Lemma followed_more : forall x0 s s' e, followed x0 s -> goes (of_state s) (of_state s') e ->
  followed x0 s'.
Proof.
  intros x0 s s' e [A [l H]] G. split; [eapply agree_goes; eauto|].
  exists (e ++ l). econstructor; eauto.
Qed.

Lemma followed_same : forall x0 s s', s_replies s' = s_replies s -> s_waits s' = s_waits s ->
  followed x0 s -> followed x0 s'.
Proof.
  intros x0 s s' R W F. apply (followed_more x0 s s' []); [exact F|].
  apply goes_quietly; intros; unfold of_state; simpl; congruence.
Qed.

Lemma plain_tied : forall w, plain w = true -> tied (Some w) = None.
Proof. destruct w as [| | |? [|]| |]; simpl; intros; congruence. Qed.

(* Nobody's tie changes. *)
Ltac quiet F := apply (followed_more _ _ _ [] F); apply goes_quietly; intros q;
  unfold of_state; simpl; rewrite ?get_set, ?get_del; try reflexivity;
  match goal with |- context [N.eqb ?a ?b] => destruct (N.eqb_spec a b) as [->|] end;
  try reflexivity;
  repeat match goal with
  | H : plain _ = true |- _ => apply plain_tied in H
  | H : get _ _ = _ |- _ => rewrite H; clear H
  end; simpl in *; congruence.

Lemma followed_tie : forall x0 s s' t r b, followed x0 s ->
  tied (get t (s_waits s)) = None -> get r (s_replies s) = Some RIdle ->
  (forall q, get q (s_replies s') =
             if N.eqb q r then Some (if b : bool then RHolds t else RArmed t)
             else get q (s_replies s)) ->
  (forall u, tied (get u (s_waits s')) =
             if N.eqb u t then Some (r, b) else tied (get u (s_waits s))) ->
  followed x0 s'.
Proof.
  intros x0 s s' t r b F W R Hr Hw.
  eapply followed_more; [exact F|]. apply (goes_tied _ _ r t b); simpl; auto.
  - rewrite R. reflexivity.
  - intros q. rewrite Hr. destruct (N.eqb q r); [destruct b|]; reflexivity.
Qed.

Lemma followed_free : forall x0 s s' t r b, followed x0 s ->
  tied (get t (s_waits s)) = Some (r, b) ->
  (forall q, get q (s_replies s') = if N.eqb q r then Some RIdle else get q (s_replies s)) ->
  (forall u, tied (get u (s_waits s')) = if N.eqb u t then None else tied (get u (s_waits s))) ->
  followed x0 s'.
Proof.
  intros x0 s s' t r b F W Hr Hw.
  eapply followed_more; [exact F|]. apply (goes_free _ _ r t b); simpl; auto.
  intros q. rewrite Hr. destruct (N.eqb q r); reflexivity.
Qed.

Ltac untied := try assumption; intros; simpl; rewrite ?get_set;
  repeat match goal with
  | H : plain _ = true |- _ => apply plain_tied in H
  | H : get ?a ?m = _ |- context [get ?a ?m] => rewrite H
  end;
  try match goal with |- context [N.eqb ?a ?b] => destruct (N.eqb_spec a b) as [->|] end;
  simpl in *; try assumption; congruence.

Ltac untouched F H :=
  unfold put_cap, drop_cap, move_cap, edit_cap, drop_region, afresh, to_tables,
    from_tables, new_budget, charge_budget, configure_budget, new_slice, forget_budget, write in H;
  prim H; eapply followed_same; [| |exact F]; reflexivity.

Theorem calls_are_basic : forall x0, basic (followed x0).
Proof.
  intros x0. constructor.
  { intros s s' E F. unfold central in E.
    eapply followed_same; [| |exact F]; congruence. }
  all: try solve [intros; intros s a0 s' F H; untouched F H].
  - intros u p n w s i s' F H. apply make_region_only in H. destruct H as [m ->].
    eapply followed_same; [| |exact F]; reflexivity.
  - intros i s u s' F H. apply drop_region_only in H. rewrite H.
    eapply followed_same; [| |exact F]; reflexivity.
  - intros t w s a s' F H. unfold set_wait, with_wait in H. prim H.
    apply andb_true_iff in E0. destruct E0. quiet F.
  - intros t e r s a s' F H. unfold arm, with_wait, with_reply in H. prim H.
    apply (followed_tie x0 s _ t r false); untied.
  - intros t w s a s' F H. unfold disarm, with_wait, with_reply in H. prim H.
    match goal with G : get t _ = Some (WReceiving _ (Some ?r)) |- _ =>
      apply (followed_free x0 s _ t r false) end; untied.
  - intros c r g s a s' F H. unfold owe_reply, with_wait, with_reply in H. prim H.
    apply (followed_tie x0 s _ c r true); untied.
  - intros c w s a s' F H. unfold end_call, with_wait, with_reply in H. prim H.
    match goal with G : get c _ = Some (WReply ?r _) |- _ =>
      apply (followed_free x0 s _ c r true) end; untied.
  - intros t s a s' F H. unfold new_thread_wait, with_wait in H. prim H.
    destruct (get t (s_waits s)) eqn:G; [discriminate E|]. quiet F.
  - intros r s a s' F H. unfold new_reply, with_reply in H. prim H.
    destruct (get r (s_replies s)) eqn:G; [discriminate E|]. quiet F.
  - intros t s a s' F H. unfold forget_wait in H. prim H. quiet F.
  - intros r s a s' F H. unfold forget_reply in H. prim H. quiet F.
Qed.
Theorem calls_are_followed : forall x0, kept (followed x0).
Proof. intros. apply basic_kept, calls_are_basic. Qed.

(* --- What follows, of every state that the kernel comes to ------------------------------------ *)

(* Every call that came to be held by r has ended once, but for the one that it holds now. *)
Theorem used_once : forall x0 s, agree x0 -> (forall r, holds_now r x0 = 0) -> followed x0 s ->
  exists l, history x0 l (of_state s) /\
    forall r, sum (ended r) l + holds_now r (of_state s) = sum (held r) l.
Proof.
  intros x0 s A0 I [_ [l H]]. exists l. split; [exact H|]. intros r.
  induction H as [|l x e y H IH G]; [unfold sum; simpl; apply I|].
  pose proof (count_goes x y e r (agree_history _ _ _ A0 H) G). rewrite !sum_app. lia.
Qed.

(* A Reply object that holds no call is refused, and nothing happens. *)
Theorem no_second_answer : forall s t r, get r (s_replies s) = Some RIdle ->
  Message.answer t r s = Some (EState, s).
Proof.
  intros s t r H. unfold Message.answer, reply_at, bind, gets, need, ret. rewrite H. reflexivity.
Qed.

(* Who waits for an answer can be answered: that Reply object holds its call. *)
Theorem nobody_is_forgotten : forall x0 s c r g, followed x0 s ->
  get c (s_waits s) = Some (WReply r g) -> get r (s_replies s) = Some (RHolds c).
Proof.
  intros x0 s c r g [A _] W. specialize (A r c true). simpl in A. rewrite W in A. simpl in A.
  destruct A as [_ A]. specialize (A eq_refl).
  destruct (get r (s_replies s)) as [[| |c']|]; simpl in A; congruence.
Qed.
