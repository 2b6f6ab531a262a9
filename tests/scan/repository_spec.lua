-- Artifacts in a registry: what is fetched is verified, and what is pushed arrives. The registry is scripted, so that it can
-- answer wrongly; tests/real/share_spec.lua has a real one.

local core = require "tarsier.core"
local files = require "support.files"
local lfs = require "lfs"
local shell = require "support.shell"
local stand_in = require "support.stand_in"

local TYPE = "application/vnd.oci.image.manifest.v1+json"
local TEXT_LIMIT = 16 << 20
local NONE = "sha256:" .. ("0"):rep(64)
local hello, hello_digest = "hello, blob\n", core.sha256 "hello, blob\n"
-- Longer than what is written at once.
local long = ("0123456789abcdef"):rep(10000)

describe("a repository", function()
  if not stand_in.available() then return pending(stand_in.needs) end

  local folder, server

  setup(function() core.host.set_second(100) end)
  teardown(function() core.host.set_second(1000) end)
  before_each(function() folder = files.folder() end)
  after_each(function()
    if server then server:stop() end
    server = nil
    files.remove(folder)
  end)

  local function open(answers, name, writes)
    answers["GET /v2/"] = { { json = {} } }
    server = stand_in.start(answers)
    return assert(core.repository(server.url:match "//(.*)$" .. "/" .. (name or "app"), { plain_http = true, writes = writes }))
  end

  local function blobs(contents)
    local answers = {}
    for digest, content in pairs(contents) do answers["GET /v2/app/blobs/" .. digest] = { { body = content } } end
    return answers
  end

  local function names()
    local list = {}
    for name in lfs.dir(folder) do if not name:find "^%.+$" then list[#list + 1] = name end end
    table.sort(list)
    return list
  end

  it("gives a manifest by tag, by digest, or by what its own name says", function()
    local function answers()
      local list = {}
      for _, which in ipairs { "latest", "one", "two", hello_digest } do
        list["GET /v2/app/manifests/" .. which] = { { body = which == hello_digest and hello or which } }
      end
      return list
    end
    for name, expected in pairs { app = "latest", ["app:one"] = "one", ["app@" .. hello_digest] = hello } do
      local repository <close> = open(answers(), name)
      assert.same({ expected, core.sha256(expected) }, { assert(repository:manifest()) })
      assert.same({ "two", core.sha256 "two" }, { assert(repository:manifest "two") })
      assert.same({ hello, hello_digest }, { assert(repository:manifest(hello_digest)) })
      server:stop()
    end
    server = nil
  end)

  it("refuses a manifest that is not what its digest says", function()
    local answers = { ["GET /v2/app/manifests/" .. NONE] = { { body = hello } } }
    for _, name in ipairs { "app", "app@" .. NONE } do
      local repository <close> = open(answers, name)
      local text, message, code = repository:manifest(name == "app" and NONE or nil)
      assert.is_nil(text)
      assert.equal("DIGEST", code, message)
      server:stop()
    end
    local repository <close> = open {}
    assert.equal("NOT_FOUND", select(3, repository:manifest "gone"))
  end)

  it("gives the blob of that digest and size as text, and no other", function()
    local large = NONE:gsub("0$", "1")
    local repository <close> = open(blobs { [hello_digest] = hello, [NONE] = hello })
    assert.equal(hello, repository:text(hello_digest, #hello))
    for title, case in pairs {
      ["another digest"] = { NONE, #hello, "DIGEST" },
      ["longer than it should be"] = { hello_digest, #hello - 1, "" },
      ["shorter than it should be"] = { hello_digest, #hello + 1, "DIGEST" },
      ["of the largest size"] = { large, TEXT_LIMIT, "NOT_FOUND" },
      ["too large"] = { large, TEXT_LIMIT + 1, "LIMIT" },
      ["not a digest"] = { "sha256:12", 5, "FORMAT" },
    } do
      local text, message, code = repository:text(case[1], case[2])
      assert.is_nil(text, title)
      assert.is_string(message, title)
      if case[3] ~= "" then assert.equal(case[3], code, title .. ": " .. message) end
    end
    assert.has_error(function() repository:text(hello_digest, -1) end, "bad argument #2 to 'text' (0 or more)")
  end)

  it("writes a blob into a file, whole or not at all", function()
    local digest = core.sha256(long)
    local repository <close> = open(blobs { [digest] = long, [NONE] = hello })
    local path = folder .. "/blob"
    assert.is_true(repository:blob(digest, #long, path))
    assert.equal(long, files.read(path))
    assert.same({ "blob" }, names())
    for title, case in pairs {
      ["another digest"] = { NONE, #hello, "DIGEST", "was damaged" },
      ["longer than it should be"] = { digest, #long - 1, "DIGEST", "" },
      ["shorter than it should be"] = { digest, #long + 1, "DIGEST", "" },
      ["not there"] = { NONE:gsub("0$", "1"), 5, "NOT_FOUND", "" },
      ["not a digest"] = { "sha256:12", 5, "FORMAT", "" },
    } do
      local done, message, code = repository:blob(case[1], case[2], path)
      assert.is_nil(done, title)
      assert.equal(case[3], code, title .. ": " .. message)
      assert.matches(case[4], message, 1, true)
      assert.same({ "blob" }, names(), title)
    end
    assert.equal(long, files.read(path))
    assert.has_error(function() repository:blob(digest, -1, path) end, "bad argument #2 to 'blob' (0 or more)")
  end)

  it("says what keeps it from writing a blob", function()
    local repository <close> = open(blobs { [hello_digest] = hello })
    local function look(path) return select(2, repository:blob(hello_digest, #hello, path)) end
    assert.matches("^making .*/gone/blob.*: No such file or directory", look(folder .. "/gone/blob"))
    assert.is_string(look(folder .. ("/."):rep(2100) .. "/blob")) -- longer than a path may be
    files.make(folder .. "/taken")
    assert.matches("^writing .*/taken: Is a directory", look(folder .. "/taken"))
    assert.same({ "taken" }, names())
  end)

  it("leaves nothing where there is no room for a blob", function()
    local digest = core.sha256(long)
    open(blobs { [digest] = long }):close()
    -- A file may have 32 KiB here: what is over is refused as by a full disk.
    local _, output = shell.run(([[trap '' XFSZ; ulimit -f 64; %s -e '
      local repository = require "tarsier.core".repository("%s/app", { plain_http = true })
      print(repository:blob("%s", %d, "%s/blob"))']]):format(os.getenv "LUA" or "lua5.4", server.url:match "//(.*)$",
      digest, #long, folder))
    assert.matches("^nil\twriting .*/blob.*: No space left on device\tIO\n$", output)
    assert.same({}, names())
  end)

  it("pushes a file as a blob, unless the registry has it", function()
    local path = files.write(folder .. "/file", hello)
    local place = "/v2/app/blobs/uploads/"
    local answers = { ["HEAD /v2/app/blobs/" .. hello_digest] = { { status = 404 }, { status = 200 } },
      ["POST " .. place] = { { status = 202, headers = { Location = place .. "1" } } },
      ["PUT " .. place .. "1"] = { { status = 201 } } }
    local repository <close> = open(answers, nil, true)
    for _ = 1, 2 do assert.same({ hello_digest, #hello }, { assert(repository:put_blob(path)) }) end
    local puts = server:requests "PUT"
    assert.equal(1, #puts)
    assert.equal(hello, puts[1].body)
  end)

  it("says why a file is not pushed", function()
    local repository <close> = open({}, nil, true)
    local function look(name) return select(2, repository:put_blob(folder .. "/" .. name)) end
    files.write(folder .. "/empty", "")
    files.write(folder .. "/file", hello)
    assert.matches("open .*/gone: No such file or directory", look "gone")
    assert.matches("/empty: the file is empty", look "empty")
    local done, message, code = repository:put_blob(folder .. "/file") -- no upload in the script
    assert.is_nil(done)
    assert.equal("NOT_FOUND", code, message)
    collectgarbage()
    local open_before = #core.list "/proc/self/fd"
    look "empty"
    look "."
    assert.equal(open_before, #core.list "/proc/self/fd")
  end)

  it("says of a registry that names no place for a blob that it does not", function()
    local answers = {}
    for i, place in ipairs { "", "ftp://127.0.0.1/1", "uploads/1" } do
      answers[i] = { status = 202, headers = { Location = place } }
    end
    local repository <close> = open({ ["POST /v2/app/blobs/uploads/"] = { { status = 202 }, table.unpack(answers) } }, nil, true)
    local path = files.write(folder .. "/file", hello)
    for _ = 0, #answers do
      local done, message, code = repository:put_blob(path)
      assert.is_nil(done)
      assert.equal("IO", code, message)
      assert.matches(" did not say where to upload a blob to$", message)
    end
    assert.same({}, server:requests "PUT")
  end)

  it("pushes a manifest under the tag given, its own, or latest", function()
    for name, tag in pairs { app = "latest", ["app:one"] = "one" } do
      local answers = {}
      for _, which in ipairs { tag, "two" } do answers["PUT /v2/app/manifests/" .. which] = { { status = 201 } } end
      local repository <close> = open(answers, name, true)
      assert.equal(hello_digest, repository:put_manifest(nil, TYPE, hello))
      assert.equal(hello_digest, repository:put_manifest("two", TYPE, hello))
      local puts = server:requests "PUT"
      assert.equal(2, #puts)
      assert.same({ hello, TYPE }, { puts[1].body, puts[1].headers["Content-Type"] })
      local digest, _, code = repository:put_manifest("three", TYPE, hello)
      assert.is_nil(digest)
      assert.equal("NOT_FOUND", code)
      server:stop()
    end
    server = nil
  end)

  it("lists what refers to a digest, and says whether there is more", function()
    local place = "/v2/app/referrers/" .. hello_digest
    local repository <close> = open { ["GET " .. place] = { { body = "{}" },
      { body = "{ }", headers = { Link = "<" .. place .. '?n=1>; rel="next"' } } } }
    assert.same({ "{}", false }, { repository:referrers(hello_digest) })
    assert.same({ "{ }", true }, { repository:referrers(hello_digest) })
    assert.equal("FORMAT", select(3, repository:referrers "sha256:12"))
  end)

  it("closed is not asked", function()
    local repository = open {}
    repository:close()
    repository:close()
    assert.has_error(function() repository:manifest() end, "calling 'manifest' on bad self (the repository is closed)")
  end)

  it("has a name that can be read", function()
    assert.equal("USAGE", select(3, core.repository "UPPER/:"))
    assert.has_error(function() core.repository("app", { word = 1 }) end)
  end)
end)
