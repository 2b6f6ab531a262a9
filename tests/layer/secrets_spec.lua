-- Secrets of well-known forms: found in layers wherever they begin, never shown, and only if they are asked for. The tokens are
-- made up here, in two parts, so that no scanner of repositories takes this file for a leak.

local core = require "tarsier.core"
local json = require "tarsier.json"
local oci = require "support.oci"
local shell = require "support.shell"

local LUA = os.getenv "LUA" or "lua5.4"
local folder

local function random(set, length)
  local parts = {}
  for i = 1, length do
    local at = (i * 7 + i * i * 3) % #set + 1
    parts[i] = set:sub(at, at)
  end
  return table.concat(parts)
end

local ALNUM = "aB3dE5gH7jK9mN1pQ2sT4vW6yZ8"
local UPPER = "A2B3C4D5E6F7GHIJKLMN"
local HEX = "0a1b2c3d4e5f6789"
local BASE64 = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDx"

local function key(kind, text)
  return "-----BEGIN " .. kind .. "PRIVATE " .. "KEY-----\n" .. (text or BASE64) .. "\n"
end

-- kind, secret
local forms = {
  { "aws-access-key", "AK" .. "IA" .. random(UPPER, 16) }, { "aws-access-key", "AS" .. "IA" .. random(UPPER, 16) },
  { "github-token", "gh" .. "p_" .. random(ALNUM, 36) }, { "github-token", "github" .. "_pat_" .. random(ALNUM, 82) },
  { "gitlab-token", "gl" .. "pat-" .. random(ALNUM, 20) }, { "gitlab-token", "gl" .. "ptt-" .. random(HEX, 40) },
  { "slack-token", "xo" .. "xb-123456789012-123456789012-" .. random(ALNUM, 24) },
  { "slack-webhook", "https://hooks.slack" .. ".com/services/T" .. random(UPPER, 10) .. "/B" .. random(UPPER, 10) .. "/" .. random(ALNUM, 24) },
  { "stripe-key", "sk" .. "_live_" .. random(ALNUM, 24) }, { "google-api-key", "AI" .. "za" .. random(ALNUM, 35) },
  { "npm-token", "np" .. "m_" .. random(ALNUM, 36) }, { "pypi-token", "py" .. "pi-AgEIcHlwaS5vcmc" .. random(ALNUM, 120) },
  { "sendgrid-key", "S" .. "G." .. random(ALNUM, 22) .. "." .. random(ALNUM, 43) },
  { "digitalocean-token", "dop" .. "_v1_" .. random(HEX, 64) }, { "docker-token", "dckr" .. "_pat_" .. random(ALNUM, 27) },
  { "huggingface-token", "h" .. "f_" .. random("aBcDeFgHiJkLm", 34) }, { "shopify-token", "shp" .. "at_" .. random(HEX, 32) },
  { "anthropic-key", "sk-" .. "ant-api03-" .. random(ALNUM, 93) }, { "openai-key", "sk-" .. "proj-" .. random(ALNUM, 48) },
  { "vault-token", "hv" .. "s." .. random(ALNUM, 95) }, { "age-key", "AGE-SECRET" .. "-KEY-1" .. random(UPPER, 58) },
  { "private-key", key "" }, { "private-key", key "RSA " }, { "private-key", key "OPENSSH " }, { "private-key", key "ENCRYPTED " },
  { "private-key", key("RSA ", "Proc-Type: 4,ENCRYPTED") }, { "private-key", (key "EC ":gsub("\n", "\\n")) },
}

-- What is no secret, however near to one.
local others = {
  "AK" .. "IAIOSFODNN7EXAMPLE", "xAK" .. "IA" .. random(UPPER, 16), "AK" .. "IA" .. random(UPPER, 17), "AK" .. "IA" .. random(UPPER, 15),
  "gh" .. "p_" .. ("x"):rep(36), "gh" .. "p_" .. ("ab"):rep(18), "gh" .. "p_" .. random(ALNUM, 35), "np" .. "m_config_registry",
  "xo" .. "xb-your-token-goes-here-and-nowhere-else-please", "sk" .. "_test_" .. random(ALNUM, 24), "-----BEGIN PRIVATE " .. "KEY-----\0",
  "-----BEGIN RSA PRIVATE " .. "KEY-----\n...\n", "-----BEGIN PUBLIC KEY-----\n" .. BASE64, "-----BEGIN ",
}

