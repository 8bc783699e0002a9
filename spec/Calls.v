(* SPDX-License-Identifier: BSD-2-Clause *)
(* Every way into the kernel: system calls, faults, interrupts, the timer (kernel/entry). *)
Require Import NArith List Bool.
From Tessera Require Import Map Refills State Machine Sched Message Destroy Objects.
Import ListNotations.
Open Scope N_scope.

(* --- Thread ----------------------------------------------------------------------------------- *)

Definition wanted : list (ty * N) :=
  [(TCNode, 3); (TAddressSpace, 2); (TFrame, 11); (TEndpoint, 2); (TEndpoint, 2)].

(* The sources that the arguments from word i on name, 0 for none; or an error. *)
Fixpoint configure_sources (t i : N) (l : list (ty * N)) : M (error * list N) :=
  match l with
  | [] => ret (EOk, [])
  | (k, rights) :: l' =>
      index <- arg t i ;; a <- slot_of t index ;;
      e <- (if index =? 0 then ret EOk else find_cap t index k rights (fun _ _ => ret EOk)) ;;
      match e with
      | EOk => q <- configure_sources t (i + 1) l' ;; ret (fst q, a :: snd q)
      | _ => ret (e, [])
      end
  end.

Definition configure_one (k : ty) (source target : N) : M unit :=
  if source =? 0 then ret tt else
  destroy_capability target ;;;
  c <- cap_at source ;;
  when (is_ty c k) (copy_cap source target right_all).

Definition thread_configure (t o : N) : M error :=
  index <- arg t 0 ;; foreign <- flag o flag_foreign ;;
  if negb (index =? 0) && foreign then ret EState else
  q <- configure_sources t 0 wanted ;;
  match q with
  | (EOk, l) =>
      each (fun x => configure_one (fst (fst x)) (snd (fst x)) (snd x))
        (combine (combine (List.map fst wanted) l) (slots_of o TThread)) ;;;
      decide ;;;
      e <- destroy_doomed ;;
      ret (match e with EOk => EOk | _ => if o =? t then EOk else ERestart end)
  | (e, _) => ret e
  end.

Definition thread_write (t o : N) : M error :=
  e <- check_registers t ;; w <- wait_at o ;;
  match e, w with
  | EOk, WSuspended => write_registers o t ;;; put_th o (set_t_fault 0) ;;; ret EOk
  | EOk, _ => ret EState
  | _, _ => ret e
  end.

Fixpoint regs_of (t : N) (l : list N) : M (list N) :=
  match l with
  | [] => ret []
  | i :: l' => v <- reg t i ;; m <- regs_of t l' ;; ret (v :: m)
  end.

Definition thread_read (t o : N) : M error :=
  short <- regs_of o registers_short ;; long <- regs_of o registers_long ;;
  b <- buffer_of t ;;
  when (negb (b =? 0))
    (each (fun q => put_mem b (fst q) (snd q)) (combine (seq_N 8 13) (long ++ [0]))) ;;;
  result t short ;;; ret EOk.

Definition thread_resume (t o : N) : M error :=
  p <- cap_at (space_slot o) ;; c <- cap_at (cspace_slot o) ;; foreign <- flag o flag_foreign ;;
  if null p || (null c && negb foreign) then ret EState else
  w <- wait_at o ;;
  match w with
  | WSuspended => repeat_fault o ;;; wake o ;;; ret EOk
  | _ => ret EOk
  end.

Definition thread_suspend (t o : N) : M error :=
  w <- wait_at o ;;
  match w with
  | WSuspended => ret EOk
  | _ =>
      when (o =? t) (put_reg t r_ax 0) ;;;
      cancel o ;;;
      h <- th_at o ;;
      (if negb (t_fault h =? 0) then repeat_fault o
       else when (negb (is_ready w)) (put_reg o r_ax (code ECancelled))) ;;;
      ret EOk
  end.

Definition ntfn_set_bound (n t : N) : M unit :=
  x <- ntfn_at n ;; put_ntfn n (Nt (n_bits x) (n_queue x) t).

