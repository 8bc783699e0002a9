(* SPDX-License-Identifier: BSD-2-Clause *)
(* The kernel's state, as what it means: maps, lists and numbers; no links, no counts, no bitmaps.

   Everything is named by the granule it is in, as the kernel names it; NIL is 0. A word is a number
   below 2^64. *)
Require Import NArith List.
From Tessera Require Import Map Refills.
Import ListNotations.
Open Scope N_scope.

(* Types of capabilities, in the order of their numbers in abi/abi.yaml. *)
Inductive ty := TNull | TUntyped | TDevice | TCNode | TEndpoint | TNotification | TReply | TThread
  | TSchedContext | TAddressSpace | TFrame | TLargeFrame | THugeFrame | TInterrupt | TTimer
  | TIoPort | TCpu | TIrqControl | TTables.
Scheme Equality for ty.

(* Outcomes, likewise; ERestart: enough for one go, the call is made again. *)
Inductive error := EOk | ECall | ECap | EType | ERights | EOp | EArg | ESlot | EMemory | EState
  | EAgain | EGone | EDied | EMessage | ECancelled | ERestart.

(* A capability. Untyped: badge is the size in granules, rights how much of it is clear. CNode:
   badge is the number of slots. Frames: badge is the number of the address space it is mapped in,
   extra the address. Tables: rights is the address space, badge the number of pages. IoPort: obj
   is the first port, badge how many. reg: the region of memory it stands for. *)
Record cap := Cap {
  c_ty : ty;
  c_obj : N;
  c_rights : N;
  c_badge : N;
  c_extra : N;
  c_reg : N
}.
Definition set_c_ty v (s : cap) := Cap v (c_obj s) (c_rights s) (c_badge s) (c_extra s) (c_reg s).
Definition set_c_obj v (s : cap) := Cap (c_ty s) v (c_rights s) (c_badge s) (c_extra s) (c_reg s).
Definition set_c_rights v (s : cap) := Cap (c_ty s) (c_obj s) v (c_badge s) (c_extra s) (c_reg s).
Definition set_c_badge v (s : cap) := Cap (c_ty s) (c_obj s) (c_rights s) v (c_extra s) (c_reg s).
Definition set_c_extra v (s : cap) := Cap (c_ty s) (c_obj s) (c_rights s) (c_badge s) v (c_reg s).
Definition set_c_reg v (s : cap) := Cap (c_ty s) (c_obj s) (c_rights s) (c_badge s) (c_extra s) v.

(* Memory that belongs to somebody: Untyped with how much was handed out from its start, an object
   of the kernel, a frame. *)
Inductive what := WUntyped (used : N) | WObject | WUser.
Record region := Region { r_base : N; r_size : N; r_what : what }.

(* What a thread does, and what a Reply object holds. *)
Inductive wait := WSuspended | WReady
  | WSending (e badge : N) (calls grant : bool)
  | WReceiving (e : N) (r : option N)
  | WReply (r : N) (grant : bool)
  | WSignal (n : N).
Inductive reply := RIdle | RArmed (server : N) | RHolds (caller : N).

Record ntfn := Nt { n_bits : N; n_queue : list N; n_bound : N }.

(* sc: what it runs on; own: its own, which rests while it runs on a borrowed one; lent: the one it
   lent; ntfn: the notification bound to it. *)
Record thread := Th {
  t_flags : N;
  t_fault : N;
  t_fa : N;
  t_fb : N;
  t_sc : N;
  t_own : N;
  t_lent : N;
  t_ntfn : N
}.
Definition set_t_flags v (s : thread) := Th v (t_fault s) (t_fa s) (t_fb s) (t_sc s) (t_own s)
  (t_lent s) (t_ntfn s).
Definition set_t_fault v (s : thread) := Th (t_flags s) v (t_fa s) (t_fb s) (t_sc s) (t_own s)
  (t_lent s) (t_ntfn s).
Definition set_t_fa v (s : thread) := Th (t_flags s) (t_fault s) v (t_fb s) (t_sc s) (t_own s)
  (t_lent s) (t_ntfn s).
Definition set_t_fb v (s : thread) := Th (t_flags s) (t_fault s) (t_fa s) v (t_sc s) (t_own s)
  (t_lent s) (t_ntfn s).
Definition set_t_sc v (s : thread) := Th (t_flags s) (t_fault s) (t_fa s) (t_fb s) v (t_own s)
  (t_lent s) (t_ntfn s).
Definition set_t_own v (s : thread) := Th (t_flags s) (t_fault s) (t_fa s) (t_fb s) (t_sc s) v
  (t_lent s) (t_ntfn s).
