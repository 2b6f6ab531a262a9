-- The library under a host that is hard on it: many threads, cancellation, an allocator that fails.

local images = require "support.images"
local lfs = require "lfs"
local shell = require "support.shell"
local small_sample = require "support.small_sample"
local temporary = require "support.temporary"

local BUILD = os.getenv "TARSIER_BUILD" or "build"
local SANITIZE = os.getenv "TARSIER_SANITIZE" or ""
local WARNINGS = "-std=gnu11 -g -Wall -Wextra -Werror"

describe("a host that is hard on the library", function()
  local folder, small

  setup(function()
    folder = shell.folder()
    small = small_sample(folder .. "/small")
    temporary.must(("%s %s %s -Iengine tests/support/stress.c -o %s %s/libtarsier.a "
      .. "$(PKG_CONFIG_PATH=%s pkg-config --static --libs tarsier | sed 's/-ltarsier//')")
      :format(os.getenv "CC" or "cc", WARNINGS, SANITIZE, "%s", BUILD, BUILD), folder .. "/stress")
  end)
  teardown(function() shell.remove(folder) end)

  local function stress(mode, image, ...)
    local code, output, errors = shell.run { "env", "-u", "LD_PRELOAD",
      "ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1", folder .. "/stress", mode, BUILD .. "/starter.db",
      image, ... }
    assert.equal("", errors)
    assert.equal(0, code)
    return output
  end

  it("scans in many threads, with an engine for each and with one for all", function()
    stress("threads", "oci:build/sample")
    stress("threads", "oci:build/sample", folder .. "/cache")
  end)

  it("cancels from another thread", function()
    local layout = images.layout()
    local layers = {}
    for i = 1, 4 do
      layers[i] = { tar = images.tar { { "etc/os-release", "ID=debian\nVERSION_ID=12\n" },
        { "big" .. i, temporary.noise(1 << 12, i):rep(1 << 10) } } }
    end
    layout:add(layout:image { layers = layers }, "latest")
    stress("cancel", "oci:" .. layout:write(folder .. "/large"))
  end)

  it("lets any allocation of a scan fail", function()
    local count = stress("memory", "oci:build/sample"):match "^(%d+) allocations"
    assert.is_true(tonumber(count) > 50)
    -- Hundreds of caches: a disk would take a third of the time.
    local caches = shell.folder(lfs.attributes("/dev/shm", "mode") and "/dev/shm")
    finally(function() shell.remove(caches) end)
    stress("memory", small, caches)
  end)

  it("lets allocations of a judgement and of a report fail", function()
    stress("judge", small)
  end)
end)
