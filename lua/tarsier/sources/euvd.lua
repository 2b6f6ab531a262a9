-- The European Vulnerability Database's list of what is exploited.

return {
  name = "euvd",
  summary = "what is exploited, as the EU lists it",
  licence = "free reuse with attribution; https://euvd.enisa.europa.eu",
  hours = 12,
  is_extra = true,
  files = function()
    return { { path = "euvd/kev.json", compressed = true,
      url = "https://euvdservices.enisa.europa.eu/api/kev/dump" } }
  end,
}
