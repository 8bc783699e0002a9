(* SPDX-License-Identifier: BSD-2-Clause *)
(* The model of spec/, extracted, beside the kernel: bridge.c says what happens to the kernel, the
   model does the same, and then every word of the kernel's state that means something must be what
   the model's state says. What the words must be is changed where the model's state has changed;
   all of them are looked at. *)
open Kernel

let raise = Stdlib.raise

external expect : int -> int array -> unit = "model_expect" [@@noalloc]
external expect_word : int -> int -> int -> int -> unit = "model_expect_word" [@@noalloc]
external agrees : unit -> int = "model_agrees" [@@noalloc]
external wanted : unit -> int = "model_wanted" [@@noalloc]
external word : int -> int -> int = "model_word" [@@noalloc]
external input : int -> int = "model_input" [@@noalloc]
external input_top : int -> int = "model_input_top" [@@noalloc]
external cpu_word : int -> int = "model_cpu" [@@noalloc]
external ready_is : int array -> bool = "model_ready" [@@noalloc]
external doomed_is : int array -> bool = "model_doomed" [@@noalloc]
external leaf_is : int array -> bool = "model_leaf" [@@noalloc]
external limit : int -> int = "model_limit" [@@noalloc]
external count : int -> int = "model_count" [@@noalloc]

(* --- Numbers ---------------------------------------------------------------------------- *)

let int_of_pos p =
  let rec go p bit sum =
    match p with
    | XH -> sum lor bit
    | XO p -> go p (bit lsl 1) sum
    | XI p -> go p (bit lsl 1) (sum lor bit)
  in
  go p 1 0

(* The low 63 bits, and the one above. *)
let int = function N0 -> 0 | Npos p -> int_of_pos p
let rec long p n = match p with XH -> n = 63 | XO p | XI p -> long p (n + 1)
let top = function N0 -> 0 | Npos p -> if long p 0 then 1 else 0

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

(* A word: where, which of its bits, what they must be. *)
let key g w mask v = ((((g * 8) + w) * 2) + mask) * 2 + top v
let entry g w v = [ key g w 0 v; int v ]
let plain g w v = [ key g w 0 N0; v ]
let grants t g = [ key (t + 1) 2 1 N0; (if g then 4 else 0) ]

let granules = 8192

(* Kinds of values, each with its words at each granule; bridge.c keeps them all, and looks at all
   of them after each entry, whether the model has changed them or not. *)
let names =
  [| "capability"; "used memory"; "tree"; "object"; "notification"; "reply"; "side of a queue";
     "wait"; "thread"; "register"; "scheduling context"; "budget"; "deadline"; "address space";
     "interrupt"; "message buffer" |]

let slot kind at =
  if at >= granules then failwith "more granules than there are";
  (kind * granules) + at

let put kind at l = expect (slot kind at) (Array.of_list (List.concat l))
let drop kind at = expect (slot kind at) [||]

(* What differs between two maps: the parts that are the same in memory are the same. *)
let changes f old now =
  let rec go a b weight low =
    if a != b then begin
      let side t i = match t with P.Leaf -> P.Leaf | P.Node (l, _, r) -> if i = 0 then l else r in
      let at = function P.Leaf -> None | P.Node (_, o, _) -> o in
      let x = at a and y = at b in
      if x != y then f (low + weight - 1) x y;
      go (side a 0) (side b 0) (2 * weight) low;
      go (side a 1) (side b 1) (2 * weight) (low + weight)
    end
  in
  go old now 1 0

(* Each of them: its words, or nothing if it is gone. *)
let follow kind words old now =
  changes
    (fun at _ v -> match v with Some v -> put kind at (words at v) | None -> drop kind at)
    old now

let ty_numbers =
  [ TNull; TUntyped; TDevice; TCNode; TEndpoint; TNotification; TReply; TThread; TSchedContext;
    TAddressSpace; TFrame; TLargeFrame; THugeFrame; TInterrupt; TTimer; TIoPort; TCpu; TIrqControl;
    TTables ]

