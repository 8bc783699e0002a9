# SPDX-License-Identifier: BSD-2-Clause
# What runs on the machine that builds: tools written in C (tools/NAME becomes build/tools/NAME) and
# host tests (tests/host/NAME becomes build/tests/host/NAME, run by ./tessera test).
#
# A folder with a Makefile of its own builds itself: make -C FOLDER BUILD=absolute path, and must
# leave its program in the place above. tests/README.md says what a test looks like.

LIBS_manifest := -lyaml

# Rooms that are compiled for this machine too, where a LINK asks for them.
HOST_ROOMS := $(filter-out tool.% hosttest.% guest.% server.% driver.% app.% example.%,$(ROOMS_ALL))

# Tools. The file LINK of a tool names the rooms whose code is linked in, as for tests.
TOOL_FOLDERS := $(patsubst tools/%/,%,$(sort $(dir $(wildcard tools/*/*.c))))
TOOLS := $(addprefix $(BUILD)/tools/,$(filter-out idl,$(TOOL_FOLDERS)))
# Their own makefiles know what they are made from.
.PHONY: FORCE
define own_makefile
$(BUILD)/$1: FORCE $3 | $(BUILD)/rooms.mk
	$(Q)mkdir -p $$(@D) && $$(MAKE) -s -C $2 BUILD=$(abspath $(BUILD)) CC=$(HOSTCC)
endef
FLAGS_tool := $(filter-out -fsanitize% -fno-sanitize%,$(FLAGS_host)) -D_GNU_SOURCE
$(eval $(call flags_file,tool))
$(BUILD)/tool/%: CC := $(HOSTCC)
$(foreach r,$(HOST_ROOMS),$(eval $(call room_rules,$r,tool,host,)))
define tool
$(call room_rules,tool.$1,tool,host,)
$(BUILD)/tools/$1: $(call room_objects,tool.$1,tool,host) \
		$(foreach r,$(call linked,tools/$1),$(call room_objects,$r,tool,host))
	$$(call SAY,tool $1)
	$(Q)mkdir -p $$(@D) && $(HOSTCC) -o $$@ $$^ $(LIBS_$1)
endef
$(foreach t,$(filter-out idl,$(TOOL_FOLDERS)),$(eval $(if $(wildcard tools/$t/Makefile),\
	$(call own_makefile,tools/$t,tools/$t),$(call tool,$t))))

# Tests. The file LINK of a test names the rooms whose code is compiled for the host and linked in.
$(BUILD)/host/%: CC := $(HOSTCC)
$(foreach r,$(HOST_ROOMS),$(eval $(call room_rules,$r,host,host,)))
HOST_FOLDERS := $(patsubst tests/host/%/,%,$(sort $(dir $(wildcard tests/host/*/*.c tests/host/*/Makefile))))
define host_test
$(call room_rules,hosttest.$1,host,host,)
HOST_OBJECTS_$1 := $(call room_objects,hosttest.$1,host,host) \
	$(foreach r,$(call linked,tests/host/$1),$(call room_objects,$r,host,host))
$(BUILD)/tests/host/$1: $$(HOST_OBJECTS_$1) $(if $(filter ext4,$(call linked,tests/host/$1)),$(EXT2FS_HOST))
	$$(call SAY,test $1)
	$(Q)mkdir -p $$(@D) && $(HOSTCC) -fsanitize=address,undefined -o $$@ $$^
endef
$(foreach t,$(HOST_FOLDERS),$(eval $(if $(wildcard tests/host/$t/Makefile),\
	$(call own_makefile,tests/host/$t,tests/host/$t,$(IDL_TOOL) $(STAMPS)),$(call host_test,$t))))
HOST_TESTS := $(addprefix $(BUILD)/tests/host/,$(HOST_FOLDERS))

.PHONY: tools host-tests
tools: $(TOOLS) $(IDL_TOOL)
host-tests: $(HOST_TESTS) tools
all: tools
-include $(shell find $(BUILD)/host $(BUILD)/tool -name '*.d' 2>/dev/null)
