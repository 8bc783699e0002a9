(* SPDX-License-Identifier: BSD-2-Clause *)
(* Within.v, continued: which operation, the four calls, and noninterference of partitions.

   What a call of a partition's thread comes to depends on nothing but what the partition sees
   (`outcome_is_its_own`), it changes nothing outside (`nothing_outside_changes`), and so what
   threads
   of two partitions do beside each other, each sees as if the other did nothing
   (`noninterference`). Said of the operations that are `told`; README.md has what is left out. *)
Require Import NArith List Bool Lia.
From Tessera Require Import Map Refills State Machine Sched Message Destroy Objects Calls Authority.
From Tessera Require Import View Alike Written Inward Within.
Import ListNotations.
Open Scope N_scope.

#[local] Hint Constants Opaque : typeclass_instances.

(* Operations of which it is said. Not: those that make and destroy, those on address spaces, those
   that hand out lines of interrupts, and how much time was used. *)
Definition told (k : ty) (label : N) : bool :=
  match k, label with
  | (TUntyped | TDevice | TAddressSpace | TIrqControl), _ => false
  | TCNode, (4 | 5) => false
  | TThread, 1 => false
  | TSchedContext, 3 => false
  | _, _ => true
  end.

Section Functions.
Context {own : place -> bool} {t1 t2 : state} {Z : nobody own}.
Notation O g := (own (Granule g) = true).
Notation owned := (owned own).
Notation whole := (whole own).
Notation alike := (@alike own t1 t2 _).
Notation alike_if := (@alike_if own t1 t2 _).

Hint Resolve same_answer same_recv same_send same_signal same_wait_signal same_result
  same_check_message : core.

(* What the thread that makes the call asks of the kernel object in a slot. *)
Definition asks (t slot : N) (s : state) : Prop :=
  told (c_ty (opt nil_cap (get slot (s_caps s)))) (tag_label (reg_of s t r_tag)) = true.

Lemma same_operation : forall t slot c label op, whole t -> O t -> owned c ->
  told (c_ty c) label = true -> operation_of t slot c label = Some op ->
  alike_if (at_slot slot c) (op_act op) any.
Proof.
  intros t slot c label op W T C Ok E. unfold operation_of in E. cbv zeta in E.
  assert (Ob : 0 < size_of c -> O (c_obj c)) by (apply owned_obj; exact C).
  assert (Th : c_ty c = TThread -> whole (c_obj c)).
  { intros K i J. apply owned_at; [exact C|]. unfold size_of. rewrite K. exact J. }
  assert (Sl : 1 < size_of c -> O (c_obj c + 1)) by (apply owned_at; exact C).
  unfold size_of in Ob, Sl.
  destruct (c_ty c) eqn:K; try discriminate Ok;
    repeat match type of E with context [match ?x with _ => _ end] => destruct x end;
    try discriminate E; try discriminate Ok; injection E as <-; simpl op_act;
    try specialize (Ob eq_refl); try specialize (Sl eq_refl); try specialize (Th eq_refl).
  all: lazymatch goal with
    | |- Within.alike_if _ (cnode_inspect _ _) _ => apply same_cnode_inspect; assumption
    | |- _ => apply alike_always
    end.
  all: lazymatch goal with
    | |- Alike.alike (cnode_copy _ _) _ => apply same_cnode_copy; assumption
    | |- Alike.alike (cnode_mint _ _) _ => apply same_cnode_mint; assumption
    | |- Alike.alike (cnode_move _ _) _ => apply same_cnode_move; assumption
    | |- Alike.alike (thread_write _ _) _ => apply same_thread_write; assumption
    | |- Alike.alike (thread_read _ _) _ => apply same_thread_read; assumption
    | |- Alike.alike (thread_resume _ _) _ => apply same_thread_resume; assumption
    | |- Alike.alike (thread_suspend _ _) _ => apply same_thread_suspend; assumption
    | |- Alike.alike (thread_bind _ _) _ => apply same_thread_bind; assumption
    | |- Alike.alike (thread_set_flags _ _) _ => apply same_thread_set_flags; assumption
    | |- Alike.alike (thread_inspect _ _) _ => apply same_thread_inspect; assumption
    | |- Alike.alike (thread_set_tls _ _) _ => apply same_thread_set_tls; assumption
    | |- Alike.alike (context_bind _ _) _ => apply same_context_bind; assumption
    | |- Alike.alike (context_unbind _) _ => apply same_context_unbind; assumption
    | |- Alike.alike (context_yield _) _ => apply same_context_yield; assumption
    | |- Alike.alike (bind_notification _ _) _ => apply same_bind_notification; assumption
    | |- Alike.alike (irq_acknowledge _) _ => apply same_irq_acknowledge; assumption
    | |- Alike.alike (timer_set_op _ _) _ => apply same_timer_set; assumption
    | |- Alike.alike (port_read _ _) _ => apply same_port_read; assumption
    | |- Alike.alike (port_write _ _) _ => apply same_port_write; assumption
    | |- Alike.alike (cpu_configure _ _) _ => apply same_cpu_configure; assumption
    | |- Alike.alike (cpu_clock _) _ => apply same_cpu_clock; assumption
    | |- _ => repeat one
    end.
