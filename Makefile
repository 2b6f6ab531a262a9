# tarsier: `make scan` scans an image, `make test` runs the tests, `make help` lists the rest.

# ---- settings ------------------------------------------------------------------------------------------------------
BUILD    ?= build
PREFIX   ?= /usr/local
DESTDIR  ?=
CC       ?= cc
LUA      ?= lua5.4
CFLAGS   ?= -O2 -g
SANITIZE ?=

# ---- what is built from what ---------------------------------------------------------------------------------------
VERSION  := $(shell cat engine/VERSION)
PACKAGES := libcrypto jansson sqlite3 libzstd zlib
ISAL     := $(shell pkg-config --exists libisal 2>/dev/null && echo libisal)

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wvla
FLAGS     = -std=gnu11 $(CFLAGS) $(SANITIZE) $(WARNINGS) -fPIC -fvisibility=hidden -pthread -MMD -MP \
            -D_GNU_SOURCE -DTARSIER_VERSION='"$(VERSION)"' $(if $(ISAL),-DTARSIER_ISAL) -Iengine -I$(BUILD) \
            $(shell pkg-config --cflags $(PACKAGES) $(ISAL) lua5.4)
LIBS     := $(shell pkg-config --libs $(PACKAGES) $(ISAL)) -ldl -lm

PLUGINS  := versions sources readers feeds
FLAT     := $(wildcard engine/*.c)
BINDING  := $(filter-out engine/lua_push.c,$(wildcard engine/lua_*.c))
ENGINE   := $(filter-out $(BINDING),$(FLAT)) $(wildcard $(PLUGINS:%=engine/%/*.c))
OBJECTS  := $(ENGINE:%.c=$(BUILD)/%.o)
BINDINGS := $(BINDING:%.c=$(BUILD)/%.o)
PROBES   := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/probe/*.c))
DEFS     := $(PLUGINS:%=$(BUILD)/%.def) $(BUILD)/bindings.def $(BUILD)/probes.def

.PHONY: all test help clean FORCE
.DELETE_ON_ERROR:
.SECONDARY:

# `make V=1` shows whole command lines.
V        ?=
Q        := $(if $(V),,@)
say       = $(if $(V),,@printf '  %-6s %s\n' '$(1)' '$(2)')

all: $(BUILD)/libtarsier.a $(BUILD)/libtarsier.so $(BUILD)/tarsier/core.so

# Plug-in folders become tables: one X(name) a file, rewritten only when the folder changes.
$(BUILD)/probes.def: FORCE
	@$(call write_if_changed,$(patsubst %,X(%),$(basename $(notdir $(wildcard tests/probe/*.c)))))
$(BUILD)/bindings.def: FORCE
	@$(call write_if_changed,$(patsubst engine/lua_%.c,X(%),$(filter-out engine/lua_core.c,$(BINDING))))
$(BUILD)/%.def: FORCE
	@$(call write_if_changed,$(patsubst %,X(%),$(basename $(notdir $(wildcard engine/$*/*.c)))))
define write_if_changed
mkdir -p $(@D); printf '%s\n' $(patsubst %,'%',$(1)) > $@.new; if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi
endef

$(BUILD)/%.o: %.c | $(DEFS)
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(FLAGS) -c -o $@ $<

# One object with everything but the public names made local, so that a host's own symbols never collide with ours.
$(BUILD)/libtarsier.a: $(OBJECTS)
	@rm -f $@
	$(call say,AR,$@)
	$(Q)ld -r -o $(BUILD)/tarsier.o $(OBJECTS)
	$(Q)objcopy --localize-hidden $(BUILD)/tarsier.o
	$(Q)ar rcs $@ $(BUILD)/tarsier.o

$(BUILD)/libtarsier.so: $(OBJECTS)
	$(call say,LD,$@)
	$(Q)$(CC) $(FLAGS) -shared -Wl,-soname,libtarsier.so.0 -o $@ $(OBJECTS) $(LIBS) $(shell pkg-config --libs lua5.4)

$(BUILD)/tarsier/core.so: $(OBJECTS) $(BINDINGS)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(FLAGS) -shared -o $@ $(OBJECTS) $(BINDINGS) $(LIBS)

# The tests' way into the lower floors: require "tarsier.probe".
$(BUILD)/tarsier/probe.so: $(OBJECTS) $(PROBES) $(BUILD)/tests/probe.o
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(FLAGS) -shared -o $@ $(OBJECTS) $(PROBES) $(BUILD)/tests/probe.o $(LIBS)

$(BUILD)/tests/probe.o: $(BUILD)/probes.def

TEST_ENV = TARSIER_BUILD=$(BUILD) LUA_PATH="lua/?.lua;lua/?/init.lua;tests/?.lua;;" LUA_CPATH="$(BUILD)/?.so;;"
SPECS   ?= tests

test: all $(BUILD)/tarsier/probe.so
	@$(TEST_ENV) $(LUA) $$(command -v busted) --pattern=_spec $(SPECS)

help:
	@sed -n '/^#/p' Makefile | head -1

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
