(* SPDX-License-Identifier: BSD-2-Clause *)
(* Steps of which every operation is made.

   A step may look at the state, and it changes it only through the primitives below. Each of those
   has a condition, and without it the model has no transition at all (None): so what is proved of
   the primitives (Keeps.v) holds of every operation, whatever it decides. That the conditions do
   hold wherever the kernel acts is what the differential test of tests/host/oracle_model shows. *)
Require Import NArith List Bool.
From Tessera Require Import Map Refills State.
Import ListNotations.
Open Scope N_scope.

Definition M (A : Type) := state -> option (A * state).
Definition ret {A} (a : A) : M A := fun s => Some (a, s).
Definition bind {A B} (m : M A) (k : A -> M B) : M B :=
  fun s => match m s with Some (a, s') => k a s' | None => None end.
Definition gets {A} (f : state -> A) : M A := fun s => Some (f s, s).
Definition stuck {A} : M A := fun _ => None.
Definition need {A} (o : option A) : M A := match o with Some a => ret a | None => stuck end.
Definition guard (b : bool) : M unit := if b then ret tt else stuck.
Definition write (f : state -> state) : M unit := fun s => Some (tt, f s).

Declare Scope step_scope.
Notation "x <- m ;; k" := (bind m (fun x => k))
  (at level 61, m at next level, right associativity) : step_scope.
Notation "m ;;; k" := (bind m (fun _ => k)) (at level 61, right associativity) : step_scope.
Open Scope step_scope.

Definition when (b : bool) (m : M unit) : M unit := if b then m else ret tt.

(* --- Looking ---------------------------------------------------------------------------------- *)

Definition opt {A} (d : A) (o : option A) : A := match o with Some a => a | None => d end.
Definition is_some {A} (o : option A) : bool := match o with Some _ => true | None => false end.
Definition nil_cap := Cap TNull 0 0 0 0 0.
Definition cap_at (a : N) : M cap := gets (fun s => opt nil_cap (get a (s_caps s))).
Definition children (a : N) (s : state) : list N := opt [] (get a (s_kids s)).
Definition kind_of (o : N) : M ty :=
  gets (fun s => match get o (s_kinds s) with Some (k, _) => k | None => TNull end).
Definition th_at (t : N) : M thread := o <- gets (fun s => get t (s_threads s)) ;; need o.
Definition wait_at (t : N) : M wait := o <- gets (fun s => get t (s_waits s)) ;; need o.
Definition sc_at (x : N) : M context := o <- gets (fun s => get x (s_scs s)) ;; need o.
Definition budget_at (x : N) : M budget := o <- gets (fun s => get x (s_budgets s)) ;; need o.
Definition ep_at (e : N) : M (bool * list N) := o <- gets (fun s => get e (s_eps s)) ;; need o.
Definition ntfn_at (n : N) : M ntfn := o <- gets (fun s => get n (s_ntfns s)) ;; need o.
Definition reply_at (r : N) : M reply := o <- gets (fun s => get r (s_replies s)) ;; need o.
Definition space_at (p : N) : M space := o <- gets (fun s => get p (s_spaces s)) ;; need o.
Definition irq_at (i : N) : M irq := o <- gets (fun s => get i (s_irqs s)) ;; need o.
Definition cpu_now : M N := gets (fun s => u_now (s_cpu s)).

Definition reg_of (s : state) (t i : N) : N :=
  match get t (s_regs s) with Some m => opt 0 (get i m) | None => 0 end.
Definition reg (t i : N) : M N := gets (fun s => reg_of s t i).

(* --- The derivation tree ---------------------------------------------------------------------- *)

Definition replace (a : N) (by_ l : list N) : list N :=
  flat_map (fun x => if x =? a then by_ else [x]) l.
Definition adopt (p : N) (l : list N) (m : map N) : map N :=
  fold_left (fun m k => set k p m) l m.

(* A new capability, child of another, in an empty slot. *)
Definition put_cap (parent to : N) (c : cap) : M unit := fun s =>
  if negb (to =? 0) && negb (is_some (get to (s_caps s))) && negb (is_some (get to (s_up s)))
     && ((parent =? 0) || is_some (get parent (s_up s))) && negb (ty_beq (c_ty c) TNull)
  then Some (tt, set_s_caps (set to c (s_caps s)) (set_s_up (set to parent (s_up s))
    (set_s_kids (set to [] (set parent (to :: children parent s) (s_kids s))) s)))
  else None.

(* It goes; its children become its parent's, in its place. *)
Definition drop_cap (a : N) : M unit := fun s =>
  match get a (s_up s) with
  | Some p => Some (tt, set_s_caps (del a (s_caps s))
      (set_s_up (adopt p (children a s) (del a (s_up s)))
      (set_s_kids (set p (replace a (children a s) (children p s)) (del a (s_kids s))) s)))
  | None => None
  end.

(* It moves, with its place in the tree. *)
Definition move_cap (from to : N) : M unit := fun s =>
  match get from (s_up s), get from (s_caps s) with
  | Some p, Some c =>
      if negb (to =? 0) && negb (is_some (get to (s_caps s))) && negb (is_some (get to (s_up s)))
      then Some (tt, set_s_caps (set to c (del from (s_caps s)))
        (set_s_up (set to p (adopt to (children from s) (del from (s_up s))))
        (set_s_kids (set to (children from s)
          (set p (replace from [to] (children p s)) (del from (s_kids s)))) s)))
      else None
  | _, _ => None
  end.

(* What a capability says of itself changes, but not whose it is nor what it stands for. *)
Definition edit_cap (a : N) (f : cap -> cap) : M unit := fun s =>
  match get a (s_caps s) with
  | Some c =>
      if negb (ty_beq (c_ty (f c)) TNull)
      then Some (tt, set_s_caps (set a (set_c_obj (c_obj c) (set_c_reg (c_reg c) (f c)))
                                       (s_caps s)) s)
      else None
  | None => None
  end.

(* --- Memory ----------------------------------------------------------------------------------- *)

Definition inside (r : region) (b used : N) : bool :=
  (b <=? r_base r) && (r_base r + r_size r <=? b + used).

(* What a region is called: where it is, and out of how many others it was made one after the other.
   So who makes one learns nothing from its name of what others have made. *)
Definition region_at (place depth : N) : N := N.shiftl place 32 + N.land depth (N.ones 32).
Definition region_in (u place : N) : N := region_at place (u + 1).

(* n granules at `place`, behind all that was handed out from the Untyped u. *)
Definition make_region (u place n : N) (w : what) : M N := fun s =>
  match get u (s_regions s), w with
  | Some (Region b z (WUntyped used)), (WUntyped 0 | WObject | WUser) =>
      if (b + used <=? place) && (place + n <=? b + z) && (0 <? n)
         && negb (is_some (get (region_in u place) (s_regions s)))
      then Some (region_in u place, set_s_regions (set (region_in u place) (Region place n w)
          (set u (Region b z (WUntyped (place - b + n))) (s_regions s))) s)
      else None
  | _, _ => None
  end.

(* Is a frame mapped somewhere? Is an object in this region? *)
Definition shown (frame : N) (m : map space) : bool :=
  fold (fun _ x b => b || fold (fun _ l b => b || (f_frame l =? frame)) (p_maps x) false) m false.
Definition houses (i : N) (m : map (ty * N)) : bool :=
  fold (fun _ q b => b || (snd q =? i)) m false.

(* It is memory of nobody's: no longer mapped, and no object in it. *)
Definition drop_region (i : N) : M unit := fun s =>
  match get i (s_regions s) with
  | Some (Region b _ WUser) =>
      if shown b (s_spaces s) then None
      else Some (tt, set_s_regions (del i (s_regions s)) s)
  | Some (Region _ _ WObject) =>
      if houses i (s_kinds s) then None
      else Some (tt, set_s_regions (del i (s_regions s)) s)
  | _ => Some (tt, set_s_regions (del i (s_regions s)) s)
  end.

(* From the start again: nothing lives in it. *)
Definition afresh (u : N) : M unit := fun s =>
  match get u (s_regions s) with
  | Some (Region b z (WUntyped used)) =>
      if fold (fun i r ok => ok && ((i =? u) || negb (inside r b used))) (s_regions s) true
      then Some (tt, set_s_regions (set u (Region b z (WUntyped 0)) (s_regions s)) s)
      else None
  | _ => None
  end.

(* Page tables are made in an Untyped of which nothing was made, and it comes back. *)
Definition to_tables (u : N) : M unit := fun s =>
  match get u (s_regions s) with
  | Some (Region b z (WUntyped 0)) =>
      Some (tt, set_s_regions (set u (Region b z WObject) (s_regions s)) s)
  | _ => None
  end.
Definition from_tables (u : N) : M unit := fun s =>
  match get u (s_regions s) with
  | Some (Region b z WObject) =>
      if houses u (s_kinds s) then None
      else Some (tt, set_s_regions (set u (Region b z (WUntyped 0)) (s_regions s)) s)
  | _ => None
  end.

Definition region_used (u : N) : M N := gets (fun s =>
  match get u (s_regions s) with Some (Region _ _ (WUntyped n)) => n | _ => 0 end).

(* --- Waiting and answers ---------------------------------------------------------------------- *)

(* Not tied to a Reply object. *)
Definition plain (w : wait) : bool :=
  match w with WReceiving _ (Some _) | WReply _ _ => false | _ => true end.
Definition with_wait (t : N) (w : wait) (s : state) : state := set_s_waits (set t w (s_waits s)) s.
Definition with_reply (r : N) (x : reply) (s : state) : state :=
  set_s_replies (set r x (s_replies s)) s.

Definition set_wait (t : N) (w : wait) : M unit := fun s =>
  match get t (s_waits s) with
  | Some v => if plain v && plain w then Some (tt, with_wait t w s) else None
  | None => None
  end.

(* t waits to receive, with an idle Reply object for the call that comes. *)
Definition arm (t e r : N) : M unit := fun s =>
  match get t (s_waits s), get r (s_replies s) with
  | Some v, Some RIdle => if plain v
      then Some (tt, with_wait t (WReceiving e (Some r)) (with_reply r (RArmed t) s)) else None
  | _, _ => None
  end.

(* It does so no longer. *)
Definition disarm (t : N) (w : wait) : M unit := fun s =>
  match get t (s_waits s) with
  | Some (WReceiving _ (Some r)) => if plain w
      then Some (tt, with_wait t w (with_reply r RIdle s)) else None
  | _ => None
  end.

(* c has been heard and waits for the answer through r. *)
Definition owe_reply (c r : N) (grant : bool) : M unit := fun s =>
  match get c (s_waits s), get r (s_replies s) with
  | Some v, Some RIdle => if plain v
      then Some (tt, with_wait c (WReply r grant) (with_reply r (RHolds c) s)) else None
  | _, _ => None
  end.

(* It is answered, or told that it will not be. *)
Definition end_call (c : N) (w : wait) : M unit := fun s =>
  match get c (s_waits s) with
  | Some (WReply r _) => if plain w
      then Some (tt, with_wait c w (with_reply r RIdle s)) else None
  | _ => None
  end.

Definition new_thread_wait (t : N) : M unit := fun s =>
  if is_some (get t (s_waits s)) then None else Some (tt, with_wait t WSuspended s).
Definition new_reply (r : N) : M unit := fun s =>
  if is_some (get r (s_replies s)) then None else Some (tt, with_reply r RIdle s).
Definition forget_wait (t : N) : M unit := fun s =>
  match get t (s_waits s) with
  | Some v => if plain v then Some (tt, set_s_waits (del t (s_waits s)) s) else None
  | None => None
  end.
Definition forget_reply (r : N) : M unit := fun s =>
  match get r (s_replies s) with
  | Some RIdle => Some (tt, set_s_replies (del r (s_replies s)) s)
  | _ => None
  end.

(* --- Time ------------------------------------------------------------------------------------- *)

Definition with_budget (x : N) (b : budget) (s : state) : state :=
  set_s_budgets (set x b (s_budgets s)) s.
Definition new_budget (x : N) : M unit := fun s =>
  if is_some (get x (s_budgets s)) then None else Some (tt, with_budget x (Bu 0 0 0 0 [] 0 []) s).
Definition charge_budget (x start used : N) : M unit := fun s =>
  match get x (s_budgets s) with
  | Some b => if full b || ((b_last b <=? start) && (start + b_period b <=? N.shiftr word_max 1))
      then Some (tt, with_budget x (charge start used b) s) else None
  | None => None
  end.
Definition configure_budget (x amount period : N) : M unit := fun s =>
  match get x (s_budgets s) with
  | Some b => if amount <=? period
      then Some (tt, with_budget x (configure amount period (u_now (s_cpu s)) b) s) else None
  | None => None
  end.
Definition new_slice (x : N) : M unit := fun s =>
  match get x (s_budgets s) with
  | Some b => Some (tt, with_budget x (set_slice 0 b) s)
  | None => None
  end.
Definition forget_budget (x : N) : M unit :=
  write (fun s => set_s_budgets (del x (s_budgets s)) s).

(* --- Objects and mappings --------------------------------------------------------------------- *)

Definition put_kind (o : N) (k : ty * N) : M unit := fun s =>
  match get (snd k) (s_regions s) with
  | Some (Region b _ WObject) =>
      if b =? o then Some (tt, set_s_kinds (set o k (s_kinds s)) s) else None
  | _ => None
  end.

(* Granules of a frame that is mapped by an entry of a table of this level. *)
Definition frame_size (level : N) : N :=
  if level =? 0 then 64 else if level =? 1 then 32768 else 16777216.
(* Memory of users' is mapped: all of region i. *)
Definition show (p k : N) (l : leaf) (i : N) : M unit := fun s =>
  match get p (s_spaces s), get i (s_regions s) with
  | Some x, Some (Region b z WUser) =>
      if (b =? f_frame l) && (z =? frame_size (N.shiftr k 56))
      then Some (tt, set_s_spaces (set p (set_p_maps (set k l (p_maps x)) x) (s_spaces s)) s)
      else None
  | _, _ => None
  end.
(* What is mapped there is mapped otherwise. *)
Definition reflag (p k : N) (l : leaf) : M unit := fun s =>
  match get p (s_spaces s) with
  | Some x =>
      match get k (p_maps x) with
      | Some old => if f_frame old =? f_frame l
          then Some (tt, set_s_spaces (set p (set_p_maps (set k l (p_maps x)) x) (s_spaces s)) s)
          else None
      | None => None
      end
  | None => None
  end.

(* --- The rest; put_space: mappings stay, or go ------------------------------------------------ *)

Definition put_reg (t i v : N) : M unit := write (fun s =>
  set_s_regs (set t (set i v (opt empty (get t (s_regs s)))) (s_regs s)) s).
Definition put_mem (page i v : N) : M unit := write (fun s =>
  set_s_mem (set page (set i v (opt empty (get page (s_mem s)))) (s_mem s)) s).
Definition mem_at (page i : N) : M N := gets (fun s =>
  match get page (s_mem s) with Some m => opt 0 (get i m) | None => 0 end).
Definition put_th (t : N) (f : thread -> thread) : M unit :=
  v <- th_at t ;; write (fun s => set_s_threads (set t (f v) (s_threads s)) s).
Definition put_sc (x : N) (f : context -> context) : M unit :=
  v <- sc_at x ;; write (fun s => set_s_scs (set x (f v) (s_scs s)) s).
Definition put_ep (e : N) (v : bool * list N) : M unit :=
  write (fun s => set_s_eps (set e v (s_eps s)) s).
Definition put_ntfn (n : N) (v : ntfn) : M unit :=
  write (fun s => set_s_ntfns (set n v (s_ntfns s)) s).
Definition put_space (p : N) (f : space -> space) : M unit :=
  v <- space_at p ;; write (fun s => set_s_spaces (set p (f v) (s_spaces s)) s).
Definition put_irq (i : N) (v : irq) : M unit :=
  write (fun s => set_s_irqs (set i v (s_irqs s)) s).
Definition put_due (n d : N) : M unit := write (fun s => set_s_due (set n d (s_due s)) s).
Definition drop_due (n : N) : M unit := write (fun s => set_s_due (del n (s_due s)) s).
Definition put_cpu (f : cpu -> cpu) : M unit := write (fun s => set_s_cpu (f (s_cpu s)) s).
Definition put_doomed (l : list N) : M unit := write (set_s_doomed l).
Definition put_asids (a : asids) : M unit := write (set_s_asids a).
Definition put_cnode (c : N) (v : N * N) : M unit :=
  write (fun s => set_s_cnodes (set c v (s_cnodes s)) s).
Definition clear_regs (t : N) : M unit :=
  write (fun s => set_s_regs (set t empty (s_regs s)) s).
Definition clear_mem (page : N) : M unit := write (fun s => set_s_mem (del page (s_mem s)) s).
Definition new_th (t : N) : M unit :=
  write (fun s => set_s_threads (set t (Th 0 0 0 0 0 0 0 0) (s_threads s)) s).
Definition new_sc (x : N) : M unit :=
  write (fun s => set_s_scs (set x (Sc 0 XIdle 0 []) (s_scs s)) s).
Definition new_space (p asid : N) : M unit :=
  write (fun s => set_s_spaces (set p (Sp false 0 empty empty [] asid) (s_spaces s)) s).
Definition forget_fields (o : N) : M unit :=
  write (fun s => set_s_kinds (del o (s_kinds s)) (set_s_cnodes (del o (s_cnodes s))
    (set_s_eps (del o (s_eps s)) (set_s_ntfns (del o (s_ntfns s))
    (set_s_threads (del o (s_threads s)) (set_s_scs (del o (s_scs s))
    (set_s_spaces (del o (s_spaces s)) (set_s_irqs (del o (s_irqs s)) s)))))))).
