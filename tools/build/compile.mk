# SPDX-License-Identifier: BSD-2-Clause
# How a room is compiled: for which world (kernel, user, host) and with which include folders.

GCC_INCLUDE = $(shell $(CC) -print-file-name=include)
IS_CLANG := $(findstring clang,$(CC))

WARN := -Wall -Wextra -Werror -Wundef -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wwrite-strings -Wvla
FLAGS_BASE := -std=gnu11 -O2 -g -pipe $(WARN) -fno-strict-aliasing -fno-common -fcf-protection=none \
	-ffunction-sections -fdata-sections -MMD -MP

FLAGS_kernel := $(FLAGS_BASE) -ffreestanding -nostdinc -isystem $(GCC_INCLUDE) -mcmodel=kernel \
	-mno-red-zone -mgeneral-regs-only -fno-pic -fno-pie -fno-stack-protector \
	-fno-asynchronous-unwind-tables -fno-delete-null-pointer-checks -DTESSERA_PTI=$(PTI) \
	-DTESSERA_WORDS_IN_REGISTERS=$(if $(IS_CLANG),0,1)

# The short ways of messages leave the registers alone in which the doors keep the message (see
# kernel/entry/fast.h); rbx is saved before. Only gcc can do that.
FLAGS_OF_kernel_fast.c := $(if $(IS_CLANG),,$(addprefix -ffixed-r,8 9 10 11 12 13 14 15) -fcall-used-rbx -fno-tree-dominator-opts -fno-code-hoisting \
	-falign-functions=64)

FLAGS_user := $(FLAGS_BASE) -fno-pic -fno-pie -fno-stack-protector -fno-asynchronous-unwind-tables \
	-fno-omit-frame-pointer -ftls-model=local-exec -nostdinc

FLAGS_host := $(FLAGS_BASE) -O1 -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-delete-null-pointer-checks -fno-omit-frame-pointer

# Rooms without the C library are freestanding; they also keep off the FPU, so that a thread which
# does nothing else with it never has FPU state to switch.
FREESTANDING = -ffreestanding -fno-builtin -mgeneral-regs-only -isystem $(GCC_INCLUDE)
HOSTED = -isystem $(MUSL)/include -isystem $(GCC_INCLUDE)
user_libc = $(if $(filter posix,$1 $(call links,$1)),$(HOSTED),$(FREESTANDING))

# $1: room; $2: architecture whose headers it sees. SYSTEM_room: headers of a library not our own.
include_flags = -I$(VIEW)/$2/$1 -iquote $(FOLDER_$1) -iquote $(FOLDER_$1)/$2 -iquote $(GEN)/$1 $(SYSTEM_$1)

# A file that changes when the flags do, so that objects are made anew. $1: world
define flags_file
$(BUILD)/flags.$1: always
	@echo '$$(CC) $$(FLAGS_$1)' | cmp -s - $$@ || echo '$$(CC) $$(FLAGS_$1)' >$$@
endef
$(foreach world,kernel user host,$(eval $(call flags_file,$(world))))
.PHONY: always

# Objects of a folder below a world. $1: room; $2: world; $3: architecture; $4: flags of the room
define room_rules
$(BUILD)/$2/$(FOLDER_$1)/%.c.o: $(FOLDER_$1)/%.c $(BUILD)/flags.$2 | $(BUILD)/rooms.mk
	$$(call compile,$2,$(call include_flags,$1,$3) $4 $$(if $$(filter kernel/entry/%,$$<),$$(FLAGS_OF_$2_$$(notdir $$<))))
$(BUILD)/$2/$(FOLDER_$1)/%.S.o: $(FOLDER_$1)/%.S $(BUILD)/flags.$2 | $(BUILD)/rooms.mk
	$$(call compile,$2,$(call include_flags,$1,$3) $4)
endef

# $1: world; $2: flags. Besides the object, its line for compile_commands.json.
define compile
$(call SAY,cc   $<)
@mkdir -p $(@D)
$(Q)$(CC) $(FLAGS_$1) $2 -c $< -o $@
@printf '{"directory":"%s","file":"%s","command":"%s"}\n' '$(CURDIR)' '$<' \
	'$(subst ",\",$(subst ',,$(strip $(CC) $(FLAGS_$1) $2))) -c $< -o $@' >$(@:.o=.json)
endef

# Sources of a room: .c and .S below its folder, not in a room within it, nor another architecture's.
# $1: room; $2: architecture
ARCHES := x86_64 riscv64 aarch64 host prove
below = $(wildcard $(addprefix $1/,*.c *.S */*.c */*.S */*/*.c))
inner_rooms = $(foreach r,$(filter-out $1,$(ROOMS_ALL)),$(if $(filter $(FOLDER_$1)/%,$(FOLDER_$r)),$(FOLDER_$r)/%))
room_sources = $(filter-out $(inner_rooms) $(foreach a,$(filter-out $2,$(ARCHES)),$(FOLDER_$1)/$a/%),$(call below,$(FOLDER_$1)))
# $1: room; $2: world; $3: architecture
room_objects = $(addprefix $(BUILD)/$2/,$(addsuffix .o,$(call room_sources,$1,$3)))
