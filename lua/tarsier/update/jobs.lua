-- A job is one file of a source: { file =, known = what the database's note says of it, from =, outcome =,
-- inputs = {} }. Outcomes: "absent" it is not there and may be missing, "fresh" it was asked lately, "unchanged",
-- "changed", "failed" with .message and .code.

local jobs = {}

--- fail(job, message, code, [unanswered]). unanswered: no server answered at all.
function jobs.fail(job, message, code, unanswered)
  job.outcome, job.message, job.code, job.unanswered = "failed", message, code, unanswered
end

--- open(list) -> those that have no outcome yet
function jobs.open(list)
  local found = {}
  for _, job in ipairs(list) do
    if not job.outcome then found[#found + 1] = job end
  end
  return found
end

--- changed(list) -> those that brought something new
function jobs.changed(list)
  local found = {}
  for _, job in ipairs(list) do
    if job.outcome == "changed" then found[#found + 1] = job end
  end
  return found
end

return jobs
