(* SPDX-License-Identifier: BSD-2-Clause *)
(* Memory: what lives never overlaps, and what users can touch is never a kernel object.

   A region is an Untyped with the granules that were handed out from its start, a kernel object, or a
   frame. Retype takes from behind what was handed out; an Untyped starts afresh only when nothing
   lives in it. *)
Require Import NArith List Bool Lia.
From Tessera Require Import Map Refills State Machine Boot Keeps.
Open Scope N_scope.

Definition disjoint (r s : region) :=
  r_base r + r_size r <= r_base s \/ r_base s + r_size s <= r_base r.

(* s lies in what was handed out from the Untyped r. *)
Definition within (s r : region) :=
  match r_what r with
  | WUntyped used => r_base r <= r_base s /\ r_base s + r_size s <= r_base r + used
  | _ => False
  end.

Definition proper (r : region) :=
  0 < r_size r /\ match r_what r with WUntyped used => used <= r_size r | _ => True end.

Definition apart (r s : region) := disjoint r s \/ within s r \/ within r s.

Definition wf (m : map region) :=
  (forall i r, get i m = Some r -> proper r) /\
  (forall i j r s, i <> j -> get i m = Some r -> get j m = Some s -> apart r s).

Lemma apart_sym : forall r s, apart r s -> apart s r.
Proof. unfold apart, disjoint; intros; tauto. Qed.

