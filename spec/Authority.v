(* SPDX-License-Identifier: BSD-2-Clause *)
(* Authority: who may come to do what to whom, of the whole model (confinement and integrity).

   A label says whose a granule of memory is: any map from places to labels will do, the theorems
   hold for each. What labels may do to each other is the take-grant closure of what one state has:
   its capabilities, its mappings, its calls on their way. Integrity.v shows that no step leaves it,
   and that nothing changes but by it. *)
Require Import NArith List Bool Lia.
From Tessera Require Import Map Refills State Machine Sched Message Destroy Objects.
Import ListNotations.
Open Scope N_scope.

(* What a capability can be for: memory, ports, the processor, interrupts. *)
Inductive place := Granule (g : N) | Port (p : N) | Single (k : ty).
Inductive right := Read | Write | Grant.

(* Rights that a capability gives. Those to memory and Reply objects have no bits for them. *)
Definition uses (c : cap) (r : right) : bool :=
  match c_ty c with
  | TUntyped | TDevice | TTables | TReply => true
  | _ =>
    match r with
    | Read => is_r (c_rights c)
    | Write => is_w (c_rights c)
    | Grant => is_ty c TEndpoint && is_g (c_rights c)
    end
  end.

(* How many granules it stands for. *)
Definition size_of (c : cap) : N :=
  match c_ty c with
  | TUntyped | TDevice | TCNode => c_badge c
  | TTables => c_badge c * 64
  | TThread => 24
  | TSchedContext => 6
  | TInterrupt | TTimer => 2
  | TEndpoint | TNotification | TReply | TAddressSpace => 1
  | TFrame | TLargeFrame | THugeFrame => frame_size (level_of (c_ty c))
  | TNull | TIoPort | TCpu | TIrqControl => 0
  end.

Definition reach (c : cap) (x : place) : Prop :=
  match x with
  | Granule g => c_obj c <= g < c_obj c + size_of c
  | Port p => c_ty c = TIoPort /\ c_obj c <= p < c_obj c + c_badge c
  | Single k => c_ty c = k /\ (k = TCpu \/ k = TIrqControl)
  end.

(* c gives nothing that d does not give. *)
Definition less (c d : cap) : Prop :=
  forall r x, uses c r = true -> reach c x -> uses d r = true /\ reach d x.

(* The kernel keeps books in capabilities to memory: where a frame is mapped, how much of an Untyped
   is clear, whether page tables are in it. *)
Definition books (c : cap) : bool := is_frame (c_ty c) || has_memory (c_ty c).
Definition same_cap (c d : cap) : Prop := c = d \/ (books c = true /\ books d = true /\ less c d).

(* Where a thread that is told the outcome of a call finds it. *)
Definition answer_reg (i : N) : bool := existsb (N.eqb i) [r_ax; r_di; r_tag; r_ip].

Definition reg_in (m : map (map N)) (t i : N) : N :=
  match get t m with Some x => opt 0 (get i x) | None => 0 end.
Definition leaf_in (m : map space) (p k : N) : option leaf :=
  match get p m with Some x => get k (p_maps x) | None => None end.

(* The granules that a mapping makes reachable. *)
Definition mapped (k : N) (l : leaf) (g : N) : Prop :=
  f_frame l <= g < f_frame l + frame_size (N.shiftr k 56).

(* --- The closure ------------------------------------------------------------------------------ *)

Section Closure.
Context {label : Type} (lab : place -> label) (s0 : state).
Notation L g := (lab (Granule g)).

