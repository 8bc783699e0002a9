(* SPDX-License-Identifier: BSD-2-Clause *)
(* Budgets of scheduling contexts: refills, each a time from which on an amount may be used, the
   earliest first. Budget.v says what follows. *)
Require Import NArith List.
Import ListNotations.
Open Scope N_scope.

Definition word_max : N := 18446744073709551615.

(* More refills than this are put together. *)
Definition refills_max : nat := 8.

Record budget := Bu {
  b_budget : N;
  b_period : N;
  b_consumed : N; (* since it was made *)
  b_slice : N;    (* of the present turn, where it is never throttled *)
  b_refills : list (N * N);
  (* for theorems only: when the last stretch began, and all of them: when each began, what it used,
     and how much of that was not due *)
  b_last : N;
  b_history : list (N * N * N)
}.

(* Never throttled: its budget is the length of its turn. *)
Definition full (b : budget) : bool := b_budget b =? b_period b.

(* What may be used from now on without a pause. *)
Fixpoint due_now (now : N) (l : list (N * N)) : N :=
  match l with
  | (t, a) :: l' => if t <=? now then a + due_now now l' else 0
  | [] => 0
  end.
Definition left (b : budget) (now : N) : N :=
  if full b then b_budget b else due_now now (b_refills b).

Definition refill_time (b : budget) : N :=
  match b_refills b with (t, _) :: _ => t | [] => word_max end.

(* Take from the first refills: what is wanted still, and the rest. *)
Fixpoint take (used : N) (l : list (N * N)) : N * list (N * N) :=
  match l with
  | [] => (used, [])
  | (t, a) :: l' =>
      if used =? 0 then (0, l)
      else if used <? a then (0, (t, a - used) :: l')
      else take (used - a) l'
  end.

(* The last is postponed, and more put to it. *)
Fixpoint join_last (time amount : N) (l : list (N * N)) : list (N * N) :=
  match l with
  | [] => [(time, amount)]
  | [(_, a)] => [(time, a + amount)]
  | r :: l' => r :: join_last time amount l'
  end.

Definition give (time amount : N) (l : list (N * N)) : list (N * N) :=
  if Nat.ltb (length l) refills_max then l ++ [(time, amount)] else join_last time amount l.

(* All is used up, and `over` more, because the kernel was not interrupted in time: that is taken
   out of the periods to come. *)
Definition overrun (period time amount over : N) : list (N * N) :=
  let rest := over mod amount in
  let late := over / amount in
  let begin := if late <=? N.shiftr word_max 2 / period then time + late * period
               else N.shiftr word_max 1 in
  (begin, amount - rest) :: (if rest =? 0 then [] else [(begin + period, rest)]).

(* What is left of the refills l when `used` ticks have been used since `start`. *)
Definition charge_refills (period start used : N) (l : list (N * N)) : list (N * N) :=
  let (over, rest) := take used l in
  if used - over =? 0 then rest
  else if over =? 0 then give (start + period) used rest
  else overrun period (start + period) (used - over) over.

(* What is due at t or later. *)
Fixpoint not_before (t : N) (l : list (N * N)) : N :=
  match l with
  | [] => 0
  | (u, a) :: l' => (if t <=? u then a else 0) + not_before t l'
  end.

(* How much of what was used was not due when the stretch began: the timer came too late. *)
Definition undue (start used : N) (l : list (N * N)) : N :=
  let (over, rest) := take used l in
  over + (not_before (start + 1) l - not_before (start + 1) rest).

Definition charge (start used : N) (b : budget) : budget :=
  if full b
  then Bu (b_budget b) (b_period b) (b_consumed b + used) (b_slice b + used) (b_refills b)
          (b_last b) (b_history b)
  else Bu (b_budget b) (b_period b) (b_consumed b + used) (b_slice b)
          (charge_refills (b_period b) start used (b_refills b))
          start ((start, used, undue start used (b_refills b)) :: b_history b).

Definition configure (amount period now : N) (b : budget) : budget :=
  Bu amount period (b_consumed b) 0 [(now, amount)] now [].

Definition set_slice (v : N) (b : budget) : budget :=
  Bu (b_budget b) (b_period b) (b_consumed b) v (b_refills b) (b_last b) (b_history b).
