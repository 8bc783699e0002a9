(* SPDX-License-Identifier: BSD-2-Clause *)
(* What is mapped is memory of users', and objects are in memory of the kernel's: of every state that
   the kernel comes to. With Memory.v: no program reads or writes a granule of an object. *)
Require Import NArith List Bool Lia.
From Tessera Require Import Map Refills State Machine Sched Message Destroy Objects Calls Boot.
From Tessera Require Import Keeps Memory Theorems.
Import ListNotations.
Open Scope N_scope.

Arguments frame_size : simpl never.
Arguments N.shiftr : simpl never.

(* Each mapping shows all of one frame, each object is at the beginning of a region of its own. *)
Definition maps_frames (m : map region) (t : map space) : Prop := forall p x k l,
  get p t = Some x -> get k (p_maps x) = Some l -> exists i,
    get i m = Some (Region (f_frame l) (frame_size (N.shiftr k 56)) WUser).
Definition kept_in (m : map region) (t : map (ty * N)) : Prop := forall o k i,
  get o t = Some (k, i) -> exists n, get i m = Some (Region o n WObject).
Definition placed (s : state) : Prop :=
  maps_frames (s_regions s) (s_spaces s) /\ kept_in (s_regions s) (s_kinds s).

(* What folds look for. *)
Lemma fold_none : forall A (f : N -> A -> bool) (m : map A),
  fold (fun k v b => b || f k v) m false = false -> forall k v, get k m = Some v -> f k v = false.
