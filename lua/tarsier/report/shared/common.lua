-- What several report formats share: texts within limits, links, names, scores and identities.

local core = require "tarsier.core"
local text = require "tarsier.text"

local common = {}

--- clip(s, characters) -> s as valid UTF-8, cut to that many characters with an ellipsis as the last
function common.clip(s, characters)
  s = text.utf8(s)
  if #s <= characters or utf8.len(s) <= characters then return s end
  return s:sub(1, utf8.offset(s, characters) - 1) .. "…"
end

--- filled(s, otherwise) -> s, or otherwise if s is nil or empty
function common.filled(s, otherwise)
  return s and s ~= "" and s or otherwise
end

--- link(s) -> the address if a reader may follow it | nil. Only web addresses: a feed's text may hold `javascript:`.
--- White space, quotes and whatever else no address contains are refused.
function common.link(s)
  if type(s) ~= "string" or not s:find "^https?://[%w%[]" then return nil end
  return not s:find "[^%w%-._~:/?#%[%]@!$&'()*+,;=%%]" and s or nil
end

--- links(finding) -> its addresses, each once: the finding's own, then its references
function common.links(finding)
  local list, seen = {}, {}
  local function add(address)
    if not common.link(address) or seen[address] then return end
    seen[address] = true
    list[#list + 1] = address
  end
  add(finding.url)
  for _, reference in ipairs(finding.references or {}) do add(reference) end
  return list
end

--- summary(finding) -> its title, or the first line of its description, or its id
function common.summary(finding)
  return common.filled(finding.summary, common.filled((finding.description or ""):match "^%s*([^\n]*)", finding.id))
end

-- ---- images -------------------------------------------------------------------------------------------------------

--- image_name(image) -> the name found in the image, or the reference it was opened by
function common.image_name(image)
  return common.filled(image.name, common.filled(image.reference, "unknown"))
end

local last = {} -- the name that was asked for last, and the answer: a report asks once a finding

--- repository(image) -> the name without tag and digest; tag | nil
function common.repository(image)
  local whole = common.image_name(image)
  if last.whole ~= whole then
    local name = whole:gsub("@sha256:%x+$", "")
    local before, tag = name:match "^(.+):([%w_][%w_.-]*)$"
    last = { whole = whole, name = before or name, tag = tag }
  end
  return last.name, last.tag
end

--- system(image) -> "debian:12", "debian", or "unknown"
function common.system(image)
  local name = common.filled(image.distro.id, "unknown")
  return image.distro.version ~= "" and name .. ":" .. image.distro.version or name
end

--- image_purl(image) -> "pkg:oci/app@sha256%3A…?repository_url=…&tag=1" | nil if the image has no digest or no name.
--- purl-spec, types/oci: name is the last part of the repository, the version is the manifest's digest.
function common.image_purl(image)
  local repository, tag = common.repository(image)
  if image.digest == "" or image.name == "" then return nil end
  local function encode(s)
    return (s:gsub("[^%w%-._~]", function(c) return ("%%%02X"):format(c:byte()) end))
  end
  local purl = ("pkg:oci/%s@%s?repository_url=%s"):format(encode(repository:match "[^/]*$":lower()),
    encode(image.digest), (encode(repository):gsub("%%2F", "/")))
  return tag and purl .. "&tag=" .. encode(tag) or purl
end

-- ---- findings -----------------------------------------------------------------------------------------------------

--- The namespace of all UUIDs of version 5. Any fixed one would do, but it must never change.
common.NAMESPACE = "8d1ad5a4-5d3c-4a6e-9f6b-2f1c0c3f7a10"

--- uuid(...) -> a UUID that is the same for the same texts
function common.uuid(...)
  return core.uuid5(common.NAMESPACE, table.concat({ ... }, "\n"))
end

--- fingerprint(image, finding) -> a UUID that stays the same from scan to scan, as long as this vulnerability is in
--- this package of this image: neither a tag nor a version is in it, which change with each build
function common.fingerprint(image, finding)
  local package = finding.package
  return common.uuid("finding", common.repository(image), package.type, package.name, package.path, finding.id)
end

-- The scores that a severity stands for (CVSS v3.1, section 5), and one that is used if no CVSS score lies in them.
local bands = { Defcon1 = { 9.0, 10.0, 10.0 }, Critical = { 9.0, 10.0, 9.5 }, High = { 7.0, 8.9, 8.0 },
  Medium = { 4.0, 6.9, 5.5 }, Low = { 0.1, 3.9, 2.0 }, Negligible = { 0.0, 0.9, 0.1 } }

--- score(finding) -> 0.0 to 10.0, in the band of its severity | nil if nothing is known. The distribution's word counts
--- more than the CVSS score, which knows nothing of how the distribution builds the package.
function common.score(finding)
  local band, score = bands[finding.severity], finding.cvss and finding.cvss.score
  if not band then return score end
  if score and score >= band[1] and score <= band[2] then return score end
  return band[3]
end

--- is_settled(finding) -> was it accepted or ignored?
function common.is_settled(finding)
  return finding.decision == "accept" or finding.decision == "ignore"
end

--- remedy(finding) -> "upgrade to 1.2", or that there is no fix
function common.remedy(finding)
  return finding.fixed_by and "upgrade to " .. finding.fixed_by or "no fix yet"
end

--- unique(list, key_of) -> the items whose key_of(item) comes first; index by key
function common.unique(list, key_of)
  local unique, index = {}, {}
  for _, item in ipairs(list) do
    local key = key_of(item)
    if key and not index[key] then
      unique[#unique + 1] = item
      index[key] = #unique
    end
  end
  return unique, index
end

local of_system = { deb = true, apk = true, rpm = true }

--- is_system(package) -> does the distribution's package manager own it?
function common.is_system(package)
  return of_system[package.type] or false
end

--- instruction(layer) -> the Dockerfile instruction, without what builders put around it; or the layer's digest
function common.instruction(layer)
  local s = (layer.created_by or ""):gsub("%s+# buildkit%s*$", ""):gsub("^/bin/sh %-c #%(nop%)%s*", "")
  s = s:gsub("^RUN /bin/sh %-c ", "RUN "):gsub("^/bin/sh %-c ", "RUN "):gsub("%s+$", "")
  return s ~= "" and s or layer.digest
end

return common