(* Somebody's call is held by a Reply object already; with g it can bring capabilities back. *)
Inductive called_before : label -> label -> bool -> Prop :=
| before_waits : forall c r g h, get c (s_waits s0) = Some (WReply r g) -> (h = true -> g = true) ->
    called_before (L c) (L r) h
| before_holds : forall c r, get r (s_replies s0) = Some (RHolds c) ->
    called_before (L c) (L r) false.

(* What s0 has. *)
Inductive has : label -> right -> label -> Prop :=
| has_held : forall a c r x, get a (s_caps s0) = Some c -> uses c r = true -> reach c x ->
    has (L a) r (lab x)
| has_thread : forall t i j r,
    get t (s_threads s0) <> None \/ get t (s_waits s0) <> None -> i < 24 -> j < 24 ->
    has (L (t + i)) r (L (t + j))
| has_sends : forall t e b c g, get t (s_waits s0) = Some (WSending e b c g) ->
    has (L t) Write (L e)
| has_sends_grant : forall t e b c, get t (s_waits s0) = Some (WSending e b c true) ->
    has (L t) Grant (L e)
| has_receives : forall t e r, get t (s_waits s0) = Some (WReceiving e r) -> has (L t) Read (L e)
| has_receives_calls : forall t e r, get t (s_waits s0) = Some (WReceiving e (Some r)) ->
    has (L t) Write (L r)
| has_waits : forall t n, get t (s_waits s0) = Some (WSignal n) -> has (L t) Read (L n)
| has_bound : forall n x, get n (s_ntfns s0) = Some x -> n_bound x <> 0 ->
    has (L (n_bound x)) Read (L n)
| has_see : forall p k l g, leaf_in (s_spaces s0) p k = Some l -> mapped k l g ->
    has (L p) Read (L g)
| has_store : forall p k l g, leaf_in (s_spaces s0) p k = Some l -> mapped k l g ->
    is_w (f_flags l) = true -> has (L p) Write (L g).

Inductive may : label -> right -> label -> Prop :=
| may_self : forall A r, may A r A
| may_has : forall A r B, has A r B -> may A r B
(* take: what is in a CNode that one can read or write *)
| may_get : forall A q B r X, q <> Grant -> may A q B -> may B r X -> may A r X
(* give: into a CNode, a thread, another object that one can write *)
| may_put : forall A B r X, may A Write B -> may A r X -> may B r X
(* grant: with a message *)
| may_grant : forall A B E r X, may A Write E -> may A Grant E -> may B Read E -> may A r X ->
    may B r X
(* and back with the answer: from whoever may have the Reply object that B received A's call with *)
| may_answer : forall A B E R D r X, may A Write E -> may A Grant E -> may B Read E ->
    may B Write R -> may D Write R -> may D r X -> may A r X
| may_answer_before : forall A R D r X, called_before A R true -> may D Write R -> may D r X ->
    may A r X.

Lemma may_take : forall A B r X, may A Read B \/ may A Write B -> may B r X -> may A r X.
Proof. intros A B r X [H|H]; apply may_get with (2 := H); discriminate. Qed.

(* A call of C's can be held by a Reply object that is R's. *)
Definition call_may (C R : label) (g : bool) : Prop :=
  called_before C R g \/
  exists E B, may C Write E /\ (g = true -> may C Grant E) /\ may B Read E /\ may B Write R.

(* The ways in which A changes what is O's: writing; a message to H, who may write it; an answer to
   H, who may write it. *)
Inductive affects (A O : label) : Prop :=
| affects_write : may A Write O -> affects A O
| affects_message : forall E H, may A Write E -> may H Read E -> may H Write O -> affects A O
| affects_answer : forall R H g, call_may H R g -> may A Write R -> may H Write O -> affects A O.

(* --- What is kept ----------------------------------------------------------------------------- *)

Definition grants (A : label) (c : cap) : Prop :=
  forall r x, uses c r = true -> reach c x -> may A r (lab x).
Definition whole (t : N) : Prop :=
  forall i j r, i < 24 -> j < 24 -> may (L (t + i)) r (L (t + j)).
Definition wait_ok (t : N) (w : wait) : Prop :=
  match w with
  | WSending e _ _ g => may (L t) Write (L e) /\ (g = true -> may (L t) Grant (L e))
  | WReceiving e r =>
      may (L t) Read (L e) /\ forall q, r = Some q -> may (L t) Write (L q)
  | WReply r g => call_may (L t) (L r) g
  | WSignal n => may (L t) Read (L n)
  | _ => True
  end.
Definition bound_ok (n t : N) : Prop := t <> 0 -> may (L t) Read (L n).
Definition maps_ok (p : N) (m : map leaf) : Prop := forall k l g, get k m = Some l ->
  mapped k l g -> may (L p) Read (L g) /\ (is_w (f_flags l) = true -> may (L p) Write (L g)).

(* Act: the labels of those who act. Timers: timers that may run out. *)
Context (Act : label -> Prop) (Timers : N -> Prop).
Definition touch (g : N) : Prop := exists A, Act A /\ affects A (L g).

Definition caps_in (m : map cap) : Prop :=
  (forall a c, get a m = Some c -> grants (L a) c) /\
  forall a, ~ touch a -> get a m = None \/
    exists c d, get a m = Some c /\ get a (s_caps s0) = Some d /\ same_cap c d.
Definition threads_in (m : map thread) : Prop := forall t, get t m <> None -> whole t.
Definition waits_in (m : map wait) : Prop := forall t w, get t m = Some w ->
  whole t /\ wait_ok t w.
Definition replies_in (m : map reply) : Prop := forall r c, get r m = Some (RHolds c) ->
  call_may (L c) (L r) false.
Definition ntfns_in (m : map ntfn) : Prop := forall n x, get n m = Some x ->
  bound_ok n (n_bound x).
Definition spaces_in (m : map space) : Prop :=
  (forall p x, get p m = Some x -> maps_ok p (p_maps x)) /\
  forall p k l, ~ touch p -> leaf_in m p k = Some l -> leaf_in (s_spaces s0) p k = Some l.
Definition regs_in (m : map (map N)) : Prop := forall t i, ~ touch t -> answer_reg i = false ->
  reg_in m t i = reg_in (s_regs s0) t i.
Definition mem_in (m : map (map N)) : Prop := forall p, ~ touch p ->
  get p m = None \/ get p m = get p (s_mem s0).
Definition kinds_in (m : map (ty * N)) : Prop := forall x k i, get x m = Some (k, i) ->
  k = TTimer -> Timers x.

Definition confined (s : state) : Prop :=
  caps_in (s_caps s) /\ threads_in (s_threads s) /\ waits_in (s_waits s) /\
  replies_in (s_replies s) /\ ntfns_in (s_ntfns s) /\ spaces_in (s_spaces s) /\
  regs_in (s_regs s) /\ mem_in (s_mem s) /\ kinds_in (s_kinds s).

(* It is of s0 itself. *)
Theorem confined_first : (forall x k i, get x (s_kinds s0) = Some (k, i) -> k = TTimer -> Timers x)
  -> confined s0.
Proof.
  intros HT. unfold confined. repeat apply conj; try exact HT.
  - intros a c H r x U X. apply may_has; eapply has_held; eauto.
  - intros a _. destruct (get a (s_caps s0)) as [c|] eqn:E; [right|left; reflexivity].
    exists c, c. repeat split; try reflexivity. left; reflexivity.
  - intros t H i j r I J. apply may_has; eapply has_thread; auto.
  - intros t w H. split.
    + intros i j r I J. apply may_has; eapply has_thread; auto. right. congruence.
    + destruct w as [| |e b c g|e r|r g|n]; simpl; try exact I.
      * split; [apply may_has; eapply has_sends; exact H|]. intros ->. apply may_has.
        eapply has_sends_grant; exact H.
      * split; [apply may_has; eapply has_receives; exact H|]. intros q ->. apply may_has.
        eapply has_receives_calls; exact H.
      * left. eapply before_waits; [exact H|auto].
      * apply may_has; eapply has_waits; exact H.
  - intros r c H. left. apply before_holds; exact H.
  - intros n x H B. apply may_has; eapply has_bound; eauto.
  - intros p x H k l g E M. assert (Lf : leaf_in (s_spaces s0) p k = Some l).
    { unfold leaf_in. rewrite H. exact E. }
    split; [apply may_has; eapply has_see; eauto|intros W; apply may_has; eapply has_store; eauto].
  - intros p k l _ H. exact H.
  - intros t i _ _. reflexivity.
  - intros p _. right. reflexivity.
Qed.

(* --- What follows from holding ---------------------------------------------------------------- *)

(* A thread may use what is in this slot, and put something there. *)
Definition mine (t a : N) : Prop := may (L t) Read (L a) /\ may (L t) Write (L a).

Lemma grants_at : forall A c r, grants A c -> uses c r = true -> 0 < size_of c ->
  may A r (L (c_obj c)).
Proof. intros A c r G U Z. apply (G r (Granule (c_obj c)) U). unfold reach. lia. Qed.

Lemma grants_less : forall A c d, grants A c -> less d c -> grants A d.
Proof. intros A c d G D r x U X. destruct (D r x U X). apply G; assumption. Qed.

Lemma grants_take : forall A B c, may A Read B \/ may A Write B -> grants B c -> grants A c.
Proof. intros A B c T G r x U X. eapply may_take; [exact T|apply G; assumption]. Qed.

Lemma grants_put : forall A B c, may A Write B -> grants A c -> grants B c.
Proof. intros A B c W G r x U X. eapply may_put; [exact W|apply G; assumption]. Qed.

Lemma grants_nil : forall A, grants A nil_cap.
Proof.
  intros A r [g|p|k] _ R.
  - destruct R as [_ R]. change (g < 0 + 0) in R. lia.
  - destruct R as [R _]. discriminate R.
  - destruct R as [<- [R|R]]; discriminate R.
Qed.

Lemma whole_write : forall t i, whole t -> i < 24 -> may (L t) Write (L (t + i)).
Proof.
  intros t i W I. pose proof (W 0 i Write) as H. rewrite N.add_0_r in H. apply H; lia.
Qed.

Lemma whole_back : forall t i r, whole t -> i < 24 -> may (L (t + i)) r (L t).
Proof.
  intros t i r W I. pose proof (W i 0 r) as H. rewrite N.add_0_r in H. apply H; lia.
Qed.

(* What is in a thread's own slots is the thread's. *)
Lemma whole_grants : forall t i c, whole t -> i < 24 -> grants (L (t + i)) c -> grants (L t) c.
Proof.
  intros t i c W I G. eapply grants_take; [right; apply whole_write; eassumption|exact G].
Qed.

Lemma touch_write : forall A g, Act A -> may A Write (L g) -> touch g.
Proof. intros A g T W. exists A. split; [exact T|apply affects_write; exact W]. Qed.

(* A call that can bring capabilities back: they are its answerer's. *)
Lemma answer_gives : forall C R D r X, call_may C R true -> may D Write R -> may D r X -> may C r X.
Proof.
  intros C R D r X [B|[E [B [W [G [Rd Wr]]]]]] WR D'.
  - eapply may_answer_before; eauto.
  - eapply may_answer; eauto.
Qed.

Lemma call_less : forall C R g, call_may C R g -> call_may C R false.
Proof.
  intros C R g [B|[E [B [W [G [Rd Wr]]]]]].
  - left. destruct B as [c r g h H K|c r H]; [|apply before_holds; exact H].
    eapply before_waits; [exact H|discriminate].
  - right. exists E, B. repeat split; auto. discriminate.
Qed.

End Closure.
