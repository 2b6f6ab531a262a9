-- Oracle Linux's advisories as OVAL definitions. OSV has no records of it.

return {
  name = "oracle",
  summary = "Oracle Linux's advisories (OVAL)",
  licence = "none stated; https://linux.oracle.com/security/oval/",
  hours = 12,
  families = { "Oracle Linux" },
  files = function()
    return { { path = "oracle/com.oracle.elsa-all.xml.bz2", family = "Oracle Linux",
      url = "https://linux.oracle.com/security/oval/com.oracle.elsa-all.xml.bz2" } }
  end,
}