Definition set_t_lent v (s : thread) := Th (t_flags s) (t_fault s) (t_fa s) (t_fb s) (t_sc s)
  (t_own s) v (t_ntfn s).
Definition set_t_ntfn v (s : thread) := Th (t_flags s) (t_fault s) (t_fa s) (t_fb s) (t_sc s)
  (t_own s) (t_lent s) v.

(* Scheduling contexts: whose turn it is; stack: those who lent it, the last first. *)
Inductive scstate := XIdle | XQueued | XRunning | XThrottled.
Record context := Sc {
  x_prio : N;
  x_st : scstate;
  x_holder : N;
  x_stack : list N
}.
Definition set_x_prio v (s : context) := Sc v (x_st s) (x_holder s) (x_stack s).
Definition set_x_st v (s : context) := Sc (x_prio s) v (x_holder s) (x_stack s).
Definition set_x_holder v (s : context) := Sc (x_prio s) (x_st s) v (x_stack s).
Definition set_x_stack v (s : context) := Sc (x_prio s) (x_st s) (x_holder s) v.

(* Address spaces: which tables there are (level and number), what is mapped where. *)
Record leaf := Leaf { f_frame : N; f_flags : N; f_ram : bool }.
Record space := Sp {
  p_root : bool;
  p_free : N;
  p_tabs : map unit;
  p_maps : map leaf;
  p_supplies : list N;
  p_asid : N
}.
Definition set_p_root v (s : space) := Sp v (p_free s) (p_tabs s) (p_maps s) (p_supplies s)
  (p_asid s).
Definition set_p_free v (s : space) := Sp (p_root s) v (p_tabs s) (p_maps s) (p_supplies s)
  (p_asid s).
Definition set_p_tabs v (s : space) := Sp (p_root s) (p_free s) v (p_maps s) (p_supplies s)
  (p_asid s).
Definition set_p_maps v (s : space) := Sp (p_root s) (p_free s) (p_tabs s) v (p_supplies s)
  (p_asid s).
Definition set_p_supplies v (s : space) := Sp (p_root s) (p_free s) (p_tabs s) (p_maps s) v
  (p_asid s).
Definition set_p_asid v (s : space) := Sp (p_root s) (p_free s) (p_tabs s) (p_maps s)
  (p_supplies s) v.


Record irq := Irq {
  i_vector : N;
  i_line : N;
  i_level : bool;
  i_pending : bool
}.
Definition set_i_vector v (s : irq) := Irq v (i_line s) (i_level s) (i_pending s).
Definition set_i_line v (s : irq) := Irq (i_vector s) v (i_level s) (i_pending s).
Definition set_i_level v (s : irq) := Irq (i_vector s) (i_line s) v (i_pending s).
Definition set_i_pending v (s : irq) := Irq (i_vector s) (i_line s) (i_level s) v.

(* Numbers of address spaces: those that were never given out start at fresh, free lists the next
   number of each that came back. *)
Record asids := Asids {
  a_count : N;
  a_fresh : N;
  a_free : list N;
  a_live : map N
}.
Definition set_a_count v (s : asids) := Asids v (a_fresh s) (a_free s) (a_live s).
Definition set_a_fresh v (s : asids) := Asids (a_count s) v (a_free s) (a_live s).
Definition set_a_free v (s : asids) := Asids (a_count s) (a_fresh s) v (a_live s).
Definition set_a_live v (s : asids) := Asids (a_count s) (a_fresh s) (a_free s) v.

(* The processor. ready: who could run, with priorities, the most urgent first. decide, switch: what
   has to be done before the kernel is left. timer: when its interrupt comes. *)
Record cpu := Cpu {
  u_thread : N;
  u_sc : N;
  u_started : N;
  u_decide : bool;
  u_switch : bool;
  u_expired : N;
  u_ready : list (N * N);
  u_timer : N;
  u_now : N
}.
Definition set_u_thread v (s : cpu) := Cpu v (u_sc s) (u_started s) (u_decide s) (u_switch s)
  (u_expired s) (u_ready s) (u_timer s) (u_now s).
Definition set_u_sc v (s : cpu) := Cpu (u_thread s) v (u_started s) (u_decide s) (u_switch s)
  (u_expired s) (u_ready s) (u_timer s) (u_now s).
Definition set_u_started v (s : cpu) := Cpu (u_thread s) (u_sc s) v (u_decide s) (u_switch s)
  (u_expired s) (u_ready s) (u_timer s) (u_now s).