let ty_number t =
  let rec at i = function [] -> -1 | x :: l -> if x == t then i else at (i + 1) l in
  at 0 ty_numbers

let is_memory c = match c.c_ty with TUntyped | TDevice -> true | _ -> false
let is_tables c = match c.c_ty with TTables -> true | _ -> false

(* Of each region: how many capabilities there are for it, and the object in it. *)
let held : (int, int) Hashtbl.t = Hashtbl.create 256
let object_in : (int, int) Hashtbl.t = Hashtbl.create 256
let told table r = match Hashtbl.find_opt table r with Some n -> n | None -> 0
let tell table r n = if n = 0 then Hashtbl.remove table r else Hashtbl.replace table r n

let memories = Hashtbl.create 64
let cap_count = ref 0
let object_count = ref 0

(* The state that the words are of. *)
let seen : state option ref = ref None

let used s c = match get c.c_reg s.s_regions with Some { r_what = WUntyped u } -> u | _ -> N0

let cap_words a c =
  [ plain a 0 (ty_number c.c_ty); entry a 1 c.c_obj; entry a 2 c.c_rights; entry a 3 c.c_badge ]
  @ if is_memory c || is_tables c then [] else [ entry a 4 c.c_extra ]

let follow_caps before s =
  let dirty = ref [] in
  let hold c n =
    let r = int c.c_reg in
    tell held r (told held r + n);
    cap_count := !cap_count + n;
    dirty := r :: !dirty
  in
  changes
    (fun a x y ->
      (match x with Some c -> hold c (-1); Hashtbl.remove memories a; drop 1 a | None -> ());
      match y with
      | Some c ->
        hold c 1;
        put 0 a (cap_words a c);
        if is_memory c then Hashtbl.replace memories a c
      | None -> drop 0 a)
    before.s_caps s.s_caps;
  changes
    (fun o x y ->
      (match x with
      | Some (_, r) -> tell object_in (int r) 0; decr object_count; drop 3 o
      | None -> ());
      match y with
      | Some (_, r) ->
        let r = int r in
        tell object_in r o; incr object_count; dirty := r :: !dirty
      | None -> ())
    before.s_kinds s.s_kinds;
  List.iter
    (fun r ->
      let o = told object_in r in
      if o <> 0 then
        match find o s.s_kinds with
        | Some (k, _) -> put 3 o [ plain o 0 (ty_number k); plain o 1 (told held r) ]
        | None -> ())
    !dirty;
  if before.s_caps != s.s_caps || before.s_regions != s.s_regions then
    Hashtbl.iter (fun a c -> put 1 a [ entry a 4 (used s c) ]) memories

(* Children in order: links of each. The root of the tree is a granule of its own. *)
let tree_words a l =
  let a = if a = 0 then count 2 else a in
  let kids = Array.of_list (List.map int l) in
  let n = Array.length kids in
  plain a 5 (if n = 0 then 0 else kids.(0))
  :: List.concat
       (List.init n (fun i ->
            [ plain kids.(i) 6 (if i = n - 1 then a else kids.(i + 1));
              plain kids.(i) 7 (if i = 0 then kids.(n - 1) else kids.(i - 1)) ]))

let array l = Array.of_list (List.map int l)

(* A queue of threads: who is first and last, who is behind whom. *)
let queue_words o l =
  let q = array l in
  let n = Array.length q in
  let at i = if i < 0 || i >= n then 0 else q.(i) in
  plain o 4 (at 0) :: plain o 5 (at (n - 1))
  :: List.concat (List.init n (fun i -> [ plain q.(i) 5 (at (i + 1)); plain q.(i) 6 (at (i - 1)) ]))

let endpoint_words e (senders, l) =
  plain e 3 (if l == [] then 0 else if senders then 1 else 2) :: queue_words e l
let notification_words n x = entry n 3 x.n_bits :: entry n 6 x.n_bound :: queue_words n x.n_queue
let reply_words r x = [ plain r 3 (match x with RIdle -> 0 | RArmed t | RHolds t -> int t) ]

