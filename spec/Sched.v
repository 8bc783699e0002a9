(* SPDX-License-Identifier: BSD-2-Clause *)
(* Who runs: scheduling contexts, the ready queue, lending, budgets, deadlines (kernel/sched). *)
Require Import NArith List Bool.
From Tessera Require Import Map Refills State Machine.
Import ListNotations.
Open Scope N_scope.

Definition priorities : N := 256.
Definition deadline_max : N := 9223372036854775807.
Definition flag_foreign : N := 1.
Definition flag_borrow : N := 2.

Definition flag (t f : N) : M bool := h <- th_at t ;; ret (negb (N.land (t_flags h) f =? 0)).
Definition is_ready (w : wait) : bool := match w with WReady => true | _ => false end.
Definition is_running (x : scstate) : bool := match x with XRunning => true | _ => false end.
Definition is_idle (x : scstate) : bool := match x with XIdle => true | _ => false end.

Definition decide : M unit := put_cpu (fun u => set_u_decide true u).
Definition switch : M unit := put_cpu (fun u => set_u_switch true u).

(* --- The ready queue: the most urgent first, among equals who came first ---------------------- *)

Fixpoint enqueue (front : bool) (p x : N) (l : list (N * N)) : list (N * N) :=
  match l with
  | [] => [(p, x)]
  | (q, y) :: l' => if (q <? p) || (front && (q =? p)) then (p, x) :: l
                    else (q, y) :: enqueue front p x l'
  end.

Definition ready_add (front : bool) (x : N) : M unit :=
  c <- sc_at x ;;
  put_sc x (set_x_st XQueued) ;;;
  put_cpu (fun u => set_u_ready (enqueue front (x_prio c) x (u_ready u)) u).

Definition ready_remove (x : N) : M unit :=
  put_cpu (fun u => set_u_ready (filter (fun q => negb (snd q =? x)) (u_ready u)) u).

(* --- Deadlines -------------------------------------------------------------------------------- *)

Definition due_add (n d : N) : M unit := put_due n (N.min d deadline_max).

Definition due_first (m : map N) : N := fold (fun _ d b => N.min d b) m word_max.
Definition due_at (d : N) (m : map N) : list N :=
  fold (fun n e l => if e =? d then n :: l else l) m [].

