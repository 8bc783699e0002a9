(* SPDX-License-Identifier: BSD-2-Clause *)
(* The model as an OCaml program, for tests/host/oracle_model. *)
Require Import ExtrOcamlBasic.
From Tessera Require Import Map Refills State Machine Calls Boot.
Extraction Language OCaml.
Extraction "kernel.ml" boot step pairs get.