Definition thread_bind (t o : N) : M error :=
  i <- arg t 0 ;; h <- th_at o ;;
  if i =? 0
  then when (negb (t_ntfn h =? 0)) (ntfn_set_bound (t_ntfn h) 0) ;;;
       put_th o (set_t_ntfn 0) ;;; ret EOk
  else find_cap t i TNotification 1 (fun _ c =>
    n <- ntfn_at (c_obj c) ;;
    if negb (t_ntfn h =? 0) || negb (n_bound n =? 0) || negb (Nat.eqb (length (n_queue n)) 0)
    then ret EState
    else ntfn_set_bound (c_obj c) o ;;; put_th o (set_t_ntfn (c_obj c)) ;;;
         when (negb (n_bits n =? 0)) (signal_bound (c_obj c) o) ;;; ret EOk).

Definition thread_set_flags (t o : N) : M error :=
  v <- arg t 0 ;; c <- cap_at (cspace_slot o) ;;
  if 3 <? v then ret EArg
  else if N.testbit v 0 && negb (null c) then ret EState
  else put_th o (set_t_flags v) ;;; ret EOk.

Definition wait_numbers (w : wait) : N * N :=
  match w with
  | WSuspended => (0, 0) | WReady => (1, 0) | WSending e _ _ _ => (2, e)
  | WReceiving e _ => (3, e) | WReply r _ => (4, r) | WSignal n => (5, n)
  end.

Definition thread_inspect (t o : N) : M error :=
  w <- wait_at o ;; h <- th_at o ;;
  result t [fst (wait_numbers w); snd (wait_numbers w); t_sc h; t_flags h; t_fault h] ;;; ret EOk.

Definition thread_set_tls (t o : N) : M error :=
  v <- arg t 0 ;;
  if user_end <=? v then ret EArg else put_reg o r_fs v ;;; ret EOk.

(* --- Time ------------------------------------------------------------------------------------- *)

Definition context_bind (t x : N) : M error :=
  i <- arg t 0 ;;
  find_cap t i TThread 2 (fun _ c =>
  y <- sc_at x ;; h <- th_at (c_obj c) ;;
  if negb (x_holder y =? 0) || negb (Nat.eqb (length (x_stack y)) 0)
     || negb (t_sc h =? 0) || negb (t_lent h =? 0)
  then ret EState else bind_context x (c_obj c) ;;; ret EOk).

Definition context_unbind (x : N) : M error :=
  y <- sc_at x ;;
  match x_stack y with
  | t :: _ => take_away t ;;; ret ERestart
  | [] => unbind_context x ;;; ret EOk
  end.

Definition context_consumed (t x : N) : M error :=
  charge_now ;;;
  y <- sc_at x ;; b <- budget_at x ;;
  result t [b_consumed b; b_budget b; b_period b; x_prio y; if x_holder y =? 0 then 0 else 1] ;;;
  ret EOk.

Definition context_yield (x : N) : M error :=
  u <- gets s_cpu ;; when (x =? u_sc u) yield ;;; ret EOk.

Definition period_max : N := 4611686018427387904.

Definition cpu_configure (t : N) (c : cap) : M error :=
  i <- arg t 0 ;; amount <- arg t 1 ;; period <- arg t 2 ;; prio <- arg t 3 ;;
  find_cap t i TSchedContext 2 (fun _ x =>
  if (c_badge c <? prio) || (priorities <=? prio) || (period <? 1000) || (period_max <? period)
     || (period <? amount) || (negb (amount =? 0) && (amount <? 1000))
  then ret EArg
  else configure_context (c_obj x) amount period prio ;;; ret EOk).

Definition cpu_clock (t : N) : M error :=
  now <- cpu_now ;; result t [now; ticks_per_second] ;;; ret EOk.

(* --- Address spaces --------------------------------------------------------------------------- *)

