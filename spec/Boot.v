(* SPDX-License-Identifier: BSD-2-Clause *)
(* What a machine starts with, as tests/host/oracle/world.c makes it: one thread that holds
   everything. *)
Require Import NArith List Bool.
From Tessera Require Import Map Refills State Machine Sched Message Destroy Objects Calls.
Import ListNotations.
Open Scope N_scope.

Definition at_cnode : N := 64.
Definition at_thread : N := 160.
Definition at_context : N := 184.
Definition at_space : N := 190.
Definition at_memory : N := 192.
Definition memory_size : N := 4096 - at_memory.
Definition cnode_slots : N := 80.
Definition huge : N := 16777216.

Definition nothing (l : limits) : state :=
  St empty empty empty empty empty empty empty empty empty empty empty empty empty empty empty
     empty empty [] (Asids 64 0 [] empty) empty
     (Cpu 0 0 0 false false 0 [] word_max 1000000) l.

(* Memory that was never part of another Untyped. *)
Definition first_region (base size : N) (w : what) : M N := fun s =>
  let r := Region base size w in
  if (0 <? size) && negb (is_some (get (region_at base 0) (s_regions s)))
     && fold (fun _ q ok => ok && ((r_base q + r_size q <=? base) || (base + size <=? r_base q)))
             (s_regions s) true
  then match w with
       | WUntyped 0 | WObject => 
           Some (region_at base 0, set_s_regions (set (region_at base 0) r (s_regions s)) s)
       | _ => None
       end
  else None.

Definition give_first (slot : N) (k : ty) (o size rights badge : N) : M unit :=
  i <- (if size =? 0 then ret 0
        else first_region o size (if counted k then WObject else WUntyped 0)) ;;
  _ <- new_object k o badge ;;
  when (counted k) (put_kind o (k, i)) ;;;
  put_cap 0 (at_cnode + slot) (Cap k o rights badge 0 i).

Definition boot_steps : M unit :=
  give_first 1 TCNode at_cnode cnode_slots 15 cnode_slots ;;;
  give_first 2 TAddressSpace at_space 1 15 0 ;;;
  give_first 3 TThread at_thread 24 15 0 ;;;
  give_first 4 TSchedContext at_context 6 15 0 ;;;
  give_first 7 TIoPort 0 0 3 65536 ;;;
  give_first 8 TIrqControl 0 0 15 0 ;;;
  give_first 9 TCpu 0 0 15 255 ;;;
  give_first 10 TDevice huge (2 * huge) 0 (2 * huge) ;;;
  give_first 16 TUntyped at_memory memory_size 0 memory_size ;;;
  copy_cap (at_cnode + 1) (cspace_slot at_thread) 15 ;;;
  copy_cap (at_cnode + 2) (space_slot at_thread) 15 ;;;
  configure_context at_context 10000 10000 5 ;;;
  set_wait at_thread WReady ;;;
  bind_context at_context at_thread ;;;
  reschedule.

Definition boot (l : limits) : option state :=
  match boot_steps (nothing l) with Some (_, s) => Some s | None => None end.
