-- A job as a shell runs it, with a container engine and a real Clair of each generation: clair up, clair wait, an image
-- that was just built, clair-scanner, clair down. Each step's failure has its own message and code.

local clair = require "support.clair"
local engines = require "support.engines"
local json = require "tarsier.json"
local old = require "support.clair.old"
local process = require "support.clair.process"
local shell = require "support.shell"

local LUA = os.getenv "LUA" or "lua5.4"
local quote = shell.quote

local DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\n'
  .. 'VERSION="12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\n'
local STATUS = "Package: libssl3\nStatus: install ok installed\nArchitecture: amd64\nSource: openssl\nVersion: 3.0.9-1\n"
  .. "Description: old\n\n"

-- The program of a generation with the libraries that it wants, as the folder of an image. Clair 2 asks for three others
-- when it starts, and needs none of them for Debian.
local function clair_image(folder, programs)
  local script = ([[set -e; mkdir -p @to/usr/bin @to/tmp @to/var/tmp; cp @from/clair @to/usr/bin/clair
    for library in $(ldd @from/clair 2>/dev/null | grep -o '/[^ ]*'); do install -D "$library" "@to$library"; done
    gcc -static -O1 -o @to/usr/bin/postgres tests/support/containers.c
    for name in pg_isready git rpm xz; do ln @to/usr/bin/postgres @to/usr/bin/$name; done]])
  assert(os.execute((script:gsub("@(%w+)", { to = folder, from = programs }))))
end

-- What `docker build` would make: one layer of an old Debian.
local function app_image(folder)
  assert(os.execute("mkdir -p " .. quote(folder .. "/etc") .. " " .. quote(folder .. "/var/lib/dpkg/info")))
  shell.write(folder .. "/etc/os-release", DEBIAN)
  shell.write(folder .. "/var/lib/dpkg/status", STATUS)
  shell.write(folder .. "/var/lib/dpkg/info/format", "1\n")
end

local generations = {
  v4 = {
    missing = clair.missing, entry = '["clair"]',
    -- PostgreSQL runs on this machine and is filled; the container that is the database only holds its place.
    ground = function()
      local ground = clair.ground()
      ground.postgres:database("clair", "filled")
      return ground
    end,
    fill = function() end,
  },
  v1 = {
    missing = old.missing, entry = '["clair", "-config", "/config/config.yaml"]',
    ground = function()
      local ground = old.ground()
      ground.postgres:database "clair"
      return ground
    end,
    config = [[{"clair": {"database": {"type": "pgsql", "options": {"source": "${database}", "cachesize": 16384}},
      "api": {"port": %d, "healthport": %d, "timeout": "300s"}, "updater": {"interval": "0h"},
      "notifier": {"attempts": 1}}}]],
    fill = function(ground, url)
      ground:know({ url = url, database = "clair", log = function() return "" end }, { "openssl" })
    end,
  },
}