Definition space_supply (t p : N) : M error :=
  i <- arg t 0 ;;
  find_cap t i TUntyped 0 (fun a c =>
  let size := c_badge c in
  if negb (N.land (c_obj c) 63 =? 0) || (size =? 0) || negb (N.land size 63 =? 0) || (65536 <? size)
  then ret EArg else
  l <- gets (children a) ;;
  if negb (Nat.eqb (length l) 0) then ret EState else
  go <- start_afresh a ;;
  if negb go then ret ERestart else
  c <- cap_at a ;;
  guard (c_rights c <=? size) ;;;
  if negb (c_rights c =? size) then _ <- clear_memory a 0 size ;; ret ERestart else
  to_tables (c_reg c) ;;;
  edit_cap a (fun c => if is_ty c TUntyped then Cap TTables 0 p (N.shiftr (c_badge c) 6) 0 0
                       else c) ;;;
  put_space p (fun x => set_p_free (p_free x + N.shiftr size 6)
                        (set_p_supplies (a :: p_supplies x) x)) ;;;
  ret EOk).

Inductive action := DoMap | DoUnmap | DoProtect.

Definition frame_act (what : action) (p a vaddr flags : N) : M error :=
  c <- cap_at a ;;
  x <- space_at p ;;
  if null c then ret ECap
  else if negb (is_frame (c_ty c)) then ret EType
  else match what with
  | DoMap =>
      stands <- asid_space (c_badge c) ;;
      match check_map c vaddr flags with
      | EOk => if negb (c_badge c =? 0) && negb (stands =? 0) then ret EState
               else map_frame p a c vaddr flags
      | e => ret e
      end
  | _ =>
      if (c_badge c =? 0) || negb (c_badge c =? p_asid x) then ret EState else
      match what, check_map c (c_extra c) flags with
      | DoProtect, EOk =>
          o <- mapping c ;;
          match o with
          | Some (_, k, l) =>
              reflag p k (Leaf (f_frame l) flags (N.testbit (c_rights c) 3)) ;;; ret EOk
          | None => ret EState
          end
      | DoProtect, e => ret e
      | _, _ => unmap a ;;; ret EOk
      end
  end.

(* Where the next frame comes. *)
Definition next_place (what : action) (c : cap) (vaddr : N) : N :=
  match what with DoMap => vaddr + N.shiftl 1 (span (level_of (c_ty c))) | _ => vaddr end.

Fixpoint range_some (steps : nat) (what : action) (t p : N) (d : cap) (flags first count vaddr : N)
  : M error :=
  match steps with
  | O => ret ERestart
  | S steps' =>
      let a := c_obj d + first in
      c <- cap_at a ;;
      e <- frame_act what p a vaddr flags ;;
      match e with
      | EOk =>
          if count =? 1 then ret EOk else
          put_reg t 1 (first + 1) ;;; put_reg t 2 (count - 1) ;;;
          match what with DoMap => put_reg t 3 (next_place what c vaddr) | _ => ret tt end ;;;
          range_some steps' what t p d flags (first + 1) (count - 1) (next_place what c vaddr)
      | _ => ret e
      end
  end.

Definition space_range (what : action) (t p : N) : M error :=
  index <- arg t 0 ;; first <- arg t 1 ;; count <- arg t 2 ;;
  vaddr <- arg t 3 ;; flags <- arg t (match what with DoMap => 4 | _ => 3 end) ;;
  find_cnode t index 1 (fun _ c =>
  if (count =? 0) || (range_count <? count) then ret EArg
  else if negb (in_range c first count) then ret ECap
  else steps <- gets (fun s => l_range (s_lim s)) ;;
       range_some (N.to_nat steps) what t p c flags first count vaddr).

(* --- Which operation -------------------------------------------------------------------------- *)

(* The operation of a type with a label: rights it needs, words it answers, what it does. *)
Record operation := Op { op_right : N; op_results : N; op_act : M error }.

