-- The hashes by which the content security policy of the HTML report allows its style and its script. A spec compares
-- them with the texts.

return {
  style = "sha256-Ci9Q0nXFsYvJ9ZX3JMpRXtAcpsI69CB9UEP00dEuHHc=",
  script = "sha256-QH4Hr5bPbv0pDkZRK5B4KLtEMwQySyP9qmothXB+9xU=",
}