Definition set_u_decide v (s : cpu) := Cpu (u_thread s) (u_sc s) (u_started s) v (u_switch s)
  (u_expired s) (u_ready s) (u_timer s) (u_now s).
Definition set_u_switch v (s : cpu) := Cpu (u_thread s) (u_sc s) (u_started s) (u_decide s) v
  (u_expired s) (u_ready s) (u_timer s) (u_now s).
Definition set_u_expired v (s : cpu) := Cpu (u_thread s) (u_sc s) (u_started s) (u_decide s)
  (u_switch s) v (u_ready s) (u_timer s) (u_now s).
Definition set_u_ready v (s : cpu) := Cpu (u_thread s) (u_sc s) (u_started s) (u_decide s)
  (u_switch s) (u_expired s) v (u_timer s) (u_now s).
Definition set_u_timer v (s : cpu) := Cpu (u_thread s) (u_sc s) (u_started s) (u_decide s)
  (u_switch s) (u_expired s) (u_ready s) v (u_now s).
Definition set_u_now v (s : cpu) := Cpu (u_thread s) (u_sc s) (u_started s) (u_decide s)
  (u_switch s) (u_expired s) (u_ready s) (u_timer s) v.

(* How much is done in one go before an operation is preempted. *)
Record limits := Lim {
  l_copy : N;
  l_delete : N;
  l_doomed : N;
  l_empty : N;
  l_range : N;
  l_retype : N;
  l_clear : N;
  l_timers : N
}.
Definition set_l_copy v (s : limits) := Lim v (l_delete s) (l_doomed s) (l_empty s) (l_range s)
  (l_retype s) (l_clear s) (l_timers s).
Definition set_l_delete v (s : limits) := Lim (l_copy s) v (l_doomed s) (l_empty s) (l_range s)
  (l_retype s) (l_clear s) (l_timers s).
Definition set_l_doomed v (s : limits) := Lim (l_copy s) (l_delete s) v (l_empty s) (l_range s)
  (l_retype s) (l_clear s) (l_timers s).
Definition set_l_empty v (s : limits) := Lim (l_copy s) (l_delete s) (l_doomed s) v (l_range s)
  (l_retype s) (l_clear s) (l_timers s).
Definition set_l_range v (s : limits) := Lim (l_copy s) (l_delete s) (l_doomed s) (l_empty s) v
  (l_retype s) (l_clear s) (l_timers s).
Definition set_l_retype v (s : limits) := Lim (l_copy s) (l_delete s) (l_doomed s) (l_empty s)
  (l_range s) v (l_clear s) (l_timers s).
Definition set_l_clear v (s : limits) := Lim (l_copy s) (l_delete s) (l_doomed s) (l_empty s)
  (l_range s) (l_retype s) v (l_timers s).
Definition set_l_timers v (s : limits) := Lim (l_copy s) (l_delete s) (l_doomed s) (l_empty s)
  (l_range s) (l_retype s) (l_clear s) v.

(* up and kids: the derivation tree, parents and children in order; its root is 0. kinds: objects,
   and the region each is in. due: deadlines of timers and of contexts without budget. doomed:
   objects without capabilities. mem: message buffers. *)
Record state := St {
  s_caps : map cap;
  s_up : map N;
  s_kids : map (list N);
  s_regions : map region;
  s_kinds : map (ty * N);
  s_cnodes : map (N * N);
  s_eps : map (bool * list N);
  s_ntfns : map ntfn;
  s_replies : map reply;
  s_waits : map wait;
  s_threads : map thread;
  s_regs : map (map N);
  s_scs : map context;
  s_budgets : map budget;
  s_spaces : map space;
  s_irqs : map irq;
  s_due : map N;
  s_doomed : list N;
  s_asids : asids;
  s_mem : map (map N);
  s_cpu : cpu;
  s_lim : limits
}.
Definition set_s_caps v (s : state) := St v (s_up s) (s_kids s) (s_regions s) (s_kinds s)
  (s_cnodes s) (s_eps s) (s_ntfns s) (s_replies s) (s_waits s) (s_threads s) (s_regs s) (s_scs s)
  (s_budgets s) (s_spaces s) (s_irqs s) (s_due s) (s_doomed s) (s_asids s) (s_mem s) (s_cpu s)
  (s_lim s).
Definition set_s_up v (s : state) := St (s_caps s) v (s_kids s) (s_regions s) (s_kinds s)
  (s_cnodes s) (s_eps s) (s_ntfns s) (s_replies s) (s_waits s) (s_threads s) (s_regs s) (s_scs s)
  (s_budgets s) (s_spaces s) (s_irqs s) (s_due s) (s_doomed s) (s_asids s) (s_mem s) (s_cpu s)
  (s_lim s).