let wait_words t = function
  | WSuspended -> [ plain t 3 0 ]
  | WReady -> [ plain t 3 1 ]
  | WSending (e, badge, calls, g) ->
    [ plain t 3 2; entry t 7 e; entry (t + 4) 4 badge; plain (t + 4) 1 (Bool.to_int calls);
      grants t g ]
  | WReceiving (e, r) ->
    [ plain t 3 3; entry t 7 e; entry (t + 1) 1 (match r with Some r -> r | None -> N0) ]
  | WReply (r, g) -> [ plain t 3 4; entry (t + 1) 1 r; grants t g ]
  | WSignal n -> [ plain t 3 5; entry t 7 n ]

let thread_words t h =
  [ entry (t + 1) 5 h.t_flags; entry (t + 1) 4 h.t_fault; entry t 4 h.t_sc;
    entry (t + 4) 0 h.t_own; entry (t + 1) 3 h.t_lent; entry (t + 1) 6 h.t_ntfn ]
  @
  let f = int h.t_fault in
  if f = 0 || f = 3 then [] else [ entry (t + 10) 0 h.t_fa; entry (t + 4) 6 h.t_fb ]

(* Where a register is: granule and word. *)
let reg_place i =
  if i < 8 then (2, i)
  else if i < 16 then (3, i - 8)
  else if i < 18 then (4, i - 14)
  else (10, i - 17)

let registers = 20

let reg_key t i v = let g, w = reg_place i in key (t + g) w 0 v
let reg_words t m =
  List.init registers (fun i ->
      let v = match find i m with Some v -> v | None -> N0 in
      [ reg_key t i v; int v ])

let none = P.empty

(* Registers are known of threads that are there; what is known of others waits. *)
let follow_threads before s =
  follow 8 thread_words before.s_threads s.s_threads;
  changes
    (fun t x y ->
      match (x, y) with
      | None, Some _ ->
        put 9 t (reg_words t (match find t s.s_regs with Some m -> m | None -> none))
      | Some _, None -> drop 9 t
      | _ -> ())
    before.s_threads s.s_threads;
  changes
    (fun t x y ->
      if find t before.s_threads <> None && find t s.s_threads <> None then
        let map = function Some m -> m | None -> none in
        changes
          (fun i _ v ->
            let v = match v with Some v -> v | None -> N0 in
            expect_word (slot 9 t) i (reg_key t i v) (int v))
          (map x) (map y))
    before.s_regs s.s_regs

let sc_state = function XIdle -> 0 | XQueued -> 1 | XRunning -> 2 | XThrottled -> 3

let context_words x c =
  let stack = array c.x_stack in
  let n = Array.length stack in
  [ entry x 3 c.x_prio; plain (x + 1) 0 (sc_state c.x_st); entry (x + 1) 1 c.x_holder;
    plain (x + 1) 2 (if n = 0 then 0 else stack.(0)) ]
  @ List.concat
      (List.mapi
         (fun i t ->
           [ plain (t + 1) 0 (if i = n - 1 then 0 else stack.(i + 1));
             plain (t + 4) 5 (if i = 0 then 0 else stack.(i - 1));
             plain (t + 1) 3 x ])
         (Array.to_list stack))

