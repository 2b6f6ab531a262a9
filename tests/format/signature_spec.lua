-- Signatures against the programs that they are for: minisign, and openssl as cosign uses its keys.

local base64 = require "tarsier.probe".base64
local core = require "tarsier.core"
local shell = require "support.shell"
local temporary = require "support.temporary"

local TEXT = '{"some": "manifest"}\n'
local LUA = os.getenv "LUA" or "lua5.4"
local folder

local function path(name) return folder .. "/" .. name end
local function sh(command) return shell.capture(("cd %s && { %s; } 2>&1"):format(folder, command)) end
local function read(name) return shell.read(path(name)) end

local function refused(code, pattern, key, signature, text)
  local comment, message, kind = core.verify(key, signature, text or TEXT)
  assert.is_nil(comment)
  assert.equal(code, kind, message)
  assert.matches(pattern, message)
end

before_each(function()
  folder = shell.folder()
  shell.write(path "text", TEXT)
end)
after_each(function() shell.remove(folder) end)

describe("minisign", function()
  if not shell.has "minisign" then return pending "needs minisign: apt-get install minisign" end

  before_each(function() sh "minisign -G -W -p pub -s sec; minisign -G -W -p other.pub -s other.sec" end)

  it("takes what is signed here", function()
    local signature = assert(core.sign(read "sec", nil, TEXT, "tarsier database of 2026-11-28"))
    shell.write(path "text.minisig", signature)
    assert.matches("Trusted comment: tarsier database of 2026%-11%-28", sh "minisign -V -p pub -m text")
    shell.write(path "text", TEXT .. "x")
    assert.matches("failed", sh "minisign -V -p pub -m text")
  end)

  it("is verified here, prehashed and not, by the key file and by the key alone", function()
    sh "minisign -S -s sec -m text -t 'made by a spec'"
    assert.equal("made by a spec", core.verify(read "pub", read "text.minisig", TEXT))
    assert.equal("made by a spec", core.verify(read "pub":match "\n(%S+)", read "text.minisig", TEXT))
    sh "minisign -S -l -s sec -m text -t legacy"
    assert.equal("legacy", core.verify(read "pub", read "text.minisig", TEXT))
  end)

  it("is refused here if anything is changed", function()
    sh "minisign -S -s sec -m text -t 'made by a spec'"
    local key, signature = read "pub", read "text.minisig"
    refused("DIGEST", "another text", key, signature, TEXT .. " ")
    refused("DIGEST", "another text", key, signature, "")
    refused("DIGEST", "another key", read "other.pub", signature)
    refused("DIGEST", "trusted comment", key, (signature:gsub("made by a spec", "made by a foe")))
    refused("FORMAT", "not a signature", key, "")
    refused("FORMAT", "not a signature", key, (signature:gsub("\n[^\n]*\n", "\nAAAA\n", 1)))
    refused("FORMAT", "not a public key", "what is this", signature)
    refused("LIMIT", "more than", key, ("x"):rep(100000))
    local bytes = signature:match "\n(%S+)\n"
    for i = 20, #bytes, 9 do
      local flipped = bytes:sub(1, i - 1) .. (bytes:sub(i, i) == "A" and "B" or "A") .. bytes:sub(i + 1)
      local comment = core.verify(key, (signature:gsub(bytes:gsub("%p", "%%%0"), (flipped:gsub("%%", "%%%%")))), TEXT)
      assert.is_nil(comment)
    end
  end)

  -- `sec` with the password "secret" and these limits: N and p are what libsodium makes of them.
  local function lock(opslimit, memlimit, n, p)
    local plain = base64.decode(read "sec":match "\n(%S+)"):sub(55, 126)
    shell.write(path "plain", "Ed" .. plain)
    plain = plain .. sh "b2sum -b -l 256 plain":match "^%x+":gsub("%x%x", function(x) return string.char(tonumber(x, 16)) end)
    sh(("openssl kdf -binary -keylen 104 -kdfopt pass:secret -kdfopt hexsalt:%s -kdfopt n:%d -kdfopt r:8 -kdfopt p:%d"
      .. " SCRYPT >stream"):format(("5a"):rep(32), n, p))
    local stream, bytes = read "stream", {}
    for i = 1, 104 do bytes[i] = string.char(plain:byte(i) ~ stream:byte(i)) end
    local packed = ("EdScB2%s%s%s"):format(("Z"):rep(32), ("<I8I8"):pack(opslimit, memlimit), table.concat(bytes))
    shell.write(path "locked", "untrusted comment: locked\n" .. base64.encode(packed) .. "\n")
  end

  for what, case in pairs {
    ["few rounds in much memory"] = { 32768, 16 << 20, 1024, 1 },
    ["fewer rounds than there may be"] = { 1, 16 << 20, 1024, 1 },
    ["many rounds in little memory"] = { 32768, 64 << 10, 64, 16 },
    ["limits that are not powers of two"] = { 40001, 134201, 128, 9 },
  } do
    it("has a secret key with a password and " .. what, function()
      if not shell.has "openssl" then return pending "needs openssl: apt-get install openssl" end
      lock(table.unpack(case))
      sh "printf 'secret\n' | minisign -S -s locked -m text -t theirs"
      assert.equal("theirs", core.verify(read "pub", read "text.minisig", TEXT))
      assert.equal("ours", core.verify(read "pub", assert(core.sign(read "locked", "secret", TEXT, "ours")), TEXT))
      for password, pattern in pairs { [false] = "there is none", wrong = "does not open", [""] = "does not open" } do
        local made, message, code = core.sign(read "locked", password or nil, TEXT, "x")
        assert.same({ nil, "USAGE" }, { made, code })
        assert.matches(pattern, message)
      end
    end)
  end

  it("has no secret key with a password that takes endless rounds and memory", function()
    local salt, rest = ("s"):rep(32), ("x"):rep(104)
    for _, limits in ipairs { ("\255"):rep(16), ("<I8I8"):pack(1 << 50, 1 << 16), ("<I8I8"):pack(1 << 50, 1 << 50) } do
      local key = "untrusted comment: x\n" .. base64.encode("EdScB2" .. salt .. limits .. rest) .. "\n"
      local made, message, code = core.sign(key, "secret", TEXT, "x")
      assert.same({ nil, "USAGE" }, { made, code })
      assert.matches("does not open", message)
    end
  end)

  it("protects its secret key with a password", function()
    if not os.getenv "TARSIER_TEST_REAL" then return pending "a minute of scrypt: make test-real" end
    sh "printf 'secret\nsecret\n' | minisign -G -f -p locked.pub -s locked.sec"
    local signature = assert(core.sign(read "locked.sec", "secret", TEXT, "locked"))
    assert.equal("locked", core.verify(read "locked.pub", signature, TEXT))
    local made, message, code = core.sign(read "locked.sec", "wrong", TEXT, "locked")
    assert.is_nil(made)
    assert.equal("USAGE", code)
    assert.matches("password does not open", message)
  end)

  it("has secret keys that are refused where they are none", function()
    for _, key in ipairs { "", "untrusted comment: x\nAAAA\n", read "pub" } do
      local made, _, code = core.sign(key, nil, TEXT, "x")
      assert.is_nil(made)
      assert.equal("FORMAT", code)
    end
    local made, _, code = core.sign(read "sec", nil, TEXT, "two\nlines")
    assert.is_nil(made)
    assert.equal("USAGE", code)
  end)
end)