local function secrets(layers, config, options)
  local layout = folder .. "/image"
  shell.remove(layout)
  oci.build(layout, layers, config)
  options = options or { cache_dir = "", secrets = true }
  local engine <close> = assert(core.open(options))
  return assert(engine:scan("oci:" .. layout)):image().secrets
end

local function kinds(list)
  local names = {}
  for i, secret in ipairs(list) do names[i] = secret.kind end
  return names
end

describe("secrets", function()
  setup(function() folder = shell.folder() end)
  teardown(function() shell.remove(folder) end)

  it("are found by their forms, and what only looks like one is not", function()
    local files = {}
    for i, form in ipairs(forms) do
      files["secret" .. i], files["alone" .. i] = "token = '" .. form[2] .. "'\n", form[2]
    end
    for i, text in ipairs(others) do files["other" .. i] = "x " .. text .. " y" end
    local found = {}
    for _, secret in ipairs(secrets { files }) do
      assert.is_nil(found[secret.path], secret.path)
      assert.is_true(#secret.title > 5)
      found[secret.path] = secret
    end
    for i, form in ipairs(forms) do
      local prefix = form[1] == "slack-webhook" and #"https://" or 0
      local inside, alone = assert(found["secret" .. i], form[2]), assert(found["alone" .. i], form[2])
      assert.same({ form[1], 9 + prefix, form[1], prefix }, { inside.kind, inside.offset, alone.kind, alone.offset })
    end
    for i, text in ipairs(others) do assert.is_nil(found["other" .. i], text) end
  end)

  it("are found wherever they lie across blocks, and in every kind of file", function()
    local token = forms[3][2]
    local files, count = {}, 0
    for _, before in ipairs { 0, 1, 511, 512, 513, 65535 - 20, 65536, 65536 + 512 - 1, 65536 + 512, 131072 - 7, 200000 } do
      files["spaces" .. before] = (" "):rep(before) .. token .. (" "):rep(3000)
      files["zeros" .. before] = ("\0"):rep(before) .. token
      count = count + 2
    end
    local list = secrets { files }
    assert.equal(count, #list)
    for _, secret in ipairs(list) do assert.equal(tonumber(secret.path:match "%d+"), secret.offset) end
    -- files that readers have, whole and as streams, are searched, too, and read no differently
    local status = oci.dpkg { { "curl", "1" } } .. "Description: " .. token .. "\n"
    local layout = folder .. "/image"
    assert.same({ "github-token", "github-token" }, kinds(secrets { { ["var/lib/dpkg/status"] = status,
      ["srv/node_modules/x/package.json"] = '{"name":"x","version":"1.0.0","t":"' .. token .. '"}' } }))
    local engine <close> = assert(core.open { cache_dir = "", secrets = true })
    assert.equal(2, #assert(engine:scan("oci:" .. layout)):packages())
  end)

  it("are those of every layer, deleted or not, and of the config", function()
    local token = forms[3][2]
    local list = secrets({ { ["root/.netrc"] = token }, { ["root/.wh..netrc"] = "" } }, { Env = { "TOKEN=" .. token, "A=b" },
      Labels = { note = token } })
    local places = {}
    for _, secret in ipairs(list) do places[secret.path] = secret.layer or "config" end
    assert.same({ ["root/.netrc"] = 1, ["env:TOKEN"] = "config", ["label:note"] = "config" }, places)
  end)

  it("are searched only if that is asked for, and come out of the cache", function()
    local layers = { { file = forms[1][2] } }
    assert.is_nil(secrets(layers, nil, { cache_dir = folder .. "/cache" }))
    for _ = 1, 2 do
      assert.same({ "aws-access-key" }, kinds(secrets(layers, nil, { cache_dir = folder .. "/cache", secrets = true })))
    end
    assert.is_nil(secrets(layers, nil, { cache_dir = folder .. "/cache" }))
  end)

  it("are no keys that a package of the system installed: everybody has those", function()
    local list = secrets { { ["etc/os-release"] = oci.debian, ["var/lib/dpkg/status"] = oci.dpkg { { "libtls", "1" } },
      ["var/lib/dpkg/info/libtls.list"] = "/.\n/lib/libtls.so\n/usr/share/token\n" },
      { ["usr/lib/libtls.so"] = key "RSA ", ["usr/lib/own.so"] = key "RSA ", ["usr/share/token"] = forms[3][2] } }
    local places = {}
    for _, secret in ipairs(list) do places[secret.path] = secret.kind end
    assert.same({ ["usr/lib/own.so"] = "private-key", ["usr/share/token"] = "github-token" }, places)
    local many = key "" .. key "RSA " .. key "EC " .. key "DSA " .. key "OPENSSH "
    list = secrets { { ["etc/os-release"] = oci.debian, ["var/lib/dpkg/status"] = oci.dpkg { { "libtls", "1" } },
      ["var/lib/dpkg/info/libtls.list"] = "/.\n/usr/share/keys\n", ["usr/share/keys"] = many, ["root/keys"] = many } }
    for i, secret in ipairs(list) do list[i] = secret.path end
    assert.same({ "root/keys", "root/keys", "root/keys", "root/keys", "root/keys" }, list)
  end)

  it("are found in a root file system", function()
    shell.capture(("mkdir -p %s/root/etc && ln -s /nowhere %s/root/link"):format(folder, folder))
    shell.write(folder .. "/root/etc/key.pem", key "")
    shell.write(folder .. "/root/etc/empty", "")
    local engine <close> = assert(core.open { cache_dir = "", secrets = true })
    local list = assert(engine:scan("dir:" .. folder .. "/root")):image().secrets
    assert.same({ "private-key", "etc/key.pem" }, { list[1].kind, list[1].path })
  end)

  it("are bounded in number: a file's and a layer's", function()
    local lines = {}
    for i = 1, 100 do lines[i] = forms[3][2] end
    assert.equal(20, #secrets { { file = table.concat(lines, "\n") } })
    local files = {}
    for i = 1, 51 do files["f" .. i] = table.concat(lines, "\n") end
    assert.equal(1000, #secrets { files })
  end)

  it("fail the policy conformance if there may be more than were allowed", function()
    local lines, files = {}, { ["etc/os-release"] = oci.debian, ["var/lib/dpkg/status"] = oci.dpkg { { "curl", "1" } } }
    for i = 1, 20 do lines[i] = forms[3][2] end
    for i = 1, 50 do files["allowed/" .. i] = table.concat(lines, "\n") end
    oci.build(folder .. "/image", { files })
    local function judge(option)
      return shell.run(("HOME=%s %s lua/bin/tarsier scan -q oci:%s/image --db build/starter.db --no-cache -p conformance "
        .. "--set conformance.secrets=%s --set conformance.allowed_secrets='allowed/*'"):format(folder, LUA, folder, option))
    end
    local code, output = judge "fail"
    assert.equal(1, code)
    assert.matches("it may hold more secrets: at least 1000 were found in layer 1", (output:gsub("%s+", " ")))
    assert.equal(0, (judge "off"))
  end)

  it("fail the policy conformance if it asks for them, and are never in a report", function()
    local token = forms[3][2]
    oci.build(folder .. "/image", { { ["etc/os-release"] = oci.debian, ["var/lib/dpkg/status"] = oci.dpkg { { "curl", "1" } },
      ["app/.env"] = "T=" .. token } })
    local line = ("HOME=%s %s lua/bin/tarsier scan oci:%s/image --db build/starter.db --no-cache -p conformance -f json -f table=%s/t -f html=%s/h %%s")
      :format(folder, LUA, folder, folder, folder)
    local code, output, err = shell.run(line:format "--set conformance.secrets=fail")
    assert.equal(1, code, err)
    assert.matches("it holds secrets: a token of GitHub in app/%.env", output)
    assert.equal("github-token", json.decode(output).image.secrets[1].kind)
    for _, text in ipairs { output, err, shell.read(folder .. "/t"), shell.read(folder .. "/h") } do
      assert.is_nil(text:find(token:sub(5, 20), 1, true))
    end
    assert.equal(0, (shell.run(line:format "--set conformance.secrets=fail --set conformance.allowed_secrets=app/*")))
    code, output = shell.run(line:format "")
    assert.equal(0, code)
    assert.is_nil(json.decode(output).image.secrets)
  end)
end)
