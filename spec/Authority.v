(* SPDX-License-Identifier: BSD-2-Clause *)
(* Authority: no sequence of calls gives a component more than the take-grant closure of what was held at the
   start, and what it has no writable path to it cannot change.

   Objects are numbers; `lab` says whose an object is (its component). A container is a CNode or the slots inside
   an object; which slot a capability is in does not matter here. Threads act with the capabilities of their
   CSpace. Deletion and revocation only take away: they are one operation here, `Drop`, that anybody may
   do at any time; Tree.v says what they take. *)
Require Import List Arith Bool Lia.
Import ListNotations.

Inductive right := Read | Write | Grant.

Record cap := { target : nat; rights : list right }.

Record state := {
  caps : nat -> list cap;          (* what a container holds *)
  cspace : nat -> option nat;      (* the container whose capabilities a thread uses *)
  pending : nat -> option (nat * nat * bool); (* Reply object: caller and server of the call it holds, may capabilities travel *)
  lab : nat -> nat;
  next : nat;                      (* objects from here on were never made *)
  data : nat -> nat                (* contents of a frame, registers of a thread *)
}.

Definition set {A} (f : nat -> A) k v := fun x => if Nat.eqb x k then v else f x.

Definition put (s : state) h c := {| caps := set (caps s) h (c :: caps s h); cspace := cspace s;
  pending := pending s; lab := lab s; next := next s; data := data s |}.

(* Thread t can use capability c. *)
Definition holds (s : state) t c := exists h, cspace s t = Some h /\ In c (caps s h).

(* c, but with rights among rs; the badge does not matter here. *)
Definition less (c d : cap) := target d = target c /\ incl (rights d) (rights c).

(* Contents: written by a thread, or by the kernel for one. *)
Definition store (s : state) o v := {| caps := caps s; cspace := cspace s; pending := pending s; lab := lab s;
  next := next s; data := set (data s) o v |}.

Definition reply_set (s : state) r v := {| caps := caps s; cspace := cspace s; pending := set (pending s) r v;
  lab := lab s; next := next s; data := data s |}.