describe("a public key in PEM", function()
  if not shell.has "openssl" then return pending "needs openssl: apt-get install openssl" end

  it("verifies what openssl signs, as cosign does", function()
    sh [[openssl ecparam -name prime256v1 -genkey -noout -out key && openssl ec -in key -pubout -out pub &&
      openssl dgst -sha256 -sign key text | base64 -w0 >sig]]
    assert.equal("", core.verify(read "pub", read "sig", TEXT))
    refused("DIGEST", "another text", read "pub", read "sig", TEXT .. "x")
    refused("FORMAT", "base64", read "pub", "!!")
    refused("DIGEST", "wrong", read "pub", "AAAA")
    sh "openssl ecparam -name prime256v1 -genkey -noout -out key2 && openssl ec -in key2 -pubout -out pub2"
    refused("DIGEST", "another key", read "pub2", read "sig")
  end)

  it("may be of Ed25519", function()
    sh [[openssl genpkey -algorithm ed25519 -out key && openssl pkey -in key -pubout -out pub &&
      openssl pkeyutl -sign -inkey key -rawin -in text | base64 -w0 >sig]]
    assert.equal("", core.verify(read "pub", read "sig", TEXT))
    refused("DIGEST", "wrong", read "pub", read "sig", "x")
  end)
end)