Definition operation_of (t slot : N) (c : cap) (label : N) : option operation :=
  let o := c_obj c in
  match c_ty c, label with
  | (TUntyped | TDevice), 1 => Some (Op 0 0 (retype t slot))
  | TCNode, 1 => Some (Op 2 0 (cnode_copy t c))
  | TCNode, 2 => Some (Op 2 0 (cnode_mint t c))
  | TCNode, 3 => Some (Op 2 0 (cnode_move t c))
  | TCNode, 4 => Some (Op 2 0 (cnode_delete t slot))
  | TCNode, 5 => Some (Op 2 0 (cnode_revoke t slot))
  | TCNode, 6 => Some (Op 1 6 (cnode_inspect t slot))
  | TThread, 1 => Some (Op 2 0 (thread_configure t o))
  | TThread, 2 => Some (Op 2 0 (thread_write t o))
  | TThread, 3 => Some (Op 1 8 (thread_read t o))
  | TThread, 4 => Some (Op 2 0 (thread_resume t o))
  | TThread, 5 => Some (Op 2 0 (thread_suspend t o))
  | TThread, 6 => Some (Op 2 0 (thread_bind t o))
  | TThread, 7 => Some (Op 2 0 (thread_set_flags t o))
  | TThread, 8 => Some (Op 1 5 (thread_inspect t o))
  | TThread, 9 => Some (Op 2 0 (thread_set_tls t o))
  | TSchedContext, 1 => Some (Op 2 0 (context_bind t o))
  | TSchedContext, 2 => Some (Op 2 0 (context_unbind o))
  | TSchedContext, 3 => Some (Op 1 5 (context_consumed t o))
  | TSchedContext, 4 => Some (Op 1 0 (context_yield o))
  | TAddressSpace, 1 => Some (Op 2 0 (space_supply t o))
  | TAddressSpace, 2 => Some (Op 2 0 (space_range DoMap t o))
  | TAddressSpace, 3 => Some (Op 2 0 (space_range DoUnmap t o))
  | TAddressSpace, 4 => Some (Op 2 0 (space_range DoProtect t o))
  | (TFrame | TLargeFrame | THugeFrame), 1 =>
      Some (Op 1 1 (result t [N.shiftl o 6] ;;; ret EOk))
  | TInterrupt, 1 => Some (Op 2 0 (bind_notification t (o + 1)))
  | TInterrupt, 2 => Some (Op 2 0 (irq_acknowledge o))
  | TTimer, 1 => Some (Op 2 0 (bind_notification t (o + 1)))
  | TTimer, 2 => Some (Op 2 0 (timer_set_op t o))
  | TTimer, 3 => Some (Op 2 0 (drop_due o ;;; ret EOk))
  | TIoPort, 1 => Some (Op 1 1 (port_read t c))
  | TIoPort, 2 => Some (Op 2 0 (port_write t c))
  | TCpu, 1 => Some (Op 2 0 (cpu_configure t c))
  | TCpu, 2 => Some (Op 1 2 (cpu_clock t))
  | TIrqControl, 1 => Some (Op 2 0 (irq_attach t))
  | TIrqControl, 2 => Some (Op 2 2 (irq_attach_message t))
  | _, _ => None
  end.

Definition invoke (t slot : N) (c : cap) : M error :=
  tag <- reg t r_tag ;;
  match operation_of t slot c (tag_label tag) with
  | None => ret EOp
  | Some op =>
      if lacks (op_right op) (c_rights c) then ret ERights else
      e <- op_act op ;;
      match e with
      | EOk => put_reg t r_di 0 ;;; put_reg t r_tag (op_results op) ;;; ret EOk
      | _ => ret e
      end
  end.

(* --- The four calls --------------------------------------------------------------------------- *)

Definition send_checked (t : N) (c : cap) (calls may_wait : bool) : M error :=
  tag <- reg t r_tag ;;
  if negb (is_w (c_rights c)) then ret ERights
  else if N.testbit tag 63 then ret EMessage
  else e <- check_message t (is_g (c_rights c)) ;;
       match e with EOk => send t c calls may_wait | _ => ret e end.

