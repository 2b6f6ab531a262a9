-- The HTML report in a real browser, headless: sorting, filtering, links to findings, speed, and that it asks nothing of
-- anyone, whatever the image is called.

local attacks = require "support.attacks"
local json = require "tarsier.json"
local make_result = require "support.result"
local many = require "support.many"
local poison = require "support.poison"
local report = require "tarsier.report"
local shell = require "support.shell"

local has_browser = os.execute "command -v chromium >/dev/null || command -v chromium-browser >/dev/null"
  and os.execute "command -v python3 >/dev/null"
local needs = "needs Chromium and Python: apt-get install chromium python3"

local folder
setup(function() folder = shell.folder() end)
teardown(function() shell.remove(folder) end)

-- Opens the report of this result and runs the steps in it.
local function browse(result, steps, options)
  options = options or {}
  local path = folder .. "/report.html"
  shell.write(path, report.text("html", result))
  local job = { url = "file://" .. path .. (options.hash or ""), steps = json.array(steps), width = options.width or 1280,
    height = 900 }
  shell.write(folder .. "/job.json", json.encode(job))
  local code, output, errors = shell.run("python3 tests/support/browser.py < " .. folder .. "/job.json")
  assert.equal(0, code, errors)
  local answer = assert(json.decode(output))
  assert.same({ "file://" .. path }, answer.requests) -- the file itself, and nothing else
  assert.same({}, answer.messages)
  return answer.results, answer.busy
end

local SHOWN = "Array.from(document.querySelectorAll('.finding')).filter(n => !n.hidden).map(n => n.dataset.id)"

local function digest(name)
  local code, output = shell.run(([[lua5.4 -e "io.write((require 'tarsier.report.shared.html_%s'))" ]]
    .. "| openssl dgst -sha256 -binary | base64"):format(name))
  assert.equal(0, code)
  return "sha256-" .. output:gsub("%s+$", "")
end

describe("the HTML report", function()
  it("names its style and its script by their hashes", function()
    if not os.execute "command -v openssl >/dev/null" then return pending "needs openssl: apt-get install openssl" end
    local hashes = { style = digest "style", script = digest "script" }
    if os.getenv "UPDATE" then
      shell.write("lua/tarsier/report/shared/html_hashes.lua", ([[
-- The hashes by which the content security policy of the HTML report allows its style and its script. A spec compares
-- them with the texts.

return {
  style = "%s",
  script = "%s",
}
]]):format(hashes.style, hashes.script))
    end
    assert.same(hashes, dofile "lua/tarsier/report/shared/html_hashes.lua")
  end)

  it("has nothing but its own text outside of elements of its own", function()
    local text = report.text("html", poison(make_result(), attacks.ATTACK, attacks.spared))
    text = text:gsub("<style>.-</style>", ""):gsub("<script>.-</script></body>", "")
    for name, rest in text:gmatch "<(%a%w*)([^>]*)>" do
      assert.is_nil(rest:find 'href="javascript', rest)
      rest = rest:gsub('"[^"]*"', '""')
      assert.is_nil(({ script = true, img = true, style = true, iframe = true, object = true, base = true })[name], name)
      assert.is_nil(rest:find " on%l+=", name .. rest)
    end
  end)

  it("sorts", function()
    if not has_browser then return pending(needs) end
    local click = "document.querySelector('button[data-key=%s]').click(); " .. SHOWN
    local got = browse(make_result(), { click:format "id", click:format "id", click:format "severity" })
    local sorted = { table.unpack(got[1]) }
    table.sort(sorted)
    assert.equal(12, #sorted)
    assert.same(sorted, got[1])
    assert.equal(sorted[12], got[2][1])
    assert.equal("GHSA-x84v-xcm2-53pg", got[3][1]) -- Defcon1
  end)

  it("filters by words, severity, decision, layer and fix", function()
    if not has_browser then return pending(needs) end
    local function set(name, property, value)
      return ("{ const c = document.getElementById('f-%s'); c.%s = %s; c.dispatchEvent(new Event('input', { bubbles: true })); }"
        .. " new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(%s))))"):format(name, property,
        value, SHOWN)
    end
    local got = browse(make_result(), { set("search", "value", "'CURL 7.88'"), set("search", "value", "''"),
      set("severity", "value", "'6'"), set("severity", "value", "'0'"), set("decision", "value", "'accept'"),
      set("decision", "value", "''"), set("layer", "value", "'2'"), set("fixable", "checked", "true"),
      set("search", "value", "'nothing'"), "document.getElementById('none').hidden" })
    assert.same({ "CVE-2023-38545", "CVE-2023-46218" }, got[1])
    assert.equal(12, #got[2])
    assert.equal(4, #got[3])
    assert.same({ "CVE-2023-4911" }, got[5])
    assert.equal(3, #got[7])
    assert.equal(3, #got[8])
    assert.same({}, got[9])
    assert.equal(false, got[10])
  end)

  it("opens the finding that a link names, and the link stays the same", function()
    if not has_browser then return pending(needs) end
    local text = report.text("html", make_result())
    local id = text:match 'id="(f%-%x+)" data%-id="CVE%-2023%-45853"'
    local later = make_result()
    later.image.name, later.image.digest = "example/app:2", "sha256:" .. ("9"):rep(64)
    assert.equal(id, report.text("html", later):match 'id="(f%-%x+)" data%-id="CVE%-2023%-45853"')
    local got = browse(make_result(), { "document.querySelector('.finding[open]').dataset.id",
      "const box = document.querySelector('.finding[open]').getBoundingClientRect(); box.top >= 0 && box.top < innerHeight" },
      { hash = "#" .. id })
    assert.same({ "CVE-2023-45853", true }, got)
  end)

  it("fits a phone", function()
    if not has_browser then return pending(needs) end
    local got = browse(make_result(), { "document.querySelectorAll('details').forEach(d => { d.open = true; }); "
      .. "document.documentElement.scrollWidth" }, { width = 360 })
    assert.equal(360, got[1])
  end)

  it("shows, sorts and filters 5,000 findings without a pause", function()
    if not has_browser then return pending(needs) end
    local got, busy = browse(many(5000), {
      "document.querySelectorAll('.finding').length",
      "document.querySelector('button[data-key=package]').click(); document.body.offsetHeight",
      "document.getElementById('f-search').value = 'package-77'; "
        .. "document.getElementById('f-search').dispatchEvent(new Event('input', { bubbles: true })); document.body.offsetHeight",
    })
    assert.equal(5000, got[1])
    -- seconds of the processor, while other tests share its caches; alone they are a third of it
    assert.is_true(busy[2] < 1.5, busy[2])
    assert.is_true(busy[3] < 0.5, busy[3])
  end)

  it("stays inert whatever the image holds", function()
    if not has_browser then return pending(needs) end
    local got = browse(poison(make_result(), attacks.ATTACK, attacks.spared), {
      "document.scripts.length", "document.querySelectorAll('main script, main img, main style, [onerror]').length",
      "document.querySelectorAll('a[href^=javascript]').length", "document.querySelectorAll('.finding').length" })
    assert.same({ 1, 0, 0, 12 }, got)
  end)
end)
