-- Hostile images through the command, as a user runs it: a clear error and its exit code, no crash, bounded memory, and
-- nothing written outside the cache.
local files = require "support.files"
local hostile = require "support.hostile"
local lfs = require "lfs"
local measure = require "support.measure"
local shell = require "support.shell"

local MEMORY = 256 * 1024 -- KiB that a scan may take, however large the image says it is
local SECONDS = 600       -- a guard against hanging; nothing here takes more than two, without a sanitizer and all else
local database = (os.getenv "TARSIER_BUILD" or "build") .. "/starter.db"

-- Sanitizers keep what is freed and shadow what is not: their memory says nothing about ours.
local instrumented = (os.getenv "TARSIER_BUILD" or ""):match "[at]san$" ~= nil

local function command(home, case, reference)
  local words = { "HOME=" .. home, "XDG_CACHE_HOME=" .. home .. "/cache", "TMPDIR=" .. home .. "/tmp", "tarsier" }
  local function add(more) table.move(more, 1, #more, #words + 1, words) end
  add(case.scan and { "scan", "--no-fail", "--db", database, "-f", "json=/dev/null" } or { "packages", "-f", "tsv" })
  add(case.arguments or {})
  add { reference }
  return words
end

-- Everything under the home but the cache, as it stands: paths and what lfs tells of them. `mark` sets all times to the
-- first second of 1970, so that no change is too quick to be seen.
local function listing(home, mark)
  local lines = {}
  local function add(path)
    local is_folder = lfs.symlinkattributes(path, "mode") == "directory"
    if is_folder and path ~= home .. "/cache" then
      for name in lfs.dir(path) do
        if name ~= "." and name ~= ".." then add(path .. "/" .. name) end
      end
    end
    if mark and lfs.symlinkattributes(path, "mode") ~= "link" then lfs.touch(path, 0, 0) end
    local told = lfs.symlinkattributes(path)
    if path ~= home .. "/cache" then
      lines[#lines + 1] = table.concat({ path, told.mode, told.permissions, told.ino, told.size, told.modification,
        told.target or "" }, " ")
    end
  end
  add(home)
  table.sort(lines)
  return table.concat(lines, "\n")
end

local function check(case, result, label)
  assert.is_false(result.late, label .. "\nstill running after " .. SECONDS .. " s")
  assert.is_nil(result.signal, label .. "\nended by signal " .. tostring(result.signal))
  assert.equal(case.code or 3, result.code, label)
  if case.message then assert.is_truthy(result.output:find(case.message, 1, true), label) end
  if case.absent then assert.is_nil(result.output:find(case.absent, 1, true), label) end
  assert.is_nil(result.output:match "[%z\1-\8\11-\31\127]", label .. "\ncontrol bytes in the output")
  assert.is_true(instrumented or result.rss < MEMORY, label .. "\n" .. result.rss .. " KiB of memory")
end

describe("hostile images:", function()
  local all, home
  local count = 0
  setup(function() all = shell.folder() end)
  before_each(function()
    count = count + 1
    home = all .. "/" .. count
    for _, name in ipairs { "tmp", "cache", "host" } do files.make(home .. "/" .. name) end
    shell.write(home .. "/host/status", hostile.stanza "host-secret")
  end)
  teardown(function() shell.remove(all) end)

  for _, file in ipairs { "support.hostile_layers", "support.hostile_images" } do
    for _, case in ipairs(require(file)) do
      it(case.name, function()
        if case.open then return pending(case.open) end
        local reference, input = case.make(home .. "/image", home .. "/host")
        local before = listing(home, true)
        local result = measure(command(home, case, reference), SECONDS, input)
        check(case, result, ("tarsier packages %s\nexit code %s:\n%s"):format(reference, result.code, result.output))
        assert.equal(before, listing(home), "something outside the cache has changed")
      end)
    end
  end
end)
