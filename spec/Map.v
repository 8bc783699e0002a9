(* SPDX-License-Identifier: BSD-2-Clause *)
(* Finite maps from numbers: what the state of Machine.v is made of. *)
Require Import NArith FMapPositive.
Module P := PositiveMap.

Definition map (A : Type) := P.t A.
Definition key (k : N) : positive := N.succ_pos k.

Definition empty {A} : map A := P.empty A.
Definition get {A} (k : N) (m : map A) : option A := P.find (key k) m.
Definition set {A} (k : N) (v : A) (m : map A) : map A := P.add (key k) v m.
Definition del {A} (k : N) (m : map A) : map A := P.remove (key k) m.
Definition fold {A B} (f : N -> A -> B -> B) (m : map A) (b : B) : B :=
  P.fold (fun p v => f (Pos.pred_N p) v) m b.

Lemma key_inj : forall a b, key a = key b -> a = b.
Proof.
  unfold key. intros a b H. apply N.succ_inj. rewrite <- !N.succ_pos_spec. rewrite H. reflexivity.
Qed.

Lemma get_empty : forall A k, get k (@empty A) = None.
Proof. intros. apply P.gempty. Qed.

Lemma get_set : forall A k j (v : A) m, get k (set j v m) = if N.eqb k j then Some v else get k m.
Proof.
  intros. unfold get, set. destruct (N.eqb_spec k j) as [->|D]; [apply P.gss|].
  apply P.gso. intros E. apply D, key_inj, E.
Qed.

Lemma get_del : forall A k j (m : map A), get k (del j m) = if N.eqb k j then None else get k m.
Proof.
  intros. unfold get, del. destruct (N.eqb_spec k j) as [->|D]; [apply P.grs|].
  apply P.gro. intros E. apply D, key_inj, E.
Qed.

(* What a fold sees are the pairs that get finds. *)
Definition pairs {A} (m : map A) : list (N * A) :=
  List.map (fun q => (Pos.pred_N (fst q), snd q)) (P.elements m).

Lemma fold_pairs : forall A B (f : N -> A -> B -> B) m b,
  fold f m b = List.fold_left (fun b q => f (fst q) (snd q) b) (pairs m) b.
Proof.
  intros. unfold fold, pairs. rewrite P.fold_1.
  revert b. induction (P.elements m) as [|q l IH]; intros b; simpl; [reflexivity|apply IH].
Qed.

Lemma in_pairs : forall A (m : map A) k v, List.In (k, v) (pairs m) <-> get k m = Some v.
Proof.
  intros. unfold pairs, get. rewrite List.in_map_iff. split.
  - intros [[p w] [E I]]. simpl in E. injection E as <- <-.
    apply P.elements_complete in I. unfold key.
    replace (N.succ_pos (Pos.pred_N p)) with p; [exact I|].
    destruct p; simpl; try rewrite Pos.succ_pred_double; try reflexivity.
  - intros F. exists (key k, v). split.
    + simpl. f_equal. unfold key. apply N.pos_pred_succ.
    + apply P.elements_correct. exact F.
Qed.
