# tarsier: `make scan` scans an image, `make test` runs the tests, `make help` lists the rest.

# ---- settings: all may be given on the command line -----------------------------------------------------------------
BUILD    ?= build
PREFIX   ?= /usr/local
LIBDIR   ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
DESTDIR  ?=
CC       ?= cc
LUA      ?= lua5.4
CPPFLAGS ?=
CFLAGS   ?= -O2 -g
LDFLAGS  ?=
SANITIZE ?=
# CI and `make lint` build with WERROR=-Werror.
WERROR   ?=
# The image, options and database of `make scan`.
IMAGE    ?=
SCAN     ?= $(if $(IMAGE),,--no-fail)
# `make test SPECS=tests/layer/overlay_spec.lua`
SPECS    ?= tests
# DEPS=no: `make scan`, `make test` and similar targets do not install system packages. `make`, `make check` and
# `make install` never do.
DEPS     ?= yes
FUZZ_SECONDS ?= 30
# 0: another seed each time. CI gives one, so that a change is not blamed for what chance found.
FUZZ_SEED ?= 0
# `make test-mutants MUTANTS=50 SEED=2 ONLY=engine/stream/`
MUTANTS  ?= 200
SEED     ?= 1
ONLY     ?= engine/
# `make V=1` shows whole command lines.
V        ?=

# ---- Debian's packages ------------------------------------------------------------------------------------------------
BUILD_PACKAGES := gcc libc6-dev binutils pkg-config lua5.4 liblua5.4-dev lua-cjson lua-yaml libssl-dev libjansson-dev libyajl-dev libexpat1-dev \
                  libsqlite3-dev libzstd-dev zlib1g-dev libisal-dev liblzma-dev libbz2-dev libarchive-dev libcurl4-openssl-dev libmicrohttpd-dev
TEST_PACKAGES  := lua-busted zstd xz-utils bzip2 zip sqlite3 python3
LINT_PACKAGES  := lua-check cppcheck clang shellcheck
REAL_PACKAGES  := curl docker-registry minisign apache2-utils openssl unzip postgresql skopeo umoci debootstrap rpm luarocks python3-venv \
                  valgrind zip time podman docker.io runc maven default-jdk-headless pacman-package-manager makepkg ruby composer \
                  php-pear debsecan node-semver python3-packaging pigz mandoc zsh fish
# What checks reports: their schemas, and a browser.
REPORT_PACKAGES := python3-jsonschema libxml2-utils chromium-headless-shell

.DEFAULT_GOAL := all
# make would look for each file by its own eighty rules first, none of which is wanted here.
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.PHONY: all scan test check install uninstall help clean packages FORCE

help:
	@echo 'make scan [IMAGE=…]   build, then scan a sample image or your own (SCAN="…" adds options)'
	@echo 'make test [SPECS=…]   build, then run the tests'
	@echo 'make check [SPECS=…]  the same without installing anything'
	@echo 'make all              build the C library, the Lua module and the starter database'
	@echo 'make install          install under PREFIX (now $(PREFIX)); LIBDIR, INCLUDEDIR and DESTDIR are heeded'
	@echo 'make uninstall        remove what that installed'
	@echo 'make test-real        the tests on real images: debootstrap, skopeo, umoci, rpm, LuaRocks'
	@echo 'make test-rivals      what Syft, Trivy, Grype and OSV-Scanner list, find and store beside us; needs Go to build them'
	@echo 'make test-asan        the tests under the address and undefined-behaviour sanitizers'
	@echo 'make test-valgrind    the tests under valgrind'
	@echo 'make test-mutants     MUTANTS (now $(MUTANTS)) small changes to the code, and those that no spec notices'
	@echo 'make lint             luacheck, cppcheck, shellcheck, and a build with clang'
	@echo 'make fuzz             every fuzzer for FUZZ_SECONDS (now $(FUZZ_SECONDS))'
	@echo 'make bench            reports, cold and warm scans, an import and a match, against yardsticks measured beside them'
	@echo 'make clean            remove $(BUILD)'

clean:
	rm -rf $(BUILD)

