-- core.http against a real server, and the nameless file that a long answer goes into.

local core = require "tarsier.core"
local shell = require "support.shell"
local stand_in = require "support.stand_in"

local LUA = os.getenv "LUA" or "lua5.4"

local script = {
  ["GET /hello"] = { { body = "hello", headers = { ["X-Thing"] = "  a thing " } } },
  ["POST /echo"] = { { status = 201, json = { made = true } } },
  ["GET /gone"] = { { status = 404, body = "nothing here" } },
  ["GET /away"] = { { status = 302, headers = { Location = "/hello" }, body = "elsewhere" } },
  ["GET /long"] = { { ["repeat"] = ("0123456789abcdef"):rep(64), times = 20000 } },
  ["GET /wide"] = { { headers = { ["X-Wide"] = ("x"):rep(200000) } } },
  ["GET /many"] = { { headers = {} } },
  ["GET /half"] = { { body = ("x"):rep(1000), cut = true } },
  ["GET /slow"] = { { delay = 4, body = "late" } },
  ["GET /steady"] = { { ["repeat"] = ("0123456789abcdef"):rep(64), times = 25, drip = { size = 5120, every = 0.3 } } },
  ["GET /trickle"] = { { body = ("x"):rep(500), drip = { size = 1, every = 0.01 } } },
}

for i = 1, 90 do script["GET /many"][1].headers["X-" .. i] = ("x"):rep(3000) end

local function with(options, visit)
  if not stand_in.available() then return pending(stand_in.needs) end
  local server = stand_in.start(script, options)
  finally(function() server:stop() end)
  visit(server)
end

