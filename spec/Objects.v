(* SPDX-License-Identifier: BSD-2-Clause *)
(* Operations on kernel objects (abi/abi.yaml, kernel/object): each an outcome, and what it does. *)
Require Import NArith List Bool.
From Tessera Require Import Map Refills State Machine Sched Message Destroy.
Import ListNotations.
Open Scope N_scope.

(* The machine of the comparison, kernel/arch/host: its vectors, lines, ports and clock. *)
Definition vectors : list N := seq_N 48 16.
Definition line_exists (l : N) : bool := (l <? 24) && negb (l =? 2).
Definition port_value (port width : N) : N := port * 8 + width.
Definition ticks_per_second : N := 1000000.

Definition number_of (t : ty) : N :=
  match t with
  | TNull => 0 | TUntyped => 1 | TDevice => 2 | TCNode => 3 | TEndpoint => 4 | TNotification => 5
  | TReply => 6 | TThread => 7 | TSchedContext => 8 | TAddressSpace => 9 | TFrame => 10
  | TLargeFrame => 11 | THugeFrame => 12 | TInterrupt => 13 | TTimer => 14 | TIoPort => 15
  | TCpu => 16 | TIrqControl => 17 | TTables => 18
  end.
Definition all_types : list ty :=
  [TNull; TUntyped; TDevice; TCNode; TEndpoint; TNotification; TReply; TThread; TSchedContext;
   TAddressSpace; TFrame; TLargeFrame; THugeFrame; TInterrupt; TTimer; TIoPort; TCpu; TIrqControl;
   TTables].
Definition type_of (n : N) : ty :=
  match find (fun t => number_of t =? n) all_types with Some t => t | None => TNull end.

Definition arg (t i : N) : M N := reg t i.
Definition result (t : N) (l : list N) : M unit :=
  each (fun q => put_reg t (fst q) (snd q)) (combine (seq_N 0 8) l).

(* --- Finding what arguments name -------------------------------------------------------------- *)

Definition lacks (right rights : N) : bool := negb (bits right rights).

Definition find_cap (t i : N) (k : ty) (right : N) (then_ : N -> cap -> M error) : M error :=
  a <- slot_of t i ;; c <- cap_at a ;;
  if (a =? 0) || null c then ret ECap
  else if negb (is_ty c k) then ret EType
  else if lacks right (c_rights c) then ret ERights
  else then_ a c.

