(* SPDX-License-Identifier: BSD-2-Clause *)
(* Messages, answers, signals and faults (kernel/ipc). *)
Require Import NArith List Bool.
From Tessera Require Import Map Refills State Machine Sched.
Import ListNotations.
Open Scope N_scope.

Definition bits (m w : N) : bool := N.land m w =? m.
Definition is_r (w : N) := bits 1 w.
Definition is_w (w : N) := bits 2 w.
Definition is_g (w : N) := bits 4 w.
Definition right_all : N := 15.

Definition is_frame (t : ty) : bool :=
  match t with TFrame | TLargeFrame | THugeFrame => true | _ => false end.
Definition is_ty (c : cap) (t : ty) : bool := ty_beq (c_ty c) t.
Definition null (c : cap) : bool := is_ty c TNull.

(* Registers: words 0 to 7 of a message, then these. *)
Definition r_ax : N := 8.
Definition r_di : N := 9.
Definition r_tag : N := 10.
Definition r_bx : N := 11.
Definition r_bp : N := 12.
Definition r_ip : N := 13.
Definition r_flags : N := 14.
Definition r_sp : N := 15.
Definition r_fs : N := 16.
Definition r_gs : N := 17.
Definition r_cx : N := 18.
Definition r_11 : N := 19.

Definition code (e : error) : N :=
  match e with
  | EOk => 0 | ECall => 1 | ECap => 2 | EType => 3 | ERights => 4 | EOp => 5 | EArg => 6
  | ESlot => 7 | EMemory => 8 | EState => 9 | EAgain => 10 | EGone => 11 | EDied => 12
  | EMessage => 13 | ECancelled => 14 | ERestart => 64
  end.

Definition tag_label (t : N) : N := N.shiftr t 16.
Definition tag_words (t : N) : N := N.land t 255.
Definition tag_caps (t : N) : N := N.land (N.shiftr t 8) 255.
Definition user_end : N := 140737488351232.
Definition signal_tag : N := 18446744073709486080. (* the label that no thread can send *)
Definition user_flags (w : N) : N := N.lor (N.land w 3285) 514.

Definition fault_page : N := 1.
Definition fault_exception : N := 2.
Definition fault_syscall : N := 3.
Definition fault_timeout : N := 4.

(* --- Slots ------------------------------------------------------------------------------------ *)

Definition cspace_slot (t : N) : N := t + 5.
Definition space_slot (t : N) : N := t + 6.
Definition buffer_slot (t : N) : N := t + 7.
Definition handler_slot (t : N) : N := t + 8.
Definition timeout_slot (t : N) : N := t + 9.

(* The slot with this index of a CNode; 0: there is none. *)
Definition slot_in (c : cap) (i : N) : N :=
  if (i =? 0) || (c_badge c <=? i) then 0 else c_obj c + i.
(* A thread has a CNode that it may use there, and memory that it may write, or nothing. *)
Definition slot_of (t i : N) : M N :=
  c <- cap_at (cspace_slot t) ;;
  ret (if is_ty c TCNode && bits 3 (c_rights c) then slot_in c i else 0).
Definition buffer_of (t : N) : M N :=
  c <- cap_at (buffer_slot t) ;;
  ret (if is_ty c TFrame && is_w (c_rights c) then c_obj c else 0).

Definition copyable (t : ty) : bool :=
  match t with TUntyped | TDevice | TTables | TReply => false | _ => true end.

Definition copy_of (c : cap) (rights : N) : cap :=
  Cap (c_ty c) (c_obj c) (N.land (c_rights c) rights)
      (if is_frame (c_ty c) then 0 else c_badge c) 0 (c_reg c).
Definition copy_cap (from to rights : N) : M unit :=
  c <- cap_at from ;; put_cap from to (copy_of c rights).

(* --- Messages --------------------------------------------------------------------------------- *)

Definition seq_N (from n : nat) : list N := List.map N.of_nat (seq from n).
Fixpoint each {A} (f : A -> M unit) (l : list A) : M unit :=
  match l with [] => ret tt | a :: l' => f a ;;; each f l' end.

Definition word_of (t i : N) : M N :=
  if i <? 8 then reg t i else
  b <- buffer_of t ;; if b =? 0 then ret 0 else mem_at b i.

Definition check_message (t : N) (grant : bool) : M error :=
  tag <- reg t r_tag ;; b <- buffer_of t ;;
  if N.land tag 65535 <=? 8 then ret EOk
  else if (120 <? tag_words tag) || (4 <? tag_caps tag) then ret EMessage
  else if negb (tag_caps tag =? 0) && negb grant then ret ERights
  else if ((8 <? tag_words tag) || negb (tag_caps tag =? 0)) && (b =? 0) then ret EMessage
  else ret EOk.

