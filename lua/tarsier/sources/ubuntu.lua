-- Canonical's VEX documents: what is not affected, will not be fixed, or is no longer supported. OSV's export has the
-- rest.

return {
  name = "ubuntu",
  summary = "Ubuntu's VEX: not affected, will not fix, end of life; some hundred megabytes",
  licence = "CC-BY-SA 4.0; https://security-metadata.canonical.com/vex/",
  hours = 24,
  is_extra = true,
  families = { "Ubuntu" },
  files = function()
    return { { path = "ubuntu/vex/vex-all.tar.xz", family = "Ubuntu",
      url = "https://security-metadata.canonical.com/vex/vex-all.tar.xz" } }
  end,
}
