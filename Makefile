# SPDX-License-Identifier: BSD-2-Clause
# Builds everything: the kernel, the components, the boot images, the tools and the tests.
#
#   make                 the kernel, every component and every boot image, into ./build
#   make kernel          build/kernel.elf alone
#   make BUILD=DIR       the same elsewhere;  make CC=clang  with another compiler
#   make PTI=1           with page-table isolation;  make V=1  shows the commands
#
# One make, not one a folder: each fragment below tools/build/ adds its own rules. What may include
# what is in ROOMS; tools/rooms/rooms.py turns it into one include folder a room, so that a
# forbidden include does not compile.

MAKEFLAGS += --no-builtin-rules --no-builtin-variables
.SUFFIXES:
.DELETE_ON_ERROR:

BUILD ?= build
ARCH ?= x86_64
PTI ?= 0
CC := $(if $(filter default undefined,$(origin CC)),gcc,$(CC))
LD := ld
AR := ar
HOSTCC := gcc
PYTHON := /usr/bin/python3
Q := $(if $(V),,@)
SAY = $(if $(V),,@echo "  $1")

all: # the first target; its parts are added below

# Targets that need nothing to be generated first.
PLAIN := clean
GENERATE := $(if $(MAKECMDGOALS),$(filter-out $(PLAIN),$(MAKECMDGOALS)),all)

include tools/build/generate.mk
ifneq ($(GENERATE),)
include tools/build/compile.mk
include tools/build/kernel.mk
include tools/build/user.mk
include tools/build/linux.mk
include tools/build/host.mk
include tools/build/image.mk
endif

.PHONY: all kernel clean
clean:
	$(Q)rm -rf $(BUILD) compile_commands.json
