(* SPDX-License-Identifier: BSD-2-Clause *)
(* Confinement and integrity of every run of the model: what follows from Authority.v to
   Entered.v. *)
Require Import NArith List Bool Lia.
From Tessera Require Import Map Refills State Machine Sched Message Destroy Objects Calls.
From Tessera Require Import Authority Guarded Confined Secured Entered.
Import ListNotations.
Open Scope N_scope.

#[local] Hint Constants Opaque : typeclass_instances.

(* --- Runs ------------------------------------------------------------------------------------- *)

Section Runs.
Context {label : Type} (lab : place -> label) (s0 : state).
Notation L g := (lab (Granule g)).

(* For whom something happens: the thread that runs; a timer that runs out, an interrupt, which
   signal what their slots name. *)
Definition acting (s : state) (e : event) (A : label) : Prop :=
  match e with
  | Timer _ => exists x i, get x (s_kinds s) = Some (TTimer, i) /\ A = L (x + 1)
  | Device v => exists i x, get i (s_irqs s) = Some x /\ i_vector x = v /\ A = L (i + 1)
  | Time _ => False
  | _ => A = L (u_thread (s_cpu s))
  end.

(* Programs change their own registers, and what is mapped writable in their address space. *)
Definition stores (s : state) (t page : N) : Prop := exists c x k l,
  get (space_slot t) (s_caps s) = Some c /\ c_ty c = TAddressSpace /\ is_w (c_rights c) = true /\
  get (c_obj c) (s_spaces s) = Some x /\ get k (p_maps x) = Some l /\ is_w (f_flags l) = true /\
  mapped k l page.
Definition fair (s : state) (e : event) : Prop :=
  match e with
  | Register t _ _ => t = u_thread (s_cpu s)
  | Memory page _ _ => get (u_thread (s_cpu s)) (s_threads s) <> None /\
      stores s (u_thread (s_cpu s)) page
  | _ => True
  end.

(* All that happens is for labels in Act. The last thing that an entry does is to tell a thread
   whose budget ran out: that is for this thread. *)