(* A region changes while staying where it is: only who lies inside it matters. *)
Lemma wf_change : forall m u r r', wf m -> get u m = Some r ->
  r_base r' = r_base r -> r_size r' = r_size r -> proper r' ->
  (forall i s, i <> u -> get i m = Some s -> within s r -> within s r') ->
  wf (set u r' m).
Proof.
  intros m u r r' [P A] U B Z Pr In.
  assert (One : forall i s, i <> u -> get i m = Some s -> apart s r').
  { intros i s N H. destruct (A i u s r N H U) as [D|[I|I]].
    - left. unfold disjoint in *. rewrite B, Z. exact D.
    - right; left. unfold within in *. rewrite B, Z. exact I.
    - right; right. eauto. }
  split.
  - intros i s. rewrite get_set. destruct (N.eqb_spec i u); intros H; [congruence|eauto].
  - intros i j s t N. rewrite !get_set.
    destruct (N.eqb_spec i u) as [->|Ni]; destruct (N.eqb_spec j u) as [->|Nj]; intros Hi Hj.
    + congruence.
    + injection Hi as <-. apply apart_sym. exact (One j t Nj Hj).
    + injection Hj as <-. exact (One i s Ni Hi).
    + exact (A i j s t N Hi Hj).
Qed.

(* A new region that is apart from all there are. *)
Lemma wf_add : forall m i r, wf m -> proper r ->
  (forall j s, j <> i -> get j m = Some s -> apart s r) -> wf (set i r m).
Proof.
  intros m i r [P A] Pr N. split.
  - intros j s. rewrite get_set. destruct (N.eqb_spec j i); intros H; [congruence|eauto].
  - intros j k s t D. rewrite !get_set.
    destruct (N.eqb_spec j i) as [->|Nj]; destruct (N.eqb_spec k i) as [->|Nk]; intros Hj Hk.
    + congruence.
    + injection Hj as <-. apply apart_sym. eauto.
    + injection Hk as <-. eauto.
    + exact (A j k s t D Hj Hk).
Qed.

Lemma wf_del : forall m i, wf m -> wf (del i m).
Proof.
  intros m i [P A]. split.
  - intros j s. rewrite get_del. destruct (N.eqb j i); [discriminate|eauto].
  - intros j k s t D. rewrite !get_del.
    destruct (N.eqb j i); [discriminate|]. destruct (N.eqb k i); [discriminate|]. eauto.
Qed.

Definition sound (s : state) : Prop := wf (s_regions s).

(* What afresh looks at: all regions. *)
Lemma nobody_inside : forall u b used (m : map region),
  fold (fun i r ok => ok && ((i =? u) || negb (inside r b used))) m true = true ->
  forall i r, i <> u -> get i m = Some r -> inside r b used = false.
Proof.
  intros u b used m H i r N G. rewrite fold_pairs in H. apply in_pairs in G.
  assert (All : forall l ok, fold_left (fun ok q => ok && ((fst q =? u) || negb (inside (snd q) b
            used))) l ok = true ->
            ok = true /\ forall q, In q l -> (fst q =? u) || negb (inside (snd q) b used) = true).
  { induction l as [|q l IH]; simpl; intros ok E; [split; [exact E|contradiction]|].
    apply IH in E. destruct E as [E F]. apply andb_true_iff in E. destruct E as [E G'].
    split; [exact E|]. intros p [<-|I]; auto. }
  destruct (All _ _ H) as [_ F]. specialize (F (i, r) G). simpl in F.
  apply orb_true_iff in F. destruct F as [F|F]; [apply N.eqb_eq in F; contradiction|].
  apply negb_true_iff. exact F.
Qed.

Ltac prim H :=
  repeat match type of H with
  | context [match ?x with _ => _ end] => let E := fresh "E" in destruct x eqn:E; try discriminate H
  | context [if ?x then _ else _] => let E := fresh "E" in destruct x eqn:E; try discriminate H
  end; match type of H with Some _ = Some _ => injection H as <- <- end.

Lemma drop_region_only : forall i s u s', drop_region i s = Some (u, s') ->
  s' = set_s_regions (del i (s_regions s)) s.
Proof.
  intros i s u s' H. unfold drop_region in H.
  destruct (get i (s_regions s)) as [[b z [| |]]|]; try (injection H as _ <-; reflexivity).
  - destruct (houses i (s_kinds s)); [discriminate H|]. injection H as _ <-. reflexivity.
  - destruct (shown b (s_spaces s)); [discriminate H|]. injection H as _ <-. reflexivity.
Qed.

Lemma make_region_only : forall u p n w s i s', make_region u p n w s = Some (i, s') ->
  exists m, s' = set_s_regions m s.
Proof.
  intros u p n w s i s' H. unfold make_region in H.
  destruct (get u (s_regions s)) as [[b z [used| |]]|]; try discriminate H.
  destruct w as [[|?]| |]; try discriminate H;
    match type of H with (if ?c then _ else _) = _ => destruct c; [|discriminate H] end;
    injection H as _ <-; eauto.
Qed.

Lemma sound_make : forall u p n w, keeps sound (make_region u p n w).
Proof.
  intros u p n w s i s' W H. unfold sound in *. unfold make_region in H.
  destruct (get u (s_regions s)) as [[b z [used| |]]|] eqn:U; try discriminate H.
  assert (Wc : w = WUntyped 0 \/ w = WObject \/ w = WUser).
  { destruct w as [[|?]| |]; try discriminate H; auto. }
  destruct ((b + used <=? p) && (p + n <=? b + z) && (0 <? n)
            && negb (is_some (get (region_in u p) (s_regions s)))) eqn:C;
    [|destruct w as [[|?]| |]; discriminate H].
  assert (H' : s_regions s' = set (region_in u p) (Region p n w)
      (set u (Region b z (WUntyped (p - b + n))) (s_regions s))).
  { destruct Wc as [->|[->| ->]]; injection H as _ <-; reflexivity. }
  rewrite H'. clear H H'.
  rewrite !andb_true_iff, N.leb_le, N.leb_le, N.ltb_lt in C. destruct C as [[[L F] N0] Fresh].
  assert (Pu : used <= z). { destruct W as [P _]. apply (P u) in U. destruct U as [_ U]. exact U. }
  apply wf_add.
  - eapply wf_change; eauto; simpl; try reflexivity.
    + split; simpl; lia.
    + unfold within; simpl. intros. lia.
  - split; simpl; [exact N0|]. destruct Wc as [->|[->| ->]]; simpl; auto. lia.
  - intros j s0 Nj. rewrite get_set. destruct (N.eqb_spec j u) as [->|Nu]; intros G.
    + injection G as <-. right; left. unfold within; simpl. lia.
    + destruct W as [_ A]. destruct (A j u s0 _ Nu G U) as [D|[I|I]].
      * left. unfold disjoint in *; simpl in *. lia.
      * right; left. unfold within in *; simpl in *. destruct (r_what s0); [lia|tauto|tauto].
      * left. unfold within, disjoint in *; simpl in *. lia.
Qed.

Lemma sound_afresh : forall u, keeps sound (afresh u).
Proof.
  intros u s a s' W H. unfold sound in *. unfold afresh in H.
  destruct (get u (s_regions s)) as [[b z [used| |]]|] eqn:U; try discriminate H.
  destruct (fold _ (s_regions s) true) eqn:F; [|discriminate H]. injection H as _ <-. simpl.
  eapply wf_change; eauto; simpl; try reflexivity.
  - destruct W as [P _]. destruct (P u _ U) as [Q _]. split; simpl in *; lia.
  - intros i r N G I. pose proof (nobody_inside _ _ _ _ F i r N G) as X.
    unfold inside in X. unfold within in I; simpl in I.
    apply andb_false_iff in X. rewrite !N.leb_gt in X. lia.
Qed.

Lemma sound_to_tables : forall u, keeps sound (to_tables u).
Proof.
  intros u s a s' W H. unfold sound in *. unfold to_tables in H.
  destruct (get u (s_regions s)) as [[b z [[|?]| |]]|] eqn:U; try discriminate H.
  injection H as _ <-. simpl. eapply wf_change; eauto; simpl; try reflexivity.
  - destruct W as [P _]. destruct (P u _ U) as [Q _]. split; simpl in *; auto.
  - intros i r N G I. destruct W as [P _]. destruct (P i r G) as [Q _].
    unfold within in *; simpl in *. lia.
Qed.

Lemma sound_from_tables : forall u, keeps sound (from_tables u).
Proof.
  intros u s a s' W H. unfold sound in *. unfold from_tables in H.
  destruct (get u (s_regions s)) as [[b z [?| |]]|] eqn:U; try discriminate H.
  destruct (houses u (s_kinds s)); [discriminate H|]. injection H as _ <-. simpl. eapply wf_change;
    eauto; simpl; try reflexivity.
  - destruct W as [P _]. destruct (P u _ U) as [Q _]. split; simpl in *; [exact Q|lia].
  - intros i r N G I. unfold within in I; simpl in I. contradiction.
Qed.

(* The other primitives leave memory alone. *)
Ltac alone H := unfold sound in *; first
  [ unfold put_cap, drop_cap, move_cap, edit_cap, set_wait, arm, disarm, owe_reply, end_call,
      new_thread_wait, new_reply, forget_wait, forget_reply, new_budget, charge_budget,
      configure_budget, new_slice, forget_budget, write in H; prim H; assumption ].

Theorem memory_is_basic : basic sound.
Proof.
  constructor; try solve [intros; intros s a0 s' W H; alone H].
  - intros s s' E W. unfold central in E. injection E. intros. unfold sound in *. congruence.
  - apply sound_make.
  - intros i s a s' W H. apply drop_region_only in H. rewrite H. apply wf_del. exact W.
  - apply sound_afresh.
  - apply sound_to_tables.
  - apply sound_from_tables.
Qed.
Theorem memory_is_kept : kept sound.
Proof. intros. apply basic_kept, memory_is_basic. Qed.

(* The first regions are apart, too. *)
Lemma first_region_only : forall b z w s i s', first_region b z w s = Some (i, s') ->
  exists m, s' = set_s_regions m s.
Proof.
  intros b z w s i s' H. unfold first_region in H.
  match type of H with (if ?c then _ else _) = _ => destruct c; [|discriminate H] end.
  destruct w as [[|?]| |]; try discriminate H; injection H as _ <-; eauto.
Qed.

Lemma sound_first : forall b z w, keeps sound (first_region b z w).
Proof.
  intros b z w s i s' W H. unfold first_region in H.
  destruct ((0 <? z) && negb (is_some (get (region_at b 0) (s_regions s))) && _) eqn:C;
    [|discriminate H].
  assert (E : s_regions s' = set (region_at b 0) (Region b z w) (s_regions s) /\
              match w with WUntyped u => u = 0 | _ => True end).
  { destruct w as [[|?]| |]; try discriminate H; injection H as _ <-; auto. }
  destruct E as [E Z]. unfold sound. rewrite E. rewrite !andb_true_iff, N.ltb_lt in C.
  destruct C as [[Pz _] F]. apply wf_add; [exact W|split; simpl; [exact Pz|destruct w; lia]|].
  intros j q _ G. left. unfold disjoint. simpl. rewrite fold_pairs in F. apply in_pairs in G.
  assert (All : forall (l : list (N * region)) ok, fold_left (fun ok p => ok &&
            ((r_base (snd p) + r_size (snd p) <=? b) || (b + z <=? r_base (snd p)))) l ok = true ->
              ok = true /\ forall p, In p l ->
            (r_base (snd p) + r_size (snd p) <=? b) || (b + z <=? r_base (snd p)) = true).
  { induction l as [|p l IH]; simpl; intros ok X; [split; [exact X|contradiction]|].
    apply IH in X. destruct X as [X Y]. apply andb_true_iff in X. destruct X as [X X'].
    split; [exact X|]. intros p' [<-|I]; auto. }
  destruct (All _ _ F) as [_ X]. specialize (X _ G). simpl in X.
  apply orb_true_iff in X. rewrite !N.leb_le in X. lia.
Qed.

(* --- What follows, of every state that the kernel comes to ------------------------------------ *)

Definition not_untyped (r : region) := match r_what r with WUntyped _ => False | _ => True end.

(* Two objects, two frames, an object and a frame: never a granule in common. *)
Theorem no_overlap : forall s i j r q, sound s -> i <> j ->
  get i (s_regions s) = Some r -> get j (s_regions s) = Some q ->
  not_untyped r -> not_untyped q -> disjoint r q.
Proof.
  intros s i j r q [_ A] N Hi Hj Nr Nq. destruct (A i j r q N Hi Hj) as [D|[I|I]]; [exact D| |];
    unfold within, not_untyped in *; [destruct (r_what r)|destruct (r_what q)]; tauto.
Qed.

Corollary users_never_touch_kernel_objects : forall s i j r q g, sound s ->
  get i (s_regions s) = Some r -> get j (s_regions s) = Some q ->
  r_what r = WUser -> r_what q = WObject ->
  ~ (r_base r <= g < r_base r + r_size r /\ r_base q <= g < r_base q + r_size q).
Proof.
  intros s i j r q g W Hi Hj Ur Oq [G1 G2].
  assert (N : i <> j) by (intros ->; congruence).
  assert (D : disjoint r q).
  { eapply no_overlap; eauto; unfold not_untyped; [rewrite Ur|rewrite Oq]; exact I. }
  unfold disjoint in D. lia.
Qed.

(* Free memory of an Untyped, which Retype clears and gives away, is nobody's. *)
Theorem free_memory_is_nobodys : forall s i u r b z used g, sound s -> i <> u ->
  get u (s_regions s) = Some (Region b z (WUntyped used)) -> get i (s_regions s) = Some r ->
  not_untyped r -> b + used <= g < b + z -> ~ (r_base r <= g < r_base r + r_size r).
Proof.
  intros s i u r b z used g [_ A] N U H Nr G I.
  destruct (A i u r _ N H U) as [D|[D|D]];
    unfold disjoint, within, not_untyped in *; simpl in *; [lia| |lia].
  destruct (r_what r); [contradiction|tauto|tauto].
Qed.
