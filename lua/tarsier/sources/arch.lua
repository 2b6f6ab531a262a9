-- Arch Linux's security tracker. OSV has no records of it.

return {
  name = "arch",
  summary = "Arch Linux's security tracker",
  licence = "MIT; https://security.archlinux.org",
  hours = 6,
  families = { "Arch Linux" },
  files = function()
    return { { path = "arch/all.json", url = "https://security.archlinux.org/all.json", family = "Arch Linux",
      compressed = true } }
  end,
}