Inductive run (Act : label -> Prop) : state -> Prop :=
| run_none : run Act s0
| run_enter : forall s e s', run Act s -> fair s e -> (forall A, acting s e A -> Act A) ->
    enter_kernel e s = Some (tt, s') -> run Act s'
| run_tell : forall s s', run Act s ->
    (u_expired (s_cpu s) <> 0 -> Act (L (u_expired (s_cpu s)))) ->
    tell s = Some (tt, s') -> run Act s'.

(* Whatever happens. *)
Inductive steps : state -> Prop :=
| steps_none : steps s0
| steps_more : forall s e s', steps s -> step e s = Some (tt, s') -> steps s'.

Notation always := (fun _ : N => True).
Lemma other_timers : forall Act (T T' : N -> Prop) s, confined lab s0 Act T s ->
  (forall x i, get x (s_kinds s) = Some (TTimer, i) -> T' x) -> confined lab s0 Act T' s.
Proof.
  intros Act T T' s (C1 & C2 & C3 & C4 & C5 & C6 & C7 & C8 & C9) H.
  repeat apply conj; try assumption; try apply C1; try apply C6.
  intros x k i E ->. exact (H x i E).
Qed.

Section Entering.
Context (Act : label -> Prop).
Notation safe := (confined lab s0 Act always).

Lemma stored : forall s t page, safe s -> get t (s_threads s) <> None -> stores s t page ->
  may lab s0 (L t) Write (L page).
Proof.
  intros s t page ([C _] & HT & _ & _ & _ & [S _] & _) T H.
  destruct H as (c & x & k & l & E & K & R & Ex & El & W & M).
  eapply may_take; [right|].
  - eapply (whole_grants lab s0 t 6); [apply HT; exact T|reflexivity|exact (C _ c E)| |].
    + unfold uses. rewrite K. exact R.
    + instantiate (1 := Granule (c_obj c)). unfold reach, size_of. rewrite K. lia.
  - exact (proj2 (S (c_obj c) x Ex k l page El M) W).
Qed.

Lemma enter_safe : forall s e s', safe s -> (forall A, acting s e A -> Act A) ->
  (match e with
   | Register t _ _ => touch lab s0 Act t
   | Memory page _ _ => touch lab s0 Act page
   | _ => True
   end) -> enter_kernel e s = Some (tt, s') -> safe s'.
Proof.
  intros s e s' C A F E. destruct e as [| |v c a|ties|v|now|t i v|page i v]; simpl in E, A.
  - exact (proj1 (says_system_call_of (u_thread (s_cpu s)) (A _ eq_refl) (fun _ => I) s tt s' C E)).
  - exact (proj1 (says_complete_way (u_thread (s_cpu s)) (A _ eq_refl) (fun _ => I) s tt s' C E)).
  - unfold exception, bind, gets in E.
    destruct (v =? 14); exact (proj1 (says_raise_from_user (Timers := always)
      (u_thread (s_cpu s)) _ _ _ (A _ eq_refl) s tt s' C E)).
  - apply (other_timers _ (fun x => exists i, get x (s_kinds s) = Some (TTimer, i)) always);
      [|intros; exact I].
    assert (O : @ok label lab s0 Act (fun x => exists i, get x (s_kinds s) = Some (TTimer, i)) unit
      (timer_interrupt ties) any).
    { unfold timer_interrupt. one. one. one; [|one]. apply says_fire_timers.
      intros x [i K]. apply A. exists x, i. auto. }
    refine (proj1 (O s tt s' _ E)). apply (other_timers _ always); [exact C|eauto].
  - unfold device_interrupt in E. unfold irq_find in E. unfold bind at 1, gets at 1 in E.
    set (i := fold _ (s_irqs s) 0) in E.
    assert (Hi : i = 0 \/ Act (L (i + 1))).
    { unfold i. rewrite fold_pairs.
      assert (P : forall l b, (forall k x, In (k, x) l -> get k (s_irqs s) = Some x) ->
        b = 0 \/ Act (L (b + 1)) ->
        fold_left (fun b q => if i_vector (snd q) =? v then fst q else b) l b = 0 \/
        Act (L (fold_left (fun b q => if i_vector (snd q) =? v then fst q else b) l b + 1))).
      { induction l as [|[k x] l IH]; intros b H B; simpl; [exact B|].
        apply IH; [intros; apply H; right; assumption|].
        destruct (N.eqb_spec (i_vector x) v) as [V|]; [|exact B]. right. apply A.
        exists k, x. split; [apply H; left; reflexivity|auto]. }
      apply P; [intros k x; apply in_pairs|left; reflexivity]. }
    assert (O : @ok label lab s0 Act always unit ((if i =? 0 then ret tt else
      x <- irq_at i ;; put_irq i (Irq (i_vector x) (i_line x) (i_level x) true) ;;;
      bound_signal (i + 1)) ;;; reschedule_if) any).
    { one; [|one]. destruct (i =? 0) eqn:Z; [one|]. apply N.eqb_neq in Z.
      destruct Hi as [Hi|Hi]; [contradiction|]. one. one.
      apply (says_bound_signal (L (i + 1))); [exact Hi|apply may_self]. }
    exact (proj1 (O s tt s' C E)).
  - assert (O : @ok label lab s0 Act always unit (old <- cpu_now ;; guard (old <=? now) ;;;
      put_cpu (set_u_now now)) any) by repeat one.
    exact (proj1 (O s tt s' C E)).
  - exact (proj1 (ok_put_reg (Timers := always) t i v (or_intror F) s tt s' C E)).
  - exact (proj1 (ok_put_mem (Timers := always) page i v F s tt s' C E)).
Qed.

Lemma tell_safe : forall s s', safe s ->
  (u_expired (s_cpu s) <> 0 -> Act (L (u_expired (s_cpu s)))) -> tell s = Some (tt, s') -> safe s'.
Proof.
  intros s s' C A E. unfold tell, bind at 1, gets at 1 in E.
  destruct (u_expired (s_cpu s) =? 0) eqn:Z; simpl in E; [injection E as <-; exact C|].
  apply N.eqb_neq in Z.
  exact (proj1 (says_tell_expired (Timers := always) _ (A Z) s tt s' C E)).
Qed.

Theorem runs_are_confined : forall s, run Act s -> safe s.
Proof.
  intros s R. induction R as [|s e s' R IH F A E|s s' R IH A E].
  - apply confined_first. intros; exact I.
  - eapply enter_safe; [exact IH|exact A| |exact E].
    destruct e; try exact I; simpl in F, A.
    + subst t. eapply touch_write; [apply A; reflexivity|apply may_self].
    + destruct F as [T F]. eapply touch_write; [apply A; reflexivity|].
      eapply stored; eauto.
  - eapply tell_safe; eauto.
Qed.
End Entering.

(* Whatever happens stays confined; of what changes, nothing is said here. *)
Lemma steps_are_confined : forall s, steps s -> confined lab s0 (fun _ => True) always s.
Proof.
  assert (T : forall g, touch lab s0 (fun _ => True) g).
  { intros g. exists (L g). split; [exact I|apply affects_write, may_self]. }
  intros s R. induction R as [|s e s' R IH E].
  - apply confined_first. intros; exact I.
  - unfold step, bind in E. destruct (enter_kernel e s) as [[[] s1]|] eqn:E1; [|discriminate E].
    eapply tell_safe; [|intros; exact I|exact E].
    eapply enter_safe; [exact IH|intros; exact I| |exact E1].
    destruct e; try exact I; apply T.
Qed.

(* --- Confinement ------------------------------------------------------------------------------ *)

(* What a slot holds, the closure of the beginning allows. *)
Theorem confinement : forall s, steps s -> forall a c r x, get a (s_caps s) = Some c ->
  uses c r = true -> reach c x -> may lab s0 (L a) r (lab x).
Proof. intros s R a c r x E. destruct (steps_are_confined s R) as [[C _] _]. apply (C a c E). Qed.

(* And what a thread can use: the capabilities in the CNode that is in its slot. *)
Theorem thread_confinement : forall s, steps s -> forall t c i d r x,
  get t (s_threads s) <> None -> get (cspace_slot t) (s_caps s) = Some c -> c_ty c = TCNode ->
  bits 3 (c_rights c) = true -> i < c_badge c -> get (c_obj c + i) (s_caps s) = Some d ->
  uses d r = true -> reach d x -> may lab s0 (L t) r (lab x).
Proof.
  intros s R t c i d r x T E K B I' D U X.
  destruct (steps_are_confined s R) as ([C _] & HT & _).
  eapply may_take; [left|exact (C _ d D r x U X)].
  eapply (whole_grants lab s0 t 5); [apply HT; exact T|reflexivity|exact (C _ c E)| |].
  - unfold uses. rewrite K. apply bits_3; exact B.
  - unfold reach, size_of. rewrite K. lia.
Qed.

(* And what is mapped in an address space. *)
Theorem mapping_confinement : forall s, steps s -> forall p k l g,
  leaf_in (s_spaces s) p k = Some l -> mapped k l g ->
  may lab s0 (L p) Read (L g) /\ (is_w (f_flags l) = true -> may lab s0 (L p) Write (L g)).
Proof.
  intros s R p k l g E M. destruct (steps_are_confined s R) as (_ & _ & _ & _ & _ & [S _] & _).
  unfold leaf_in in E. destruct (get p (s_spaces s)) as [x|] eqn:X; [|discriminate E].
  exact (S p x X k l g E M).
Qed.

(* --- Integrity -------------------------------------------------------------------------------- *)

(* What none of those who acted may affect is as it was, or gone: contents of memory, registers (but
   for the outcome of its own call), the capability in a slot, mappings. *)
Theorem integrity : forall Act s, run Act s -> forall o,
  (forall A, Act A -> ~ affects lab s0 A (L o)) ->
  (get o (s_mem s) = None \/ get o (s_mem s) = get o (s_mem s0)) /\
  (forall i, answer_reg i = false -> reg_of s o i = reg_of s0 o i) /\
  (get o (s_caps s) = None \/ exists c d,
    get o (s_caps s) = Some c /\ get o (s_caps s0) = Some d /\ same_cap c d) /\
  (forall k l, leaf_in (s_spaces s) o k = Some l -> leaf_in (s_spaces s0) o k = Some l).
Proof.
  intros Act s R o No. assert (N : ~ touch lab s0 Act o).
  { intros [A [HA F]]. exact (No A HA F). }
  destruct (runs_are_confined Act s R) as ([_ C] & _ & _ & _ & _ & [_ S] & G & M & _).
  repeat apply conj.
  - apply M; exact N.
  - intros i Hi. exact (G o i N Hi).
  - apply C; exact N.
  - intros k l. apply S; exact N.
Qed.

(* --- Partitions ------------------------------------------------------------------------------- *)

(* A set of labels that nothing at the beginning leads out of or into. *)
Definition apart (Inside : label -> Prop) : Prop :=
  (forall A r B, has lab s0 A r B -> (Inside A <-> Inside B)) /\
  (forall A B g, called_before lab s0 A B g -> (Inside A <-> Inside B)).

Lemma apart_may : forall Inside, apart Inside -> forall A r B, may lab s0 A r B ->
  (Inside A <-> Inside B).
Proof.
  intros Inside [H C] A r B M. induction M; try tauto.
  - eapply H; eassumption.
  - pose proof (C _ _ _ H0). tauto.
Qed.

(* Then nothing ever does, *)
Theorem isolation : forall Inside, apart Inside -> forall s, steps s -> forall a c r x,
  get a (s_caps s) = Some c -> uses c r = true -> reach c x -> (Inside (L a) <-> Inside (lab x)).
Proof.
  intros Inside Ap s R a c r x E U X. eapply apart_may; [exact Ap|].
  eapply confinement; eauto.
Qed.

(* and what is done outside changes nothing inside. *)
Theorem apart_integrity : forall Inside, apart Inside ->
  forall A o, Inside (L o) -> ~ Inside A -> ~ affects lab s0 A (L o).
Proof.
  intros Inside Ap A o O NA F. pose proof (apart_may Inside Ap) as P.
  destruct F as [W|E H W R Ho|R H g K W Ho].
  - apply P in W. tauto.
  - apply P in W, R, Ho. tauto.
  - apply P in W, Ho. assert (Inside H <-> Inside R).
    { destruct K as [B|[E [B [K1 [_ [K2 K3]]]]]].
      - destruct Ap as [_ C]. exact (C _ _ _ B).
      - apply P in K1, K2, K3. tauto. }
    tauto.
Qed.

(* Nor is anything inside ever shown outside: by a mapping, or by a capability that a thread there
   can use. Apart.v says more of confidentiality, of fewer operations; README.md names the channels
   that are left. *)
Theorem nothing_is_shown : forall Inside, apart Inside -> forall s, steps s ->
  forall p k l g, leaf_in (s_spaces s) p k = Some l -> mapped k l g ->
  (Inside (L p) <-> Inside (L g)).
Proof.
  intros Inside Ap s R p k l g E M. eapply apart_may; [exact Ap|].
  exact (proj1 (mapping_confinement s R p k l g E M)).
Qed.

Theorem nothing_is_usable : forall Inside, apart Inside -> forall s, steps s ->
  forall t c i d r x, get t (s_threads s) <> None -> get (cspace_slot t) (s_caps s) = Some c ->
  c_ty c = TCNode -> bits 3 (c_rights c) = true -> i < c_badge c ->
  get (c_obj c + i) (s_caps s) = Some d -> uses d r = true -> reach d x ->
  (Inside (L t) <-> Inside (lab x)).
Proof.
  intros Inside Ap s R t c i d r x T E K B I' D U X. eapply apart_may; [exact Ap|].
  exact (thread_confinement s R t c i d r x T E K B I' D U X).
Qed.

End Runs.
