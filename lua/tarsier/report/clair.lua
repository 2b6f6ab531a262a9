-- Clair's own report, unchanged: an answer of Clair 2, or a vulnerability report of Clair 4. The scan kept it in a
-- file.

local PIECE = 1 << 16

local function write(result, out)
  local file <close> = assert(io.open(assert(result.clair_report, "the format clair wants a scan with Clair"), "rb"))
  for piece in file:lines(PIECE) do out(piece) end
end

return { name = "clair", summary = "Clair's own report, byte for byte; wants --clair", extension = "json",
  needs = "clair", write = write }