Definition do_send (t : N) (c : cap) (may_wait : bool) : M error :=
  match c_ty c with
  | TEndpoint => send_checked t c false may_wait
  | TNotification =>
      if is_w (c_rights c) then signal (c_obj c) (c_badge c) ;;; ret EOk else ret ERights
  | TReply => answer t (c_obj c)
  | _ => ret EType
  end.

(* The Reply object that a Recv is to fill: none for index 0. *)
Definition find_reply (t : N) (then_ : option N -> M error) : M error :=
  i <- reg t r_bx ;; a <- slot_of t i ;; c <- cap_at a ;;
  if i =? 0 then then_ None
  else if (a =? 0) || null c then ret ECap
  else if is_ty c TReply then then_ (Some (c_obj c)) else ret EType.

Definition do_recv (t : N) (c : cap) (may_wait : bool) : M error :=
  match c_ty c with
  | TNotification => if is_r (c_rights c) then wait_signal t (c_obj c) may_wait else ret ERights
  | TEndpoint =>
      if negb (is_r (c_rights c)) then ret ERights else
      find_reply t (fun r =>
        match r with
        | None => recv t (c_obj c) None may_wait
        | Some r' =>
            x <- reply_at r' ;;
            match x with
            | RIdle => recv t (c_obj c) r may_wait
            | _ => ret EState
            end
        end)
  | _ => ret EType
  end.

Definition do_reply_recv (t : N) (c : cap) (may_wait : bool) : M error :=
  if negb (is_ty c TEndpoint) then ret EType
  else if negb (is_r (c_rights c)) then ret ERights
  else find_reply t (fun r =>
    match r with
    | None => ret ECap
    | Some r' =>
        e <- answer t r' ;;
        match e with
        | EOk =>
            e <- recv t (c_obj c) r may_wait ;;
            (* the answer is given: only the other half is made again *)
            match e with
            | ERestart => put_reg t r_ax (if may_wait then 2 else 18) ;;; ret ERestart
            | _ => ret e
            end
        | _ => ret e
        end
    end).

Definition decode (t : N) : M error :=
  number <- reg t r_ax ;; i <- reg t r_di ;; a <- slot_of t i ;; c <- cap_at a ;;
  let may_wait := number <? 16 in
  let n := if number <? 32 then N.land number 15 else 16 in
  if 3 <? n then ret ECall
  else if (a =? 0) || null c then ret ECap
  else match n with
  | 0 => if is_ty c TEndpoint then send_checked t c true may_wait else invoke t a c
  | 1 => do_send t c may_wait
  | 2 => do_recv t c may_wait
  | _ => do_reply_recv t c may_wait
  end.

(* --- Leaving ---------------------------------------------------------------------------------- *)

Definition reschedule_if : M unit :=
  u <- gets s_cpu ;; when (u_decide u || u_switch u) reschedule.

(* Whose budget ran out is told, if it wants to know. *)
Definition tell_expired (t : N) : M unit :=
  put_cpu (set_u_expired 0) ;;;
  c <- cap_at (timeout_slot t) ;; w <- wait_at t ;; h <- th_at t ;;
  when (is_ty c TEndpoint && is_ready w)
    (b <- budget_at (t_sc h) ;; raise t fault_timeout (b_consumed b) 0) ;;;
  go_on.

(* The last thing that an entry does. *)
Definition tell : M unit :=
  u <- gets s_cpu ;; when (negb (u_expired u =? 0)) (tell_expired (u_expired u)).

(* --- Short ways: what calls and faults mostly come to, without a decision who runs ------------ *)

Record server := Server { v_thread : N; v_reply : N }.