describe("a file", function()
  it("is packed and unpacked as it was", function()
    shell.write(path "big", ("0123456789"):rep(100000) .. "x")
    assert(core.pack(path "big", path "big.zst"))
    assert(core.unpack(path "big.zst", path "again", 1000001))
    assert.equal(read "big", read "again")
    assert(core.pack(path "big", path "best.zst", 19))
    assert.equal(read "big", sh "zstd -dc best.zst")
  end)

  it("is packed at level 9, and a difference at 12", function()
    shell.write(path "text", shell.read "README.md")
    shell.write(path "old", "something else")
    for level, prefix in pairs { [9] = false, [12] = path "old" } do
      assert(core.pack(path "text", path "default.zst", 0, prefix or nil))
      assert(core.pack(path "text", path "level.zst", level, prefix or nil))
      assert.equal(read "level.zst", read "default.zst")
      assert(core.pack(path "text", path "level.zst", 21 - level, prefix or nil))
      assert.not_equal(read "level.zst", read "default.zst")
    end
  end)

  it("is packed whole, whatever its size and the end of a block", function()
    for _, size in ipairs { 0, 1, 131071, 131072, 131073, 262144 } do
      local bytes = ("0123456789abcdef"):rep(size // 16 + 1):sub(1, size)
      shell.write(path "some", bytes)
      local digest = assert(core.pack(path "some", path "some.zst"))
      assert.equal(digest, core.unpack(path "some.zst", path "again", size), size)
      assert.equal(bytes, read "again")
    end
  end)

  it("that cannot be read or written leaves nothing behind", function()
    shell.write(path "small", "x")
    shell.write(path "big", temporary.noise(1000000))
    assert(core.pack(path "small", path "small.zst"))
    assert(core.pack(path "big", path "big.zst"))
    assert(core.pack(path "big", path "part.zst", 0, path "small"))
    local done, message, code = core.pack(folder, path "out")
    assert.same({ false, "IO" }, { done ~= nil, code })
    assert.matches("reading " .. folder, message, 1, true)
    assert.is_nil(io.open(path "out"))
    -- No file may grow beyond 0 bytes. Small ones fail only when they are closed.
    local script = shell.write(path "script.lua", 'local folder, call = ...\nlocal path = function(name) return folder .. "/" .. name end\n'
      .. 'io.stderr:write(select(2, load("return require \\"tarsier.core\\"." .. call, "", "t", { path = path, require = require })()))\n')
    for _, call in ipairs { 'pack(path "big", path "out")', 'pack(path "small", path "out")',
      'unpack(path "big.zst", path "out", 1000000)', 'unpack(path "small.zst", path "out", 1)',
      'unpack(path "part.zst", path "out", 1000000, path "small")' } do
      local said = shell.capture(("sh -c 'trap \"\" XFSZ; ulimit -f 0; exec %s %s %s \"$1\"' sh %s 2>&1")
        :format(LUA, script, folder, shell.quote(call)))
      assert.matches("writing " .. path "out", said, 1, true)
      assert.is_nil(io.open(path "out"), call)
    end
  end)

  it("that cannot be written leaves what is no plain file", function()
    shell.write(path "big", temporary.noise(1000000))
    assert(core.pack(path "big", path "big.zst"))
    temporary.must("ln -s /dev/full %s", path "full")
    for _, result in ipairs { { core.pack(path "big", path "full") }, { core.unpack(path "big.zst", path "full", 1000000) } } do
      assert.equal("IO", result[3])
      assert(io.open(path "full")):close()
    end
  end)

  it("is packed as the difference to another one, which must be the same to unpack it", function()
    local lines = {}
    for i = 1, 20000 do lines[i] = ("record %d has the number %d\n"):format(i, i * 7919 % 10007) end
    shell.write(path "old", table.concat(lines))
    lines[777] = "this one is new\n"
    shell.write(path "new", table.concat(lines))
    local content = assert(core.pack(path "new", path "full.zst"))
    assert.equal(content, core.pack(path "new", path "difference.zst", 0, path "old"))
    assert.equal("sha256:" .. sh("sha256sum new"):match "^%x+", content)
    assert.is_true(#read "difference.zst" * 20 < #read "full.zst")
    assert.equal(content, core.unpack(path "difference.zst", path "again", 1 << 20, path "old"))
    assert.equal(read "new", read "again")
    sh "zstd -dc --patch-from=old difference.zst >theirs"
    assert.equal(read "new", read "theirs")
    for _, wrong in ipairs { "full.zst", "difference.zst" } do
      local done, _, code = core.unpack(path "difference.zst", path "bad", 1 << 20, path(wrong))
      assert.is_nil(done)
      assert.equal("FORMAT", code)
      assert.is_nil(io.open(path "bad"))
    end
    local bytes = read "difference.zst"
    for _, damaged in ipairs { bytes:sub(1, -5), bytes .. "x", "", bytes:sub(1, 9) .. "????" .. bytes:sub(14) } do
      shell.write(path "damaged.zst", damaged)
      assert.is_nil((core.unpack(path "damaged.zst", path "bad", 1 << 20, path "old")))
    end
    assert.equal("LIMIT", select(3, core.unpack(path "difference.zst", path "bad", 1000, path "old")))
    for _, missing in ipairs { { "none", "old" }, { "difference.zst", "none" } } do
      local done, message, code = core.unpack(path(missing[1]), path "bad", 1000, path(missing[2]))
      assert.same({ nil, "IO" }, { done, code })
      assert.matches(path "none", message, 1, true)
    end
  end)

  it("is not unpacked beyond its limit, nor if it is damaged", function()
    shell.write(path "big", ("0123456789"):rep(100000))
    assert(core.pack(path "big", path "big.zst"))
    local done, _, code = core.unpack(path "big.zst", path "again", 999999)
    assert.is_nil(done)
    assert.equal("LIMIT", code)
    assert.is_nil(io.open(path "again"))
    local packed = read "big.zst"
    shell.write(path "big.zst", packed:sub(1, -9) .. "AAAAAAAA")
    assert.has_error(function() core.unpack(path "big.zst", path "again", -1) end)
    done, _, code = core.unpack(path "big.zst", path "again", 1 << 30)
    assert.is_nil(done)
    assert.equal("FORMAT", code)
    for _, call in ipairs { "pack", "unpack" } do
      local _, message, kind = core[call](path "nothing", path "x", 1)
      assert.equal("IO", kind, message)
      assert.matches(path "nothing", message, 1, true)
      _, message, kind = core[call](path "big.zst", folder .. "/no/folder", 1)
      assert.equal("IO", kind)
      assert.matches("open " .. folder .. "/no/folder", message, 1, true)
    end
    assert.has_error(function() core.unpack(path "big.zst", path "x", -1) end)
  end)
end)
