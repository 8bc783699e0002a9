(* SPDX-License-Identifier: BSD-2-Clause *)
(* Address spaces as maps, and how capabilities and objects go (kernel/mem, kernel/object/destroy.c). *)
Require Import NArith List Bool.
From Tessera Require Import Map Refills State Machine Sched Message.
Import ListNotations.
Open Scope N_scope.

Definition level_of (t : ty) : N :=
  match t with TLargeFrame => 1 | THugeFrame => 2 | _ => 0 end.
(* Bytes that one entry of a table of this level covers, as a power of two. *)
Definition span (level : N) : N := 12 + 9 * level.
Definition leaf_key (level vaddr : N) : N := N.shiftl level 56 + vaddr.
Definition table_key (level vaddr : N) : N := N.shiftl level 56 + N.shiftr vaddr (span level).
Definition aligned_down (vaddr level : N) : N := N.shiftl (N.shiftr vaddr (span level)) (span level).

(* --- Numbers of address spaces ---------------------------------------------------------------- *)

(* 0: there are no more. *)
Definition asid_take (p : N) : M N :=
  a <- gets s_asids ;;
  match a_free a with
  | n :: l => put_asids (Asids (a_count a) (a_fresh a) l (set n p (a_live a))) ;;; ret n
  | [] =>
      if a_count a <=? a_fresh a then ret 0 else
      let n := a_count a + a_fresh a in
      put_asids (Asids (a_count a) (a_fresh a + 1) [] (set n p (a_live a))) ;;; ret n
  end.

Definition asid_drop (n : N) : M unit :=
  a <- gets s_asids ;;
  put_asids (Asids (a_count a) (a_fresh a) (n + a_count a :: a_free a) (del n (a_live a))).

(* The space that has this number now; 0: none. *)
Definition asid_space (n : N) : M N := gets (fun s => opt 0 (get n (a_live (s_asids s)))).

(* --- Mappings --------------------------------------------------------------------------------- *)

(* The mapping that a frame capability remembers, if it stands: the space and the key. *)
Definition mapping (c : cap) : M (option (N * N * leaf)) :=
  p <- asid_space (c_badge c) ;;
  if (c_badge c =? 0) || (p =? 0) then ret None else
  x <- space_at p ;;
  let k := leaf_key (level_of (c_ty c)) (c_extra c) in
  ret (match get k (p_maps x) with
       | Some l => if f_frame l =? c_obj c then Some (p, k, l) else None
       | None => None
       end).

Definition unmap (slot : N) : M unit :=
  c <- cap_at slot ;;
  o <- mapping c ;;
  edit_cap slot (fun c => if is_frame (c_ty c) then set_c_badge 0 (set_c_extra 0 c) else c) ;;;
  match o with
  | Some (p, k, _) => put_space p (fun x => set_p_maps (del k (p_maps x)) x)
  | None => ret tt
  end.

(* A table page of its own; the result is whether there was one. *)
Definition take_page (p : N) : M bool :=
  x <- space_at p ;;
  if p_free x =? 0 then ret false else put_space p (set_p_free (p_free x - 1)) ;;; ret true.

(* The tables that lead down to an entry are there afterwards. *)
Fixpoint make_tables (p vaddr : N) (levels : list N) : M error :=
  match levels with
  | [] => ret EOk
  | l :: levels' =>
      x <- space_at p ;;
      if is_some (get (table_key l vaddr) (p_tabs x)) then make_tables p vaddr levels'
      else if is_some (get (leaf_key l (aligned_down vaddr l)) (p_maps x)) then ret EState
      else ok <- take_page p ;;
           if negb ok then ret EMemory else
           put_space p (fun x => set_p_tabs (set (table_key l vaddr) tt (p_tabs x)) x) ;;;
           make_tables p vaddr levels'
  end.

Definition make_root (p : N) : M bool :=
  x <- space_at p ;;
  if p_root x then ret true else
  ok <- take_page p ;;
  if negb ok then ret false else put_space p (set_p_root true) ;;; decide ;;; ret true.

(* Are all the tables there that lead down to an entry? *)
Fixpoint has_tables (x : space) (vaddr : N) (levels : list N) : bool :=
  match levels with
  | [] => p_root x
  | l :: levels' => is_some (get (table_key l vaddr) (p_tabs x)) && has_tables x vaddr levels'
  end.

(* ERestart: tables were missing, and have been made. *)
Definition map_frame (p slot : N) (c : cap) (vaddr flags : N) : M error :=
  x <- space_at p ;;
  let l := level_of (c_ty c) in
  let levels := filter (fun i => l <? i) [3; 2; 1] in
  if negb (has_tables x vaddr levels) then
    ok <- make_root p ;;
    if negb ok then ret EMemory else
    e <- make_tables p vaddr levels ;; ret (match e with EOk => ERestart | _ => e end)
  else if is_some (get (leaf_key l vaddr) (p_maps x))
          || ((0 <? l) && is_some (get (table_key l vaddr) (p_tabs x)))
  then ret EState
  else
    show p (leaf_key l vaddr) (Leaf (c_obj c) flags (N.testbit (c_rights c) 3)) (c_reg c) ;;;
    edit_cap slot (fun c => if is_frame (c_ty c)
                            then set_c_badge (p_asid x) (set_c_extra vaddr c) else c) ;;;
    ret EOk.

