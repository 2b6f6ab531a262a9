-- Who we are at a registry: the files that docker, podman and skopeo keep, and the programs that these name.

local cjson = require "cjson"
local files = require "support.files"
local pace = require "support.pace"
local probe = require "tarsier.probe".registry_login
local temporary = require "support.temporary"
local shell = require "support.shell"
local without_rights = require "tarsier.probe".process.without_rights

local SECRET = "s3cr3t" -- in every password and token below; in no message

-- Base64 as RFC 4648 has it.
local function base64(text)
  local letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
  return (text:gsub("..?.?", function(three)
    local a, b, c = three:byte(1, 3)
    local bits, out = a << 16 | (b or 0) << 8 | (c or 0), {}
    for i = 0, 3 do
      local letter = (bits >> (18 - 6 * i) & 63) + 1
      out[i + 1] = i <= #three and letters:sub(letter, letter) or "="
    end
    return table.concat(out)
  end))
end

local function auth(user, password) return { auth = base64(user .. ":" .. (password or SECRET)) } end

local folder, environment

local function path(name) return folder .. "/" .. name end

local function write(name, content)
  local target = path(name)
  files.make((target:gsub("/[^/]*$", "")))
  return temporary.write(target, type(content) == "table" and cjson.encode(content) or content)
end

local function program(name, script)
  temporary.must("chmod 755 %s", write("bin/docker-credential-" .. name, "#!/bin/sh\n" .. script .. "\n"))
end

