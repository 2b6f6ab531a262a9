-- The HTML report in a real browser, headless: sorting, filtering, links to findings, speed, and that it asks nothing of
-- anyone, whatever the image is called.

local attacks = require "support.attacks"
local json = require "tarsier.json"
local make_result = require "support.result"
local many = require "support.many"
local pace = require "support.pace"
local poison = require "support.poison"
local report = require "tarsier.report"
local shell = require "support.shell"

local has_browser = (shell.has "chromium-headless-shell" or shell.has "chromium" or shell.has "chromium-browser")
  and shell.has "python3"
local needs = "needs Chromium and Python: apt-get install chromium-headless-shell python3"

local folder
setup(function() folder = shell.folder() end)
teardown(function() shell.remove(folder) end)

-- One browser opens all the pages, for its start takes longer than they do: pages are named first, by what the specs are
-- called, and opened by the first spec that asks for one.
local pages, answers = {}, nil

-- How to open the report of a result, and the steps to run in it
local function page(name, result, steps, options)
  options = options or {}
  pages[#pages + 1] = { name = name, result = result, steps = json.array(steps), width = options.width, hash = options.hash }
end

local function open_all()
  local jobs = json.array {}
  for i, each in ipairs(pages) do
    each.url = ("file://%s/%d.html"):format(folder, i)
    shell.write(("%s/%d.html"):format(folder, i), report.text("html", each.result))
    jobs[i] = { url = each.url .. (each.hash or ""), steps = each.steps, width = each.width or 1280, height = 900 }
  end
  shell.write(folder .. "/jobs.json", json.encode(jobs))
  local code, output, errors = shell.run(shell.python .. " tests/support/browser.py < " .. folder .. "/jobs.json")
  assert.equal(0, code, errors)
  return assert(json.decode(output))
end

-- What the steps of a page gave, and the processor's seconds that each took
local function browsed(name)
  answers = answers or open_all()
  for i, each in ipairs(pages) do
    if each.name == name then
      assert.same({ each.url }, answers[i].requests) -- the file itself, and nothing else
      assert.same({}, answers[i].messages)
      return answers[i].results, answers[i].busy
    end
  end
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

  -- A spec of a page, named here and opened by the first of them: body(what its steps gave, what each took).
  local function in_page(name, result, steps, options, body)
    page(name, result, steps, options)
    it(name, function()
      if not has_browser then return pending(needs) end
      body(browsed(name))
    end)
  end

  local click = "document.querySelector('button[data-key=%s]').click(); " .. SHOWN
  in_page("sorts", make_result(), { click:format "id", click:format "id", click:format "severity" }, nil, function(got)
    local sorted = { table.unpack(got[1]) }
    table.sort(sorted)
    assert.equal(12, #sorted)
    assert.same(sorted, got[1])
    assert.equal(sorted[12], got[2][1])
    assert.equal("GHSA-x84v-xcm2-53pg", got[3][1]) -- Defcon1
  end)

  local function set(name, property, value)
    return ("{ const c = document.getElementById('f-%s'); c.%s = %s; c.dispatchEvent(new Event('input', { bubbles: true })); }"
      .. " new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(%s))))"):format(name, property,
      value, SHOWN)
  end
  in_page("filters by words, severity, decision, layer and fix", make_result(), { set("search", "value", "'CURL 7.88'"),
    set("search", "value", "''"), set("severity", "value", "'6'"), set("severity", "value", "'0'"),
    set("decision", "value", "'accept'"), set("decision", "value", "''"), set("layer", "value", "'2'"),
    set("fixable", "checked", "true"), set("search", "value", "'nothing'"), "document.getElementById('none').hidden" }, nil,
  function(got)
    assert.same({ "CVE-2023-38545", "CVE-2023-46218" }, got[1])
    assert.equal(12, #got[2])
    assert.equal(4, #got[3])
    assert.same({ "CVE-2023-4911" }, got[5])
    assert.equal(3, #got[7])
    assert.equal(3, #got[8])
    assert.same({}, got[9])
    assert.equal(false, got[10])
  end)

  local LINKED = 'id="(f%-%x+)" data%-id="CVE%-2023%-45853"'
  local id = report.text("html", make_result()):match(LINKED)
  in_page("opens the finding that a link names, and the link stays the same", make_result(), {
    "document.querySelector('.finding[open]').dataset.id",
    "const box = document.querySelector('.finding[open]').getBoundingClientRect(); box.top >= 0 && box.top < innerHeight" },
  { hash = "#" .. id }, function(got)
    local later = make_result()
    later.image.name, later.image.digest = "example/app:2", "sha256:" .. ("9"):rep(64)
    assert.equal(id, report.text("html", later):match(LINKED))
    assert.same({ "CVE-2023-45853", true }, got)
  end)

  in_page("fits a phone", make_result(), { "document.querySelectorAll('details').forEach(d => { d.open = true; }); "
    .. "document.documentElement.scrollWidth" }, { width = 360 }, function(got)
    assert.equal(360, got[1])
  end)

  in_page("shows, sorts and filters 5,000 findings without a pause", many(5000), {
    "document.querySelectorAll('.finding').length",
    "document.querySelector('button[data-key=package]').click(); document.body.offsetHeight",
    "document.getElementById('f-search').value = 'package-77'; "
      .. "document.getElementById('f-search').dispatchEvent(new Event('input', { bubbles: true })); document.body.offsetHeight",
  }, nil, function(got, busy)
    assert.equal(5000, got[1])
    -- seconds of the processor, while other tests share its caches; alone they are a tenth of it
    assert.is_true(busy[2] < pace.limit(5), busy[2])
    assert.is_true(busy[3] < pace.limit(2), busy[3])
  end)

  in_page("stays inert whatever the image holds", poison(make_result(), attacks.ATTACK, attacks.spared), {
    "document.scripts.length", "document.querySelectorAll('main script, main img, main style, [onerror]').length",
    "document.querySelectorAll('a[href^=javascript]').length", "document.querySelectorAll('.finding').length" }, nil,
  function(got)
    assert.same({ 1, 0, 0, 12 }, got)
  end)
end)