(* May this frame be mapped so? *)
Definition check_map (c : cap) (vaddr flags : N) : error :=
  let bytes := span (level_of (c_ty c)) in
  let access := N.lor (N.land flags 7) 1 in
  if (128 <=? flags) || (user_end <=? vaddr) || negb (N.land vaddr (N.ones bytes) =? 0) then EArg
  else if user_end - vaddr <? N.shiftl 1 bytes then EArg
  else if N.land flags 38 =? 6 then EArg
  else if bits access (c_rights c) then EOk else ERights.

(* --- Tables come back ------------------------------------------------------------------------- *)

(* Nothing is mapped from here on, and no frame capability stands for a mapping. *)
Definition cut (p : N) : M unit :=
  x <- space_at p ;;
  asid_drop (p_asid x) ;;;
  n <- asid_take p ;;
  put_space p (fun x => Sp false 0 empty empty (p_supplies x) n).

Fixpoint tables_back (n : nat) (p : N) : M error :=
  x <- space_at p ;;
  match p_supplies x, n with
  | [], _ => ret EOk
  | _, O => ret ERestart
  | slot :: l, S n' =>
      put_space p (set_p_supplies l) ;;;
      c <- cap_at slot ;;
      from_tables (c_reg c) ;;;
      edit_cap slot (fun c => if is_ty c TTables then Cap TUntyped 0 0 (c_badge c * 64) 0 0
                              else c) ;;;
      tables_back n' p
  end.

Definition empty_space (p : N) : M error :=
  x <- space_at p ;;
  when (p_root x || negb (p_free x =? 0)) (cut p) ;;;
  n <- gets (fun s => l_empty (s_lim s)) ;;
  tables_back (N.to_nat n) p.