(* Refills are in a ring; where it begins is the kernel's choice. *)
let begins = Array.make granules (-1)

let budget_words x first b =
  [ entry (x + 1) 5 b.b_budget; entry (x + 1) 6 b.b_period; entry (x + 1) 7 b.b_consumed;
    entry (x + 2) 2 b.b_slice; plain (x + 2) 0 (List.length b.b_refills) ]
  @ List.concat
      (List.mapi
         (fun i (time, amount) ->
           let i = (first + i) mod 8 in
           [ entry (x + 3 + (i / 4)) (i mod 4 * 2) time;
             entry (x + 3 + (i / 4)) ((i mod 4 * 2) + 1) amount ])
         b.b_refills)

let follow_budgets before s =
  changes
    (fun x _ b -> begins.(x) <- -1; if b = None then drop 11 x)
    before.s_budgets s.s_budgets;
  iter
    (fun x b ->
      let first = word (x + 2) 1 in
      if first <> begins.(x) then begin
        begins.(x) <- first;
        put 11 x (budget_words x first b)
      end)
    s.s_budgets

let deadline_words n d = [ entry n 4 d ]

let compare_due s =
  let due = ref 0 in
  iter
    (fun n _ ->
      incr due;
      if word n 7 = 0 then differs "place in the deadline queue" n 1 0)
    s.s_due;
  check "deadlines" 0 !due (count 3)

let space_words p x = [ entry p 5 x.p_free; entry p 7 x.p_asid ]

let compare_mappings p x =
  iter
    (fun k l ->
      let image =
        [| word p 3; k lsr 56; k land ((1 lsl 56) - 1); int l.f_frame; int l.f_flags;
           Bool.to_int l.f_ram |]
      in
      if not (leaf_is image) then differs "mapping" p (int l.f_frame) 0)
    x.p_maps;
  check "mappings" p (size x.p_maps) (count (1000 + p))

let compare_space p x =
  check "root" p (Bool.to_int x.p_root) (if word p 3 = 0 then 0 else 1);
  let at = ref (word p 6) in
  List.iter (fun a -> check "tables" p (int a) !at; at := word !at 4) x.p_supplies;
  check "tables" p 0 !at

let irq_words i x =
  entry i 3 x.i_vector
  ::
  (if int x.i_vector = 0 then []
   else
     [ entry i 4 x.i_line; plain i 5 (Bool.to_int x.i_level); plain i 6 (Bool.to_int x.i_pending) ])

let buffer_words page m =
  let l = ref [] in
  iter (fun i v -> l := entry (page + (i / 8)) (i mod 8) v :: !l) m;
  !l

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

(* From the words of one state to those of another. *)
let follow_all before s =
  follow_caps before s;
  follow 2 tree_words before.s_kids s.s_kids;
  follow 4 notification_words before.s_ntfns s.s_ntfns;
  follow 5 reply_words before.s_replies s.s_replies;
  follow 6 endpoint_words before.s_eps s.s_eps;
  follow 7 wait_words before.s_waits s.s_waits;
  follow_threads before s;
  follow 10 context_words before.s_scs s.s_scs;
  follow_budgets before s;
  follow 12 deadline_words before.s_due s.s_due;
  follow 13 space_words before.s_spaces s.s_spaces;
  follow 14 irq_words before.s_irqs s.s_irqs;
  follow 15 buffer_words before.s_mem s.s_mem

(* Before anything was there. *)
let nothing_of s =
  { s with s_caps = P.empty; s_kids = P.empty; s_regions = P.empty; s_kinds = P.empty;
    s_eps = P.empty; s_ntfns = P.empty; s_replies = P.empty; s_waits = P.empty;
    s_threads = P.empty; s_regs = P.empty; s_scs = P.empty; s_budgets = P.empty;
    s_spaces = P.empty; s_irqs = P.empty; s_due = P.empty; s_mem = P.empty }

let difference found =
  let at = found land 0xffffff and i = found lsr 24 in
  let g = at / 8 and w = at mod 8 in
  raise
    (Differs
       (Printf.sprintf "%s of %d: word %d of %d is %#x in the kernel, %#x in the model"
          names.(i / granules) (i mod granules) w g (word g w) (wanted ())))

let compare_all s =
  let before = match !seen with Some x -> x | None -> nothing_of s in
  seen := Some s;
  follow_all before s;
  let found = agrees () in
  if found >= 0 then difference found;
  check "capabilities" 0 !cap_count (count 0);
  check "objects" 0 !object_count (count 1);
  compare_due s;
  iter compare_space s.s_spaces;
  changes
    (fun p _ x -> match x with Some x when x.p_root -> compare_mappings p x | _ -> ())
    before.s_spaces s.s_spaces;
  compare_cpu s

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
  Gc.set { (Gc.get ()) with minor_heap_size = 1 lsl 18; space_overhead = 200 };
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