(* One capability goes along. The result is where it arrived, 0 if it did not. *)
Definition carry (from to given wanted : N) : M N :=
  src <- slot_of from (N.land given 4294967295) ;;
  dst <- slot_of to wanted ;;
  c <- cap_at src ;; d <- cap_at dst ;;
  if (src =? 0) || (dst =? 0) || null c || negb (null d) then ret 0
  else if N.testbit given 40
  then if is_ty c TTables then ret 0 else move_cap src dst ;;; ret wanted
  else if negb (copyable (c_ty c)) then ret 0
  else copy_cap src dst (N.land (N.shiftr given 32) 15) ;;; ret wanted.

Definition copy_words (from to : N) : M unit :=
  each (fun i => v <- reg from i ;; put_reg to i v) (seq_N 0 8).

Definition transfer (from to : N) (grant : bool) : M unit :=
  copy_words from to ;;;
  tag <- reg from r_tag ;;
  if N.land tag 65535 <=? 8 then put_reg to r_tag tag else
  guard (grant || (tag_caps tag =? 0)) ;;;
  a <- buffer_of from ;; b <- buffer_of to ;;
  if (a =? 0) || (b =? 0)
  then put_reg to r_tag (N.shiftl (tag_label tag) 16 + N.min (tag_words tag) 8)
  else
    each (fun i => v <- mem_at a i ;; put_mem b i v)
         (seq_N 8 (N.to_nat (tag_words tag) - 8)) ;;;
    each (fun i => g <- mem_at a (120 + i) ;; w <- mem_at b (124 + i) ;;
                   v <- carry from to g w ;; put_mem b (120 + i) v)
         (seq_N 0 (N.to_nat (tag_caps tag))) ;;;
    put_reg to r_tag tag.

(* What a fault says. *)
Definition fault_message (from to : N) : M unit :=
  h <- th_at from ;;
  let put l tag := each (fun q => put_reg to (fst q) (snd q)) (combine (seq_N 0 8) l) ;;;
                   put_reg to r_tag (N.shiftl (t_fault h) 16 + tag) in
  ax <- reg from r_ax ;; di <- reg from r_di ;; tag <- reg from r_tag ;; ip <- reg from r_ip ;;
  if t_fault h =? fault_syscall
  then w0 <- reg from 0 ;; w1 <- reg from 1 ;; w2 <- reg from 2 ;; w3 <- reg from 3 ;;
       put [ax; di; tag; w0; w1; w2; w3; ip] 8
  else sp <- reg from r_sp ;; fl <- reg from r_flags ;;
       put [t_fa h; t_fb h; ip; sp; fl; 0; 0; 0] (if t_fault h =? fault_timeout then 1 else 5).

Definition deliver (from to badge : N) (grant : bool) : M unit :=
  h <- th_at from ;;
  (if t_fault h =? 0 then transfer from to grant else fault_message from to) ;;;
  put_reg to r_ax 0 ;;; put_reg to r_di badge.

(* --- Queues ----------------------------------------------------------------------------------- *)

Definition without (t : N) (l : list N) : list N := filter (fun x => negb (x =? t)) l.
Definition ep_remove (e t : N) : M unit :=
  q <- ep_at e ;; put_ep e (fst q, without t (snd q)).
Definition ep_add (e t : N) (senders : bool) : M unit :=
  q <- ep_at e ;; put_ep e (senders, snd q ++ [t]).
Definition ntfn_remove (n t : N) : M unit :=
  x <- ntfn_at n ;; put_ntfn n (Nt (n_bits x) (without t (n_queue x)) (n_bound x)).
Definition ntfn_add (n t : N) : M unit :=
  x <- ntfn_at n ;; put_ntfn n (Nt (n_bits x) (n_queue x ++ [t]) (n_bound x)).
Definition ntfn_set_bits (n v : N) : M unit :=
  x <- ntfn_at n ;; put_ntfn n (Nt v (n_queue x) (n_bound x)).

(* --- Waiting ---------------------------------------------------------------------------------- *)

Definition wake (t : N) : M unit := set_wait t WReady ;;; settle_of t.

Definition finish (t : N) (e : error) : M unit :=
  put_reg t r_ax (code e) ;;; put_reg t r_di 0 ;;; put_reg t r_tag 0 ;;; wake t.

(* Who waited in Recv has been found by a message or a signal. *)
Definition leave_recv (t : N) (w : wait) : M unit :=
  v <- wait_at t ;;
  match v with WReceiving _ (Some _) => disarm t w | _ => set_wait t w end.

(* Whatever it waits for or does, it does so no longer. *)
Definition leave (t : N) : M unit :=
  w <- wait_at t ;;
  match w with
  | WSending e _ _ _ => ep_remove e t ;;; set_wait t WSuspended
  | WReceiving e _ => ep_remove e t ;;; leave_recv t WSuspended
  | WReply _ _ => end_call t WSuspended
  | WSignal n => ntfn_remove n t ;;; set_wait t WSuspended
  | WReady => block t ;;; set_wait t WSuspended
  | WSuspended => ret tt
  end.