(* step s t s': thread t acts. *)
Inductive step : state -> nat -> state -> Prop :=
(* CNode.copy, mint, move: from one CNode that t can read (or write, to move) into one that t can write. *)
| step_copy : forall s t cf ct c d, holds s t cf -> holds s t ct ->
    (In Read (rights cf) \/ In Write (rights cf)) -> In Write (rights ct) ->
    In c (caps s (target cf)) -> less c d -> step s t (put s (target ct) d)
(* The thread's own CSpace needs no capability to be named. *)
| step_copy_own : forall s t h ct c d, cspace s t = Some h -> holds s t ct -> In Write (rights ct) ->
    In c (caps s h) -> less c d -> step s t (put s (target ct) d)
| step_take_own : forall s t h cf c d, cspace s t = Some h -> holds s t cf ->
    (In Read (rights cf) \/ In Write (rights cf)) -> In c (caps s (target cf)) -> less c d -> step s t (put s h d)
(* Untyped.retype: a new object, with all rights, of the component in whose container it goes. *)
| step_make : forall s t ct v, holds s t ct -> In Write (rights ct) ->
    step s t {| caps := set (set (caps s) (next s) [])
                            (target ct) ({| target := next s; rights := [Read; Write; Grant] |} :: caps s (target ct));
                cspace := set (cspace s) (next s) None; pending := set (pending s) (next s) None;
                lab := set (lab s) (next s) (lab s (target ct)); next := S (next s); data := set (data s) (next s) v |}
(* A capability goes along with a message: the endpoint's capability has Grant; u receives. *)
| step_send : forall s t u h e e' c d, holds s t e -> In Write (rights e) -> In Grant (rights e) ->
    holds s u e' -> target e' = target e -> In Read (rights e') ->
    holds s t c -> less c d -> cspace s u = Some h -> step s t (put s h d)
(* A message arrives: the receiver's registers and buffer change. *)
| step_message : forall s t u e e' v, holds s t e -> In Write (rights e) ->
    holds s u e' -> target e' = target e -> In Read (rights e') -> step s t (store s u v)
(* A call is received: the Reply object, for which u has a capability, holds it. *)
| step_call : forall s t u e e' r, holds s t e -> In Write (rights e) ->
    holds s u e' -> target e' = target e -> In Read (rights e') -> holds s u r -> rights r <> [] ->
    forall g, (g = true -> In Grant (rights e)) -> step s t (reply_set s (target r) (Some (t, u, g)))
(* Whoever has the Reply object answers, once, with capabilities if the call could carry them. *)
| step_answer : forall s t r c u g v, holds s t r -> rights r <> [] -> pending s (target r) = Some (c, u, g) ->
    step s t (reply_set (store s c v) (target r) None)
| step_answer_cap : forall s t r c u h k d, holds s t r -> rights r <> [] -> pending s (target r) = Some (c, u, true) ->
    holds s t k -> less k d -> cspace s c = Some h -> step s t (reply_set (put s h d) (target r) None)
(* Thread.configure: a CSpace. A CNode that one may neither read nor write cannot be used that way. *)
| step_configure : forall s t ch cn, holds s t ch -> In Write (rights ch) -> holds s t cn ->
    In Read (rights cn) -> In Write (rights cn) ->
    step s t {| caps := caps s; cspace := set (cspace s) (target ch) (Some (target cn)); pending := pending s;
                lab := lab s; next := next s; data := data s |}
(* Capabilities into the slots of an object that t may write: Thread.configure, Interrupt.bind, Timer.bind. *)
| step_bind : forall s t co c d, holds s t co -> In Write (rights co) -> holds s t c -> less c d ->
    step s t (put s (target co) d)
(* Memory that is mapped writable, registers of a thread, bits of a notification. *)
| step_store : forall s t c v, holds s t c -> In Write (rights c) -> step s t (store s (target c) v)
| step_store_own : forall s t v, step s t (store s t v)
(* delete, revoke, and what goes with them. *)
| step_drop : forall s t h l, incl l (caps s h) ->
    step s t {| caps := set (caps s) h l; cspace := cspace s; pending := pending s; lab := lab s; next := next s;
                data := data s |}
| step_unset : forall s t u r,
    step s t {| caps := caps s; cspace := set (cspace s) u None; pending := set (pending s) r None; lab := lab s;
                next := next s; data := data s |}.

Inductive run (s0 : state) : state -> Prop :=
| run_start : run s0 s0
| run_step : forall s t s', run s0 s -> step s t s' -> run s0 s'.

(* --- The closure: what a component may come to hold, by taking, granting, and being given ----- *)

Section Closure.
Variable s0 : state.

Inductive may : nat -> right -> nat -> Prop :=
| may_self : forall A r, may A r A
| may_held : forall h c r, In c (caps s0 h) -> In r (rights c) -> may (lab s0 h) r (lab s0 (target c))
| may_cspace : forall t h r, cspace s0 t = Some h -> r = Read \/ r = Write -> may (lab s0 t) r (lab s0 h)
(* take: what is in a CNode that one can read or write *)
| may_take : forall A B r X, may A Read B \/ may A Write B -> may B r X -> may A r X
(* give: into a CNode, a thread or another object that one can write *)
| may_put : forall A B r X, may A Write B -> may A r X -> may B r X
(* grant: with a message *)
| may_grant : forall A B E r X, may A Write E -> may A Grant E -> may B Read E -> may A r X -> may B r X
(* and back with the answer: from whoever B could hand the Reply object to, which is C's *)
| may_answer : forall A B C D E q w r X, may A Write E -> may A Grant E -> may B Read E -> may B q C ->
    may D w C -> may D r X -> may A r X.

(* A Reply object that holds a call of c: it was made to an endpoint where B receives, who could use the Reply. *)
Definition call_may (s : state) r c (g : bool) := exists E B q,
  may (lab s c) Write E /\ (g = true -> may (lab s c) Grant E) /\ may B Read E /\ may B q (lab s r).

Record good (s : state) : Prop := {
  made_caps : forall h c, In c (caps s h) -> h < next s /\ target c < next s;
  made_cspace : forall t h, cspace s t = Some h -> t < next s /\ h < next s;
  made_calls : forall r c u g, pending s r = Some (c, u, g) -> r < next s /\ c < next s;
  caps_may : forall h c r, In c (caps s h) -> In r (rights c) -> may (lab s h) r (lab s (target c));
  cspace_may : forall t h r, cspace s t = Some h -> r = Read \/ r = Write -> may (lab s t) r (lab s h);
  calls_may : forall r c u g, pending s r = Some (c, u, g) -> call_may s r c g
}.

Lemma holds_may : forall s t c r, good s -> holds s t c -> In r (rights c) -> may (lab s t) r (lab s (target c)).
Proof.
  intros s t c r G [h [C I]] R. eapply may_take; [left; eapply cspace_may; eauto|eapply caps_may; eauto].
Qed.

Lemma less_may : forall s t c d r, good s -> holds s t c -> less c d -> In r (rights d) ->
  may (lab s t) r (lab s (target d)).
Proof. intros s t c d r G H [T I] R. rewrite T. eapply holds_may; eauto. Qed.

Lemma holds_made : forall s t c, good s -> holds s t c -> t < next s /\ target c < next s.
Proof.
  intros s t c G [h [C I]]. destruct (made_cspace s G t h C). destruct (made_caps s G h c I). auto.
Qed.

Lemma good_put : forall s h d, good s -> h < next s -> target d < next s ->
  (forall r, In r (rights d) -> may (lab s h) r (lab s (target d))) -> good (put s h d).
Proof.
  intros s h d G H T M.
  assert (Cases : forall k c, In c (caps (put s h d) k) -> (k = h /\ c = d) \/ In c (caps s k)).
  { intros k c I. unfold put, set in I; simpl in I. destruct (Nat.eqb_spec k h) as [->|]; [|auto].
    destruct I as [->|I]; auto. }
  constructor; simpl; try (apply G).
  - intros k c I. destruct (Cases k c I) as [[-> ->]|I']; [auto|apply (made_caps s G k c I')].
  - intros k c r I R. destruct (Cases k c I) as [[-> ->]|I']; [auto|apply (caps_may s G k c r I' R)].
Qed.

Lemma good_reply_set : forall s r v, good s ->
  (forall c u g, v = Some (c, u, g) -> r < next s /\ c < next s) ->
  (forall c u g, v = Some (c, u, g) -> call_may s r c g) -> good (reply_set s r v).
Proof.
  intros s r v G M C. constructor; simpl; try (apply G).
  - intros k c u g P. unfold set in P. destruct (Nat.eqb_spec k r) as [->|]; [eauto|eapply made_calls; eauto].
  - intros k c u g P. unfold set in P. change (call_may s k c g).
    destruct (Nat.eqb_spec k r) as [->|]; [eauto|eapply calls_may; eauto].
Qed.

Lemma good_store : forall s o v, good s -> good (store s o v).
Proof. intros s o v G. constructor; simpl; try (apply G). Qed.

Lemma set_same : forall A (f : nat -> A) k v, set f k v k = v.
Proof. intros. unfold set. rewrite Nat.eqb_refl. reflexivity. Qed.

Lemma set_below : forall A (f : nat -> A) k v x, x < k -> set f k v x = f x.
Proof. intros. unfold set. destruct (Nat.eqb_spec x k); [lia|reflexivity]. Qed.

(* A new object is its container's component's own. *)
Lemma good_make : forall s ct v, good s -> ct < next s ->
  good {| caps := set (set (caps s) (next s) []) ct ({| target := next s; rights := [Read; Write; Grant] |} :: caps s ct);
          cspace := set (cspace s) (next s) None; pending := set (pending s) (next s) None;
          lab := set (lab s) (next s) (lab s ct); next := S (next s); data := set (data s) (next s) v |}.
Proof.
  intros s ct v G L.
  assert (Cases : forall h c,
    In c (set (set (caps s) (next s) []) ct ({| target := next s; rights := [Read; Write; Grant] |} :: caps s ct) h) ->
    (h = ct /\ target c = next s) \/ In c (caps s h)).
  { intros h c I. unfold set at 1 in I. destruct (Nat.eqb_spec h ct) as [->|].
    - destruct I as [<-|I]; auto.
    - unfold set in I. destruct (Nat.eqb_spec h (next s)); [contradiction|auto]. }
  constructor; simpl.
  - intros h c I. destruct (Cases h c I) as [[-> ->]|I']; [lia|]. destruct (made_caps s G h c I'). lia.
  - intros t h C. unfold set in C. destruct (Nat.eqb t (next s)); [discriminate|].
    destruct (made_cspace s G t h C). lia.
  - intros r c u g P. unfold set in P. destruct (Nat.eqb r (next s)); [discriminate|].
    destruct (made_calls s G r c u g P). lia.
  - intros h c r I R. destruct (Cases h c I) as [[-> ->]|I'].
    + rewrite set_same, set_below by lia. apply may_self.
    + destruct (made_caps s G h c I'). rewrite !set_below by lia. eapply caps_may; eauto.
  - intros t h r C R. unfold set in C. destruct (Nat.eqb t (next s)); [discriminate|].
    destruct (made_cspace s G t h C). rewrite !set_below by lia. eapply cspace_may; eauto.
  - intros r c u g P. unfold set in P. destruct (Nat.eqb r (next s)); [discriminate|].
    destruct (made_calls s G r c u g P). destruct (calls_may s G r c u g P) as [E [B [q [P1 [P2 [P3 P4]]]]]].
    unfold call_may; simpl. rewrite !set_below by lia. exists E, B, q. auto.
Qed.

Lemma good_step : forall s t s', good s -> step s t s' -> good s'.
Proof.
  intros s t s' G S. destruct S.
  - (* copy *)
    destruct (holds_made s t ct G H0). destruct H4 as [T I]. destruct (made_caps s G _ c H3).
    apply good_put; [exact G|assumption|congruence|].
    intros r R. eapply may_put; [apply (holds_may s t ct Write); assumption|].
    eapply may_take; [destruct H1; [left; apply (holds_may s t cf Read)|right; apply (holds_may s t cf Write)]; assumption|].
    rewrite T. eapply caps_may; eauto.
  - (* out of its own CSpace *)
    destruct (holds_made s t ct G H0). pose proof H3 as [T I]. destruct (made_caps s G _ c H2).
    apply good_put; [exact G|assumption|congruence|].
    intros r R. eapply may_put; [apply (holds_may s t ct Write); assumption|].
    apply (less_may s t c d); auto. exists h; auto.
  - (* into its own CSpace *)
    destruct (made_cspace s G t h H). pose proof H3 as [T I]. destruct (made_caps s G _ c H2).
    apply good_put; [exact G|assumption|congruence|].
    intros r R. eapply may_put; [eapply cspace_may; eauto|].
    eapply may_take; [destruct H1; [left; apply (holds_may s t cf Read)|right; apply (holds_may s t cf Write)]; assumption|].
    rewrite T. eapply caps_may; eauto.
  - (* make *)
    destruct (holds_made s t ct G H). apply good_make; assumption.
  - (* send *)
    destruct (holds_made s t c G H5). pose proof H6 as [T I]. destruct (made_cspace s G u h H7).
    apply good_put; [exact G|assumption|congruence|].
    intros r R. eapply may_put; [eapply cspace_may; eauto|].
    assert (Rd : may (lab s u) Read (lab s (target e))) by (rewrite <- H3; apply (holds_may s u e' Read); assumption).
    eapply may_grant; [apply (holds_may s t e Write); assumption|apply (holds_may s t e Grant); assumption|exact Rd|].
    eapply less_may; eauto.
  - apply good_store; exact G.
  - (* call *)
    destruct (holds_made s t e G H). destruct (holds_made s u r G H4).
    apply good_reply_set; [exact G| |].
    + intros c0 u0 g0 E. injection E as <- _ _. auto.
    + intros c0 u0 g0 E. injection E as <- _ <-.
      assert (Rd : may (lab s u) Read (lab s (target e))) by (rewrite <- H2; apply (holds_may s u e' Read); assumption).
      destruct (rights r) as [|q l] eqn:Er; [contradiction|].
      exists (lab s (target e)), (lab s u), q. repeat split.
      * apply (holds_may s t e Write); assumption.
      * intros Eg. apply (holds_may s t e Grant); auto.
      * exact Rd.
      * apply (holds_may s u r q); auto. rewrite Er; left; reflexivity.
  - (* answer *)
    apply good_reply_set; [apply good_store; exact G|discriminate|discriminate].
  - (* answer with a capability *)
    destruct (holds_made s t k G H2). pose proof H3 as [T I]. destruct (made_cspace s G c h H4).
    apply good_reply_set; [|discriminate|discriminate].
    apply good_put; [exact G|assumption|congruence|].
    intros x R. eapply may_put; [eapply cspace_may; eauto|].
    destruct (calls_may s G _ _ _ _ H1) as [E [B [q [P1 [P2 [P3 P4]]]]]]. specialize (P2 eq_refl).
    destruct (rights r) as [|w l] eqn:Er; [contradiction|].
    eapply (may_answer (lab s c) B (lab s (target r)) (lab s t) E q w); try assumption.
    + apply (holds_may s t r w); auto. rewrite Er; left; reflexivity.
    + eapply less_may; eauto.
  - (* configure *)
    destruct (holds_made s t ch G H). destruct (holds_made s t cn G H1).
    constructor; simpl; try (apply G).
    + intros x h C. unfold set in C. destruct (Nat.eqb_spec x (target ch)) as [->|].
      * injection C as <-. auto.
      * eapply made_cspace; eauto.
    + intros x h r C R. unfold set in C. destruct (Nat.eqb_spec x (target ch)) as [->|].
      * injection C as <-. eapply may_put; [apply (holds_may s t ch Write); assumption|].
        apply (holds_may s t cn); auto. destruct R as [->| ->]; assumption.
      * eapply cspace_may; eauto.
  - (* bind *)
    destruct (holds_made s t co G H). destruct (holds_made s t c G H1). pose proof H2 as [T I].
    apply good_put; [exact G|assumption|congruence|].
    intros r R. eapply may_put; [apply (holds_may s t co Write); assumption|]. eapply less_may; eauto.
  - apply good_store; exact G.
  - apply good_store; exact G.
  - (* drop *)
    assert (Sub : forall k c, In c (set (caps s) h l k) -> In c (caps s k)).
    { intros k c I. unfold set in I. destruct (Nat.eqb_spec k h) as [->|]; auto. }
    constructor; simpl; try (apply G).
    + intros k c I. apply (made_caps s G k c). auto.
    + intros k c r I R. apply (caps_may s G k c r); auto.
  - (* unset *)
    constructor; simpl; try (apply G).
    + intros x h C. unfold set in C. destruct (Nat.eqb x u); [discriminate|]. eapply made_cspace; eauto.
    + intros k c0 u0 g P. unfold set in P. destruct (Nat.eqb k r); [discriminate|]. eapply made_calls; eauto.
    + intros x h w C R. unfold set in C. destruct (Nat.eqb x u); [discriminate|]. eapply cspace_may; eauto.
    + intros k c0 u0 g P. unfold set in P. destruct (Nat.eqb k r); [discriminate|].
      change (call_may s k c0 g). eapply calls_may; eauto.
Qed.

(* What there is at the start: everything named has been made, and no call is being answered. *)
Definition start := (forall h c, In c (caps s0 h) -> h < next s0 /\ target c < next s0) /\
  (forall t h, cspace s0 t = Some h -> t < next s0 /\ h < next s0) /\ (forall r, pending s0 r = None).

Lemma good_start : start -> good s0.
Proof.
  intros [A [B C]]. constructor; auto.
  - intros r c u g P. rewrite C in P. discriminate.
  - intros h c r I R. apply may_held; assumption.
  - intros t h r Ht R. apply may_cspace; assumption.
  - intros r c u g P. rewrite C in P. discriminate.
Qed.

Lemma good_run : forall s, start -> run s0 s -> good s.
Proof. intros s St R. induction R; [apply good_start; exact St|eapply good_step; eauto]. Qed.

(* Whatever anybody does, in whatever order: what a container of a component holds, the closure allows. *)
Theorem confinement : start -> forall s, run s0 s ->
  forall h c r, In c (caps s h) -> In r (rights c) -> may (lab s h) r (lab s (target c)).
Proof. intros St s R. apply caps_may. apply good_run; assumption. Qed.

(* --- Integrity -------------------------------------------------------------------------------- *)

(* The ways in which a component A can change what is O's: writing, a message that O receives, an answer to a
   call that O made, through the Reply object of whoever received it. *)
Inductive affects (A O : nat) : Prop :=
| affects_write : may A Write O -> affects A O
| affects_message : forall E, may A Write E -> may O Read E -> affects A O
| affects_answer : forall E B C q w, may O Write E -> may B Read E -> may B q C -> may A w C -> affects A O.

Lemma lab_stays : forall s t s' o, good s -> step s t s' -> o < next s -> lab s' o = lab s o /\ o < next s'.
Proof.
  intros s t s' o G S L. destruct S; simpl; try (split; [reflexivity|exact L]).
  rewrite set_below by exact L. split; [reflexivity|lia].
Qed.

Lemma change_step : forall s t s' o, good s -> step s t s' -> o < next s -> data s' o <> data s o ->
  affects (lab s t) (lab s o).
Proof.
  intros s t s' o G S L D. destruct S; simpl in D; try congruence.
  - rewrite set_below in D by exact L. congruence.
  - unfold set in D. destruct (Nat.eqb_spec o u) as [->|]; [|congruence].
    apply affects_message with (lab s (target e)); [apply (holds_may s t e); assumption|].
    rewrite <- H2. apply (holds_may s u e'); assumption.
  - unfold set in D. destruct (Nat.eqb_spec o c) as [->|]; [|congruence].
    destruct (calls_may s G _ _ _ _ H1) as [E [B [q [P1 [_ [P3 P4]]]]]].
    destruct (rights r) as [|w l] eqn:Er; [contradiction|].
    apply (affects_answer (lab s t) (lab s c) E B (lab s (target r)) q w); auto.
    apply (holds_may s t r w); auto. rewrite Er; left; reflexivity.
  - unfold set in D. destruct (Nat.eqb_spec o (target c)) as [->|]; [|congruence].
    apply affects_write. apply (holds_may s t c); assumption.
  - unfold set in D. destruct (Nat.eqb_spec o t) as [->|]; [|congruence]. apply affects_write, may_self.
Qed.

(* A run, with the components whose threads acted. *)
Inductive acts : list nat -> state -> Prop :=
| acts_none : acts [] s0
| acts_more : forall l s t s', acts l s -> step s t s' -> acts (lab s t :: l) s'.

Lemma acts_run : forall l s, acts l s -> run s0 s.
Proof. induction 1; [constructor|econstructor; eauto]. Qed.

Lemma acts_lab : start -> forall l s, acts l s -> forall o, o < next s0 -> lab s o = lab s0 o /\ o < next s.
Proof.
  intros St l s H. induction H as [|l s t s' R IH S]; intros o L; [auto|].
  destruct (IH o L) as [E N].
  destruct (lab_stays s t s' o (good_run s St (acts_run l s R)) S N). split; [congruence|assumption].
Qed.

(* What none of those who acted may affect is as it was. *)
Theorem integrity : start -> forall l s, acts l s -> forall o, o < next s0 ->
  (forall A, In A l -> ~ affects A (lab s0 o)) -> data s o = data s0 o.
Proof.
  intros St l s H. induction H as [|l s t s' R IH S]; intros o L No; [reflexivity|].
  rewrite <- (IH o L) by (intros A I; apply No; right; exact I).
  destruct (acts_lab St l s R o L) as [Lo N].
  destruct (Nat.eq_dec (data s' o) (data s o)) as [E|E]; [exact E|].
  exfalso. apply (No (lab s t)); [left; reflexivity|]. rewrite <- Lo.
  eapply change_step; eauto. apply good_run; [exact St|eapply acts_run; exact R].
Qed.

(* And what a thread can use. *)
Theorem thread_confinement : start -> forall s, run s0 s ->
  forall t c r, holds s t c -> In r (rights c) -> may (lab s t) r (lab s (target c)).
Proof. intros St s R t c r H I. apply holds_may; auto. apply good_run; assumption. Qed.

End Closure.