(* 0 is the caller's own CSpace. *)
Definition find_cnode (t i right : N) (then_ : N -> cap -> M error) : M error :=
  a <- (if i =? 0 then ret (cspace_slot t) else slot_of t i) ;;
  c <- cap_at a ;;
  if (a =? 0) || null c then ret ECap
  else if negb (is_ty c TCNode) then ret EType
  else if N.land (c_rights c) right =? 0 then ret ERights
  else then_ a c.

Definition in_range (c : cap) (first count : N) : bool :=
  negb (first =? 0) && (first <? c_badge c) && (count <=? c_badge c - first).

(* --- Untyped ---------------------------------------------------------------------------------- *)

Definition object_size (k : ty) (size : N) : N :=
  match k with
  | TUntyped => if (N.land size 63 =? 0) && (size <=? N.shiftr word_max 6) then size else 0
  | TCNode => if (2 <=? size) && (size <=? 1048576) then size else 0
  | _ => if negb (size =? 0) then 0 else
    match k with
    | TEndpoint | TNotification | TReply | TAddressSpace => 1
    | TThread => 24 | TSchedContext => 6 | TInterrupt | TTimer => 2
    | TFrame => 64 | TLargeFrame => 32768 | THugeFrame => 16777216
    | _ => 0
    end
  end.

(* Alignment, as a power of two. *)
Definition alignment (k : ty) : N :=
  match k with TUntyped | TFrame => 6 | TLargeFrame => 15 | THugeFrame => 24 | _ => 0 end.

Definition next_start (c : cap) (used : N) (k : ty) : N :=
  let a := alignment k in
  N.shiftl (N.shiftr (c_obj c + used + N.ones a) a) a - c_obj c.

Definition made_of (k : ty) : what :=
  match k with TUntyped => WUntyped 0 | TFrame | TLargeFrame | THugeFrame => WUser | _ => WObject end.

(* The memory below `end_` is clear; ERestart: enough for one go. *)
Definition clear_memory (slot used end_ : N) : M error :=
  c <- cap_at slot ;;
  step <- gets (fun s => l_clear (s_lim s)) ;;
  let clear := N.max (c_rights c) used in
  if end_ <=? clear then ret EOk else
  let n := N.min (end_ - clear) step in
  edit_cap slot (fun c => if has_memory (c_ty c) then set_c_rights (clear + n) c else c) ;;;
  ret (if clear + n <? end_ then ERestart else EOk).

(* The fields that an object begins with. *)
Definition new_object (k : ty) (o size : N) : M error :=
  match k with
  | TCNode => put_cnode o (size, 0) ;;; ret EOk
  | TEndpoint => put_ep o (false, []) ;;; ret EOk
  | TNotification => put_ntfn o (Nt 0 [] 0) ;;; ret EOk
  | TReply => new_reply o ;;; ret EOk
  | TThread => new_thread_wait o ;;; new_th o ;;; clear_regs o ;;;
               put_reg o r_flags (user_flags 0) ;;; ret EOk
  | TSchedContext => new_budget o ;;; new_sc o ;;; ret EOk
  | TAddressSpace =>
      n <- asid_take o ;; if n =? 0 then ret EMemory else new_space o n ;;; ret EOk
  | TInterrupt => put_irq o (Irq 0 0 false false) ;;; ret EOk
  | _ => ret EOk
  end.

Definition made_rights (u k : ty) : N :=
  match k, u with TUntyped, _ => 0 | _, TUntyped => 15 | _, _ => 7 end.

(* Within what the capability stands for. *)
Definition is_memory (c : cap) : bool := is_ty c TUntyped || is_ty c TDevice.
Definition within (u : cap) (o n : N) : bool :=
  is_memory u && (c_obj u <=? o) && (o + n <=? c_obj u + c_badge u).

Definition make_one (slot to : N) (k : ty) (n size : N) : M error :=
  u <- cap_at slot ;;
  used <- region_used (c_reg u) ;;
  let o := c_obj u + next_start u used k in
  guard (within u o n) ;;;
  e <- new_object k o size ;;
  match e with
  | EOk =>
      i <- make_region (c_reg u) o n (made_of k) ;;
      when (counted k) (put_kind o (k, i)) ;;;
      when (ty_beq k TFrame) (clear_mem o) ;;;
      put_cap slot to (Cap (if ty_beq k TUntyped then c_ty u else k) o (made_rights (c_ty u) k)
        (match k with TUntyped => n | TCNode => size | _ => 0 end) 0 i) ;;;
      ret EOk
  | _ => ret e
  end.

Fixpoint make_some (steps : nat) (t slot : N) (c : cap) (k : ty) (n size first count : N)
  : M error :=
  match steps with
  | O => ret ERestart
  | S steps' =>
      e <- make_one slot (c_obj c + first) k n size ;;
      match e with
      | EOk =>
          put_reg t 3 (first + 1) ;;; put_reg t 4 (count - 1) ;;;
          if count =? 1 then ret EOk
          else make_some steps' t slot c k n size (first + 1) (count - 1)
      | _ => ret e
      end
  end.

Fixpoint all_empty (n : nat) (a : N) : M bool :=
  match n with
  | O => ret true
  | S n' => c <- cap_at a ;; if null c then all_empty n' (a + 1) else ret false
  end.

(* All that was made of it is gone: it is used from the start again, but not before all of it has
   been dismantled. The result is whether to go on. *)
Definition start_afresh (slot : N) : M bool :=
  c <- cap_at slot ;; l <- gets (children slot) ;; used <- region_used (c_reg c) ;;
  match l with
  | [] =>
      if used =? 0 then ret true else
      d <- gets s_doomed ;;
      match d with
      | [] =>
          afresh (c_reg c) ;;;
          edit_cap slot (fun c => if has_memory (c_ty c) then set_c_rights 0 c else c) ;;; ret true
      | _ => _ <- destroy_doomed ;; ret false
      end
  | _ => ret true
  end.

Definition is_device_type (k : ty) : bool := ty_beq k TUntyped || is_frame k.

Definition retype (t slot : N) : M error :=
  number <- arg t 0 ;; size <- arg t 1 ;; index <- arg t 2 ;; first <- arg t 3 ;;
  count <- arg t 4 ;; u <- cap_at slot ;;
  let k := type_of number in
  let n := object_size k size in
  if (n =? 0) || (count =? 0) || (256 <? count) then ret EArg
  else if is_ty u TDevice && negb (is_device_type k) then ret EArg
  else find_cnode t index 2 (fun _ c =>
  if negb (in_range c first count) then ret ECap else
  free <- all_empty (N.to_nat count) (c_obj c + first) ;;
  if negb free then ret ESlot else
  go <- start_afresh slot ;;
  if negb go then ret ERestart else
  u <- cap_at slot ;; used <- region_used (c_reg u) ;;
  let start := next_start u used k in
  if (c_badge u <? start) || (c_badge u - start <? n * count) then ret EMemory else
  e <- (if is_ty u TUntyped && negb (ty_beq k TUntyped)
        then clear_memory slot used (start + n * count) else ret EOk) ;;
  match e with
  | EOk => steps <- gets (fun s => l_retype (s_lim s)) ;;
           make_some (N.to_nat steps) t slot c k n size first count
  | _ => ret e
  end).

(* --- CNode ------------------------------------------------------------------------------------ *)

Definition copy_one (to from rights : N) : M error :=
  c <- cap_at from ;; d <- cap_at to ;;
  if null c then ret ECap
  else if negb (null d) then ret ESlot
  else if negb (copyable (c_ty c)) then ret EType
  else copy_cap from to rights ;;; ret EOk.

Fixpoint copy_some (steps : nat) (t : N) (d c : cap) (rights to from count : N) : M error :=
  match steps with
  | O => ret ERestart
  | S steps' =>
      e <- copy_one (c_obj d + to) (c_obj c + from) rights ;;
      match e with
      | EOk =>
          if count =? 1 then ret EOk else
          put_reg t 0 (to + 1) ;;; put_reg t 2 (from + 1) ;;; put_reg t 4 (count - 1) ;;;
          copy_some steps' t d c rights (to + 1) (from + 1) (count - 1)
      | _ => ret e
      end
  end.

Definition range_count : N := 1048576.

(* d, here and below: the CNode whose operation it is. *)
Definition cnode_copy (t : N) (d : cap) : M error :=
  to <- arg t 0 ;; index <- arg t 1 ;; from <- arg t 2 ;; rights <- arg t 3 ;; count <- arg t 4 ;;
  find_cnode t index 1 (fun _ c =>
  if (right_all <? rights) || (count =? 0) || (range_count <? count) then ret EArg
  else if negb (in_range d to count) || negb (in_range c from count) then ret ECap
  else steps <- gets (fun s => l_copy (s_lim s)) ;;
       copy_some (N.to_nat steps) t d c rights to from count).

Definition find_pair (t : N) (d : cap) (right : N) (then_ : N -> N -> M error) : M error :=
  to <- arg t 0 ;; index <- arg t 1 ;; from <- arg t 2 ;;
  find_cnode t index right (fun _ c =>
  let a := slot_in d to in
  let b := slot_in c from in
  x <- cap_at b ;; y <- cap_at a ;;
  if (a =? 0) || (b =? 0) || null x then ret ECap
  else if negb (null y) then ret ESlot else then_ a b).

Definition check_badge (c : cap) (badge : N) : error :=
  let first := N.land badge 65535 in
  let count := N.shiftr badge 16 in
  if badge =? 0 then EArg else
  match c_ty c with
  | TEndpoint | TNotification => if c_badge c =? 0 then EOk else EState
  | TCpu => if badge <=? c_badge c then EOk else EArg
  | TIoPort => if (0 <? count) && (c_obj c <=? first) && (first + count <=? c_obj c + c_badge c)
               then EOk else EArg
  | _ => EType
  end.

Definition with_badge (c : cap) (badge : N) : cap :=
  match c_ty c with
  | TIoPort => set_c_obj (N.land badge 65535) (set_c_badge (N.shiftr badge 16) c)
  | _ => set_c_badge badge c
  end.

Definition cnode_mint (t : N) (d : cap) : M error :=
  rights <- arg t 3 ;; badge <- arg t 4 ;;
  find_pair t d 1 (fun to from =>
  c <- cap_at from ;;
  if right_all <? rights then ret EArg else
  match check_badge c badge with
  | EOk => put_cap from to (with_badge (copy_of c rights) badge) ;;; ret EOk
  | e => ret e
  end).

Definition cnode_move (t : N) (d : cap) : M error :=
  find_pair t d 2 (fun to from =>
  c <- cap_at from ;;
  if is_ty c TTables then ret EType else move_cap from to ;;; ret EOk).

Definition still_cnode (slot : N) : M bool := c <- cap_at slot ;; ret (is_ty c TCNode).

(* EOk: all of them, or the capability that was used is gone. *)
Fixpoint delete_some (steps : nat) (t slot : N) : M error :=
  count <- arg t 1 ;;
  match steps with
  | O => ret EOk
  | S steps' =>
      if count =? 0 then ret EOk else
      first <- arg t 0 ;; c <- cap_at slot ;;
      e <- destroy_slot (c_obj c + first) ;;
      match e with
      | EOk =>
          still <- still_cnode slot ;;
          if negb still then ret EOk
          else if count =? 1 then put_reg t 1 0 ;;; ret EOk
          else put_reg t 0 (first + 1) ;;; put_reg t 1 (count - 1) ;;;
               delete_some steps' t slot
      | _ => ret ERestart
      end
  end.

Definition cnode_delete (t slot : N) : M error :=
  first <- arg t 0 ;; count <- arg t 1 ;; c <- cap_at slot ;;
  if range_count <? count then ret EArg
  else if negb (in_range c first count) then ret ECap
  else
    steps <- gets (fun s => l_delete (s_lim s)) ;;
    e <- delete_some (N.to_nat steps) t slot ;;
    match e with
    | EOk =>
        d <- destroy_doomed ;;
        still <- still_cnode slot ;; rest <- arg t 1 ;;
        ret (if negb still then EOk
             else match d with EOk => if rest =? 0 then EOk else ERestart | _ => ERestart end)
    | _ => ret ERestart
    end.

Fixpoint revoke_some (steps : nat) (target : N) : M error :=
  match steps with
  | O => _ <- destroy_doomed ;; ret ERestart
  | S steps' =>
      l <- gets (children target) ;;
      match l with
      | [] => destroy_doomed
      | a :: _ =>
          e <- destroy_slot a ;;
          match e with EOk => revoke_some steps' target | _ => ret ERestart end
      end
  end.

Definition cnode_revoke (t slot : N) : M error :=
  i <- arg t 0 ;; d <- cap_at slot ;;
  let a := slot_in d i in
  c <- cap_at a ;;
  if (a =? 0) || null c then ret ECap else
  steps <- gets (fun s => l_delete (s_lim s)) ;; revoke_some (N.to_nat steps) a.

Definition cnode_inspect (t slot : N) : M error :=
  i <- arg t 0 ;; d <- cap_at slot ;;
  let a := slot_in d i in
  if a =? 0 then ret ECap else
  c <- cap_at a ;; l <- gets (children a) ;; used <- region_used (c_reg c) ;;
  let memory := is_ty c TUntyped || is_ty c TDevice in
  result t [number_of (c_ty c); c_obj c;
            if has_memory (c_ty c) then 0 else c_rights c;
            if is_frame (c_ty c) then 0 else c_badge c;
            if memory then used else if is_frame (c_ty c) then c_extra c else 0;
            match l with [] => 0 | _ => 1 end] ;;;
  ret EOk.

(* --- Interrupts, timers, ports, frames -------------------------------------------------------- *)

Definition bind_notification (t holder : N) : M error :=
  i <- arg t 0 ;;
  find_cap t i TNotification 2 (fun a _ =>
  h <- cap_at holder ;;
  if negb (null h) then ret EState else copy_cap a holder 2 ;;; ret EOk).

Definition bound_signal (holder : N) : M unit :=
  c <- cap_at holder ;;
  when (is_ty c TNotification && is_w (c_rights c)) (signal (c_obj c) (c_badge c)).

Definition irq_find (f : irq -> bool) : M N :=
  gets (fun s => fold (fun i x b => if f x then i else b) (s_irqs s) 0).

Definition free_vector : M N :=
  l <- gets (fun s => fold (fun _ x l => i_vector x :: l) (s_irqs s) []) ;;
  ret (match find (fun v => negb (existsb (N.eqb v) l)) vectors with Some v => v | None => 0 end).

Definition irq_attach (t : N) : M error :=
  i <- arg t 0 ;; line <- arg t 1 ;; flags <- arg t 2 ;;
  find_cap t i TInterrupt 2 (fun _ c =>
  if negb (line_exists line) || (3 <? flags) then ret EArg else
  v <- free_vector ;; x <- irq_at (c_obj c) ;;
  taken <- irq_find (fun y => negb (i_vector y =? 0) && (i_line y =? line + 1)) ;;
  if negb (i_vector x =? 0) || negb (taken =? 0) || (v =? 0) then ret EState else
  put_irq (c_obj c) (Irq v (line + 1) (N.testbit flags 0) (i_pending x)) ;;; ret EOk).

Definition irq_attach_message (t : N) : M error :=
  i <- arg t 0 ;;
  find_cap t i TInterrupt 2 (fun _ c =>
  v <- free_vector ;; x <- irq_at (c_obj c) ;;
  if negb (i_vector x =? 0) then ret EState
  else if v =? 0 then ret EMemory
  else put_irq (c_obj c) (Irq v 0 (i_level x) (i_pending x)) ;;;
       result t [4276092928; v] ;;; ret EOk).

Definition irq_acknowledge (o : N) : M error :=
  x <- irq_at o ;;
  if i_vector x =? 0 then ret EState
  else put_irq o (Irq (i_vector x) (i_line x) (i_level x) false) ;;; ret EOk.

Definition timer_set_op (t o : N) : M error :=
  d <- arg t 0 ;; c <- cap_at (o + 1) ;; now <- cpu_now ;;
  if deadline_max <? d then ret EArg
  else if null c then ret EState
  else
    drop_due o ;;;
    (if d <=? now then bound_signal (o + 1) else due_add o d ;;; decide) ;;; ret EOk.

Definition port_inside (c : cap) (port width : N) : bool :=
  ((width =? 1) || (width =? 2) || (width =? 4)) && (c_obj c <=? port)
  && (port + width <=? c_obj c + c_badge c).

Definition port_read (t : N) (c : cap) : M error :=
  port <- arg t 0 ;; width <- arg t 1 ;;
  if port_inside c port width then result t [port_value port width] ;;; ret EOk else ret EArg.
Definition port_write (t : N) (c : cap) : M error :=
  port <- arg t 0 ;; width <- arg t 1 ;;
  ret (if port_inside c port width then EOk else EArg).