Definition cancel (t : N) : M unit := leave t ;;; give_back t.
Definition gone (t : N) : M unit := leave t ;;; finish t EGone.

(* Its system call, if that is what it faulted with, is made again. *)
Definition repeat_fault (t : N) : M unit :=
  h <- th_at t ;;
  when (t_fault h =? fault_syscall) (ip <- reg t r_ip ;; put_reg t r_ip (ip - 2)) ;;;
  put_th t (set_t_fault 0).

Definition abandon (r : N) : M unit :=
  x <- reply_at r ;;
  match x with
  | RHolds c =>
      end_call c WSuspended ;;;
      h <- th_at c ;;
      if t_fault h =? 0 then finish c EDied else repeat_fault c ;;; wake c
  | _ => ret tt
  end.

(* The caller has been heard: it waits for the answer, and its time goes with the call. *)
Definition owe (r caller server : N) (grant : bool) : M unit :=
  owe_reply caller r grant ;;;
  h <- th_at caller ;; b <- borrows server ;;
  if negb (t_sc h =? 0) && b then lend caller server else block caller.

(* --- Send, Recv, answers, signals ------------------------------------------------------------- *)

Definition reply_option (w : wait) : option N :=
  match w with WReceiving _ r => r | _ => None end.
(* Who is in a queue waits there. *)
Definition sends_at (e : N) (w : wait) : bool :=
  match w with WSending e' _ _ _ => e' =? e | _ => false end.
Definition receives_at (e : N) (w : wait) : bool :=
  match w with WReceiving e' _ => e' =? e | _ => false end.
Definition waits_at (n : N) (w : wait) : bool :=
  match w with WSignal n' => n' =? n | _ => false end.

(* c: the capability that is used. *)
Definition send (t : N) (c : cap) (calls may_wait : bool) : M error :=
  let e := c_obj c in
  let grant := is_g (c_rights c) in
  q <- ep_at e ;;
  match q with
  | (false, to :: _) =>
      v <- wait_at to ;; h <- th_at t ;; g <- th_at to ;;
      guard (receives_at e v) ;;;
      let r := reply_option v in
      let can := if calls then is_some r || negb (t_fault h =? 0) else negb (t_sc g =? 0) in
      if negb can then ret EState else
      ep_remove e to ;;; leave_recv to WSuspended ;;; deliver t to (c_badge c) grant ;;;
      (if calls then match r with Some r => owe r t to grant | None => cancel t end
       else ret tt) ;;;
      wake to ;;; ret EOk
  | _ =>
      if negb may_wait then ret EAgain else
      block t ;;; set_wait t (WSending e (c_badge c) calls grant) ;;; ep_add e t true ;;;
      ret EOk
  end.

Definition give_signal (t n : N) : M unit :=
  x <- ntfn_at n ;;
  put_reg t r_ax 0 ;;; put_reg t r_di (n_bits x) ;;; put_reg t r_tag signal_tag ;;;
  ntfn_set_bits n 0.

Definition leave_client (t : N) : M unit :=
  h <- th_at t ;; when (negb (t_own h =? 0)) (give_back t).

(* Back on its own context, could the thread take from this sender? *)
Definition can_take (t from : N) (r : option N) : M bool :=
  v <- wait_at from ;; h <- th_at t ;; g <- th_at from ;;
  match v with
  | WSending _ _ true _ => ret (is_some r || negb (t_fault g =? 0))
  | _ =>
      if negb (t_own h =? 0) then ret true
      else if t_sc h =? 0 then ret false
      else c <- sc_at (t_sc h) ;; ret (match x_stack c with [] => true | _ => false end)
  end.