Definition set_s_kids v (s : state) := St (s_caps s) (s_up s) v (s_regions s) (s_kinds s)
  (s_cnodes s) (s_eps s) (s_ntfns s) (s_replies s) (s_waits s) (s_threads s) (s_regs s) (s_scs s)
  (s_budgets s) (s_spaces s) (s_irqs s) (s_due s) (s_doomed s) (s_asids s) (s_mem s) (s_cpu s)
  (s_lim s).
Definition set_s_regions v (s : state) := St (s_caps s) (s_up s) (s_kids s) v (s_kinds s)
  (s_cnodes s) (s_eps s) (s_ntfns s) (s_replies s) (s_waits s) (s_threads s) (s_regs s) (s_scs s)
  (s_budgets s) (s_spaces s) (s_irqs s) (s_due s) (s_doomed s) (s_asids s) (s_mem s) (s_cpu s)
  (s_lim s).
Definition set_s_kinds v (s : state) := St (s_caps s) (s_up s) (s_kids s) (s_regions s) v
  (s_cnodes s) (s_eps s) (s_ntfns s) (s_replies s) (s_waits s) (s_threads s) (s_regs s) (s_scs s)
  (s_budgets s) (s_spaces s) (s_irqs s) (s_due s) (s_doomed s) (s_asids s) (s_mem s) (s_cpu s)
  (s_lim s).
Definition set_s_cnodes v (s : state) := St (s_caps s) (s_up s) (s_kids s) (s_regions s)
  (s_kinds s) v (s_eps s) (s_ntfns s) (s_replies s) (s_waits s) (s_threads s) (s_regs s)
  (s_scs s) (s_budgets s) (s_spaces s) (s_irqs s) (s_due s) (s_doomed s) (s_asids s) (s_mem s)
  (s_cpu s) (s_lim s).
Definition set_s_eps v (s : state) := St (s_caps s) (s_up s) (s_kids s) (s_regions s) (s_kinds s)
  (s_cnodes s) v (s_ntfns s) (s_replies s) (s_waits s) (s_threads s) (s_regs s) (s_scs s)
  (s_budgets s) (s_spaces s) (s_irqs s) (s_due s) (s_doomed s) (s_asids s) (s_mem s) (s_cpu s)
  (s_lim s).
Definition set_s_ntfns v (s : state) := St (s_caps s) (s_up s) (s_kids s) (s_regions s)
  (s_kinds s) (s_cnodes s) (s_eps s) v (s_replies s) (s_waits s) (s_threads s) (s_regs s)
  (s_scs s) (s_budgets s) (s_spaces s) (s_irqs s) (s_due s) (s_doomed s) (s_asids s) (s_mem s)
  (s_cpu s) (s_lim s).
Definition set_s_replies v (s : state) := St (s_caps s) (s_up s) (s_kids s) (s_regions s)
  (s_kinds s) (s_cnodes s) (s_eps s) (s_ntfns s) v (s_waits s) (s_threads s) (s_regs s) (s_scs s)
  (s_budgets s) (s_spaces s) (s_irqs s) (s_due s) (s_doomed s) (s_asids s) (s_mem s) (s_cpu s)
  (s_lim s).
Definition set_s_waits v (s : state) := St (s_caps s) (s_up s) (s_kids s) (s_regions s)
  (s_kinds s) (s_cnodes s) (s_eps s) (s_ntfns s) (s_replies s) v (s_threads s) (s_regs s)
  (s_scs s) (s_budgets s) (s_spaces s) (s_irqs s) (s_due s) (s_doomed s) (s_asids s) (s_mem s)
  (s_cpu s) (s_lim s).
Definition set_s_threads v (s : state) := St (s_caps s) (s_up s) (s_kids s) (s_regions s)
  (s_kinds s) (s_cnodes s) (s_eps s) (s_ntfns s) (s_replies s) (s_waits s) v (s_regs s) (s_scs s)
  (s_budgets s) (s_spaces s) (s_irqs s) (s_due s) (s_doomed s) (s_asids s) (s_mem s) (s_cpu s)
  (s_lim s).
Definition set_s_regs v (s : state) := St (s_caps s) (s_up s) (s_kids s) (s_regions s)
  (s_kinds s) (s_cnodes s) (s_eps s) (s_ntfns s) (s_replies s) (s_waits s) (s_threads s) v
  (s_scs s) (s_budgets s) (s_spaces s) (s_irqs s) (s_due s) (s_doomed s) (s_asids s) (s_mem s)
  (s_cpu s) (s_lim s).