for _, api in ipairs { "v4", "v1" } do
  local generation = generations[api]
  local missing = generation.missing()

  for _, name in ipairs(engines.names) do
    describe(("a job with %s and a real Clair, API %s,"):format(name, api), function()
      local lack = missing or engines.needs(name)
      if lack then return it("scans what it built", function() pending(lack) end) end

      local server, ground, folder, why_not

      setup(function()
        server, why_not = engines.start(name)
        if not server then return end
        folder = shell.folder()
        clair_image(folder .. "/clair", assert(clair.programs(api == "v1" and "v2" or "v4")))
        app_image(folder .. "/app")
        server:import("localhost/clair:1", folder .. "/clair", { "ENV PATH=/usr/bin", "ENTRYPOINT " .. generation.entry })
        server:import("localhost/database:1", folder .. "/clair", { "ENV PATH=/usr/bin", 'CMD ["postgres"]' })
        local ok
        ok, why_not = server:runs_containers "localhost/database:1"
        if not ok then server:stop() server = nil return end
        ground = generation.ground()
      end)

      teardown(function()
        if server then
          server.engine:remove "tarsier-clair"
          server.engine:remove "tarsier-clair-database"
          server:stop()
        end
        if ground then ground:stop() end
        if folder then shell.remove(folder) end
      end)

      -- A line of the job's shell -> exit code, standard output, standard error
      local function job(line)
        return shell.run(("cd %s && env -u CLAIR_URL -u GITLAB_CI DOCKER_HOST=%s sh -c %s"):format(quote(folder),
          server.address, quote(("tarsier() { (cd %s && exec %s lua/bin/tarsier \"$@\"); }; %s"):format(
            quote(shell.capture "pwd"), LUA, line))))
      end

      local function scanner(options, image)
        return job(("tarsier clair-scanner -c $(cat %s/url) --ip 127.0.0.1 -r %s/report.json -l %s/log %s %s"):format(
          folder, folder, folder, options, image))
      end

      it("scans what it built", function()
        if not server then return pending(why_not) end
        local port, health = process.ports(2)
        local config = ""
        if generation.config then
          shell.write(folder .. "/clair.json", generation.config:format(port, health))
          config = "--config " .. folder .. "/clair.json"
        end
        local url = "http://127.0.0.1:" .. port

        -- before there is a Clair
        shell.write(folder .. "/url", url)
        local code, _, errors = job("tarsier clair wait --timeout 1 --clair " .. url)
        assert.equal(4, code, errors)
        assert.is_truthy(errors:find("Clair at " .. url .. " is not ready after 1 second", 1, true), errors)

        local output
        code, output, errors = job(("tarsier clair up --api %s --network host --no-pull --clair-image localhost/clair:1 "
          .. "--database-image localhost/database:1 --port %d --health-port %d --database-port %d --timeout 120 %s "
          .. "--format env"):format(api, port, health, ground.postgres.port, config))
        assert.equal(0, code, errors .. server.engine:logs("tarsier-clair", 60))
        assert.equal(("CLAIR_URL=%s\nTARSIER_CLAIR_API=%s\nTARSIER_LAYER_HOST=localhost\n"):format(url, api), output)
        generation.fill(ground, url)
        code, _, errors = job("tarsier clair wait --timeout 120 --clair " .. url)
        assert.equal(0, code, errors)

        -- before the image is built
        shell.write(folder .. "/allow.yaml", "generalwhitelist: {}\n")
        code, _, errors = scanner("-w " .. folder .. "/allow.yaml", "localhost/app:1")
        assert.equal(3, code, errors)
        assert.is_truthy(errors:find("localhost/app:1", 1, true), errors)
        server:import("localhost/app:1", folder .. "/app", { 'CMD ["app"]' })
        code, _, errors = scanner("-w " .. folder .. "/nowhere.yaml", "localhost/app:1")
        assert.equal(2, code, errors)
        os.remove(folder .. "/log")

        code, output, errors = scanner("-w " .. folder .. "/allow.yaml", "localhost/app:1")
        assert.equal(1, code, errors)
        local log = shell.read(folder .. "/log")
        assert.equal(log, errors)
        assert.is_truthy(log:find "Server listening on port %d+\n", log)
        assert.is_truthy(log:find "Analyzing sha256:%x+\n", log)
        assert.is_truthy(log:find "Image %[localhost/app:1%] contains %d+ unapproved vulnerabilities\n", log)
        assert.is_truthy(output:find("| Unapproved |", 1, true), output)
        local report = assert(json.decode(shell.read(folder .. "/report.json")))
        assert.equal("localhost/app:1", report.image)
        assert.is_true(#report.unapproved > 0)
        local found = report.vulnerabilities[1]
        assert.equal("3.0.9-1", found.featureversion)

        local lines = { "generalwhitelist:" }
        for _, id in ipairs(report.unapproved) do lines[#lines + 1] = "  " .. id .. ": accepted" end
        shell.write(folder .. "/allow.yaml", table.concat(lines, "\n") .. "\n")
        code, output, errors = scanner("-w " .. folder .. "/allow.yaml", "localhost/app:1")
        assert.equal(0, code, errors)
        assert.is_truthy(output:find("| Approved", 1, true), output)

        code, _, errors = job "tarsier clair down --network host"
        assert.equal(0, code, errors)
        code, _, errors = scanner("-w " .. folder .. "/allow.yaml", "localhost/app:1")
        assert.equal(4, code, errors)
        assert.is_truthy(errors:find("Clair does not answer", 1, true), errors)
      end)
    end)
  end
end