(* One of those that are due first; which of several is the kernel's choice. *)
Definition due_take (ties : list N) : M (option N) :=
  m <- gets s_due ;; now <- cpu_now ;;
  let d := due_first m in
  if now <? d then ret None
  else match filter (fun n => existsb (N.eqb n) (due_at d m)) ties ++ due_at d m with
       | n :: _ => drop_due n ;;; ret (Some n)
       | [] => ret None
       end.

Definition timer_set (d : N) : M unit := put_cpu (fun u => set_u_timer (N.min d (u_timer u)) u).

(* --- Charging, starting, stopping ------------------------------------------------------------- *)

Definition charge_now : M unit :=
  u <- gets s_cpu ;;
  when (negb (u_sc u =? 0)) (charge_budget (u_sc u) (u_started u) (u_now u - u_started u)) ;;;
  put_cpu (fun u => set_u_started (u_now u) u).

Definition budget_left (x : N) : M N :=
  b <- budget_at x ;; u <- gets s_cpu ;; ret (left b (u_now u)).

(* Charged up to now: is there a reason to give way but a more urgent context? *)
Definition may_go_on (x : N) : M bool :=
  b <- budget_at x ;; n <- budget_left x ;;
  ret (if full b then b_slice b <? b_budget b else negb (n =? 0)).

(* A more urgent one takes the running one's place at once. *)
Definition overtake (x : N) : M bool :=
  u <- gets s_cpu ;;
  if (u_sc u =? 0) || u_decide u then ret false else
  c <- sc_at x ;; r <- sc_at (u_sc u) ;;
  if x_prio c <=? x_prio r then ret false else
  charge_now ;;;
  ok <- may_go_on (u_sc u) ;;
  if negb ok then ret false else
  ready_add true (u_sc u) ;;;
  put_cpu (fun u => set_u_sc x (set_u_switch true u)) ;;;
  put_sc x (set_x_st XRunning) ;;;
  b <- budget_at x ;; n <- budget_left x ;;
  when (negb (full b)) (timer_set (u_now u + n)) ;;;
  ret true.

(* An idle context whose thread is ready goes where it belongs. *)
Definition start (front : bool) (x : N) : M unit :=
  b <- budget_at x ;; n <- budget_left x ;;
  if b_budget b =? 0 then ret tt
  else if negb (full b) && (n =? 0)
  then put_sc x (set_x_st XThrottled) ;;; due_add x (refill_time b) ;;; decide
  else
    done <- overtake x ;;
    if done : bool then ret tt else
    ready_add front x ;;;
    u <- gets s_cpu ;;
    if u_sc u =? 0 then decide else
    c <- sc_at x ;; r <- sc_at (u_sc u) ;;
    when (x_prio r <=? x_prio c) decide.

(* Wherever it is: idle afterwards. *)
Definition stop (x : N) : M unit :=
  c <- sc_at x ;;
  match x_st c with
  | XQueued => ready_remove x
  | XThrottled => drop_due x
  | XRunning => charge_now ;;; put_cpu (fun u => set_u_sc 0 u) ;;; decide
  | XIdle => ret tt
  end ;;;
  put_sc x (set_x_st XIdle).

(* Its thread has changed, or what that does. *)
Definition settle (x : N) : M unit :=
  c <- sc_at x ;;
  let t := x_holder c in
  wanted <- (if t =? 0 then ret false else
             h <- th_at t ;; w <- wait_at t ;; ret ((t_sc h =? x) && is_ready w)) ;;
  if negb wanted then stop x
  else if is_idle (x_st c) then start false x
  else when (is_running (x_st c)) switch.

Definition settle_of (t : N) : M unit :=
  h <- th_at t ;; when (negb (t_sc h =? 0)) (settle (t_sc h)).

(* The thread waits or stops from now on. *)
Definition block (t : N) : M unit :=
  h <- th_at t ;; when (negb (t_sc h =? 0)) (stop (t_sc h)).

(* --- Whose a context is ----------------------------------------------------------------------- *)

Definition bind_context (x t : N) : M unit :=
  put_sc x (set_x_holder t) ;;; put_th t (set_t_sc x) ;;; settle x.

(* Back to its own context, if it has one that rests. *)
Definition fall_back (t : N) : M unit :=
  h <- th_at t ;;
  put_th t (fun h => set_t_sc (t_own h) (set_t_own 0 h)) ;;;
  when (negb (t_own h =? 0)) (settle (t_own h)).

Definition unbind_context (x : N) : M unit :=
  c <- sc_at x ;;
  let t := x_holder c in
  stop x ;;;
  put_sc x (set_x_holder 0) ;;;
  if t =? 0 then ret tt else
  h <- th_at t ;;
  if t_sc h =? x then fall_back t else put_th t (set_t_own 0).

(* Would it, called now, run on its caller's context? *)
Definition borrows (t : N) : M bool :=
  h <- th_at t ;; b <- flag t flag_borrow ;;
  ret ((t_sc h =? 0) || (b && (t_own h =? 0))).

Definition hand_over (from to : N) : M unit :=
  h <- th_at from ;; g <- th_at to ;;
  let x := t_sc h in
  put_th to (fun g => set_t_own (t_sc g) g) ;;;
  put_th from (fun h => set_t_sc 0 (set_t_lent x h)) ;;;
  put_sc x (fun c => set_x_stack (from :: x_stack c) (set_x_holder to c)) ;;;
  put_th to (set_t_sc x).

Definition lend (from to : N) : M unit :=
  g <- th_at to ;;
  when (negb (t_sc g =? 0)) (stop (t_sc g)) ;;;
  hand_over from to.

Definition leave_lenders (t : N) : M unit :=
  h <- th_at t ;;
  put_sc (t_lent h)
    (fun c => set_x_stack (filter (fun y => negb (y =? t)) (x_stack c)) c) ;;;
  put_th t (set_t_lent 0).

(* It may not have back what it lent; what it had borrowed itself is lost to it too. *)
Definition unlend (t : N) : M unit :=
  h <- th_at t ;;
  if t_lent h =? 0 then ret tt else leave_lenders t ;;; fall_back t.

(* Of one of those who lent a context. *)
Definition lends (t : N) : M unit := h <- th_at t ;; guard (negb (t_lent h =? 0)).
Definition take_away (t : N) : M unit := lends t ;;; unlend t.

(* A borrowed context goes back to who lent it last. *)
Definition give_back (t : N) : M unit :=
  h <- th_at t ;;
  let x := t_sc h in
  if x =? 0 then ret tt else
  c <- sc_at x ;;
  match x_stack c with
  | [] => when (negb (t_own h =? 0)) (unbind_context x)
  | to :: _ =>
      lends to ;;;
      leave_lenders to ;;;
      put_sc x (set_x_holder to) ;;;
      put_th to (set_t_sc x) ;;;
      settle x ;;;
      fall_back t
  end.

Definition configure_context (x amount period prio : N) : M unit :=
  stop x ;;;
  put_sc x (set_x_prio prio) ;;;
  configure_budget x amount period ;;;
  settle x.

(* Behind all others of its priority. *)
Definition yield : M unit :=
  u <- gets s_cpu ;;
  stop (u_sc u) ;;; new_slice (u_sc u) ;;; start false (u_sc u) ;;; decide.

(* --- The timer, and what is done before the kernel is left ------------------------------------ *)

(* The next deadline that has passed. A context gets its budget back. *)
Definition take_due (ties : list N) : M (option N) :=
  o <- due_take ties ;;
  decide ;;;
  match o with
  | Some x =>
      k <- kind_of x ;;
      when (negb (ty_beq k TTimer)) (put_sc x (set_x_st XIdle) ;;; settle x) ;;;
      ret (Some x)
  | None => ret None
  end.

(* The running context has used up its turn, or its budget. *)
Definition expire (x : N) : M unit :=
  c <- sc_at x ;; b <- budget_at x ;; n <- budget_left x ;;
  h <- th_at (x_holder c) ;;
  let again := stop x ;;; start false x in
  if full b
  then if b_slice b <? b_budget b then ret tt else new_slice x ;;; again
  else if negb (n =? 0) then ret tt
  else
    when (t_own h =? 0) (put_cpu (set_u_expired (x_holder c))) ;;;
    again ;;;
    when (negb (t_own h =? 0)) (give_back (x_holder c)).

Definition preempt : M unit :=
  u <- gets s_cpu ;;
  if u_sc u =? 0 then ret tt else
  expire (u_sc u) ;;;
  v <- gets s_cpu ;;
  if u_sc v =? 0 then ret tt else
  c <- sc_at (u_sc u) ;;
  match u_ready v with
  | (p, _) :: _ =>
      when (x_prio c <? p)
        (put_cpu (set_u_sc 0) ;;; ready_add true (u_sc u))
  | [] => ret tt
  end.

Definition next_decision (x : N) : M N :=
  m <- gets s_due ;;
  let next := due_first m in
  if x =? 0 then ret next else
  u <- gets s_cpu ;; c <- sc_at x ;; b <- budget_at x ;; n <- budget_left x ;;
  if full b
  then if existsb (fun q => fst q =? x_prio c) (u_ready u)
       then ret (N.min (u_started u + n - b_slice b) next) else ret next
  else ret (N.min (u_started u + n) next).

Definition enter : M unit :=
  u <- gets s_cpu ;;
  if u_sc u =? 0 then put_cpu (set_u_thread 0) else
  c <- sc_at (u_sc u) ;; put_cpu (set_u_thread (x_holder c)).

Definition pick : M unit :=
  u <- gets s_cpu ;;
  match u_sc u, u_ready u with
  | 0, (_, x) :: l =>
      put_cpu (fun u => set_u_sc x (set_u_ready l u)) ;;; put_sc x (set_x_st XRunning)
  | _, _ => ret tt
  end.

(* The second half of a decision. *)
Definition go_on : M unit :=
  pick ;;; enter ;;;
  v <- gets s_cpu ;;
  next <- next_decision (u_sc v) ;;
  timer_set next ;;;
  put_cpu (fun u => set_u_decide false (set_u_switch false u)).

(* Whose budget ran out is told before somebody else goes on. *)
Definition reschedule : M unit :=
  u <- gets s_cpu ;;
  if negb (u_decide u)
  then put_cpu (set_u_switch false) ;;; enter
  else
    charge_now ;;; preempt ;;;
    v <- gets s_cpu ;;
    when (u_expired v =? 0) go_on.
