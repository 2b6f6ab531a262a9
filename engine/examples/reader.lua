-- A reader for tarsier: finds the version file that an in-house application leaves in its image.
--
--   tarsier scan --reader engine/examples/reader.lua app:1

return {
  name = "acme",
  summary = "Acme's applications, by /opt/acme/NAME/VERSION",
  evidence = { "opt/acme/*/VERSION" },
  limit = 4096,
  read = function(path, content)
    local application = path:match "opt/acme/([^/]+)/VERSION$"
    local version = content:match "^version: *(%S+)"
    if not version then error("no line 'version: …'") end
    local license = content:match "license: *(%S+)"
    return { { type = "generic", name = "acme/" .. application, version = version, license = license } }
  end,
  examples = {
    { path = "opt/acme/shop/VERSION", content = "version: 4.2.0\nlicense: MIT\n",
      expect = { { name = "acme/shop", version = "4.2.0", license = "MIT" } } },
  },
}