(* Those in this slot are the space's; it gives all that it has back. *)
Definition return_tables (slot : N) (c : cap) : M error :=
  x <- space_at (c_rights c) ;; guard (existsb (N.eqb slot) (p_supplies x)) ;;;
  empty_space (c_rights c).

(* --- Deleting --------------------------------------------------------------------------------- *)

(* Objects that go when nobody has a capability to them. *)
Definition counted (t : ty) : bool :=
  match t with
  | TCNode | TEndpoint | TNotification | TReply | TThread | TSchedContext | TAddressSpace
  | TInterrupt | TTimer => true
  | _ => false
  end.

Definition has_memory (t : ty) : bool :=
  match t with TUntyped | TDevice | TTables => true | _ => false end.

(* Is there another capability for this region? Of none, there may well be. *)
Definition others (i : N) : M bool :=
  if i =? 0 then ret true else
  gets (fun s => fold (fun _ c b => b || (c_reg c =? i)) (s_caps s) false).

(* It waits to be dismantled, behind the one that is being dismantled. *)
Definition doom (o : N) : M unit :=
  l <- gets s_doomed ;;
  put_doomed (match l with [] => [o] | d :: l' => d :: o :: l' end).

(* Of any type but Tables. *)
Definition destroy_capability (a : N) : M unit :=
  c <- cap_at a ;;
  if null c then ret tt else
  when (is_frame (c_ty c) && negb (c_badge c =? 0)) (unmap a) ;;;
  when (is_ty c TAddressSpace) decide ;;;
  drop_cap a ;;;
  more <- others (c_reg c) ;;
  when (has_memory (c_ty c) || (is_frame (c_ty c) && negb more)) (drop_region (c_reg c)) ;;;
  when (is_frame (c_ty c) && negb more) (clear_mem (c_obj c)) ;;;
  when (counted (c_ty c) && negb more) (doom (c_obj c)).

(* Tables become an Untyped first. *)
Definition destroy_slot (a : N) : M error :=
  c <- cap_at a ;;
  if is_ty c TTables then _ <- return_tables a c ;; ret ERestart
  else destroy_capability a ;;; ret EOk.

Definition empty_slots (l : list N) : M unit := each destroy_capability l.

(* --- Dismantling ------------------------------------------------------------------------------ *)

(* It is gone: what is known of it goes too. *)
Definition forget (o : N) : M unit :=
  x <- gets (fun s => get o (s_kinds s)) ;; x <- need x ;;
  match fst x with
  | TReply => forget_reply o
  | TThread => forget_wait o
  | TSchedContext => forget_budget o
  | _ => ret tt
  end ;;;
  forget_fields o ;;; drop_region (snd x) ;;;
  l <- gets s_doomed ;; put_doomed (tl l).

Definition slots_of (o : N) (k : ty) : list N :=
  match k with
  | TThread => [o + 5; o + 6; o + 7; o + 8; o + 9]
  | TTimer | TInterrupt => [o + 1]
  | _ => []
  end.

Definition dismantle_cnode (o : N) : M bool :=
  v <- gets (fun s => get o (s_cnodes s)) ;; v <- need v ;;
  let cursor := if snd v =? 0 then 1 else snd v in
  put_cnode o (fst v, cursor) ;;;
  if fst v <=? cursor then forget o ;;; ret true else
  c <- cap_at (o + cursor) ;;
  if is_ty c TTables then _ <- return_tables (o + cursor) c ;; ret false
  else put_cnode o (fst v, cursor + 1) ;;; destroy_capability (o + cursor) ;;; ret true.

Definition is_sending (w : wait) : bool := match w with WSending _ _ _ _ => true | _ => false end.

Definition dismantle_endpoint (o : N) : M bool :=
  q <- ep_at o ;;
  match snd q with
  | [] => forget o ;;; ret true
  | t :: _ =>
      w <- wait_at t ;; h <- th_at t ;;
      guard (sends_at o w || receives_at o w) ;;;
      (if is_sending w && negb (t_fault h =? 0) then cancel t else gone t) ;;; ret false
  end.

Definition dismantle_notification (o : N) : M bool :=
  n <- ntfn_at o ;;
  match n_queue n with
  | t :: _ => w <- wait_at t ;; guard (waits_at o w) ;;; gone t ;;; ret false
  | [] =>
      when (negb (n_bound n =? 0)) (put_th (n_bound n) (set_t_ntfn 0)) ;;; forget o ;;; ret true
  end.

Definition dismantle_reply (o : N) : M bool :=
  x <- reply_at o ;;
  match x with
  | RHolds _ => abandon o ;;; ret false
  | RArmed t =>
      w <- wait_at t ;;
      match w with
      | WReceiving e _ => disarm t (WReceiving e None)
      | _ => stuck
      end ;;; forget o ;;; ret true
  | RIdle => forget o ;;; ret true
  end.

Definition is_suspended (w : wait) : bool := match w with WSuspended => true | _ => false end.

Definition borrowing (h : thread) : M bool :=
  if t_sc h =? 0 then ret false else
  c <- sc_at (t_sc h) ;; ret (match x_stack c with [] => false | _ => true end).

(* Its own context, or what it runs on. *)
Definition unbind_from (t x : N) : M unit :=
  c <- sc_at x ;; guard ((x_holder c =? t) && negb (t =? 0)) ;;; unbind_context x.

Definition dismantle_thread (t : N) : M unit :=
  w <- wait_at t ;; h <- th_at t ;; b <- borrowing h ;;
  if negb (is_suspended w) || b then cancel t
  else if negb (t_lent h =? 0) then unlend t
  else if negb (t_own h =? 0) then unbind_from t (t_own h)
  else if negb (t_sc h =? 0) then unbind_from t (t_sc h)
  else
    when (negb (t_ntfn h =? 0))
      (n <- ntfn_at (t_ntfn h) ;; put_ntfn (t_ntfn h) (Nt (n_bits n) (n_queue n) 0)) ;;;
    put_cpu (fun u => set_u_thread (if u_thread u =? t then 0 else u_thread u)
                     (set_u_expired (if u_expired u =? t then 0 else u_expired u) u)) ;;;
    empty_slots (slots_of t TThread) ;;; forget t.

Definition dismantle_context (x : N) : M unit :=
  c <- sc_at x ;;
  match x_stack c with
  | t :: _ => take_away t
  | [] => unbind_context x ;;; forget x
  end.

Definition dismantle_space (p : N) : M unit :=
  e <- empty_space p ;;
  match e with
  | EOk => x <- space_at p ;; asid_drop (p_asid x) ;;; forget p
  | _ => ret tt
  end.

Definition detach (i : N) : M unit := x <- irq_at i ;; put_irq i (Irq 0 0 false (i_pending x)).

(* The result is whether there is time for more. *)
Definition dismantle (o : N) : M bool :=
  k <- kind_of o ;;
  match k with
  | TCNode => dismantle_cnode o
  | TEndpoint => dismantle_endpoint o
  | TNotification => dismantle_notification o
  | TReply => dismantle_reply o
  | TThread => dismantle_thread o ;;; ret false
  | TSchedContext => dismantle_context o ;;; ret false
  | TAddressSpace => dismantle_space o ;;; ret false
  | TInterrupt => detach o ;;; empty_slots (slots_of o TInterrupt) ;;; forget o ;;; ret false
  | TTimer => drop_due o ;;; empty_slots (slots_of o TTimer) ;;; forget o ;;; ret false
  | _ => stuck
  end.

Fixpoint dismantle_some (n : nat) : M unit :=
  l <- gets s_doomed ;;
  match l, n with
  | o :: _, S n' => more <- dismantle o ;; if more : bool then dismantle_some n' else ret tt
  | _, _ => ret tt
  end.

Definition destroy_doomed : M error :=
  n <- gets (fun s => l_doomed (s_lim s)) ;;
  dismantle_some (N.to_nat n) ;;;
  l <- gets s_doomed ;; ret (match l with [] => EOk | _ => ERestart end).