--- find(domain, path) -> a short text: "user", "user+identity", "registry", …, "nobody", or "CODE: message"
local function find(domain, repository)
  local login, message, code = probe.find(domain, repository or "", environment)
  if not login then
    assert.is_nil(message:find(SECRET, 1, true), message)
    return code .. ": " .. message, code
  end
  local words = {}
  if login.user ~= "" then words[#words + 1] = login.user end
  if login.password ~= "" then
    assert.equal(SECRET, login.password)
    assert.is_true(login.user ~= "")
  end
  if login.identity_token ~= "" then words[#words + 1] = "identity" end
  if login.registry_token ~= "" then words[#words + 1] = "registry" end
  return #words > 0 and table.concat(words, "+") or "nobody", login
end

before_each(function()
  folder = temporary.folder()
  environment = {
    HOME = path "home", XDG_RUNTIME_DIR = path "run", PATH = path "bin" .. ":" .. os.getenv "PATH",
  }
end)

after_each(function() temporary.remove(folder) end)

describe("log-ins are looked for", function()
  it("in the order of podman and docker", function()
    local docker = { auths = { ["r.example"] = auth "docker" } }
    assert.equal("nobody", (find "r.example"))
    write("home/.docker/config.json", docker)
    assert.equal("docker", (find "r.example"))
    write("home/.config/containers/auth.json", { auths = { ["r.example"] = auth "config" } })
    assert.equal("config", (find "r.example"))
    write("run/containers/auth.json", { auths = { ["r.example"] = auth "run" } })
    assert.equal("run", (find "r.example"))
    environment.REGISTRY_AUTH_FILE = write("named", { auths = { ["r.example"] = auth "named" } })
    assert.equal("named", (find "r.example"))
    environment.DOCKER_AUTH_CONFIG = cjson.encode { auths = { ["r.example"] = auth "content" } }
    assert.equal("content", (find "r.example"))
  end)

  it("further where a file has none for the registry", function()
    write("run/containers/auth.json", { auths = { ["other.example"] = auth "other" } })
    write("home/.config/containers/auth.json", "{}")
    write("home/.docker/config.json", { auths = { ["r.example"] = auth "docker" } })
    environment.DOCKER_AUTH_CONFIG = '{"auths":{}}'
    assert.equal("docker", (find "r.example"))
    assert.equal("other", (find "other.example"))
  end)

  it("where XDG_CONFIG_HOME and DOCKER_CONFIG say, and not at home then", function()
    write("home/.config/containers/auth.json", { auths = { ["r.example"] = auth "wrong" } })
    write("home/.docker/config.json", { auths = { ["r.example"] = auth "wrong" } })
    environment.XDG_CONFIG_HOME, environment.DOCKER_CONFIG = path "xdg", path "docker"
    assert.equal("nobody", (find "r.example"))
    write("docker/config.json", { auths = { ["r.example"] = auth "docker" } })
    assert.equal("docker", (find "r.example"))
    write("xdg/containers/auth.json", { auths = { ["r.example"] = auth "xdg" } })
    assert.equal("xdg", (find "r.example"))
  end)

  it("nowhere else where REGISTRY_AUTH_FILE is set", function()
    write("home/.docker/config.json", { auths = { ["r.example"] = auth "docker" } })
    environment.REGISTRY_AUTH_FILE = write("named", "{}")
    assert.equal("nobody", (find "r.example"))
    environment.REGISTRY_AUTH_FILE = "/dev/null"
    assert.equal("nobody", (find "r.example"))
    environment.REGISTRY_AUTH_FILE = ""
    assert.equal("docker", (find "r.example"))
    environment.REGISTRY_AUTH_FILE = path "missing"
    local message, code = find "r.example"
    assert.equal("IO", code)
    assert.truthy(message:find("$REGISTRY_AUTH_FILE: open " .. path "missing", 1, true), message)
  end)

  it("without a home too", function()
    environment.HOME = nil
    assert.equal("nobody", (find "r.example"))
    environment.HOME = ""
    assert.equal("nobody", (find "r.example"))
  end)

  it("in a pipe that a shell made", function()
    local fifo = path "fifo"
    temporary.must("mkfifo %s", fifo)
    environment.REGISTRY_AUTH_FILE = fifo
    assert.equal("nobody", (find "r.example")) -- nobody writes: empty, and no waiting
  end)
end)

describe("the key of a log-in", function()
  local cases = {
    -- keys in the file, domain, path, who
    { { "r.example" }, "r.example", "a/b", "r.example" },
    { { "r.example:5000" }, "r.example:5000", "a", "r.example:5000" },
    { { "r.example" }, "r.example:5000", "a", "nobody" },
    { { "r.example:5000" }, "r.example", "a", "nobody" },
    { { "r.example", "r.example/a", "r.example/a/b" }, "r.example", "a/b", "r.example/a/b" },
    { { "r.example", "r.example/a", "r.example/a/b" }, "r.example", "a/b/c", "r.example/a/b" },
    { { "r.example", "r.example/a", "r.example/a/b" }, "r.example", "a", "r.example/a" },
    { { "r.example", "r.example/a", "r.example/a/b" }, "r.example", "ab", "r.example" },
    { { "r.example", "r.example/a", "r.example/a/b" }, "r.example", "", "r.example" },
    { { "r.example/a" }, "r.example", "b", "nobody" },
    { { "https://r.example/v1/" }, "r.example", "a/b", "https://r.example/v1/" },
    { { "https://r.example/v2/" }, "r.example", "a", "https://r.example/v2/" },
    { { "https://r.example" }, "r.example", "a", "https://r.example" },
    { { "http://r.example:5000" }, "r.example:5000", "a", "http://r.example:5000" },
    { { "http://r.example/" }, "r.example", "a", "http://r.example/" },
    { { "r.example/v1/" }, "r.example", "a", "r.example/v1/" },
    { { "r.example/v1" }, "r.example", "a", "nobody" },
    { { "https://r.example/v1/", "r.example" }, "r.example", "a", "r.example" },
    { { "https://r.example.evil/v1/", "xr.example", "https://" }, "r.example", "a", "nobody" },
    { { "https://index.docker.io/v1/" }, "docker.io", "library/alpine", "https://index.docker.io/v1/" },
    { { "https://index.docker.io/v1/" }, "index.docker.io", "a/b", "https://index.docker.io/v1/" },
    { { "index.docker.io" }, "docker.io", "a/b", "index.docker.io" },
    { { "registry-1.docker.io" }, "docker.io", "a/b", "registry-1.docker.io" },
    { { "docker.io" }, "docker.io", "a/b", "docker.io" },
    { { "docker.io/library", "docker.io" }, "docker.io", "library/alpine", "docker.io/library" },
    { { "https://index.docker.io/v1/access-token", "https://index.docker.io/v1/" }, "docker.io", "a",
      "https://index.docker.io/v1/" },
    { { "docker.io" }, "r.example", "a", "nobody" },
    { { "[::1]:5000" }, "[::1]:5000", "a", "[::1]:5000" },
  }
  for _, case in ipairs(cases) do
    local keys, domain, repository, who = table.unpack(case)
    it(("%s for %s/%s is %s"):format(table.concat(keys, " "), domain, repository, who), function()
      local entries = {}
      for i, key in ipairs(keys) do -- in this order, which a table would not keep
        entries[i] = ("%s:%s"):format(cjson.encode(key), cjson.encode(auth("u" .. i)))
      end
      write("home/.docker/config.json", '{"auths":{' .. table.concat(entries, ",") .. "}}")
      local user = find(domain, repository)
      assert.equal(who, keys[tonumber(user:match "^u(%d)$")] or user)
    end)
  end
end)

describe("an entry", function()
  local function entry(content)
    write("home/.docker/config.json", { auths = { ["r.example"] = content } })
    return find "r.example"
  end

  local cases = {
    { "auth", { auth = base64("me:" .. SECRET) }, "me" },
    { "auth with a colon in the password", { auth = base64 "me:a:b" }, nil, "a:b" },
    { "auth with NULs at its end", { auth = base64("me:" .. SECRET .. "\0\0\0") }, "me" },
    { "auth without padding", { auth = (base64("me2:" .. SECRET):gsub("=", "")) }, "me2" },
    { "auth over two lines", { auth = (base64("me:" .. SECRET):gsub("^....", "%0\r\n")) .. "\n" }, "me" },
    { "user and password", { username = "me", password = SECRET }, "me" },
    { "auth before them", { username = "x", password = "y", auth = base64("me:" .. SECRET) }, "me" },
    { "an identity token", { auth = base64 "00000000:", identitytoken = SECRET }, "00000000+identity" },
    { "an identity token alone", { identitytoken = SECRET }, "identity" },
    { "the user <token>", { auth = base64("<token>:" .. SECRET) }, "identity" },
    { "the user <token>, in words", { username = "<token>", password = SECRET }, "identity" },
    { "a registry token", { registrytoken = SECRET }, "registry" },
    { "nothing", { email = "me@example" }, "nobody" },
    { "nulls", { auth = cjson.null, identitytoken = cjson.null, username = cjson.null }, "nobody" },
    { "null", cjson.null, "nobody" },
    { "empty auth", { auth = "" }, "nobody" },
    { "an empty user and password", { auth = base64 ":" }, "nobody" },
    { "a password without a user", { password = SECRET }, "nobody" },
  }
  for _, case in ipairs(cases) do
    it("of " .. case[1], function()
      if case[3] then
        assert.equal(case[3], (entry(case[2])))
      else
        write("home/.docker/config.json", { auths = { ["r.example"] = case[2] } })
        assert.equal(case[4], probe.find("r.example", "", environment).password)
      end
    end)
  end

  local broken = {
    { "no base64", { auth = SECRET .. "!" }, "is not base64" },
    { "no colon", { auth = base64(SECRET) }, "is not the base64 of user:password" },
    { "no user", { auth = base64(":" .. SECRET) }, "is not the base64 of user:password" },
    { "a NUL within", { auth = base64("me\0" .. SECRET .. ":" .. SECRET) }, "NUL" },
    { "a number", { auth = 5 }, "not a text" },
    { "a list", { identitytoken = { SECRET } }, "not a text" },
    { "text", SECRET, "not an object" },
    { "a header in a token", { registrytoken = SECRET .. "\r\nX: " .. SECRET }, "control bytes" },
    { "a line end in a token", { auth = base64("<token>:" .. SECRET .. "\n") }, "control bytes" },
  }
  for _, case in ipairs(broken) do
    it("with " .. case[1] .. " is an error", function()
      local message, code = entry(case[2])
      assert.equal("FORMAT", code)
      assert.truthy(message:find(path "home/.docker/config.json" .. ": the log-in for r.example: ", 1, true), message)
      assert.truthy(message:find(case[3], 1, true), message)
    end)
  end

  it("that is empty leaves it to wider ones and to other files", function()
    write("run/containers/auth.json", { auths = { ["r.example/a"] = { x = 1 }, ["r.example"] = auth "wide" } })
    assert.equal("wide", (find("r.example", "a")))
    write("run/containers/auth.json", { auths = { ["r.example"] = { x = 1 } } })
    write("home/.docker/config.json", { auths = { ["r.example"] = auth "docker" } })
    assert.equal("docker", (find("r.example", "a")))
  end)

  it("that is broken is of no concern to other registries", function()
    write("home/.docker/config.json", { auths = { ["bad.example"] = { auth = "!" }, ["r.example"] = auth "me" } })
    assert.equal("me", (find "r.example"))
  end)
end)

describe("a file", function()
  local function file(content)
    write("home/.docker/config.json", content)
    return find "r.example"
  end

  it("that is empty has nobody", function()
    for _, content in ipairs {
      "", " \n", "{}", '{"auths":null,"credHelpers":null,"credsStore":null}', '{"credsStore":""}',
    } do
      assert.equal("nobody", (file(content)))
    end
  end)

  local broken = {
    { "[]", "not a JSON object", "FORMAT" },
    { "5", "line 1 column", "FORMAT" },
    { "{", "line 1 column", "FORMAT" },
    { "\0", "line 1 column", "FORMAT" },
    { '{"auths":\n{"r.example": {"auth": "' .. SECRET .. '" "' .. SECRET .. '"}}}', "line 2 column", "FORMAT" },
    { '{"auths": {"r.example": ' .. SECRET .. "}}", "line 1 column", "FORMAT" },
    { '{"auths": []}', '"auths" is not an object', "FORMAT" },
    { '{"credHelpers": "x"}', '"credHelpers" is not an object', "FORMAT" },
    { '{"credHelpers": {"r.example": {}}}', "no name of a program", "FORMAT" },
    { '{"credsStore": 1}', '"credsStore" is not a text', "FORMAT" },
    { ("[" ):rep(300), "nested", "LIMIT" },
    { '{"x":"' .. ("x"):rep(1 << 20) .. '"}', "limit of 1048576 bytes", "LIMIT" },
    { '{"credsStore":"../../x"}', "not a valid name of a credential helper", "FORMAT" },
    { '{"credsStore":"x y"}', "not a valid name of a credential helper", "FORMAT" },
    { '{"credsStore":"' .. ("x"):rep(200) .. '"}', "not a valid name of a credential helper", "FORMAT" },
  }
  for i, case in ipairs(broken) do
    it(("that is broken is an error (%d): %s"):format(i, case[2]), function()
      local message, code = file(case[1])
      assert.equal(case[3], code)
      assert.truthy(message:find(path "home/.docker/config.json", 1, true), message)
      assert.truthy(message:find(case[2], 1, true), message)
    end)
  end

  it("in a variable is told by its name", function()
    environment.DOCKER_AUTH_CONFIG = "/builds/x.tmp/DOCKER_AUTH_CONFIG"
    local message, code = find "r.example"
    assert.equal("FORMAT", code)
    assert.truthy(message:find("$DOCKER_AUTH_CONFIG, the content of a config.json", 1, true), message)
  end)

  it("that cannot be read is an error", function()
    temporary.must("mkdir -p %s", path "home/.docker/config.json")
    local message, code = find "r.example"
    assert.equal("IO", code)
    assert.truthy(message:find(path "home/.docker/config.json", 1, true), message)
  end)

  it("that is not ours to read is an error", function()
    temporary.must("chmod 0 %s", write("home/.docker/config.json", "{}"))
    local login, message, code = without_rights(probe.find, "r.example", "", environment)
    assert.is_nil(login)
    assert.equal("IO", code)
    assert.truthy(message:find("/auth.json, for log-ins: Permission denied", 1, true) or
      message:find("/config.json, for log-ins: Permission denied", 1, true), message)
  end)

  it("cannot make it take memory without bound", function()
    write("home/.docker/config.json", { auths = { ["r.example"] = auth "me" } })
    for limit = 1, 4000, 37 do
      local login, _, code = probe.find("r.example", "a/b", environment, limit)
      assert.is_true(login and login.user == "me" or code == "MEMORY" or code == "FORMAT", code)
    end
  end)
end)

describe("a program that keeps log-ins", function()
  local answer = ([[printf '{"ServerURL":"%%s","Username":"%%s","Secret":"%s"}\n' "$server" "$server"]]):format(SECRET)
  local read = '[ "$1" = get ] || exit 9\nserver=$(cat)\n'
  local nobody = 'echo "credentials not found in native keychain"; exit 1'

  local function file(content) write("home/.docker/config.json", content) end

  it("is asked where the file says so", function()
    program("one", read .. answer)
    file { credHelpers = { ["r.example"] = "one" } }
    assert.equal("r.example", (find("r.example", "a/b")))
    assert.equal("nobody", (find "other.example"))
    file { credsStore = "one" }
    assert.equal("r.example:5000", (find("r.example:5000", "a")))
  end)

  it("gets the address under which docker, and under which the file has it", function()
    program("one", read .. answer)
    file { credsStore = "one" }
    assert.equal("https://index.docker.io/v1/", (find("docker.io", "library/alpine")))
    for _, key in ipairs { "docker.io", "index.docker.io", "https://index.docker.io/v1/" } do
      file { credHelpers = { [key] = "one" } }
      assert.equal(key, (find("docker.io", "library/alpine")))
    end
    file { credHelpers = { ["https://r.example"] = "one" } }
    assert.equal("https://r.example", (find "r.example"))
  end)

  it("for one registry goes before the one for all", function()
    program("one", read .. answer)
    program("all", read .. "server=all\n" .. answer)
    file { credsStore = "all", credHelpers = { ["r.example"] = "one", ["file.example"] = "" },
           auths = { ["file.example"] = auth "file" } }
    assert.equal("r.example", (find "r.example"))
    assert.equal("all", (find "other.example"))
    assert.equal("file", (find "file.example")) -- "": no program for this one
  end)

  it("may have an identity token", function()
    program("one", [[printf '{"ServerURL":"","Username":"<token>","Secret":"]] .. SECRET .. [["}']])
    file { credsStore = "one" }
    assert.equal("identity", (find "r.example"))
  end)

  it("that knows nobody leaves it to the rest", function()
    program("none", read .. nobody)
    file { credsStore = "none" }
    assert.equal("nobody", (find "r.example"))
    file { credsStore = "none", auths = { ["r.example"] = auth "file" } }
    assert.equal("file", (find "r.example"))
    program("empty", [[echo '{"ServerURL":"","Username":"","Secret":""}']])
    file { credsStore = "empty", auths = { ["r.example"] = auth "file" } }
    assert.equal("file", (find "r.example"))
    -- For this registry it has the last word in its file, but not in others.
    file { credHelpers = { ["r.example"] = "none" }, auths = { ["r.example"] = auth "file" } }
    assert.equal("nobody", (find "r.example"))
    os.rename(path "home/.docker", path "home/.config")
    temporary.must("mkdir %s && mv %s %s", path "home/.config/containers", path "home/.config/config.json",
      path "home/.config/containers/auth.json")
    file { auths = { ["r.example"] = auth "docker" } }
    assert.equal("docker", (find "r.example"))
  end)

  it("is not asked where an earlier place has the log-in", function()
    file { credsStore = "missing" }
    environment.DOCKER_AUTH_CONFIG = cjson.encode { auths = { ["r.example"] = auth "content" } }
    assert.equal("content", (find "r.example"))
  end)

  it("that is missing is an error with a way out", function()
    file { credsStore = "missing", auths = { ["r.example"] = auth "file" } }
    local message, code = find "r.example"
    assert.equal("UNSUPPORTED", code)
    local file_name = path "home/.docker/config.json: "
    for _, part in ipairs { file_name, "docker-credential-missing", "PATH", "--registry-user" } do
      assert.truthy(message:find(part, 1, true), message)
    end
  end)

  it("that cannot be run is an error with a way out", function()
    write("bin/docker-credential-plain", "#!/bin/sh\n" .. answer)
    file { credsStore = "plain" }
    environment.PATH = path "bin"
    local message, code = find "r.example"
    assert.equal("UNSUPPORTED", code)
    assert.truthy(message:find("docker-credential-plain", 1, true), message)
  end)

  -- What it does, milliseconds of patience, code, part of the message.
  local answers = ([[printf '{"ServerURL":"","Username":"me","Secret":"%s"}']]):format(SECRET)
  local hostile = {
    { "hangs", "exec sleep 300", 200, "IO", "does not come to an end" },
    { "answers and hangs", answers .. "; exec sleep 300", 200, "IO", "does not come to an end" },
    { "answers, closes its output and hangs", answers .. "; exec >&-; exec sleep 300", 200, "IO",
      "does not come to an end" },
    { "drips", "while :; do echo x; sleep 0.02; done", 300, "IO", "does not come to an end" },
    { "answers without end", "exec yes " .. SECRET, 20000, "LIMIT", "131072 bytes" },
    { "answers nothing", "exit 0", 20000, "FORMAT", "line 1" },
    { "answers garbage", "echo '{\"Username\": " .. SECRET .. "'", 20000, "FORMAT", "line 1" },
    { "answers bytes", "head -c 5000 /dev/zero", 20000, "FORMAT", "line 1" },
    { "answers a list", "echo '[]'", 20000, "FORMAT", "without a Username" },
    { "answers half", "echo '{\"Username\":\"me\"}'", 20000, "FORMAT", "without a Username" },
    { "answers numbers", "echo '{\"Username\":1,\"Secret\":2}'", 20000, "FORMAT", "without a Username" },
    { "answers no user", "echo '{\"Username\":\"\",\"Secret\":\"" .. SECRET .. "\"}'", 20000, "FORMAT",
      "without a Username" },
    { "crashes", "kill -SEGV $$", 20000, "IO", "ended by signal 11" },
    { "answers and fails", answers .. "; exit 3", 20000, "IO", "fails with status 3" },
    { "says why it fails", "echo " .. SECRET .. "; exit 1", 20000, "IO", "fails with status 1" },
    { "misses what it needs", "exec docker-credential-nothing-of-the-kind 2>/dev/null", 20000, "UNSUPPORTED", "PATH" },
  }
  for _, case in ipairs(hostile) do
    it("and " .. case[1] .. " is an error", function()
      program("x", case[2])
      local start = os.time()
      local login, message, code, child = probe.ask("x", "r.example", case[3], environment)
      assert.is_nil(login)
      assert.equal(case[4], code, message)
      assert.truthy(message:find("docker-credential-x", 1, true), message)
      assert.truthy(message:find(case[5], 1, true), message)
      assert.is_nil(message:find(SECRET, 1, true), message)
      assert.is_false(child)
      assert.is_true(os.time() - start < pace.patience(10))
    end)
  end

  local kind = {
    { "does not read the address", "exec <&-; " .. answers },
    { "is slow", "sleep 0.2; " .. answers },
    { "answers in pieces", "printf '{\"Username\":'; sleep 0.1; printf '\"me\",\"Secret\":\"" .. SECRET .. "\"}\n'" },
    { "leaves a daemon behind that keeps its output", "sleep 1 2>/dev/null & " .. answers },
    { "closes its output early", answers .. "; exec >&-; sleep 0.1" },
    { "answers more than is asked", "echo '{\"x\":[1,{}],\"Username\":\"me\",\"Secret\":\"" .. SECRET .. "\"}'" },
  }
  for _, case in ipairs(kind) do
    for _, how in ipairs { "", "ignore", "closed" } do
      it("and " .. case[1] .. " is understood " .. how, function()
        program("x", case[2])
        local login, message, _, child = probe.ask("x", "r.example", 20000, environment, how)
        if login then child = message end
        assert.is_table(login, login or message)
        assert.equal("me", login.user)
        assert.equal(SECRET, login.password)
        assert.is_false(child)
      end)
    end
  end

  it("knows nobody where its status is lost, too", function()
    program("x", nobody)
    assert.equal("", probe.ask("x", "r.example", 20000, environment, "ignore").user)
  end)

  it("gets signals as usual, and no descriptor of ours", function()
    program("x", ("ls /proc/$$/fd >%s\ngrep 'Sig[BI]' /proc/self/status >%s\n%s"):format(path "descriptors",
      path "signals", answers))
    temporary.must("%s get", path "bin/docker-credential-x") -- as a shell starts it
    local descriptors = temporary.read(path "descriptors")
    assert.equal("me", probe.ask("x", "r.example", 20000, environment, "pipe").user)
    assert.equal(descriptors, temporary.read(path "descriptors"))
    local signals = temporary.read(path "signals")
    assert.equal(0, tonumber(signals:match "SigBlk:%s*(%x+)", 16))
    assert.equal(0, tonumber(signals:match "SigIgn:%s*(%x+)", 16) & 1 << 12, signals) -- 13 is SIGPIPE
  end)

  it("is refused an address that is none", function()
    local _, _, code = probe.ask("x", ("x"):rep(2000), 20000, environment)
    assert.equal("LIMIT", code)
  end)
end)

describe("skopeo", function()
  local server = [[
import http.server, sys, threading
class Registry(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.send_header("Content-Length", "2"); self.end_headers(); self.wfile.write(b"{}")
    def log_message(self, *arguments): pass
listener = http.server.HTTPServer(("127.0.0.1", 0), Registry)
print(listener.server_port, flush=True)
threading.Thread(target=listener.serve_forever, daemon=True).start()
sys.stdin.readline()
]]

  it("writes what is read here", function()
    if not temporary.has "skopeo" then
      pending "needs skopeo: apt-get install skopeo"
      return
    end
    temporary.write(path "server.py", server)
    temporary.must("mkfifo %s", path "stop")
    -- Opened for both directions: the server lives as long as this descriptor does.
    local pipe = assert(io.popen(("exec 3<>%s; " .. shell.python .. " %s <&3"):format(path "stop", path "server.py")))
    local port = pipe:read "l"
    local ok, problem = pcall(function()
      local host, file = "127.0.0.1:" .. port, path "auth.json"
      local login = "skopeo login --tls-verify=false --authfile %s -u %s -p %s %s"
      temporary.must(login, file, "me", SECRET, host)
      environment.REGISTRY_AUTH_FILE = file
      assert.equal("me", (find(host, "team/app")))
      temporary.must(login, file, "team", SECRET, host .. "/team")
      assert.equal("team", (find(host, "team/app")))
      assert.equal("me", (find(host, "other/app")))
      temporary.must("skopeo logout --tls-verify=false --authfile %s %s", file, host)
      assert.equal("nobody", (find(host, "other/app")))
    end)
    temporary.must("echo >%s", path "stop")
    pipe:close()
    assert(ok, problem)
  end)
end)
