-- Real container engines for specs: Podman's service and Docker's, each in a folder of its own, with images made there.

local core = require "tarsier.core"
local docker = require "tarsier.docker"
local process = require "support.clair.process"
local shell = require "support.shell"

local engines = {}

local Server = {}
Server.__index = Server

local function is_root()
  return shell.capture "id -u" == "0"
end

-- Limits that a container may be given everywhere, and the older runtime, which takes any arrangement of cgroups.
local containers = [[
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
]]

local function podman(folder)
  shell.write(folder .. "/containers.conf", containers)
  shell.write(folder .. "/storage.conf", ('[storage]\ndriver = "vfs"\ngraphroot = "%s/graph"\nrunroot = "%s/run"\n')
    :format(folder, folder))
  return ("CONTAINERS_CONF=%s/containers.conf CONTAINERS_STORAGE_CONF=%s/storage.conf "
    .. "exec podman system service --time=0 unix://%s/socket"):format(folder, folder, folder)
end

local function dockerd(folder)
  return ("exec dockerd --iptables=false --ip-masq=false --bridge=none --storage-driver=vfs --data-root %s/root "
    .. "--exec-root %s/exec --pidfile %s/dockerd.pid -H unix://%s/socket"):format(folder, folder, folder, folder)
end

local commands = { podman = { podman, "podman", "runc" }, docker = { dockerd, "dockerd", "runc" } }

engines.names = { "podman", "docker" }

--- needs(name) -> why that engine cannot be had here | nil where it can
function engines.needs(name)
  if not is_root() then return ("needs root, to run %s"):format(name) end
  for i = 2, #commands[name] do
    if not shell.has(commands[name][i]) then
      return ("needs %s: apt-get install %s runc"):format(commands[name][i],
        name == "docker" and "docker.io" or "podman")
    end
  end
end

--- start(name) -> server with .address, .engine, :import(…), :stop() | nil, why not
function engines.start(name)
  if not os.getenv "TARSIER_TEST_REAL" then return nil, "starts engines and containers: make test-real" end
  local missing = engines.needs(name)
  if missing then return nil, missing end
  local self = setmetatable({ folder = shell.folder(), name = name }, Server)
  self.address = "unix://" .. self.folder .. "/socket"
  os.execute(("sh -c %s >%s/log 2>&1 </dev/null & echo $! >%s/pid"):format(shell.quote(commands[name][1](self.folder)),
    self.folder, self.folder))
  self.pid = shell.read(self.folder .. "/pid"):match "%d+"
  for _ = 1, 1200 do
    self.engine = docker.open(self.address)
    if self.engine then return self end
    if not process.running(self) then break end
    core.host.sleep(0.1)
  end
  local log = shell.read(self.folder .. "/log")
  self:stop()
  return nil, ("%s does not start here: %s"):format(name, log:sub(-300))
end

--- import(name, tree, [changes]): an image of one layer, from a folder; changes are lines of a Dockerfile
function Server:import(name, tree, changes)
  local path = "/images/create?fromSrc=-&repo=" .. docker.escape(name)
  for _, change in ipairs(changes or {}) do path = path .. "&changes=" .. docker.escape(change) end
  local tar = self.folder .. "/import.tar"
  assert(os.execute(("tar -C %s --owner=0 --group=0 --numeric-owner -cf %s ."):format(shell.quote(tree), tar)))
  assert(self.engine:call("POST", path, { body = shell.read(tar), content_type = "application/x-tar", seconds = 60 }))
  os.remove(tar)
end

--- runs_containers(image) -> true | nil, why not: what runs containers may be forbidden where these specs run
function Server:runs_containers(image)
  local id, message = self.engine:create("trial", { Image = image, HostConfig = { NetworkMode = "host" } })
  local ok = id
  if id then ok, message = self.engine:start "trial" end
  self.engine:remove "trial"
  if ok then return true end
  return nil, ("needs containers that run: %s"):format(message)
end

function Server:stop()
  os.execute("kill " .. self.pid .. " 2>/dev/null")
  for _ = 1, 200 do
    if not process.running(self) then break end
    core.host.sleep(0.05)
  end
  -- What watches over a container's processes (conmon) stays when its engine goes: all that names the folder is ours.
  os.execute(("for p in $(pgrep -f %s); do [ $p = $$ ] || kill $p 2>/dev/null; done"):format(shell.quote(self.folder)))
  os.execute(("umount %s/exec/netns/default 2>/dev/null; umount -R %s/graph 2>/dev/null"):format(self.folder,
    self.folder))
  shell.remove(self.folder)
end

return engines
