-- Layers over HTTP, as a Clair would fetch them; and the tokens that a Clair may want.
local core = require "tarsier.core"
local images = require "support.images"
local json = require "tarsier.json"
local letters = require "tarsier.probe".letters
local probe = require "tarsier.probe".clair
local shell = require "support.shell"
local stand_in = require "support.stand_in"

local function layers()
  return { images.tar { { "etc/os-release", "ID=test\n" } },
           images.tar { { "opt/data", ("0123456789"):rep(30000) } } }
end

describe("the layer server", function()
  local folder
  before_each(function() folder = images.folder() end)
  after_each(function() images.remove(folder) end)

  local function layout(tars)
    local made = images.layout()
    local list = {}
    for i, tar in ipairs(tars or layers()) do
      list[i] = { tar = tar, blob = images.gzip(tar), type = images.types.gzip }
    end
    made:add(made:image { layers = list }, "app")
    return "oci:" .. made:write(folder .. "/oci"), list
  end

  local function serve(...)
    return assert(probe.serve(...))
  end

  local function get(url, headers, method)
    return assert(core.http { url = url, headers = headers, method = method, seconds = 60 })
  end

  it("gives every layer as it is stored", function()
    local reference, list = layout()
    local server <close>, served = serve(reference)
    for i, layer in ipairs(served) do
      local answer = get(layer.url)
      assert.equal(200, answer.status)
      assert.is_true(answer.body == list[i].blob)
      assert.equal("application/octet-stream", answer.headers["content-type"])
      assert.equal(tostring(#list[i].blob), answer.headers["content-length"])
      assert.is_nil(answer.headers["content-encoding"])
      assert.is_true(server:sent(i))
    end
    assert.is_true(server:failure())
    assert.is_true(server:reach())
  end)

  it("gives its head, and only that", function()
    local server <close>, served = serve((layout()))
    local answer = get(served[2].url, nil, "HEAD")
    assert.equal(200, answer.status)
    assert.equal("", answer.body)
    assert.equal(tostring(served[2].size), answer.headers["content-length"])
    assert.is_false((server:sent(2)))
  end)

  it("gives one range", function()
    local reference, list = layout()
    local server <close>, served = serve(reference)
    local blob, url = list[2].blob, served[2].url
    local size = #blob
    for range, expected in pairs {
      ["bytes=0-0"] = { 1, 1 }, ["bytes=3-9"] = { 4, 10 }, ["bytes=5-"] = { 6, size },
      ["bytes=-7"] = { size - 6, size }, ["bytes=-99999999"] = { 1, size }, ["bytes=10-99999999"] = { 11, size },
    } do
      local answer = get(url, { Range = range })
      assert.equal(206, answer.status, range)
      assert.is_true(answer.body == blob:sub(expected[1], expected[2]), range)
      assert.equal(("bytes %d-%d/%d"):format(expected[1] - 1, expected[2] - 1, size), answer.headers["content-range"])
    end
    assert.is_false((server:sent(2)) and server:sent(1))
  end)

  it("refuses a range that lies outside, and heeds no other kind", function()
    local server <close>, served = serve((layout()))
    local url, size = served[1].url, served[1].size
    for _, range in ipairs { "bytes=" .. size .. "-", "bytes=-0", "bytes=99999999999-" } do
      local answer = get(url, { Range = range })
      assert.equal(416, answer.status, range)
      assert.equal("bytes */" .. size, answer.headers["content-range"])
    end
    for _, range in ipairs { "bytes=1-2,4-5", "lines=1-2", "bytes=9-3", "bytes=x-y", "bytes",
                             "bytes=18446744073709551616-" } do
      assert.equal(200, get(url, { Range = range }).status, range)
    end
    assert.equal(200, get(url, { Range = "bytes=0-1", ["If-Range"] = '"another"' }).status)
    assert.equal(206, get(url, { Range = "bytes=0-1", ["If-Range"] = '"' .. served[1].digest .. '"' }).status)
    assert.is_true(server:failure())
  end)

  it("has nothing else", function()
    local server <close>, served = serve((layout()))
    local origin, token, digest = served[1].url:match "^(http://[^/]+)/(%x+)/(.+)$"
    assert.equal(32, #token)
    for _, path in ipairs {
      "/", "", "/" .. token, "/" .. token .. "/", "/" .. digest, "/" .. token:reverse() .. "/" .. digest,
      "/" .. token:sub(1, -2) .. "/" .. digest, "/" .. token .. "/" .. letters.digest "nothing",
      "/" .. token .. "/../" .. digest,
      "/" .. token .. "/index.json", "/" .. token .. "//" .. digest, "/" .. token .. "/" .. digest .. "/",
    } do
      local answer = get(origin .. path)
      assert.equal(404, answer.status, path)
      assert.equal("", answer.body)
    end
    for _, method in ipairs { "POST", "PUT", "DELETE" } do
      assert.equal(404, assert(core.http { url = served[1].url, method = method, body = "x" }).status)
    end
    assert.is_true(server:reach())
  end)

  it("has another token each time, on another port", function()
    local one <close>, first = serve((layout()))
    local other <close>, second = serve((layout()))
    assert.not_equal(first[1].url:match "//[^/]+", second[1].url:match "//[^/]+")
    assert.not_equal(first[1].url:match "%d/(%x+)/", second[1].url:match "%d/(%x+)/")
    assert.is_true(one:reach() and other:reach())
  end)

  it("serves several at once", function()
    if not shell.has "curl" then return pending "needs curl: apt-get install curl" end
    local server <close>, served = serve((layout()))
    local code = shell.run(([[
      for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
        LD_PRELOAD= curl -sf -o %s/got.$i '%s' & pids="$pids $!"
      done
      for pid in $pids; do wait $pid || exit 1; done
      for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sha256sum <%s/got.$i; done | sort -u | wc -l | grep -qx 1]])
      :format(folder, served[2].url, folder))
    assert.equal(0, code)
    assert.is_true((server:sent(2)))
  end)

  it("serves what docker save wrote, under the digest of the bytes", function()
    local tars = layers()
    local zipped = images.gzip(tars[2])
    local members = images.old_docker { { names = { "app:1" }, layers = tars } }
    for _, member in ipairs(members) do
      if member[2] == tars[2] then member[2] = zipped end -- as some builders have it
    end
    images.write(folder .. "/save.tar", images.tar(members))
    local server <close>, served = serve("docker-archive:" .. folder .. "/save.tar")
    assert.equal(letters.digest(tars[1]), served[1].digest)
    assert.equal(letters.digest(zipped), served[2].digest)
    assert.is_true(get(served[1].url).body == tars[1])
    assert.is_true(get(served[2].url).body == zipped)
    assert.is_true(server:failure())
  end)

  it("breaks off a layer that is not what its digest promises, and tells", function()
    local reference, list = layout()
    local path = folder .. "/oci/" .. images.blob_path(letters.digest(list[2].blob))
    images.write(path, list[2].blob:sub(1, -2) .. "\1")
    local server <close>, served = serve(reference)
    local answer, message = core.http { url = served[2].url }
    assert.is_nil(answer)
    assert.matches("GET", message)
    local _, why, code = server:failure()
    assert.equal("DIGEST", code)
    assert.matches("layer 2 of 2: expected sha256:.*, got sha256:", why)
    assert.is_false((server:sent(2)))
  end)

  it("breaks off a layer that was cut off meanwhile, and tells", function()
    for _, range in ipairs { false, "bytes=0-9", "bytes=30-39" } do
      local reference, list = layout()
      local path = folder .. "/oci/" .. images.blob_path(letters.digest(list[2].blob))
      local server <close>, served = serve(reference)
      images.write(path, list[2].blob:sub(1, 5))
      local answer = core.http { url = served[2].url, headers = range and { Range = range } or nil, seconds = 120 }
      assert.is_nil(answer)
      local _, why, code = server:failure()
      assert.equal("FORMAT", code)
      assert.matches("layer 2 of 2: ends early", why, 1, true)
      assert.is_false(server:sent(2))
    end
  end)

  it("serves none of an image of which a layer cannot be read, and names that", function()
    if not stand_in.available() then return pending(stand_in.needs) end
    layout()
    local function blob(digest) return folder .. "/oci/" .. images.blob_path(digest) end
    local digest = json.decode(images.read(folder .. "/oci/index.json")).manifests[1].digest
    local manifest = json.decode(images.read(blob(digest)))
    local answers = { ["GET /v2/"] = { { json = {} } }, ["GET /v2/app/manifests/1"] = { { file = blob(digest) } } }
    for _, of in ipairs { manifest.config.digest, manifest.layers[1].digest } do
      answers["GET /v2/app/blobs/" .. of] = { { file = blob(of) } }
    end
    local registry = stand_in.start(answers)
    finally(function() registry:stop() end)
    local server, message, code = probe.serve("docker://" .. registry.url:match "//(.*)$" .. "/app:1")
    assert.is_nil(server)
    assert.equal("NOT_FOUND", code, message)
    assert.matches("^layer 2 of 2: .* has no blob ", message)
  end)

  it("says that a port is taken", function()
    local server <close>, served = serve((layout()))
    local port = tonumber(served[1].url:match ":(%d+)/")
    local second, message, code = probe.serve((layout()), "localhost", port)
    assert.is_nil(second)
    assert.equal("BACKEND", code)
    assert.matches("port " .. port .. ".*in use", message)
    assert.is_true(server:reach())
  end)

  it("writes the host that it is told, and says when nothing answers there", function()
    local server <close>, served = serve((layout()), "no-such-host.invalid")
    assert.matches("^http://no%-such%-host%.invalid:%d+/", served[1].url)
    local ok, message, code = server:reach()
    assert.is_nil(ok)
    assert.equal("BACKEND", code)
    assert.matches("http://no%-such%-host%.invalid:%d+.*%-%-layer%-host", message)
  end)

  it("takes addresses of both families, and no port or path", function()
    for _, host in ipairs { "127.0.0.1", "localhost", "127.0.0.2" } do
      local server <close>, served = serve((layout()), host)
      assert.matches("^http://" .. host:gsub("%.", "%%.") .. ":%d+/", served[1].url)
      assert.is_true(server:reach())
    end
    for _, host in ipairs { "host:80", "http://host", "host/path", "", "a b", "user@host", "[::1]:80", "[::1", "::1]",
      "[]" } do
      local server, _, code = probe.serve((layout()), host)
      assert.is_nil(server, host)
      assert.equal("USAGE", code)
    end
  end)

  it("listens on both loopback addresses by the name localhost", function()
    local server <close>, served = serve((layout()), "localhost")
    assert.is_true(server:reach())
    local port = served[1].url:match ":(%d+)/"
    assert.equal(404, get("http://127.0.0.1:" .. port .. "/").status)
    if not images.read "/proc/net/if_inet6":find("^0+1 ") then return pending "needs ::1" end
    assert.equal(404, get("http://[::1]:" .. port .. "/").status)
  end)

  it("listens on a loopback address only, however it is written", function()
    for _, host in ipairs { "127.0.0.1", "[::ffff:127.0.0.1]", "[::FFFF:7f00:1]" } do
      local server <close>, served = serve((layout()), host)
      local port = server and served[1].url:match ":(%d+)/%x+/sha256:"
      assert.equal(404, get("http://127.0.0.1:" .. port .. "/").status, host)
      assert.is_nil(core.http { url = "http://127.0.0.2:" .. port .. "/" }, host)
    end
  end)

  -- A layer of which the file system keeps next to nothing. Its digest is wrong, which a range does not show.
  local function big(size)
    local made, tar = images.layout(), images.tar { { "a", "b" } }
    made:add(made:image { layers = { { tar = tar } },
      edit = function(manifest) manifest.layers[1].size = size end }, "app")
    made:write(folder .. "/oci")
    images.run("truncate -s " .. size .. " %s", folder .. "/oci/" .. images.blob_path(letters.digest(tar)))
    return "oci:" .. folder .. "/oci"
  end

  -- What a script of Bash prints; in it, `visit N` connects N times, and `leave` closes all of these connections. Bash asks
  -- the resolver, which knows localhost only from /etc/hosts.
  local function bash(url, script)
    url = url:gsub("^http://localhost:", "http://127.0.0.1:")
    local host, port, path = url:match "//(.-):(%d+)(/.*)$"
    local code, out, errors = shell.run { "env", "LD_PRELOAD=", "bash", "-c", ([[
      url=%s path=%s open=()
      visit() { for i in $(seq $1); do exec {fd}<>/dev/tcp/%s/%s || exit 1; open+=($fd); done; }
      leave() { for fd in "${open[@]}"; do exec {fd}>&-; done; }
      fetch() { curl -s -o /dev/null -w '%%{http_code}' $url; }
      %s]]):format(shell.quote(url), shell.quote(path), host, port, script) }
    assert.equal(0, code, errors)
    return out
  end

  it("lets whoever has the token in, however many strangers keep connections open", function()
    if not shell.has "curl" then return pending "needs curl: apt-get install curl" end
    local server <close>, served = serve((layout()))
    assert.equal("200", bash(served[1].url, "visit 300; fetch; leave"))
    assert.is_true(server:failure())
  end)

  it("makes further fetches wait, and resets none", function()
    local server <close>, served = serve(big(64 << 20))
    local code, out, errors = shell.run(("%s tests/support/stalled.py %s"):format(shell.python,
      shell.quote((served[1].url:gsub("^http://localhost:", "http://127.0.0.1:")))))
    assert.equal(0, code, errors)
    assert.equal("206 10 of 10\n", out)
    assert.is_true(server:reach())
  end)

  it("closes connections that stay silent, and says 404 to a wrong token only once it has all of it", function()
    finally(function() probe.set_timeout(1000) end)
    probe.set_timeout(10)
    local impatient <close>, soon = serve((layout()), "127.0.0.1")
    probe.set_timeout(100000)
    local patient <close>, late = serve((layout()), "127.0.0.1")
    local function answer(served, request)
      return bash(served[1].url, ("visit 1; printf '%s' >&$fd; { timeout 60 cat <&$fd || [ $? = 1 ]; } 2>&-"):format(request))
    end
    for _, request in ipairs { "", "GET /", "GET /" .. ("0"):rep(31) } do assert.equal("", answer(soon, request)) end
    for _, request in ipairs { "GET /" .. ("0"):rep(32) .. "/", "HEAD /" .. ("0"):rep(32) .. "/", "GET / HTTP/1.1\\r\\n",
      "POST /", "\\026\\003\\001\\002\\000\\001" } do
      assert.matches("^HTTP/1.1 404 Not Found\r\n", answer(late, request))
    end
    assert.is_true(impatient:failure() and patient:reach())
  end)

  -- Here everybody is late as soon as they are let in: who is heard at all is heard in the last moment.
  it("listens once more before it closes a connection, for it may be late itself", function()
    if not shell.has "python3" then return pending "needs python3: apt-get install python3" end
    probe.set_timeout(0)
    finally(function() probe.set_timeout(1000) end)
    local server <close>, served = serve((layout()), "127.0.0.1")
    probe.set_timeout(1000)
    local code, out, errors = shell.run(("%s tests/support/eager.py %s"):format(shell.python, served[1].url))
    assert.equal(0, code, errors)
    assert.matches("^HTTP/1.1 200 OK", out)
    assert.is_true(server:failure())
  end)

  it("closes the connections of those who leave without a word", function()
    if not shell.has "curl" then return pending "needs curl: apt-get install curl" end
    probe.set_timeout(100000) -- long before their silence would close them
    finally(function() probe.set_timeout(1000) end)
    local server <close>, served = serve((layout()), "127.0.0.1")
    local before, stop = #core.list "/proc/self/fd", os.time() + 20
    assert.equal("200", bash(served[1].url, "visit 3; leave; fetch")) -- they were let in before the fetch
    repeat
      local open = #core.list "/proc/self/fd"
    until open <= before or os.time() > stop
    assert.is_true(#core.list "/proc/self/fd" <= before)
    assert.is_true(server:reach())
  end)

  it("closes each connection after its answer", function()
    local server <close>, served = serve((layout()))
    assert.equal("close", get(served[1].url).headers.connection)
    assert.is_true(server:reach())
  end)

  it("holds a big layer in constant memory", function()
    if not shell.has "curl" then return pending "needs curl: apt-get install curl" end
    local function peak() return tonumber(shell.read "/proc/self/status":match "VmHWM:%s*(%d+)") end
    local server <close>, served = serve(big(192 << 20))
    assert.equal(192 << 20, served[1].size)
    get(served[1].url, { Range = "bytes=0-99" })
    local before = peak()
    local length = (64 << 20) + 5 -- its tail, so that all before it is passed over
    local output = shell.capture(("LD_PRELOAD= curl -sf -r -%d '%s' | wc -c"):format(length, served[1].url))
    assert.equal(length, tonumber(output))
    local grown = peak() - before
    assert.is_true(grown < 8 * 1024, grown .. " KiB more")
    assert.is_true(server:failure())
  end)
end)

describe("tokens", function()
  -- RFC 7515, appendix A.1: the key, in the URL alphabet and without padding.
  local key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"

  local function verify(token, issuer)
    local script = [[
import base64, hashlib, hmac, json, sys
key, token, issuer = sys.argv[1:]
pad = lambda s: base64.urlsafe_b64decode(s + "=" * (-len(s) % 4))
head, body, signature = token.split(".")
assert hmac.compare_digest(hmac.new(pad(key), (head + "." + body).encode(), hashlib.sha256).digest(), pad(signature))
assert json.loads(pad(head)) == {"alg": "HS256", "typ": "JWT"}
assert json.loads(pad(body)) == {"iss": issuer, "iat": 1700000000, "nbf": 1699999940, "exp": 1700000060}, pad(body)]]
    local words = { "-c", script, key, token, issuer }
    for i, word in ipairs(words) do words[i] = shell.quote(word) end
    return shell.run(shell.python .. " " .. table.concat(words, " "))
  end

  it("verify", function()
    if not shell.has "python3" then return pending "needs python3: apt-get install python3" end
    for _, issuer in ipairs { "tarsier", 'a "quoted" one', "ütf" } do
      local code, _, errors = verify(assert(probe.jwt(key, issuer, 1700000000)), issuer)
      assert.equal(0, code, errors)
    end
  end)

  it("are the same for either alphabet, padding and white space", function()
    local token = assert(probe.jwt(key, "a", 1))
    local standard = key:gsub("-", "+"):gsub("_", "/")
    assert.equal(token, probe.jwt(standard .. "==", "a", 1))
    assert.equal(token, probe.jwt("  " .. key .. "\n", "a", 1))
  end)

  it("are refused for what is no key, which stays unsaid", function()
    for _, bad in ipairs { "", "  ", "a", "se cret", "!!!!", "abc\0" } do
      local token, message, code = probe.jwt(bad, "a", 1)
      assert.is_nil(token)
      assert.equal("USAGE", code)
      assert.is_nil(message:find("se cret", 1, true))
    end
  end)

  it("base64 as RFC 4648 has it", function()
    for text, bytes in pairs { [""] = "", ["Zg=="] = "f", ["Zm8="] = "fo", ["Zm9v"] = "foo", ["Zm9vYg"] = "foob",
                               ["Zm9vYmE="] = "fooba", ["Zm9vYmFy"] = "foobar" } do
      assert.equal(bytes, probe.base64(text))
    end
    assert.is_nil(probe.base64 "Z")
    assert.is_nil(probe.base64 "Zm9v====")
  end)
end)