# Entry points install their packages first, then restart make, because only then pkg-config's answers are right.
ifndef READY
PACKAGES_FOR = $(BUILD_PACKAGES)
test test-mutants fuzz bench: PACKAGES_FOR += $(TEST_PACKAGES)
test-asan test-tsan: PACKAGES_FOR += $(TEST_PACKAGES)
lint: PACKAGES_FOR += $(TEST_PACKAGES) $(LINT_PACKAGES)
test-real test-rivals test-valgrind bench: PACKAGES_FOR += $(TEST_PACKAGES) $(REAL_PACKAGES) $(REPORT_PACKAGES)
fuzz: PACKAGES_FOR += clang libclang-rt-14-dev
INSTALLING := scan test test-mutants test-real test-rivals test-asan test-tsan test-valgrind lint fuzz bench
ENTRIES := $(INSTALLING) all check install uninstall rock install-rock
.PHONY: $(ENTRIES)
$(ENTRIES):
	@$(if $(filter $(INSTALLING),$@),$(if $(filter yes,$(DEPS)),.ci/packages $(CURDIR)/$(BUILD)/packages $(PACKAGES_FOR)))
	@if [ -e $(BUILD)/packages/environment ]; then . $(CURDIR)/$(BUILD)/packages/environment; fi; \
	 $(MAKE) --no-print-directory READY=1 $(if $(filter -j%,$(MAKEFLAGS)),,-j$$(nproc)) $@
else

# ---- what is built from what --------------------------------------------------------------------------------------------
VERSION  := $(shell cat engine/VERSION)
# Changes if programs built against the last release could break: a symbol was removed, a struct has changed.
SOVERSION := 0
PACKAGES := libcrypto jansson yajl expat sqlite3 libzstd zlib
ISAL     := $(shell pkg-config --exists libisal && echo libisal)
LUA_PC   := $(shell for name in lua5.4 lua-5.4 lua54 lua; do pkg-config --exists $$name && echo $$name && break; done)
LUADIR    = $(PREFIX)/share/lua/5.4
# Loaded when first needed: their headers are enough.
LATER    := libcurl liblzma libmicrohttpd
ABSENT   := $(shell pkg-config --exists $(PACKAGES) $(LATER) || for name in $(PACKAGES) $(LATER); do pkg-config --exists $$name || echo $$name; done) $(if $(LUA_PC)$(LUA_INCDIR),,lua5.4)
ifneq ($(strip $(ABSENT)),)
$(error pkg-config does not find $(strip $(ABSENT)). On Debian, `make scan` installs what the build needs. Elsewhere, install \
the development files of these libraries)
endif

WARNINGS := -Wall -Wextra $(WERROR) -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wvla
FLAGS     = -std=gnu11 $(CPPFLAGS) $(CFLAGS) $(SANITIZE) $(WARNINGS) -fPIC -fvisibility=hidden -pthread -MMD -MP \
            -D_GNU_SOURCE -DTARSIER_VERSION='"$(VERSION)"' -DTARSIER_LUA_DIR='"$(LUADIR)"' $(if $(ISAL),-DTARSIER_ISAL) \
            -Iengine -I$(BUILD) $(PC_CFLAGS) $(if $(LUA_INCDIR),-I$(LUA_INCDIR))
PC_CFLAGS := $(shell pkg-config --cflags $(PACKAGES) $(ISAL) $(LUA_PC))
LIBS     := $(shell pkg-config --libs $(PACKAGES) $(ISAL)) -ldl -lm -pthread
LUA_LIBS := $(shell pkg-config --libs $(LUA_PC))

