(* SPDX-License-Identifier: BSD-2-Clause *)
(* The model of spec/, extracted, beside the kernel: bridge.c says what happens to the kernel, the
   model does the same, and then every word of the kernel's state that means something must be what
   the model's state says. What a value in the model comes to in the kernel is cached with it. *)
open Kernel

let raise = Stdlib.raise

external same : int array -> int = "model_same" [@@noalloc]
external word : int -> int -> int = "model_word" [@@noalloc]
external chain : int -> int -> int -> int array -> bool = "model_chain" [@@noalloc]
external input : int -> int = "model_input" [@@noalloc]
external input_top : int -> int = "model_input_top" [@@noalloc]
external cpu_word : int -> int = "model_cpu" [@@noalloc]
external ready_is : int array -> bool = "model_ready" [@@noalloc]
external doomed_is : int array -> bool = "model_doomed" [@@noalloc]
external leaf_is : int array -> bool = "model_leaf" [@@noalloc]
external limit : int -> int = "model_limit" [@@noalloc]
external count : int -> int = "model_count" [@@noalloc]

(* --- Numbers ---------------------------------------------------------------------------- *)

let rec int_of_pos = function
  | XH -> 1
  | XO p -> int_of_pos p lsl 1
  | XI p -> (int_of_pos p lsl 1) lor 1

let rec bits_of_pos = function XH -> 1 | XO p | XI p -> 1 + bits_of_pos p

(* The low 63 bits, and the one above. *)
let int = function N0 -> 0 | Npos p -> int_of_pos p
let top = function N0 -> 0 | Npos p -> if bits_of_pos p = 64 then 1 else 0

let rec pos_of_int v =
  if v = 1 then XH
  else if v land 1 = 0 then XO (pos_of_int (v lsr 1))
  else XI (pos_of_int (v lsr 1))

let num v = if v = 0 then N0 else Npos (pos_of_int v)

let rec pos_with_top v depth =
  if depth = 63 then XH
  else if v land 1 = 0 then XO (pos_with_top (v lsr 1) (depth + 1))
  else XI (pos_with_top (v lsr 1) (depth + 1))

let input_num i = if input_top i = 1 then Npos (pos_with_top (input i) 0) else num (input i)

let iter f m =
  let rec go t weight low =
    match t with
    | P.Leaf -> ()
    | P.Node (l, o, r) ->
      go l (2 * weight) low;
      (match o with Some v -> f (low + weight - 1) v | None -> ());
      go r (2 * weight) (low + weight)
  in
  go m 1 0

let numbers = Array.init 8192 num
let find k m = get (if k < 8192 then numbers.(k) else num k) m
let size m = let n = ref 0 in iter (fun _ _ -> incr n) m; !n

(* --- The model's state, and states to come back to -------------------------------------- *)

let now : state option ref = ref None
let kept = ref None
let remembered = ref None
let before = ref None (* the last event *)
let event = ref SystemCall

let state () = match !now with Some s -> s | None -> failwith "no state"

exception Differs of string

let differs what at should is =
  raise
    (Differs (Printf.sprintf "%s of %d is %#x in the kernel, %#x in the model" what at is should))

let check what at should is = if should <> is then differs what at should is

(* --- What a value in the model is in the kernel: words with what they must be ----------- *)

let key g w v = ((g * 8) + w) * 2 + top v
let entry g w v = [ key g w v; int v ]
let plain g w v = [ ((g * 8) + w) * 2; v ]

(* Of each kind of value, by granule: what it was last, and its words. *)
let granules = 8192
let kinds = 18
let nothing = Obj.repr (ref 0)
let old_values = Array.init kinds (fun _ -> Array.make granules nothing)
let old_images = Array.init kinds (fun _ -> Array.make granules [||])

(* The words of a value, found again while the very same value is there. *)
let words kind at value make =
  let value = Obj.repr value in
  if at >= granules then failwith "more granules than there are";
  if old_values.(kind).(at) == value then old_images.(kind).(at)
  else begin
    let image = Array.of_list (List.concat (make ())) in
    old_values.(kind).(at) <- value;
    old_images.(kind).(at) <- image;
    image
  end

let compare_words what image =
  let i = same image in
  if i >= 0 then
    let at = image.(i) / 2 in
    differs
      (Printf.sprintf "%s: word %d" what (at mod 8))
      (at / 8) image.(i + 1)
      (word (at / 8) (at mod 8))

let used s c = match get c.c_reg s.s_regions with Some { r_what = WUntyped u } -> u | _ -> N0

let ty_numbers =
  [ TNull; TUntyped; TDevice; TCNode; TEndpoint; TNotification; TReply; TThread; TSchedContext;
    TAddressSpace; TFrame; TLargeFrame; THugeFrame; TInterrupt; TTimer; TIoPort; TCpu; TIrqControl;
    TTables ]

let ty_number t =
  let rec at i = function [] -> -1 | x :: l -> if x == t then i else at (i + 1) l in
  at 0 ty_numbers

let is_memory c = match c.c_ty with TUntyped | TDevice -> true | _ -> false
let is_tables c = match c.c_ty with TTables -> true | _ -> false

(* How many capabilities there are for each region: regions have numbers that only grow. *)
let held = ref (Array.make 64 0)

let region_of = Array.make granules (nothing, 0)

(* The region of a capability, looked up once. *)
let region a c =
  let value = Obj.repr c in
  let old, r = region_of.(a) in
  if old == value then r
  else begin
    let r = int c.c_reg in
    region_of.(a) <- (value, r);
    r
  end

let hold r =
  let n = Array.length !held in
  if r >= n then held := Array.append !held (Array.make (max n (r + 1 - n)) 0);
  !held.(r) <- !held.(r) + 1

let compare_caps s =
  Array.fill !held 0 (Array.length !held) 0;
  iter
    (fun a c ->
      compare_words "capability"
        (words 0 a c (fun () ->
             [ plain a 0 (ty_number c.c_ty); entry a 1 c.c_obj; entry a 2 c.c_rights;
               entry a 3 c.c_badge ]
             @ if is_memory c || is_tables c then [] else [ entry a 4 c.c_extra ]));
      if is_memory c then check "used memory" a (int (used s c)) (word a 4);
      hold (region a c))
    s.s_caps;
  check "capabilities" 0 (size s.s_caps) (count 0);
  iter
    (fun o (k, r) ->
      check "kind" o (ty_number k) (word o 0);
      let r = int r in
      check "number of capabilities" o
        (if r < Array.length !held then !held.(r) else 0)
        (word o 1))
    s.s_kinds;
  check "objects" 0 (size s.s_kinds) (count 1)

(* Children in order: links of each. The root of the tree is a granule of its own. *)
let compare_tree s =
  let root = count 2 in
  iter
    (fun a l ->
      let a = if a = 0 then root else a in
      compare_words "tree"
        (words 1 a l (fun () ->
             let kids = Array.of_list (List.map int l) in
             let n = Array.length kids in
             plain a 5 (if n = 0 then 0 else kids.(0))
             :: List.concat
                  (List.init n (fun i ->
                       [ plain kids.(i) 6 (if i = n - 1 then a else kids.(i + 1));
                         plain kids.(i) 7 (if i = 0 then kids.(n - 1) else kids.(i - 1)) ])))))
    s.s_kids

let array l = Array.of_list (List.map int l)

let compare_queues s =
  iter
    (fun e (senders, l) ->
      check "side" e (if l == [] then 0 else if senders then 1 else 2) (word e 3);
      if not (chain e 4 5 (array l)) then differs "queue" e 0 0)
    s.s_eps;
  iter
    (fun n x ->
      compare_words "notification"
        (words 2 n x (fun () -> [ entry n 3 x.n_bits; entry n 6 x.n_bound ]));
      if not (chain n 4 5 (array x.n_queue)) then differs "queue" n 0 0)
    s.s_ntfns;
  iter
    (fun r x ->
      check "reply" r (match x with RIdle -> 0 | RArmed t | RHolds t -> int t) (word r 3))
    s.s_replies

let compare_wait t w =
  let words_of l =
    compare_words "wait" (words 3 t w (fun () -> l))
  and grant g = check "right to pass capabilities" t (if g then 4 else 0) (word (t + 1) 2 land 4) in
  match w with
  | WSuspended -> check "state" t 0 (word t 3)
  | WReady -> check "state" t 1 (word t 3)
  | WSending (e, badge, calls, g) ->
    words_of
      [ plain t 3 2; entry t 7 e; entry (t + 4) 4 badge; plain (t + 4) 1 (Bool.to_int calls) ];
    grant g
  | WReceiving (e, r) ->
    words_of
      [ plain t 3 3; entry t 7 e; entry (t + 1) 1 (match r with Some r -> r | None -> N0) ]
  | WReply (r, g) -> words_of [ plain t 3 4; entry (t + 1) 1 r ]; grant g
  | WSignal n -> words_of [ plain t 3 5; entry t 7 n ]

(* Where a register is: granule and word. *)
let reg_place i =
  if i < 8 then (2, i)
  else if i < 16 then (3, i - 8)
  else if i < 18 then (4, i - 14)
  else (10, i - 17)

let compare_threads s =
  iter (fun t w -> compare_wait t w) s.s_waits;
  iter
    (fun t h ->
      compare_words "thread"
        (words 4 t h (fun () ->
             [ entry (t + 1) 5 h.t_flags; entry (t + 1) 4 h.t_fault; entry t 4 h.t_sc;
               entry (t + 4) 0 h.t_own; entry (t + 1) 3 h.t_lent; entry (t + 1) 6 h.t_ntfn ]
             @
             let f = int h.t_fault in
             if f = 0 || f = 3 then []
             else [ entry (t + 10) 0 h.t_fa; entry (t + 4) 6 h.t_fb ]));
      match find t s.s_regs with
      | None -> differs "registers" t 0 0
      | Some m ->
        compare_words "register"
          (words 5 t m (fun () ->
               List.init 20 (fun i ->
                   let g, w = reg_place i in
                   entry (t + g) w (match find i m with Some v -> v | None -> N0)))))
    s.s_threads

let sc_state = function XIdle -> 0 | XQueued -> 1 | XRunning -> 2 | XThrottled -> 3

let compare_contexts s =
  iter
    (fun x c ->
      compare_words "scheduling context"
        (words 6 x c (fun () ->
             let stack = array c.x_stack in
             [ entry x 3 c.x_prio; plain (x + 1) 0 (sc_state c.x_st); entry (x + 1) 1 c.x_holder;
               plain (x + 1) 2 (if stack = [||] then 0 else stack.(0)) ]
             @ List.concat
                 (List.mapi
                    (fun i t ->
                      let n = Array.length stack in
                      [ plain (t + 1) 0 (if i = n - 1 then 0 else stack.(i + 1));
                        plain (t + 4) 5 (if i = 0 then 0 else stack.(i - 1));
                        plain (t + 1) 3 x ])
                    (Array.to_list stack)))))
    s.s_scs;
  iter
    (fun x b ->
      let first = word (x + 2) 1 in
      compare_words "budget"
        (words (8 + first) x b (fun () ->
             [ entry (x + 1) 5 b.b_budget; entry (x + 1) 6 b.b_period;
               entry (x + 1) 7 b.b_consumed; entry (x + 2) 2 b.b_slice;
               plain (x + 2) 0 (List.length b.b_refills) ]
             @ List.concat
                 (List.mapi
                    (fun i (time, amount) ->
                      let i = (first + i) mod 8 in
                      [ entry (x + 3 + (i / 4)) (i mod 4 * 2) time;
                        entry (x + 3 + (i / 4)) ((i mod 4 * 2) + 1) amount ])
                    b.b_refills))))
    s.s_budgets;
  let due = ref 0 in
  iter
    (fun n d ->
      incr due;
      check "deadline" n (int d) (word n 4);
      if word n 7 = 0 then differs "place in the deadline queue" n 1 0)
    s.s_due;
  check "deadlines" 0 !due (count 3)

let spaces = Hashtbl.create 16

let compare_space p x =
  check "root" p (Bool.to_int x.p_root) (if word p 3 = 0 then 0 else 1);
  compare_words "address space"
    (words 7 p x (fun () -> [ entry p 5 x.p_free; entry p 7 x.p_asid ]));
  let slot = ref (word p 6) in
  List.iter (fun a -> check "tables" p (int a) !slot; slot := word !slot 4) x.p_supplies;
  check "tables" p 0 !slot;
  match Hashtbl.find_opt spaces p with
  | Some old when old == x -> ()
  | _ ->
    Hashtbl.replace spaces p x;
    if x.p_root then begin
      iter
        (fun k l ->
          let image =
            [| word p 3; k lsr 56; k land ((1 lsl 56) - 1); int l.f_frame; int l.f_flags;
               Bool.to_int l.f_ram |]
          in
          if not (leaf_is image) then differs "mapping" p (int l.f_frame) 0)
        x.p_maps;
      check "mappings" p (size x.p_maps) (count (1000 + p))
    end

let compare_devices s =
  iter
    (fun i x ->
      compare_words "interrupt"
        (words 16 i x (fun () ->
             entry i 3 x.i_vector
             :: (if int x.i_vector = 0 then []
                 else
                   [ entry i 4 x.i_line; plain i 5 (Bool.to_int x.i_level);
                     plain i 6 (Bool.to_int x.i_pending) ]))))
    s.s_irqs

let compare_cpu s =
  let u = s.s_cpu in
  check "thread that runs" 0 (int u.u_thread) (cpu_word 0);
  check "context that runs" 0 (int u.u_sc) (cpu_word 1);
  check "charged up to" 0 (int u.u_started) (cpu_word 2);
  check "clock" 0 (int u.u_now) (cpu_word 3);
  check "timer" 0 (int u.u_timer) (cpu_word 4);
  check "expired" 0 (int u.u_expired) 0;
  if not (ready_is (Array.of_list (List.concat_map (fun (p, x) -> [ int p; int x ]) u.u_ready)))
  then differs "ready queue" 0 0 0;
  if not (doomed_is (array s.s_doomed)) then differs "objects to be dismantled" 0 0 0

let compare_memory s =
  iter
    (fun page m ->
      compare_words "message buffer"
        (words 17 page m (fun () ->
             let l = ref [] in
             iter (fun i v -> l := entry (page + (i / 8)) (i mod 8) v :: !l) m;
             !l)))
    s.s_mem

let compare_all s =
  compare_caps s;
  compare_tree s;
  compare_queues s;
  compare_threads s;
  compare_contexts s;
  iter compare_space s.s_spaces;
  compare_devices s;
  compare_cpu s;
  compare_memory s

(* --- Deadlines that are the same: the kernel's choice ----------------------------------- *)

let rec permutations = function
  | [] -> [ [] ]
  | l ->
    List.concat_map
      (fun x -> List.map (fun r -> x :: r) (permutations (List.filter (fun y -> y <> x) l)))
      l

let rec take n = function x :: l when n > 0 -> x :: take (n - 1) l | _ -> []

let due_nodes s =
  let l = ref [] in
  iter (fun n d -> if int d <= int s.s_cpu.u_now then l := n :: !l) s.s_due;
  take 5 !l

let run e s = match step e s with Some (_, s') -> s' | None -> raise (Differs "no transition")

let another_order s =
  List.exists
    (fun order ->
      match
        let s' = run (Timer (List.map num order)) s in
        compare_all s'; s'
      with
      | s' -> now := Some s'; true
      | exception Differs _ -> false)
    (permutations (due_nodes s))

(* --- Called by bridge.c ----------------------------------------------------------------- *)

let report f =
  try f (); 0
  with Differs what ->
    Printf.printf "model: %s\n%!" what;
    1

let start () =
  Gc.set { (Gc.get ()) with minor_heap_size = 1 lsl 20; space_overhead = 200 };
  let l = num in
  let limits =
    { l_copy = l (limit 0); l_delete = l (limit 1); l_doomed = l (limit 2); l_empty = l (limit 3);
      l_range = l (limit 4); l_retype = l (limit 5); l_clear = l (limit 6); l_timers = l (limit 7) }
  in
  report (fun () ->
      match boot limits with
      | Some s -> now := Some s; compare_all s
      | None -> raise (Differs "no transition at boot"))

let event_of () =
  let a = input_num 1 and b = input_num 2 and c = input_num 3 in
  match input 0 with
  | 0 -> SystemCall
  | 1 -> SystemCallComplete
  | 2 -> Exception (a, b, c)
  | 3 -> Timer []
  | 4 -> Device a
  | 5 -> Time a
  | 6 -> Register (a, b, c)
  | _ -> Memory (a, b, c)

let happen () =
  report (fun () ->
      let e = event_of () in
      before := !now;
      event := e;
      now := Some (run e (state ())))

let agree () =
  report (fun () ->
      try compare_all (state ())
      with Differs what -> (
        match (!event, !before) with
        | Timer _, Some s when List.length (due_nodes s) > 1 && another_order s -> ()
        | _ -> raise (Differs what)))

let () =
  Callback.register "start" start;
  Callback.register "happen" happen;
  Callback.register "agree" agree;
  Callback.register "keep" (fun () -> kept := !now; 0);
  Callback.register "restore" (fun () -> now := !kept; 0);
  Callback.register "remember" (fun () -> remembered := !now; 0);
  Callback.register "back" (fun () -> now := !remembered; 0)