(* Who waits on the endpoint, and would run on its caller's context. *)
Definition server_of (e : N) : M (option server) :=
  q <- ep_at e ;;
  match q with
  | (false, t :: _) =>
      w <- wait_at t ;; h <- th_at t ;; borrow <- flag t flag_borrow ;; p <- cap_at (space_slot t) ;;
      ret (match reply_option w with
           | Some r => if receives_at e w && ((t_sc h =? 0) || borrow) && negb (c_obj p =? 0)
                       then Some (Server t r) else None
           | None => None
           end)
  | _ => ret None
  end.

Definition run_thread (t : N) : M unit := put_cpu (set_u_thread t).

(* t waits for v's answer, and v goes on in its place, on its context. *)
Definition pass_to (t e : N) (v : server) (grant : bool) : M unit :=
  ep_remove e (v_thread v) ;;;
  disarm (v_thread v) WReady ;;;
  owe_reply t (v_reply v) grant ;;;
  hand_over t (v_thread v) ;;;
  run_thread (v_thread v).

Definition is_short (tag : N) : bool := N.land tag 65535 <=? 8.

(* The result is whether it was taken. *)
Definition short_call (t : N) : M bool :=
  i <- reg t r_di ;; tag <- reg t r_tag ;; a <- slot_of t i ;; c <- cap_at a ;;
  if (a =? 0) || negb (is_ty c TEndpoint) || negb (is_w (c_rights c)) || negb (is_short tag)
     || N.testbit tag 63 then ret false else
  o <- server_of (c_obj c) ;;
  match o with
  | None => ret false
  | Some v =>
      copy_words t (v_thread v) ;;; put_reg (v_thread v) r_ax 0 ;;;
      put_reg (v_thread v) r_di (c_badge c) ;;; put_reg (v_thread v) r_tag tag ;;;
      pass_to t (c_obj c) v (is_g (c_rights c)) ;;; ret true
  end.

(* Nothing waits for the server, neither a message nor a signal. *)
Definition nothing_waits (t e : N) : M bool :=
  q <- ep_at e ;; h <- th_at t ;; n <- gets (fun s => get (t_ntfn h) (s_ntfns s)) ;;
  ret (match q with (true, _ :: _) => false | _ => true end
       && match n with Some x => n_bits x =? 0 | None => true end).

(* The caller has its context back, and the server waits for the next. *)
Definition pass_back (t c e r : N) : M unit :=
  h <- th_at t ;;
  let x := t_sc h in
  end_call c WReady ;;;
  leave_lenders c ;;;
  put_sc x (set_x_holder c) ;;; put_th c (set_t_sc x) ;;;
  put_th t (fun h => set_t_sc (t_own h) (set_t_own 0 h)) ;;;
  arm t e r ;;; ep_add e t false ;;;
  run_thread c.

(* Who lent the running context last, and waits for this answer, with an address space. *)
Definition waits_for_answer (c : N) : M bool :=
  u <- gets s_cpu ;; x <- sc_at (u_sc u) ;; p <- cap_at (space_slot c) ;;
  ret (match x_stack x with y :: _ => (y =? c) && negb (c_obj p =? 0) | [] => false end).

Definition short_reply_recv (t : N) : M bool :=
  i <- reg t r_di ;; j <- reg t r_bx ;; tag <- reg t r_tag ;;
  a <- slot_of t i ;; c <- cap_at a ;; b <- slot_of t j ;; d <- cap_at b ;;
  if (a =? 0) || (b =? 0) || negb (is_ty c TEndpoint) || negb (is_r (c_rights c))
     || negb (is_ty d TReply) then ret false else
  x <- reply_at (c_obj d) ;;
  match x with
  | RHolds y =>
      ok <- waits_for_answer y ;; h <- th_at y ;; idle <- nothing_waits t (c_obj c) ;;
      if negb ok || negb idle then ret false
      else if t_fault h =? 0
      then
        if negb (is_short tag) then ret false else
        copy_words t y ;;; put_reg y r_ax 0 ;;; put_reg y r_di 0 ;;; put_reg y r_tag tag ;;;
        pass_back t y (c_obj c) (c_obj d) ;;; ret true
      else
        let words := N.land tag 65535 in
        if (1 <? words) || ((words =? 1) && negb (t_fault h =? fault_syscall)) then ret false else
        put_th y (set_t_fault 0) ;;;
        when (words =? 1) (w <- reg t 0 ;; put_reg y r_ax w) ;;;
        pass_back t y (c_obj c) (c_obj d) ;;; ret true
  | _ => ret false
  end.

(* A fault: the handler goes on in the thread's place, or the complete way. *)
Definition raise_from_user (t label a b : N) : M unit :=
  _ <- th_at t ;; c <- cap_at (handler_slot t) ;;
  o <- (if is_ty c TEndpoint && is_w (c_rights c) then server_of (c_obj c) else ret None) ;;
  match o with
  | Some v =>
      put_th t (fun h => set_t_fault label (set_t_fa a (set_t_fb b h))) ;;;
      fault_message t (v_thread v) ;;;
      put_reg (v_thread v) r_ax 0 ;;; put_reg (v_thread v) r_di (c_badge c) ;;;
      pass_to t (c_obj c) v (is_g (c_rights c))
  | None => raise t label a b ;;; reschedule_if
  end.

(* --- Entries ---------------------------------------------------------------------------------- *)

Definition conclude (t : N) (e : error) : M unit :=
  w <- gets (fun s => get t (s_waits s)) ;;
  match e, w with
  | ERestart, _ => ip <- reg t r_ip ;; put_reg t r_ip (ip - 2)
  | EOk, Some WReady => put_reg t r_ax 0
  | EOk, _ => ret tt
  | _, _ => put_reg t r_ax (code e)
  end.

Definition complete_way (t : N) : M unit :=
  _ <- th_at t ;; e <- decode t ;; conclude t e ;;; reschedule_if.

Definition system_call : M unit :=
  u <- gets s_cpu ;;
  let t := u_thread u in
  foreign <- flag t flag_foreign ;;
  if foreign : bool then raise_from_user t fault_syscall 0 0 else
  number <- reg t r_ax ;;
  done <- (if number =? 0 then short_call t
           else if number =? 3 then short_reply_recv t else ret false) ;;
  if done : bool then ret tt else complete_way t.

Fixpoint fire_timers (n : nat) (ties : list N) : M unit :=
  match n with
  | O => ret tt
  | S n' =>
      o <- take_due ties ;;
      match o with
      | Some x =>
          k <- kind_of x ;;
          when (ty_beq k TTimer) (bound_signal (x + 1)) ;;; fire_timers n' ties
      | None => ret tt
      end
  end.

Definition timer_interrupt (ties : list N) : M unit :=
  put_cpu (set_u_timer word_max) ;;;
  n <- gets (fun s => l_timers (s_lim s)) ;;
  fire_timers (N.to_nat n) ties ;;; reschedule_if.

Definition device_interrupt (v : N) : M unit :=
  i <- irq_find (fun x => i_vector x =? v) ;;
  (if i =? 0 then ret tt else
   x <- irq_at i ;;
   put_irq i (Irq (i_vector x) (i_line x) (i_level x) true) ;;;
   bound_signal (i + 1)) ;;;
  reschedule_if.

Definition exception (vector code_ address : N) : M unit :=
  u <- gets s_cpu ;;
  if vector =? 14 then raise_from_user (u_thread u) fault_page address code_
  else raise_from_user (u_thread u) fault_exception vector code_.

(* What happens: to the kernel, and what programs do with their own registers and memory. *)
Inductive event :=
| SystemCall
| SystemCallComplete (* without a short way *)
| Exception (vector code_ address : N)
| Timer (ties : list N)
| Device (vector : N)
| Time (now : N)
| Register (t i v : N)
| Memory (page i v : N).

Definition enter_kernel (e : event) : M unit :=
  match e with
  | SystemCall => system_call
  | SystemCallComplete => u <- gets s_cpu ;; complete_way (u_thread u)
  | Exception v c a => exception v c a
  | Timer ties => timer_interrupt ties
  | Device v => device_interrupt v
  | Time now => old <- cpu_now ;; guard (old <=? now) ;;; put_cpu (set_u_now now)
  | Register t i v => put_reg t i v
  | Memory page i v => put_mem page i v
  end.

Definition step (e : event) : M unit := enter_kernel e ;;; tell.
