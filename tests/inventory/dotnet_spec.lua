-- A published .NET program beside what the SDK itself lists: packages that reference one another, packed here.

local shell = require "support.shell"
local tarsier = require "tarsier"
local contents = require "tarsier.probe".contents

local dotnet = os.getenv "TARSIER_DOTNET" or "dotnet"

local function sh(command)
  local pipe = assert(io.popen("{ " .. command .. "\n} 2>&1"))
  local output = pipe:read "a"
  assert(pipe:close(), command .. "\n" .. output)
  return output
end

local function project(folder, properties, items)
  sh("mkdir -p " .. folder)
  shell.write(folder .. "/" .. folder:match "[^/]+$" .. ".csproj", ([[
<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFramework>netcoreapp%s</TargetFramework>%s</PropertyGroup>
<ItemGroup>%s</ItemGroup></Project>]]):format(sh(dotnet .. " --version"):match "^%d+%.%d+", properties, items))
end

local function reference(name, version)
  return ('<PackageReference Include="%s" Version="%s" />'):format(name, version)
end

describe("a published .NET program", function()
  it("has the packages that dotnet lists", function()
    if not os.execute(dotnet .. " --version >/dev/null 2>&1") then
      return pending "needs a .NET SDK: set TARSIER_DOTNET to its dotnet"
    end
    local place = sh "mktemp -d":match "%S+"
    shell.write(place .. "/NuGet.config", ('<configuration><packageSources><clear /><add key="here" value="%s/feed" />' ..
      '</packageSources></configuration>'):format(place))
    sh("mkdir " .. place .. "/feed")
    local function pack(name, version, references)
      project(place .. "/" .. name, ("<Version>%s</Version>"):format(version), references or "")
      shell.write(place .. "/" .. name .. "/A.cs", "public class In" .. name:gsub("%W", "") .. " {}")
      sh(("cd %s/%s && %s pack -nologo -o %s/feed"):format(place, name, dotnet, place))
    end
    pack("Below.All", "0.9.0-beta.2")
    pack("Between", "2.1.0", reference("Below.All", "0.9.0-beta.2"))
    project(place .. "/Shop", "<OutputType>Exe</OutputType><Version>7.0.0</Version>",
      reference("Between", "2.1.0") .. '<ProjectReference Include="../Part/Part.csproj" />')
    project(place .. "/Part", "", "")
    shell.write(place .. "/Shop/P.cs", "static class P { static void Main() {} }")
    sh(("cd %s/Shop && %s publish -nologo -o %s/out"):format(place, dotnet, place))
    local listed = {}
    for name, version in sh(("cd %s/Shop && %s list package --include-transitive"):format(place, dotnet))
      :gmatch "> (%S+)[^\n]-(%d%S+)%s*\n" do
      if name ~= "Part" then listed[#listed + 1] = name .. " " .. version end -- it lists projects too
    end
    local function ours_in(root)
      local engine <close> = assert(tarsier.open { cache_dir = "" })
      local list = {}
      for i, p in ipairs(assert(engine:scan("dir:" .. root)):packages()) do list[i] = p.name .. " " .. p.version end
      return list
    end
    local deps = shell.read(place .. "/out/Shop.deps.json")
    assert.same({ "Below.All 0.9.0-beta.2", "Between 2.1.0" }, ours_in(place .. "/out"))
    os.remove(place .. "/out/Shop.deps.json") -- the assemblies themselves are left
    assert.same({ "Below.All 0.9.0-beta.2", "Between 2.1.0", "Part 1.0.0", "Shop 7.0.0" }, ours_in(place .. "/out"))
    local found = contents.read("dotnet", "app/Shop.deps.json", deps)
    local ours = {}
    for i, package in ipairs(found) do ours[i] = package.name .. " " .. package.version end
    os.execute("rm -rf " .. place)
    table.sort(listed)
    table.sort(ours)
    assert.same({ "Below.All 0.9.0-beta.2", "Between 2.1.0" }, listed)
    assert.same(listed, ours)
  end)
end)