# The rooms of engine/, lowest floor first: a file includes its own room and those before it.
# tests/project/floors_spec.lua reads this.
PARTS    := base format stream net layer image inventory database match clair scan policy bind
PLUGINS  := format/versions stream/codecs image/sources inventory/readers inventory/programs database/feeds
# C hosts render reports in Lua, so the library contains the binding except the module's entry.
MODULE   := engine/bind/core.c
ENGINE   := $(filter-out $(MODULE),$(wildcard $(PARTS:%=engine/%/*.c) $(PLUGINS:%=engine/%/*.c)))
# Each of these files defines functions of require "tarsier.core"; the other files in bind/ are helpers.
CLASSES  := $(filter-out all core json_out json_shape metatable options render source,$(basename $(notdir $(wildcard engine/bind/*.c))))
OBJECTS  := $(ENGINE:%.c=$(BUILD)/%.o)
TEMPLATES := $(patsubst engine/packaging/%.in,$(BUILD)/%,$(wildcard engine/packaging/*.in))
PROBES   := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/probe/*.c)) $(BUILD)/tests/probe.o
DEFS     := $(foreach folder,$(PLUGINS),$(BUILD)/$(notdir $(folder)).def) $(BUILD)/bindings.def $(BUILD)/probes.def
LUA_FILES := $(shell find lua/tarsier -name '*.lua')

.DELETE_ON_ERROR:
.SECONDARY:

Q        := $(if $(V),,@)
say       = $(if $(V),,@printf '  %-6s %s\n' '$(1)' '$(2)')

all: $(BUILD)/libtarsier.a $(BUILD)/libtarsier.so $(BUILD)/tarsier/core.so $(TEMPLATES) $(if $(wildcard lua/bin/tarsier),$(BUILD)/starter.db)

# Plug-in folders become tables: one X(name) for each file, rewritten only when the folder changes.
$(BUILD)/probes.def: FORCE
	@$(call write_if_changed,$(patsubst %,X(%),$(basename $(notdir $(wildcard tests/probe/*.c)))))
$(BUILD)/bindings.def: FORCE
	@$(call write_if_changed,$(patsubst %,X(%),$(CLASSES)))
$(BUILD)/%.def: FORCE
	@$(call write_if_changed,$(patsubst %,X(%),$(basename $(notdir $(wildcard engine/*/$*/*.c)))))
# The installation's place is compiled in: `make && make install PREFIX=/opt` rebuilds the affected files.
$(BUILD)/prefix: FORCE
	@$(call write_if_changed,$(PREFIX) $(LUADIR) $(LIBDIR) $(INCLUDEDIR))
$(BUILD)/engine/policy/policy.o $(BUILD)/engine/bind/render.o: $(BUILD)/prefix
define write_if_changed
new=$$(printf '%s\n' $(patsubst %,'%',$(1))); [ "$$new" = "$$(cat $@ 2>/dev/null)" ] || \
    { mkdir -p $(@D) && printf '%s\n' "$$new" >$@.new && mv $@.new $@; }
endef

$(BUILD)/%.o: %.c | $(DEFS)
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(FLAGS) -c -o $@ $<

# The environment of policies in the sandbox, as C strings, in this order.
PRELUDE  := common records declare hooks lint
$(BUILD)/prelude.inc: $(PRELUDE:%=lua/tarsier/prelude/%.lua)
	@mkdir -p $(@D)
	$(Q){ echo 'static const char *const prelude_parts[] = {'; for part in $^; do \
	    sed -e 's/[\\"]/\\&/g' -e 's/.*/"&\\n"/' $$part; echo ','; done; echo '};'; } >$@
$(BUILD)/engine/policy/prelude.o: $(BUILD)/prelude.inc

# One object in which all names except the public ones are local, so that a host's symbols never collide with ours.
$(BUILD)/libtarsier.a: $(OBJECTS)
	@rm -f $@
	$(call say,AR,$@)
	$(Q)ld -r -o $(BUILD)/tarsier.o $(OBJECTS)
	$(Q)objcopy --localize-hidden $(BUILD)/tarsier.o
	$(Q)ar rcs $@ $(BUILD)/tarsier.o

# The path that the CMake package takes from lib/cmake/tarsier to the headers.
INCLUDE_FROM_CMAKE = $(shell realpath -ms --relative-to='$(LIBDIR)/cmake/tarsier' '$(INCLUDEDIR)')

$(BUILD)/libtarsier.so.$(SOVERSION): $(OBJECTS) engine/packaging/tarsier.map
	$(call say,LD,$@)
	$(Q)$(CC) $(FLAGS) $(LDFLAGS) -shared -Wl,-z,defs -Wl,-soname,$(@F) -Wl,--version-script=engine/packaging/tarsier.map \
	    -o $@ $(OBJECTS) $(LIBS) $(LUA_LIBS)

$(BUILD)/libtarsier.so: $(BUILD)/libtarsier.so.$(SOVERSION)
	@ln -sf $(<F) $@

# Not linked with Lua: the interpreter that loads it contains Lua.
$(BUILD)/tarsier/core.so: $(OBJECTS) $(MODULE:%.c=$(BUILD)/%.o)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(FLAGS) $(LDFLAGS) -shared -o $@ $^ $(LIBS)

# The tests' access to the lower floors: require "tarsier.probe".
$(BUILD)/tarsier/probe.so: $(OBJECTS) $(PROBES)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(FLAGS) $(LDFLAGS) -shared -o $@ $(OBJECTS) $(PROBES) $(LIBS)

$(BUILD)/tests/probe.o: $(BUILD)/probes.def
$(BUILD)/engine/bind/all.o: $(BUILD)/bindings.def

# Files that describe this build to others, for pkg-config and for CMake.
$(TEMPLATES): $(BUILD)/%: engine/packaging/%.in engine/VERSION $(BUILD)/prefix Makefile
	@sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR:$(PREFIX)/%=$${prefix}/%)|' -e 's|@VERSION@|$(VERSION)|' \
	    -e 's|@INCLUDEDIR@|$(INCLUDEDIR:$(PREFIX)/%=$${prefix}/%)|' -e 's|@SOVERSION@|$(SOVERSION)|' \
	    -e 's|@REQUIRES@|$(strip $(PACKAGES) $(ISAL) $(LUA_PC))|' -e 's|@LIBS@|$(strip $(LIBS) $(LUA_LIBS))|' \
	    -e 's|@INCLUDE_FROM_CMAKE@|$(INCLUDE_FROM_CMAKE)|' $< >$@

# The manual page and the completions, generated from the commands' tables.
$(BUILD)/tarsier.1: $(BUILD)/tarsier/core.so $(wildcard lua/tarsier/cli/*.lua)
	$(Q)$(RUN) lua/bin/tarsier help --man >$@

$(BUILD)/completion.%: $(BUILD)/tarsier/core.so $(wildcard lua/tarsier/cli/*.lua)
	$(Q)$(RUN) lua/bin/tarsier help --completion $* >$@

# ---- running from the source tree -----------------------------------------------------------------------------------------
export LUA_PATH  := lua/?.lua;lua/?/init.lua;tests/?.lua;$(LUA_PATH);;
export LUA_CPATH := $(BUILD)/?.so;$(LUA_CPATH);;
export TARSIER_BUILD := $(BUILD)
# Neither `make scan` nor the tests fetch vulnerability records.
export TARSIER_OFFLINE := true
export TARSIER_SANITIZE := $(SANITIZE)
RUN       = $(LUA)
BUSTED    = $(RUN) $(shell command -v busted)

$(BUILD)/starter.db: $(wildcard engine/starter/*.json) $(BUILD)/tarsier/core.so
	$(call say,DB,$@)
	$(Q)$(RUN) lua/bin/tarsier db import --quiet --starter --db $@ $(filter %.json,$^)

$(BUILD)/sample/index.json: $(wildcard engine/examples/sample-image/*)
	$(call say,IMAGE,$(BUILD)/sample)
	$(Q)$(LUA) engine/examples/sample-image/build.lua $(BUILD)/sample

scan: all $(BUILD)/sample/index.json
	@$(RUN) lua/bin/tarsier scan $(SCAN) $(or $(IMAGE),oci:$(BUILD)/sample)

test check: all $(BUILD)/tarsier/probe.so $(if $(wildcard engine/examples/sample-image),$(BUILD)/sample/index.json)
	@tests/tools/run-specs '$(BUSTED)' $(SPECS)

# ---- installing -------------------------------------------------------------------------------------------------------------
ROCK_LUADIR ?= $(LUADIR)
ROCK_LIBDIR ?= $(LIBDIR)/lua/5.4
ROCK_BINDIR ?= $(PREFIX)/bin
TO = $(DESTDIR)$(PREFIX)

rock: all

# Common to both ways of installing: the module, its policies, the starter database and the command.
install-rock: all
	install -d $(DESTDIR)$(ROCK_LIBDIR)/tarsier $(DESTDIR)$(ROCK_BINDIR)
	install -m 755 $(BUILD)/tarsier/core.so $(DESTDIR)$(ROCK_LIBDIR)/tarsier/core.so
	cd lua && for folder in $(sort $(dir $(LUA_FILES:lua/%=%))); do \
	    install -D -m 644 -t $(DESTDIR)$(ROCK_LUADIR)/$$folder $$folder*.lua || exit 1; done
	install -d $(DESTDIR)$(ROCK_LUADIR)/tarsier/policies
	install -m 644 policies/*.lua $(DESTDIR)$(ROCK_LUADIR)/tarsier/policies
	install -m 644 $(BUILD)/starter.db $(DESTDIR)$(ROCK_LUADIR)/tarsier/starter.db
	install -m 755 lua/bin/tarsier $(DESTDIR)$(ROCK_BINDIR)/tarsier
	ln -sf tarsier $(DESTDIR)$(ROCK_BINDIR)/clair-scanner

HEADERS := $(DESTDIR)$(INCLUDEDIR)
LIBRARIES := $(DESTDIR)$(LIBDIR)

install: install-rock $(BUILD)/tarsier.1 $(BUILD)/completion.bash $(BUILD)/completion.zsh $(BUILD)/completion.fish
	sed -i 's|^local LUADIR, LIBDIR = nil.*|local LUADIR, LIBDIR = "$(ROCK_LUADIR)", "$(ROCK_LIBDIR)"|' $(DESTDIR)$(ROCK_BINDIR)/tarsier
	install -d $(LIBRARIES)/pkgconfig $(LIBRARIES)/cmake/tarsier $(HEADERS) $(TO)/share/man/man1
	install -m 644 $(BUILD)/libtarsier.a $(LIBRARIES)
	install -m 755 $(BUILD)/libtarsier.so.$(SOVERSION) $(LIBRARIES)
	ln -sf libtarsier.so.$(SOVERSION) $(LIBRARIES)/libtarsier.so
	install -m 644 $(BUILD)/tarsier.pc $(LIBRARIES)/pkgconfig
	install -m 644 $(BUILD)/tarsier-config.cmake $(BUILD)/tarsier-config-version.cmake $(LIBRARIES)/cmake/tarsier
	sed 's|^#define TARSIER_H$$|&\n\n#define TARSIER_VERSION "$(VERSION)"|' engine/tarsier.h >$(HEADERS)/tarsier.h
	install -m 644 $(wildcard engine/tarsier_*.h) $(HEADERS)
	chmod 644 $(HEADERS)/tarsier.h
	install -m 644 $(BUILD)/tarsier.1 $(TO)/share/man/man1
	install -D -m 644 $(BUILD)/completion.bash $(TO)/share/bash-completion/completions/tarsier
	install -D -m 644 $(BUILD)/completion.zsh $(TO)/share/zsh/site-functions/_tarsier
	install -D -m 644 $(BUILD)/completion.fish $(TO)/share/fish/vendor_completions.d/tarsier.fish
	if [ -z '$(DESTDIR)' ] && [ "$$(id -u)" = 0 ]; then ldconfig; fi

uninstall:
	rm -f $(addprefix $(TO)/,bin/tarsier bin/clair-scanner share/man/man1/tarsier.1 \
	    share/bash-completion/completions/tarsier share/zsh/site-functions/_tarsier \
	    share/fish/vendor_completions.d/tarsier.fish) \
	    $(addprefix $(LIBRARIES)/,libtarsier.a libtarsier.so libtarsier.so.$(SOVERSION) pkgconfig/tarsier.pc) \
	    $(addprefix $(HEADERS)/,$(notdir $(wildcard engine/tarsier*.h)))
	rm -rf $(DESTDIR)$(ROCK_LUADIR)/tarsier $(DESTDIR)$(ROCK_LIBDIR)/tarsier $(LIBRARIES)/cmake/tarsier

# ---- harder tests -------------------------------------------------------------------------------------------------------------
comma := ,

test-real:
	@TARSIER_TEST_REAL=1 $(MAKE) --no-print-directory READY=1 test

# Builds the others once, ten minutes each, and compares what they list, find and store with what we do.
RIVALS := syft trivy osv-scanner grype grype-db trivy-db bbolt
test-rivals:
	@for rival in $(RIVALS); do tests/tools/build-rival $$rival || exit 1; done
	@TARSIER_TEST_REAL=1 TARSIER_TEST_RIVALS=1 $(MAKE) --no-print-directory READY=1 SPECS="$(wildcard tests/real/rival*_spec.lua)" test

# A Lua with a sanitizer's runtime loaded, but not in its child processes, which are tools built without it.
#	$(call sanitized_lua,FILE,RUNTIMES)
define sanitized_lua
mkdir -p $(dir $(1)); printf '#!/bin/sh\nexec %s --preload "%s" --argv0 "$$0" %s "$$@"\n' \
    "$$(ldd $$(command -v $(LUA)) | sed -n 's|^[[:space:]]*\(/[^ ]*ld-[^ ]*\) .*|\1|p')" \
    "$(foreach runtime,$(2),$(shell $(CC) -print-file-name=$(runtime)))" "$$(command -v $(LUA))" >$(1); chmod 755 $(1)
endef

# $(call sanitize,NAME,FLAGS,RUNTIMES,SPECS)
define sanitize
@$(call sanitized_lua,$(BUILD)/$(1)/bin/lua5.4,$(3))
@+PATH="$(abspath $(BUILD)/$(1)/bin):$$PATH" $(MAKE) --no-print-directory READY=1 BUILD=$(BUILD)/$(1) LUA=lua5.4 CFLAGS='-O1 -g' \
    SANITIZE='$(2) -fno-omit-frame-pointer' SPECS='$(4)' test
endef

test-asan: export ASAN_OPTIONS := detect_leaks=1
test-asan: export LSAN_OPTIONS := suppressions=$(CURDIR)/tests/lsan.supp:print_suppressions=0
test-asan: export UBSAN_OPTIONS := print_stacktrace=1
test-asan:
	$(call sanitize,asan,-fsanitize=address$(comma)undefined -fno-sanitize-recover=undefined,libasan.so libubsan.so,$(SPECS))

test-tsan: export TSAN_OPTIONS := halt_on_error=1 exitcode=66
test-tsan:
	$(call sanitize,tsan,-fsanitize=thread,libtsan.so,tests/scan/engine_spec.lua)
	$(call sanitize,tsan,-fsanitize=thread,libtsan.so,tests/layer/layer_spec.lua)
	$(call sanitize,tsan,-fsanitize=thread,libtsan.so,tests/match/match_spec.lua)
	$(call sanitize,tsan,-fsanitize=thread,libtsan.so,tests/scan/stress_spec.lua)
	$(call sanitize,tsan,-fsanitize=thread,libtsan.so,tests/clair/layer_server_spec.lua)
	$(call sanitize,tsan,-fsanitize=thread,libtsan.so,tests/net/registry_spec.lua)

VALGRIND := valgrind -q --error-exitcode=99 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite \
            --suppressions=tests/valgrind.supp --child-silent-after-fork=yes
VALGRIND_SPECS ?= $(patsubst %,tests/%_spec.lua,base/ground format/letters format/json stream/stream stream/inflate stream/tar \
                  layer/evidence layer/overlay layer/cache inventory/readers inventory/inventory match/match \
                  database/database database/feeds scan/engine policy/policy report/whitelist clair/layer_server \
                  clair/clair clair/layers net/registry_login net/registry)

test-valgrind: all $(BUILD)/tarsier/probe.so $(BUILD)/sample/index.json
	@tests/tools/run-specs '$(VALGRIND) $(BUSTED)' $(VALGRIND_SPECS)

test-mutants: all
	@env -u MAKEFLAGS $(LUA) tests/tools/mutants.lua $(abspath $(BUILD))/mutants $(MUTANTS) $(SEED) $(ONLY)

FUZZERS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/*.c))
FUZZ_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer

fuzz:
	@+$(MAKE) --no-print-directory READY=1 BUILD=$(BUILD)/fuzzing CC=clang CFLAGS='-O1 -g' \
	    SANITIZE='$(FUZZ_FLAGS) -fsanitize=fuzzer-no-link' fuzzers
	@rm -rf $(BUILD)/fuzzing/seeds && mkdir -p $(BUILD)/fuzzing/seeds/readers
	@$(LUA) tests/tools/fuzz-seeds.lua $(BUILD)/fuzzing/readers.def $(BUILD)/fuzzing/seeds/readers
	@mkdir -p $(BUILD)/fuzzing/seeds/feeds; for file in tests/data/feeds/*/*; do for way in 0 1; do \
	    { printf $$way; cat "$$file"; } > $(BUILD)/fuzzing/seeds/feeds/$$way-$$(echo "$$file" | tr / -); done; done
	@failed=0; for fuzzer in $(notdir $(FUZZERS)); do \
	    mkdir -p $(BUILD)/fuzzing/corpus/$$fuzzer $(BUILD)/fuzzing/seeds/$$fuzzer; \
	    echo "  FUZZ   $$fuzzer"; \
	    $(BUILD)/fuzzing/fuzz/$$fuzzer -max_total_time=$(FUZZ_SECONDS) -seed=$(FUZZ_SEED) -timeout=20 -rss_limit_mb=2048 -verbosity=0 \
	        -artifact_prefix=$(BUILD)/fuzzing/$$fuzzer- $(BUILD)/fuzzing/corpus/$$fuzzer $(BUILD)/fuzzing/seeds/$$fuzzer \
	        $$(ls -d tests/fuzz/seeds/$$fuzzer 2>/dev/null) >$(BUILD)/fuzzing/$$fuzzer.log 2>&1 || \
	        { failed=1; tail -80 $(BUILD)/fuzzing/$$fuzzer.log; }; \
	done; exit $$failed

fuzzers: $(FUZZERS)

# `make lint` compiles the fuzzers, so that a change that breaks one is seen without a fuzzing run.
fuzzer-objects: $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/fuzz/*.c))

$(BUILD)/fuzz/%: tests/fuzz/%.c $(OBJECTS)
	@mkdir -p $(@D)
	$(call say,FUZZER,$@)
	$(Q)$(CC) $(FLAGS) -fsanitize=fuzzer -o $@ $< $(OBJECTS) $(LIBS) $(LUA_LIBS)

bench: all $(BUILD)/tarsier/probe.so
	@mkdir -p $(BUILD)/bench
	@$(RUN) tests/bench/report.lua $(abspath $(BUILD))/bench
	@$(RUN) tests/bench/database.lua $(abspath $(BUILD))/bench
	@$(RUN) tests/bench/scan.lua $(abspath $(BUILD))/bench

lint:
	@luacheck --quiet lua policies tests engine
	@shellcheck .ci/run .ci/packages tests/support/clair/programs tests/tools/build-rival tests/tools/run-specs
	@cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr --enable=warning,portability --suppress=missingIncludeSystem --suppress=autoVariables \
	    -D'json_array_foreach(array,index,value)=for(;;)' -D'json_object_foreach(object,key,value)=for(;;)' \
	    -D__cppcheck__ -D_GNU_SOURCE -DTARSIER_VERSION='""' -DTARSIER_LUA_DIR='""' -Iengine -I$(BUILD) $(ENGINE) $(MODULE)
	@+$(MAKE) --no-print-directory READY=1 BUILD=$(BUILD)/clang CC=clang WERROR=-Werror all fuzzer-objects

-include $(shell find $(BUILD)/engine $(BUILD)/tests -name '*.d' 2>/dev/null)
endif
