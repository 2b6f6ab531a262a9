-- The variables of a GitLab job: which image to scan, the login at its registry, and which report to write.

local core = require "tarsier.core"
local place = require "tarsier.place"

local gitlab = {}

gitlab.report = "gl-container-scanning-report.json"

local variable = place.variable

--- is_job() -> does this run in a GitLab job?
function gitlab.is_job()
  return variable "GITLAB_CI" == "true"
end

--- formats() -> the reports of a job without --format | nil if this is not a job
function gitlab.formats()
  return gitlab.is_job() and { "table", "gitlab=" .. gitlab.report } or nil
end

--- default_branch_image() -> the image that findings on other branches are compared with, as GitLab's own job reports
--- it
function gitlab.default_branch_image()
  return gitlab.is_job() and variable "CS_DEFAULT_BRANCH_IMAGE" or nil
end

-- Bytes of a Dockerfile: the largest are some tens of KiB.
local DOCKERFILE = 1 << 20

--- dockerfile() -> { path =, text = } of the file that the job's image is built from | nil if there is none. GitLab's
--- own job has the same variable and default, and needs the file for the changes that it offers.
function gitlab.dockerfile()
  if not gitlab.is_job() then return nil end
  local path = variable "CS_DOCKERFILE_PATH" or "Dockerfile"
  local status = core.host.stat(path)
  if not status or status.type ~= "file" or path:find '[%c\\"]' or path:find "^/" or path:find "%.%." then
    return nil
  end
  local file <close> = io.open(path, "rb")
  local text = file and file:read(DOCKERFILE + 1)
  if not text or #text > DOCKERFILE then return nil end
  return { path = (path:gsub("^%./", "")), text = text }
end

-- ---- which image --------------------------------------------------------------------------------------------------

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

--- source(argument) -> name, do the job's variables name it? | nil, message. Without an argument it is the image of
--- the GitLab job.
function gitlab.source(argument)
  if argument then return argument, false end
  if not gitlab.is_job() then return nil, "missing IMAGE" end
  local name = gitlab.image()
  if name then return name, true end
  return nil, "missing IMAGE: neither CS_IMAGE nor CI_APPLICATION_REPOSITORY nor CI_REGISTRY_IMAGE with a tag is set"
end

-- ---- its registry -------------------------------------------------------------------------------------------------

local function is_set(name)
  return (variable(name) or ""):lower() == "true"
end

-- The job's own password is the instance's registry's, and goes nowhere else. CS_REGISTRY_* are the image's that the
-- variables name.
local function log_in(config, host, is_pipelines, terminal)
  local is_instances = host and host == variable "CI_REGISTRY"
  local function say(what)
    return is_pipelines and variable("CS_REGISTRY_" .. what) or is_instances and variable("CI_REGISTRY_" .. what) or nil
  end
  local user, password = say "USER", say "PASSWORD"
  if user and password then
    config.registry_user, config.registry_password = user, password
  elseif user or password then
    terminal:warn(("of CS_REGISTRY_USER and CS_REGISTRY_PASSWORD only the %s is set: going on without them (GitLab "
      .. "keeps protected variables from branches that are not)"):format(user and "first" or "second"))
  end
end

-- What systems trust: Debian and Alpine, Red Hat, SUSE, and where OpenSSL looks.
local system_authorities = { "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem" }

local function read(path)
  local file <close>, message = io.open(path, "rb")
  if not file then return nil, message end
  local content
  content, message = file:read "a"
  return content, message and ("%s: %s"):format(path, message)
end

local function read_first(paths)
  for _, path in ipairs(paths) do
    local content = read(path)
    if content then return content end
  end
  return ""
end

-- GitLab's variable holds certificates, or is of the type file and holds a path. They are more to trust, and not in
-- place of the system's ($SSL_CERT_FILE's where that is set), so that one file gets both -> file, path | nil, message
local function joined(value)
  local more, message = value, nil
  if not value:find("-----BEGIN", 1, true) then more, message = read(value) end
  if not more then return nil, "ADDITIONAL_CA_CERT_BUNDLE holds neither certificates nor a file's path: " .. message end
  local file, path = core.host.temporary()
  if not file then return nil, path end
  local ok
  local system = variable "SSL_CERT_FILE"
  ok, message = file:write(read_first(system and { system } or system_authorities), "\n", more)
  if ok then ok, message = file:flush() end
  if ok then return file, path end
  file:close()
  return nil, message
end

--- authorities(config) -> true, file to close when all is done, or nil | nil, message. What a job's
--- ADDITIONAL_CA_CERT_BUNDLE says is trusted holds for all that the job talks to, if no option said otherwise.
function gitlab.authorities(config)
  local bundle = gitlab.is_job() and variable "ADDITIONAL_CA_CERT_BUNDLE"
  local is_named = config.ca_file and config.ca_file ~= variable "SSL_CERT_FILE"
  if is_named or not bundle then return true end
  local file, path = joined(bundle)
  if not file then return nil, path end
  config.ca_file = path
  return true, file
end

--- registry(config, reference, is_pipelines, terminal) -> what authorities(config) gives. For an image in a registry
--- (docker://NAME), what GitLab's own analyzer would take from the job's variables, if no option said otherwise.
function gitlab.registry(config, reference, is_pipelines, terminal)
  local name = gitlab.is_job() and reference:match "^docker://(.*)$"
  if not name then return true end
  local parts = core.image_name(name)
  if parts and not config.registry_user then log_in(config, parts.host, is_pipelines, terminal) end
  if is_pipelines and is_set "CS_REGISTRY_INSECURE" then config.plain_http = true end
  if is_pipelines and is_set "CS_DOCKER_INSECURE" then
    terminal:warn("CS_DOCKER_INSECURE is ignored: certificates are always checked; use ADDITIONAL_CA_CERT_BUNDLE "
      .. "to trust a certificate")
  end
  return gitlab.authorities(config)
end

return gitlab