Proof.
  intros A f m H k v G. rewrite fold_pairs in H. apply in_pairs in G.
  assert (All : forall l b, fold_left (fun b q => b || f (fst q) (snd q)) l b = false ->
    b = false /\ forall q, In q l -> f (fst q) (snd q) = false).
  { induction l as [|q l IH]; simpl; intros b E; [split; [exact E|contradiction]|].
    apply IH in E. destruct E as [E F]. apply orb_false_iff in E. destruct E as [E E'].
    split; [exact E|]. intros r [<-|I]; auto. }
  destruct (All _ _ H) as [_ F]. exact (F (k, v) G).
Qed.
Lemma not_shown : forall b m, shown b m = false -> forall p x k l, get p m = Some x ->
  get k (p_maps x) = Some l -> f_frame l <> b.
Proof.
  intros b m H p x k l P K E. unfold shown in H.
  pose proof (fold_none _ (fun _ x => fold (fun _ l b' => b' || (f_frame l =? b)) (p_maps x) false)
    m H p x P) as F. cbv beta in F.
  pose proof (fold_none _ (fun _ l => f_frame l =? b) _ F k l K) as G. cbv beta in G.
  rewrite E, N.eqb_refl in G. discriminate G.
Qed.
Lemma not_housed : forall i m, houses i m = false -> forall o k j, get o m = Some (k, j) -> j <> i.
Proof.
  intros i m H o k j G E. pose proof (fold_none _ (fun _ q => snd q =? i) m H o (k, j) G) as F.
  cbv beta in F. simpl in F. rewrite E, N.eqb_refl in F. discriminate F.
Qed.

(* A region becomes another, of which nothing is shown, and in which nothing is. *)
Lemma placed_change : forall s m, placed s ->
  (forall i b z w, get i (s_regions s) = Some (Region b z w) -> get i m <> Some (Region b z w) ->
    match w with
    | WUser => shown b (s_spaces s) = false
    | WObject => houses i (s_kinds s) = false
    | _ => True
    end) -> maps_frames m (s_spaces s) /\ kept_in m (s_kinds s).
Proof.
  intros s m [F K] C. split.
  - intros p x k l P G. destruct (F p x k l P G) as [i I]. exists i.
    destruct (get i m) as [r|] eqn:M.
    + specialize (C _ _ _ _ I). rewrite M in C.
      assert (D : r = Region (f_frame l) (frame_size (N.shiftr k 56)) WUser \/
        r <> Region (f_frame l) (frame_size (N.shiftr k 56)) WUser).
      { destruct r as [b z w]. destruct (N.eq_dec b (f_frame l)) as [->|]; [|right; congruence].
        destruct (N.eq_dec z (frame_size (N.shiftr k 56))) as [->|]; [|right; congruence].
        destruct w; first [left; reflexivity|right; discriminate]. }
      destruct D as [->|D]; [reflexivity|]. exfalso.
      refine (not_shown _ _ (C _) p x k l P G eq_refl). congruence.
    + specialize (C _ _ _ _ I ltac:(congruence)). exfalso.
      exact (not_shown _ _ C p x k l P G eq_refl).
  - intros o k i G. destruct (K o k i G) as [n I]. exists n.
    destruct (get i m) as [r|] eqn:M.
    + specialize (C _ _ _ _ I). rewrite M in C.
      assert (D : r = Region o n WObject \/ r <> Region o n WObject).
      { destruct r as [b z w]. destruct (N.eq_dec b o) as [->|]; [|right; congruence].
        destruct (N.eq_dec z n) as [->|]; [|right; congruence].
        destruct w; first [left; reflexivity|right; discriminate]. }
      destruct D as [->|D]; [reflexivity|]. exfalso.
      refine (not_housed _ _ (C _) o k i G eq_refl). congruence.
    + specialize (C _ _ _ _ I ltac:(congruence)). exfalso.
      exact (not_housed _ _ C o k i G eq_refl).
Qed.

Ltac elsewhere H := prim H; split; assumption.
Lemma placed_spaces : forall s t, placed s -> (forall p x k l, get p t = Some x ->
  get k (p_maps x) = Some l -> (exists y j, get p (s_spaces s) = Some y /\
    get k (p_maps y) = Some j /\ f_frame j = f_frame l) \/ exists i,
    get i (s_regions s) = Some (Region (f_frame l) (frame_size (N.shiftr k 56)) WUser)) ->
  maps_frames (s_regions s) t.
Proof.
  intros s t [F _] C p x k l P G. destruct (C p x k l P G) as [[y [j [Y [J E]]]]|I]; [|exact I].
  rewrite <- E. exact (F p y k j Y J).
Qed.

Theorem placed_is_kept : kept placed.
Proof.
  constructor.
  { intros s s' E P. unfold core, central in E. injection E as _ _ _ Er _ _ _ _ Es Ek.
    unfold placed in *. rewrite <- Er, <- Es, <- Ek. exact P. }
  all: intros; try match goal with C : calm _ |- _ => rename C into Calm end;
    intros s1 v s2 P H.
  5: { (* make_region *)
    unfold make_region in H.
    destruct (get u (s_regions s1)) as [[b z [used| |]]|] eqn:U; try discriminate H.
    destruct (_ && _) eqn:C in H; [|destruct w as [[|?]| |]; discriminate H].
    apply andb_true_iff in C. destruct C as [_ C]. apply negb_true_iff in C.
    assert (E : s2 = set_s_regions (set (region_in u p) (Region p n w)
      (set u (Region b z (WUntyped (p - b + n))) (s_regions s1))) s1).
    { destruct w as [[|?]| |]; try discriminate H; injection H as _ <-; reflexivity. }
    rewrite E. refine (placed_change s1 _ P _). intros i b' z' w' G N. simpl in N.
    rewrite !get_set in N.
    destruct (N.eqb_spec i (region_in u p)) as [->|]; [rewrite G in C; discriminate C|].
    destruct (N.eqb_spec i u) as [->|]; [|contradiction]. rewrite U in G. injection G as _ _ <-.
    exact I. }
  5: { (* drop_region *)
    pose proof (drop_region_only _ _ _ _ H) as E. rewrite E.
    refine (placed_change s1 _ P _). intros j b z w G N. simpl in N. rewrite get_del in N.
    destruct (N.eqb_spec j i) as [->|]; [|contradiction]. unfold drop_region in H.
    rewrite G in H. destruct w; [exact I|destruct (houses _ _)|destruct (shown _ _)];
      first [discriminate H|reflexivity]. }
  5: { (* afresh *)
    unfold afresh in H. destruct (get u (s_regions s1)) as [[b z [used| |]]|] eqn:U;
      try discriminate H. destruct (fold _ _ _) in H; [|discriminate H]. injection H as _ <-.
    refine (placed_change s1 _ P _). intros j b' z' w G N. simpl in N. rewrite get_set in N.
    destruct (N.eqb_spec j u) as [->|]; [|contradiction]. rewrite U in G. injection G as _ _ <-.
    exact I. }
  5: { (* to_tables *)
    unfold to_tables in H. destruct (get u (s_regions s1)) as [[b z [[|?]| |]]|] eqn:U;
      try discriminate H. injection H as _ <-.
    refine (placed_change s1 _ P _). intros j b' z' w G N. simpl in N. rewrite get_set in N.
    destruct (N.eqb_spec j u) as [->|]; [|contradiction]. rewrite U in G. injection G as _ _ <-.
    exact I. }
  5: { (* from_tables *)
    unfold from_tables in H. destruct (get u (s_regions s1)) as [[b z [?| |]]|] eqn:U;
      try discriminate H. destruct (houses u (s_kinds s1)) eqn:Ho; [discriminate H|].
    injection H as _ <-.
    refine (placed_change s1 _ P _). intros j b' z' w G N. simpl in N. rewrite get_set in N.
    destruct (N.eqb_spec j u) as [->|]; [|contradiction]. rewrite U in G. injection G as _ _ <-.
    exact Ho. }
  all: try solve [unfold put_cap, drop_cap, move_cap, edit_cap, set_wait, arm, disarm, owe_reply,
    end_call, new_thread_wait, new_reply, forget_wait, forget_reply, new_budget, charge_budget,
    configure_budget, new_slice, forget_budget, write in H; prim H; exact P].
  - (* put_kind *)
    unfold put_kind in H. destruct k as [k i]. simpl in H.
    destruct (get i (s_regions s1)) as [[b z [?| |]]|] eqn:G; try discriminate H.
    destruct (N.eqb_spec b o) as [->|]; [|discriminate H]. injection H as _ <-.
    destruct P as [F K]. split; [exact F|]. intros x y j E. simpl in E. rewrite get_set in E.
    destruct (N.eqb_spec x o) as [->|]; [|exact (K x y j E)]. injection E as _ <-. exists z.
    exact G.
  - (* show *)
    unfold show in H. destruct (get p (s_spaces s1)) as [x|] eqn:X; [|discriminate H].
    destruct (get i (s_regions s1)) as [[b z [?| |]]|] eqn:G; try discriminate H.
    destruct (_ && _) eqn:C in H; [|discriminate H]. injection H as _ <-.
    apply andb_true_iff in C. destruct C as [C1 C2]. apply N.eqb_eq in C1, C2. subst b z.
    split; [|exact (proj2 P)]. simpl. apply (placed_spaces s1); [exact P|].
    intros q y j l' Q J. rewrite get_set in Q. destruct (N.eqb_spec q p) as [->|].
    + injection Q as <-. simpl in J. rewrite get_set in J. destruct (N.eqb_spec j k) as [->|].
      * injection J as <-. right. exists i. exact G.
      * left. exists x, l'. auto.
    + left. exists y, l'. auto.
  - (* reflag *)
    unfold reflag in H. destruct (get p (s_spaces s1)) as [x|] eqn:X; [|discriminate H].
    destruct (get k (p_maps x)) as [old|] eqn:O; [|discriminate H].
    destruct (N.eqb_spec (f_frame old) (f_frame l)) as [E|]; [|discriminate H]. injection H as _ <-.
    split; [|exact (proj2 P)]. simpl. apply (placed_spaces s1); [exact P|].
    intros q y j l' Q J. rewrite get_set in Q. destruct (N.eqb_spec q p) as [->|].
    + injection Q as <-. simpl in J. rewrite get_set in J. destruct (N.eqb_spec j k) as [->|].
      * injection J as <-. left. exists x, old. auto.
      * left. exists x, l'. auto.
    + left. exists y, l'. auto.
  - (* put_space *)
    apply put_space_only in H. destruct H as [x [X ->]].
    split; [|exact (proj2 P)]. simpl. apply (placed_spaces s1); [exact P|].
    intros q y j l' Q J. rewrite get_set in Q. destruct (N.eqb_spec q p) as [->|].
    + injection Q as <-. left. exists x, l'. split; [exact X|]. split; [|reflexivity].
      exact (Calm x j l' J).
    + left. exists y, l'. auto.
  - (* new_space *)
    unfold new_space, write in H. injection H as _ <-. split; [|exact (proj2 P)]. simpl.
    apply (placed_spaces s1); [exact P|]. intros q y j l' Q J. rewrite get_set in Q.
    destruct (N.eqb_spec q p) as [->|]; [|left; exists y, l'; auto]. injection Q as <-.
    simpl in J. rewrite get_empty in J. discriminate J.
  - (* forget_fields *)
    unfold forget_fields, write in H. injection H as _ <-. destruct P as [F K]. split; simpl.
    + intros q y j l' Q J. rewrite get_del in Q. destruct (N.eqb q o); [discriminate Q|].
      exact (F q y j l' Q J).
    + intros x k i Q. rewrite get_del in Q. destruct (N.eqb x o); [discriminate Q|].
      exact (K x k i Q).
Qed.

Theorem everything_is_placed : forall l s, reached l s -> placed s.
Proof.
  intros l. apply reached_keeps; [apply placed_is_kept| |].
  - intros b z w s i s' P H. unfold first_region in H.
    destruct (_ && _) eqn:C in H; [|discriminate H]. apply andb_true_iff in C. destruct C as [C _].
    apply andb_true_iff in C. destruct C as [_ C]. apply negb_true_iff in C.
    assert (E : s' = set_s_regions (set (region_at b 0) (Region b z w) (s_regions s)) s).
    { destruct w as [[|?]| |]; try discriminate H; injection H as _ <-; reflexivity. }
    rewrite E. refine (placed_change s _ P _). intros j b' z' w' G N. simpl in N.
    rewrite get_set in N.
    destruct (N.eqb_spec j (region_at b 0)) as [->|]; [|contradiction].
    rewrite G in C. discriminate C.
  - split.
    + intros p x k l' P. simpl in P. rewrite get_empty in P. discriminate P.
    + intros o k i P. simpl in P. rewrite get_empty in P. discriminate P.
Qed.

(* --- In the words of the promises ------------------------------------------------------------- *)

(* What a program can touch is never in an object, whatever is mapped where. *)
Theorem nobody_touches_objects : forall l s, reached l s -> forall p x k f g o t i,
  get p (s_spaces s) = Some x -> get k (p_maps x) = Some f ->
  f_frame f <= g < f_frame f + frame_size (N.shiftr k 56) -> get o (s_kinds s) = Some (t, i) ->
  exists n, get i (s_regions s) = Some (Region o n WObject) /\ ~ (o <= g < o + n).
Proof.
  intros l s R p x k f g o t i P K G O. destruct (everything_is_placed l s R) as [F H].
  destruct (F p x k f P K) as [j J]. destruct (H o t i O) as [n I]. exists n. split; [exact I|].
  intros B. exact (users_never_touch_kernel_objects s j i _ _ g (memory_sound l s R) J I eq_refl
    eq_refl (conj G B)).
Qed.

(* Two objects never share a granule. *)
Theorem objects_are_apart : forall l s, reached l s -> forall o t i o' t' i', o <> o' ->
  get o (s_kinds s) = Some (t, i) -> get o' (s_kinds s) = Some (t', i') ->
  exists n n', get i (s_regions s) = Some (Region o n WObject) /\
    get i' (s_regions s) = Some (Region o' n' WObject) /\
    forall g, o <= g < o + n -> ~ (o' <= g < o' + n').
Proof.
  intros l s R o t i o' t' i' N O O'. destruct (everything_is_placed l s R) as [_ H].
  destruct (H o t i O) as [n I]. destruct (H o' t' i' O') as [n' I']. exists n, n'.
  split; [exact I|split; [exact I'|]]. intros g B B'.
  assert (D : disjoint (Region o n WObject) (Region o' n' WObject)).
  { eapply (Memory.no_overlap s i i'); try eassumption; try exact (memory_sound l s R);
      try exact Logic.I. intros ->. congruence. }
  unfold disjoint in D. simpl in D. lia.
Qed.
