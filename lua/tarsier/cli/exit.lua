-- The command's exit codes: what they mean, and which one a result gets.

local exit = { PASS = 0, FAIL = 1, USAGE = 2, IMAGE = 3, DATABASE = 4, NOTHING = 5, BUG = 70 }

--- The list for help and manual, in order.
exit.codes = {
  { exit.PASS, "the verdict passes" },
  { exit.FAIL, "the verdict fails" },
  { exit.USAGE, "a usage or policy error, or a report that cannot be written" },
  { exit.IMAGE, "the image, or evidence in it, cannot be read or verified" },
  { exit.DATABASE, "no usable vulnerability database or Clair" },
  { exit.NOTHING, "nothing to judge: no packages found, none of the system's own, or a system that no feed covers" },
  { exit.BUG, "a bug in tarsier" },
  { 130, "interrupted by Ctrl-C, as shells report it" },
}

local by_error = { USAGE = exit.USAGE, POLICY = exit.USAGE, DATABASE = exit.DATABASE, BACKEND = exit.DATABASE }

--- of_error(code) -> exit code for a failure's third value, such as "DIGEST"
function exit.of_error(code)
  return by_error[code] or exit.IMAGE
end

-- From the best to the worst.
local order = { exit.PASS, exit.FAIL, exit.NOTHING, exit.IMAGE, exit.DATABASE, exit.USAGE, exit.BUG }
local ranks = {}
for rank, code in ipairs(order) do ranks[code] = rank end

--- worse(a, b) -> the worse of two exit codes
function exit.worse(a, b)
  return (ranks[a] or #order) >= (ranks[b] or #order) and a or b
end

local function has_cover(result, uncovered)
  for _, package in ipairs(result.packages) do
    if package.ecosystem ~= "" and not uncovered[package.ecosystem] then return true end
  end
  return false
end

--- of_inventory(result) -> exit code, meaning | nil where all of the image could be judged. Problems come before the
--- verdict: findings in half an image say nothing about the other half. Problems that --ignore-unreadable lets pass are
--- marked `ignored`. A language without a feed is a problem to report; a system without one is nothing to judge.
function exit.of_inventory(result)
  local uncovered, nothing = {}, nil
  for _, problem in ipairs(result.problems) do
    if problem.kind == "unreadable" and not problem.ignored then
      return exit.IMAGE, ("%s cannot be read, so that its packages are unknown"):format(problem.subject)
    elseif problem.kind == "missing" and not problem.ignored then
      nothing = nothing or ("%s is %s, so that its packages are unknown"):format(problem.subject, problem.message)
    elseif problem.kind == "no_feed" then
      uncovered[problem.subject] = true
    elseif problem.kind == "no_packages" or problem.kind == "no_distro" then
      nothing = nothing or problem.message
    end
  end
  if nothing then return exit.NOTHING, "nothing to judge: " .. nothing end
  local system = result.image.ecosystem ~= "" and result.image.ecosystem or result.image.distro.id
  if uncovered[system] then
    return exit.NOTHING, ("nothing to judge: the database does not cover %s"):format(system)
  end
  if #result.packages == 0 then return exit.NOTHING, "nothing to judge: no packages found" end
  if next(uncovered) and not has_cover(result, uncovered) then
    return exit.NOTHING, "nothing to judge: the database covers none of the image's packages"
  end
end

--- of_result(result, no_fail) -> exit code, meaning
function exit.of_result(result, no_fail)
  local code, meaning = exit.of_inventory(result)
  if code then return code, meaning end
  if result.verdict.pass then return exit.PASS, "the verdict passes" end
  if no_fail then return exit.PASS, "the verdict fails, and --no-fail lets it pass" end
  return exit.FAIL, "the verdict fails"
end

return exit