describe("core.http", function()
  it("gives status, headers and body", function()
    with(nil, function(server)
      local answer = assert(core.http { url = server.url .. "/hello" })
      assert.equal(200, answer.status)
      assert.equal("hello", answer.body)
      assert.equal("a thing", answer.headers["x-thing"])
      answer = assert(core.http { url = server.url .. "/gone" })
      assert.equal(404, answer.status)
      assert.equal("nothing here", answer.body)
      assert.equal("hello", assert(core.http { url = server.url .. "/away" }).body)
    end)
  end)

  it("sends a method, headers and a body", function()
    with(nil, function(server)
      local answer = assert(core.http { method = "POST", url = server.url .. "/echo", body = "{}",
        headers = { ["Content-Type"] = "application/json", ["X-One"] = "1" } })
      assert.equal(201, answer.status)
      local asked = server:requests()[1]
      assert.equal("{}", asked.body)
      assert.equal("application/json", asked.headers["Content-Type"])
      assert.equal("1", asked.headers["X-One"])
    end)
  end)

  it("speaks through a socket in the file system, whatever proxy there is", function()
    with({ unix = true }, function(server)
      local answer = assert(core.http { url = "http://engine/hello", unix_socket = server.socket })
      assert.equal("hello", answer.body)
      local code, output = shell.run(([[http_proxy=http://127.0.0.1:1 %s -e 'local a = assert(
        require "tarsier.core".http { url = "http://engine/hello", unix_socket = "%s" }) print(a.body)']]):format(LUA, server.socket))
      assert.equal("hello\n", output)
      assert.equal(0, code)
    end)
  end)

  it("hands a long body over in pieces, and other answers' bodies whole", function()
    with(nil, function(server)
      local length = 0
      local answer = assert(core.http { url = server.url .. "/long",
        on_body = function(piece) length = length + #piece end })
      assert.equal(20480000, length)
      assert.equal("", answer.body)
      answer = assert(core.http { url = server.url .. "/gone", on_body = error })
      assert.equal("nothing here", answer.body)
    end)
  end)

  it("ends when on_body wants no more, and raises what it raises", function()
    with(nil, function(server)
      local pieces = 0
      local answer, message, code = core.http { url = server.url .. "/long",
        on_body = function() pieces = pieces + 1; return false end }
      assert.is_nil(answer)
      assert.equal("IO", code)
      assert.is_string(message)
      assert.equal(1, pieces)
      local function refuse() error("no", 0) end
      assert.has_error(function() core.http { url = server.url .. "/long", on_body = refuse } end, "no")
    end)
  end)

  it("waits for a blob as long as it flows, and for whoever takes it", function()
    with(nil, function(server)
      local length = 0
      local function count(piece)
        if length == 0 then os.execute "sleep 1.2" end
        length = length + #piece
      end
      assert(core.http { url = server.url .. "/steady", seconds = 1, blob = true, on_body = count })
      assert.equal(25600, length)
      assert.is_nil((core.http { url = server.url .. "/steady", seconds = 1, on_body = function() end }))
      local answer, message = core.http { url = server.url .. "/trickle", seconds = 1, blob = true, on_body = function() end }
      assert.is_nil(answer)
      assert.is_truthy(message:find("stalled for 1 seconds", 1, true), message)
    end)
  end)

  it("says what went wrong", function()
    with(nil, function(server)
      local cases = {
        { { url = "http://127.0.0.1:1/" }, "IO", "127.0.0.1" },
        { { url = "http://nowhere.invalid/" }, "IO", "nowhere.invalid" },
        { { url = "not a URL" }, "IO", "not a URL" },
        { { url = "http://x/", unix_socket = "/nonexistent/socket" }, "IO", "" },
        { { url = server.url .. "/half" }, "IO", "/half" },
        { { url = server.url .. "/slow", seconds = 1 }, "IO", "/slow" },
        { { url = server.url .. "/long", limit = 1000 }, "LIMIT", "1000" },
        { { url = server.url .. "/wide" }, "LIMIT", "a header that is too long" },
        { { url = server.url .. "/many" }, "LIMIT", "headers are larger than 262144 bytes" },
        { { url = "file:///etc/passwd" }, "IO", "file" },
        { { url = "http://u:secret@127.0.0.1:1/" }, "IO", "http://127.0.0.1:1/" },
      }
      for _, case in ipairs(cases) do
        local answer, message, code = core.http(case[1])
        assert.is_nil(answer)
        assert.equal(case[2], code, message)
        assert.is_truthy(message:find(case[3], 1, true), message)
        assert.is_nil(message:find("secret", 1, true))
      end
    end)
  end)

  it("raises where it is misused", function()
    assert.has_error(function() core.http { uri = "x" } end, "http: unknown key 'uri' (did you mean 'url'?)")
    assert.has_error(function() core.http { url = 1 } end)
    assert.has_error(function() core.http {} end)
    assert.has_error(function() core.http { url = "http://127.0.0.1:1/", headers = { A = "b\r\nC: d" } } end,
      "http: a header holds a line break")
    for _, key in ipairs { "seconds", "connect_seconds", "limit" } do
      assert.has_error(function() core.http { url = "http://127.0.0.1:1/", [key] = (1 << 30) + 1 } end,
        "http: " .. key .. " must be a whole number from 0 to 1073741824")
    end
    local many = {}
    for i = 1, 65 do many["X-" .. i] = "x" end
    for _, headers in ipairs { { "X-A: b" }, { A = 1 }, many } do
      assert.has_error(function() core.http { url = "http://127.0.0.1:1/", headers = headers } end,
        "http: headers must be text by name, 64 at most")
    end
  end)
end)

describe("the server of these specs", function()
  it("refuses at once what is not HTTP, as the beginning of TLS", function()
    if not stand_in.available() then return pending(stand_in.needs) end
    local server = stand_in.start({})
    finally(function() server:stop() end)
    local code, output = shell.run { "env", "LD_PRELOAD=", "bash", "-c", ([[exec 3<>/dev/tcp/127.0.0.1/%s
      printf '\026\003 \001\037\002\n' >&3
      timeout 5 cat <&3]]):format(server.url:match "%d+$") }
    assert.equal("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", output)
    assert.equal(0, code)
    assert.same({}, server:requests())
  end)

  it("ends with the process that started it", function()
    if not stand_in.available() then return pending(stand_in.needs) end
    local pid = shell.capture(LUA .. [[ -e 'package.path = "tests/?.lua;lua/?.lua;" .. package.path
      package.cpath = (os.getenv "TARSIER_BUILD" or "build") .. "/?.so;" .. package.cpath
      print(require "support.stand_in".start({}).pid)']])
    assert.is_true(os.execute(("for i in $(seq 300); do kill -0 %s 2>/dev/null || exit 0; sleep 0.1; done; exit 1")
      :format(pid)))
  end)
end)

describe("core.host.temporary", function()
  it("is a file that can be opened again and leaves nothing behind", function()
    local file, path = assert(core.host.temporary())
    file:write "some bytes"
    file:flush()
    assert.equal("some bytes", shell.read(path))
    file:close()
    assert.is_nil(io.open(path))
  end)

  it("is in /tmp if $TMPDIR says nothing", function()
    for _, unset in ipairs { "env -u TMPDIR ", "TMPDIR= " } do
      local _, output = shell.run(unset .. LUA .. [[ -e 'local lfs = require "lfs"
        local file, path = require "tarsier.core".host.temporary()
        print(lfs.symlinkattributes(path).target, file:write "x")']])
      assert.matches("^/tmp/.*%(deleted%)", output)
    end
  end)

  it("says where it cannot be made", function()
    local _, output = shell.run("TMPDIR=/nonexistent " .. LUA
      .. [[ -e 'print(require "tarsier.core".host.temporary())']])
    assert.equal("nil\t/nonexistent: No such file or directory\tIO\n", output)
    -- A folder in which no file can be without a name, and whose own name leaves no room for one.
    _, output = shell.run(("TMPDIR=/proc/%s "):format(("./"):rep(2043)) .. LUA
      .. [[ -e 'print(require "tarsier.core".host.temporary())']])
    assert.matches("^nil\t/proc/[./]*\tIO\n$", output)
    _, output = shell.run("TMPDIR=/proc " .. LUA .. [[ -e 'print(require "tarsier.core".host.temporary())']])
    assert.equal("nil\t/proc: No such file or directory\tIO\n", output)
  end)
end)