Definition take_sender (t e from : N) (r : option N) : M unit :=
  v <- wait_at from ;;
  ep_remove e from ;;;
  match v with
  | WSending e' badge calls grant =>
      guard (e' =? e) ;;;
      set_wait from WSuspended ;;;
      deliver from t badge grant ;;;
      (if calls then match r with Some r => owe r from t grant | None => ret tt end
       else finish from EOk) ;;;
      wake t
  | _ => stuck
  end.

Definition recv (t e : N) (r : option N) (may_wait : bool) : M error :=
  h <- th_at t ;;
  x <- gets (fun s => get (t_ntfn h) (s_ntfns s)) ;;
  q <- ep_at e ;;
  if match x with Some x => negb (n_bits x =? 0) | None => false end
  then leave_client t ;;; give_signal t (t_ntfn h) ;;; ret EOk
  else match q with
  | (true, from :: _) =>
      ok <- can_take t from r ;;
      if ok : bool then give_back t ;;; take_sender t e from r ;;; ret EOk
      else
        w <- wait_at from ;; guard (sends_at e w) ;;;
        ep_remove e from ;;; finish from EState ;;; ret ERestart
  | _ =>
      if negb may_wait then leave_client t ;;; ret EAgain else
      give_back t ;;; block t ;;;
      match r with Some r => arm t e r | None => set_wait t (WReceiving e None) end ;;;
      ep_add e t false ;;; ret EOk
  end.

Definition wait_signal (t n : N) (may_wait : bool) : M error :=
  x <- ntfn_at n ;;
  if negb (n_bits x =? 0) then give_signal t n ;;; ret EOk
  else if negb may_wait then ret EAgain
  else give_back t ;;; block t ;;; set_wait t (WSignal n) ;;; ntfn_add n t ;;; ret EOk.

(* The thread that a notification is bound to has the signal too, while it waits in Recv. *)
Definition signal_bound (n t : N) : M unit :=
  w <- wait_at t ;; h <- th_at t ;;
  match w with
  | WReceiving e _ =>
      if t_sc h =? 0 then ret tt
      else ep_remove e t ;;; leave_recv t WSuspended ;;; give_signal t n ;;; wake t
  | _ => ret tt
  end.

Definition signal (n more : N) : M unit :=
  x <- ntfn_at n ;;
  ntfn_set_bits n (N.lor (n_bits x) more) ;;;
  if N.lor (n_bits x) more =? 0 then ret tt else
  match n_queue x with
  | t :: _ =>
      w <- wait_at t ;; guard (waits_at n w) ;;;
      ntfn_remove n t ;;; give_signal t n ;;; wake t
  | [] => if n_bound x =? 0 then ret tt else signal_bound n (n_bound x)
  end.

(* --- Registers of another, answers to faults -------------------------------------------------- *)

Definition check_registers (from : N) : M error :=
  tag <- reg from r_tag ;; b <- buffer_of from ;;
  w0 <- reg from 0 ;; w3 <- reg from 3 ;; w4 <- reg from 4 ;;
  let n := tag_words tag in
  ret (if negb (n =? 8) && negb (n =? 21) then EMessage
       else if (n =? 21) && (b =? 0) then EMessage
       else if (user_end <=? w0) || (user_end <=? w3) || (user_end <=? w4) then EArg else EOk).

Definition registers_short : list N := [r_ip; r_sp; r_flags; r_fs; r_gs; r_di; r_tag; 0].
Definition registers_long : list N := [r_ax; r_bx; r_cx; r_bp; 2; 3; 1; r_11; 4; 5; 6; 7].

Definition write_registers (t from : N) : M unit :=
  tag <- reg from r_tag ;;
  each (fun q => v <- word_of from (fst q) ;;
                 put_reg t (snd q) (if snd q =? r_flags then user_flags v else v))
       (combine (seq_N 0 8) registers_short) ;;;
  when (tag_words tag =? 21)
    (each (fun q => v <- word_of from (fst q) ;; put_reg t (snd q) v)
          (combine (seq_N 8 12) registers_long)).

Definition check_fault_reply (caller from : N) : M error :=
  h <- th_at caller ;; tag <- reg from r_tag ;;
  let n := tag_words tag in
  if (n =? 0) || ((n =? 1) && (t_fault h =? fault_syscall)) then ret EOk
  else if n =? 21 then check_registers from else ret EMessage.

Definition resume_fault (caller from : N) : M unit :=
  tag <- reg from r_tag ;;
  put_th caller (set_t_fault 0) ;;;
  if tag_words tag =? 1 then v <- reg from 0 ;; put_reg caller r_ax v
  else when (tag_words tag =? 21) (write_registers caller from).

Definition answer (t r : N) : M error :=
  x <- reply_at r ;;
  match x with
  | RHolds c =>
      guard (negb (c =? t)) ;;; (* who waits for an answer does not run *)
      h <- th_at c ;; w <- wait_at c ;;
      let grant := match w with WReply q g => (q =? r) && g | _ => false end in
      e <- (if t_fault h =? 0 then check_message t grant else check_fault_reply c t) ;;
      match e with
      | EOk =>
          end_call c WSuspended ;;;
          (if t_fault h =? 0
           then transfer t c grant ;;; put_reg c r_ax 0 ;;; put_reg c r_di 0
           else resume_fault c t) ;;;
          wake c ;;; ret EOk
      | _ => ret e
      end
  | _ => ret EState
  end.

Definition raise (t label a b : N) : M unit :=
  let slot := if label =? fault_timeout then timeout_slot t else handler_slot t in
  c <- cap_at slot ;;
  put_th t (fun h => set_t_fault label (set_t_fa a (set_t_fb b h))) ;;;
  if is_ty c TEndpoint && is_w (c_rights c) then _ <- send t c true true ;; ret tt
  else block t ;;; set_wait t WSuspended.