Definition set_s_scs v (s : state) := St (s_caps s) (s_up s) (s_kids s) (s_regions s) (s_kinds s)
  (s_cnodes s) (s_eps s) (s_ntfns s) (s_replies s) (s_waits s) (s_threads s) (s_regs s) v
  (s_budgets s) (s_spaces s) (s_irqs s) (s_due s) (s_doomed s) (s_asids s) (s_mem s) (s_cpu s)
  (s_lim s).
Definition set_s_budgets v (s : state) := St (s_caps s) (s_up s) (s_kids s) (s_regions s)
  (s_kinds s) (s_cnodes s) (s_eps s) (s_ntfns s) (s_replies s) (s_waits s) (s_threads s)
  (s_regs s) (s_scs s) v (s_spaces s) (s_irqs s) (s_due s) (s_doomed s) (s_asids s) (s_mem s)
  (s_cpu s) (s_lim s).
Definition set_s_spaces v (s : state) := St (s_caps s) (s_up s) (s_kids s) (s_regions s)
  (s_kinds s) (s_cnodes s) (s_eps s) (s_ntfns s) (s_replies s) (s_waits s) (s_threads s)
  (s_regs s) (s_scs s) (s_budgets s) v (s_irqs s) (s_due s) (s_doomed s) (s_asids s) (s_mem s)
  (s_cpu s) (s_lim s).
Definition set_s_irqs v (s : state) := St (s_caps s) (s_up s) (s_kids s) (s_regions s)
  (s_kinds s) (s_cnodes s) (s_eps s) (s_ntfns s) (s_replies s) (s_waits s) (s_threads s)
  (s_regs s) (s_scs s) (s_budgets s) (s_spaces s) v (s_due s) (s_doomed s) (s_asids s) (s_mem s)
  (s_cpu s) (s_lim s).
Definition set_s_due v (s : state) := St (s_caps s) (s_up s) (s_kids s) (s_regions s) (s_kinds s)
  (s_cnodes s) (s_eps s) (s_ntfns s) (s_replies s) (s_waits s) (s_threads s) (s_regs s) (s_scs s)
  (s_budgets s) (s_spaces s) (s_irqs s) v (s_doomed s) (s_asids s) (s_mem s) (s_cpu s) (s_lim s).
Definition set_s_doomed v (s : state) := St (s_caps s) (s_up s) (s_kids s) (s_regions s)
  (s_kinds s) (s_cnodes s) (s_eps s) (s_ntfns s) (s_replies s) (s_waits s) (s_threads s)
  (s_regs s) (s_scs s) (s_budgets s) (s_spaces s) (s_irqs s) (s_due s) v (s_asids s) (s_mem s)
  (s_cpu s) (s_lim s).
Definition set_s_asids v (s : state) := St (s_caps s) (s_up s) (s_kids s) (s_regions s)
  (s_kinds s) (s_cnodes s) (s_eps s) (s_ntfns s) (s_replies s) (s_waits s) (s_threads s)
  (s_regs s) (s_scs s) (s_budgets s) (s_spaces s) (s_irqs s) (s_due s) (s_doomed s) v (s_mem s)
  (s_cpu s) (s_lim s).
Definition set_s_mem v (s : state) := St (s_caps s) (s_up s) (s_kids s) (s_regions s) (s_kinds s)
  (s_cnodes s) (s_eps s) (s_ntfns s) (s_replies s) (s_waits s) (s_threads s) (s_regs s) (s_scs s)
  (s_budgets s) (s_spaces s) (s_irqs s) (s_due s) (s_doomed s) (s_asids s) v (s_cpu s) (s_lim s).
Definition set_s_cpu v (s : state) := St (s_caps s) (s_up s) (s_kids s) (s_regions s) (s_kinds s)
  (s_cnodes s) (s_eps s) (s_ntfns s) (s_replies s) (s_waits s) (s_threads s) (s_regs s) (s_scs s)
  (s_budgets s) (s_spaces s) (s_irqs s) (s_due s) (s_doomed s) (s_asids s) (s_mem s) v (s_lim s).
Definition set_s_lim v (s : state) := St (s_caps s) (s_up s) (s_kids s) (s_regions s) (s_kinds s)
  (s_cnodes s) (s_eps s) (s_ntfns s) (s_replies s) (s_waits s) (s_threads s) (s_regs s) (s_scs s)
  (s_budgets s) (s_spaces s) (s_irqs s) (s_due s) (s_doomed s) (s_asids s) (s_mem s) (s_cpu s) v.

