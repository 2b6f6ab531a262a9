-- OSV's ecosystems: one name a release, and which records bear on which packages.

local knowledge = require "tarsier.probe".knowledge

describe("an ecosystem", function()
  it("has one name a release", function()
    for text, key in pairs {
      ["Debian:12"] = "Debian:12", ["Debian"] = "Debian", ["Debian:12.5"] = "Debian:12", ["Debian:sid"] = "Debian:sid",
      ["Ubuntu:22.04:LTS"] = "Ubuntu:22.04", ["Ubuntu:24.10"] = "Ubuntu:24.10",
      ["Alpine:v3.20"] = "Alpine:v3.20", ["Rocky Linux:9.3"] = "Rocky Linux:9", ["AlmaLinux:8"] = "AlmaLinux:8",
      ["Red Hat:enterprise_linux:9::baseos"] = "Red Hat:9", ["Red Hat:enterprise_linux:10.0"] = "Red Hat:10",
      ["Red Hat:9"] = "Red Hat:9", ["Azure Linux:3.0"] = "Azure Linux:3", ["Photon OS:5.0"] = "Photon OS:5.0",
      ["openEuler:24.03-LTS-SP1"] = "openEuler:24.03-LTS-SP1",
      ["SUSE:Linux Enterprise Server 15 SP5"] = "SUSE:Linux Enterprise Server 15 SP5",
      ["Packagist:https://packages.drupal.org/8"] = "Packagist", ["Maven:https://repo.example.org"] = "Maven",
      ["Root:Debian:12"] = "Root:Debian:12", ["PyPI"] = "PyPI", [""] = "", ["Nonsense:1.2"] = "Nonsense:1.2",
    } do
      assert.equal(key, knowledge.ecosystem(text), text)
    end
  end)

  it("of another product has a name of its own", function()
    for text, key in pairs {
      ["Ubuntu:Pro:16.04:LTS"] = "Ubuntu:Pro:16.04", ["Ubuntu:Pro:FIPS:22.04:LTS"] = "Ubuntu:Pro:FIPS:22.04",
      ["Red Hat:rhel_eus:9.2::appstream"] = "Red Hat:rhel_eus:9.2",
      ["Red Hat:rhel_aus:8.4"] = "Red Hat:rhel_aus:8.4",
      ["Red Hat:openshift:4.13::el9"] = "Red Hat:openshift:4.13::el9",
    } do
      assert.equal(key, knowledge.ecosystem(text), text)
    end
  end)

  it("is known if OSV defines it", function()
    for _, name in ipairs { "AlmaLinux:9", "Alpaquita:23", "Azure Linux:3", "BellSoft Hardened Containers:stream",
      "CleanStart", "Chainguard", "Docker Hardened Images", "Echo", "Mageia:9", "MinimOS", "openEuler:24.03-LTS",
      "Photon OS:5.0", "Root:Alpine:3.18", "Root:PyPI", "Seal:Red Hat:7", "TuxCare:7", "Wolfi", "npm", "Maven",
      "crates.io" } do
      assert.is_true(knowledge.ecosystem_known(name), name)
    end
    for _, name in ipairs { "", "debian", "Nonsense", "Root:Nonsense:1", "Debian 12" } do
      assert.is_false(knowledge.ecosystem_known(name), name)
    end
  end)

  it("is spelled as the one that it stands for", function()
    assert.equal("zope-interface", knowledge.package("PyPI", "Zope.Interface"))
    assert.equal("zope-interface", knowledge.package("Root:PyPI", "Zope.Interface"))
    assert.equal("newtonsoft.json", knowledge.package("NuGet", "Newtonsoft.Json"))
    assert.equal("Newtonsoft.Json", knowledge.package("npm", "Newtonsoft.Json"))
  end)
end)

describe("records bear on packages", function()
  local expected = {
    same = {
      { "Debian:12", "Debian:12" }, { "Debian:12", "Debian" }, { "PyPI", "PyPI" },
    },
    module = {
      { "SUSE:Linux Enterprise Server 15 SP6", "SUSE:Linux Enterprise Module for Basesystem 15 SP6" },
      { "SUSE:Linux Enterprise Server 15 SP6", "SUSE:Linux Enterprise Live Patching 15 SP6" },
      { "SUSE:Linux Enterprise Server 15 SP6", "SUSE:Linux Enterprise Workstation Extension 15 SP6" },
      { "SUSE:Linux Enterprise Server 15 SP6", "SUSE:Package Hub 15 SP6" },
      { "SUSE:Linux Enterprise Server 12 SP5", "SUSE:Package Hub 12" },
    },
    extended = {
      { "Ubuntu:22.04", "Ubuntu:Pro:22.04" }, { "Ubuntu:22.04", "Ubuntu:Pro:FIPS:22.04" },
      { "Red Hat:9", "Red Hat:rhel_eus:9.2" }, { "Red Hat:8", "Red Hat:rhel_aus:8.6" },
      { "SUSE:Linux Enterprise Server 15 SP4", "SUSE:Linux Enterprise Server 15 SP4-LTSS" },
      { "SUSE:Linux Enterprise Server 15 SP4", "SUSE:Linux Enterprise Server LTSS 15 SP4" },
    },
    layered = {
      { "Red Hat:9", "Red Hat:openshift:4.13::el9" }, { "Rocky Linux:8", "Rocky Linux:8:sig-cloud" },
      { "SUSE:Linux Enterprise Server 15 SP6", "SUSE:Linux Enterprise Server for SAP Applications 15 SP6" },
    },
    unrelated = {
      { "Debian:12", "Debian:11" }, { "Debian:12", "Ubuntu:12" }, { "Ubuntu:22.04", "Ubuntu:Pro:20.04" },
      { "Red Hat:9", "Red Hat:rhel_eus:8.8" }, { "Red Hat:9", "Red Hat:openshift:4.13::el8" },
      { "SUSE:Linux Enterprise Server 15 SP6", "SUSE:Linux Enterprise Module for Basesystem 15 SP5" },
      { "SUSE:Linux Enterprise Server 15 SP6", "SUSE:Package Hub 12" },
      { "SUSE:Linux Enterprise Server 15 SP1", "SUSE:Linux Enterprise Module for Basesystem 15 SP10" },
      { "Rocky Linux:9", "Rocky Linux:8:sig-cloud" }, { "Alpine:v3.2", "Alpine:v3.20" },
    },
  }
  for relation, pairs_of_ecosystems in pairs(expected) do
    it("as " .. relation, function()
      for _, pair in ipairs(pairs_of_ecosystems) do
        assert.equal(relation, knowledge.relation(pair[1], pair[2]), pair[1] .. " and " .. pair[2])
      end
    end)
  end
end)
