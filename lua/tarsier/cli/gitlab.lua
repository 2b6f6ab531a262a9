-- What a GitLab job's variables say: which image, and which report.

local engine_image = require "tarsier.cli.engine_image"

local gitlab = {}

gitlab.report = "gl-container-scanning-report.json"

local function variable(name)
  local value = os.getenv(name)
  return value ~= "" and value or nil
end

--- is_job() -> does a GitLab runner run this?
function gitlab.is_job()
  return variable "GITLAB_CI" == "true"
end

--- formats() -> the reports of a job that asks for none | nil where it is no job
function gitlab.formats()
  return gitlab.is_job() and { "table", "gitlab=" .. gitlab.report } or nil
end

--- default_branch_image() -> the image that findings on other branches are compared with, as GitLab's own job reports
--- it
function gitlab.default_branch_image()
  return gitlab.is_job() and variable "CS_DEFAULT_BRANCH_IMAGE" or nil
end

--- image() -> the name of the image that the pipeline built | nil, by the rules of GitLab's own template
function gitlab.image()
  local named = variable "CS_IMAGE"
  if named then return named end
  local repository, tag = variable "CI_APPLICATION_REPOSITORY", variable "CI_APPLICATION_TAG"
  if not repository and variable "CI_REGISTRY_IMAGE" and variable "CI_COMMIT_REF_SLUG" then
    repository = variable "CI_REGISTRY_IMAGE" .. "/" .. variable "CI_COMMIT_REF_SLUG"
  end
  tag = tag or variable "CI_COMMIT_SHA"
  return repository and tag and repository .. ":" .. tag or nil
end

-- A name of the pipeline's -> reference, file to close | nil, message
local function locate(name, terminal)
  local reference, file = engine_image.locate(name, terminal)
  if reference then return reference, file end
  return nil, ("%s. Registries are not read: where the job has no container engine, let the job that builds the image "
    .. "save it (docker save %s -o image.tar), pass it on as an artifact, and set CS_IMAGE to docker-archive:image.tar")
    :format(file, name)
end

--- source(argument) -> { locate = function(terminal) -> reference, file | nil, message; name = what to call it | nil }
--- | nil, message. Without an argument it is the image of the GitLab job.
function gitlab.source(argument)
  if argument then return { locate = function() return argument end } end
  if not gitlab.is_job() then return nil, "missing IMAGE" end
  local name = gitlab.image()
  if not name then
    return nil, "missing IMAGE: neither CS_IMAGE nor CI_APPLICATION_REPOSITORY nor CI_REGISTRY_IMAGE with a tag is set"
  end
  local is_file = name:find "^[%w-]+:[./]" or name:find "^%.?%.?/" or name:find "%.tar"
  return { name = not is_file and name or nil, locate = function(terminal) return locate(name, terminal) end }
end

return gitlab
