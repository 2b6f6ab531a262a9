-- A PostgreSQL of one's own: a cluster in a temporary folder, on a free port of 127.0.0.1, gone afterwards.

local process = require "support.clair.process"
local shell = require "support.shell"

local postgres = {}
postgres.__index = postgres

--- programs() -> the folder of the newest initdb, or nil and what is missing
function postgres.programs()
  local found = shell.capture "ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1"
  if found == "" then return nil, "needs PostgreSQL: apt-get install postgresql" end
  return found
end

-- The server refuses to run as root.
local function user()
  return shell.capture "id -u" == "0" and "postgres" or nil
end

--- start() -> a running cluster
function postgres.start()
  local self = setmetatable({ bin = assert(postgres.programs()), folder = shell.folder(), user = user() }, postgres)
  if self.user then assert(os.execute(("chown %s: %s"):format(self.user, self.folder))) end
  local as = self.user and ("setpriv --reuid=%s --regid=%s --init-groups "):format(self.user, self.user) or ""
  local initdb = "cd /; %s%s/initdb -D %s/data -U clair -A trust -E UTF8 --locale=C --no-sync"
  local code, out, err = shell.run(initdb:format(as, self.bin, self.folder))
  assert(code == 0, out .. err)
  self.port = process.ports(1)
  -- Nothing here has to survive a crash, and no file of it lies where another server's may.
  self.server = process.start { ("%s/postgres -D %s/data -p %d -h 127.0.0.1 -k %s -c fsync=off -c full_page_writes=off "
    .. "-c synchronous_commit=off -c max_connections=400"):format(self.bin, self.folder, self.port, self.folder),
    log = self.folder .. "/log", user = self.user, folder = self.folder }
  self.server:ready(30, function()
    return os.execute(("%s/pg_isready -q -h 127.0.0.1 -p %d"):format(self.bin, self.port))
  end)
  return self
end

--- sql(statement, [database]) -> its rows as text, one a line
function postgres:sql(statement, database)
  local code, out, err = shell.run { self.bin .. "/psql", "-h", "127.0.0.1", "-p", tostring(self.port), "-U", "clair",
    "-d", database or "postgres", "-qAtX", "-v", "ON_ERROR_STOP=1", "-c", statement }
  assert(code == 0, err)
  return (out:gsub("\n$", ""))
end

--- database(name, [like]) creates one, as a copy where one is named -> its connection string
function postgres:database(name, like)
  self:sql(("create database %s%s"):format(name, like and " template " .. like or ""))
  return ("host=127.0.0.1 port=%d user=clair dbname=%s sslmode=disable"):format(self.port, name)
end

function postgres:stop()
  self.server:stop "INT" -- a fast shutdown
  shell.remove(self.folder)
end

return postgres
