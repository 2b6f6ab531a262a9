-- Publishers' own files, where they are at hand: each is recognised, taken whole, and tells what its publisher says.

local knowledge = require "tarsier.probe".knowledge
local temporary = require "support.temporary"

local data = (os.getenv "TARSIER_SHARED" or "../shared") .. "/data/"

-- file → its feed, the advisories that are taken of it, and packages with what is told of them
local publishers = {
  { "ubuntu/vex/vex-all.tar.xz", feed = "ubuntu-vex", advisories = 2,
    { "deb", "Ubuntu:22.04", "curl", "7.81.0-1ubuntu1.20", "CVE-2025-0167 Unknown affected " },
    { "deb", "Ubuntu:20.04", "curl", "7.68.0-1ubuntu2.25", false },
    { "deb", "Ubuntu:22.04", "varnish", "6.6.1-1ubuntu0.2+esm0", "CVE-2022-45060 Unknown fixed 6.6.1-1ubuntu0.2+esm1" } },
  { "oracle/com.oracle.elsa-all.xml.bz2", feed = "oval", advisories = 2,
    { "rpm", "Oracle Linux:5", "bind-libs", "30:9.3.3-7.el5",
      "CVE-2007-0493 Medium fixed 30:9.3.3-8.el5, CVE-2007-0494 Medium fixed 30:9.3.3-8.el5" },
    { "rpm", "Oracle Linux:5", "bind-libs", "30:9.3.3-8.el5", false } },
  { "azurelinux/azurelinux-3.0-oval.xml.gz", feed = "oval", advisories = 1222,
    { "rpm", "Azure Linux:3", "freeglut", "3.2.2-1.azl3", "CVE-2024-24258 High fixed 3.4.0-1.azl3, CVE-2024-24259 High fixed "
      .. "3.4.0-1.azl3" },
    { "rpm", "Azure Linux:3", "freeglut", "3.4.0-1.azl3", false } },
  { "azurelinux/cbl-mariner-1.0-oval.xml.gz", feed = "oval", advisories = 2252 },
  { "almalinux/oval/org.almalinux.alsa-9.xml.bz2", feed = "oval", advisories = 2 },
  { "photon/oval/com.vmware.phsa-photon5.xml.gz", feed = "oval", advisories = 1,
    { "rpm", "Photon OS:5.0", "ansible-devel", "2.14.0-1.ph5", "CVE-2023-5115 High fixed 2.14.12-1.ph5, CVE-2023-5764 High fixed "
      .. "2.14.12-1.ph5" } },
  { "suse/oval/opensuse.leap.15.2.xml.gz", feed = "oval", advisories = 1,
    { "rpm", "openSUSE:Leap 15.2", "fastjar", "0.98-lp152.1.1", "CVE-2010-2322 Low fixed 0.98-lp152.4.3.1" },
    { "rpm", "openSUSE:Leap 15.2", "fastjar", "0.98-lp152.4.3.1", false } },
  { "suse/oval/suse.linux.enterprise.15-affected.xml.gz", feed = "oval", advisories = 2,
    { "rpm", "SUSE:Linux Enterprise Server 15 SP1", "kernel-default", "4.12", false } },
  { "fedora/bodhi", feed = "bodhi", advisories = 4, covers = "Fedora:38, Fedora:40",
    { "rpm", "Fedora:38", "libcap", "2.48-6.fc38", "CVE-2023-2602 High fixed 2.48-7.fc38, CVE-2023-2603 High fixed 2.48-7.fc38" } },
  { "photon/cve_metadata/cve_data_photon4.0.json", feed = "photon", advisories = 3, covers = "Photon OS:4.0",
    { "rpm", "Photon OS:4.0", "curl-libs", "8.15.0-1.ph4", "CVE-2025-9086 High fixed 8.16.0-1.ph4" },
    { "rpm", "Photon OS:4.0", "curl", "8.16.0-1.ph4", false } },
  { "photon/cve_metadata/cve_data_photon1.0.json", feed = "photon", advisories = 2, covers = "Photon OS:1.0" },
  { "arch/archlinux-issues.json", feed = "arch", advisories = 3, covers = "Arch Linux",
    { "alpm", "Arch Linux", "openconnect", "1:8.10-1", "CVE-2020-12823 High affected " },
    { "alpm", "Arch Linux", "wireshark-qt", "2.6.0-1",
      "CVE-2018-11361 Critical fixed 2.6.1-1, CVE-2018-11362 Critical fixed 2.6.1-1" } },
  { "arch/advisory.json", feed = "arch", advisories = 2 },
  { "fedora/updateinfo", feed = "updateinfo", nothing = true }, -- bug fixes, and a module without packages
  { "amazon/updateinfo_1.xml.gz", feed = "updateinfo", advisories = 1, covers = "Amazon Linux:2018.03" },
  { "amazon/updateinfo_2.xml.gz", feed = "updateinfo", advisories = 1, covers = "Amazon Linux:2" },
  { "amazon/updateinfo_2_kernel-5.15.xml.gz", feed = "updateinfo", advisories = 1, covers = "Amazon Linux:2:kernel-5.15" },
  { "amazon/updateinfo_2022.xml.gz", feed = "updateinfo", advisories = 1, covers = "Amazon Linux:2022" },
  { "amazon/updateinfo_2023.xml.gz", feed = "updateinfo", advisories = 1, covers = "Amazon Linux:2023" },
  { "amazon/updateinfo_2023_nvidia.xml.gz", feed = "updateinfo", advisories = 1, covers = "Amazon Linux:2023:nvidia" },
  { "rocky/updateinfo/pub/rocky/9/BaseOS", feed = "updateinfo", advisories = 1, covers = "Rocky Linux:9" },
  { "almalinux/updateinfo/almalinux/9/BaseOS", feed = "updateinfo", advisories = 1, covers = "AlmaLinux:9" },
  { "bottlerocket/updateinfo.xml.gz", feed = "updateinfo", nothing = true }, -- a host's system, whose packages no reader finds
}

local function there(path)
  local file = io.open(path)
  if file then file:close() end
  return file ~= nil
end

describe("publishers' own files", function()
  if not there(data .. "ubuntu/vex/vex-all.tar.xz") then
    return pending "needs the real feeds: set TARSIER_SHARED to the folder that holds data/ubuntu"
  end

  local folder
  setup(function() folder = temporary.folder() end)
  teardown(function() temporary.remove(folder) end)

  local function told(database, package)
    local list = {}
    for i, finding in ipairs(assert(knowledge.match(database, { { type = package[1], ecosystem = package[2],
      name = package[3], version = package[4] } }))) do
      list[i] = ("%s %s %s %s"):format(finding.id, finding.severity, finding.status, finding.fixed_version)
    end
    table.sort(list)
    return table.concat(list, ", ")
  end

  for i, publisher in ipairs(publishers) do
    it(publisher[1], function()
      local database = ("%s/%d.db"):format(folder, i)
      local counts, inputs = knowledge.import(database, { data .. publisher[1] })
      if publisher.nothing then return assert.matches("nothing in it can be used", inputs) end
      assert(counts, inputs)
      local feed
      for _, input in ipairs(inputs) do feed = input.feed ~= "" and input.feed or feed end -- notes name none
      assert.same({ publisher.feed, publisher.advisories, publisher.unreadable or 0 },
        { feed, counts.advisories, counts.unreadable })
      if publisher.covers then
        assert.equal(publisher.covers, table.concat(knowledge.info(database).ecosystems, ", "))
      end
      for n = 2, #publisher do assert.equal(publisher[n][5] or "", told(database, publisher[n]), publisher[n][3]) end
    end)
  end
end)