Qed.


Lemma alike_if_reg : forall B (P : state -> Prop) t i (k : N -> M B) (R : B -> Prop), O t ->
  (forall a, alike_if (fun s => P s /\ reg_of s t i = a)
    (k a) R) -> alike_if P (bind (reg t i) k) R.
Proof.
  intros B P t i k R T K s1 s2 a1 a2 s1' s2' Bo P1 P2 E F.
  destruct (alike_reg t i T s1 s2 _ _ s1 s2 Bo eq_refl eq_refl) as [Eq _].
  unfold bind, reg, gets in E, F. rewrite <- Eq in F.
  refine (K (reg_of s1 t i) s1 s2 a1 a2 s1' s2' Bo _ _ E F); auto.
Qed.
Lemma alike_if_weaker : forall A (P P' : state -> Prop) (m : M A) Q, (forall s, P' s -> P s) ->
  alike_if P m Q -> alike_if P' m Q.
Proof. intros A P P' m Q H K s1 s2 a1 a2 s1' s2' B P1 P2. apply K; auto. Qed.
Lemma alike_if_bind : forall A B P (m : M A) (k : A -> M B) Q R, alike_if P m Q ->
  (forall a, Q a -> alike (k a) R) -> alike_if P (bind m k) R.
Proof.
  intros A B P m k Q R Hm Hk s1 s2 b1 b2 s1' s2' Bo P1 P2 E F. unfold bind in E, F.
  destruct (m s1) as [[a1 s3]|] eqn:M1; [|discriminate E].
  destruct (m s2) as [[a2 s4]|] eqn:M2; [|discriminate F].
  destruct (Hm s1 s2 a1 a2 s3 s4 Bo P1 P2 M1 M2) as [<- [Qa B']].
  exact (Hk a1 Qa s3 s4 b1 b2 s1' s2' B' E F).
Qed.

Lemma same_invoke : forall t slot c, whole t -> O t -> owned c ->
  alike_if (fun s => at_slot slot c s /\ asks t slot s) (invoke t slot c) any.
Proof.
  intros t slot c W T C. unfold invoke. apply alike_if_reg; [exact T|]. intros tag.
  destruct (operation_of t slot c (tag_label tag)) as [op|] eqn:E;
    [|apply alike_always; one].
  destruct (lacks _ _); [apply alike_always; one|].
  destruct (told (c_ty c) (tag_label tag)) eqn:Ok.
  - eapply alike_if_bind with any.
    + eapply alike_if_weaker; [|eapply same_operation; eassumption]. intros s [[H _] _]. exact H.
    + intros e _. destruct e; try (apply alike_ret; exact Logic.I). repeat one.
  - intros s1 s2 a1 a2 s1' s2' B [[P1 A1] R1]. unfold asks in A1. unfold at_slot in P1.
    rewrite P1, R1, Ok in A1. discriminate A1.
Qed.

Lemma same_send_checked : forall t c calls may_wait, whole t -> O t -> O (c_obj c) ->
  alike (send_checked t c calls may_wait) any.
Proof. go. Qed.
Lemma object_own : forall c, owned c -> c_ty c = TEndpoint \/ c_ty c = TNotification \/
  c_ty c = TReply -> O (c_obj c).
Proof.
  intros c C K. apply owned_obj; [exact C|]. unfold size_of.
  destruct K as [->|[->| ->]]; reflexivity.
Qed.
Lemma same_do_send : forall t c may_wait, whole t -> O t -> owned c ->
  alike (do_send t c may_wait) any.
Proof.
  intros t c mw W T C. unfold do_send. destruct (c_ty c) eqn:K; try (apply alike_ret; exact
    Logic.I).
  - apply same_send_checked; auto. apply object_own; auto.
  - assert (O (c_obj c)) by (apply object_own; auto). repeat one.
  - apply same_answer; auto. apply object_own; auto.
Qed.
Lemma same_find_reply : forall t then_, whole t -> O t ->
  (forall o, some_own (own := own) o -> alike (then_ o) any) -> alike (find_reply t then_) any.
Proof.
  intros t then_ W T H. unfold find_reply. one. one. one.
  destruct (a =? 0); [apply H; intros q Q; discriminate Q|].
  destruct (_ || _); [one|]. destruct (is_ty a1 TReply) eqn:K; [|one]. apply is_ty_is in K.
  apply H. intros q Q. injection Q as <-. apply object_own; auto.
Qed.
Lemma same_do_recv : forall t c may_wait, whole t -> O t -> owned c ->
  alike (do_recv t c may_wait) any.
Proof.
  intros t c mw W T C. unfold do_recv. destruct (c_ty c) eqn:K; try (apply alike_ret; exact
    Logic.I);
    (assert (O (c_obj c)) by (apply object_own; auto));
    (destruct (is_r (c_rights c)); simpl; [|one]).
  - apply same_find_reply; [exact W|exact T|]. intros [r|] R.
    + assert (O r) by (apply R; reflexivity). one.
      destruct a; try (apply alike_ret; exact Logic.I). apply same_recv; assumption.
    + apply same_recv; assumption.
  - apply same_wait_signal; assumption.
Qed.
Lemma same_do_reply_recv : forall t c may_wait, whole t -> O t -> owned c ->
  alike (do_reply_recv t c may_wait) any.
Proof.
  intros t c mw W T C. unfold do_reply_recv.
  destruct (is_ty c TEndpoint) eqn:K; simpl; [|one]. apply is_ty_is in K.
  assert (O (c_obj c)) by (apply object_own; auto).
  destruct (is_r (c_rights c)); simpl; [|one].
  apply same_find_reply; [exact W|exact T|]. intros [r|] R; [|one].
  assert (O r) by (apply R; reflexivity).
  eapply alike_bind; [apply same_answer; assumption|intros e _].
  destruct e; try (apply alike_ret; exact Logic.I).
  eapply alike_bind; [apply same_recv; assumption|intros e _].
  destruct e; try (apply alike_ret; exact Logic.I). repeat one.
Qed.

(* What a call is about, if it is one to a kernel object: of that we speak. *)
Definition spoken (t : N) (s : state) : Prop := forall i a s1 s2,
  reg t r_di s = Some (i, s1) -> slot_of t i s = Some (a, s2) -> asks t a s.

Lemma same_decode : forall t, whole t -> O t -> alike_if (spoken t) (decode t) any.
Proof.
  intros t W T. unfold decode. apply alike_if_look; [apply alike_reg; exact T|]. intros number.
  apply alike_if_reg; [exact T|]. intros i.
  intros s1 s2 a1 a2 s1' s2' B [S1 R1] [S2 R2] E F.
  destruct (slot_of t i s1) as [[a u]|] eqn:E1; [|unfold bind in E; rewrite E1 in E; discriminate
    E].
  destruct (slot_of t i s2) as [[b v]|] eqn:F1; [|unfold bind in F; rewrite F1 in F; discriminate
    F].
  assert (U : u = s1) by (unfold slot_of, bind, cap_at, gets, ret in E1; congruence).
  assert (V : v = s2) by (unfold slot_of, bind, cap_at, gets, ret in F1; congruence).
  subst u v.
  destruct (alike_slot_of t i W s1 s2 a b s1 s2 B E1 F1) as [<- [A _]].
  assert (A1 : asks t a s1) by (apply (S1 i a s1 s1); [rewrite <- R1; reflexivity|exact E1]).
  assert (A2 : asks t a s2) by (apply (S2 i a s2 s2); [rewrite <- R2; reflexivity|exact F1]).
  unfold bind at 1 in E. rewrite E1 in E. unfold bind at 1 in F. rewrite F1 in F.
  revert E F. cbv zeta.
  match goal with |- bind _ ?k _ = _ -> _ => cut (alike_if (asks t a) (bind (cap_at a) k) any) end.
  { intros K E F. exact (K s1 s2 a1 a2 s1' s2' B A1 A2 E F). }
  clear - W T A Z. intros s1 s2 a1 a2 s1' s2' B A1 A2 E F.
  destruct (cap_at_ (t1 := t1) (t2 := t2) a A s1 s2 _ _ s1 s2 B eq_refl eq_refl) as [Eq [C _]].
  unfold bind, cap_at, gets in E, F. rewrite <- Eq in F.
  set (c := opt nil_cap (get a (s_caps s1))) in *.
  destruct (3 <? _); [injection E as <- <-; injection F as <- <-; split; [reflexivity|split; [exact
    Logic.I|exact B]]|].
  destruct ((a =? 0) || null c); [injection E as <- <-; injection F as <- <-; split;
    [reflexivity|split; [exact Logic.I|exact B]]|].
  match type of E with (match ?x with _ => _ end) _ = _ => destruct x as [|[p|[p|p|]|]] end.
  all: try (destruct (is_ty c TEndpoint) eqn:K; [apply is_ty_is in K|]).
  all: try (eapply same_send_checked; [| | |exact B|exact E|exact F]; auto; apply object_own; auto).
  all: try (eapply same_do_send; [| | |exact B|exact E|exact F]; assumption).
  all: try (eapply same_do_recv; [| | |exact B|exact E|exact F]; assumption).
  all: try (eapply same_do_reply_recv; [| | |exact B|exact E|exact F]; assumption).
  refine (same_invoke t a c W T C s1 s2 a1 a2 s1' s2' B _ _ E F);
    (split; [|assumption]); [reflexivity|unfold at_slot; rewrite <- Eq; reflexivity].
Qed.

Lemma same_conclude : forall t e, O t -> alike (conclude t e) any.
Proof.
  intros t e T. unfold conclude. eapply alike_bind with any.
  - apply alike_look. intros s1 s2 (_ & _ & A & _).
    destruct A as (_ & _ & _ & _ & _ & _ & _ & _ & _ & A & _). exact (A t T).
  - intros w _. repeat one.
Qed.

End Functions.
